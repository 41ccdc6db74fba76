"""``ner-window gradcheck``."""

from pathlib import Path
from typing import Annotated

import typer

from ner_window.cli.console import Json, Quiet, Set, print_json


def gradcheck(
    target: Annotated[
        Path | None, typer.Argument(help="A YAML file or a model directory.", metavar="[CONFIG|MODEL]")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Tagged data for a MODEL, instead of its training file.")] = None,
    token_column: Annotated[int | None, typer.Option(help="Of --data, if not as in training.")] = None,
    tag_column: Annotated[int | None, typer.Option(help="Of --data, if not as in training.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of --data, if not as in training.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Check every objective with every activation; without CONFIG always.")
    ] = False,
    entries: Annotated[int, typer.Option(min=1, help="Entries compared of each parameter, at most.")] = 200,
    windows: Annotated[int, typer.Option(min=1, help="Windows in the batch.")] = 32,
    burn_in: Annotated[int, typer.Option(min=0, help="Batches of training between the two checks; 0: one check.")] = 50,
    tolerance: Annotated[float, typer.Option(min=0, help="A larger relative error is wrong.")] = 1e-6,
    step: Annotated[float, typer.Option(min=1e-7, max=1e-1, help="h of the central differences.")] = 1e-5,
    seed: Annotated[int, typer.Option(min=0, help="Chooses windows, entries, and what dropout drops.")] = 13,
    overrides: Set = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare the gradients written by hand with central differences, on your own data. Exit code 1 if one is wrong.

    With a CONFIG before and after some training, with a MODEL as it is, with neither on a sample that ships with the
    program.

    Example: ner-window gradcheck configs/quickstart.yaml --set objective=hinge
    """
    from ner_window.inspection import checking
    from ner_window.report.checks import check_text, summary_text

    options = checking.Options(entries, windows, burn_in, tolerance, step, seed)
    is_model = target is not None and target.is_dir()
    if is_model and (overrides or every):
        raise typer.BadParameter("--set and --all need a CONFIG: a MODEL is checked as it was trained")
    if data and not is_model:
        raise typer.BadParameter("--data goes with a MODEL; for a CONFIG use --set data.train=FILE")
    if target is None:
        found = checking.check_sample(options)
    elif is_model:
        layout = {"token_column": token_column, "tag_column": tag_column, "encoding": encoding}
        found = checking.check_model(target, data, options, layout)
    else:
        found = (checking.check_every if every else checking.check_config)(target, overrides or (), options)
    checks = list(found)
    if as_json:
        print_json([check.as_dict() for check in checks])
    elif target is None or every:
        typer.echo(summary_text(checks))
    else:
        typer.echo("\n\n".join(check_text(check, tolerance) for check in checks))
    if not all(check.passed for check in checks):
        raise typer.Exit(1)
