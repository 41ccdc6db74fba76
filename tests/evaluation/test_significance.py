import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ner_window.evaluation import significance
from ner_window.evaluation.metrics import score_columns
from ner_window.evaluation.significance import (
    Resampling,
    counts_of_sentences,
    difference,
    f1_interval,
    f1_of,
    found,
    holm,
    interval_of,
    randomization_p,
    resampled,
)
from ner_window.text.tag_columns import TagColumn
from ner_window.text.tagging import entities_of

TAGS = ["O", *(f"{prefix}-{type_}" for prefix in "BIES" for type_ in ("PER", "LOC", "ORG"))]
CORPORA = st.lists(
    st.lists(st.tuples(st.sampled_from(TAGS), st.sampled_from(TAGS)), max_size=8), min_size=1, max_size=6
)
COUNTS = st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=8)


def generator(seed=13):
    return np.random.default_rng(seed)


def runs(*lists):
    """Counts (S, n, 3) of n runs, each given as a list of sentences."""
    return np.stack([np.array(counts) for counts in lists], axis=1)


def drawn(sentences, n=1, quality=0.8, seed=0):
    """Counts of n runs on sentences of up to three entities, each found with some probability."""
    g = generator(seed)
    entities = g.integers(0, 4, sentences)
    tp = g.binomial(entities[:, None], quality, (sentences, n))
    return np.stack([tp, g.binomial(1, 0.2, (sentences, n)), entities[:, None] - tp], axis=2)


def plain_f1(sentences):
    tp, fp, fn = (sum(column) for column in zip(*sentences, strict=True))
    return 2 * tp / (2 * tp + fp + fn) if tp else 0.0


@given(CORPORA)
def test_counts_equal_those_of_sets_of_entities(corpus):
    gold, predicted = ([[row[i] for row in sentence] for sentence in corpus] for i in range(2))
    columns = TagColumn.of(gold), TagColumn.of(predicted)
    expected = []
    for one, two in zip(gold, predicted, strict=True):
        correct, system = set(entities_of(one)), set(entities_of(two))
        expected.append([len(correct & system), len(system - correct), len(correct - system)])
    assert counts_of_sentences(*columns).tolist() == expected
    assert found(*columns).sum() == sum(tp for tp, _, _ in expected)
    # all sentences once: the micro F1
    assert f1_of(counts_of_sentences(*columns).sum(axis=0)) == score_columns(*columns).micro.f1


def test_which_entities_are_found():
    gold = TagColumn.of([["B-PER", "I-PER", "O"], [], ["B-LOC", "B-LOC", "B-ORG"]])
    predicted = TagColumn.of([["B-PER", "O", "O"], [], ["B-LOC", "B-PER", "B-ORG"]])
    # the first ends too early, the third has another type
    assert found(gold, predicted).tolist() == [False, True, False, True]
    assert counts_of_sentences(gold, predicted).tolist() == [[0, 1, 1], [0, 0, 0], [2, 1, 1]]


def test_sentences_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match="expected sentences of the same lengths in gold and predicted"):
        found(TagColumn.of([["O"], ["O"]]), TagColumn.of([["O", "O"]]))


def test_f1_of_nothing_is_0():
    assert f1_of(np.array([[0, 0, 0], [0, 2, 0], [1, 1, 0]])).tolist() == [0, 0, pytest.approx(2 / 3)]


class Recorder:
    """A generator that keeps what it drew."""

    def __init__(self):
        self.generator, self.draws = generator(), []

    def multinomial(self, *arguments):
        self.draws.append(self.generator.multinomial(*arguments))
        return self.draws[-1]


def test_a_resample_is_that_of_a_loop_over_its_sentences(monkeypatch):
    monkeypatch.setattr(significance, "CELLS", 40)  # several parts
    counts = drawn(12, n=2)
    recorder = Recorder()
    f1 = resampled(counts, recorder, 25)
    assert len(recorder.draws) > 2
    kinds = sorted({tuple(map(tuple, sentence)) for sentence in counts.tolist()})
    for row, weights in zip(f1, np.concatenate(recorder.draws), strict=True):
        assert weights.sum() == 12
        sentences = [kind for kind, n in zip(kinds, weights, strict=True) for _ in range(n)]
        for run in range(2):
            assert row[run] == pytest.approx(plain_f1([sentence[run] for sentence in sentences]))


