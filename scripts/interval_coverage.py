"""How often the intervals of `evaluation.significance` cover the truth, on corpora that are drawn from a known model.

A sentence has Poisson(1.8) entities, and Poisson(0.5) phrases that are none. What a network takes for an entity is
decided by a sum of normal numbers: the quality of its setting and of its seed, how hard the sentence is, how hard the
phrase is (the same for all networks), and the network's own chance. So the F1 on endless text is known: of one network
by a formula, and of a setting as its mean over endless seeds. Every corpus is drawn with new text and new seeds.

A second table is of two settings that are equal: how often one is called better all the same, and how often p alone,
which is of these networks on other text, would have said so.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.random import Generator
from scipy.special import ndtr

from ner_window.evaluation.significance import Floats, Integers, Interval, difference, f1_interval
from ner_window.report.tables import table

#: Entities and other phrases in a sentence; deviations of a sentence, a phrase, and a network's own chance.
ENTITIES, OTHERS = 1.8, 0.5
SENTENCE, PHRASE, CHANCE = 0.7, 1.0, 1.0
#: The quality of two settings, which are about 1.5 points of F1 apart.
QUALITIES = (1.7, 1.6)


@dataclass(frozen=True)
class Case:
    """Corpora of so many sentences, settings of so many seeds, and the deviation of a seed's quality."""

    sentences: int
    seeds: int
    deviation: float


#: A seed's deviation of 0.05 is about half a point of F1: as much as the text's with 3,000 sentences.
CASES = [
    Case(sentences, seeds, deviation)
    for sentences in (200, 3000)
    for seeds, deviations in ((1, (0.05,)), (3, (0.0, 0.02, 0.05, 0.15)), (5, (0.0, 0.02, 0.05, 0.15)))
    for deviation in deviations
]

#: Those of the second table.
EQUAL = [Case(1000, seeds, deviation) for seeds in (1, 3, 5) for deviation in (0.0, 0.02, 0.05)]


def truth(quality: Floats) -> Floats:
    """Return the F1 on endless text of networks of these qualities."""
    right = ndtr(quality / np.sqrt(SENTENCE**2 + PHRASE**2 + CHANCE**2))  # of an entity, and of another phrase
    f1: Floats = 2 * ENTITIES * right / (ENTITIES * right + OTHERS * (1 - right) + ENTITIES)
    return f1


def truth_of_setting(quality: float, deviation: float) -> float:
    """Return the mean of `truth` over endless seeds, by Gauss-Hermite quadrature."""
    points, weights = hermegauss(20)
    return float(np.average(truth(quality + deviation * points), weights=weights))


def draw(case: Case, generator: Generator, qualities: Sequence[float] = QUALITIES) -> Iterator[tuple[Integers, float]]:
    """Yield for each setting the counts (S, n, 3) of its networks on one corpus, and the truth of its F1.

    With one seed that is the F1 of this network, with several that of the setting.
    """
    S, n = case.sentences, case.seeds
    hard = generator.normal(0, SENTENCE, S)
    entities, others = (np.repeat(np.arange(S), generator.poisson(rate, S)) for rate in (ENTITIES, OTHERS))
    ease = hard[entities] + generator.normal(0, PHRASE, len(entities))
    ease_of_others = hard[others] + generator.normal(0, PHRASE, len(others))
    for quality in qualities:
        networks = quality + generator.normal(0, case.deviation, n)
        hit = networks + ease[:, None] + generator.normal(0, CHANCE, (len(entities), n)) > 0
        wrong = networks + ease_of_others[:, None] + generator.normal(0, CHANCE, (len(others), n)) < 0
        columns = [(_per_sentence(entities, hit[:, i], S), _per_sentence(others, wrong[:, i], S)) for i in range(n)]
        all_ = np.bincount(entities, minlength=S)
        counts = np.stack([np.stack([tp, fp, all_ - tp], axis=1) for tp, fp in columns], axis=1)
        yield counts, truth_of_setting(quality, case.deviation) if n > 1 else float(truth(networks)[0])


def _per_sentence(places: Integers, chosen: Integers, sentences: int) -> Integers:
    return np.bincount(places[chosen], minlength=sentences)


def coverage(case: Case, corpora: int, resamples: int, generator: Generator) -> dict[str, tuple[float, float]]:
    """Return, of one setting's F1 and of the difference of two, how often intervals cover it, and their mean width."""
    found: dict[str, list[tuple[bool, float]]] = {"F1": [], "difference": []}
    for _ in range(corpora):
        (one, true_one), (other, true_other) = draw(case, generator)
        _note(found["F1"], f1_interval(one, generator, resamples), true_one)
        both = difference(one, other, generator, resamples).interval
        _note(found["difference"], both, true_one - true_other)
    return {name: tuple(np.mean(pairs, axis=0).tolist()) for name, pairs in found.items()}


def _note(pairs: list[tuple[bool, float]], interval: Interval, true: float) -> None:
    pairs.append((interval.low <= true <= interval.high, interval.high - interval.low))


def false_alarms(case: Case, corpora: int, resamples: int, generator: Generator) -> tuple[float, float]:
    """Return how often one of two equal settings is called better at 95 %, and how often p alone is below 0.05."""
    found = []
    for _ in range(corpora):
        (one, _), (other, _) = draw(case, generator, [QUALITIES[0]] * 2)
        result = difference(one, other, generator, resamples)
        leaves_out_0 = result.interval.low > 0 or result.interval.high < 0
        found.append((leaves_out_0 and result.p_randomization < 0.05, result.p_randomization < 0.05))
    verdict, p_alone = np.mean(found, axis=0).tolist()
    return verdict, p_alone


def points(deviation: float) -> str:
    """Return how far F1 moves with a seed that is better by its deviation, in points."""
    better, usual = truth(np.array([QUALITIES[0] + deviation, QUALITIES[0]]))
    return f"{100 * (better - usual):.2f}"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("corpora", 1000), ("resamples", 500), ("seed", 13)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    how = options.corpora, options.resamples
    rows = [
        (case.sentences, case.seeds, points(case.deviation), name, f"{100 * covers:.1f}", f"{100 * width:.2f}")
        for case in CASES
        for name, (covers, width) in coverage(case, *how, np.random.default_rng(options.seed)).items()
    ]
    cases = ("sentences", "seeds", "deviation of a seed")
    print(table((*cases, "interval of", "covers, %", "width, points of F1"), rows, left=(3,)), end="\n\n", flush=True)
    rows = [
        (case.sentences, case.seeds, points(case.deviation), *(f"{100 * share:.1f}" for share in shares))
        for case in EQUAL
        for shares in [false_alarms(case, *how, np.random.default_rng(options.seed))]
    ]
    print(table((*cases, "equal ones called different, %", "p alone below 0.05, %"), rows))


if __name__ == "__main__":
    main()
