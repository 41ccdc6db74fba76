"""Files of text as streams of bytes: plain ones, compressed ones as what is in them, and standard input."""

import bz2
import gzip
import io
import lzma
import os
import shutil
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ner_window.errors import CorpusError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_OPENERS: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}

#: Bytes unpacked together.
_PIECE = 1 << 16


def cache_folder(kind: str) -> Path:
    """Return where things of one kind are kept for next time: in $NER_WINDOW_CACHE, or the user's cache directory."""
    try:
        home = Path.home() / ".cache"
    except RuntimeError:  # a user without a home
        home = Path(tempfile.gettempdir())
    default = Path(os.environ.get("XDG_CACHE_HOME") or home) / "ner_window"
    return Path(os.environ.get("NER_WINDOW_CACHE") or default) / kind


def remove_leftovers(parent: Path) -> None:
    """Remove what processes that were killed left of folders they had begun in the cache, more than a day ago."""
    for folder in parent.glob(".new-*"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > 86_400:
                shutil.rmtree(folder)


def put_in_place(folder: Path, target: Path) -> None:
    """Move a folder of the cache to where others look for it, once its files are on the disk.

    Raises
    ------
    OSError
        It cannot be moved, or another process has put one there that cannot be taken away.
    """
    for path in folder.iterdir():
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    folder.chmod(0o755)
    shutil.rmtree(target, ignore_errors=True)  # not whole, or just written by another process
    folder.rename(target)


@contextmanager
def open_input(path: Path | str) -> Iterator[IO[bytes]]:
    """Open a file by its name, compressed ones (.gz, .bz2, .xz) as what is in them; ``-`` is standard input.

    Raises
    ------
    CorpusError
        It cannot be opened; or, while it is read, it turns out to be damaged.
    """
    if str(path) == "-":
        yield sys.stdin.buffer  # which stays open: whoever reads it again finds it empty
        return
    try:
        opener = _OPENERS.get(_packing(path))
        stream = io.BufferedReader(_Unpacked(opener(path, "rb"), str(path)), _PIECE) if opener else open(path, "rb")  # noqa: PTH123, SIM115
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read: {error.strerror}") from None
    with stream:
        yield stream


def shown_name(path: Path | str) -> str:
    """Return what an input is called in messages."""
    return "standard input" if str(path) == "-" else str(path)


def is_read_once(path: Path | str) -> bool:
    """Whether an input is gone once it is read: standard input, or a pipe."""
    return str(path) == "-" or Path(path).is_fifo()


def about_size(path: Path | str) -> int:
    """Return the bytes of what is in a file, of a compressed one about: text is packed to an eighth, or to less.

    Raises
    ------
    OSError
        There is no such file.
    """
    size = Path(path).stat().st_size
    return 8 * size if _packing(path) in _OPENERS else size


def unpacked_name(path: Path | str) -> str:
    """Return the name, without the folder, of what is in a file: without .gz, .bz2 or .xz."""
    return Path(path).stem if _packing(path) in _OPENERS else Path(path).name


def _packing(path: Path | str) -> str:
    return Path(path).suffix.lower()


class _Unpacked(io.RawIOBase):
    """What is in a compressed file. That it is damaged is found out while it is read."""

    def __init__(self, stream: IO[bytes], source: str) -> None:
        self._stream = stream
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        try:
            piece = self._stream.read1(len(view))  # type: ignore[attr-defined]
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            raise CorpusError(f"{self._source}: not a whole compressed file: {error}") from None
        view[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._stream.close()
        super().close()
