"""Tags of a file written in another scheme, or mended: a copy in which every other byte is as it was.

A file is read twice: once to find out its scheme and whether its tags are valid, so that nothing is written if they are
not, and once to change them. Some thousand lines are in memory at a time.
"""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ner_window.errors import CorpusError
from ner_window.text.files import is_read_once, open_input, refuse_changed, shown_name, state_of
from ner_window.text.line_rules import Layout
from ner_window.text.lines import whole_lines
from ner_window.text.tag_columns import StepCounts, TagColumn
from ner_window.text.tagged_lines import TaggedLines, read_tagged_lines
from ner_window.text.tagging import SCHEMES, Scheme, check_tags

Integers = NDArray[np.integer[Any]]
Method = Literal["conlleval", "discard"]

#: Bytes read together.
PIECE = 1 << 20

ADVICE = "repair it (ner-window repair), or name its scheme (--from)"


@dataclass(frozen=True)
class Rewritten:
    """Some whole sentences, and what becomes of their tags.

    Parameters
    ----------
    lines : TaggedLines
        The lines as they were.
    after : TagColumn
        Their tags as they will be.
    scheme : Scheme
        The scheme in which the tags were read.
    target : Scheme
        The scheme in which they are written.
    method : str or None
        How broken tags are mended; None if they are converted.
    """

    lines: TaggedLines
    after: TagColumn
    scheme: Scheme
    target: Scheme
    method: Method | None = None

    @property
    def before(self) -> TagColumn:
        """The tags as they were."""
        return self.lines.column

    @cached_property
    def changed(self) -> Integers:
        """The places (N,) of the tokens whose tag changes."""
        return _different(self.before, self.after)

    @cached_property
    def lost(self) -> Integers:
        """The places of the tokens at which an entity began that now cannot be told from the one before it."""
        kept = np.array([name != "O" for name in self.after.names], bool)[self.after.ids]
        starts: Integers = np.setdiff1d(self.before.entities().start, self.after.entities().start)
        lost: Integers = starts[kept[starts]]
        return lost

    @cached_property
    def unusual(self) -> Integers:
        """The places of tags that their scheme reads, but does not write: converted back, they will be others."""
        if self.scheme == self.target or not self.scheme.tolerated:
            return np.empty(0, np.intp)
        return _different(self.before, self.before.convert(self.scheme))

    def data(self) -> bytes:
        """Return the lines as they will be.

        Raises
        ------
        CorpusError
            With file:line; see `TaggedLines.with_tags`.
        """
        names = list(map(self.after.names.__getitem__, self.after.ids[self.changed].tolist()))
        return self.lines.with_tags(self.changed, names)


@dataclass
class Tally:
    """Counts of what was rewritten.

    `kinds` counts changes by the tag before and the one after; `entities_before` are those that conlleval counts.
    """

    tokens: int = 0
    sentences: int = 0
    changed_tags: int = 0
    changed_sentences: int = 0
    entities_before: int = 0
    entities_after: int = 0
    lost_boundaries: int = 0
    unusual_tags: int = 0
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, part: Rewritten) -> None:
        """Count some more sentences."""
        before, after, changed = part.before, part.after, part.changed
        self.tokens += len(before.ids)
        self.sentences += len(before.lengths)
        self.changed_tags += len(changed)
        self.changed_sentences += len(np.unique(np.searchsorted(before.starts, changed, "right")))
        self.entities_before += len(before.entities())
        self.entities_after += len(after.entities())
        self.lost_boundaries += len(part.lost)
        self.unusual_tags += len(part.unusual)
        pairs = before.ids[changed].astype(np.intp) * len(after.names) + after.ids[changed]
        for pair, count in zip(*(each.tolist() for each in np.unique(pairs, return_counts=True)), strict=True):
            old, new = divmod(pair, len(after.names))
            self.kinds[before.names[old], after.names[new]] += count


@dataclass(frozen=True)
class TaggedFile:
    """A file that can be read several times: what it is called, and what reads it from its beginning."""

    name: str
    read: Callable[[], Iterator[TaggedLines]]


