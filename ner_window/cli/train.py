"""``ner-window train``."""

import shlex
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ner_window.cli.console import Force, Quiet, Set, note, state

if TYPE_CHECKING:
    from ner_window.experiment import Run


def train(
    config: Annotated[Path, typer.Argument(help="A YAML file.", metavar="CONFIG.yaml")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Model directory.", metavar="DIR")] = None,
    overrides: Set = None,
    freeze: Annotated[bool, typer.Option("--freeze", help="Leave the word vectors as they are.")] = False,
    fine_tune: Annotated[bool, typer.Option("--fine-tune", help="Train the word vectors, too.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")] = False,
    force: Force = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Load all, run one batch, stop.")] = False,
    quiet: Quiet = False,
) -> None:
    """Train a tagger as a configuration says.

    Example: ner-window train configs/quickstart.yaml -o runs/quickstart --set training.epochs=5
    """
    from ner_window import experiment
    from ner_window.config import load_config
    from ner_window.report.tables import ledger_text

    if freeze and fine_tune:
        raise typer.BadParameter("choose one of --freeze and --fine-tune")
    switch = ["vectors.train=freeze"] * freeze + ["vectors.train=fine-tune"] * fine_tune
    directory = experiment.output_of(config, output)
    settings = load_config(config, [*(overrides or ()), *switch])
    run = experiment.prepare(settings)
    if dry_run:
        loss, expected = run.initial_loss()
        typer.echo(ledger_text(run.ledger))
        typer.echo(f"loss at initialisation: {loss:.4f}, with all scores equal {expected:.4f}")
        return
    experiment.begin(run, directory, resume=resume, force=force)
    note(ledger_text(run.ledger))
    command = shlex.join(["ner-window", *sys.argv[1:]])
    _run_to_end(run, directory, command, force or resume)


def _run_to_end(run: "Run", directory: Path, command: str, force: bool) -> None:
    """Consume the reports: show them, write a checkpoint each epoch, and the model at the end or after Ctrl-C."""
    from ner_window.errors import TrainingError
    from ner_window.experiment import checkpoint_of

    checkpoint = checkpoint_of(directory)
    stopped: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: stopped.append(number))
    failure: TrainingError | None = None
    try:
        _consume(run, checkpoint, stopped)
    except TrainingError as error:
        failure = error
    finally:
        signal.signal(signal.SIGINT, before)
    state_of_run = run.state
    if not state_of_run.history:
        if failure:
            raise failure
        note("stopped before the first epoch ended: nothing to save")
        raise typer.Exit(130)
    run.finish(directory, command, force=force)
    best = f"{directory}: dev F1 {100 * state_of_run.best_f1:.2f} (epoch {state_of_run.best_epoch})"
    typer.echo(best)
    if failure:
        raise TrainingError(f"{failure}; the best model so far is saved in {directory}")
    if stopped:
        note(f"stopped in epoch {state_of_run.epoch + 1}; go on with: {command} --resume")
        raise typer.Exit(130)
    checkpoint.unlink(missing_ok=True)


def _consume(run: "Run", checkpoint: Path, stopped: list[int]) -> None:
    from tqdm import tqdm

    from ner_window.training import BatchReport

    total = len(run.encoded_train.places)
    bar: Any = None
    for report in run.reports():
        if isinstance(report, BatchReport):
            if bar is None:
                hide = True if state.quiet else None  # None: hidden where standard error is no terminal
                bar = tqdm(total=total, unit=" tokens", desc=f"epoch {report.epoch}", leave=False, disable=hide)
            bar.update(report.windows)
            bar.set_postfix(loss=f"{report.loss:.4f}", dev_f1=f"{100 * max(run.state.best_f1, 0):.2f}", refresh=False)
        else:
            bar.close()
            bar = None
            run.save_checkpoint(checkpoint)
            note(
                f"epoch {report.epoch:3d}  loss {report.loss:.4f}  dev loss {report.dev_loss:.4f}  "
                f"dev F1 {100 * report.dev_f1:.2f}{' *' if report.best else '  '}  "
                f"{report.tokens_per_second:,.0f} tokens/s  {report.seconds:.1f} s"
            )
        if stopped:
            break
    if bar is not None:
        bar.close()
