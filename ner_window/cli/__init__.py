"""The command line: one file for each command. Only here is anything printed, and are exit codes given.

Nothing heavy is imported before a command runs: ``--help`` needs Typer alone.
"""

import errno
import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ner_window import __version__
from ner_window.cli import (
    bench,
    check,
    compare,
    config,
    convert,
    distill,
    drift,
    evaluate,
    experiment,
    explain,
    fetch,
    gradcheck,
    graph,
    info,
    init,
    predict,
    repair,
    score,
    train,
    vectors,
)
from ner_window.cli.console import state
from ner_window.errors import NerWindowError
from ner_window.interrupts import end_at_once, raise_again
from ner_window.threads import use_one_thread

if TYPE_CHECKING:
    from types import FrameType

#: What standard output says when it is a file that cannot grow.
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}

app = typer.Typer(
    add_completion=True,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Train, evaluate and use a window-based named-entity tagger.\n\n"
    "Example: ner-window train configs/quickstart.yaml",
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"ner_window {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress and no notes on standard error.")] = False,
) -> None:
    """Take the options that stand before any command."""
    state.quiet = quiet


app.command("init")(init.init)
app.command("fetch")(fetch.fetch)
app.command("train")(train.train)
app.command("distill")(distill.distill)
app.command("evaluate")(evaluate.evaluate)
app.command("check")(check.check)
app.command("score")(score.score)
app.command("predict")(predict.predict)
app.command("info")(info.info)
app.command("bench")(bench.bench)
app.command("convert")(convert.convert)
app.command("repair")(repair.repair)
app.command("gradcheck")(gradcheck.gradcheck)
app.command("graph")(graph.graph)
app.command("explain")(explain.explain)
app.command("drift")(drift.drift)
app.command("experiment")(experiment.experiment)
app.command("compare")(compare.compare)
app.add_typer(config.app, name="config")
app.add_typer(vectors.app, name="vectors")


def main() -> None:
    """Run the program; turn errors of the input into one message and exit code 2."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # when the reader of a pipe goes, end quietly as filters do
    signal.signal(signal.SIGTERM, _stop)
    use_one_thread()
    try:
        raise_again()
        app()
    except NerWindowError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)
    except OSError as error:
        if error.errno not in _NO_ROOM or error.filename is not None:
            raise
        sys.stdout = None  # what is left of it is not tried again
        typer.echo(f"error: standard output: cannot be written: {error.strerror}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        end_at_once()


def _stop(number: int, frame: "FrameType | None") -> None:
    """Do at SIGTERM what the command does at Ctrl-C, also where Ctrl-C is ignored, as in the background of a script."""
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):
        raise KeyboardInterrupt
    handler(signal.SIGINT, frame)