def test_resamples_of_kinds_are_spread_like_those_of_sentences():
    counts = drawn(60)
    ours = resampled(counts, generator(), 4000)[:, 0]
    g, plain = generator(1), []
    for _ in range(4000):
        plain.append(plain_f1([counts[i, 0] for i in g.integers(60, size=60)]))
    # the error of a deviation of 4,000 numbers is 1.1 %, that of a mean 1.6 % of it
    assert ours.std() == pytest.approx(np.std(plain), rel=0.06)
    assert ours.mean() == pytest.approx(np.mean(plain), abs=0.1 * ours.std())


def test_percentiles_of_one_run_are_its_interval():
    counts = drawn(50)
    interval = f1_interval(counts, generator(), 2000, 0.9)
    low, high = np.quantile(resampled(counts, generator(), 2000)[:, 0], [0.05, 0.95])
    assert (interval.low, interval.high) == (pytest.approx(low), pytest.approx(high))
    assert interval.value == plain_f1(counts[:, 0].tolist())


def test_seeds_widen_the_interval_as_t_says():
    # every sentence alike: the text says nothing, all is the seeds'. F1 is 2/4, 4/5 and 6/6 of 3 entities found 1, 2, 3
    counts = np.array([[[1, 0, 2], [2, 0, 1], [3, 0, 0]]] * 20)
    f1 = [2 / 4, 4 / 5, 1.0]
    mean = sum(f1) / 3
    error = math.sqrt(sum((x - mean) ** 2 for x in f1) / 2 / 3)
    interval = f1_interval(counts, generator(), 100)
    assert interval.value == pytest.approx(mean)
    assert interval.low == pytest.approx(mean - 4.302653 * error)  # t of 2 degrees of freedom
    assert interval.high == 1.0  # no F1 is higher


def test_seeds_of_two_settings_have_welchs_degrees_of_freedom():
    one = np.array([[[1, 0, 2], [2, 0, 1]]] * 20)  # F1 1/2 and 4/5: variance 0.045
    other = np.array([[[1, 0, 2], [1, 0, 2], [2, 0, 1]]] * 20)  # 1/2, 1/2, 4/5: variance 0.03
    interval = difference(one, other, generator(), 100).interval
    a, b = 0.045 / 2, 0.03 / 3
    freedom = (a + b) ** 2 / (a**2 / 1 + b**2 / 2)  # 0.0325^2 / (0.0225^2 + 0.01^2 / 2) = 1.899
    assert freedom == pytest.approx(1.899, abs=0.001)
    assert interval.value == pytest.approx(0.65 - 0.6)
    assert interval.high - interval.value == pytest.approx(stats.t.ppf(0.975, freedom) * math.sqrt(a + b))


def test_chance_of_the_runs_is_not_taken_for_seeds():
    # runs of one quality, so that only chance parts their F1: with the seeds' share the interval is hardly wider
    widths = []
    for seed in range(20):
        counts = drawn(400, n=5, seed=seed)
        interval = f1_interval(counts, generator(), 300)
        low, high = np.quantile(resampled(counts, generator(), 300).mean(axis=1), [0.025, 0.975])
        widths.append((interval.high - interval.low) / (high - low))
    assert min(widths) == pytest.approx(1)
    assert np.median(widths) < 1.25


def plain_p(one, other):
    """Go through all swaps."""
    observed = abs(plain_f1(one) - plain_f1(other))
    far = 0
    for swaps in itertools.product((False, True), repeat=len(one)):
        pairs = [(b, a) if swap else (a, b) for swap, a, b in zip(swaps, one, other, strict=True)]
        first, second = zip(*pairs, strict=True)
        far += abs(plain_f1(first) - plain_f1(second)) >= observed - 1e-9
    return far / 2 ** len(one)


@pytest.mark.parametrize("seed", range(4))
def test_randomization_estimates_the_share_of_all_swaps(seed):
    one, other = drawn(9, quality=0.9, seed=seed), drawn(9, quality=0.4, seed=seed)
    exact = plain_p(one[:, 0].tolist(), other[:, 0].tolist())
    p = randomization_p(one, other, generator(seed), 4000)
    assert p == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 4000) + 1 / 4000)


def test_randomization_of_seeds_is_that_of_their_mean_counts():
    one, other = drawn(9, n=2, quality=0.9), drawn(9, n=3, quality=0.5)
    exact = plain_p(one.mean(axis=1).tolist(), other.mean(axis=1).tolist())
    p = randomization_p(one, other, generator(), 4000)
    assert p == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 4000) + 1 / 4000)


def test_randomization_in_parts_is_the_same(monkeypatch):
    one, other = drawn(30, quality=0.9), drawn(30, quality=0.7)
    whole = randomization_p(one, other, generator(), 500)
    monkeypatch.setattr(significance, "CELLS", 50)
    assert randomization_p(one, other, generator(), 500) == whole


