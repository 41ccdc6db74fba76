"""``ner-window repair``."""

from typing import Annotated, Literal

import typer

from ner_window.cli.console import Encoding, Force, Quiet, TagColumn, TokenColumn
from ner_window.cli.copies import Changes, Input, JsonCounts, Output, refuse_output, tell, write_copy


def repair(
    source: Input,
    output: Output,
    method: Annotated[
        Literal["conlleval", "discard"],
        typer.Option(
            help="Keep each entity that conlleval counts, or discard those that are not written as they must."
        ),
    ] = "conlleval",
    scheme: Annotated[
        Literal["auto", "IOB1", "IOB2", "BIOES", "BILOU", "IO"],
        typer.Option(help="The scheme of IN; auto takes the one that its tags break least."),
    ] = "auto",
    changes: Changes = None,
    as_json: JsonCounts = False,
    token_column: TokenColumn = 0,
    tag_column: TagColumn = -1,
    encoding: Encoding = "utf-8",
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Copy a tagged file with tags that its scheme allows; every other byte stays as it is.

    Each change, under its sentence, is shown on standard error. Sentences whose tags are valid stay as they are.

    Example: ner-window repair data/test.conll test.mended.conll --method discard
    """
    from ner_window.text import rewriting
    from ner_window.text.line_rules import Layout

    refuse_output(source, output, force, as_json)
    with rewriting.open_tagged(source, Layout(token_column, tag_column, encoding)) as file:
        found, parts = rewriting.repair(file, scheme, method)
        tally = write_copy(parts, output, changes)
        facts = {"data": file.name, "output": str(output), "scheme": found.name, "method": method}
        tell(tally, output, f"{found.name} repaired ({method})", as_json, facts)
