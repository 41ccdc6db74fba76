"""The folder of a run: what it holds, what may be reused of it, and its tagger, rebuilt from what is there."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ner_window import storage
from ner_window.config import PATHS, Config, dump_yaml, flatten, load_config
from ner_window.errors import ModelError, NerWindowError
from ner_window.experiment import Sources, prepare
from ner_window.sweep.plan import PlannedRun
from ner_window.tagger import Tagger
from ner_window.versions import versions

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

    A measure is a number, dev_f1 a fraction, or None where there is none. A run whose loss was not finite has dev_f1 0;
    one that failed by anything else, such as a full disk, has none. `pruned` tells that a search gave it up; its
    measures are those of the epochs until then.
    """

    run: PlannedRun
    error: str | None
    measures: dict[str, float | None]
    epochs: list[dict[str, Any]]
    reused: bool = False
    pruned: bool = False


def incomparable(config: Config) -> dict[str, None]:
    """Return the measures that mean nothing under a configuration's objective; see `measures_of`."""
    return dict.fromkeys(("gap", "rise") if config.objective == "margin" else ())


def write_folder(
    task: Task,
    outcome: Outcome,
    digests: dict[str, str],
    more: Mapping[str, Any],
    seconds: Sequence[float] = (),
    scheme: str | None = None,
) -> None:
    """Write the folder of a run. run.json says what two runs of one seed have in common; `scheme` is that of dev."""
    run, folder = outcome.run, task.folder
    model = folder.parent.parent / "models" / run.name  # not in the folder, which a new run of it replaces
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
        "command": shlex.join(["ner-window", "train", str(folder / "config.yaml"), "-o", str(model)]),
    }
    files = {
        "config.yaml": dump_yaml(run.config),
        "metrics.jsonl": "".join(json.dumps(line) + "\n" for line in outcome.epochs),
        "timings.json": json.dumps({"measures": times, "seconds_of_epochs": list(seconds)}, indent=2) + "\n",
        RUN_FILE: json.dumps(record, indent=2, ensure_ascii=False) + "\n",
    }
    storage.write_directory(folder, {**files, **more}, force=True, marker=RUN_FILE)


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
        if record["pruned"] and record["floors"] != list(task.floors):
            return None
        if not record["error"]:
            _check_findings(task.folder)
        measures = record["measures"] | times["measures"] | incomparable(run.config)
        return Outcome(run, record["error"], measures, epochs, reused=True, pruned=record["pruned"])
    except (OSError, ValueError, KeyError, TypeError, NerWindowError):
        return None


def _check_findings(folder: Path) -> None:
    """Raise `ModelError` if what a run left besides its record is not there, or damaged: it is run again then."""
    storage.read_text(folder / "predictions.conll")
    _json(folder / "analysis.json")
    storage.check_whole(folder / WEIGHTS_FILE)


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
