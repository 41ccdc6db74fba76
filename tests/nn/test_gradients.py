import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner_window.nn.gradients import RowGradient, clip, global_norm, sum_by_row, sum_rows, values_of


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 9), max_size=30), st.integers(1, 4))
def test_sum_rows_equals_nested_loops(seed, ids, d):
    values = np.random.default_rng(seed).normal(size=(len(ids), d))
    expected = np.zeros((10, d))
    for i, row in enumerate(ids):
        for j in range(d):
            expected[row, j] += values[i, j]
    gradient = sum_rows(np.array(ids, np.int64), values)
    assert gradient.rows.tolist() == sorted(set(ids))
    assert gradient.values.shape == (len(set(ids)), d)
    np.testing.assert_allclose(gradient.dense(10), expected, rtol=1e-12, atol=1e-14)


def test_sum_rows_adds_repeats():
    gradient = sum_rows(np.array([4, 1, 4, 4]), np.array([[1.0, 2], [3, 4], [10, 20], [100, 200]]))
    assert gradient.rows.tolist() == [1, 4]
    assert gradient.values.tolist() == [[3, 4], [111, 222]]


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(0, 9))
def test_sum_rows_gives_a_gradient_to_each_of_its_rows(seed, m, n):
    generator = np.random.default_rng(seed)
    ids, values = generator.integers(0, 6, (m, n)), generator.normal(size=(n, 2))
    expected = np.zeros((6, 2))
    for row in range(m):
        for i in range(n):
            expected[ids[row, i]] += values[i]
    gradient = sum_rows(ids, values)
    assert gradient.rows.tolist() == sorted(set(ids.ravel().tolist()))
    np.testing.assert_allclose(gradient.dense(6), expected, rtol=1e-12, atol=1e-14)


@given(st.integers(0, 2**32 - 1), st.integers(0, 6), st.integers(1, 4), st.integers(1, 5), st.sampled_from("fd"))
def test_sum_by_row_equals_nested_loops(seed, n, m, rows, dtype):
    generator = np.random.default_rng(seed)
    places, values = generator.integers(0, rows, (n, m)), generator.normal(size=(n, 3)).astype(dtype)
    expected = np.zeros((rows, 3))
    for i in range(n):
        for place in places[i].tolist():  # as often as it stands there
            for j in range(3):
                expected[place, j] += values[i, j]
    table = sum_by_row(places, values, rows)
    assert (table.dtype, table.shape) == (np.dtype(dtype), (rows, 3))
    np.testing.assert_allclose(table, expected, rtol=1e-5, atol=1e-5 if dtype == "f" else 1e-12)


@pytest.mark.parametrize("ids", [[2, 5, 9], [[2, 5, 9]], [2, 3, 9]])
def test_sum_rows_of_ascending_ids_are_the_values_as_they_are(ids):
    values = np.ones((3, 2), np.float32)
    gradient = sum_rows(np.array(ids, np.int32), values)
    assert gradient.rows.tolist() == np.ravel(ids).tolist()
    assert gradient.values is values


@pytest.mark.parametrize("ids", [[5, 2, 9], [2, 2, 9], [[2], [9]]])
def test_sum_rows_of_others_are_put_in_order_and_added_up(ids):
    n = np.array(ids).shape[-1]
    values = np.eye(3)[:n]
    gradient = sum_rows(np.array(ids), values)
    assert gradient.rows.tolist() == sorted({i for each in ids for i in (each if isinstance(each, list) else [each])})
    expected = [sum(values[j % n] for j, i in enumerate(np.ravel(ids)) if i == row) for row in gradient.rows]
    np.testing.assert_array_equal(gradient.values, expected)


def test_sum_rows_gives_the_same_bits_again():
    generator = np.random.default_rng(0)
    ids, values = generator.integers(0, 50, (8, 1000)), generator.normal(size=(1000, 3)).astype(np.float32)
    np.testing.assert_array_equal(sum_rows(ids, values).values, sum_rows(ids.copy(), values.copy()).values)


def test_sum_rows_keeps_dtype_and_leaves_its_input():
    ids, values = np.array([2, 2], np.int32), np.ones((2, 3), np.float32)
    gradient = sum_rows(ids, values)
    assert gradient.values.dtype == np.float32
    gradient.values[:] = 7
    assert (values == 1).all()
    assert ids.tolist() == [2, 2]


def test_sum_rows_takes_a_slice_that_is_not_contiguous():
    values = np.arange(12.0).reshape(3, 4)[:, 1:3]  # [1 2] [5 6] [9 10]
    assert sum_rows(np.array([0, 5, 0]), values).values.tolist() == [[10, 12], [5, 6]]


def test_dense_is_zero_outside_its_rows():
    gradient = RowGradient(np.array([1, 3]), np.array([[1, 2], [3, 4]], np.float32))
    table = gradient.dense(5)
    assert table.dtype == np.float32
    assert table.tolist() == [[0, 0], [1, 2], [0, 0], [3, 4], [0, 0]]


def test_values_of_either_kind():
    array = np.ones((2, 2))
    assert values_of(array) is array
    assert values_of(RowGradient(np.array([0, 1]), array)) is array


def mixed():
    # 1 + 4 + 4 + 16 = 25
    return {"b": np.array([1.0, 2.0]), "E": RowGradient(np.array([3]), np.array([[2.0, 4.0]]))}


def test_global_norm_is_of_all_gradients_as_one_vector():
    assert global_norm(mixed()) == pytest.approx(5.0, rel=1e-15)
    dense = {"b": mixed()["b"], "E": mixed()["E"].dense(9)}
    assert global_norm(dense) == pytest.approx(5.0, rel=1e-15)
    assert global_norm({}) == 0.0


def test_clip_scales_all_gradients_by_one_factor():
    gradients = mixed()
    clipped = clip(gradients, 2.5)
    assert clipped["b"].tolist() == [0.5, 1.0]
    assert clipped["E"].rows.tolist() == [3]
    assert clipped["E"].values.tolist() == [[1.0, 2.0]]
    assert global_norm(clipped) == pytest.approx(2.5, rel=1e-15)
    assert gradients["b"].tolist() == [1.0, 2.0]  # not in place


@pytest.mark.parametrize("limit", [5.0, 6.0])
def test_clip_leaves_gradients_within_the_limit(limit):
    gradients = mixed()
    clipped = clip(gradients, limit)
    assert clipped["b"] is gradients["b"]
    assert clipped["E"] is gradients["E"]


def test_clip_of_zero_gradients_divides_by_nothing():
    assert clip({"b": np.zeros(3)}, 1.0)["b"].tolist() == [0, 0, 0]


def test_clip_keeps_float32():
    gradients = {"b": np.full(4, 10, np.float32), "E": RowGradient(np.array([0]), np.full((1, 2), 10, np.float32))}
    clipped = clip(gradients, 1.0)
    assert clipped["b"].dtype == np.float32
    assert clipped["E"].values.dtype == np.float32


def test_the_square_of_a_float32_gradient_may_be_more_than_float32_holds():
    gradients = {"b": np.array([3e30], np.float32), "E": RowGradient(np.array([1]), np.array([[4e30]], np.float32))}
    assert global_norm(gradients) == pytest.approx(5e30, rel=1e-6)
