import numpy as np
import pytest

from ner_window.nn.activations import ACTIVATIONS
from ner_window.nn.attribution import Attribution, attribute
from ner_window.nn.equivalent import fold_residual
from ner_window.nn.network import Network

ALL_ACTIVATIONS = ["sigmoid", "tanh", "hard_tanh", "relu", "leaky_relu", "prelu"]
WORDS = np.array([[0, 0, 2, 2, 2], [0, 3, 1, 4, 3], [3, 1, 4, 5, 0]])  # pads, and a word three times in one window
CASES = np.array([[0, 0, 1, 1, 1], [0, 2, 1, 2, 2], [2, 1, 2, 3, 0]])
WINDOWS = np.stack([WORDS, CASES])
LABELS, OTHERS = np.array([0, 2, 1]), np.array([1, 1, 0])


def make(activation="tanh", objective="softmax"):
    tables = (("word", 8, 3), ("case", 5, 2))
    network = Network(tables, radius=2, hidden_units=4, labels=3, activation=activation, objective=objective)
    generator = np.random.default_rng(3)
    return network, {name: generator.normal(0, 0.6, shape) for name, shape in network.shapes.items()}


def without_biases(parameters):
    return {name: np.zeros_like(p) if name in ("b", "c") else p for name, p in parameters.items()}


def difference_of(network, parameters, i, scale):
    """g of window i, its vector in slot k of table f multiplied by scale[k, f], with loops over slots and tables."""
    pieces = []
    for k in range(5):
        for f, name in enumerate(("E.word", "E.case")):
            pieces.append(scale[k, f] * parameters[name][WINDOWS[f, i, k]])
    z = parameters["W"] @ np.concatenate(pieces) + parameters["b"]
    h = np.maximum(z, 0.25 * z) if network.activation == "prelu" else ACTIVATIONS[network.activation](z[None])[0][0]
    s = parameters["U"] @ h + parameters["c"]
    s = np.concatenate([[0.0], s]) if network.objective == "margin" else s
    return s[LABELS[i]] - s[OTHERS[i]]


@pytest.mark.parametrize("objective", ["softmax", "margin"])
@pytest.mark.parametrize("activation", ALL_ACTIVATIONS)
def test_parts_are_the_derivatives_by_the_size_of_each_vector(activation, objective):
    network, parameters = make(activation, objective)
    if activation == "prelu":
        parameters["a"][:] = 0.25
    result = attribute(network, parameters, WINDOWS, LABELS, OTHERS)
    step = 1e-6
    for i in range(3):
        for k in range(5):
            for f in range(2):
                above, below = np.ones((5, 2)), np.ones((5, 2))
                above[k, f] += step
                below[k, f] -= step
                numeric = difference_of(network, parameters, i, above) - difference_of(network, parameters, i, below)
                assert result.parts[i, k, f] == pytest.approx(numeric / (2 * step), abs=1e-7)


@pytest.mark.parametrize("steps", [0, 1024])
@pytest.mark.parametrize("objective", ["softmax", "hinge", "margin"])
@pytest.mark.parametrize("activation", ALL_ACTIVATIONS)
def test_parts_add_up_and_with_the_rest_they_are_the_difference(activation, objective, steps):
    network, parameters = make(activation, objective)
    result = attribute(network, parameters, WINDOWS, LABELS, OTHERS, steps)
    S = network.label_scores(network.forward(parameters, WINDOWS)[0])
    rows = np.arange(3)
    np.testing.assert_allclose(result.difference, S[rows, LABELS] - S[rows, OTHERS], rtol=0, atol=1e-12)
    np.testing.assert_allclose(result.parts.sum(axis=(1, 2)) + result.rest, result.difference, rtol=0, atol=1e-12)
    assert result.error < (2e-3 if steps else 1e-7)  # the mean misses a kink by 1 / steps at most


def test_integrated_parts_leave_the_difference_of_an_empty_input():
    network, parameters = make()
    result = attribute(network, parameters, WINDOWS, LABELS, OTHERS, 1024)
    s = parameters["U"] @ np.tanh(parameters["b"]) + parameters["c"]
    np.testing.assert_allclose(result.rest, s[LABELS] - s[OTHERS], rtol=0, atol=1e-6)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "prelu"])
def test_piecewise_linear_without_biases_leaves_no_rest(activation):
    network, parameters = make(activation)
    result = attribute(network, without_biases(parameters), WINDOWS, LABELS, OTHERS)
    np.testing.assert_allclose(result.rest, 0, atol=1e-12)
    assert np.abs(result.difference).min() > 0.1


def test_curvature_or_biases_leave_a_rest():
    network, parameters = make("tanh")
    assert np.abs(attribute(network, without_biases(parameters), WINDOWS, LABELS, OTHERS).rest).min() > 1e-3
    network, parameters = make("relu")
    assert np.abs(attribute(network, parameters, WINDOWS, LABELS, OTHERS).rest).min() > 1e-3


