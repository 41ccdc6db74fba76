"""Model directories and checkpoints: plain files, written beside their place and moved there when they are whole."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ner_window.errors import ModelError, OutputError
from ner_window.nn.gradients import Floats

#: The number of the format of a model directory; it grows when an older program could not read a newer directory.
FORMAT = 2

#: The file in a folder that says that a process is at work there.
LOCK = ".lock"

_PIECE = 1 << 17


def write_directory(
    directory: Path,
    files: Mapping[str, str | Mapping[str, Floats]],
    *,
    force: bool = False,
    marker: str = "model.json",
) -> None:
    """Write text files and tensor files into a new sibling of `directory`, then move it into place.

    A crash leaves what was there before, or all of the new: at worst the old one beside it under a name that begins
    with ``.old-``. Only a directory that holds the file `marker` is replaced.

    Raises
    ------
    OutputError
        The directory exists and `force` is not set, or nothing can be written there.
    """
    refuse_existing(directory, force, marker)
    temporary = None
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".new-{directory.name}-", dir=directory.parent))
        temporary.chmod(0o755)
        for name, content in files.items():
            _write(temporary / name, content)
        if directory.exists():
            aside = Path(tempfile.mkdtemp(prefix=f".old-{directory.name}-", dir=directory.parent))
            directory.rename(aside / "model")
            temporary.rename(directory)
            shutil.rmtree(aside)
        else:
            temporary.rename(directory)
    except OSError as error:
        raise OutputError(f"{directory}: cannot be written: {error.strerror or error}") from None
    finally:
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)


def refuse_existing(path: Path, force: bool, marker: str = "model.json") -> None:
    """Raise `OutputError` if an output exists and may not be replaced, or is something that was not made here.

    What was made here holds a file `marker`, which tells its kind: model.json a model, run.json a run of a sweep.
    """
    if path.exists() and not path.is_dir():
        raise OutputError(f"{path}: is not a directory and is not replaced; choose another output")
    if path.exists() and not force:
        raise OutputError(f"{path}: exists already; choose another output, or replace it with --force")
    if path.is_dir() and any(path.iterdir()) and not (path / marker).exists():
        kind = Path(marker).stem
        raise OutputError(f"{path}: is not a {kind} directory and is not replaced; choose another output")


@contextmanager
def claimed(directory: Path) -> Iterator[None]:
    """Keep other processes from a folder, as long as this one is at work in it or lives.

    Raises
    ------
    OutputError
        Another process is at work in it.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(directory / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise OutputError(
            f"{directory}: another process is at work here; wait for it, or choose another output"
        ) from None
    except OSError as error:
        raise OutputError(f"{directory}: cannot be written: {error.strerror or error}") from None
    try:
        yield
    finally:
        lock.release()


def _write(path: Path, content: str | Mapping[str, Floats]) -> None:
    if isinstance(content, str):
        path.write_bytes(content.encode())
    else:
        _save(path, content)
    _sync(path)


def _save(path: Path, tensors: Mapping[str, Floats], metadata: dict[str, str] | None = None) -> None:
    """Write tensors, which are not copied on the way; what goes wrong is an `OSError`."""
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    try:
        save_file({name: np.ascontiguousarray(array) for name, array in tensors.items()}, path, metadata)
    except SafetensorError as error:
        raise OSError(str(error)) from None


def _sync(path: Path) -> None:
    """Wait until a file is on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def read_description(directory: Path) -> dict[str, Any]:
    """Return what model.json says.

    Raises
    ------
    ModelError
        There is no model, or its format is not this program's.
    """
    path = directory / "model.json"
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        is_run = (directory / "run.json").exists()
        hint = (
            "; it is a run of an experiment, and its run.json has the command that trains the model" if is_run else ""
        )
        raise ModelError(f"{directory}: not a model directory: model.json: {error.strerror}{hint}") from None
    except ValueError as error:
        raise ModelError(f"{path}: not JSON: {error}") from None
    found = description.get("format") if isinstance(description, dict) else None
    if found != FORMAT:
        raise ModelError(f"{path}: format {FORMAT} expected, got {found!r}; train the model again")
    return description  # type: ignore[no-any-return]


def read_text(path: Path) -> str:
    """Return what a text file holds.

    Raises
    ------
    ModelError
        There is none, or it is not UTF-8.
    """
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None


def read_lines(path: Path) -> list[str]:
    r"""Return the lines of a text file, which end at ``\n`` alone."""
    text = read_text(path)
    return text.split("\n") if text else []


def read_tensors(path: Path, shapes: Mapping[str, tuple[int, ...]], why: str) -> dict[str, Floats]:
    """Return the tensors of a file after checking their names, shapes, dtypes and numbers; -1 stands for any size.

    They are mapped, and read-only: what is in memory is what was looked at, and several processes share it.

    Raises
    ------
    ModelError
        The file is damaged, or holds other tensors than expected, or numbers that are not finite.
    """
    tensors, _ = _load(path, mapped=True)
    missing, more = sorted(shapes.keys() - tensors.keys()), sorted(tensors.keys() - shapes.keys())
    if missing or more:
        raise ModelError(f"{path}: tensors missing: {missing}, unexpected: {more}")
    for name, expected in shapes.items():
        array = tensors[name]
        if len(array.shape) != len(expected) or any(
            b not in (a, -1) for a, b in zip(array.shape, expected, strict=True)
        ):
            raise ModelError(f"{path}: {name!r} has shape {array.shape}, expected {expected} for {why}")
        if array.dtype != np.float32:
            raise ModelError(f"{path}: {name!r} has dtype {array.dtype}, expected float32")
        if not _is_finite(array):  # without it NaN is a tag, and a gradient
            raise ModelError(f"{path}: {name!r} holds values that are not finite; train the model again")
    return tensors


def _is_finite(array: Floats) -> bool:
    """Whether all numbers are finite: a piece at a time, so that what is noted of them stays in a core's cache."""
    flat = array.reshape(-1)
    return all(np.isfinite(flat[i : i + _PIECE]).all() for i in range(0, len(flat), _PIECE))


def write_checkpoint(path: Path, tensors: Mapping[str, Floats], state: Mapping[str, Any]) -> None:
    """Replace a checkpoint file, tensors and state together, in one move."""
    temporary = path.with_name(f".new-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _save(temporary, tensors, {"state": json.dumps(state)})
        _sync(temporary)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OutputError(f"{path}: the checkpoint cannot be written: {error.strerror or error}") from None


def read_checkpoint(path: Path) -> tuple[dict[str, Floats], dict[str, Any]]:
    """Return the tensors and the state of a checkpoint."""
    tensors, metadata = _load(path)
    try:
        return tensors, json.loads(metadata["state"])
    except (KeyError, ValueError):
        raise ModelError(f"{path}: not a checkpoint of a training run") from None


def check_whole(path: Path) -> None:
    """Raise `ModelError` if a file of tensors is not there, or was cut off."""
    _load(path, mapped=True)


def _load(path: Path, *, mapped: bool = False) -> tuple[dict[str, Floats], dict[str, str]]:
    """Return tensors and metadata of a file that safetensors finds whole: read, or float32 ones mapped."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            tensors = _map(path) if mapped else {}
            names = set(file.keys()) - tensors.keys()
            return {**tensors, **{name: file.get_tensor(name) for name in names}}, file.metadata() or {}
    except (OSError, SafetensorError, ValueError, TypeError) as error:
        raise ModelError(f"{path}: cannot be read: {error}") from None


def _map(path: Path) -> dict[str, Floats]:
    """Return the float32 tensors of a whole file as views of it.

    The format: the length of a header in 8 bytes, little-endian; the header, JSON, with the dtype, the shape and the
    place of each tensor behind it; the numbers, little-endian.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    numbers = np.asarray(np.memmap(path, np.uint8, mode="r", offset=8 + length))
    return {
        name: numbers[slice(*entry["data_offsets"])].view("<f4").reshape(entry["shape"])
        for name, entry in header.items()
        if entry.get("dtype") == "F32"
    }
