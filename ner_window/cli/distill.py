"""``ner-window distill``."""

from pathlib import Path
from typing import Annotated

import typer

from ner_window.cli.console import Force, Quiet, Set
from ner_window.cli.train import train_one


def distill(
    teacher: Annotated[Path, typer.Argument(help="The model to learn from, such as an ensemble.", metavar="MODEL")],
    config: Annotated[Path, typer.Argument(help="The YAML file of the network to train.", metavar="CONFIG.yaml")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Model directory.", metavar="DIR")],
    overrides: Set = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")] = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Train one network to say what a model, such as an ensemble, says of the training corpus.

    It is `train` with `training.teacher` set to the model.

    Example: ner-window distill runs/quickstart configs/quickstart.yaml -o runs/distilled
    """
    settings = [*(overrides or ()), f"training.teacher={teacher}"]
    train_one(config, settings, output, resume=resume, force=force)
