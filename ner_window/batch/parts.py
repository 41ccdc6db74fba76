"""Where a big file can be cut: between sentences, or between documents, so that parts are tagged like the whole."""

from collections.abc import Iterator
from typing import IO

from ner_window.prediction.formats import Known
from ner_window.prediction.marked_lines import Before
from ner_window.text.line_rules import DOCSTART, Layout, LineReader, split_columns
from ner_window.text.lines import LONGEST

#: Bytes of a part, about: some seconds of work. A worker that dies loses no more than that.
PART = 8 << 20

#: Bytes of a line that are read together.
_PIECE = 1 << 16


def cuts(stream: IO[bytes], size: int, kind: Known, part: int, *, by_document: bool) -> list[int]:
    """Return where the parts of a file begin (its bytes 0, ...), each of about `part` bytes.

    Lines of tokens, of text and of JSON hold whole sentences: cut behind any. CoNLL is cut behind a blank line. If
    tags depend on the whole document, it is cut before a document line, JSON between objects, other files not at all.
    """
    starts, wanted = [0], range(part, size - part // 2, part)
    if by_document and kind in ("tokens", "text"):
        return starts
    for place in wanted:
        if place > starts[-1]:  # a sentence, or a document, may be longer than a part
            start = _next(stream, place, kind, by_document)
            if start is None or start >= size:
                break
            starts.append(start)
    return starts


def _next(stream: IO[bytes], place: int, kind: Known, by_document: bool) -> int | None:
    """Return the first place from this one on where a file can be cut; None if there is none."""
    for start, end, line in _lines(stream, place):
        if kind != "conll":
            return start
        if by_document:
            if split_columns(line.decode("latin-1").rstrip("\r\n"))[:1] == [DOCSTART]:
                return start
        elif not line.strip(b" \t\r\n"):
            return end
    return None


def _lines(stream: IO[bytes], place: int) -> Iterator[tuple[int, int, bytes]]:
    """Yield the place and the end of each line that begins at this place or behind it, and the line's first bytes."""
    stream.seek(place - 1)
    at, start, line = place - 1, None, b""
    while piece := stream.readline(_PIECE):
        line, at = line or piece, at + len(piece)
        if piece.endswith(b"\n"):
            if start is not None:
                yield start, at, line
            start, line = at, b""
    if line and start is not None:
        yield start, at, line


def before(stream: IO[bytes], start: int, kind: Known, source: str, layout: Layout, *, counted: bool) -> Before:
    """Return what stands before a part of a file that begins at byte `start`; the lines are only counted if asked."""
    stream.seek(0)
    lines = _count(stream, start) if counted else 1
    if kind != "conll":
        return Before(lines)
    stream.seek(0)
    reader, number, read = LineReader(source, layout), 0, 0
    while not reader.width and read < start:  # the first token line says how many columns there are
        line = stream.readline(LONGEST)  # what goes on behind that is refused where it is tagged
        number, read = number + 1, read + len(line)
        reader.read(number, line)
    return Before(lines, reader.width, reader.first)


def _count(stream: IO[bytes], size: int) -> int:
    lines, left = 0, size
    while left and (piece := stream.read(min(left, 1 << 20))):
        lines, left = lines + piece.count(b"\n"), left - len(piece)
    return lines


class Extent:
    """The bytes of a stream from one place to another, as a stream to read."""

    def __init__(self, stream: IO[bytes], start: int, end: int | None) -> None:
        stream.seek(start)
        self._stream = stream
        self._left = end - start if end is not None else None

    def read(self, size: int) -> bytes:
        """Return so many bytes, or those that are left."""
        piece = self._stream.read(size if self._left is None else min(size, self._left))
        if self._left is not None:
            self._left -= len(piece)
        return piece
