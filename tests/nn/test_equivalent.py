import numpy as np
import pytest

from ner_window.nn.equivalent import CHUNK, compact, fold_residual
from ner_window.nn.gradients import RowGradient
from ner_window.nn.network import Network

WORDS = np.array([[0, 0, 2, 2, 2], [0, 3, 1, 4, 3], [3, 1, 4, 5, 0], [1, 4, 5, 0, 0]])
WINDOWS = np.stack([WORDS, np.minimum(WORDS, 3)])
LABELS = np.array([0, 2, 1, 2])


def make(objective="softmax", activation="tanh", **options):
    tables = (("word", 8, 3), ("case", 4, 2))
    net = Network(tables, 2, hidden_units=4, labels=3, activation=activation, objective=objective, **options)
    generator = np.random.default_rng(0)
    return net, {name: generator.normal(0, 0.6, shape) for name, shape in net.shapes.items()}


def test_compact_keeps_scores_and_gradients_of_its_windows():
    net, parameters = make("hinge", "prelu", l2=0.1)
    small, cut, ids, rows = compact(net, parameters, WINDOWS[:, 2:], spare=1)
    assert [r.tolist() for r in rows] == [[0, 1, 2, 3, 4, 5], [0, 1, 2, 3]]
    assert small.shapes == {name: p.shape for name, p in cut.items()}
    whole_J, whole = net.loss(parameters, WINDOWS[:, 2:], LABELS[2:])
    cut_J, back = small.loss(cut, ids, LABELS[2:])
    assert cut_J == whole_J
    for name, gradient in whole().items():
        if isinstance(gradient, RowGradient):
            expected = gradient.dense(8)[rows[0]] if name == "E.word" else gradient.dense(4)[rows[1]]
            np.testing.assert_array_equal(back()[name].dense(len(expected)), expected)
        else:
            np.testing.assert_array_equal(back()[name], gradient)


def test_compact_makes_copies():
    net, parameters = make()
    cut = compact(net, parameters, WINDOWS)[1]
    cut["W"][:] = 0
    assert parameters["W"].any()


def test_compact_of_a_table_with_several_look_ups_keeps_the_rows_of_all_of_them():
    net, parameters = make(look_ups=(("case", 2),))
    windows = np.stack([WORDS, WORDS % 2, 3 * (WORDS > 4)])
    small, cut, ids, rows = compact(net, parameters, windows[:, :2])
    assert [r.tolist() for r in rows] == [[0, 1, 2, 3, 4], [0, 1]]
    assert compact(net, parameters, windows)[3][1].tolist() == [0, 1, 3]
    np.testing.assert_array_equal(small.forward(cut, ids)[0], net.forward(parameters, windows[:, :2])[0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_folded_residual_map_gives_equal_scores(dtype):
    net, parameters = make(residual=5, frozen=frozenset({"word"}))
    parameters = {name: p.astype(dtype) for name, p in parameters.items()}
    folded, cut = fold_residual(net, parameters)
    assert folded == make(frozen=frozenset({"word"}))[0]
    assert {name: p.shape for name, p in cut.items()} == folded.shapes
    assert cut["E.word"].dtype == dtype
    tolerance = 1e-6 if dtype == np.float32 else 1e-14
    np.testing.assert_allclose(
        folded.forward(cut, WINDOWS)[0], net.forward(parameters, WINDOWS)[0], rtol=tolerance, atol=tolerance
    )
    assert np.abs(cut["E.word"] - parameters["E.word"]).min() > 1e-3  # every row has moved; the old table has not
    assert net.residual == 5
    assert "M" in parameters


def test_folding_in_chunks_maps_every_row():
    V = CHUNK + 3
    net = Network((("word", V, 2),), 0, 3, 2, residual=4)
    generator = np.random.default_rng(0)
    parameters = {name: generator.normal(size=shape).astype(np.float32) for name, shape in net.shapes.items()}
    E = parameters["E.word"]
    expected = E + np.tanh(E @ parameters["M"]) @ parameters["N"]
    np.testing.assert_allclose(fold_residual(net, parameters)[1]["E.word"], expected, rtol=1e-5, atol=1e-5)


def test_a_network_without_a_map_is_returned_as_it_is():
    net, parameters = make()
    assert fold_residual(net, parameters) == (net, parameters)


def test_compact_is_of_float64():
    net, parameters = make("sentence", "prelu", residual=3)
    cut = compact(net, {name: p.astype(np.float32) for name, p in parameters.items()}, WINDOWS)[1]
    assert {name: p.dtype for name, p in cut.items()} == dict.fromkeys(net.shapes, np.dtype(np.float64))
    assert list(cut) == list(net.shapes)


def test_spare_rows_are_the_first_that_are_not_used_as_far_as_there_are_some():
    net = Network((("word", 6, 2), ("case", 2, 1)), 0, 3, 2)
    parameters = {name: np.zeros(shape) for name, shape in net.shapes.items()}
    windows = np.array([[[1]], [[1]]])  # one word, one case
    assert [rows.tolist() for rows in compact(net, parameters, windows)[3]] == [[1], [1]]
    assert [rows.tolist() for rows in compact(net, parameters, windows, spare=2)[3]] == [[0, 1, 2], [0, 1]]
