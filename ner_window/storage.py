"""Model directories and checkpoints: plain files, written beside their place and moved there when they are whole."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ner_window.claims import ASIDE, moved_aside, new_folder
from ner_window.errors import ModelError, OutputError
from ner_window.exchange import exchange, put, sync, sync_folder
from ner_window.model_files import check_files
from ner_window.nn.gradients import Floats

#: The number of the format of a model directory; it grows when an older program could not read a newer directory.
FORMAT = 2

_PIECE = 1 << 17


def write_directory(
    directory: Path,
    files: Mapping[str, str | Mapping[str, Floats]],
    *,
    force: bool = False,
    marker: str = "model.json",
) -> None:
    """Write text files and tensor files into a new sibling of `directory`, then move it into place.

    A crash leaves what was there before, or all of the new; and beside it what `claims.claimed_output` removes. Only a
    directory that holds the file `marker` is replaced.

    Raises
    ------
    OutputError
        The directory exists and `force` is not set, or nothing can be written there.
    """
    refuse_existing(directory, force, marker)
    temporary = None
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        temporary = new_folder(directory)
        temporary.chmod(0o755)
        for name, content in files.items():
            _write(temporary / name, content)
        _put_in_place(temporary, directory)
    except OSError as error:
        raise OutputError(f"{directory}: cannot be written: {error.strerror or error}") from None
    finally:
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)


def _put_in_place(folder: Path, target: Path) -> None:
    """Give a folder its name. One that has it is replaced in one step where the system can; else it is moved aside."""
    sync_folder(folder)
    if not target.exists():
        put(folder, target)
    elif not exchange(folder, target):
        aside = new_folder(target, "old")
        target.rename(aside / ASIDE)
        put(folder, target)  # a crash before this line leaves it aside: see `claims.remove_leftovers`
        shutil.rmtree(aside)


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


def _write(path: Path, content: str | Mapping[str, Floats]) -> None:
    if isinstance(content, str):
        path.write_bytes(content.encode())
    else:
        _save(path, content)
    sync(path)


def _save(path: Path, tensors: Mapping[str, Floats], metadata: dict[str, str] | None = None) -> None:
    """Write tensors, which are not copied on the way; what goes wrong is an `OSError`."""
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    try:
        save_file({name: np.ascontiguousarray(array) for name, array in tensors.items()}, path, metadata)
    except SafetensorError as error:
        raise OSError(str(error)) from None


def read_description(directory: Path) -> dict[str, Any]:
    """Return what model.json says.

    Raises
    ------
    ModelError
        There is no model, or its format is not this program's, or the directory holds what no model does: see
        `model_files.check_files`.
    """
    path = directory / "model.json"
    check_files(directory)
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(
            f"{directory}: not a model directory: model.json: {error.strerror}{_where_it_may_be(directory)}"
        ) from None
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: not JSON: {error}") from None
    found = description.get("format") if isinstance(description, dict) else None
    if found != FORMAT:
        cure = "update ner_window" if isinstance(found, int) and found > FORMAT else "train the model again"
        raise ModelError(f"{path}: format {FORMAT} expected, got {found!r}; {cure}")
    return description  # type: ignore[no-any-return]


def _where_it_may_be(directory: Path) -> str:
    """Return what to do where a model is missing, if that can be told."""
    if (directory / "run.json").exists():
        return "; it is a run of an experiment, and its run.json has the command that trains the model"
    aside = None if directory.exists() else moved_aside(directory)
    return f"; a process was killed while it replaced it: move {aside} back" if aside else ""


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
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = new_folder(path)  # in which safetensors has its own temporary file
        _save(temporary / path.name, tensors, {"state": json.dumps(state)})
        put(temporary / path.name, path)
    except OSError as error:
        raise OutputError(f"{path}: the checkpoint cannot be written: {error.strerror or error}") from None
    finally:
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)


def read_checkpoint(path: Path) -> tuple[dict[str, Floats], dict[str, Any]]:
    """Return the tensors and the state of a checkpoint.

    Raises
    ------
    ModelError
        There is none, it is damaged, or it is something else.
    """
    tensors, metadata = _load(path)
    try:
        state = json.loads(metadata["state"])
    except (KeyError, ValueError, RecursionError):
        state = None
    if not isinstance(state, dict):
        raise ModelError(f"{path}: not a checkpoint of a training run") from None
    return tensors, state


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
