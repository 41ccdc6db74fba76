"""Files here and elsewhere, as fsspec finds them: paths, and URLs such as ``s3://bucket/folder``."""

import hashlib
import os
import posixpath
import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from ner_window.errors import CorpusError, OutputError
from ner_window.exchange import put, sync_all
from ner_window.text.files import is_url


class Found(NamedTuple):
    """An input: its name, and what it is called below the folder that was asked for."""

    name: str
    relative: str


class Stamp(NamedTuple):
    """What tells whether a file has changed: its bytes, and when it was written; None where that is not known."""

    size: int | None
    modified: str | None


class Written(NamedTuple):
    """What was written: its bytes, and their digest."""

    bytes: int
    sha256: str


def system_of(name: str) -> tuple[Any, str]:
    """Return the file system that a name is of, and its path there.

    Raises
    ------
    CorpusError
        The package for such URLs is not installed, or there is no such kind.
    """
    import fsspec  # a tenth of what predict takes to start, and plain files do without it

    if not is_url(name):
        return fsspec.filesystem("file"), absolute(name)  # as it is, also with :: or ~ in it
    try:
        return fsspec.core.url_to_fs(name)  # type: ignore[no-any-return]
    except (ImportError, ValueError, OSError) as error:
        raise CorpusError(f"{name}: cannot be reached: {error}") from None


def absolute(name: str) -> str:
    """Return a name that means the same in another working directory."""
    return name if is_url(name) else os.path.abspath(name)  # noqa: PTH100


def join(folder: str, *names: str) -> str:
    """Return the name of something in a folder."""
    return posixpath.join(folder, *names)


def find(name: str) -> list[Found]:
    """Return the files that an input stands for, in the order of their names.

    A directory stands for all files below it, a pattern (``*``, ``?``, ``[...]``, ``**``) for those that match, where
    no file is called so.

    Raises
    ------
    CorpusError
        There is no such file, the directory is empty, or nothing matches.
    """
    if not is_url(name) and Path(name).exists() and not Path(name).is_dir():
        return [Found(name, Path(name).name)]  # a pipe, too
    system, path = system_of(name)
    try:
        if system.isdir(path):
            return _below(name, path, system.find(path), f"{name}: no files in this directory; name one with files")
        if any(character in path for character in "*?[") and not system.exists(path):
            base = path[: min(path.find(c) for c in "*?[" if c in path)].rpartition("/")[0]
            files = [each for each in system.glob(path) if system.isfile(each)]
            shown = name[: min(name.find(c) for c in "*?[" if c in name)].rpartition("/")[0]
            return _below(
                shown or "/" * name.startswith("/"), base, files, f"{name}: no file matches; look at the pattern"
            )
        if system.exists(path):
            return [Found(name, posixpath.basename(path))]
    except OSError as error:
        raise CorpusError(f"{name}: cannot be read: {error.strerror or error}") from None
    raise CorpusError(f"{name}: cannot be read: No such file or directory")


def _below(name: str, folder: str, paths: Iterable[str], otherwise: str) -> list[Found]:
    """Return files below a folder; they are named as the input was, relative or as a URL."""
    start = len(folder) + 1 if folder else 0
    inner = sorted(path[start:] for path in paths)
    if not inner:
        raise CorpusError(otherwise)
    prefix = name.rstrip("/") + "/" if name else ""
    return [Found(prefix + each, each) for each in inner]


def stamp(name: str) -> Stamp:
    """Return what tells whether a file has changed; nothing of standard input and pipes, which are read once."""
    if not is_url(name) and not Path(name).is_file():
        return Stamp(None, None)
    system, path = system_of(name)
    try:
        size = system.size(path)
    except OSError as error:
        raise CorpusError(f"{name}: cannot be read: {error.strerror or error}") from None
    modified = None
    with suppress(NotImplementedError, KeyError, OSError):
        modified = system.modified(path).isoformat()
    return Stamp(size, modified)


def exists(name: str) -> bool:
    """Whether there is a file or a directory of that name."""
    system, path = system_of(name)
    return bool(system.exists(path))


def size_of(name: str) -> int | None:
    """Return the bytes of a file, None if there is none."""
    system, path = system_of(name)
    try:
        return int(system.size(path)) if system.isfile(path) else None
    except OSError:
        return None


def is_directory(name: str) -> bool:
    """Whether there is a directory of that name."""
    if not is_url(name):
        return Path(name).is_dir()
    system, path = system_of(name)
    return bool(system.isdir(path))


def names_in(folder: str) -> list[str]:
    """Return the names of what is in a folder, in order; nothing if there is none."""
    system, path = system_of(folder)
    try:
        return sorted(posixpath.basename(each.rstrip("/")) for each in system.ls(path, detail=False))
    except FileNotFoundError:
        return []


def read(name: str) -> bytes | None:
    """Return what is in a file, None if there is none."""
    system, path = system_of(name)
    try:
        return bytes(system.cat_file(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OutputError(f"{name}: cannot be read: {error.strerror or error}") from None


def write(name: str, pieces: Iterable[bytes], folder: str, *, lasting: bool = False) -> Written:
    """Write a file under another name in a folder, on the same disk, and move it into place when it is whole.

    If `lasting`, it is on the disk when this returns. Elsewhere the file system sees to it.

    Raises
    ------
    OSError
        It cannot be written.
    """
    system, path = system_of(name)
    temporary = join(system_of(folder)[1], f"new-{uuid.uuid4().hex}")
    digest, size = hashlib.sha256(), 0
    try:
        system.makedirs(posixpath.dirname(temporary), exist_ok=True)
        with system.open(temporary, "wb") as file:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                size += len(piece)
        system.makedirs(posixpath.dirname(path), exist_ok=True)
        if lasting and _is_here(system):
            put(Path(temporary), Path(path))
        else:
            _move(system, temporary, path)
    finally:
        with suppress(OSError):
            if system.exists(temporary):
                system.rm_file(temporary)
    return Written(size, digest.hexdigest())


def settle(name: str) -> None:
    """Wait until all that was written is on the disk, if that of this name is one of this machine."""
    if _is_here(system_of(name)[0]):
        sync_all()


def append(name: str, content: bytes) -> None:
    """Add to a file on a disk of this machine; it is begun if it is not there.

    Raises
    ------
    OSError
        It cannot be written.
    """
    with Path(name).open("ab") as file:
        file.write(content)


def _move(system: Any, source: str, target: str) -> None:
    """Move a file; one that is there is replaced, in one step where the file system can."""
    if _is_here(system):
        Path(source).replace(target)
    else:
        system.mv(source, target)


def _is_here(system: Any) -> bool:
    """Whether it is the file system of this machine."""
    return "file" in (system.protocol if isinstance(system.protocol, tuple) else (system.protocol,))


def remove(name: str) -> None:
    """Remove a file, or a folder with all in it, if it is there."""
    system, path = system_of(name)
    with suppress(FileNotFoundError):
        if system.isdir(path):
            system.rm(path, recursive=True)
        else:
            system.rm_file(path)


def digest(name: str) -> str:
    """Return a short name that stands for a long one."""
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
