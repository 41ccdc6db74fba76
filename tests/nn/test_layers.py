import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.nn import layers
from ner_window.nn.gradcheck import central_differences, relative_error
from ner_window.nn.layers import affine, dropout, embed, multiply_alike, residual_map, window_affine


def test_affine_equals_nested_loops_forward_and_backward():
    generator = np.random.default_rng(0)
    X, W, b, dZ = (generator.normal(size=s) for s in ((3, 4), (2, 4), (2,), (3, 2)))
    Z, backprop = affine(X, W, b)
    dX, dW, db = np.zeros((3, 4)), np.zeros((2, 4)), np.zeros(2)
    expected = np.zeros((3, 2))
    for i in range(3):
        for j in range(2):
            expected[i, j] = b[j] + sum(W[j, k] * X[i, k] for k in range(4))
            db[j] += dZ[i, j]
            for k in range(4):
                dX[i, k] += dZ[i, j] * W[j, k]
                dW[j, k] += dZ[i, j] * X[i, k]
    np.testing.assert_allclose(Z, expected, rtol=1e-12)
    for got, wanted in zip(backprop(dZ), (dX, dW, db), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-12)


def draw_windows(seed, n, d, K, H, B, dtype=np.float64):
    """Return what `window_affine` takes, and a dZ. Token 0 is the pad: it stands in many places."""
    generator = np.random.default_rng(seed)
    index = generator.integers(0, n, (B, K)) * (generator.random((B, K)) < 0.7)
    arrays = (generator.normal(size=shape).astype(dtype) for shape in ((n, d), (H, K * d), (H,), (B, H)))
    X, W, b, dZ = arrays
    return X, index, W, b, dZ


@given(
    st.integers(0, 2**32 - 1),
    st.tuples(*[st.integers(1, 5)] * 4),
    st.integers(0, 6),
    st.sampled_from([np.float32, np.float64]),
)
def test_window_affine_equals_affine_of_windows_written_out(seed, sizes, B, dtype):
    X, index, W, b, dZ = draw_windows(seed, *sizes, B, dtype)
    n, d, K, _ = sizes
    Z, backprop = window_affine(X, index, W, b)
    plain_Z, plain_backprop = affine(X[index].reshape(B, K * d), W, b)
    plain_dx, *plain = plain_backprop(dZ)  # dx (B, K d), cut into K pieces, one for each window word
    plain_dX = np.zeros((n, d))
    for i in range(B):
        for k in range(K):
            plain_dX[index[i, k]] += plain_dx[i, k * d : (k + 1) * d]
    tolerance = 1e-4 if dtype == np.float32 else 1e-12
    for got, wanted in zip((Z, *backprop(dZ)), (plain_Z, plain_dX, *plain), strict=True):
        assert (got.dtype, got.shape) == (dtype, wanted.shape)
        np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("sizes", [(4, 3, 5, 2, 6), (1, 2, 3, 2, 4), (3, 2, 1, 3, 5), (4, 2, 3, 3, 1)])
def test_window_affine_agrees_with_central_differences(sizes):
    X, index, W, b, dZ = draw_windows(0, *sizes)
    gradients = window_affine(X, index, W, b)[1](dZ)
    for parameter, gradient in zip((X, W, b), gradients, strict=True):
        numeric = central_differences(lambda: float(np.vdot(window_affine(X, index, W, b)[0], dZ)), parameter)
        assert relative_error(gradient, numeric) < 1e-6


def test_window_affine_by_hand():
    # one number for each token, W = (1 10 100): windows (a a b) and (b a pad) of a = 2, b = 3, pad = 5
    X, W, b = np.array([[5.0], [2], [3]]), np.array([[1.0, 10, 100]]), np.array([7.0])
    index = np.array([[1, 1, 2], [2, 1, 0]])
    Z, backprop = window_affine(X, index, W, b)
    assert Z.tolist() == [[2 + 20 + 300 + 7], [3 + 20 + 500 + 7]]
    dX, dW, db = backprop(np.array([[1.0], [-4]]))
    # the pad: -4 * 100; a: 1 * (1 + 10) - 4 * 10; b: 1 * 100 - 4 * 1
    assert dX.tolist() == [[-400], [-29], [96]]
    # first place: 1 * 2 - 4 * 3; second: 1 * 2 - 4 * 2; third: 1 * 3 - 4 * 5
    assert dW.tolist() == [[-10, -6, -17]]
    assert db.tolist() == [-3]


