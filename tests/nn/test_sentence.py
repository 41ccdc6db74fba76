"""The sentence objective against a sum over all tag sequences, written out."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner_window.nn import sentence
from ner_window.nn.gradcheck import central_differences, relative_error
from ner_window.nn.objectives import softmax_cross_entropy
from ner_window.nn.sentence import Steps, marginals, sentence_log_likelihood


def draw(seed, lengths, C=3, scale=1.0):
    generator = np.random.default_rng(seed)
    T = sum(lengths)
    S, A, start, end = (generator.normal(0, scale, shape) for shape in ((T, C), (C, C), (C,), (C,)))
    return S, generator.integers(0, C, T), np.array(lengths), A, start, end


def sequence_score(path, S, A, start, end):
    total = start[path[0]] + end[path[-1]]
    for t, label in enumerate(path):
        total += S[t, label] + (A[path[t - 1], label] if t else 0)
    return total


def by_enumeration(S, y, lengths, A, start, end):
    """J and the marginals by a loop over all sequences of each sentence."""
    J, p, first = 0.0, np.zeros_like(S), 0
    for n in lengths.tolist():
        here = slice(first, first + n)
        paths = list(product(range(len(start)), repeat=n))
        weights = np.exp([sequence_score(path, S[here], A, start, end) for path in paths])
        J += np.log(weights.sum()) - sequence_score(y[here].tolist(), S[here], A, start, end)
        for path, weight in zip(paths, weights / weights.sum(), strict=True):
            for t, label in enumerate(path):
                p[first + t, label] += weight
        first += n
    return J / len(y), p


LENGTHS = st.lists(st.integers(1, 5), min_size=1, max_size=4)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), LENGTHS)
def test_loss_and_marginals_equal_the_sum_over_all_sequences(seed, lengths):
    S, y, lengths, A, start, end = draw(seed, lengths)
    J, p = by_enumeration(S, y, lengths, A, start, end)
    assert sentence_log_likelihood(S, y, lengths, A, start, end)[0] == pytest.approx(J, rel=1e-10, abs=1e-12)
    np.testing.assert_allclose(marginals(S, lengths, A, start, end), p, atol=1e-12)


@pytest.mark.parametrize("lengths", [[1], [4], [2, 2], [3, 1, 5, 1]])
def test_every_gradient_agrees_with_central_differences(lengths):
    S, y, lengths, A, start, end = draw(1, lengths)
    gradients = sentence_log_likelihood(S, y, lengths, A, start, end)[1]()
    for parameter, gradient in zip((S, A, start, end), gradients, strict=True):
        numeric = central_differences(lambda: sentence_log_likelihood(S, y, lengths, A, start, end)[0], parameter)
        assert relative_error(gradient, numeric) < 1e-6


def test_without_scores_of_steps_it_is_softmax_cross_entropy():
    S, y, lengths, A, start, end = draw(2, [3, 4, 1])
    J, backprop = sentence_log_likelihood(S, y, lengths, 0 * A, 0 * start, 0 * end)
    expected, softmax_back = softmax_cross_entropy(S, y)
    assert pytest.approx(expected, rel=1e-12) == J
    np.testing.assert_allclose(backprop()[0], softmax_back(), atol=1e-14)


def test_loss_by_hand():
    # one sentence of two tokens, two labels, all scores 0 but A[0, 1] = log 3: the sequences weigh 1, 3, 1, 1;
    # the correct one is 0 1: J = (log 6 - log 3) / 2 tokens
    J, backprop = sentence_log_likelihood(
        np.zeros((2, 2)), np.array([0, 1]), np.array([2]), np.array([[0, np.log(3)], [0, 0]]), np.zeros(2), np.zeros(2)
    )
    assert pytest.approx(np.log(2) / 2) == J
    dS, dA, dstart, dend = backprop()
    # p(first = 0) = 4/6, p(second = 1) = 4/6, p(0 -> 1) = 3/6, p(others) = 1/6 each; all less the correct one, over 2
    np.testing.assert_allclose(dS, np.array([[4 / 6 - 1, 2 / 6], [2 / 6, 4 / 6 - 1]]) / 2, atol=1e-15)
    np.testing.assert_allclose(dA, np.array([[1 / 6, 3 / 6 - 1], [1 / 6, 1 / 6]]) / 2, atol=1e-15)
    np.testing.assert_allclose(dstart, np.array([4 / 6 - 1, 2 / 6]) / 2, atol=1e-15)
    np.testing.assert_allclose(dend, np.array([2 / 6, 4 / 6 - 1]) / 2, atol=1e-15)


def as_dtype(arrays, dtype):
    """Return arrays with their floats as another type."""
    return [x.astype(dtype) if x.dtype.kind == "f" else x for x in arrays]


@pytest.mark.parametrize("scale", [30, 100, 300, 1000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huge_scores_do_not_overflow(dtype, scale):
    drawn = as_dtype(draw(3, [40, 2], scale=scale), np.float32)  # numbers that both types have
    J, backprop = sentence_log_likelihood(*as_dtype(drawn, dtype))
    exact, exact_back = sentence_log_likelihood(*as_dtype(drawn, np.float64))
    assert pytest.approx(exact, rel=1e-6) == J
    assert np.isfinite(exact)
    for gradient, expected in zip(backprop(), exact_back(), strict=True):
        assert gradient.dtype == dtype
        assert np.isfinite(expected).all()
        # in float32 a sum of 40 scores of 1000, a logarithm, is exact to 40,000 / 2^24 = 0.002
        np.testing.assert_allclose(gradient, expected, atol=40 * scale / 2**24)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("spread", [50, 100, 200])
def test_certain_steps_are_counted_once_however_unlikely_others_make_them(dtype, spread):
    # A is from -spread / 2 to spread / 2, but each token's score leaves no doubt of its label
    generator = np.random.default_rng(7)
    A, y = generator.uniform(-spread / 2, spread / 2, (4, 4)), generator.integers(0, 4, 50)
    A[0, 0], A[1, 1] = -spread / 2, spread / 2
    S = np.zeros((50, 4))
    S[np.arange(50), y] = 2 * spread + 60  # more than two steps can lose
    none, lengths = np.zeros(4), np.array([30, 1, 19])
    S, A, none = as_dtype((S, A, none), dtype)
    lattice = sentence.Lattice.walk(S, Steps.of(lengths), A, none, none)
    _, expected, _, _ = lattice.counts()
    counted = np.zeros((4, 4))
    for before, after, first in zip(y, y[1:], np.isin(np.arange(1, 50), [30, 31]), strict=False):
        counted[before, after] += not first  # a sentence's first token has no step to it
    np.testing.assert_allclose(expected, counted, atol=0.02 if dtype == np.float32 else 1e-9)
    J, backprop = sentence_log_likelihood(S, y, lengths, A, none, none)
    assert pytest.approx(0, abs=1e-3) == J
    assert max(np.abs(gradient).max() for gradient in backprop()) < 1e-3


def test_a_certain_step_whose_own_score_is_far_below_another_is_expected_once():
    # A[0, 1] is 200 less than A[1, 1], which no sequence uses: exp(-200) is nothing in float32
    S, A = np.array([[300.0, -300], [-300, 300]], np.float32), np.array([[0.0, -100], [0, 100]], np.float32)
    with np.errstate(over="raise", invalid="raise"):
        expected = sentence.Lattice.walk(S, Steps.of(np.array([2])), A, np.zeros(2), np.zeros(2)).counts()[1]
    np.testing.assert_allclose(expected, [[0, 1], [0, 0]], rtol=1e-6, atol=1e-6)


def test_scores_are_left_as_they_are_and_backprop_can_be_called_twice():
    S, y, lengths, A, start, end = draw(4, [3, 2])
    before = S.copy(), A.copy()
    backprop = sentence_log_likelihood(S, y, lengths, A, start, end)[1]
    first, second = backprop(), backprop()
    np.testing.assert_array_equal(S, before[0])
    np.testing.assert_array_equal(A, before[1])
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


def test_steps_go_through_all_first_tokens_then_all_second_ones_the_longest_sentence_first():
    steps = Steps.of(np.array([1, 3, 2]))  # tokens 0 | 1 2 3 | 4 5
    assert steps.order.tolist() == [1, 4, 0, 2, 5, 3]
    assert steps.offsets.tolist() == [0, 3, 5, 6]
    assert steps.last.tolist() == [5, 4, 2]


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), LENGTHS, st.sampled_from([0.0, 1.0, 30.0, 200.0]))
def test_the_lattice_of_probabilities_equals_that_of_logarithms(seed, lengths, scale):
    S, _, lengths, A, start, end = draw(seed, lengths, scale=scale)
    steps = Steps.of(lengths)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        fast = sentence.Lattice.walk(S, steps, A, start, end)
        plain = sentence.LogLattice.walk(S, steps, A, start, end)
    np.testing.assert_allclose(fast.log_z, plain.log_z, rtol=1e-12, atol=1e-9)
    for one, other in zip(fast.counts(), plain.counts(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-9)


@pytest.mark.parametrize(("spread", "kind"), [(100.0, sentence.Lattice), (1000.0, sentence.LogLattice)])
def test_scores_too_far_apart_for_float64_are_walked_in_logarithms(spread, kind):
    S = np.array([[0.0, spread], [spread, 0.0]])
    walked = sentence.Lattice.walk(S, Steps.of(np.array([2])), np.zeros((2, 2)), np.zeros(2), np.zeros(2))
    assert isinstance(walked, kind)
    assert walked.log_z == pytest.approx(2 * spread)


def test_sums_that_are_lost_are_no_division_by_zero():
    # the first label can only be 0, the step from 0 to 1 weighs exp(-600), and 1 at the second token exp(-600) more
    S, A = np.array([[0.0, -600], [-600, 0]]), np.array([[0.0, -600], [600, 0]])
    walked = sentence.Lattice.walk(S, Steps.of(np.array([2])), A, np.array([0.0, -600]), np.zeros(2))
    assert walked.log_z == pytest.approx(np.log(2) - 600)


def test_no_steps_are_expected_of_sentences_of_one_token():
    S = np.zeros((2, 3))
    assert not sentence.Lattice.walk(S, Steps.of(np.array([1, 1])), np.ones((3, 3)), S[0], S[0]).counts()[1].any()


def test_labels_may_be_small_integers():
    # before * C + after is 250 * 300 + 262 = 75262, which 16 bits do not hold
    y, S = np.array([250, 262], np.int16), np.zeros((2, 300))
    A, none = np.zeros((300, 300)), np.zeros(300)
    small = sentence_log_likelihood(S, y, np.array([2]), A, none, none)[1]()
    large = sentence_log_likelihood(S, y.astype(np.intp), np.array([2]), A, none, none)[1]()
    for one, other in zip(small, large, strict=True):
        np.testing.assert_array_equal(one, other)
    assert np.unravel_index(small[1].argmin(), (300, 300)) == (250, 262)


@pytest.mark.parametrize("part", ["A", "end"])
def test_steps_and_ends_too_far_apart_for_float64_are_walked_in_logarithms(part):
    # a step, or a last label, that weighs exp(-700), but that nothing else can stand for
    S = np.array([[0.0, -300], [-300, 0]])
    A, end, none = np.zeros((2, 2)), np.zeros(2), np.zeros(2)
    (A if part == "A" else end)[...] = np.array([[0, -700.0], [0, 0]]) if part == "A" else np.array([0, -700.0])
    walked = sentence.Lattice.walk(S, Steps.of(np.array([2])), A, none, end)
    assert isinstance(walked, sentence.LogLattice)
