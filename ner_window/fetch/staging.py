"""The folder ``.fetch`` of a directory, in which files wait until all have come and were checked.

What an attempt leaves in it, the next one uses: whole files, and the part of one that broke off.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from ner_window.errors import OutputError

STAGE = ".fetch"


@contextmanager
def staged(directory: Path) -> Iterator[Path]:
    """Make the folder in which files wait, and keep others from it; afterwards remove it, if nothing in it is of use.

    Raises
    ------
    OutputError
        Another process is at work in it, or the directory cannot be written.
    """
    stage = directory / STAGE
    new = [folder for folder in (directory, *directory.parents) if not folder.exists()]
    lock = FileLock(stage / ".lock", timeout=0)
    try:
        stage.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise OutputError(f"{directory}: another process fetches into it; wait for it") from None
    except OSError as error:
        raise OutputError(f"{directory}: cannot be written: {error.strerror or error}; choose another output") from None
    try:
        yield stage
    except OSError as error:
        raise OutputError(f"{directory}: cannot be written: {error.strerror or error}; choose another output") from None
    finally:
        lock.release()
        with suppress(OSError):
            if stage.exists() and not kept_bytes(directory):
                shutil.rmtree(stage)
            for folder in new:
                folder.rmdir()


def check_room(stage: Path, needed: int) -> None:
    """Raise `OutputError` before anything comes, if the disk cannot hold so many bytes more."""
    free = shutil.disk_usage(stage).free + kept_bytes(stage.parent)
    if needed > free:
        what = f"{needed:,} bytes are needed, {free:,} are free"
        raise OutputError(f"{stage.parent}: the disk is too full: {what}; make room, or choose another output")


def write(path: Path, content: bytes) -> None:
    """Write a file, or what can be written of it: then that is removed, and the `OSError` goes on."""
    try:
        path.write_bytes(content)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def kept_bytes(directory: Path) -> int:
    """Return the bytes that an attempt has left for the next one."""
    kept = (path for path in (directory / STAGE).glob("*") if path.suffix not in ("", ".version"))
    return sum(path.stat().st_size for path in kept)
