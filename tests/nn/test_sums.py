import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner_window.nn import sums
from ner_window.nn.layers import add_up
from ner_window.nn.sums import sum_by_row, sum_rows, sums_of_rows


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


@given(st.integers(0, 2**32 - 1), st.integers(0, 6), st.integers(1, 4), st.integers(1, 5), st.sampled_from("fd"))
def test_sums_of_rows_equal_nested_loops_and_add_up_to_the_last_bit(seed, n, m, rows, dtype):
    generator = np.random.default_rng(seed)
    places, table = generator.integers(0, rows, (n, m)), generator.normal(size=(rows, 3)).astype(dtype)
    expected = np.zeros((n, 3), dtype)
    for i in range(n):
        for place in places[i].tolist():
            for j in range(3):
                expected[i, j] += table[place, j]
    found = sums_of_rows(table, places)
    assert found.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(found, add_up(table, places))


@pytest.mark.parametrize("hidden", ["scipy.sparse._sparsetools", None])
def test_a_scipy_that_hides_its_loops_gives_the_same_to_the_last_bit(monkeypatch, hidden):
    generator = np.random.default_rng(1)
    table, values = generator.normal(size=(9, 4)).astype("f"), generator.normal(size=(30, 4)).astype("f")
    places = generator.integers(0, 9, (30, 5))
    expected = sums_of_rows(table, places), sum_by_row(places, values, 9)
    sums._compiled.cache_clear()
    if hidden:
        monkeypatch.setitem(sys.modules, hidden, None)
        monkeypatch.delattr("scipy.sparse._sparsetools")
    else:
        monkeypatch.delattr("scipy.sparse._sparsetools.csr_matvecs")
        monkeypatch.delattr("scipy.sparse._sparsetools.csc_matvecs")
    try:
        assert sums._compiled("csr_matvecs") is None
        monkeypatch.undo()
        found = sums_of_rows(table, places), sum_by_row(places, values, 9)
    finally:
        sums._compiled.cache_clear()
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype
