"""Lines of a CoNLL file in bulk: a table in which each distinct line is read once, and pieces of whole lines."""

from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ner_window.errors import CorpusError
from ner_window.text.line_rules import DOCSTART, TOKEN, Layout, LineReader

Integers = NDArray[np.integer[Any]]

#: Bytes read together.
PIECE = 1 << 18

#: Bytes of a line: a book fits into one, and what is longer has no line ends, or is no text.
LONGEST = 1 << 23

#: Tokens of a sentence that is held until it is whole: no text has as many, unless it has no blank lines.
LONGEST_SENTENCE = 1_000_000

#: Distinct lines that a table remembers: about 30 MB of them.
BOUND = 1 << 17


class LineTable(dict[bytes, int]):
    r"""The distinct lines of one file, numbered: each is decoded and cut once, however often it stands there.

    A corpus repeats itself: of the 220,000 lines of CoNLL-2003's training file 29,000 are distinct. To find a line that
    is known takes one look into a dictionary; what is known of it is then taken from arrays, for thousands at a time.

    Parameters
    ----------
    layout : Layout
        Where things stand in the file.
    source : str
        What the file is called in messages.

    Attributes
    ----------
    forms, tags : list of str
        The distinct tokens and the distinct tags, in the order in which they were met.
    read : int
        How many lines were numbered so far.

    Notes
    -----
    The keys are the lines without their ``\n``. The first line of a file may begin with a byte order mark, so it is a
    line of its own: its key begins with ``\n``, as no other one can.
    """

    def __init__(self, layout: Layout, source: str) -> None:
        super().__init__()
        self.forms: list[str] = []
        self.tags: list[str] = []
        self.read = 0
        self._reader = LineReader(source, layout)
        self._form_ids: dict[str, int] = {}
        self._tag_ids: dict[str, int] = {}
        self._kinds, self._forms, self._tags = array("b"), array("i"), array("i")
        self._lines: Sequence[bytes] = ()

    @property
    def kind(self) -> Integers:
        """What each distinct line is: TOKEN, BLANK or DOCUMENT."""
        return np.array(self._kinds, np.int8)

    @property
    def form(self) -> Integers:
        """Which of `forms` each distinct line holds; -1 if it is no token line."""
        return np.array(self._forms, np.int32)

    @property
    def tag(self) -> Integers:
        """Which of `tags` each distinct line holds; -1 if it is no token line, or the layout has no tags."""
        return np.array(self._tags, np.int32)

    def begin(self, lines: int, width: int, first: int) -> None:
        """Begin in the middle of a file, behind so many lines, of which the first token line has `width` columns."""
        self.read, self._reader.width, self._reader.first = lines, width, first

    def ids(self, lines: list[bytes]) -> Integers:
        r"""Return the numbers (n,) of the next n lines of the file, given without their ``\n``.

        The numbers, and the arrays that they are places in, hold until the next call: beyond `BOUND` lines the table
        begins anew. The numbers of forms and of tags stay.

        Raises
        ------
        CorpusError
            With file:line; see `LineReader.read`.
        """
        if len(self) > BOUND:
            self.clear()
            self._kinds, self._forms, self._tags = array("b"), array("i"), array("i")
        self._lines = lines if self.read else [b"\n" + line for line in lines[:1]] + lines[1:]
        numbers = np.fromiter(map(self.get, self._lines, repeat(-1)), np.intp, len(lines))
        missing = np.flatnonzero(numbers < 0)
        if missing.size:
            new = [self._lines[i] for i in missing.tolist()]
            self._learn(list(dict.fromkeys(new)))
            numbers[missing] = [self[line] for line in new]
        self.read += len(lines)
        return numbers

    def _learn(self, new: list[bytes]) -> None:
        """Read new lines in their order: those that are like most, in UTF-8, all at once, the others by `__missing__`.

        Like most is a token line with as many columns as the first one, none of them empty, no other white space in it.
        """
        start, reader, layout = 0, self._reader, self._reader.layout
        if not reader.is_utf8:
            return
        while start < len(new) and (new[start].startswith(b"\n") or not reader.width):
            self[new[start]]  # the first line of the file, and those up to the first token line
            start += 1
        try:
            text = b"\n".join(new[start:]).decode("utf-8")
        except UnicodeDecodeError:
            return
        separator, other = ("\t", " ") if "\t" in text else (" ", "\t")
        if start == len(new) or (separator == "\t" and reader.width == 1):
            return
        for key, line in zip(new[start:], text.split("\n"), strict=True):
            columns = line.split(separator)
            if len(columns) != reader.width or "" in columns or other in line or "\r" in line or DOCSTART in line:
                self[key]
            else:
                tag = None if layout.tag_column is None else columns[layout.tag_column]
                self._add(key, TOKEN, columns[layout.token_column], tag)

    def __missing__(self, key: bytes) -> int:
        line = key.removeprefix(b"\n") + b"\n"
        reader, learned = self._reader, self._reader.width
        number = 1 if key.startswith(b"\n") else 2  # only whether it is the first line matters while all is well
        try:
            kind, _, columns = reader.read(number, line)
        except CorpusError:
            reader.read(self._number(key), line)  # fails again, with the line's place
            raise
        if reader.width != learned:
            reader.first = self._number(key)
        token, tag = reader.token_and_tag(columns) if kind == TOKEN else (None, None)
        return self._add(key, kind, token, tag)

    def _add(self, key: bytes, kind: int, token: str | None, tag: str | None) -> int:
        """Give a number to a line that has been read."""
        self._kinds.append(kind)
        self._forms.append(_numbered(token, self._form_ids, self.forms))
        self._tags.append(_numbered(tag, self._tag_ids, self.tags))
        number = self[key] = len(self)
        return number

    def _number(self, key: bytes) -> int:
        """Return the number in the file of the line that a key, which was not known, stands for."""
        return self.read + self._lines.index(key) + 1


