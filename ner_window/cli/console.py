"""What the commands share: the switch for silence, notes, and options that several commands have."""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ner_window.cli.completion import complete_setting
from ner_window.errors import OutputError


@dataclass
class State:
    """What the switches for all commands say."""

    quiet: bool = False


state = State()


def _silence(value: bool) -> bool:
    """Take the switch behind a command for the one before it: then `note` knows, and nothing has to be handed on."""
    state.quiet = state.quiet or value
    return value


RepairRule = Literal["conlleval", "discard", "strict"]

Model = Annotated[Path, typer.Argument(help="A model directory.", metavar="MODEL")]
Quiet = Annotated[
    bool, typer.Option("-q", "--quiet", callback=_silence, help="No progress and no notes on standard error.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]
Interval = Annotated[
    bool, typer.Option("--interval", help="Show a 95 % confidence interval of the micro F1: bootstrap over sentences.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace an output that exists.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="Override one key: KEY=VALUE.", metavar="KEY=VALUE", autocompletion=complete_setting),
]
RepairOption = Annotated[
    RepairRule, typer.Option("--repair", help="How tags that their scheme does not allow are read.")
]
TokenColumn = Annotated[int, typer.Option(help="Column of the token, from 0.")]
TagColumn = Annotated[int, typer.Option(help="Column of the tag; -1 is the last.")]
Encoding = Annotated[str, typer.Option(help="Encoding of the data.")]


def note(text: str) -> None:
    """Print what is no result, on standard error."""
    if not state.quiet:
        typer.echo(text, err=True)


def refuse_input(source: str, output: Path) -> None:
    """Raise `OutputError` if an output is the input, also by another name: with ``--force`` it would be lost."""
    if source != "-" and Path(source).exists() and output.exists() and output.samefile(source):
        raise OutputError(f"{output}: is the input; name another file for the output")


def write_bytes(pieces: Iterable[bytes]) -> None:
    """Write bytes to standard output, each piece as soon as it is there.

    Raises
    ------
    OutputError
        It cannot be written, as where it is a file on a full disk.
    """
    for piece in pieces:
        try:
            sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
        except OSError as error:
            raise OutputError(f"standard output: cannot be written: {error.strerror}") from None


def print_json(document: Any) -> None:
    """Print one JSON document on standard output."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
