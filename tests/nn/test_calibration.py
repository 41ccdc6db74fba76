"""The temperature against a fine grid, against what is known of made data, and by hand."""

from itertools import product
from math import exp, log

import numpy as np
import pytest

from ner_window.nn.calibration import LIMITS, PRECISION, lowest, negative_log_likelihood, temperature_of

GRID = np.geomspace(*LIMITS, 6001)  # 0.1 % from one to the next


def draw(seed, lengths, C=3, scale=2.0):
    """Scores, labels of which most are likely, lengths, and a chain."""
    generator = np.random.default_rng(seed)
    T = sum(lengths)
    S, *chain = (generator.normal(0, scale, shape).astype(np.float32) for shape in ((T, C), (C, C), (C,), (C,)))
    y = (S + generator.gumbel(0, 2, (T, C))).argmax(axis=1)
    return S, y, np.array(lengths), tuple(chain)


def plain_loss(S, y, lengths, temperature, chain):
    """The mean -log p of the known labels by a loop over all sequences of each sentence."""
    S, A, start, end = (part.astype(np.float64) for part in (S, *chain))
    costs, first = [], 0
    for n in lengths.tolist():
        paths = np.array(list(product(range(len(start)), repeat=n)))
        scores = start[paths[:, 0]] + end[paths[:, -1]] + A[paths[:, :-1], paths[:, 1:]].sum(axis=1)
        scores = scores + S[np.arange(first, first + n), paths].sum(axis=1)
        weights = np.exp(scores / temperature)
        known = [t for t in range(n) if y[first + t] >= 0]
        costs += [-log(weights[paths[:, t] == y[first + t]].sum() / weights.sum()) for t in known]
        first += n
    return float(np.mean(costs))


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_the_loss_is_that_of_a_sum_over_all_sequences(temperature):
    S, y, lengths, chain = draw(1, [1, 4, 3, 2])
    y[[0, 6]] = -1
    expected = plain_loss(S, y, lengths, temperature, chain)
    assert negative_log_likelihood(S, y, lengths, temperature, chain) == pytest.approx(expected, rel=1e-9)
    nothing = tuple(np.zeros_like(part) for part in chain)
    alone = plain_loss(S, y, lengths, temperature, nothing)  # a chain of zeros is the softmax of each token
    assert negative_log_likelihood(S, y, lengths, temperature) == pytest.approx(alone, rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("with_chain", [False, True])
def test_it_is_the_best_of_a_fine_grid(seed, with_chain):
    S, y, lengths, chain = draw(seed, [5, 1, 9, 0, 7, 30])
    chain = chain if with_chain else None
    losses = [negative_log_likelihood(S, y, lengths, T, chain) for T in GRID[::4]]
    best = GRID[::4][int(np.argmin(losses))]
    found = temperature_of(S, y, lengths, chain)
    assert LIMITS[0] * 1.1 < best < LIMITS[1] / 1.1  # the valley is within
    assert found == pytest.approx(best, rel=0.005)
    assert negative_log_likelihood(S, y, lengths, found, chain) <= min(losses) + 1e-6


def test_by_hand():
    # Scores (ln 9, 0) say p = 9/10 of label 0, which is right 3 times of 4. p = 3/4 would need (ln 3, 0) = half of it.
    S = np.array([[log(9), 0]] * 4, np.float32)
    assert temperature_of(S, np.array([0, 0, 0, 1]), np.array([4])) == pytest.approx(2, rel=2 * PRECISION)


@pytest.mark.parametrize("times", [0.3, 1.0, 2.5])
def test_scores_that_are_a_multiple_of_log_probabilities_give_the_multiple_back(times):
    generator = np.random.default_rng(5)
    S = generator.normal(0, 2, (40_000, 4))
    y = (S + generator.gumbel(0, 1, S.shape)).argmax(axis=1)  # drawn from softmax(S) (Gumbel 1954)
    found = temperature_of((times * S).astype(np.float32), y, np.array([len(y)]))
    assert found == pytest.approx(times, rel=0.03)


def test_a_multiple_of_all_scores_of_sequences_is_a_multiple_of_the_temperature():
    S, y, lengths, chain = draw(2, [6, 2, 11, 20])
    once = temperature_of(S, y, lengths, chain)
    thrice = temperature_of(3 * S, y, lengths, tuple(3 * part for part in chain))
    assert thrice == pytest.approx(3 * once, rel=2 * PRECISION)


@pytest.mark.parametrize("with_chain", [False, True])
def test_labels_that_training_has_not_seen_are_left_out(with_chain):
    S, y, lengths, chain = draw(3, [1] * 40)  # sentences of one token: leaving out the label is leaving out the token
    hidden = y.copy()
    hidden[::3] = -1
    chain = chain if with_chain else None
    kept = hidden >= 0
    expected = temperature_of(S[kept], y[kept], lengths[kept], chain)
    assert temperature_of(S, hidden, lengths, chain) == pytest.approx(expected, rel=1e-6)
    assert temperature_of(S, np.full(40, -1), lengths, chain) == 1


def test_it_has_limits():
    S, n = np.array([[4, 0]] * 3, np.float32), np.array([3])
    assert temperature_of(S, np.zeros(3, int), n) == pytest.approx(LIMITS[0], rel=PRECISION)  # never wrong
    assert temperature_of(S, np.ones(3, int), n) == pytest.approx(LIMITS[1], rel=PRECISION)  # always wrong


def test_scores_that_are_far_apart_lose_nothing():
    S = np.array([[3000, 0], [0, 2000]], np.float32)
    assert negative_log_likelihood(S, np.array([1, 1]), np.array([2]), 2.0) == 750  # 3000 / 2 and 0, halved
    nothing = tuple(np.zeros(shape, np.float32) for shape in ((2, 2), (2,), (2,)))
    assert np.isfinite(negative_log_likelihood(S, np.array([1, 1]), np.array([2]), 2.0, nothing))


@pytest.mark.parametrize("place", [-2.9, 0.0, 0.618, 2.9])
def test_golden_section_finds_a_valley_with_one_value_a_step(place):
    asked = []

    def valley(u):
        asked.append(u)
        return (exp(u - place) + exp(place - u)) / 2

    assert lowest(valley, -3, 3) == pytest.approx(place, abs=PRECISION)
    assert len(asked) == 21  # two, and 0.618^19 < 0.001 / 6 < 0.618^18
