"""Systems that differ in nothing but the seed, together as one setting."""

import json
import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ner_window.comparison.systems import System, check_same_gold, entity_rows
from ner_window.evaluation.significance import counts_of_sentences
from ner_window.text.entity_columns import Integers


@dataclass(frozen=True)
class Setting:
    """A setting by its letter, with a system for each seed, and tp, fp and fn of each sentence (S, n, 3) in each."""

    label: str
    systems: tuple[System, ...]
    counts: Integers

    @property
    def settings(self) -> dict[str, Any]:
        """What all systems of it follow from, but for the seed."""
        return self.systems[0].settings


def group(systems: Sequence[System]) -> tuple[list[Setting], list[str]]:
    """Return the settings in the order of their first systems, and a note for each system that is there twice.

    Raises
    ------
    CorpusError
        Two systems were not given the same sentences with the same entities.
    """
    groups: dict[str, dict[int | None, System]] = {}
    notes = []
    for system in systems:
        check_same_gold(systems[0], system)
        seeds = groups.setdefault(json.dumps(system.settings, sort_keys=True), {})
        if system.seed in seeds:
            notes.append(f"{system.name}: left out: the same setting and seed as {seeds[system.seed].name}")
        seeds.setdefault(system.seed, system)
    return [_setting(i, list(seeds.values())) for i, seeds in enumerate(groups.values())], notes


def _setting(number: int, systems: Sequence[System]) -> Setting:
    counts = [counts_of_sentences(system.gold, system.predicted) for system in systems]
    return Setting(letters(number), tuple(systems), np.stack(counts, axis=1))


def letters(number: int) -> str:
    """Return A, B ... Z, AA, AB ... for 0, 1 ..."""
    rest, last = divmod(number, 26)
    return (letters(rest - 1) if rest else "") + string.ascii_uppercase[last]


def keys_that_differ(settings: Sequence[Setting]) -> list[str]:
    """Return the dotted keys that have not the same value in all settings."""
    keys = list(dict.fromkeys(key for setting in settings for key in setting.settings))
    first = settings[0].settings
    return [key for key in keys if any(other.settings.get(key) != first.get(key) for other in settings[1:])]


def same_predictions(one: Setting, other: Setting) -> bool:
    """Whether the systems of both, seed by seed in whatever order, predict the same entities."""

    def all_of(setting: Setting) -> list[list[tuple[int, int, str]]]:
        return sorted(entity_rows(system.predicted.entities()) for system in setting.systems)

    return all_of(one) == all_of(other)
