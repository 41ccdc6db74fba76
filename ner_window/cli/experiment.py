"""``ner-window experiment``."""

import shlex
import signal
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ner_window.cli.console import Force, Json, Quiet, Set, note, print_json, state

if TYPE_CHECKING:
    from ner_window.sweep.plan import Sweep
    from ner_window.sweep.runs import Outcome


def experiment(
    file: Annotated[Path, typer.Argument(help="A YAML file.", metavar="SWEEP.yaml")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Folder of the results; runs/<name> by default.", metavar="DIR"),
    ] = None,
    base: Annotated[
        Path | None, typer.Option(help="A config in the place of the sweep's base.", metavar="CONFIG.yaml")
    ] = None,
    overrides: Set = None,
    grids: Annotated[
        list[str] | None, typer.Option("--grid", help="Sweep one key: KEY=[A, B].", metavar="KEY=[A,B]")
    ] = None,
    seeds: Annotated[str | None, typer.Option(help="In the place of the file's.", metavar="13,14,15")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on; what is finished is not run again.")] = False,
    force: Force = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train once for each setting of a grid and each seed; give a table, a plot, and what it says of the lecture.

    A run that fails, such as one whose loss is not finite, is a result and is shown as one. The exit code is 0 when all
    runs have ended, whatever was measured, and 1 when every one of them failed.

    Example: ner-window experiment configs/lecture/activations.yaml -o runs/activations --seeds 13,14
    """
    from ner_window.experiment import output_of
    from ner_window.report.sweeps import sweep_json, sweep_table
    from ner_window.sweep.plan import load_sweep
    from ner_window.sweep.runs import begin

    if resume and force:
        raise typer.BadParameter("choose one of --resume and --force")
    sweep = load_sweep(file, overrides or (), grids or (), seeds, base)
    for text in sweep.notes:
        note(text)
    directory = output_of(file, output)
    begin(sweep, directory, resume=resume, force=force)
    outcomes = _run_all(sweep, directory, resume)
    _write_results(sweep, outcomes, directory)
    if as_json:
        print_json(sweep_json(sweep, outcomes))
    else:
        typer.echo(sweep_table(sweep, outcomes))
    if all(outcome.error for outcome in outcomes):
        raise typer.Exit(1)


def _run_all(sweep: "Sweep", directory: Path, resume: bool) -> list["Outcome"]:
    """Run all, with progress; after Ctrl-C say how to go on and end with 130."""
    stopped: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: stopped.append(number))
    try:
        outcomes = _consume(sweep, directory, resume, stopped)
    finally:
        signal.signal(signal.SIGINT, before)
    if len(outcomes) < len(sweep.runs):
        arguments = [argument for argument in sys.argv[1:] if argument not in ("--force", "--resume")]
        command = shlex.join(["ner-window", *arguments, "--resume"])
        note(f"stopped: {len(outcomes)} of {len(sweep.runs)} runs are finished; go on with: {command}")
        raise typer.Exit(130)
    return outcomes


def _consume(sweep: "Sweep", directory: Path, resume: bool, stopped: list[int]) -> list["Outcome"]:
    """Take the reports of all runs, until all have ended or Ctrl-C came; what was begun then is not kept."""
    from tqdm import tqdm

    from ner_window.report.sweeps import run_line
    from ner_window.sweep.runs import Outcome, execute
    from ner_window.training import EpochReport

    outcomes: list[Outcome] = []
    hide = True if state.quiet else None  # None: hidden where standard error is no terminal
    with tqdm(total=len(sweep.runs), unit=" runs", leave=False, disable=hide) as bar, warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of overflow: the loss that is not finite says it
        for report in execute(sweep, directory, resume=resume):
            if isinstance(report, Outcome):
                outcomes.append(report)
                bar.update()
                if not state.quiet:
                    bar.write(run_line(report, len(outcomes), len(sweep.runs)), file=sys.stderr)
            elif isinstance(report, EpochReport):
                bar.set_postfix(epoch=report.epoch, dev_f1=f"{100 * report.dev_f1:.2f}")
            if stopped:
                break
    return outcomes


def _write_results(sweep: "Sweep", outcomes: list["Outcome"], directory: Path) -> None:
    """Write the table in all its forms, and the plot where matplotlib is installed."""
    from ner_window.errors import MissingExtraError
    from ner_window.prediction import write_whole
    from ner_window.report.plots import plot_svg
    from ner_window.report.sweeps import sweep_files

    plot = None
    try:
        plot = plot_svg(sweep, outcomes)
    except MissingExtraError as error:
        note(f"{directory / 'plot.svg'}: not written: {error}; then --resume draws it")
    files = sweep_files(sweep, outcomes, plot)
    for name, text in files.items():
        write_whole(directory / name, [text], "utf-8")
    note(f"{directory}: {', '.join(sorted(files))} and {len(outcomes)} runs")
