"""Streams of lines that may be of any length."""

from collections.abc import Callable
from typing import IO

from ner_window.errors import CorpusError

#: Bytes of a line that are looked at: no token and no vector is longer.
LONGEST = 1 << 20


class ShortLines:
    r"""A stream in which lines are cut off: a line without an end does not fill the memory.

    What stands between the byte ``longest + 1`` of a line and its ``\n`` is skipped, so a line that was cut off is
    longer than `longest`. Not more than `longest` bytes are to be read together. Where a compressed file turns out to
    be damaged, what could be unpacked is returned first.
    """

    def __init__(self, stream: IO[bytes], longest: int = LONGEST) -> None:
        self._read1: Callable[[int], bytes] = stream.read1  # type: ignore[attr-defined]
        self._damage: CorpusError | None = None
        self._longest = longest
        self._length = 0  # of the line that the last piece ended in

    def read(self, size: int) -> bytes:
        """Return about `size` bytes, and nothing only at the end.

        Raises
        ------
        CorpusError
            The file is damaged here.
        """
        while piece := self._filled(min(size, self._longest)):
            if kept := self._cut(piece):
                return kept
        return b""

    def _filled(self, size: int) -> bytes:
        """Return `size` bytes, fewer at the end or where the file is damaged."""
        parts: list[bytes] = []
        if self._damage:
            raise self._damage
        try:
            while size > 0 and (part := self._read1(size)):
                parts.append(part)
                size -= len(part)
        except CorpusError as error:
            if not parts:
                raise
            self._damage = error
        return b"".join(parts)

    def _cut(self, piece: bytes) -> bytes:
        """Return a piece without what is too much of the line that it goes on with: no other one can be too long."""
        first = piece.find(b"\n")
        end = len(piece) if first < 0 else first
        room = max(self._longest + 1 - self._length, 0)
        self._length = self._length + end if first < 0 else len(piece) - piece.rfind(b"\n") - 1
        return piece if end <= room else piece[:room] + piece[end:]
