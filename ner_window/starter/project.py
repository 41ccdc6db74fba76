"""A new project: its files, and how they come into a directory, all or none."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from ner_window.config.schema import config_schema
from ner_window.errors import OutputError
from ner_window.sweep.schema import sweep_schema

#: The sample data: the folder data/ of the repository, of which a wheel has a copy beside this file.
SAMPLES = ("README.md", "train.conll", "dev.conll", "test.conll", "glove.50d.txt")

HERE = Path(__file__).parent


def project_files() -> dict[str, bytes]:
    """Return the files of a new project by their paths in it.

    Raises
    ------
    OutputError
        The sample data was not installed with the program.
    """
    packed = HERE / "data"
    data = packed if packed.is_dir() else HERE.parents[1] / "data"
    written = {"config.yaml": "config.yaml", "sweep.yaml": "sweep.yaml", "project.md": "README.md"}
    schemas = {"config": config_schema(), "sweep": sweep_schema()}
    try:
        return {
            **{name: (HERE / template).read_bytes() for template, name in written.items()},
            **{f"data/{name}": (data / name).read_bytes() for name in SAMPLES},
            **{f"schema/{name}.json": (json.dumps(each, indent=2) + "\n").encode() for name, each in schemas.items()},
        }
    except OSError as error:
        raise OutputError(f"{error.filename}: not installed: {error.strerror}; install ner_window again") from None


def start_project(directory: Path, *, force: bool = False) -> list[str]:
    """Write the files of a new project into a directory, which is made, and return their paths.

    They appear together: each is written under another name before any is moved into place. Files that begin with a
    dot, such as those of a version control, do not keep a directory from being new.

    Parameters
    ----------
    directory : Path
        It does not exist, or is empty.
    force : bool
        It may hold anything. Files of the names that a project has are replaced, others are left alone.

    Raises
    ------
    OutputError
        The directory is not empty, or is none, or cannot be written.
    """
    files = project_files()
    _refuse(directory, files, force)
    exists = directory.exists()
    stage = directory / ".new-project" if exists else directory.with_name(f".new-{directory.name}")
    try:
        _write(stage, files)
        if exists:
            for name in files:
                (directory / name).parent.mkdir(exist_ok=True)
                (stage / name).replace(directory / name)
        else:
            stage.rename(directory)
    except OSError as error:
        raise OutputError(f"{directory}: cannot be written: {error.strerror}") from None
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return list(files)


def _refuse(directory: Path, files: Mapping[str, bytes], force: bool) -> None:
    """Raise `OutputError` if a directory may not be written into."""
    try:
        there = sorted(path.name for path in directory.iterdir() if not path.name.startswith("."))
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(f"{directory}: cannot be written: {error.strerror}; name a new directory") from None
    if there and not force:
        lost = ", ".join(name for name in files if (directory / name).exists())
        what = f"which replaces {lost}" if lost else "which replaces none of its files"
        raise OutputError(f"{directory}: is not empty, got {there[0]!r}; name a new directory, or use --force, {what}")
    for name in files:
        place = directory / name
        wrong = place if place.is_dir() else place.parent if place.parent.is_file() else None
        if wrong is not None:
            raise OutputError(f"{wrong}: is in the way of {name}; move it, or name a new directory")


def _write(stage: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a directory, in the place of what an attempt before left there."""
    shutil.rmtree(stage, ignore_errors=True)
    for name, content in files.items():
        (stage / name).parent.mkdir(parents=True, exist_ok=True)
        (stage / name).write_bytes(content)