@contextmanager
def open_tagged(path: Path | str, layout: Layout) -> Iterator[TaggedFile]:
    """Open a tagged file; what can be read only once, such as standard input, is copied to a temporary file first.

    Raises
    ------
    CorpusError
        It cannot be opened, read or copied.
    """
    source = shown_name(path)

    def read() -> Iterator[TaggedLines]:
        try:
            with _rewound(copy) if copy else open_input(path) as stream:
                yield from read_tagged_lines(whole_lines(stream.read, PIECE, source), source, layout)
        except OSError as error:
            raise CorpusError(f"{source}: cannot be read: {error.strerror}") from None
        refuse_changed(path, before)

    before = state_of(path)
    with ExitStack() as stack:
        copy = stack.enter_context(_temporary_copy(path)) if is_read_once(path) else None
        yield TaggedFile(source, read)


@contextmanager
def _temporary_copy(path: Path | str) -> Iterator[IO[bytes]]:
    """Copy what is in a file to a temporary one."""
    with tempfile.TemporaryFile() as copy:
        try:
            with open_input(path) as stream:
                shutil.copyfileobj(stream, copy)
        except OSError as error:
            raise CorpusError(
                f"{shown_name(path)}: cannot be copied to {tempfile.gettempdir()}: {error.strerror}"
            ) from None
        yield copy


@contextmanager
def _rewound(file: IO[bytes]) -> Iterator[IO[bytes]]:
    file.seek(0)
    yield file


def convert(file: TaggedFile, scheme: str, target: Scheme) -> tuple[Scheme, Iterator[Rewritten]]:
    """Write the tags of a file in another scheme; return its own, which ``auto`` finds out, and its sentences.

    Raises
    ------
    CorpusError, TaggingError
        With file:line: the file cannot be read, holds no sentence, or has a tag where it may not stand. All is raised
        before the first sentence is given out, unless the file changes meanwhile.
    """
    counts = _survey(file)
    found = counts.detect() if scheme == "auto" else SCHEMES[scheme]
    if counts.broken(found):
        for lines in file.read():
            _check(lines, found)
    return found, (_converted(lines, found, target) for lines in file.read())


def repair(file: TaggedFile, scheme: str, method: Method) -> tuple[Scheme, Iterator[Rewritten]]:
    """Make the tags of a file valid in its scheme as `tagging.repair` does; return the scheme and the sentences.

    Raises
    ------
    CorpusError, TaggingError
        With file:line: the file cannot be read, holds no sentence, or what is in the column of tags is none.
    """
    counts = _survey(file)
    found = counts.detect() if scheme == "auto" else SCHEMES[scheme]
    return found, (_repaired(lines, found, method) for lines in file.read())


def _survey(file: TaggedFile) -> StepCounts:
    """Read a file to its end; return how its tags follow each other."""
    counts, sentences, read = StepCounts(), 0, 0
    for lines in file.read():
        lines.column.check_names(lines.where)
        counts += lines.column.step_counts()
        sentences += len(lines.column.lengths)
        read += len(lines)
    if not sentences:
        raise CorpusError(f"{file.name}: no sentences, got {read} lines; is it the right file?")
    return counts


def _converted(lines: TaggedLines, scheme: Scheme, target: Scheme) -> Rewritten:
    lines.column.check_names(lines.where)  # all was checked before, but the file may have changed
    _check(lines, scheme)
    return Rewritten(lines, lines.column.convert(target), scheme, target)


def _repaired(lines: TaggedLines, scheme: Scheme, method: Method) -> Rewritten:
    lines.column.check_names(lines.where)
    return Rewritten(lines, lines.column.repair(scheme, method)[0], scheme, scheme, method)


def _check(lines: TaggedLines, scheme: Scheme) -> None:
    """Raise `TaggingError` at the first tag that may not stand where it stands."""
    broken = lines.column.broken(scheme)
    if len(broken):
        check_tags([lines.sentence(int(broken[0]))], scheme, ADVICE)


def _different(one: TagColumn, other: TagColumn) -> Integers:
    """Return the places of the tokens that have another tag in another column."""
    number = {name: i for i, name in enumerate(one.names)}
    same = np.array([number.get(name, -1) for name in other.names], np.intp)
    places: Integers = np.flatnonzero(same[other.ids] != one.ids)
    return places
