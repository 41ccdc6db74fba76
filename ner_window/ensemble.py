"""Ensembles: several networks, trained from different seeds, whose scores are averaged (Hansen and Salamon 1990)."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ner_window import storage
from ner_window.claims import remove_leftovers
from ner_window.config import PATHS, Config, dump_yaml, flatten, load_config
from ner_window.errors import ConfigError, ModelError, OutputError
from ner_window.experiment import Sources, checkpoint_of, corpora_of
from ner_window.run import dev_facts
from ner_window.scoring import GROUPS, groups_of, score_by
from ner_window.tagger import Tagger
from ner_window.text.labelled import LabelledCorpus
from ner_window.text.tagging import SCHEMES
from ner_window.versions import versions


def members_of(config: Config, directory: Path, count: int) -> list[tuple[Config, Path]]:
    """Return the configuration and the model directory of each network: seeds from `seed` on, beside the output."""
    seeds = range(config.seed, config.seed + count)
    folder = folder_of(directory)
    return [(config.model_copy(update={"seed": seed}), folder / f"seed-{seed}") for seed in seeds]


def folder_of(directory: Path) -> Path:
    """Return the folder of the networks, beside the model directory; it is there until the ensemble is whole."""
    return directory.with_name(f"{directory.name}.members")


def begin(directory: Path, *, resume: bool, force: bool) -> None:
    """Refuse outputs that would be lost; see `experiment.begin`, which does so for one network.

    With both, an ensemble that was begun with `force`, in the place of another model, is gone on with.

    Raises
    ------
    OutputError, ConfigError
        The output, or the networks of an unfinished ensemble, exist; or there is nothing to resume.
    """
    folder = folder_of(directory)
    if resume and (directory / "model.json").exists() and not (force and folder.exists()):
        raise ConfigError(f"{directory}: the run is finished, there is nothing to resume; --force trains it again")
    if resume and not folder.exists():
        raise ConfigError(f"{folder}: no checkpoint to resume from; leave --resume out to start")
    storage.refuse_existing(directory, force or resume)
    if folder.exists() and not (force or resume):
        raise OutputError(f"{folder}: an unfinished run; go on with --resume, or start again with --force")


def is_finished(config: Config, directory: Path, sources: Sources) -> bool:
    """Whether a network of an ensemble has been trained to its end.

    Raises
    ------
    ModelError
        It has, but with another configuration or other data.
    """
    if not (directory / "model.json").exists() or checkpoint_of(directory).exists():
        return False
    data = storage.read_description(directory)["facts"]["data"]
    names = ("train", "dev", "vectors", "teacher")
    digests = {name: data[name]["sha256"] for name in names if name in data}
    before = _origin(load_config(directory / "config.yaml"), digests)
    now = _origin(config, sources.digests(config))
    for key in sorted(before.keys() | now.keys()):
        if before.get(key) != now.get(key):
            raise ModelError(
                f"{directory}: was trained with {key} = {before.get(key)!r}, got {now.get(key)!r}; "
                "set it back, or start again with --force"
            )
    return True


def _origin(config: Config, digests: Mapping[str, str]) -> dict[str, Any]:
    """Return what a trained network follows from: the configuration but for its paths, and what is in the files."""
    settings = flatten(config.model_dump(mode="json"))
    files = {f"the SHA-256 of {name}": digest for name, digest in digests.items()}
    return {key: value for key, value in settings.items() if key not in PATHS} | files


def combine(
    members: Sequence[Path], config: Config, sources: Sources, directory: Path, command: str, *, force: bool
) -> float:
    """Write the networks of these model directories as one ensemble, remove them, and return its dev F1.

    Raises
    ------
    ModelError
        They differ in more than their parameters.
    """
    first, *others = [Tagger.load(member) for member in members]
    for member, other in zip(members[1:], others, strict=True):
        _check_alike(member, other, members[0], first)
    dev = corpora_of(config, sources)[1]
    tagger = _calibrated(replace(first, more=tuple(other.parameters for other in others)), dev)
    score = score_by(tagger, dev, GROUPS, partial(groups_of, tagger), "strict")[1]
    alone = [{"seed": config.seed + i, "dev_f1": member.facts["dev_f1"]} for i, member in enumerate((first, *others))]
    facts = {"versions": versions(), "data": first.facts["data"], **dev_facts(score), "members": alone}
    tagger = replace(tagger, facts={**facts, "config": first.facts["config"]})
    files = {
        "config.yaml": dump_yaml(config),
        "timings.json": json.dumps({"command": command}, indent=2) + "\n",
    }
    tagger.save(directory, force=force, others=files)
    remove(members)
    return score.micro.f1


def _calibrated(tagger: Tagger, dev: LabelledCorpus) -> Tagger:
    """Return an ensemble whose probabilities, those of its mean scores, are calibrated on dev."""
    encoded = tagger.encode_text(dev.text, dev.labels(tagger.tags, SCHEMES[tagger.scheme]))
    return tagger.calibrated(tagger.scores(encoded), encoded.labels, encoded.lengths)


def _check_alike(where: Path, tagger: Tagger, first_where: Path, first: Tagger) -> None:
    """Raise `ModelError` unless two taggers are the same but for their parameters."""
    for name, mine, its in (
        ("another network", tagger.network, first.network),
        ("another scheme", tagger.scheme, first.scheme),
        ("other tags", tagger.tags, first.tags),
        ("other vocabularies", _lists(tagger), _lists(first)),
        ("another lexicon", tagger.lexicon, first.lexicon),
    ):
        if mine != its:
            raise ModelError(
                f"{where}: has {name} than {first_where} and cannot go into one ensemble with it; "
                "start again with --force"
            )


def _lists(tagger: Tagger) -> list[Any]:
    """Return what tells vocabularies apart: lists of strings; hashed ones have none, the network has their sizes."""
    words = tagger.words
    return [words.lowercase, words.parts, *(list(getattr(each, "strings", ())) for each in tagger.vocabularies)]


def remove(members: Sequence[Path]) -> None:
    """Remove the directories of networks, and what killed processes left of them; the folder, if it is empty then."""
    folder = members[0].parent
    for member in members:
        checkpoint_of(member).unlink(missing_ok=True)
        for each in (member, checkpoint_of(member)):
            remove_leftovers(each)
        if (member / "model.json").exists():
            shutil.rmtree(member)
    if folder.exists() and not any(folder.iterdir()):
        folder.rmdir()