def test_embed_looks_up_rows_and_adds_the_gradients_of_repeats():
    E = np.arange(8.0).reshape(4, 2)
    X, backprop = embed(E, np.array([[[3, 3], [0, 3]]]))
    assert X.tolist() == [[[6, 7], [6, 7]], [[0, 1], [6, 7]]]
    gradient = backprop(np.array([[[1.0, 2], [10, 20]], [[5, 6], [100, 200]]]))
    assert gradient.rows.tolist() == [0, 3]
    assert gradient.values.tolist() == [[5, 6], [111, 222]]


def test_embed_sums_the_rows_of_a_place_and_gives_each_of_them_the_whole_gradient():
    E = np.arange(8.0).reshape(4, 2)
    X, backprop = embed(E, np.array([[3, 0], [1, 0], [1, 2]]))  # rows 3, 1, 1 in the first place; 0, 0, 2 in the second
    assert X.tolist() == [[6 + 2 + 2, 7 + 3 + 3], [0 + 0 + 4, 1 + 1 + 5]]
    gradient = backprop(np.array([[1.0, 2], [10, 20]]))
    assert gradient.rows.tolist() == [0, 1, 2, 3]
    assert gradient.values.tolist() == [[20, 40], [2, 4], [10, 20], [1, 2]]
    assert E.tolist() == np.arange(8.0).reshape(4, 2).tolist()


def test_residual_map_by_hand():
    # M = (1 0)^T looks at the first number alone: t = tanh(e_1), N = (2, -1): e' = e + t (2, -1)
    X, M, N = np.array([[[0.5, 3.0]], [[0.0, 1.0]]]), np.array([[1.0], [0.0]]), np.array([[2.0, -1.0]])
    t = np.tanh(0.5)
    Y, backprop = residual_map(X, M, N)
    np.testing.assert_allclose(Y, [[[0.5 + 2 * t, 3 - t]], [[0, 1]]])
    dX, dM, dN = backprop(np.array([[[1.0, 0.0]], [[0.0, 10.0]]]))
    # dN = t (1, 0); delta = 2 (1 - t^2) for the first, -10 for the second, e_1 = 0 and e_2 = 1 there
    np.testing.assert_allclose(dN, [[t, 0]])
    np.testing.assert_allclose(dM, [[0.5 * 2 * (1 - t * t)], [3 * 2 * (1 - t * t) - 10]])
    np.testing.assert_allclose(dX, [[[1 + 2 * (1 - t * t), 0]], [[-10, 10]]])


def test_residual_map_agrees_with_central_differences():
    generator = np.random.default_rng(0)
    X, M, N, dY = (generator.normal(size=s) for s in ((2, 3, 4), (4, 5), (5, 4), (2, 3, 4)))
    gradients = residual_map(X, M, N)[1](dY)
    for parameter, gradient in zip((X, M, N), gradients, strict=True):
        numeric = central_differences(lambda: float(np.vdot(residual_map(X, M, N)[0], dY)), parameter)
        assert relative_error(gradient, numeric) < 1e-6


