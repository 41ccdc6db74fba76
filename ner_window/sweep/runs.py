"""From planned runs to outcomes on disk: each run in a folder of its own, whole or not at all, and reused."""

import itertools
import json
import math
import shlex
import shutil
import statistics
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ner_window import storage
from ner_window.config import PATHS, Config, dump_yaml, flatten
from ner_window.errors import NerWindowError, OutputError
from ner_window.evaluation.metrics import Counts
from ner_window.experiment import Sources, prepare
from ner_window.run import FoldReport, Run, versions
from ner_window.sweep.plan import PlannedRun, Sweep
from ner_window.training import BatchReport, EpochReport

#: The file that tells a folder of this program's, of a sweep and of a run, from any other folder.
SWEEP_FILE, RUN_FILE = "sweep.yaml", "run.json"
#: A run of another version of these is run again.
SAME_VERSIONS = ("ner_window", "numpy")


@dataclass(frozen=True)
class Outcome:
    """What a run left. `error` is why it failed, `epochs` the loss, dev loss and dev F1 of each epoch it finished.

    A measure is a number, dev_f1 a fraction, or None where there is none. A failed run has dev_f1 0.
    """

    run: PlannedRun
    error: str | None
    measures: dict[str, float | None]
    epochs: list[dict[str, Any]]
    reused: bool = False


def begin(sweep: Sweep, directory: Path, *, resume: bool, force: bool) -> None:
    """Make the folder of a sweep, or, to resume, take the one that is there. Its record is of the plan that is run now.

    What a killed process left half-written is removed.

    Raises
    ------
    OutputError
        It exists and may not be replaced, or cannot be written.
    """
    if (directory / SWEEP_FILE).exists() and not (resume or force):
        raise OutputError(f"{directory}: exists already; go on with --resume, or start again with --force")
    text = dump_yaml(sweep.options)
    if not (resume and directory.exists()):
        storage.write_directory(directory, {SWEEP_FILE: text}, force=force, marker=SWEEP_FILE)
        return
    storage.refuse_existing(directory, True, SWEEP_FILE)
    _rewrite(directory / SWEEP_FILE, text)
    for left in itertools.chain((directory / "runs").glob(".new-*"), (directory / "runs").glob(".old-*")):
        shutil.rmtree(left, ignore_errors=True)


def _rewrite(path: Path, text: str) -> None:
    temporary = path.with_name(f".new-{path.name}")
    try:
        temporary.write_bytes(text.encode())
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from None


def execute(sweep: Sweep, directory: Path, *, resume: bool) -> Iterator[BatchReport | EpochReport | Outcome]:
    """Run one after another; yield the reports of each run and then its outcome. Its folder is written whole or not.

    With `resume` a run is not run again if its folder is there, of the same configuration, data and versions.
    """
    sources = Sources()
    for run in sweep.runs:
        folder = directory / "runs" / run.name
        finished = read_outcome(folder, run, sources) if resume else None
        yield finished or (yield from _run(run, folder, sources))


def _run(run: PlannedRun, folder: Path, sources: Sources) -> Generator[BatchReport | EpochReport, None, Outcome]:
    began = time.perf_counter()
    epochs: list[EpochReport] = []
    error, digests, prepared = None, {}, None
    try:
        digests = sources.digests(run.config)
        prepared = prepare(run.config, sources)
        for report in prepared.reports():
            if isinstance(report, EpochReport):
                epochs.append(report)
            if not isinstance(report, FoldReport):
                yield report
    except NerWindowError as problem:
        error = str(problem)
    measures: dict[str, float | None] = {"dev_f1": 0.0}
    history = prepared.state.history if prepared else []
    if prepared and not error:
        measures = measures_of(prepared, epochs)
    times = {
        "seconds": time.perf_counter() - began,
        "tokens_per_second": statistics.median(r.tokens_per_second for r in epochs) if epochs else None,
    }
    outcome = Outcome(run, error, _finite(measures | times), [_finite(line) for line in history])
    _write_outcome(outcome, folder, digests, [report.seconds for report in epochs])
    return outcome


def measures_of(run: Run, epochs: Sequence[EpochReport]) -> dict[str, float | None]:
    """Return the measures of a finished run, all but its times.

    Losses and `distinct_units` are those of the last epoch: `gap` is dev less train, `rise` the dev loss less the
    lowest one before. Both are None for objective margin: there the train loss counts corrupt copies and the dev loss
    does not, so the two are different quantities.
    """
    last, distinct_units = epochs[-1], run.distinct_units()
    score = run.finished()[1]  # puts the best parameters in the place of the last ones
    return {
        "dev_f1": score.micro.f1,
        "unseen_f1": Counts(*score.subsets["unseen_words"]).f1,
        "best_epoch": run.state.best_epoch,
        "loss": last.loss,
        "dev_loss": last.dev_loss,
        "gap": last.dev_loss - last.loss,
        "rise": last.dev_loss - min(report.dev_loss for report in epochs),
        "distinct_units": distinct_units,
        **_incomparable(run.config),
    }


def _incomparable(config: Config) -> dict[str, None]:
    """Return the measures that mean nothing under a configuration's objective; see `measures_of`."""
    return dict.fromkeys(("gap", "rise") if config.objective == "margin" else ())


def _finite(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Replace what JSON has no number for by None."""
    return {name: None if isinstance(x, float) and not math.isfinite(x) else x for name, x in numbers.items()}


def _write_outcome(outcome: Outcome, folder: Path, digests: dict[str, str], seconds: list[float]) -> None:
    run = outcome.run
    times = {name: outcome.measures[name] for name in ("seconds", "tokens_per_second")}
    record = {
        "settings": run.settings,
        "seed": run.seed,
        "error": outcome.error,
        "measures": {name: value for name, value in outcome.measures.items() if name not in times},
        "config": _portable(run.config),
        "digests": digests,
        "versions": versions(),
        "command": shlex.join(["ner-window", "train", str(folder / "config.yaml"), "-o", str(folder / "model")]),
    }
    files = {
        "config.yaml": dump_yaml(run.config),
        "metrics.jsonl": "".join(json.dumps(line) + "\n" for line in outcome.epochs),
        "timings.json": json.dumps({"measures": times, "seconds_of_epochs": seconds}, indent=2) + "\n",
        RUN_FILE: json.dumps(record, indent=2, ensure_ascii=False) + "\n",
    }
    storage.write_directory(folder, files, force=True, marker=RUN_FILE)


def _portable(config: Config) -> dict[str, Any]:
    """Return a configuration without its paths: digests tell better what the files are."""
    return {key: value for key, value in flatten(config.model_dump(mode="json")).items() if key not in PATHS}


def read_outcome(folder: Path, run: PlannedRun, sources: Sources) -> Outcome | None:
    """Return what a run left, or None if it has not run, or was of another configuration, other data or versions."""
    try:
        record, times = (json.loads((folder / name).read_text("utf-8")) for name in (RUN_FILE, "timings.json"))
        epochs = [json.loads(line) for line in (folder / "metrics.jsonl").read_text("utf-8").splitlines()]
        if record["config"] != _portable(run.config) or record["digests"] != sources.digests(run.config):
            return None
        if any(record["versions"][name] != versions()[name] for name in SAME_VERSIONS):
            return None
        measures = record["measures"] | times["measures"] | _incomparable(run.config)
        return Outcome(run, record["error"], measures, epochs, reused=True)
    except (OSError, ValueError, KeyError, TypeError, NerWindowError):
        return None
