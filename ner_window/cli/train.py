"""``ner-window train``."""

import shlex
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ner_window.cli.console import Force, Quiet, Set, note, state

if TYPE_CHECKING:
    from ner_window.run import Run


def train(
    config: Annotated[Path, typer.Argument(help="A YAML file.", metavar="CONFIG.yaml")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Model directory; runs/<name> by default.", metavar="DIR")
    ] = None,
    overrides: Set = None,
    freeze: Annotated[bool, typer.Option("--freeze", help="Leave the word vectors as they are.")] = False,
    fine_tune: Annotated[bool, typer.Option("--fine-tune", help="Train the word vectors, too.")] = False,
    seeds: Annotated[
        int, typer.Option("--seeds", min=1, help="Train so many networks, from seeds next to each other: an ensemble.")
    ] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")] = False,
    force: Force = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Load all, run one batch, stop.")] = False,
    quiet: Quiet = False,
) -> None:
    """Train a tagger as a configuration says.

    Example: ner-window train configs/quickstart.yaml -o runs/quickstart --set training.epochs=5
    """
    if freeze and fine_tune:
        raise typer.BadParameter("choose one of --freeze and --fine-tune")
    switch = ["vectors.train=freeze"] * freeze + ["vectors.train=fine-tune"] * fine_tune
    settings = [*(overrides or ()), *switch]
    if dry_run:
        _show(config, settings)
    elif seeds > 1:
        _train_ensemble(config, settings, output, seeds, resume=resume, force=force)
    else:
        train_one(config, settings, output, resume=resume, force=force)


def _show(config: Path, settings: list[str]) -> None:
    """Load all that a run needs and print what was found, and the loss of the first batch."""
    from ner_window.config import load_config
    from ner_window.experiment import prepare
    from ner_window.report.tables import ledger_text

    run = prepare(load_config(config, settings))
    loss, expected = run.initial_loss()
    typer.echo(ledger_text(run.ledger))
    _note_findings(run, config, settings)
    typer.echo(f"loss at initialisation: {loss:.4f}, with all scores equal {expected:.4f}")


def train_one(config: Path, settings: list[str], output: Path | None, *, resume: bool, force: bool) -> None:
    """Train one network."""
    from ner_window import experiment
    from ner_window.claims import claimed_output
    from ner_window.config import load_config
    from ner_window.report.tables import ledger_text

    directory = experiment.output_of(config, output)
    run = experiment.prepare(load_config(config, settings))
    with claimed_output(directory, experiment.checkpoint_of(directory)):
        experiment.begin(run, directory, resume=resume, force=force)
        note(ledger_text(run.ledger))
        _note_findings(run, config, settings)
        _run_to_end(run, directory, _command(), force or resume)


def _note_findings(run: "Run", config: Path, settings: list[str]) -> None:
    """Tell what the cheap checks of the data find."""
    from ner_window.checks.training import notes

    overrides = [argument for setting in settings if setting.startswith("data.") for argument in ("--set", setting)]
    for line in notes(run.train, run.dev, shlex.join(["ner-window", "check", str(config), *overrides])):
        note(f"note: {line}")


def _command() -> str:
    return shlex.join(
        ["ner-window", *(argument for argument in sys.argv[1:] if argument not in ("--force", "--resume"))]
    )


def _train_ensemble(
    config: Path, settings: list[str], output: Path | None, count: int, *, resume: bool, force: bool
) -> None:
    """Train several networks, each in a directory beside the output, and combine them."""
    from ner_window import ensemble, experiment
    from ner_window.claims import claimed_output
    from ner_window.config import load_config
    from ner_window.report.tables import ledger_text

    directory = experiment.output_of(config, output)
    whole, sources = load_config(config, settings), experiment.Sources()
    with claimed_output(directory):
        ensemble.begin(directory, resume=resume, force=force)
        command = _command() + " --force" * directory.exists()
        members = ensemble.members_of(whole, directory, count)
        places = [place for _, place in members]
        for i, (member, place) in enumerate(members, 1):
            if resume and ensemble.is_finished(member, place, sources):
                continue
            run = experiment.prepare(member, sources)
            if i == 1 and not resume:
                ensemble.remove(places)  # what an ensemble that is started again with --force had left
            go_on = resume and experiment.checkpoint_of(place).exists()
            experiment.begin(run, place, resume=go_on, force=force or resume)
            if i == 1:
                note(ledger_text(run.ledger))
                _note_findings(run, config, settings)
            note(f"network {i} of {count}, seed {member.seed}")
            _run_to_end(run, place, command, force=True, begun=i > 1)
        dev_f1 = ensemble.combine(places, whole, sources, directory, _command(), force=force or resume)
    typer.echo(f"{directory}: dev F1 {100 * dev_f1:.2f} ({count} networks)")


