"""One run of a sweep, from its plan to its folder: gone on with after each epoch, given up where a search says so."""

import json
import math
import statistics
import time
import traceback
from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ner_window.errors import ModelError, NerWindowError, OutputError, TrainingError
from ner_window.evaluation.analysis import analyse, chances_of
from ner_window.evaluation.metrics import Counts
from ner_window.experiment import Sources, checkpoint_of, prepare
from ner_window.run import Finished, FoldReport, Run
from ner_window.scoring import merged_lines
from ner_window.sweep.folders import WEIGHTS_FILE, Outcome, Task, incomparable, read_outcome, write_folder
from ner_window.sweep.plan import PlannedRun
from ner_window.training import BatchReport, EpochReport


@dataclass(frozen=True)
class RunReport:
    """A run has finished an epoch."""

    run: PlannedRun
    epoch: int
    dev_f1: float


class _PrunedError(Exception):
    """The run is given up."""


def do(task: Task, sources: Sources) -> Generator[BatchReport | RunReport, None, Outcome]:
    """Do a run, or take what it left if it was done before; yield its reports, and return the outcome.

    It goes on from its last finished epoch, if there is a checkpoint beside its folder. The folder is written whole or
    not at all. A run that failed before it had an epoch, or by a mistake in the program, is tried again the next time.
    """
    finished = read_outcome(task, sources)
    if finished:
        return finished
    try:
        return (yield from _train(task, sources))
    except Exception as error:  # whatever it is: the other runs go on, and it is told
        known = isinstance(error, NerWindowError)
        outcome = Outcome(task.run, str(error) if known else f"{type(error).__name__}: {error}", {}, [])
        with suppress(OutputError):  # the disk may be full
            write_folder(task, outcome, {}, {} if known else {"traceback.txt": traceback.format_exc()})
        return outcome


def _train(task: Task, sources: Sources) -> Generator[BatchReport | RunReport, None, Outcome]:
    began, checkpoint = time.perf_counter(), checkpoint_of(task.folder)
    digests, run = sources.digests(task.run.config), prepare(task.run.config, sources)
    run.fixed_length = True
    before = _go_on(run, checkpoint)
    error, pruned = None, False
    try:
        yield from _reports(task, run, checkpoint)
    except TrainingError as problem:
        error = str(problem)
    except _PrunedError:
        pruned = True
    distinct_units = run.distinct_units()  # as the last epoch left them, which the best ones then replace
    finished = run.finished() if run.state.best and not error else None
    measures = measures_of(run, finished, distinct_units) if finished else {"dev_f1": 0.0}
    tokens = int(run.encoded_train.lengths.sum())
    speed = statistics.median(tokens / seconds for seconds in run.seconds) if run.seconds else None
    times = {"seconds": before + time.perf_counter() - began, "tokens_per_second": speed}
    history = [_finite(line) for line in run.state.history]
    outcome = Outcome(task.run, error, _finite(measures | times), history, pruned=pruned)
    write_folder(task, outcome, digests, _findings(run, finished) if finished else {}, run.seconds, run.dev.scheme.name)
    checkpoint.unlink(missing_ok=True)
    return outcome


def _go_on(run: Run, checkpoint: Path) -> float:
    """Go on from a checkpoint, if there is one of this very run; return the seconds that its epochs had taken."""
    try:
        if checkpoint.exists():
            run.resume(checkpoint)
    except ModelError:  # of another configuration, other data, or damaged: the run begins anew
        checkpoint.unlink(missing_ok=True)
    return sum(run.seconds)


def _reports(task: Task, run: Run, checkpoint: Path) -> Generator[BatchReport | RunReport, None, None]:
    """Train, and write a checkpoint after each epoch; give up where the best dev F1 so far is under the floor."""
    _judge(task, run)
    for report in run.reports():
        if isinstance(report, BatchReport):
            yield report
            continue
        run.save_checkpoint(checkpoint)
        if isinstance(report, EpochReport):
            yield RunReport(task.run, report.epoch, report.dev_f1)
            _judge(task, run)
        else:
            assert isinstance(report, FoldReport)


def _judge(task: Task, run: Run) -> None:
    epoch = run.state.epoch
    if 0 < epoch <= len(task.floors) and run.state.best_f1 < task.floors[epoch - 1]:
        raise _PrunedError


def measures_of(run: Run, finished: Finished, distinct_units: int) -> dict[str, float | None]:
    """Return the measures of a finished run, all but its times.

    Losses and `distinct_units` are those of the last epoch: `gap` is dev less train, `rise` the dev loss less the
    lowest one before. Both are None for objective margin: there the train loss counts corrupt copies and the dev loss
    does not, so the two are different quantities.
    """
    last, history = run.state.history[-1], run.state.history
    return {
        "dev_f1": finished.score.micro.f1,
        "unseen_f1": Counts(*finished.score.subsets["unseen_words"]).f1,
        "best_epoch": run.state.best_epoch,
        "loss": last["loss"],
        "dev_loss": last["dev_loss"],
        "gap": last["dev_loss"] - last["loss"],
        "rise": last["dev_loss"] - min(line["dev_loss"] for line in history),
        "distinct_units": distinct_units,
        **incomparable(run.config),
    }


def _finite(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Replace what JSON has no number for by None."""
    return {name: None if isinstance(x, float) and not math.isfinite(x) else x for name, x in numbers.items()}


def _findings(run: Run, finished: Finished) -> dict[str, Any]:
    """Return the files of what was learned: the weights, what they make of dev, and where that is wrong."""
    tagger, predicted = finished.tagger, finished.predicted
    chances = None
    if run.config.objective in ("softmax", "sentence"):
        table = tagger.probabilities(finished.scores, run.dev.text.lengths)
        labels = tagger.decode(finished.scores, run.dev.text.lengths)
        chances = chances_of(table, labels, predicted.entities())
    analysis = analyse(run.dev.text, run.dev.column, predicted, chances, finished.score)
    return {
        "predictions.conll": "".join(merged_lines(run.dev, predicted.lists())),
        "analysis.json": json.dumps(analysis, ensure_ascii=False) + "\n",
        WEIGHTS_FILE: run.state.best,
    }
