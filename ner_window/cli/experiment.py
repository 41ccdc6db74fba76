"""``ner-window experiment``."""

import json
import shlex
import signal
import sys
import warnings
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ner_window.cli.completion import complete_setting
from ner_window.cli.console import Force, Json, Quiet, Set, note, print_json, state
from ner_window.cli.workers import Scheduler, Workers, clients, elsewhere

if TYPE_CHECKING:
    from ner_window.sweep.execution import Runner
    from ner_window.sweep.folders import Outcome
    from ner_window.sweep.plan import Sweep


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
        list[str] | None,
        typer.Option("--grid", help="Sweep one key: KEY=[A, B].", metavar="KEY=[A,B]", autocompletion=complete_setting),
    ] = None,
    seeds: Annotated[str | None, typer.Option(help="In the place of the file's.", metavar="13,14,15")] = None,
    workers: Workers = 1,
    scheduler: Scheduler = None,
    test: Annotated[
        bool, typer.Option("--test", help="In the end, score data.test: with the setting that is best on dev alone.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, list the runs, stop.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on though the plan has changed; what both plans have is kept.")
    ] = False,
    force: Force = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train once for each setting and each seed; give a table, plots, a page, and what may be concluded.

    Stopped anywhere, the same command goes on: it loses at most the epoch under way, and no finished run is run again.
    A run that fails, such as one whose loss is not finite, is a result and is shown as one. The exit code is 0 when all
    runs have ended, whatever was measured, and 1 when every one of them failed.

    Example: ner-window experiment configs/lecture/activations.yaml -o runs/activations --seeds 13,14 --workers 2
    """
    from ner_window.experiment import output_of
    from ner_window.report.sweeps import plan_text
    from ner_window.sweep.plan import load_sweep
    from ner_window.sweep.search import refuse_without_extra
    from ner_window.sweep.test_set import refuse_without_test

    if resume and force:
        raise typer.BadParameter("choose one of --resume and --force")
    elsewhere(workers, scheduler)
    sweep = load_sweep(file, overrides or (), grids or (), seeds, base)
    if test:
        refuse_without_test(sweep)
    for text in sweep.notes:
        note(text)
    if dry_run:
        refuse_without_extra(sweep)
        typer.echo(plan_text(sweep))
        return
    _do(sweep, output_of(file, output), workers, scheduler, test, as_json, resume=resume, force=force)


def _do(
    sweep: "Sweep",
    directory: Path,
    workers: int,
    scheduler: str | None,
    test: bool,
    as_json: bool,
    *,
    resume: bool,
    force: bool,
) -> None:
    from ner_window.claims import claimed, claimed_output
    from ner_window.report.sweeps import sweep_json, sweep_table
    from ner_window.sweep.execution import SWEEP_FILE, begin, on_workers, one_after_another
    from ner_window.sweep.test_set import scores_on_test

    with claimed_output(directory), claimed(directory) if (directory / SWEEP_FILE).exists() else nullcontext():
        for text in begin(sweep, directory, resume=resume, force=force):
            note(text)
    with claimed(directory):
        with clients(workers, scheduler) as client:
            outcomes = _run_all(sweep, directory, on_workers(client) if client else one_after_another())
        sweep = sweep.of(outcome.run for outcome in outcomes)
        _write_results(sweep, outcomes, None, directory)
        scores = None
        if test and not all(outcome.error for outcome in outcomes):
            scores = scores_on_test(sweep, outcomes, directory)
            _write_results(sweep, outcomes, scores, directory)
    note(f"{directory}: the results of {len(outcomes)} runs; look at {directory / 'page.html'}")
    if as_json:
        print_json(sweep_json(sweep, outcomes, scores))
    else:
        typer.echo(sweep_table(sweep, outcomes, scores))
    _say_what_next(sweep, outcomes, directory)
    if all(outcome.error for outcome in outcomes):
        raise typer.Exit(1)


def _say_what_next(sweep: "Sweep", outcomes: list["Outcome"], directory: Path) -> None:
    """Say how to tell chance from more, and how to have the model of the setting with the highest mean dev F1."""
    from ner_window.errors import TrainingError
    from ner_window.sweep.folders import read_findings
    from ner_window.sweep.results import chosen, rows_of

    if len(rows_of(sweep, outcomes)) > 1:
        note(f"better, or chance? ner-window compare {shlex.quote(str(directory))}")
    try:
        best = chosen(sweep, outcomes).outcomes[0].run
    except TrainingError:
        return
    command = read_findings(directory / "runs" / best.name)["command"]
    note(f"the model of {best.name}: {command}")


def _run_all(sweep: "Sweep", directory: Path, runner: "Runner") -> list["Outcome"]:
    """Do all runs, with progress; after Ctrl-C say how to go on and end with 130."""
    stopped: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: stopped.append(number))
    try:
        outcomes = _consume(sweep, directory, runner, stopped)
    finally:
        signal.signal(signal.SIGINT, before)
    if stopped and len(outcomes) < sweep.size:
        command = shlex.join(["ner-window", *(argument for argument in sys.argv[1:] if argument != "--force")])
        note(f"stopped: {len(outcomes)} of {sweep.size} runs are finished; go on with: {command}")
        raise typer.Exit(130)
    return outcomes


def _consume(sweep: "Sweep", directory: Path, runner: "Runner", stopped: list[int]) -> list["Outcome"]:
    """Take the reports of all runs, until all have ended or Ctrl-C came; return the outcomes in the plan's order."""
    from tqdm import tqdm

    from ner_window.report.sweeps import run_line
    from ner_window.sweep.execution import execute
    from ner_window.sweep.folders import Outcome
    from ner_window.sweep.runs import RunReport

    names: list[str] = []
    outcomes: dict[str, Outcome] = {}
    hide = True if state.quiet else None  # None: hidden where standard error is no terminal
    with tqdm(total=sweep.size, unit=" runs", leave=False, disable=hide) as bar, warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of overflow: the loss that is not finite says it
        for report in execute(sweep, directory, runner):
            if isinstance(report, tuple):
                names += [run.name for run in report]
            elif isinstance(report, Outcome):
                bar.update()
                if not state.quiet and report.run.name not in outcomes:
                    bar.write(run_line(report, len(outcomes) + 1, sweep.size), file=sys.stderr)
                outcomes[report.run.name] = report
            elif isinstance(report, RunReport):
                bar.set_postfix(run=report.run.name[:40], epoch=report.epoch, dev_f1=f"{100 * report.dev_f1:.2f}")
            if stopped:
                break
    return [outcomes[name] for name in dict.fromkeys(names) if name in outcomes]


