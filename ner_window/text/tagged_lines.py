"""Tagged CoNLL as it comes: whole sentences, as a column of tags beside the lines themselves; other tags in them."""

import codecs
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ner_window.errors import CorpusError
from ner_window.text.corpus import Sentence
from ner_window.text.line_rules import Layout
from ner_window.text.lines import LineTable, check_sentence, split_lines
from ner_window.text.tag_columns import TagColumn

Integers = NDArray[np.integer[Any]]

#: Distinct tokens after which the table of lines begins anew.
FORMS = 1 << 18


@dataclass(frozen=True)
class TaggedLines:
    r"""Some lines of a tagged CoNLL file.

    Parameters
    ----------
    source : str
        What the file is called.
    layout : Layout
        Where things stand in it.
    first : int
        The number of the first of these lines, 1 for the first line of the file.
    raw : list of bytes
        The n lines, without their ``\n``.
    names : sequence of str
        Distinct tags, these lines' and others.
    tag : (n,) integers
        Which of `names` each line holds, -1 if it is no token line.
    closed : bool
        Whether a ``\n`` ends the last line.
    """

    source: str
    layout: Layout
    first: int
    raw: list[bytes]
    names: Sequence[str]
    tag: Integers
    closed: bool

    def __len__(self) -> int:
        return len(self.raw)

    @property
    def whole(self) -> int:
        """The number of lines up to the last one that ends a sentence, which is one without a token."""
        without = np.flatnonzero(self.tag < 0)
        return int(without[-1]) + 1 if len(without) else 0

    @cached_property
    def tokens(self) -> Integers:
        """Which of the lines hold the tokens (T,)."""
        places: Integers = np.flatnonzero(self.tag >= 0)
        return places

    @cached_property
    def column(self) -> TagColumn:
        """The tags of the tokens; neighboring token lines are one sentence."""
        token = np.concatenate([[False], self.tag >= 0, [False]])
        edges = np.flatnonzero(token[1:] != token[:-1])
        return TagColumn(self.names, self.tag[self.tokens], edges[1::2] - edges[::2])

    def line(self, token: int) -> int:
        """Return the number in the file of a token's line."""
        return self.first + int(self.tokens[token])

    def where(self, token: int) -> str:
        """Return file:line of a token."""
        return f"{self.source}:{self.line(token)}"

    def sentence(self, i: int) -> Sentence:
        """Return the tags of one sentence with their place, without its tokens."""
        column = self.column.select(np.array([i]))
        return Sentence((), tuple(column.lists()[0]), self.source, self.line(int(self.column.starts[i])))

    def cut(self, end: int) -> tuple["TaggedLines", "TaggedLines"]:
        """Return the lines before one of them, and those from it on."""
        before = replace(self, raw=self.raw[:end], tag=self.tag[:end], closed=self.closed or end < len(self))
        return before, replace(self, first=self.first + end, raw=self.raw[end:], tag=self.tag[end:])

    def with_tags(self, tokens: Integers, tags: Sequence[str]) -> bytes:
        """Return the lines with other tags at some of the tokens; every other byte stays.

        Raises
        ------
        CorpusError
            With file:line: a tag's bytes are not those that the encoding has for it.
        """
        raw, column = self.raw.copy(), self.column
        for token, old, new in zip(tokens.tolist(), column.ids[tokens].tolist(), tags, strict=True):
            line = int(self.tokens[token])
            raw[line] = self._with_tag(line, column.names[old], new)
        return b"\n".join(raw) + b"\n" * (self.closed and bool(raw))

    def _with_tag(self, line: int, old: str, new: str) -> bytes:
        """Return a line with another tag."""
        encoding, raw = self.layout.encoding, self.raw[line]
        mark = codecs.BOM_UTF8 if self.first + line == 1 and raw.startswith(codecs.BOM_UTF8) else b""
        changed = with_column(
            raw.removeprefix(mark), self.layout.tag_column, old.encode(encoding), new.encode(encoding)
        )
        if changed is None:
            raise CorpusError(
                f"{self.source}:{self.first + line}: the tag {old!r} is not written as {encoding} writes it; "
                "convert the file to UTF-8"
            )
        return mark + changed


def with_column(line: bytes, column: int | None, old: bytes, new: bytes) -> bytes | None:
    r"""Return a line, given without its ``\n``, with another text in a column; None if the column's is not `old`.

    Columns stand between single tabs if the line has one, else between runs of spaces, as `line_rules` has it; here in
    bytes, for what is decoded and encoded again need not be the same.
    """
    text = line.removesuffix(b"\r")
    separator = b"\t" if b"\t" in text else b" "
    parts = text.split(separator)
    columns = [i for i, part in enumerate(parts) if part or separator == b"\t"]
    if column is None or not -len(columns) <= column < len(columns) or parts[columns[column]] != old:
        return None
    parts[columns[column]] = new
    return separator.join(parts) + line[len(text) :]


class _TagTable(LineTable):
    """The distinct lines of a stream, of which only the tags are asked for."""

    def lines(self, piece: bytes) -> TaggedLines:
        """Return the next lines, a piece of whole ones."""
        raw, first = split_lines(piece), self.read + 1
        ids = self.ids(raw)
        reader = self._reader
        return TaggedLines(reader.source, reader.layout, first, raw, self.tags[:], self.tag[ids], piece.endswith(b"\n"))

    def anew(self) -> "_TagTable":
        """Return a table for the rest of the stream that has forgotten all but the tags."""
        fresh = _TagTable(self._reader.layout, self._reader.source)
        fresh.read, fresh._reader = self.read, self._reader
        fresh.tags, fresh._tag_ids = self.tags, self._tag_ids
        return fresh


def read_tagged_lines(pieces: Iterable[bytes], source: str, layout: Layout) -> Iterator[TaggedLines]:
    """Yield the lines of a stream, which comes in pieces of whole lines, in whole sentences.

    Raises
    ------
    CorpusError, TaggingError
        With file:line; see `LineReader`, and `TagColumn.check_names`.
    """
    table = _TagTable(layout, source)
    rest: list[TaggedLines] = []
    for piece in pieces:
        table = table.anew() if len(table.forms) > FORMS else table
        lines = table.lines(piece)
        lines.column.check_names(lines.where)  # of all: the names are those of the sentences to come, too
        if end := lines.whole:
            ended, lines = lines.cut(end)
            yield _joined([*rest, ended])
            rest = []
        rest.append(lines)
        check_sentence(sum(map(len, rest)), source, table.read)
    if any(map(len, rest)):
        yield _joined(rest)


def _joined(parts: list[TaggedLines]) -> TaggedLines:
    """Return lines one after another. A name has one number in all of them, the last ones know it."""
    if len(parts) == 1:
        return parts[0]
    raw = [line for part in parts for line in part.raw]
    tag = np.concatenate([part.tag for part in parts])
    return replace(parts[-1], first=parts[0].first, raw=raw, tag=tag)
