"""Where predictions go: files that appear when they are whole, and replace nothing unasked."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from ner_window.errors import CorpusError, OutputError
from ner_window.text.files import unpacked_name


def plan(inputs: Sequence[str], output: Path | None, force: bool) -> list[tuple[str, Path | None]]:
    """Pair every input file with its output; None is standard output.

    A directory among the inputs stands for the files in it. One input goes to the file `output`; several, or a
    directory, go to files of their own names in the directory `output`, those of compressed ones without .gz.

    Raises
    ------
    CorpusError
        A directory among the inputs holds no file.
    OutputError
        An output exists and `force` is not set, or two inputs would go to one file.
    """
    files: list[str] = []
    for name in inputs:
        path = Path(name)
        found = sorted(str(p) for p in path.iterdir() if p.is_file()) if name != "-" and path.is_dir() else [name]
        if not found:
            raise CorpusError(f"{name}: no files in this directory; name one with files")
        files += found
    if output is None or str(output) == "-":
        return [(name, None) for name in files]
    if len(inputs) == 1 and files == list(inputs) and not output.is_dir():
        pairs = [(files[0], output)]
    else:
        pairs = [(name, output / ("stdin" if name == "-" else unpacked_name(name))) for name in files]
    targets = [target for _, target in pairs]
    for target in targets:
        refuse_existing_file(target, force)
        if targets.count(target) > 1:
            raise OutputError(f"{target}: two inputs have this name; give them different outputs")
    return list(pairs)


def refuse_existing_file(target: Path, force: bool) -> None:
    """Raise `OutputError` if a file exists and may not be replaced, or is a directory."""
    if target.is_dir():
        raise OutputError(f"{target}: is a directory; name a file in it")
    if target.exists() and not force:
        raise OutputError(f"{target}: exists already; choose another output, or replace it with --force")


def encoded(piece: str | bytes, encoding: str, target: Path | str) -> bytes:
    """Return what is to be written as bytes; those are as they are.

    Raises
    ------
    OutputError
        The encoding does not hold a character.
    """
    if isinstance(piece, bytes):
        return piece
    try:
        return piece.encode(encoding)
    except UnicodeEncodeError as error:
        wrong = piece[error.start]
        raise OutputError(
            f"{target}: {encoding} cannot hold {wrong!r}; choose another --encoding, or mend the input"
        ) from None


def write_whole(target: Path, pieces: Iterable[str | bytes], encoding: str) -> None:
    """Write a file under a temporary name and move it into place when it is whole.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    temporary = target.with_name(f".new-{target.name}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            for piece in pieces:
                file.write(encoded(piece, encoding, target))
        temporary.replace(target)
    except FileExistsError as error:  # of mkdir, where a folder of the path is a file
        raise OutputError(f"{target}: cannot be written: {error.filename} is not a directory") from None
    except OSError as error:
        raise OutputError(f"{target}: cannot be written: {error.strerror}") from None
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
