import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.nn.activations import prelu
from ner_window.nn.gradients import RowGradient
from ner_window.nn.layers import affine, embed, residual_map
from ner_window.nn.network import Network
from ner_window.nn.windows import Windows


@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(0, 5), st.integers(1, 5), st.integers(1, 4))
def test_windows_written_out_come_back_and_share_what_is_the_same(seed, L, B, K, rows):
    dense = np.random.default_rng(seed).integers(0, rows, (L, B, K))
    shared = Windows.of(dense)
    np.testing.assert_array_equal(shared.dense(), dense)
    assert len(shared) == B
    tokens = {tuple(column) for column in dense.reshape(L, -1).T.tolist()}
    assert len(shared.ids.T) == len(tokens)
    assert {tuple(column) for column in shared.ids.T.tolist()} == tokens


def test_windows_are_written_out_place_by_place():
    shared = Windows(np.array([[0, 7, 8], [0, 1, 2]]), np.array([[0, 1, 1], [1, 2, 0]]))
    assert shared.dense().tolist() == [[[0, 7, 7], [7, 8, 0]], [[0, 1, 1], [1, 2, 0]]]
    assert len(shared) == 2


def test_places_are_one_only_if_all_their_ids_are_the_same():
    words, cases = [[[4, 4, 5]]], [[[1, 2, 1]]]
    assert Windows.of(np.array([*words, *cases]).reshape(2, 1, 3)).index.tolist() == [[0, 1, 2]]


def make_network(**options):
    tables = (("word", 8, 3), ("affixes", 7, 2), ("case", 5, 2))
    return Network(tables, 2, 4, 3, activation="prelu", look_ups=(("affixes", 2),), **options)


def draw(network, seed=0):
    generator = np.random.default_rng(seed)
    return {name: generator.normal(0, 0.6, shape) for name, shape in network.shapes.items()}


def densify(gradients, parameters):
    return {n: g.dense(len(parameters[n])) if isinstance(g, RowGradient) else g for n, g in gradients.items()}


def random_windows(seed, B=6, n=5):
    """Windows of 5 places over n tokens, of which the first two look up the same, and the last is in no window."""
    generator = np.random.default_rng(seed)
    ids = np.stack([generator.integers(0, rows, n) for rows in (8, 7, 7, 5)])  # words, two affixes, cases
    ids[:, 1] = ids[:, 0]
    return Windows(ids, generator.integers(0, n - 1, (B, 5))), generator.integers(0, 3, B)


def loss_written_out(network, p, windows, y, lengths):
    """J and its gradients as `Network.loss` has them without dropout, each window looked up and multiplied alone."""
    B = len(y)
    found = [embed(p[f"E.{name}"], windows.dense()[own]) for (name, _, _), own in tables_of(network)]  # (B, K, d)
    words, words_back = found[0][0], None
    if network.residual:
        words, words_back = residual_map(words, p["M"], p["N"])
    x = np.concatenate([words, *(e for e, _ in found[1:])], axis=2).reshape(B, -1)
    z, z_back = affine(x, p["W"], p["b"])
    h, h_back = prelu(z, p["a"])
    s, s_back = affine(h, p["U"], p["c"])
    J, J_back = network.cost(p, s, y, lengths)
    dS, gradients = J_back()
    dh, gradients["U"], gradients["c"] = s_back(dS)
    dz, gradients["a"] = h_back(dh)
    dx, gradients["W"], gradients["b"] = z_back(dz)
    for name in ("W", "U"):
        gradients[name] = gradients[name] + 2 * network.l2 * p[name]
    pieces = np.split(dx.reshape(B, 5, -1), np.cumsum([e.shape[2] for e, _ in found])[:-1], axis=2)
    if words_back:
        pieces[0], gradients["M"], gradients["N"] = words_back(pieces[0])
    for ((name, rows, _), _), (_, back), piece in zip(tables_of(network), found, pieces, strict=True):
        gradients[f"E.{name}"] = back(piece).dense(rows)
    if network.objective == "margin":
        del gradients["c"]
    return J + network.regularizer(p), gradients


def tables_of(network):
    return list(zip(network.tables, network.lines, strict=True))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("residual", [0, 3])
@pytest.mark.parametrize("objective", ["softmax", "hinge", "margin", "sentence"])
def test_shared_windows_equal_windows_written_out(objective, residual, dtype):
    network = make_network(objective=objective, l2=0.02, residual=residual)
    lengths, tolerance = np.array([4, 2]), 1e-10 if dtype == np.float64 else 2e-5
    for seed in range(5):
        parameters = {name: p.astype(dtype) for name, p in draw(network, seed).items()}
        windows, y = random_windows(seed)
        J, expected = loss_written_out(network, parameters, windows, y, lengths)
        for either in (windows, windows.dense()):
            found, backprop = network.loss(parameters, either, y, lengths=lengths)
            assert found == pytest.approx(J, rel=tolerance)
            gradients = densify(backprop(), parameters)
            assert gradients.keys() == expected.keys()
            for name, gradient in gradients.items():
                np.testing.assert_allclose(gradient, expected[name], rtol=tolerance, atol=tolerance, err_msg=name)


def test_shared_windows_corrupt_the_same_windows_and_drop_the_same_units():
    network = make_network(objective="margin", dropout=0.3)
    parameters, windows, y = draw(network), random_windows(0)[0], np.array([0, 2, 1, 0, 2, 0])
    traces = {}, {}
    for either, trace in zip((windows, windows.dense()), traces, strict=True):
        network.loss(parameters, either, y, np.random.default_rng(4), trace)
    for name in ("x", "z", "h", "s", "y"):
        np.testing.assert_allclose(traces[0][name], traces[1][name], rtol=1e-12, atol=1e-12)
    assert len(traces[0]["y"]) > len(y)


def test_a_token_that_stands_in_no_window_has_no_gradient():
    network = make_network()
    ids = np.array([[7, 2, 3], [6, 1, 0], [6, 1, 2], [4, 1, 2]])
    windows = Windows(ids, np.array([[1, 2, 1, 2, 2]] * 4))
    gradients = densify(network.loss(draw(network), windows, np.array([0, 2, 1, 2]))[1](), draw(network))
    used = {name: np.flatnonzero(gradients[f"E.{name}"].any(axis=1)).tolist() for name, _, _ in network.tables}
    assert used == {"word": [2, 3], "affixes": [0, 1, 2], "case": [1, 2]}
