"""``ner-window bench``."""

from pathlib import Path
from typing import Annotated

import typer

from ner_window.cli.console import Encoding, Json, Model, Quiet, TokenColumn, print_json


def bench(
    model: Model,
    data: Annotated[
        Path | None, typer.Argument(help="A CoNLL file; by default the model's dev file.", metavar="[DATA]")
    ] = None,
    as_json: Json = False,
    token_column: TokenColumn = 0,
    encoding: Encoding = "utf-8",
    quiet: Quiet = False,
) -> None:
    """Measure how fast a model tags on this machine, and its memory.

    Example: ner-window bench runs/quickstart data/test.conll
    """
    from ner_window.inspection import speed
    from ner_window.report import tables
    from ner_window.text.conll import Layout

    measured = speed.measure(model, data, Layout(token_column, None, encoding))
    if as_json:
        print_json(measured.as_dict())
    else:
        typer.echo(tables.speed_table(measured))
