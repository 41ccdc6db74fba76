"""Claims: one process at a time works at an output, and begins by removing what killed ones left half-written of it.

What is unfinished of an output ``runs/m`` stands beside it, as ``.new-m`` or ``.new-m-XXXXXXXX``.
"""

import glob
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ner_window.errors import OutputError

if TYPE_CHECKING:
    from filelock import BaseFileLock

#: The file in a folder that says that a process is at work there.
LOCK = ".lock"

#: What an old output is called in the folder to which it is moved aside.
ASIDE = "model"

#: What `tempfile` puts at the end of a name: eight letters, digits or underscores.
_SUFFIX = "[a-z0-9_]" * 8


@contextmanager
def claimed(directory: Path) -> Iterator[None]:
    """Keep other processes from a folder, as long as this one is at work in it or lives.

    Raises
    ------
    OutputError
        Another process is at work in it.
    """
    lock = _acquire(directory / LOCK, directory, "here")
    try:
        yield
    finally:
        lock.release()


@contextmanager
def claimed_output(path: Path, *beside: Path) -> Iterator[None]:
    """Keep other processes from an output that need not exist, and from files beside it that belong to it.

    What killed processes left half-written of them is removed; an old output that one had moved aside is moved back.
    The lock is a file beside the output, and is gone afterwards.

    Raises
    ------
    OutputError
        Another process is at work at it, or nothing can be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:  # where a folder of the path is a file
        raise OutputError(f"{path}: cannot be written: {error.filename} is not a directory") from None
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from None
    place = _lock_of(path)
    lock = _acquire(place, path, "at it")
    try:
        for each in (path, *beside):
            remove_leftovers(each)
        yield
    finally:
        place.unlink(missing_ok=True)  # while it is held: who waits for this file finds that it has no name any more
        lock.release()


def tidy(path: Path) -> None:
    """Remove what is left of a process that was killed when its output was whole; of one at work, nothing."""
    if _lock_of(path).exists():
        with suppress(OutputError), claimed_output(path):
            pass


def _lock_of(path: Path) -> Path:
    return path.parent / f".lock-{path.name}"


def _acquire(place: Path, output: Path, where: str) -> "BaseFileLock":
    """Return the lock of a file, held."""
    from filelock import FileLock, Timeout

    lock = FileLock(place, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise OutputError(
            f"{output}: another process is at work {where}; wait for it, or choose another output"
        ) from None
    except OSError as error:
        raise OutputError(f"{output}: cannot be written: {error.strerror or error}") from None
    return lock


def new_folder(path: Path, kind: str = "new") -> Path:
    """Make a folder beside an output, in which to write it, or to put the old one; the folder it stands in exists."""
    return Path(tempfile.mkdtemp(prefix=f".{kind}-{path.name}-", dir=path.parent))


def remove_leftovers(path: Path) -> None:
    """Remove what killed processes left half-written of an output; the old one, if moved aside, is moved back."""
    aside = moved_aside(path)
    if aside and not path.exists():
        with suppress(OSError):
            aside.rename(path)
    name = glob.escape(path.name)
    for pattern in (f".new-{name}", f".new-{name}-{_SUFFIX}", f".old-{name}-{_SUFFIX}"):
        for left in path.parent.glob(pattern):
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left, ignore_errors=True)
            else:
                with suppress(OSError):
                    left.unlink()


def moved_aside(path: Path) -> Path | None:
    """Return where an old output stands that a killed process had moved aside, but not yet replaced."""
    places = path.parent.glob(f".old-{glob.escape(path.name)}-{_SUFFIX}/{ASIDE}")
    return next(places, None)