def _numbered(string: str | None, ids: dict[str, int], strings: list[str]) -> int:
    """Return the number of a string, a new one if it is new, and -1 for none."""
    if string is None:
        return -1
    id_ = ids.setdefault(string, len(strings))
    if id_ == len(strings):
        strings.append(string)
    return id_


def whole_lines(
    read: Callable[[int], bytes], size: int = PIECE, source: str = "input", lines: int = 0
) -> Iterator[bytes]:
    r"""Yield a stream in pieces that end where a line ends; only the last one need not end with ``\n``.

    Parameters
    ----------
    read : function
        The stream's ``read``, or its ``read1``: then lines come as soon as they are there.
    size : int
        Bytes read together.
    source : str
        What the stream is called in messages.
    lines : int
        How many lines stand before it in its file.

    Raises
    ------
    CorpusError
        With file:line: a line is longer than `LONGEST`. So nothing is held but that, and a piece.
    """
    rest: list[bytes] = []
    held = 0
    while piece := read(size):
        end = piece.rfind(b"\n") + 1
        if held + (piece.find(b"\n") if end else len(piece)) > LONGEST:
            raise CorpusError(
                f"{source}:{lines + 1}: a line of more than {LONGEST >> 20} MB, got {b''.join((*rest, piece))[:40]!r}; "
                "is it text, and are there line ends in it?"
            )
        if end:
            whole = b"".join((*rest, piece[:end]))
            yield whole
            lines += whole.count(b"\n")
            rest, held = [], 0
        rest.append(piece[end:])
        held += len(piece) - end
    if last := b"".join(rest):
        yield last


def check_sentence(held: int, source: str, read: int) -> None:
    """Refuse a sentence that does not end: so many of the lines that were `read` are `held` until they are a whole one.

    Raises
    ------
    CorpusError
        With file:line: they are more than `LONGEST_SENTENCE`.
    """
    if held > LONGEST_SENTENCE:
        raise CorpusError(
            f"{source}:{read - held + 1}: a sentence of more than {LONGEST_SENTENCE} tokens begins here, got no blank "
            "line after it; put blank lines between sentences"
        )


def split_lines(piece: bytes) -> list[bytes]:
    r"""Cut a piece of whole lines at each ``\n``, which is dropped."""
    lines = piece.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines
