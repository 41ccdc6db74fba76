"""What may be concluded of settings: intervals, tests of each against the first, and where they differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ner_window.comparison.settings import Setting, same_predictions
from ner_window.evaluation.significance import (
    Difference,
    Interval,
    Resampling,
    difference,
    f1_interval,
    found,
    holm,
)
from ner_window.text.entity_columns import Integers, phrases

Verdict = Literal["better", "worse", "not distinguishable", "same predictions"]


@dataclass(frozen=True)
class Pair:
    """A setting compared with the first: its F1 less the first one's, and the verdict.

    Both p are corrected for all pairs: `p` of the randomisation, which the verdict goes by, and that of the bootstrap.
    """

    first: Setting
    other: Setting
    difference: Difference
    p: float
    p_bootstrap: float
    verdict: Verdict


@dataclass(frozen=True)
class Comparison:
    """Settings with the interval of the F1 of each, and each but the first compared with the first.

    The intervals of the differences are at `pair_level`: all of them cover the truth in the share `how.level` of cases.
    """

    settings: list[Setting]
    intervals: list[Interval]
    pairs: list[Pair]
    how: Resampling
    pair_level: float


@dataclass(frozen=True)
class Found:
    """An entity of the gold standard and how many systems of each of two settings find it."""

    text: str
    type: str
    where: str
    one: int
    other: int


def compare(settings: Sequence[Setting], how: Resampling) -> Comparison:
    """Compare each setting with the first.

    Of several comparisons each is made at a higher level: the level of the intervals is Bonferroni's, p is corrected as
    Holm (1979) does.
    """
    intervals = [f1_interval(s.counts, how.generator(), how.resamples, how.level) for s in settings]
    first, *others = settings
    pair_level = 1 - (1 - how.level) / max(1, len(others))
    tests = [difference(s.counts, first.counts, how.generator(), how.resamples, pair_level) for s in others]
    corrected = holm([each.p_randomization for each in tests]), holm([each.p_bootstrap for each in tests])
    pairs = [
        Pair(first, other, each, p, p_bootstrap, _verdict(first, other, each.interval, p < 1 - how.level))
        for other, each, p, p_bootstrap in zip(others, tests, *corrected, strict=True)
    ]
    return Comparison(list(settings), intervals, pairs, how, pair_level)


def _verdict(first: Setting, other: Setting, interval: Interval, unlikely: bool) -> Verdict:
    """Judge as one who would rather say too little: the interval must leave out 0, and p must be low."""
    if same_predictions(first, other):
        return "same predictions"
    if unlikely and interval.low > 0:
        return "better"
    return "worse" if unlikely and interval.high < 0 else "not distinguishable"


def only_found_by(one: Setting, other: Setting) -> list[Found]:
    """Return the gold entities that a larger share of the first setting's systems finds, the largest excess first."""
    system = one.systems[0]
    entities = system.gold.entities()
    of_one, of_other = (_finders(setting) for setting in (one, other))
    excess = of_one * len(other.systems) - of_other * len(one.systems)
    places = np.flatnonzero(excess > 0)
    places = places[np.argsort(-excess[places], kind="stable")]
    texts = [" ".join(words) for words in phrases(system.corpus.text, entities[places])]
    types, starts = entities[places].names(), entities.start[places].tolist()
    return [
        Found(text, type_, system.corpus.corpus.where(start), a, b)
        for text, type_, start, a, b in zip(
            texts, types, starts, of_one[places].tolist(), of_other[places].tolist(), strict=True
        )
    ]


def _finders(setting: Setting) -> Integers:
    """Return by how many systems of a setting each gold entity (N,) is found."""
    finders: Integers = np.sum([found(system.gold, system.predicted) for system in setting.systems], axis=0)
    return finders
