"""``ner-window drift``."""

from pathlib import Path
from typing import Annotated

import typer

from ner_window.cli.console import Json, Model, Quiet, note, print_json


def drift(
    model: Model,
    data: Annotated[
        Path | None,
        typer.Argument(help="Tagged CoNLL or raw text; by default the dev file of the training.", metavar="[DATA]"),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="List so many words of each kind.", metavar="N")] = 20,
    count: Annotated[int, typer.Option("--neighbors", min=1, help="Look at so many neighbours.", metavar="N")] = 10,
    as_json: Json = False,
    token_column: Annotated[int | None, typer.Option(help="Of the text, if not as in training.")] = None,
    tag_column: Annotated[int | None, typer.Option(help="Of the text, if not as in training.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the text, if not as in training.")] = None,
    quiet: Quiet = False,
) -> None:
    """Tell which word vectors moved in fine-tuning, how far, and which words of a text were left behind.

    Beside them stand the scores on entities of words that were seen in training, and of others.

    Example: ner-window drift runs/quickstart data/test.conll --limit 10
    """
    from ner_window.inspection.drift import of_model
    from ner_window.report.drifts import drift_text

    layout = {"token_column": token_column, "tag_column": tag_column, "encoding": encoding}
    result = of_model(model, data, layout, limit, count)
    for line in result.notes:
        note(f"note: {line}")
    if as_json:
        print_json(result.as_dict())
    else:
        typer.echo(drift_text(result))
