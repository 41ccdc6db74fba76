"""The columns of large corpora on disk: written while they are read, memory-mapped after that, and kept for next time.

An entry is a folder: a file of plain integers for each column, and ``facts.json`` for all else.
"""

import hashlib
import json
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ner_window.text.files import cache_folder, put_in_place, remove_leftovers

Integers = NDArray[np.integer[Any]]

#: The format of an entry; with another number it is not looked at.
FORMAT = 1


@dataclass(frozen=True)
class Columns:
    """Columns by name, facts that JSON can hold, and what is to be told of how they were kept."""

    arrays: dict[str, Integers]
    facts: dict[str, Any]
    notes: list[str] = field(default_factory=list)


class GrowingColumns:
    """Columns that grow piece by piece, in memory, or from `to_disk` on in files.

    Where the disk is full, or nothing may be written, they go on growing in memory, and `notes` says so. To be used
    with ``with``: what is on disk is gone after it, unless it was kept.
    """

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._pieces: defaultdict[str, list[Integers]] = defaultdict(list)
        self._folder: Path | None = None
        self._written: dict[str, tuple[str, int]] = {}  # type and length of what is in a column's file
        self._refused = False

    def __enter__(self) -> "GrowingColumns":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def add(self, **pieces: Integers) -> None:
        """Add to each column, by name, what comes next in it."""
        for name, piece in pieces.items():
            self._pieces[name].append(piece)
        if self._folder:
            self._write()

    def to_disk(self) -> None:
        """Move to disk what there is, and what will come."""
        if self._folder or self._refused:
            return
        try:
            parent = cache_folder("corpora")
            parent.mkdir(parents=True, exist_ok=True)
            remove_leftovers(parent)
            self._folder = Path(tempfile.mkdtemp(prefix=".new-", dir=parent))
        except OSError as error:
            self._refuse(error)
        else:
            self._write()

    def finished(self, digest: str, facts: dict[str, Any]) -> Columns:
        """Return the whole columns. What is on disk is kept there under a digest; see `open_kept`."""
        if self._folder:
            try:
                digests = {name: _digest(self._folder / name) for name in self._written}
                described = {**facts, "columns": self._written, "digests": digests}
                (self._folder / "facts.json").write_text(json.dumps(described), "utf-8")
                target = cache_folder("corpora") / digest
                put_in_place(self._folder, target)
                self._folder = target
                found = Columns(_mapped(target, self._written), facts)
            except OSError as error:
                self._refuse(error)
            else:
                self._folder = None
                return found
        arrays = {}
        for name in list(self._pieces):  # one after the other: the pieces of a column go when it is whole
            arrays[name] = np.concatenate(self._pieces.pop(name))
        return Columns(arrays, facts, self.notes)

    def _write(self) -> None:
        """Append what is in memory to the files."""
        assert self._folder
        try:
            for name, pieces in self._pieces.items():
                if not pieces:
                    continue
                dtype = np.dtype(np.int32 if max(piece.itemsize for piece in pieces) <= 4 else np.int64)
                column = np.concatenate(pieces, dtype=dtype)
                with (self._folder / name).open("ab") as file:
                    file.write(column.tobytes())
                self._written[name] = dtype.str, self._written.get(name, ("", 0))[1] + len(column)
                pieces.clear()
        except OSError as error:
            self._refuse(error)

    def _refuse(self, error: OSError) -> None:
        """Take everything back into memory."""
        self._refused = True
        self.notes.append(f"{cache_folder('corpora')}: the columns are held in memory: {error.strerror}")
        folder, self._folder = self._folder, None
        for name, (dtype, count) in self._written.items():
            assert folder
            self._pieces[name].insert(0, np.fromfile(folder / name, dtype, count))
        self._written = {}
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


def digest_of(sha256: str, layout: object) -> str:
    """Return under what the columns of a file are kept: its lines, and the layout that they were read by."""
    return hashlib.sha256(f"{FORMAT} {layout!r} {sha256}".encode()).hexdigest()


def open_kept(digest: str, columns: Collection[str], facts: Collection[str]) -> Columns | None:
    """Return what is kept under a digest, memory-mapped, or None where there is nothing whole, with all these names."""
    folder = cache_folder("corpora") / digest
    try:
        described = json.loads((folder / "facts.json").read_text("utf-8"))
        columns_of, digests = described.pop("columns"), described.pop("digests")
        if {name: _digest(folder / name) for name in columns_of} != digests:
            return None
        arrays = _mapped(folder, columns_of)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return None
    return Columns(arrays, described) if arrays.keys() >= set(columns) and described.keys() >= set(facts) else None


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file of a column."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _mapped(folder: Path, columns: dict[str, tuple[str, int]]) -> dict[str, Integers]:
    """Return columns as read-only arrays that are read from their files when they are looked at."""
    arrays: dict[str, Integers] = {}
    for name, (dtype, count) in columns.items():
        arrays[name] = np.memmap(folder / name, dtype, "r", shape=count) if count else np.empty(0, dtype)
    return arrays
