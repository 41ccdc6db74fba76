"""Files of text as streams of bytes: plain ones, compressed ones as what is in them, and standard input."""

import bz2
import gzip
import io
import lzma
import os
import shutil
import stat
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ner_window.errors import CorpusError, MissingExtraError, NerWindowError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


def zstandard(purpose: str) -> Any:
    """Return the module for files packed by Zstandard, which is in Python from 3.14 on.

    Raises
    ------
    MissingExtraError
        Python needs another package for it, which is not installed.
    """
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        try:
            from backports import zstd
        except ImportError:
            raise MissingExtraError(purpose, "zst") from None
    return zstd


def _unpack_zst(file: IO[bytes]) -> tuple[Any, type[Exception]]:
    zstd = zstandard("reading .zst")
    return zstd.ZstdFile(file), zstd.ZstdError


#: What gives the stream of what is in a file, and the error that tells of damage besides EOFError and OSError.
_UNPACKERS: dict[str, Callable[[IO[bytes]], tuple[Any, type[Exception]]]] = {
    ".gz": lambda file: (gzip.GzipFile(fileobj=file), zlib.error),
    ".bz2": lambda file: (bz2.BZ2File(file), OSError),
    ".xz": lambda file: (lzma.LZMAFile(file), lzma.LZMAError),  # noqa: SIM115
    ".zst": _unpack_zst,
}

#: Bytes unpacked together.
_PIECE = 1 << 16

#: How many bytes may come of one of a compressed file, and how many are not asked where they come from: text gives 3 to
#: 10 for one, and what gives thousands is made to fill memory or disk.
DENSEST, UNSUSPECTED = 200, 256 << 20


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
    """Open a file by its name, compressed ones (.gz, .bz2, .xz, .zst) as what is in them; ``-`` is standard input.

    The name may be a URL that fsspec knows.

    Raises
    ------
    CorpusError
        It cannot be opened; or, while it is read, it turns out to be damaged.
    MissingExtraError
        It is compressed by Zstandard, and the package that reads it is not installed.
    """
    if str(path) == "-":
        yield sys.stdin.buffer  # which stays open: whoever reads it again finds it empty
        return
    try:
        file = open_as_it_is(str(path))
    except (OSError, ImportError, ValueError) as error:
        raise CorpusError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    with file:
        unpack = _UNPACKERS.get(_packing(path))
        if unpack is None:
            yield file
        else:
            with io.BufferedReader(Unpacked(*unpack(file), str(path), file.tell), _PIECE) as stream:
                yield stream


def open_as_it_is(name: str) -> io.BufferedReader:
    """Open a file here or elsewhere, and compressed ones, too, as the bytes that they are.

    Raises
    ------
    OSError, ImportError, ValueError
        It cannot be opened; the package for such URLs is not installed; there is no such kind of URL.
    """
    if not is_url(name):
        return open(name, "rb")  # noqa: PTH123, SIM115
    import fsspec

    return io.BufferedReader(fsspec.open(name, "rb").open(), _PIECE)  # which has no `peek`, and no `readline` of a size


def is_url(name: Path | str) -> bool:
    """Whether a name is that of a file elsewhere, such as ``s3://bucket/file``, and not a path."""
    return "://" in str(name)


def shown_name(path: Path | str) -> str:
    """Return what an input is called in messages."""
    return "standard input" if str(path) == "-" else str(path)


def state_of(path: Path | str) -> tuple[int, int, int] | None:
    """Return what tells whether a file has changed: inode, bytes and time; nothing of what is no file."""
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return (found.st_ino, found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


def refuse_changed(path: Path | str, before: tuple[int, int, int] | None) -> None:
    """Refuse a file that is not what it was before: what is read twice must be the same twice.

    Raises
    ------
    CorpusError
        It was written to, replaced or removed meanwhile.
    """
    if state_of(path) != before:
        raise CorpusError(f"{path}: changed while it was read; run the same command again when it is written")


def is_read_once(path: Path | str) -> bool:
    """Whether an input is gone once it is read: standard input, or a pipe."""
    return str(path) == "-" or Path(path).is_fifo()


def is_compressed(path: Path | str) -> bool:
    """Whether a file is read as what is in it."""
    return _packing(path) in _UNPACKERS


def about_size(path: Path | str) -> int:
    """Return the bytes of what is in a file, of a compressed one about: text is packed to an eighth, or to less.

    Raises
    ------
    OSError
        There is no such file.
    """
    size = Path(path).stat().st_size
    return 8 * size if is_compressed(path) else size


def unpacked_name(path: Path | str) -> str:
    """Return the name, without the folder, of what is in a file: without .gz, .bz2, .xz or .zst."""
    return Path(path).stem if is_compressed(path) else Path(path).name


def _packing(path: Path | str) -> str:
    return Path(path).suffix.lower()


class Unpacked(io.RawIOBase):
    """What is in a compressed file. That it is damaged, or a bomb, is found out while it is read.

    Parameters
    ----------
    stream
        What unpacks it, a piece at a time.
    damage : types of errors
        What that raises, besides EOFError and OSError.
    source : str
        What the file is called in messages.
    packed : function
        Returns how many bytes were read of the compressed file, or how many there are.
    error : type of error
        What is raised here.
    """

    def __init__(
        self,
        stream: IO[bytes],
        damage: type[Exception] | tuple[type[Exception], ...],
        source: str,
        packed: Callable[[], int],
        error: type[NerWindowError] = CorpusError,
    ) -> None:
        self._stream = stream
        self._damage: tuple[type[Exception], ...] = (
            OSError,
            EOFError,
            *(damage if isinstance(damage, tuple) else (damage,)),
        )
        self._source = source
        self._packed = packed
        self._error = error
        self._size = 0

    def readable(self) -> bool:
        """Return true."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill a buffer, or some of it; return how many bytes that are."""
        view = memoryview(buffer)
        try:
            piece = self._stream.read1(len(view))  # type: ignore[attr-defined]
        except self._damage as error:
            raise self._error(f"{self._source}: not a whole compressed file: {error}") from None
        self._size += len(piece)
        if self._size > UNSUSPECTED and self._size > DENSEST * self._packed():
            raise self._error(
                f"{self._source}: unpacks to more than {DENSEST} times its size, got {self._size >> 20} MB so far; "
                "if it is no bomb, unpack it and name the file"
            )
        view[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        """Close what unpacks the file."""
        self._stream.close()
        super().close()
