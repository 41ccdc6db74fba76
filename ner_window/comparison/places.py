"""What an argument of ``compare`` names: a model directory, a run of an experiment, or all runs of an experiment."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ner_window import storage
from ner_window.errors import ModelError

#: What tells the folder of a run, and that of a model.
RUN, MODEL = "run.json", "model.json"


@dataclass(frozen=True)
class Place:
    """The folder of one trained tagger, and what its run.json or model.json says."""

    path: Path
    kind: Literal["run", "model"]
    description: dict[str, Any]


def find(paths: Sequence[Path]) -> tuple[list[Place], list[str]]:
    """Return the trained taggers that some paths name, and a note for each run that is left out.

    Raises
    ------
    ModelError
        A path is none of the three, or names a run that has failed, or an experiment without a run that has ended well.
    """
    places: list[Place] = []
    notes: list[str] = []
    for path in paths:
        found = _place(path)
        if found is None:
            some, left_out = _of_experiment(path)
            places, notes = places + some, notes + left_out
        elif why := _failure(found):
            raise ModelError(f"{path}: {why}; name a run that has ended well")
        else:
            places.append(found)
    return places, notes


def _place(path: Path) -> Place | None:
    """Return what a folder holds if it is that of one tagger."""
    if (path / RUN).exists():
        return Place(path, "run", _run(path))
    return Place(path, "model", storage.read_description(path)) if (path / MODEL).exists() else None


def _run(path: Path) -> dict[str, Any]:
    """Return what run.json says."""
    where = path / RUN
    try:
        record = json.loads(storage.read_text(where))
    except ValueError as error:
        raise ModelError(f"{where}: not JSON: {error}; run the experiment again") from None
    if not isinstance(record, dict) or not isinstance(record.get("digests"), dict):
        raise ModelError(f"{where}: not the record of a run, 'digests' expected; run the experiment again")
    return record


def _of_experiment(path: Path) -> tuple[list[Place], list[str]]:
    """Return the runs of an experiment in its order; notes tell of those that failed or were given up."""
    folders = [folder for folder in path.glob("runs/*") if (folder / RUN).exists()]
    if not folders:
        what = "no run or model in it" if path.is_dir() else "a file" if path.exists() else "nothing there"
        raise ModelError(
            f"{path}: expected a model directory ({MODEL}), a run of an experiment ({RUN}) or an experiment's folder "
            f"(runs/), got {what}; name what train or experiment wrote"
        )
    order = {name: i for i, name in enumerate(_names(path))}
    others = [folder for folder in folders if order and folder.name not in order]
    notes = [f"{path}: {len(others)} runs left out, being of an earlier plan"] if others else []
    folders = sorted(
        (folder for folder in folders if folder not in others),
        key=lambda folder: (order.get(folder.name, len(order)), folder.name),
    )
    places = [Place(folder, "run", _run(folder)) for folder in folders]
    left_out = {place.path: why for place in places if (why := _failure(place) or _given_up(place))}
    if len(left_out) == len(places):
        raise ModelError(f"{path}: no run has ended well, got {len(places)} that did not; see its results.md")
    notes += [f"{folder}: left out: {why}" for folder, why in left_out.items()]
    return [place for place in places if place.path not in left_out], notes


def _names(path: Path) -> list[str]:
    """Return the names of an experiment's runs in its own order, as far as its results tell."""
    try:
        return [run["name"] for run in json.loads((path / "results.json").read_text("utf-8"))["runs"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _failure(place: Place) -> str | None:
    error = place.description.get("error") if place.kind == "run" else None
    return f"the run failed: {error}" if error else None


def _given_up(place: Place) -> str | None:
    return "the search gave the run up" if place.description.get("pruned") else None
