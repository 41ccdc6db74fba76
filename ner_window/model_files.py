"""What may stand in a model directory: text and tensors, nothing that can run, and nothing from elsewhere."""

from pathlib import Path

from ner_window.errors import ModelError

#: Endings of what a model consists of, and of what people put beside it.
ENDINGS = (".json", ".jsonl", ".yaml", ".yml", ".txt", ".safetensors", ".md", ".conll", ".csv", ".html", ".svg", ".png")

#: Bytes that objects of Python begin with where they are stored so that reading them can run code; no text does.
_OBJECTS = tuple(bytes([0x80, protocol]) for protocol in range(6))


def check_files(directory: Path) -> None:
    """Look at the files of a model directory before any is read.

    Hidden files, and those without an ending, such as LICENSE, are left alone, and never read as part of the model.
    Links within the directory are fine.

    Raises
    ------
    ModelError
        A file is a link out of the directory, or a pipe or a device, or is neither text nor tensors.
    """
    try:
        paths = sorted(directory.iterdir()) if directory.is_dir() else []
        top = directory.resolve()
        for path in paths:
            _check(path, top)
    except OSError as error:
        raise ModelError(f"{error.filename or directory}: cannot be read: {error.strerror or error}") from None


def _check(path: Path, top: Path) -> None:
    if path.is_symlink() and not path.resolve().is_relative_to(top):
        raise ModelError(
            f"{path}: is a link out of the model directory, got {str(path.readlink())!r}; copy the file there"
        )
    if path.is_dir():
        return
    if not path.is_file():
        raise ModelError(f"{path}: is no plain file; a model directory holds text and tensors")
    foreign = bool(path.suffix) and path.suffix.lower() not in ENDINGS
    if path.suffix != ".safetensors" and not foreign:  # the length of tensors' description may begin like an object
        with path.open("rb") as file:
            foreign = file.read(2) in _OBJECTS
    if foreign:
        raise ModelError(
            f"{path}: is no file of a model, which is text and tensors, so that nothing of it can run; remove it"
        )
