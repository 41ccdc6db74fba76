import numpy as np
import pytest

from ner_window.nn.initialization import distinct_rows, embedding, he, uniform, xavier, zeros


def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize(
    ("draw", "bound"),
    [
        (lambda shape: uniform(shape, rng(), 0.1), 0.1),
        (lambda shape: xavier(shape, rng()), np.sqrt(6 / (300 + 500))),
        (lambda shape: embedding(shape, rng()), np.sqrt(3 / 500)),
    ],
    ids=["uniform", "xavier", "embedding"],
)
def test_uniform_draws_fill_their_range_with_its_variance(draw, bound):
    W = draw((300, 500))
    assert W.shape == (300, 500)
    assert W.dtype == np.float32
    assert 0.999 * bound < W.max() <= bound * (1 + 1e-6)
    assert -0.999 * bound > W.min() >= -bound * (1 + 1e-6)
    assert W.var() == pytest.approx(bound**2 / 3, rel=0.02)
    assert abs(W.mean()) < 0.01 * bound


def test_xavier_has_variance_two_over_both_sides():
    assert xavier((300, 500), rng()).var() == pytest.approx(2 / 800, rel=0.02)


def test_he_is_normal_with_variance_two_over_fan_in():
    W = he((300, 500), rng())
    assert W.dtype == np.float32
    assert W.var() == pytest.approx(2 / 500, rel=0.02)
    assert (np.abs(W) < W.std()).mean() == pytest.approx(0.6827, abs=0.01)


def test_embedding_rows_have_expected_square_length_one():
    assert (embedding((2000, 50), rng()) ** 2).sum(axis=1).mean() == pytest.approx(1, rel=0.01)


def test_sums_of_different_rows_have_expected_square_length_one_and_equal_ones_add_up_to_more():
    table = embedding((2000, 50), rng(), summed=8)
    sums = table.reshape(250, 8, 50).sum(axis=1)
    assert (sums**2).sum(axis=1).mean() == pytest.approx(1, rel=0.05)
    assert ((8 * table) ** 2).sum(axis=1).mean() == pytest.approx(8, rel=0.05)  # 8^2 / 8


@pytest.mark.parametrize("initializer", [xavier, he, embedding])
def test_draws_repeat_with_the_seed(initializer):
    np.testing.assert_array_equal(initializer((3, 4), rng()), initializer((3, 4), rng()))
    assert (initializer((3, 4), rng()) != initializer((3, 4), np.random.default_rng(1))).any()


def test_zeros_are_zero():
    W = zeros((3, 5), rng())
    assert W.shape == (3, 5)
    assert W.dtype == np.float32
    assert not W.any()


def test_distinct_rows_are_counted_as_they_are_when_rounded():
    W = np.array([[1, 2], [1, 2 + 1e-8], [1, 2.1], [0, -1e-9], [0, 0]], np.float32)
    assert distinct_rows(W) == 3
    assert distinct_rows(np.array([[0.0], [4e-7], [1e-6]])) == 2  # rounded to six decimals
    assert distinct_rows(zeros((4, 3), rng())) == 1
    assert distinct_rows(xavier((40, 30), rng())) == 40