def test_paired_bootstrap_equals_a_loop():
    one, other = drawn(20, quality=0.9), drawn(20, quality=0.75)
    result = difference(one, other, generator(), 300)
    f1 = resampled(np.concatenate([one, other], axis=1), generator(), 300)
    observed = plain_f1(one[:, 0].tolist()) - plain_f1(other[:, 0].tolist())
    far = sum(abs(a - b - observed) >= abs(observed) for a, b in f1.tolist())
    assert result.p_bootstrap == (1 + far) / 301
    assert result.interval.value == pytest.approx(observed)


@given(COUNTS, st.integers(1, 3))
def test_identical_systems_have_no_difference(counts, n):
    same = runs(*[counts] * n)
    result = difference(same, same, generator(), 50)
    assert (result.interval.low, result.interval.value, result.interval.high) == pytest.approx((0, 0, 0), abs=1e-12)
    assert result.p_bootstrap == result.p_randomization == 1
    assert result.seeds_vary == (n > 1)


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 6), min_size=1, max_size=8), st.integers(0, 9))
def test_a_difference_the_other_way_round_is_its_mirror(rows, seed):
    one, other = runs([row[:3] for row in rows]), runs([row[3:] for row in rows])
    there, back = difference(one, other, generator(seed), 50), difference(other, one, generator(seed), 50)
    assert there.interval.value == pytest.approx(-back.interval.value)
    for result in (there, back):
        assert -1 <= result.interval.low <= result.interval.value + 1e-12
        assert result.interval.value - 1e-12 <= result.interval.high <= 1
        assert 1 / 51 <= result.p_randomization <= 1
        assert 1 / 51 <= result.p_bootstrap <= 1


@given(st.lists(COUNTS.filter(lambda rows: len(rows) == 4), min_size=1, max_size=3), st.integers(0, 9))
def test_an_interval_holds_the_f1_and_depends_on_the_seed_alone(lists, seed):
    counts = runs(*lists)
    first, second = (f1_interval(counts, generator(seed), 40) for _ in range(2))
    assert first == second
    assert 0 <= first.low <= first.value + 1e-12
    assert first.value - 1e-12 <= first.high <= 1


def test_an_interval_does_not_depend_on_the_order_of_the_sentences():
    counts = drawn(30, n=2)
    assert f1_interval(counts, generator(), 200) == f1_interval(counts[::-1], generator(), 200)


def test_the_interval_of_tags_is_that_of_their_counts():
    gold = TagColumn.of([["B-PER", "O"], ["B-LOC", "B-ORG"], ["O", "B-PER"]])
    predicted = TagColumn.of([["B-PER", "O"], ["B-LOC", "O"], ["B-PER", "O"]])
    how = Resampling(resamples=100, seed=3, level=0.8)
    counts = counts_of_sentences(gold, predicted)[:, None]
    assert interval_of(gold, predicted, how) == f1_interval(counts, generator(3), 100, 0.8)


def test_defaults_are_ten_thousand_resamples_and_95_percent():
    one, other, recorder = drawn(20, quality=0.9), drawn(20, quality=0.6), Recorder()
    assert f1_interval(one, recorder) == f1_interval(one, generator(), 10_000, 0.95)
    assert sum(map(len, recorder.draws)) == 10_000
    result = difference(one, other, generator())
    assert result.interval == difference(one, other, generator(), 10_000, 0.95).interval
    for p in (result.p_bootstrap, result.p_randomization, randomization_p(one, other, generator())):
        assert p * 10_001 == pytest.approx(round(p * 10_001), abs=1e-6)  # a share of 10,000 and what was observed
        assert p < 0.5
    assert Resampling() == Resampling(10_000, 13, 0.95)


def test_holm_by_hand():
    # in order 0.01, 0.02, 0.03, 0.5: 4 x 0.01, 3 x 0.02, 2 x 0.03, 1 x 0.5, none less than the one before
    assert holm([0.03, 0.5, 0.01, 0.02]) == pytest.approx([0.06, 0.5, 0.04, 0.06])
    assert holm([0.4, 0.6]) == pytest.approx([0.8, 0.8])
    assert holm([0.9, 0.9]) == [1, 1]
    assert holm([]) == []


def test_seeds_vary_only_if_both_settings_have_several():
    one, two = drawn(5), drawn(5, n=2)
    found = [difference(a, b, generator(), 20).seeds_vary for a in (one, two) for b in (one, two)]
    assert found == [False, False, False, True]


def test_resamples_are_drawn_from_the_seed():
    assert Resampling(seed=3).generator().random(4).tolist() == generator(3).random(4).tolist()
