import numpy as np
import pytest

from ner_window.nn.gradients import RowGradient, clip, global_norm, values_of


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
