import math

import numpy as np
import pytest

from ner_window.nn import objectives
from ner_window.nn.gradcheck import central_differences, relative_error
from ner_window.nn.objectives import OBJECTIVES, corrupt, hinge, log_softmax, margin, softmax_cross_entropy


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


def scores(seed=0, rows=6, columns=3):
    return np.random.default_rng(seed).normal(0, 2, (rows, columns))


Y = np.array([2, 0, 1, 1, 0, 3])


@pytest.mark.parametrize("seed", range(5))
def test_hinge_equals_nested_loops_forward_and_backward(seed):
    S, y = scores(seed, columns=4), Y
    J, expected = 0.0, np.zeros_like(S)
    for i in range(6):
        for j in range(4):
            cost = S[i, j] - S[i, y[i]] + 1
            if j != y[i] and cost > 0:
                J += cost / 6
                expected[i, j] += 1 / 6
                expected[i, y[i]] -= 1 / 6
    loss, backprop = hinge(S, y)
    assert loss == pytest.approx(J, rel=1e-14)
    np.testing.assert_allclose(backprop(), expected, atol=1e-15)


def test_hinge_by_hand():
    # s_y = 2 against 1.5 and 0: max(0, 1.5 - 2 + 1) + max(0, 0 - 2 + 1) = 0.5; class 0 up by one part, class 1 down
    loss, backprop = hinge(np.array([[2.0, 1.5, 0.0]]), np.array([0]))
    assert loss == 0.5
    assert backprop().tolist() == [[-1.0, 1.0, 0.0]]


def test_hinge_of_windows_right_by_more_than_one_is_zero_and_teaches_nothing():
    loss, backprop = hinge(np.array([[3.0, 1.9], [0.0, 5.0]]), np.array([0, 1]))
    assert loss == 0
    assert not backprop().any()


def test_hinge_of_equal_scores_is_the_number_of_incorrect_classes():
    assert hinge(np.zeros((4, 5)), np.array([0, 1, 2, 3]))[0] == 4


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("hardest", [1, 2, 10])
def test_margin_equals_nested_loops_over_pairs_forward_and_backward(monkeypatch, seed, hardest):
    monkeypatch.setattr(objectives, "HARDEST", hardest)
    S = scores(seed)
    J, expected = 0.0, np.zeros_like(S)
    for t in range(3):
        true = [i for i in range(6) if Y[i] == t + 1]
        others = sorted((i for i in range(6) if Y[i] != t + 1), key=lambda i: -S[i, t])[:hardest]
        for i in true:
            for j in others:
                cost = 1 - S[i, t] + S[j, t]
                if cost > 0:
                    J += cost / 6 / len(others)
                    expected[i, t] -= 1 / 6 / len(others)
                    expected[j, t] += 1 / 6 / len(others)
    loss, backprop = margin(S, Y)
    assert loss == pytest.approx(J, rel=1e-14)
    np.testing.assert_allclose(backprop(), expected, atol=1e-15)


def test_margin_by_hand():
    # one type; true windows score 2 and 0.5, corrupt ones 1.25 and -3; the pairs cost 1 - s + s_c:
    # 0.25 and 0 (1 - 2 - 3 < 0) for the first, 1.75 and 0 (1 - 0.5 - 3 < 0) for the second: J = 2 / (4 windows * 2)
    loss, backprop = margin(np.array([[2.0], [1.25], [0.5], [-3.0]]), np.array([1, 0, 1, 0]))
    assert loss == 0.25
    assert backprop().tolist() == [[-0.125], [0.25], [-0.125], [0.0]]


def test_margin_of_a_true_window_one_above_every_corrupt_one_is_zero():
    loss, backprop = margin(np.array([[2.5], [1.4], [0.0]]), np.array([1, 0, 0]))
    assert loss == 0
    assert not backprop().any()


@pytest.mark.parametrize("y", [[0, 0, 0], [1, 1, 1]])
def test_margin_without_true_or_without_corrupt_windows_costs_nothing(y):
    loss, backprop = margin(np.zeros((3, 1)), np.array(y))
    assert loss == 0
    assert not backprop().any()


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("seed", range(5))
def test_every_objective_agrees_with_central_differences(name, seed):
    S = scores(seed, columns=4)  # for margin four types, the fourth without a window
    numeric = central_differences(lambda: OBJECTIVES[name](S, Y)[0], S)
    assert relative_error(OBJECTIVES[name](S, Y)[1](), numeric) < 1e-6


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_objective_is_blind_to_a_shift_of_all_scores(name):
    S = scores(columns=4)
    assert OBJECTIVES[name](S + 7, Y)[0] == pytest.approx(OBJECTIVES[name](S, Y)[0], rel=1e-12)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_float32_scores_give_a_float_and_a_float32_gradient(name):
    loss, backprop = OBJECTIVES[name](scores(columns=4).astype(np.float32), Y)
    assert type(loss) is float
    assert backprop().dtype == np.float32


def test_corrupt_adds_copies_of_the_true_windows_with_a_centre_from_outside_every_entity():
    windows = np.arange(4 * 3).reshape(4, 3)
    y = np.array([0, 2, 0, 1])
    seen, differ = set(), False
    for seed in range(20):
        both, labels = corrupt(windows, y, np.random.default_rng(seed))
        np.testing.assert_array_equal(both[:4], windows)
        assert labels.tolist() == [0, 2, 0, 1, 0, 0]
        for copy, original in ((4, 1), (5, 3)):
            np.testing.assert_array_equal(both[copy, [0, 2]], windows[original, [0, 2]])
            seen.add((copy, int(both[copy, 1])))
        differ |= both[4, 1] != both[5, 1]
    assert differ  # each copy has a centre of its own
    assert seen == {(copy, windows[outside, 1]) for copy in (4, 5) for outside in (0, 2)}
    assert windows.tolist() == np.arange(12).reshape(4, 3).tolist()


@pytest.mark.parametrize("y", [[0, 0], [1, 2]])
def test_corrupt_leaves_a_batch_without_entities_or_without_others_as_it_is(y):
    windows = np.arange(6).reshape(2, 3)
    both, labels = corrupt(windows, np.array(y), np.random.default_rng(0))
    assert both is windows
    assert labels.tolist() == y


def test_corrupt_keeps_the_type_of_the_labels():
    both, labels = corrupt(
        np.arange(6, dtype=np.int32).reshape(2, 3), np.array([0, 1], np.int16), np.random.default_rng(0)
    )
    assert (both.dtype, labels.dtype) == (np.int32, np.int16)
