"""One run of a sweep, from its plan to its folder: gone on with after each epoch, whole or not there, reused."""

import json
import math
import shlex
import statistics
import time
import traceback
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ner_window import storage
from ner_window.config import PATHS, Config, dump_yaml, flatten, load_config
from ner_window.errors import ModelError, NerWindowError, OutputError, TrainingError
from ner_window.evaluation.analysis import analyse, chances_of
from ner_window.evaluation.metrics import Counts
from ner_window.experiment import Sources, checkpoint_of, prepare
from ner_window.run import Finished, FoldReport, Run, versions
from ner_window.scoring import merged_lines
from ner_window.sweep.plan import PlannedRun
from ner_window.tagger import Tagger
from ner_window.training import BatchReport, EpochReport

#: The file that tells the folder of a run from any other.
RUN_FILE = "run.json"
#: The tensors that training can change, as they were in the best epoch.
WEIGHTS_FILE = "weights.safetensors"
#: The measures that differ between two runs of one seed.
TIMES = ("seconds", "tokens_per_second")
#: A run of another version of these is run again.
SAME_VERSIONS = ("ner_window", "numpy")


@dataclass(frozen=True)
class Task:
    """A run to be done: its plan, its folder, and by epoch the best dev F1 so far under which it is given up."""

    run: PlannedRun
    folder: Path
    floors: tuple[float, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What a run left. `error` is why it failed, `epochs` the loss, dev loss and dev F1 of each epoch it finished.

    A measure is a number, dev_f1 a fraction, or None where there is none. A failed run has dev_f1 0. `pruned` tells
    that a search gave it up; its measures are those of the epochs until then.
    """

    run: PlannedRun
    error: str | None
    measures: dict[str, float | None]
    epochs: list[dict[str, Any]]
    reused: bool = False
    pruned: bool = False


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
        outcome = Outcome(task.run, str(error) if known else f"{type(error).__name__}: {error}", {"dev_f1": 0.0}, [])
        with suppress(OutputError):  # the disk may be full
            _write(task, outcome, {}, {} if known else {"traceback.txt": traceback.format_exc()})
        return outcome


def _train(task: Task, sources: Sources) -> Generator[BatchReport | RunReport, None, Outcome]:
    began, checkpoint = time.perf_counter(), checkpoint_of(task.folder)
    digests, run = sources.digests(task.run.config), prepare(task.run.config, sources)
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
    _write(task, outcome, digests, _findings(run, finished) if finished else {}, run.seconds, run.dev.scheme.name)
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
        **_incomparable(run.config),
    }


def _incomparable(config: Config) -> dict[str, None]:
    """Return the measures that mean nothing under a configuration's objective; see `measures_of`."""
    return dict.fromkeys(("gap", "rise") if config.objective == "margin" else ())


def _finite(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Replace what JSON has no number for by None."""
    return {name: None if isinstance(x, float) and not math.isfinite(x) else x for name, x in numbers.items()}


def _write(
    task: Task,
    outcome: Outcome,
    digests: dict[str, str],
    more: Mapping[str, Any],
    seconds: Sequence[float] = (),
    scheme: str | None = None,
) -> None:
    """Write the folder of a run. run.json says what two runs of one seed have in common; `scheme` is that of dev."""
    run, folder = outcome.run, task.folder
    times = {name: outcome.measures.get(name) for name in TIMES}
    record = {
        "settings": run.settings,
        "seed": run.seed,
        "error": outcome.error,
        "pruned": outcome.pruned,
        "floors": list(task.floors),
        "measures": {name: value for name, value in outcome.measures.items() if name not in TIMES},
        "config": portable(run.config),
        "digests": digests,
        "versions": versions(),
        "scheme": scheme,
        "command": shlex.join(["ner-window", "train", str(folder / "config.yaml"), "-o", str(folder / "model")]),
    }
    files = {
        "config.yaml": dump_yaml(run.config),
        "metrics.jsonl": "".join(json.dumps(line) + "\n" for line in outcome.epochs),
        "timings.json": json.dumps({"measures": times, "seconds_of_epochs": list(seconds)}, indent=2) + "\n",
        RUN_FILE: json.dumps(record, indent=2, ensure_ascii=False) + "\n",
    }
    storage.write_directory(folder, {**files, **more}, force=True, marker=RUN_FILE)


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


def portable(config: Config) -> dict[str, Any]:
    """Return a configuration without its paths: digests tell better what the files are."""
    return {key: value for key, value in flatten(config.model_dump(mode="json")).items() if key not in PATHS}


def read_outcome(task: Task, sources: Sources) -> Outcome | None:
    """Return what a run left, or None if it was not done, or was of another configuration, other data or versions."""
    run = task.run
    try:
        record, times = (json.loads((task.folder / name).read_text("utf-8")) for name in (RUN_FILE, "timings.json"))
        epochs = [json.loads(line) for line in (task.folder / "metrics.jsonl").read_text("utf-8").splitlines()]
        if record["config"] != portable(run.config) or record["digests"] != sources.digests(run.config):
            return None
        if any(record["versions"][name] != versions()[name] for name in SAME_VERSIONS):
            return None
        whole = record["error"] or all((task.folder / name).exists() for name in FINDINGS)
        if not whole or record["floors"] != list(task.floors):
            return None
        measures = record["measures"] | times["measures"] | _incomparable(run.config)
        return Outcome(run, record["error"], measures, epochs, reused=True, pruned=record["pruned"])
    except (OSError, ValueError, KeyError, TypeError, NerWindowError):
        return None


#: What a run that has not failed left, besides its record.
FINDINGS = ("predictions.conll", "analysis.json", WEIGHTS_FILE)


def read_findings(folder: Path) -> dict[str, Any]:
    """Return what a run's record says and, if it has not failed, as `analysis`, what its tagger does on dev."""
    record = _json(folder / RUN_FILE)
    return record if record.get("error") else {**record, "analysis": _json(folder / "analysis.json")}


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(storage.read_text(path))
    except ValueError as error:
        raise ModelError(f"{path}: not JSON: {error}; run the experiment again") from None
    if not isinstance(value, dict):
        raise ModelError(f"{path}: expected an object, got {type(value).__name__}; run the experiment again")
    return value


def rebuild(folder: Path, sources: Sources | None = None) -> Tagger:
    """Return the trained tagger of a run: all that its configuration and data give, with the weights that it left.

    Raises
    ------
    ModelError
        The run has failed, or left no weights; or the data is not what it was trained on.
    """
    sources, record = sources or Sources(), _json(folder / RUN_FILE)
    if record["error"]:
        raise ModelError(f"{folder}: the run has failed, there is no tagger: {record['error']}")
    config = load_config(folder / "config.yaml")
    found = sources.digests(config)
    for name, digest in record["digests"].items():
        if found.get(name) != digest:
            raise ModelError(
                f"{folder}: {name} is not what the run was trained on, got SHA-256 {found.get(name)!r}, expected "
                f"{digest!r}; run the experiment again"
            )
    run = prepare(config, sources)
    shapes = {name: array.shape for name, array in run.state.changing().items()}
    run.state.best = storage.read_tensors(folder / WEIGHTS_FILE, shapes, "its configuration")
    return replace(run.finished().tagger, facts={"data": run.ledger})  # of which `evaluate` needs what was left out
