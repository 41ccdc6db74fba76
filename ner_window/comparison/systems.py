"""What each of some trained taggers says of the same sentences: read from a run's folder, or tagged."""

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ner_window import storage
from ner_window.comparison.places import MODEL, Place
from ner_window.config import Config, load_config
from ner_window.errors import CorpusError, ModelError
from ner_window.evaluation.metrics import Score, score_columns
from ner_window.experiment import Sources
from ner_window.scoring import GROUPS, groups_of, score_by, types_learned
from ner_window.sweep.folders import portable, rebuild
from ner_window.tagger import Tagger
from ner_window.text.entity_columns import Entities
from ner_window.text.labelled import LabelledCorpus, first_difference, read_labelled
from ner_window.text.line_rules import Layout
from ner_window.text.tag_columns import TagColumn
from ner_window.text.tagging import Repair

#: What a tagger was made from, besides its configuration; the test file is no part of it.
FILES = ("train", "dev", "vectors", "teacher")


@dataclass(frozen=True)
class System:
    """A trained tagger and its predictions.

    Parameters
    ----------
    name
        The folder, as the user wrote it.
    settings : dict
        By dotted key everything that the tagger follows from, but for its seed: the configuration without paths,
        digests of the files, and the version of this program. An ensemble's has its first seed and the number of
        members: two ensembles may share members, and are never taken as seeds of one setting.
    seed : int or None
        None for an ensemble.
    corpus : LabelledCorpus
        The sentences that were tagged.
    gold, predicted : TagColumn
        What is compared.
    score : Score
        Of the two; subsets only where it is known what was seen in training.
    """

    name: str
    settings: dict[str, Any]
    seed: int | None
    corpus: LabelledCorpus
    gold: TagColumn
    predicted: TagColumn
    score: Score


@dataclass(frozen=True)
class Text:
    """What all are to be compared on, in the place of the dev file of each, and how its tags were repaired."""

    corpus: LabelledCorpus
    repair: Repair

    @classmethod
    def read(cls, path: Path, layout: Layout, repair: Repair) -> "Text":
        """Read it; see `read_labelled` for what is raised."""
        return cls(read_labelled(path, layout, method=repair), repair)


def read_system(place: Place, sources: Sources, text: Text | None = None) -> System:
    """Return what a tagger says of `text`, or else of its dev file.

    A run of an experiment has its predictions of dev in its folder; otherwise the tagger is loaded, or built again.

    Raises
    ------
    NerWindowError
        The folder is damaged, or the dev file is not what it was in training.
    """
    if place.kind == "run" and text is None:
        return _predictions_of_run(place)
    tagger = Tagger.load(place.path) if place.kind == "model" else rebuild(place.path, sources)
    if text:
        corpus, method = text.corpus.only(types_learned(tagger)), text.repair
    else:
        corpus, method = _dev(place, sources), "strict"
    tags, score = score_by(tagger, corpus, GROUPS, partial(groups_of, tagger), method)
    predicted = TagColumn.of(tags)
    return System(str(place.path), *settings_of(place), corpus, corpus.counted(method), predicted, score)


def settings_of(place: Place) -> tuple[dict[str, Any], int | None]:
    """Return what a tagger follows from, and its seed; see `System`."""
    settings = portable(_config(place))
    if place.kind == "run":
        digests, versions, members = place.description["digests"], place.description.get("versions", {}), 1
    else:
        facts = place.description["facts"]
        data, versions = facts.get("data", {}), facts.get("versions", {})
        digests = {name: data[name].get("sha256") for name in FILES if name in data}
        members = place.description.get("members", 1)
    settings |= {f"the SHA-256 of {name}": digests[name] for name in FILES if name in digests}
    settings["version"] = versions.get("ner_window")
    if members > 1:
        return {**settings, "members": members}, None
    return settings, settings.pop("seed")


def _config(place: Place) -> Config:
    where = place.path / "config.yaml"
    if not where.exists():
        raise ModelError(f"{where}: is missing; without it nobody knows what {place.path} was trained with")
    return load_config(where)


def _dev(place: Place, sources: Sources) -> LabelledCorpus:
    """Return the dev corpus that a model was trained with."""
    data = _config(place).data
    if not Path(data.dev).exists():
        raise CorpusError(
            f"{place.path / 'config.yaml'}: its dev file is not there any more, got {data.dev!r}; give --data FILE"
        )
    corpus = sources.corpus(data, data.dev)
    expected = place.description["facts"].get("data", {}).get("dev", {}).get("sha256")
    if corpus.corpus.sha256 != expected:
        raise CorpusError(
            f"{data.dev}: is not the dev file that {place.path / MODEL} tells of, got SHA-256 {corpus.corpus.sha256}, "
            f"expected {expected}; put it back, or give --data FILE"
        )
    return corpus.only(data.types)


def _predictions_of_run(place: Place) -> System:
    """Return what a run's folder says of dev: gold and predicted tags are columns of one file."""
    where, data = place.path / "predictions.conll", _config(place).data
    if not where.exists():
        raise ModelError(f"{where}: is missing; run the experiment again, or give --data FILE")
    scheme = place.description.get("scheme", "auto")
    gold = read_labelled(where, Layout(0, -2), scheme, data.repair).only(data.types)
    predicted = read_labelled(where, Layout(0, -1), scheme, "conlleval").column
    score = score_columns(gold.column, predicted, gold.text)
    score.subsets |= _subsets(place.path / "analysis.json")
    return System(str(place.path), *settings_of(place), gold, gold.column, predicted, score)


def _subsets(path: Path) -> dict[str, list[int]]:
    """Return tp, fp and fn of the groups of entities that a run's analysis tells of."""
    try:
        figures = json.loads(storage.read_text(path))["score"]
        return {name: [figures[name][kind] for kind in ("tp", "fp", "fn")] for name in GROUPS if name in figures}
    except (ModelError, ValueError, KeyError, TypeError):
        return {}


def check_same_gold(first: System, other: System) -> None:
    """Raise `CorpusError` unless two taggers were given the same sentences with the same entities."""
    one, two = first.corpus.text, other.corpus.text
    if len(one.lengths) != len(two.lengths) or first_difference(one, two) is not None:
        raise CorpusError(
            f"{other.name}: was scored on other sentences than {first.name}, got {len(two.lengths)} with "
            f"{len(two.ids)} tokens, expected {len(one.lengths)} with {len(one.ids)}; give --data FILE"
        )
    a, b = entity_rows(first.gold.entities()), entity_rows(other.gold.entities())
    if a != b:
        raise CorpusError(
            f"{other.name}: was scored on other entities of the same sentences than {first.name}, got {len(b)}, "
            f"expected {len(a)}; compare taggers of the same data.types on one file (--data FILE)"
        )


def entity_rows(entities: Entities) -> list[tuple[int, int, str]]:
    """Return first token, one after the last, and type of each entity, whatever its scheme."""
    ends = np.stack([entities.start, entities.end], axis=1).tolist()
    return [(start, end, type_) for (start, end), type_ in zip(ends, entities.names(), strict=True)]
