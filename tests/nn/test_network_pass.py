import numpy as np
import pytest

from ner_window.nn.network import Network
from ner_window.nn.network_pass import Row, Rows, numbers_of, run

IDS = np.array([[0, 2, 0], [0, 1, 0]])


def make(objective, l2=0.0):
    network = Network((("word", 3, 2),), 1, 4, 3, objective=objective, l2=l2, dropout=0.5)
    generator = np.random.default_rng(0)
    return network, {name: generator.normal(size=shape) for name, shape in network.shapes.items()}


@pytest.mark.parametrize(("objective", "y"), [("softmax", [2]), ("hinge", [2]), ("margin", [2, 0])])
def test_run_is_the_loss_without_dropout(objective, y):
    network, parameters = make(objective, 0.1)
    windows = IDS[None, : len(y)]
    numbers = run(network, parameters, windows, 2)
    J, backprop = network.loss(parameters, windows, np.array(y))
    assert numbers.J == J
    assert set(numbers.trace) >= {"x", "z", "h", "s", "ds", "dh", "delta", "dx"}
    for name, gradient in backprop().items():
        if name != "E.word":
            np.testing.assert_array_equal(numbers.gradients[name], gradient)


def test_numbers_of_a_pair_have_the_loss_before_its_mean():
    network, parameters = make("margin", 0.1)
    numbers = run(network, parameters, IDS[None], 2)
    rows = Rows("E.word", 2, IDS, {i: Row(str(i), "") for i in range(3)})
    values, upstream = numbers_of(network, [rows], numbers)
    # J = max(0, 1 - s + s_c) / 2 + l2 (|W|^2 + |U|^2), the mean over two windows
    assert float(values["L"]) == pytest.approx(max(0, 1 - float(values["s"]) + float(values["s_c"])), rel=1e-12)
    assert float(values["L"]) / 2 + float(values["R"]) == pytest.approx(numbers.J, rel=1e-12)
    assert (float(upstream["J"]), float(upstream["L"]), float(upstream["R"])) == (1, 0.5, 1)
    assert values["U"].shape == (4,)
    assert {"E.word[0]", "E.word[1]", "E.word[2]"} <= set(upstream)
