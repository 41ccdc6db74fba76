"""``ner-window config``: show, check, schema."""

from pathlib import Path
from typing import Annotated

import typer

from ner_window.cli.console import Quiet, Set, print_json

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look at a configuration, check it, describe it.")

File = Annotated[Path, typer.Argument(help="A YAML file.", metavar="CONFIG")]


@app.command()
def show(config: File, overrides: Set = None, quiet: Quiet = False) -> None:
    """Print every value, and where it comes from.

    Example: ner-window config show configs/quickstart.yaml --set seed=7
    """
    import json

    from ner_window.config import flatten, resolve
    from ner_window.report.tables import table

    settings, origins = resolve(config, overrides or ())
    values = flatten(settings.model_dump(mode="json", exclude_none=False)).items()
    rows = [(key, json.dumps(value, ensure_ascii=False), origins.get(key, "default")) for key, value in values]
    typer.echo(table(("key", "value", "from"), rows, left=(0, 1, 2)))


@app.command()
def check(config: File, overrides: Set = None, quiet: Quiet = False) -> None:
    """Say whether a configuration is right; if not, everything that is wrong with it.

    Example: ner-window config check configs/quickstart.yaml
    """
    from ner_window.config import load_config

    load_config(config, overrides or ())
    typer.echo(f"{config}: fine")


@app.command()
def schema(
    config: Annotated[Path | None, typer.Argument(help="Not needed.", metavar="[CONFIG]")] = None,
    quiet: Quiet = False,
) -> None:
    """Print the JSON Schema of configurations, from which editors complete.

    Example: ner-window config schema
    """
    from ner_window.config import Config

    print_json(Config.model_json_schema())
