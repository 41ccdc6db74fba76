import math

import numpy as np
import pytest

from ner_window.nn.activations import ACTIVATIONS, leaky_relu, prelu, sigmoid
from ner_window.nn.gradcheck import central_differences, relative_error

Z = np.array([[-3.0, -0.7, -0.2, 0.3], [0.9, 1.3, 2.5, -1.6]])  # away from -1, 0 and 1
UPSTREAM = np.array([[1.0, -2.0, 0.5, 3.0], [-1.5, 2.0, 0.7, 1.1]])

VALUES = {
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": math.tanh,
    "hard_tanh": lambda z: max(-1.0, min(1.0, z)),
    "relu": lambda z: max(0.0, z),
    "leaky_relu": lambda z: z if z > 0 else 0.01 * z,
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values(name):
    H, _ = ACTIVATIONS[name](Z)
    np.testing.assert_allclose(H, [[VALUES[name](z) for z in row] for row in Z.tolist()], rtol=1e-14)


def test_tanh_of_numbers_whose_double_is_too_large_is_one():
    H, _ = ACTIVATIONS["tanh"](np.array([[2e38, -2e38, np.inf, -np.inf, 0]], np.float32))
    assert H.tolist() == [[1, -1, 1, -1, 0]]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivatives_agree_with_central_differences(name):
    z = Z.copy()
    numeric = central_differences(lambda: float((ACTIVATIONS[name](z)[0] * UPSTREAM).sum()), z)
    assert relative_error(ACTIVATIONS[name](z)[1](UPSTREAM), numeric) < 1e-6


def test_prelu_derivatives_agree_with_central_differences():
    z, a = Z.copy(), np.array([0.25, -0.1, 0.0, 1.5])

    def loss():
        return float((prelu(z, a)[0] * UPSTREAM).sum())

    dZ, da = prelu(z, a)[1](UPSTREAM)
    assert relative_error(dZ, central_differences(loss, z)) < 1e-6
    assert relative_error(da, central_differences(loss, a)) < 1e-6


def test_prelu_of_equal_slopes_is_leaky_relu():
    np.testing.assert_array_equal(prelu(Z, np.full(4, 0.3))[0], leaky_relu(Z, 0.3)[0])


@pytest.mark.parametrize(
    ("name", "z", "left"),
    [("hard_tanh", -1, 0), ("hard_tanh", 1, 1), ("relu", 0, 0), ("leaky_relu", 0, 0.01)],
)
def test_kinks_have_the_derivative_of_their_left_side(name, z, left):
    assert ACTIVATIONS[name](np.array([[float(z)]]))[1](np.ones((1, 1))) == left


def test_sigmoid_does_not_overflow():
    H, backprop = sigmoid(np.array([[-1e4, 0, 1e4]], np.float32))
    assert H.tolist() == [[0, 0.5, 1]]
    assert backprop(np.ones((1, 3), np.float32)).tolist() == [[0, 0.25, 0]]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_float32_stays_float32_and_the_input_is_left(name):
    z = Z.astype(np.float32)
    H, backprop = ACTIVATIONS[name](z)
    assert H.dtype == backprop(UPSTREAM.astype(np.float32)).dtype == np.float32
    np.testing.assert_array_equal(z, Z.astype(np.float32))


def test_prelu_at_its_kink_has_the_derivative_of_its_left_side():
    dZ, da = prelu(np.zeros((1, 2)), np.array([0.25, -3.0]))[1](np.ones((1, 2)))
    assert dZ.tolist() == [[0.25, -3.0]]
    assert da.tolist() == [0, 0]
