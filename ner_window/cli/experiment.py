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
    from ner_window.sweep import Outcome, Sweep


def experiment(
    file: Annotated[Path, typer.Argument(help="A YAML file.", metavar="SWEEP.yaml")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Folder of the results; runs/<name> by default.", metavar="DIR"),
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
    from ner_window import sweep
    from ner_window.experiment import output_of
    from ner_window.report import sweeps

    if resume and force:
        raise typer.BadParameter("choose one of --resume and --force")
    plan = sweep.load_sweep(file, overrides or (), grids or (), seeds)
    for text in plan.notes:
        note(text, quiet)
    directory = output_of(file, output)
    sweep.begin(plan, directory, resume=resume, force=force)
    outcomes = _run_all(plan, directory, resume, quiet or state.quiet)
    _write_results(plan, outcomes, directory, quiet)
    if as_json:
        print_json(sweeps.sweep_json(plan, outcomes))
    else:
        typer.echo(sweeps.sweep_table(plan, outcomes))
    if all(outcome.error for outcome in outcomes):
        raise typer.Exit(1)


def _run_all(plan: "Sweep", directory: Path, resume: bool, quiet: bool) -> list["Outcome"]:
    """Run all, with progress; after Ctrl-C say how to go on and end with 130."""
    stopped: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: stopped.append(number))
    try:
        outcomes = _consume(plan, directory, resume, stopped, quiet)
    finally:
        signal.signal(signal.SIGINT, before)
    if len(outcomes) < len(plan.runs):
        arguments = [argument for argument in sys.argv[1:] if argument not in ("--force", "--resume")]
        command = shlex.join(["ner-window", *arguments, "--resume"])
        note(f"stopped: {len(outcomes)} of {len(plan.runs)} runs are finished; go on with: {command}")
        raise typer.Exit(130)
    return outcomes


def _consume(plan: "Sweep", directory: Path, resume: bool, stopped: list[int], quiet: bool) -> list["Outcome"]:
    """Take the reports of all runs, until all have ended or Ctrl-C came; what was begun then is not kept."""
    from tqdm import tqdm

    from ner_window.sweep import Outcome, execute
    from ner_window.training import EpochReport

    outcomes: list[Outcome] = []
    hide = True if quiet else None  # None: hidden where standard error is no terminal
    with tqdm(total=len(plan.runs), unit=" runs", leave=False, disable=hide) as bar, warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of overflow: the loss that is not finite says it
        for report in execute(plan, directory, resume=resume):
            if isinstance(report, Outcome):
                outcomes.append(report)
                bar.update()
                if not quiet:
                    bar.write(_line(report, len(outcomes), len(plan.runs)), file=sys.stderr)
            elif isinstance(report, EpochReport):
                bar.set_postfix(epoch=report.epoch, dev_f1=f"{100 * report.dev_f1:.2f}")
            if stopped:
                break
    return outcomes


def _line(outcome: "Outcome", number: int, total: int) -> str:
    from ner_window.report.sweeps import number as written

    head = f"{number:{len(str(total))}}/{total}  {outcome.run.name}  "
    if outcome.error:
        return f"{head}failed: {outcome.error}"
    what = f"dev F1 {written('dev_f1', outcome.measures['dev_f1'])} (epoch {outcome.measures['best_epoch']})"
    took = "finished before" if outcome.reused else f"{written('seconds', outcome.measures['seconds'])} s"
    return f"{head}{what}  {took}"


def _write_results(plan: "Sweep", outcomes: list["Outcome"], directory: Path, quiet: bool) -> None:
    """Write the table in all its forms, and the plot where matplotlib is installed."""
    import json

    from ner_window.errors import MissingExtraError
    from ner_window.prediction import write_whole
    from ner_window.report import plots, sweeps

    files = {
        "results.json": json.dumps(sweeps.sweep_json(plan, outcomes), indent=2, ensure_ascii=False) + "\n",
        "results.csv": sweeps.sweep_csv(plan, outcomes),
    }
    try:
        files["plot.svg"] = plots.plot_svg(plan, outcomes)
    except MissingExtraError as error:
        note(f"{directory / 'plot.svg'}: not written: {error}", quiet)
    files["results.md"] = sweeps.sweep_markdown(plan, outcomes, "plot.svg" if "plot.svg" in files else None)
    for name, text in files.items():
        write_whole(directory / name, [text], "utf-8")
    note(f"{directory}: {', '.join(sorted(files))} and {len(outcomes)} runs", quiet)
