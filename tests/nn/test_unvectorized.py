import numpy as np
import pytest

from ner_window.nn.gradients import RowGradient
from ner_window.nn.network import Network
from ner_window.nn.unvectorized import loss_by_loop
from ner_window.nn.windows import Windows

WINDOWS = np.array([[[0, 0, 2, 2, 2], [0, 3, 1, 4, 3], [3, 1, 4, 5, 0], [1, 4, 5, 0, 0]]])
LABELS = np.array([0, 2, 1, 2])


@pytest.mark.parametrize("objective", ["softmax", "hinge"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("given", [WINDOWS, Windows.of(WINDOWS)])
def test_the_loop_gives_what_the_matrix_gives(objective, dtype, given):
    network = Network((("word", 8, 3),), 2, 4, 3, "prelu", objective, dropout=0.3, l2=0.1)
    generator = np.random.default_rng(0)
    parameters = {name: generator.normal(0, 0.6, shape).astype(dtype) for name, shape in network.shapes.items()}
    J, back = network.loss(parameters, WINDOWS, LABELS, np.random.default_rng(5))
    J_loop, back_loop = loss_by_loop(network, parameters, given, LABELS, np.random.default_rng(5))
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    assert J_loop == pytest.approx(J, rel=tolerance)
    expected, found = back(), back_loop()
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        loop = found[name]
        if isinstance(gradient, RowGradient):
            np.testing.assert_array_equal(loop.rows, gradient.rows)
            loop, gradient = loop.values, gradient.values
        np.testing.assert_allclose(loop, gradient, rtol=tolerance, atol=tolerance)
        assert loop.dtype == dtype


def test_the_loop_with_several_look_ups():
    network = Network((("word", 8, 3), ("affixes", 6, 2)), 2, 4, 3, look_ups=(("affixes", 2),))
    generator = np.random.default_rng(0)
    parameters = {name: generator.normal(0, 0.6, shape) for name, shape in network.shapes.items()}
    windows = np.concatenate([WINDOWS, WINDOWS, np.minimum(WINDOWS, 2)])  # rows 0, 1, 2 twice
    J, back = network.loss(parameters, windows, LABELS)
    J_loop, back_loop = loss_by_loop(network, parameters, windows, LABELS)
    assert pytest.approx(J, rel=1e-12) == J_loop
    np.testing.assert_allclose(back_loop()["E.affixes"].dense(6), back()["E.affixes"].dense(6), rtol=1e-10, atol=1e-14)


def test_the_loop_over_one_window():
    network = Network((("word", 8, 3),), 2, 4, 3)
    generator = np.random.default_rng(0)
    parameters = {name: generator.normal(0, 0.6, shape) for name, shape in network.shapes.items()}
    J, back = loss_by_loop(network, parameters, WINDOWS[:, :1], LABELS[:1])
    expected_J, expected_back = network.loss(parameters, WINDOWS[:, :1], LABELS[:1])
    assert expected_J == J
    np.testing.assert_array_equal(back()["W"], expected_back()["W"])
