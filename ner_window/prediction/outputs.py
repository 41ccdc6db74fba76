"""Where predictions go: files that appear when they are whole, and replace nothing unasked."""

import posixpath
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ner_window.claims import claimed_output, tidy
from ner_window.errors import OutputError
from ner_window.exchange import put
from ner_window.prediction.formats import Known, OutputFormat, default_output

#: Endings of names that say a format.
_ENDINGS = (".txt", ".text", ".tokens", ".json", ".jsonl", ".ndjson", ".conll", ".iob", ".iob2", ".bio", ".tsv")


def written_as(name: str, kind: Known | None, output_format: OutputFormat | None) -> str:
    """Return what an output is called whose input is called so: with the ending of its format, if that is another one.

    The ending of the input gives way to it where it is one that says a format, and stays where it is part of a name.
    """
    written = output_format or default_output(kind) if kind else None
    if written is None or written == kind or (written, kind) == ("inline", "text"):
        return name
    stem, ending = posixpath.splitext(name)
    return (stem if ending.lower() in _ENDINGS else name) + (".txt" if written == "inline" else f".{written}")


def refuse_existing_file(target: Path, force: bool) -> None:
    """Raise `OutputError` if a file exists and may not be replaced, or is no file."""
    if target.is_dir():
        raise OutputError(f"{target}: is a directory; name a file in it")
    if target.exists() and not target.is_file():  # a device or a pipe, in whose place a file would come
        raise OutputError(f"{target}: is no regular file; write to standard output (-) and direct that there")
    if target.exists() and not force:
        tidy(target)
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


def write_whole(target: Path, pieces: Iterable[str | bytes], encoding: str, *, force: bool = True) -> None:
    """Write a file under a temporary name and move it into place when it is whole.

    Unless `force`, one that has come to be there since it was looked for is not replaced.

    Raises
    ------
    OutputError
        It cannot be written, or another process is writing it.
    """
    with claimed_output(target):
        temporary = target.parent / f".new-{target.name}"
        refuse_existing_file(target, force)
        try:
            with temporary.open("wb") as file:
                for piece in pieces:
                    file.write(encoded(piece, encoding, target))
            put(temporary, target)
        except OSError as error:
            raise OutputError(f"{target}: cannot be written: {error.strerror}") from None
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
