"""What `convert` and `repair` share: a copy of a tagged file is written, and its changes are told."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ner_window.cli.console import note, print_json, refuse_input, state, write_bytes
from ner_window.errors import OutputError

if TYPE_CHECKING:
    from ner_window.text.rewriting import Rewritten, Tally

Input = Annotated[Path, typer.Argument(help="A CoNLL file, it may be compressed; - is standard input.", metavar="IN")]
Output = Annotated[
    Path, typer.Argument(help="The copy, compressed if its name ends in .gz ...; - is standard output.", metavar="OUT")
]
Changes = Annotated[
    int | None,
    typer.Option("--changes", min=0, help="Show the first N changes only.", metavar="N", show_default="all"),
]
JsonCounts = Annotated[bool, typer.Option("--json", help="Print the counts as one JSON document on standard output.")]


def refuse_output(source: Path, output: Path, force: bool, as_json: bool) -> None:
    """Raise `OutputError` if the copy cannot go where it shall: the input is never changed."""
    from ner_window.prediction import refuse_existing_file

    if str(output) == "-":
        if as_json:
            raise OutputError("--json: standard output holds the copy; name a file as OUT")
        if str(source) != "-" and source.exists() and os.path.samestat(source.stat(), os.fstat(sys.stdout.fileno())):
            raise OutputError(f"{source}: is the input and the output; name another file for the copy")
        return
    refuse_input(str(source), output)
    refuse_existing_file(output, force)


def write_copy(parts: Iterable["Rewritten"], output: Path, limit: int | None) -> "Tally":
    """Write the copy, tell of each change on standard error, and return the counts."""
    from ner_window.prediction import write_whole
    from ner_window.text.packing import packed
    from ner_window.text.rewriting import Tally

    tally = Tally()
    pieces = _told(parts, tally, limit)
    if str(output) == "-":
        write_bytes(pieces)
    else:
        write_whole(output, packed(pieces, output), "")
    return tally


def tell(tally: "Tally", output: Path, what: str, as_json: bool, facts: dict[str, str]) -> None:
    """Print what was done: a sentence on standard error, or the facts and counts as JSON on standard output."""
    from ner_window.report.changes import summary, tally_json

    note(summary(tally, "standard output" if str(output) == "-" else str(output), what))
    if as_json:
        print_json({**facts, **tally_json(tally)})


def _told(parts: Iterable["Rewritten"], tally: "Tally", limit: int | None) -> Iterator[bytes]:
    """Yield the bytes of the copy; of its changes the first `limit` ones are told, what gets lost always is."""
    from ner_window.report.changes import change_lines, warning_lines

    for part in parts:
        rest = None if limit is None else max(0, limit - tally.changed_tags)
        tally.add(part)
        lines = [] if state.quiet else [*change_lines(part, rest), *warning_lines(part)]
        if lines:
            note("\n".join(lines))
        yield part.data()