def test_residual_map_without_n_is_the_identity_and_keeps_float32():
    X, M = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32), np.ones((4, 2), np.float32)
    Y, backprop = residual_map(X, M, np.zeros((2, 4), np.float32))
    np.testing.assert_array_equal(Y, X)
    assert {g.dtype for g in (Y, *backprop(X))} == {np.dtype(np.float32)}


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_dropout_drops_at_its_rate_scales_the_rest_and_masks_the_gradient_alike(rate):
    X = np.ones((300, 300), np.float32)
    Y, backprop = dropout(X, rate, np.random.default_rng(0))
    assert Y.dtype == np.float32
    assert (Y == 0).mean() == pytest.approx(rate, abs=0.01)
    np.testing.assert_allclose(Y[Y != 0], 1 / (1 - rate), rtol=1e-6)
    assert Y.mean() == pytest.approx(1, abs=0.03)
    np.testing.assert_array_equal(backprop(X), Y)
    assert (X == 1).all()


def test_dropout_of_rate_zero_keeps_everything():
    X = np.random.default_rng(1).normal(size=(5, 5))
    np.testing.assert_array_equal(dropout(X, 0.0, np.random.default_rng(0))[0], X)


def test_dropout_of_the_whole_drops_vectors_and_not_elements():
    X = np.ones((200, 5, 7))
    Y, backprop = dropout(X, 0.4, np.random.default_rng(0), whole=True)
    np.testing.assert_array_equal(Y, np.broadcast_to(Y[:, :, :1], Y.shape))
    assert (Y[:, :, 0] == 0).mean() == pytest.approx(0.4, abs=0.05)
    np.testing.assert_allclose(Y[Y != 0], 1 / 0.6)
    np.testing.assert_array_equal(backprop(X), Y)


def written(X, M, rows):
    out = np.empty((len(X), M.shape[1]), X.dtype)
    multiply_alike(X, M, out, rows)
    return out


@pytest.mark.parametrize("way", ["plain", "margins", "alone"])
@pytest.mark.parametrize(("n", "d", "m"), [(1, 3, 40), (23, 5, 304), (24, 5, 305), (50, 7, 911), (49, 4, 9), (0, 4, 9)])
def test_every_way_to_multiply_gives_the_product(monkeypatch, way, n, d, m):
    monkeypatch.setattr(layers, "_way", lambda *_: way)
    generator = np.random.default_rng(2)
    X, M = generator.normal(size=(n, d)), generator.normal(size=(m, d)).T
    np.testing.assert_allclose(written(X, M, 24), X @ M, rtol=1e-12, atol=1e-12)
    assert (X.shape, M.shape) == ((n, d), (d, m))


def test_the_way_is_the_first_that_makes_rows_alike(monkeypatch):
    kind = np.dtype(np.float64)
    for alike, expected in ((lambda Y: True, "plain"), (lambda Y: False, "alone")):
        monkeypatch.setattr(layers, "_are_alike", alike)
        layers._way.cache_clear()
        assert layers._way(24, 3, 40, kind) == expected
    monkeypatch.setattr(layers, "_are_alike", lambda Y: not Y[:, : layers.MARGIN].any())
    layers._way.cache_clear()
    assert layers._way(24, 3, 40, kind) == "margins"
    assert layers._way(24, 3, 4 * layers.MARGIN - 1, kind) == "alone"
    layers._way.cache_clear()


def test_a_row_has_the_same_product_to_the_last_bit_in_any_place():
    generator = np.random.default_rng(0)
    for n, d, m, rows in [(241, 50, 500, 240), (500, 100, 17, 96), (70, 7, 9, 24), (60, 64, 24, 48), (5, 3, 1, 12)]:
        X = generator.normal(size=(n, d)).astype(np.float32)
        M = generator.normal(size=(m, d)).astype(np.float32).T
        whole = written(X, M, rows)
        np.testing.assert_allclose(whole, X.astype(np.float64) @ M.astype(np.float64), rtol=1e-4, atol=1e-4)
        for _ in range(3):
            some = generator.permutation(n)[: generator.integers(1, n + 1)]
            np.testing.assert_array_equal(written(X[some], M, rows), whole[some])


def test_to_try_the_ways_takes_little_memory():
    layers._way.cache_clear()
    tracemalloc.start()
    layers._way(960, 500, 1, np.dtype(np.float32))  # 256 tries
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * 960 * 500 * 4