@pytest.mark.parametrize("steps", [0, 4])
def test_a_window_worked_by_hand(steps):
    # x = (2, 3), W = I, b = (1, -4): z = (3, -1), h = relu(z) = (3, 0)
    # s_0 = 1*3 + 5*0 + 0.5 = 3.5, s_1 = -1*3 + 2*0 = -3, g = 6.5
    # dg/dh = (1 + 1, 5 - 2) = (2, 3), f'(z) = (1, 0): dg/dx = (2, 0); x . dg/dx = 4, so the rest is 2.5
    # on the path t x: z = (2t + 1, 3t - 4), whose signs do not change: the same parts; g(0) = 2*1 + 0.5 = 2.5
    network = Network((("word", 3, 2),), radius=0, hidden_units=2, labels=2, activation="relu")
    parameters = {
        "E.word": np.array([[0.0, 0], [0, 0], [2, 3]], np.float32),
        "W": np.eye(2, dtype=np.float32),
        "b": np.array([1, -4], np.float32),
        "U": np.array([[1, 5], [-1, 2]], np.float32),
        "c": np.array([0.5, 0], np.float32),
    }
    result = attribute(network, parameters, np.array([[[2]]]), np.array([0]), np.array([1]), steps)
    assert result.parts.tolist() == [[[4.0]]]
    assert (result.difference.tolist(), result.rest.tolist()) == ([6.5], [2.5])
    assert result.expected.tolist() == pytest.approx([4.0])


@pytest.mark.parametrize("steps", [0, 256])
def test_several_look_ups_have_one_part_that_of_their_sum(steps):
    network, parameters = make()
    summed = Network((("word", 8, 3), ("case", 10, 2)), 2, 4, 3, look_ups=(("case", 2),))
    halves = parameters | {"E.case": np.concatenate([0.3 * parameters["E.case"], 0.7 * parameters["E.case"]])}
    windows = np.concatenate([WINDOWS, WINDOWS[1:] + 5])
    found = attribute(summed, halves, windows, LABELS, OTHERS, steps)
    expected = attribute(network, parameters, WINDOWS, LABELS, OTHERS, steps)
    np.testing.assert_allclose(found.parts, expected.parts, rtol=1e-10, atol=1e-14)
    assert found.error < 1e-3


@pytest.mark.parametrize("steps", [0, 256])
def test_with_a_residual_map_the_mapped_vectors_are_explained(steps):
    network = Network((("word", 8, 3), ("case", 5, 2)), 2, 4, 3, residual=5)
    generator = np.random.default_rng(3)
    parameters = {name: generator.normal(0, 0.6, shape) for name, shape in network.shapes.items()}
    found = attribute(network, parameters, WINDOWS, LABELS, OTHERS, steps)
    expected = attribute(*fold_residual(network, parameters), WINDOWS, LABELS, OTHERS, steps)
    np.testing.assert_allclose(found.parts, expected.parts, rtol=1e-10, atol=1e-14)
    S, rows = network.forward(parameters, WINDOWS)[0], np.arange(3)
    np.testing.assert_allclose(found.difference, S[rows, LABELS] - S[rows, OTHERS], rtol=1e-10)
    assert found.error < 1e-3


@pytest.mark.parametrize("steps", [0, 64])
def test_a_wrong_gradient_does_not_add_up(monkeypatch, steps):
    monkeypatch.setitem(ACTIVATIONS, "tanh", lambda Z: (np.tanh(Z), lambda dH: dH))  # without f'(z)
    network, parameters = make("tanh")
    assert attribute(network, parameters, WINDOWS, LABELS, OTHERS, steps).error > 0.01


def test_a_kink_beside_the_input_is_no_error():
    # z = t - 1 - 3e-6 at t = 1 is below the kink of ReLU, at t = 1 + 1e-5 above it
    network = Network((("word", 3, 1),), radius=0, hidden_units=1, labels=2, activation="relu")
    parameters = {"E.word": np.array([[0.0], [0], [1]]), "W": np.ones((1, 1)), "b": np.array([-1 - 3e-6])}
    parameters |= {"U": np.array([[1.0], [-1]]), "c": np.zeros(2)}
    result = attribute(network, parameters, np.array([[[2]]]), np.array([0]), np.array([1]))
    assert result.parts.item() == 0
    assert result.error == 0


def test_frozen_vectors_are_explained_all_the_same():
    network, parameters = make()
    frozen = Network(network.tables, 2, 4, 3, frozen=frozenset({"word"}))
    assert np.array_equal(
        attribute(frozen, parameters, WINDOWS, LABELS, OTHERS).parts,
        attribute(network, parameters, WINDOWS, LABELS, OTHERS).parts,
    )


def test_the_error_is_relative_to_the_parts_and_none_where_there_is_nothing():
    # parts 3 and -1 add up to 2, not to 2.5: 0.5 of 4. In the second window 1e-6 less than 1e-5, over the floor of 1e-4
    parts = np.array([[[3.0, -1]], [[1e-5, 0]]])
    result = Attribution(parts, np.array([5.0, 1]), np.array([2.5, 1.1e-5]))
    assert result.error == pytest.approx(0.5 / 4)
    assert Attribution(parts[1:], np.ones(1), np.array([1.1e-5])).error == pytest.approx(1e-6 / 1e-4)
    assert Attribution(parts[:1], np.ones(1), np.array([10.0])).error == pytest.approx(8 / 10)
    assert result.rest.tolist() == pytest.approx([3, 1 - 1e-5])
    assert Attribution(np.zeros((0, 1, 2)), np.zeros(0), np.zeros(0)).error == 0
