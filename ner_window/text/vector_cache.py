"""What was read of files of vectors, kept for next time: under the file's SHA-256, memory-mapped from there."""

import hashlib
import json
import shutil
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ner_window.errors import VectorsError
from ner_window.text.files import cache_folder, put_in_place, remove_leftovers
from ner_window.text.vector_text import Matrix, VectorsReport

_SETTLED = 2 * 10**9  # nanoseconds after which a file's times tell its versions apart, on every file system


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, computed again only if the file is not the one that it was computed for.

    Whether it is, size, inode and the times of the last changes tell, as they do for git and make: a file that was
    changed so that all four stay the same is not noticed. What changed just now is not remembered.
    """
    name = Path(str(path).partition("#")[0])
    try:
        found = name.stat()
        state = [[found.st_size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns]]
        note = (
            cache_folder("digests")
            / f"{hashlib.sha256(str(path.absolute()).encode(errors='replace')).hexdigest()}.json"
        )
        known = _noted_digest(note, state)
        if known:
            return known
        now = time.time_ns()
        digest = _computed_digest(name, str(path).partition("#")[2])
    except OSError as error:
        raise VectorsError(f"{path}: cannot be read: {error.strerror}") from None
    if now - max(found.st_mtime_ns, found.st_ctime_ns) > _SETTLED:
        with suppress(OSError):
            note.parent.mkdir(parents=True, exist_ok=True)
            note.write_text(json.dumps({"path": str(path), "state": state, "sha256": digest}))
    return digest


def _noted_digest(note: Path, state: list[list[int]]) -> str | None:
    """Return the digest that was noted for a file in this state."""
    try:
        noted = json.loads(note.read_text())
        return str(noted["sha256"]) if noted["state"] == state else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _computed_digest(path: Path, member: str) -> str:
    """Return the SHA-256 of a file, and of which of the files in it is read."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update(member.encode())
    return digest.hexdigest()


def kept_folder(digest: str) -> Path:
    """Return where what was read of a file stands, if it is kept."""
    return cache_folder("vectors") / digest


def open_kept(digest: str) -> tuple[list[str], Matrix, VectorsReport] | None:
    """Return words (V,), vectors (V, d) and the report that are kept of a file, or None where nothing whole is kept."""
    directory = kept_folder(digest)
    try:
        words = (directory / "words.txt").read_bytes().decode().split("\n")
        matrix = np.load(directory / "matrix.npy", mmap_mode="r")
        report = VectorsReport(**json.loads((directory / "report.json").read_text()))
    except (OSError, EOFError, ValueError, TypeError):
        return None
    return (words, matrix, report) if len(words) == len(matrix) else None


def keep(digest: str, words: list[str], matrix: Matrix, report: VectorsReport) -> None:
    """Write beside the place and rename: another process sees all of it or nothing. A full disk is no error here."""
    directory, temporary = kept_folder(digest), None
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(directory.parent)
        temporary = tempfile.mkdtemp(prefix=".new-", dir=directory.parent)
        np.save(Path(temporary) / "matrix.npy", matrix)
        (Path(temporary) / "words.txt").write_bytes("\n".join(words).encode())
        (Path(temporary) / "report.json").write_text(json.dumps(asdict(report)))
        put_in_place(Path(temporary), directory)
    except OSError as error:
        report.notes.append(f"{directory}: the vectors could not be kept for next time: {error.strerror or error}")
    finally:
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)
