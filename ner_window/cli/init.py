"""``ner-window init``."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from ner_window.cli.console import Quiet, note


def init(
    directory: Annotated[
        Path, typer.Argument(help="A directory that is new or empty.", metavar="DIR", show_default="this one")
    ] = Path(),
    force: Annotated[
        bool, typer.Option("--force", help="Also where there are files; replace those of the project's names.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Start a project: a commented configuration, a small sweep, and a corpus and word vectors to try them on.

    Example: ner-window init mine
    """
    from ner_window.starter.project import start_project

    for name in start_project(directory, force=force):
        typer.echo(str(directory / name))
    change = "" if directory == Path() else f"cd {shlex.quote(str(directory))} && "
    note(f"begin with: {change}ner-window train config.yaml")
