"""Ensembles: several networks, trained from different seeds, whose scores are averaged (Hansen and Salamon 1990)."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from ner_window.config import Config, dump_yaml, load_config
from ner_window.errors import ModelError
from ner_window.experiment import Sources, checkpoint_of, corpora_of
from ner_window.run import dev_facts, versions
from ner_window.scoring import GROUPS, groups_of, score_by
from ner_window.tagger import Tagger


def members_of(config: Config, directory: Path, count: int) -> list[tuple[Config, Path]]:
    """Return the configuration and the model directory of each network: seeds from `seed` on, beside the output."""
    seeds = range(config.seed, config.seed + count)
    folder = directory.with_name(f"{directory.name}.members")
    return [(config.model_copy(update={"seed": seed}), folder / f"seed-{seed}") for seed in seeds]


def is_finished(config: Config, directory: Path) -> bool:
    """Whether a network of an ensemble has been trained to its end.

    Raises
    ------
    ModelError
        It has, but with another configuration.
    """
    if not (directory / "model.json").exists() or checkpoint_of(directory).exists():
        return False
    if load_config(directory / "config.yaml") != config:
        raise ModelError(f"{directory}: was trained with another configuration; start again with --force")
    return True


def combine(
    members: Sequence[Path], config: Config, sources: Sources, directory: Path, command: str, *, force: bool
) -> float:
    """Write the networks of these model directories as one ensemble, remove them, and return its dev F1."""
    first, *others = [Tagger.load(member) for member in members]
    tagger = replace(first, more=tuple(other.parameters for other in others))
    score = score_by(tagger, corpora_of(config, sources)[1], GROUPS, partial(groups_of, tagger), "strict")[1]
    alone = [{"seed": config.seed + i, "dev_f1": member.facts["dev_f1"]} for i, member in enumerate((first, *others))]
    facts = {"versions": versions(), "data": first.facts["data"], **dev_facts(score), "members": alone}
    tagger = replace(tagger, facts={**facts, "config": first.facts["config"]})
    files = {
        "config.yaml": dump_yaml(config),
        "timings.json": json.dumps({"command": command}, indent=2) + "\n",
    }
    tagger.save(directory, force=force, others=files)
    shutil.rmtree(members[0].parent)
    return score.micro.f1