def _run_to_end(run: "Run", directory: Path, command: str, force: bool, begun: bool = False) -> None:
    """Consume the reports: show them, write a checkpoint each epoch, and the model at the end or after Ctrl-C.

    `begun` tells that there are other networks to go on with, if this one has no epoch yet.
    """
    from ner_window.errors import TrainingError
    from ner_window.experiment import checkpoint_of
    from ner_window.training import doubts

    checkpoint = checkpoint_of(directory)
    stopped: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: stopped.append(number))
    failure: TrainingError | None = None
    try:
        try:
            _consume(run, checkpoint, stopped)
        except TrainingError as error:
            failure = error
        # a second Ctrl-C does not keep the model from being saved
        dev_f1 = run.finish(directory, command, force=force) if run.state.history else None
    finally:
        signal.signal(signal.SIGINT, before)
    state_of_run = run.state
    if dev_f1 is None:
        if failure:
            raise failure
        saved = f"go on with: {command} --resume" if begun or checkpoint.exists() else "nothing to save"
        note(f"stopped before the first epoch ended: {saved}")
        raise typer.Exit(130)
    if run.config.vectors.neighbors:
        note(f"dev F1 {100 * state_of_run.best_f1:.2f} before unmoved words were moved like their neighbours")
    typer.echo(f"{directory}: dev F1 {100 * dev_f1:.2f} (epoch {state_of_run.best_epoch})")
    for why in doubts(state_of_run.history):
        note(f"note: {why}")
    if failure:
        raise TrainingError(f"{failure}; the best model so far is saved in {directory}")
    if stopped:
        note(f"stopped in epoch {state_of_run.epoch + 1}; go on with: {command} --resume")
        raise typer.Exit(130)
    checkpoint.unlink(missing_ok=True)


def _loss(loss: float) -> str:
    """Return a loss as it is shown, one that has gone out of bounds in few digits."""
    return f"{loss:.4f}" if loss < 1e6 else f"{loss:.4e}"


def _consume(run: "Run", checkpoint: Path, stopped: list[int]) -> None:
    from tqdm import tqdm

    from ner_window.run import FoldReport
    from ner_window.training import BatchReport, EpochReport

    bar: Any = None
    shown = ""
    for report in run.reports():
        if isinstance(report, BatchReport):
            title = f"{report.stage}epoch {report.epoch}"
            if title != shown:
                hide = True if state.quiet else None  # None: hidden where standard error is no terminal
                if bar is not None:
                    bar.close()
                shown = title
                bar = tqdm(total=report.total, unit=" tokens", desc=title, leave=False, disable=hide)
            bar.update(report.windows)
            bar.set_postfix(loss=f"{report.loss:.4f}", dev_f1=f"{100 * max(run.state.best_f1, 0):.2f}", refresh=False)
        else:
            bar.close()
            bar = None
            run.save_checkpoint(checkpoint)
        if isinstance(report, FoldReport):
            left = "on text that it has not learned from"
            note(f"first pass, part {report.fold} of {report.folds}: F1 {100 * report.f1:.2f} {left}")
        elif isinstance(report, EpochReport):
            note(
                f"epoch {report.epoch:3d}  loss {_loss(report.loss)}  dev loss {_loss(report.dev_loss)}  "
                f"dev F1 {100 * report.dev_f1:.2f}{' *' if report.best else '  '}  "
                f"{report.tokens_per_second:,.0f} tokens/s  {report.seconds:.1f} s"
            )
        if stopped:
            break
    if bar is not None:
        bar.close()
