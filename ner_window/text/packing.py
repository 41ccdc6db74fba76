"""Bytes packed as a file's name says, the counterpart of `files.open_input`."""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol

from ner_window.text.files import zstandard


class _Packer(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


#: zlib's window of 32 KB, and 16 more for gzip's head, which then holds neither a name nor a time.
_GZIP = 16 + zlib.MAX_WBITS


_PACKERS: dict[str, Callable[[], _Packer]] = {
    ".gz": lambda: zlib.compressobj(wbits=_GZIP),
    ".bz2": bz2.BZ2Compressor,
    ".xz": lzma.LZMACompressor,
    ".zst": lambda: zstandard("writing .zst").ZstdCompressor(),
}


def packed(pieces: Iterable[bytes], path: Path | str) -> Iterator[bytes]:
    """Yield bytes for a file, compressed if its name ends in .gz, .bz2, .xz or .zst; equal bytes give an equal file.

    Raises
    ------
    MissingExtraError
        Python needs another package for .zst.
    """
    packer = _PACKERS.get(Path(path).suffix.lower())
    if not packer:
        yield from pieces
        return
    stream = packer()
    for piece in pieces:
        yield stream.compress(piece)
    yield stream.flush()