def _write_results(sweep: "Sweep", outcomes: list["Outcome"], scores: dict[str, Any] | None, directory: Path) -> None:
    """Write the table in all its forms, the plot where matplotlib is installed, and a page of all and of each run."""
    from ner_window.errors import MissingExtraError
    from ner_window.prediction import write_whole
    from ner_window.report.experiment_page import experiment_page
    from ner_window.report.plots import plot_svg
    from ner_window.report.run_page import run_page
    from ner_window.report.sweeps import sweep_files
    from ner_window.sweep.folders import RUN_FILE, read_findings

    plot = None
    try:
        plot = plot_svg(sweep, outcomes)
    except MissingExtraError as error:
        note(f"{directory / 'plot.svg'}: not written: {error}; then the same command draws it")
    files = sweep_files(sweep, outcomes, plot, scores)
    if scores:
        files["test.json"] = json.dumps(scores, indent=2, ensure_ascii=False) + "\n"
    elif any(not outcome.reused for outcome in outcomes) and (directory / "test.json").exists():
        (directory / "test.json").unlink()
        note(f"{directory / 'test.json'}: removed, being of runs that have been run again")
    for name, text in files.items():
        write_whole(directory / name, [text], "utf-8")
    folders = [directory / "runs" / outcome.run.name for outcome in outcomes]
    findings = [read_findings(folder) if (folder / RUN_FILE).is_file() else {} for folder in folders]
    page = experiment_page(sweep, outcomes, findings, scores)
    write_whole(directory / "page.html", [page], "utf-8")
    for outcome, folder, found in zip(outcomes, folders, findings, strict=True):
        if found:
            write_whole(folder / "page.html", [run_page(outcome, found, sweep.name)], "utf-8")
