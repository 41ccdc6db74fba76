"""CoNLL as it comes: whole sentences, as columns of numbers beside the lines themselves."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ner_window.errors import CorpusError
from ner_window.prediction.documents import Parts
from ner_window.text.line_rules import DOCUMENT, Layout
from ner_window.text.lines import LineTable, check_sentence, split_lines
from ner_window.text.tokens import Tokens

Integers = NDArray[np.integer[Any]]

#: Distinct tokens that a stream may have before they are numbered anew.
FORMS = 1 << 18

#: What stands before a column that is added: in a line with a tab, in one without, in one that ends in a space.
SEPARATORS = ("\t", " ", "")

#: What ends a line.
ENDINGS = ("\n", "\r\n", "", "\r")
_RETURN, _OPEN = 1, 2

#: How many marks there are. A line's mark says what a column behind it stands between.
MARKS = len(SEPARATORS) * len(ENDINGS)


def mark_of(line: bytes) -> int:
    r"""Return the mark of a line, which is given without its ``\n``."""
    separator = 0 if b"\t" in line else 2 if line.endswith((b" ", b" \r")) else 1
    return separator * len(ENDINGS) + _RETURN * line.endswith(b"\r")


def between(mark: int) -> tuple[str, str]:
    """Return what a column that is added to a line with this mark stands between."""
    separator, ending = divmod(mark, len(ENDINGS))
    return SEPARATORS[separator], ENDINGS[ending]


class Before(NamedTuple):
    """What a reader that begins in the middle of a file has to know of what stands before it.

    `lines` is how many lines there are, of which the token lines, the first one of which is number `first`, have
    `width` columns; those two are 0 if there is none, or the file has no columns.
    """

    lines: int
    width: int = 0
    first: int = 0


@dataclass(frozen=True)
class Lines:
    """Some lines of a CoNLL file.

    Parameters
    ----------
    raw : list of bytes
        The n lines, without what ends them.
    begins : (n,) booleans
        Whether a document begins at the line.
    forms : sequence of str
        Distinct tokens, these lines' and others.
    form : (n,) integers
        Which of `forms` each line holds, -1 for none.
    mark : (n,) integers
        See `mark_of`.
    document : (n,) integers
        A number for each line that never falls: lines of one number are of one document.
    """

    raw: list[bytes]
    begins: NDArray[np.bool_]
    forms: Sequence[str]
    form: Integers
    mark: Integers
    document: Integers

    def __len__(self) -> int:
        return len(self.raw)

    def __getitem__(self, part: slice) -> "Lines":
        columns = (self.form[part], self.mark[part], self.document[part])
        return Lines(self.raw[part], self.begins[part], self.forms, *columns)

    def __add__(self, other: "Lines") -> "Lines":
        forms, form = self.forms, other.form
        if other.forms is not forms:  # they were numbered anew in between
            forms, form = [*forms, *other.forms], np.where(form < 0, form, form + len(forms))
        return Lines(
            self.raw + other.raw,
            np.concatenate([self.begins, other.begins]),
            forms,
            np.concatenate([self.form, form]),
            np.concatenate([self.mark, other.mark]),
            np.concatenate([self.document, other.document]),
        )

    @property
    def whole(self) -> int:
        """The number of lines up to the last one that ends a sentence, which is one without a token."""
        without = np.flatnonzero(self.form < 0)
        return int(without[-1]) + 1 if len(without) else 0

    @property
    def sentences(self) -> tuple[Integers, Integers]:
        """The line at which each sentence begins, and its length: (S,) and (S,)."""
        token = np.concatenate([[False], self.form >= 0, [False]])
        edges = np.flatnonzero(token[1:] != token[:-1])
        return edges[::2], edges[1::2] - edges[::2]

    def numbered(self, parts: Parts) -> "Lines":
        """Return the lines, which follow those that the parts have counted, with the numbers of their parts."""
        starts, lengths = self.sentences
        tokens = np.zeros(len(self), np.intp)
        tokens[starts] = lengths
        places = np.flatnonzero(self.begins | (tokens > 0))
        numbers = [parts.number]
        for length, begins in zip(tokens[places].tolist(), self.begins[places].tolist(), strict=True):
            numbers.append(parts.next(length, begins))
        return replace(self, document=np.repeat(numbers, np.diff(places, prepend=0, append=len(self))))

    def text(self) -> Tokens:
        """Return the tokens as numbers, with only those forms that occur."""
        starts, lengths = self.sentences
        ids = self.form[self.form >= 0]
        number = np.zeros(len(self.forms), np.int32)
        number[ids] = 1
        used = np.flatnonzero(number)
        number[used] = np.arange(len(used))
        forms = list(map(self.forms.__getitem__, used.tolist()))
        return Tokens(forms, number[ids], lengths, self.document[starts])


class MarkedLines(LineTable):
    """The distinct lines of a stream, numbered, and the mark of each; see `LineTable`."""

    def __init__(self, layout: Layout, source: str) -> None:
        super().__init__(layout, source)
        self._marks = array("b")

    def lines(self, piece: bytes) -> tuple[Lines, CorpusError | None]:
        """Return the next lines, a piece of whole ones; if one cannot be read, those before it, and its error."""
        raw, error = split_lines(piece), None
        try:
            ids = self.ids(raw)
        except CorpusError as wrong:
            raw, error = raw[: sum(1 for _ in takewhile(self.__contains__, self._lines))], wrong
            ids = self.ids(raw)
        mark = np.array(self._marks, np.int8)[ids]
        for i in np.flatnonzero(mark & _RETURN).tolist():
            raw[i] = raw[i].removesuffix(b"\r")
        if not (error or piece.endswith(b"\n")):
            mark[-1] |= _OPEN
        columns = (self.form[ids], mark, np.zeros(len(raw), np.intp))
        return Lines(raw, self.kind[ids] == DOCUMENT, self.forms, *columns), error

    def anew(self) -> "MarkedLines":
        """Return a table for the rest of the stream that has forgotten what it has met."""
        fresh = MarkedLines(self._reader.layout, self._reader.source)
        fresh.read, fresh._reader = self.read, self._reader
        return fresh

    def _add(self, key: bytes, kind: int, token: str | None, tag: str | None) -> int:
        number = super()._add(key, kind, token, tag)
        if not number:  # the table begins anew
            self._marks = array("b")
        self._marks.append(mark_of(key))
        return number


def read_lines(pieces: Iterable[bytes], source: str, layout: Layout, before: Before | None = None) -> Iterator[Lines]:
    """Yield the lines of a stream, which comes in pieces of whole lines, as soon as their sentences are whole.

    The stream may be a part of a file that begins with a sentence, if it is said what stands `before` it.

    Raises
    ------
    CorpusError
        With file:line, when the sentences before it were given out; see `LineReader`.
    """
    table = MarkedLines(layout, source)
    if before:
        table.begin(before.lines, before.width, before.first)
    rest: list[Lines] = []
    for piece in pieces:
        if len(table.forms) > FORMS:
            table = table.anew()
        lines, error = table.lines(piece)
        if end := lines.whole:
            yield _joined([*rest, lines[:end]])
            rest, lines = [], lines[end:]
        if error:
            raise error
        rest.append(lines)
        check_sentence(sum(map(len, rest)), source, table.read)
    if any(map(len, rest)):
        yield _joined(rest)


def _joined(parts: list[Lines]) -> Lines:
    """Return lines one after another: halves together first, so that many short parts are not copied many times."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return _joined(parts[:middle]) + _joined(parts[middle:])
