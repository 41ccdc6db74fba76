import math

import numpy as np
import pytest

from ner_window.nn.gradcheck import central_differences, relative_error
from ner_window.nn.objectives import OBJECTIVES, log_softmax, softmax_cross_entropy


@pytest.mark.parametrize("C", [2, 5, 17])
def test_uniform_scores_cost_the_logarithm_of_the_number_of_labels(C):
    loss, _ = softmax_cross_entropy(np.full((3, C), 7.0), np.array([0, 1, C - 1]))
    assert loss == pytest.approx(math.log(C), rel=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huge_scores_do_not_overflow(dtype):
    S = np.array([[1e30, -1e30, 0], [1e30, 1e30, -1e30]], dtype)
    loss, backprop = softmax_cross_entropy(S, np.array([0, 1]))
    assert loss == pytest.approx(math.log(2) / 2, rel=1e-6)
    assert backprop().tolist() == pytest.approx(np.array([[0, 0, 0], [0.25, -0.25, 0]]))
    worst, _ = softmax_cross_entropy(np.array([[1000.0, -1000]], dtype), np.array([1]))
    assert worst == 2000


def test_gradient_is_p_minus_one_hot_over_batch():
    S = np.random.default_rng(0).normal(size=(4, 3))
    y = np.array([2, 0, 1, 1])
    expected = np.empty_like(S)
    for i in range(4):
        for c in range(3):
            p = math.exp(S[i, c]) / sum(math.exp(s) for s in S[i])
            expected[i, c] = (p - (c == y[i])) / 4
    gradient = softmax_cross_entropy(S, y)[1]()
    np.testing.assert_allclose(gradient, expected, rtol=1e-12)
    np.testing.assert_allclose(gradient.sum(axis=1), 0, atol=1e-15)


def test_gradient_agrees_with_central_differences():
    S, y = np.random.default_rng(0).normal(size=(4, 3)), np.array([2, 0, 1, 1])
    numeric = central_differences(lambda: softmax_cross_entropy(S, y)[0], S)
    assert relative_error(softmax_cross_entropy(S, y)[1](), numeric) < 1e-6


def test_loss_by_hand():
    # p = 1/4, 3/4 and 1/2, 1/2: J = (log 4 + log 2) / 2
    loss, backprop = softmax_cross_entropy(np.log([[1.0, 3.0], [5.0, 5.0]]), np.array([0, 1]))
    assert loss == pytest.approx(1.5 * math.log(2), rel=1e-14)
    np.testing.assert_allclose(backprop(), [[-0.375, 0.375], [0.25, -0.25]], rtol=1e-14)


def test_log_softmax_sums_to_one_and_ignores_a_shift():
    S = np.random.default_rng(0).normal(size=(4, 3))
    np.testing.assert_allclose(np.exp(log_softmax(S)).sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_allclose(log_softmax(S + 100), log_softmax(S), rtol=1e-12)


def test_backprop_can_be_called_twice_and_leaves_the_scores():
    S = np.random.default_rng(0).normal(size=(2, 3)).astype(np.float32)
    before = S.copy()
    loss, backprop = OBJECTIVES["softmax"](S, np.array([0, 2]))
    first = backprop()
    np.testing.assert_array_equal(first, backprop())
    np.testing.assert_array_equal(S, before)
    assert type(loss) is float
    assert first.dtype == np.float32
