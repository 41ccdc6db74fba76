"""``ner-window convert``."""

from typing import Annotated, Literal

import typer

from ner_window.cli.console import Encoding, Force, Quiet, TagColumn, TokenColumn
from ner_window.cli.copies import Changes, Input, JsonCounts, Output, refuse_output, tell, write_copy


def convert(
    source: Input,
    output: Output,
    to: Annotated[Literal["IOB1", "IOB2", "BIOES", "BILOU", "IO"], typer.Option(help="The scheme of the copy.")],
    from_: Annotated[
        Literal["auto", "IOB1", "IOB2", "BIOES", "BILOU", "IO"],
        typer.Option("--from", help="The scheme of IN; auto finds it out."),
    ] = "auto",
    changes: Changes = None,
    as_json: JsonCounts = False,
    token_column: TokenColumn = 0,
    tag_column: TagColumn = -1,
    encoding: Encoding = "utf-8",
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Copy a tagged file with its tags in another scheme; every other byte stays as it is.

    Each change is shown on standard error. A file with tags that its scheme does not allow is refused: repair it first.

    Example: ner-window convert data/test.conll test.bioes.conll --to BIOES
    """
    from ner_window.text import rewriting
    from ner_window.text.line_rules import Layout
    from ner_window.text.tagging import SCHEMES

    refuse_output(source, output, force, as_json)
    with rewriting.open_tagged(source, Layout(token_column, tag_column, encoding)) as file:
        found, parts = rewriting.convert(file, from_, SCHEMES[to])
        tally = write_copy(parts, output, changes)
        facts = {"data": file.name, "output": str(output), "from": found.name, "to": to}
        tell(tally, output, f"{found.name} to {to}", as_json, facts)
