import numpy as np
import pytest

from ner_window.nn.gradcheck import central_differences, compare, relative_error


def test_central_differences_of_a_cubic_put_the_parameter_back():
    p = np.array([[1.0, -2.0], [0.5, 3.0]])
    before = p.copy()
    numeric = central_differences(lambda: float((p**3).sum()), p)
    np.testing.assert_allclose(numeric, 3 * before**2, rtol=1e-8)
    np.testing.assert_array_equal(p, before)


def test_relative_error_is_the_largest_with_a_floor():
    assert relative_error(np.array([1.0, 2.0]), np.array([1.0, 1.0])) == 0.5
    assert relative_error(np.array([1e-9]), np.array([0.0])) == pytest.approx(1e-5)
    assert relative_error(np.zeros(0), np.zeros(0)) == 0.0


def test_compare_goes_by_parameter_and_shows_the_wrong_one():
    p = {"a": np.array([2.0]), "b": np.array([3.0, 1.0])}
    analytic = {"b": np.array([2.0, 3.0]), "a": np.array([4.0])}  # right for b: 4 / 3 and 2
    errors = dict(compare(lambda: float(p["a"][0] ** 2 * p["b"][0] / 3 + p["b"][1] ** 2), p, analytic))
    assert list(errors) == ["a", "b"]
    assert errors["a"] < 1e-8
    assert errors["b"] == pytest.approx(1 / 3, rel=1e-6)
