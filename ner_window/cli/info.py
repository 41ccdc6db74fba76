"""``ner-window info``."""

import typer

from ner_window.cli.console import Json, Model, Quiet, print_json


def info(model: Model, as_json: Json = False, quiet: Quiet = False) -> None:
    """Tell what a model is, what it was trained on, and its scores.

    Example: ner-window info runs/quickstart
    """
    from ner_window import storage
    from ner_window.report.tables import info_text

    description = storage.read_description(model)
    if as_json:
        print_json(description)
    else:
        typer.echo(info_text(str(model), description))
