"""How far an entity F1 would move with other text and with other seeds: bootstrap intervals and paired tests.

Everything is made from counts per sentence, which are made once. A resample draws as many sentences as there are, with
replacement (Efron and Tibshirani 1993, chapter 13). Sentences with equal counts are alike: how often each kind of them
is drawn is one multinomial draw, so that a resample costs what the kinds cost, not what the corpus costs.

Sentences are taken as independent. Those of one document are a little less so: intervals of few long documents are
somewhat too narrow.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ner_window.text.entity_columns import Flags, Integers
from ner_window.text.tag_columns import TagColumn

Floats = NDArray[np.floating[Any]]

#: How often each kind of sentence is drawn, held at a time: 32 MB.
CELLS = 1 << 22
#: Two differences of F1 that are nearer than this are equal: their last bits differ.
NEAR = 1e-12


@dataclass(frozen=True)
class Resampling:
    """How many resamples are drawn, from which seed, and of what share of cases an interval shall cover the truth."""

    resamples: int = 10_000
    seed: int = 13
    level: float = 0.95

    def generator(self) -> Generator:
        """Return a new generator: what is drawn for one interval does not depend on what else is asked for."""
        return np.random.default_rng(self.seed)


@dataclass(frozen=True)
class Interval:
    """An estimate and the limits of its confidence interval; of F1, fractions."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """The F1 of one setting less that of another, its interval, and the p of two tests that it is none.

    `seeds_vary` tells that both settings have several seeds: only then does the interval hold for other seeds.
    """

    interval: Interval
    p_bootstrap: float
    p_randomization: float
    seeds_vary: bool


def found(gold: TagColumn, predicted: TagColumn) -> Flags:
    """Return which of the gold entities (N,) are predicted, with both ends and the type right.

    Raises
    ------
    ValueError
        The sentences are not as long in both.
    """
    if not np.array_equal(gold.lengths, predicted.lengths):
        raise ValueError("expected sentences of the same lengths in gold and predicted")
    correct, system = gold.entities(), predicted.entities()
    places = {type_: i for i, type_ in enumerate(correct.types)}
    types = np.array([places.get(type_, -1) for type_ in system.types], np.intp)
    _, i, j = np.intersect1d(correct.start, system.start, assume_unique=True, return_indices=True)
    same = (correct.end[i] == system.end[j]) & (correct.type[i] == types[system.type[j]])
    flags = np.zeros(len(correct), bool)
    flags[i[same]] = True
    return flags


def counts_of_sentences(gold: TagColumn, predicted: TagColumn) -> Integers:
    """Return tp, fp and fn of the entities of each sentence (S, 3); see `found` for what is raised."""
    ends = np.cumsum(gold.lengths)
    hit, starts = found(gold, predicted), gold.entities().start

    def per_sentence(tokens: Integers) -> Integers:
        return np.bincount(np.searchsorted(ends, tokens, "right"), minlength=len(ends))

    tp = per_sentence(starts[hit])
    return np.stack([tp, per_sentence(predicted.entities().start) - tp, per_sentence(starts[~hit])], axis=1)


def f1_of(counts: Integers | Floats) -> Floats:
    """Return 2 tp / (2 tp + fp + fn) of counts (..., 3); without an entity it is 0."""
    tp, wrong = counts[..., 0], counts[..., 1] + counts[..., 2]
    f1: Floats = 2 * tp / np.where(tp > 0, 2 * tp + wrong, 1)
    return f1


def resampled(counts: Integers, generator: Generator, resamples: int) -> Floats:
    """Return the F1 (R, n) of n runs in each of R resamples of the sentences, the same for all runs.

    Parameters
    ----------
    counts : (S, n, 3) integers
        tp, fp and fn of each sentence in each run.
    """
    sentences, runs, _ = counts.shape
    kinds, number = np.unique(counts.reshape(sentences, -1), axis=0, return_counts=True)
    size = max(1, CELLS // len(kinds))
    parts = []
    for start in range(0, resamples, size):
        drawn = generator.multinomial(sentences, number / sentences, min(size, resamples - start))  # (r, kinds)
        parts.append(f1_of((drawn @ kinds.astype(np.float64)).reshape(-1, runs, 3)))
    return np.concatenate(parts)


def interval_of(gold: TagColumn, predicted: TagColumn, how: Resampling) -> Interval:
    """Return the micro F1 of predicted tags with a confidence interval for other text; see `found` for what is raised.

    It is what `f1_interval` returns of one seed.
    """
    counts = counts_of_sentences(gold, predicted)[:, None]
    return f1_interval(counts, how.generator(), how.resamples, how.level)


def f1_interval(counts: Integers, generator: Generator, resamples: int = 10_000, level: float = 0.95) -> Interval:
    """Return the micro F1 of a setting, the mean over its seeds, with a confidence interval.

    Parameters
    ----------
    counts : (S, n, 3) integers
        tp, fp and fn of each sentence in the runs of the n seeds. With one seed the interval holds for other text
        tagged by this run; with several it holds for other text and other seeds; see `_interval`.
    """
    limits = _interval([counts], resampled(counts, generator, resamples), level)
    return Interval(limits.value, max(0.0, limits.low), min(1.0, limits.high))


def difference(
    one: Integers, other: Integers, generator: Generator, resamples: int = 10_000, level: float = 0.95
) -> Difference:
    """Return the F1 of one setting less that of another on the same sentences, and whether it may be chance.

    Parameters
    ----------
    one, other : (S, n, 3) and (S, m, 3) integers
        tp, fp and fn of each sentence in the runs of each setting.

    Notes
    -----
    `p_bootstrap` is that of the paired bootstrap: both settings on the same resamples, and the share of them in which
    the difference is as far from the one observed as that is from 0 (Berg-Kirkpatrick et al. 2012, two-sided). Like
    `p_randomization` it is about these runs and other text; the interval is also about other seeds.
    """
    groups = [one, other]
    f1 = resampled(np.concatenate(groups, axis=1), generator, resamples)
    interval = _interval(groups, f1, level)
    interval = Interval(interval.value, max(-1.0, interval.low), min(1.0, interval.high))
    differences = _contrast(groups, f1)
    far = np.abs(differences - interval.value) >= abs(interval.value) - NEAR
    p_randomization = randomization_p(one, other, generator, resamples)
    return Difference(interval, _p(far), p_randomization, min(one.shape[1], other.shape[1]) > 1)


def randomization_p(one: Integers, other: Integers, generator: Generator, resamples: int = 10_000) -> float:
    """Return the two-sided p of approximate randomisation (Noreen 1989, Yeh 2000).

    If both settings were one, each sentence's counts could as well be the other's: they are swapped with probability
    1/2, and p is the share of such swaps that part the two as far as they are parted. Of several seeds the counts are
    summed, scaled to equal numbers of seeds. What is tested is these networks on other text.

    Parameters
    ----------
    one, other : (S, n, 3) and (S, m, 3) integers
        tp, fp and fn of each sentence in the runs of each setting.
    """
    a, b = one.sum(axis=1) * other.shape[1], other.sum(axis=1) * one.shape[1]
    changes = b - a
    kinds, number = np.unique(changes[changes.any(axis=1)], axis=0, return_counts=True)
    observed = abs(float(f1_of(a.sum(axis=0)) - f1_of(b.sum(axis=0))))
    size, far = max(1, CELLS // max(1, len(kinds))), []
    for start in range(0, resamples, size):
        swapped = generator.binomial(number, 0.5, (min(size, resamples - start), len(kinds)))
        moved = swapped @ kinds  # (r, 3)
        apart = np.abs(f1_of(a.sum(axis=0) + moved) - f1_of(b.sum(axis=0) - moved))
        far.append(apart >= observed - NEAR)
    return _p(np.concatenate(far))


def holm(values: Sequence[float]) -> list[float]:
    """Return the p of several tests so that one below alpha is false in alpha of the cases at most (Holm 1979)."""
    adjusted, highest = [0.0] * len(values), 0.0
    for rank, i in enumerate(sorted(range(len(values)), key=lambda i: values[i])):
        highest = max(highest, min(1.0, (len(values) - rank) * values[i]))
        adjusted[i] = highest
    return adjusted


def _p(far: Flags) -> float:
    """Return the share of resamples that are as far, what was observed counted as one: never 0."""
    return (1 + int(np.count_nonzero(far))) / (1 + len(far))


def _contrast(groups: Sequence[Integers], f1: Floats) -> Floats:
    """Return the mean over the runs of the first group, less that of the second if there is one."""
    cuts = np.cumsum([group.shape[1] for group in groups])[:-1]
    first, *others = (part.mean(axis=-1) for part in np.split(f1, cuts, axis=-1))
    contrast: Floats = first - sum(others)
    return contrast


def _interval(groups: Sequence[Integers], f1: Floats, level: float) -> Interval:
    """Return the F1 of a setting, or of one less another, with limits that hold for other text and other seeds.

    The text's share of the way from the estimate to a limit is that of the bootstrap's percentile, with the seeds as
    they are. The seeds' share is t times the standard error that is due to them; a setting of one seed has none. The
    shares are independent and are added as squares (Zou and Donner 2008). `scripts/coverage` shows what this covers.
    """
    value = float(_contrast(groups, np.concatenate([f1_of(group.sum(axis=0)) for group in groups])))
    low, high = np.quantile(_contrast(groups, f1), [(1 - level) / 2, (1 + level) / 2])
    seeds = _of_seeds(groups, f1, level) ** 2
    down, up = (math.sqrt(max(0.0, way) ** 2 + seeds) for way in (value - low, high - value))
    return Interval(value, value - down, value + up)


def _of_seeds(groups: Sequence[Integers], f1: Floats, level: float) -> float:
    """Return the way from the estimate to a limit that is due to the seeds: t with Welch's (1947) degrees of freedom.

    The runs' F1 also part because each is right in other sentences by chance. That is in the text's share already: its
    variance, which the resamples show, is taken off.
    """
    cuts = np.cumsum([group.shape[1] for group in groups])[:-1]
    parts = [(counts, part) for counts, part in zip(groups, np.split(f1, cuts, axis=1), strict=True)]
    several = [(counts.shape[1], _variance(counts, part)) for counts, part in parts if counts.shape[1] > 1]
    squared = sum(variance / n for n, variance in several)
    if not squared:
        return 0.0
    from scipy.special import stdtrit

    freedom = squared**2 / sum((variance / n) ** 2 / (n - 1) for n, variance in several)
    t = float(stdtrit(freedom, (1 + level) / 2))
    return t * math.sqrt(squared)


def _variance(counts: Integers, f1: Floats) -> float:
    """Return the variance of F1 that is due to the seeds, of n > 1 runs and their F1 (R, n) on the resamples."""
    n: int = counts.shape[1]
    of_text = float((f1 - f1.mean(axis=1, keepdims=True)).var(axis=0).sum()) / (n - 1)
    return max(0.0, float(f1_of(counts.sum(axis=0)).var(ddof=1)) - of_text)
