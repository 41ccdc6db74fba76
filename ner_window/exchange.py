"""New names that last: what has one is on the disk, and two exchange theirs in one step where the system can.

Linux can since 3.15. Whatever the system, a name is in a folder, which reaches the disk on its own, after the file.
"""

import ctypes
import errno
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

_HERE = -100  # AT_FDCWD: paths are relative to the working directory
_EXCHANGE = 2  # RENAME_EXCHANGE


def exchange(one: Path, other: Path) -> bool:
    """Exchange two names, and wait until that is on the disk; return whether it was done. If not, nothing has changed.

    What they name is written before: see `sync`.

    Raises
    ------
    OSError
        They are exchanged, but that has not reached the disk.
    """
    rename = _renameat2()
    done = bool(rename) and rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0
    if done:
        _sync_folders(one, other)
    return done


def put(source: Path, target: Path) -> None:
    """Move a file, or a folder, to a name, and wait until it is on the disk under it; a file that has it is replaced.

    A folder's files are written before: see `sync`.

    Raises
    ------
    OSError
        It cannot be moved, or something has not reached the disk.
    """
    if source.is_dir():
        sync_folder(source)
    else:
        sync(source)
    source.replace(target)
    _sync_folders(source, target)


def sync(path: Path) -> None:
    """Wait until a file is on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk, where the system can open a folder: Windows cannot."""
    try:
        folder = os.open(path, os.O_RDONLY)
    except OSError:  # or it may be written, but not read
        return
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a file system that has no such thing
            raise
    finally:
        os.close(folder)


def sync_all() -> None:
    """Wait until all that was written here is on the disk: for many small files that is faster than one by one."""
    if hasattr(os, "sync"):
        os.sync()


def _sync_folders(one: Path, other: Path) -> None:
    for folder in {other.parent, one.parent}:
        sync_folder(folder)


@cache
def _renameat2() -> Any:
    """Return the function of the C library; Python has none for it."""
    if sys.platform != "linux":
        return None
    function = getattr(ctypes.CDLL(None), "renameat2", None)
    if function is not None:
        function.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
    return function
