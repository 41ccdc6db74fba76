import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner_window.nn import geometry
from ner_window.nn.geometry import cosines, directions, distances, nearest, neighbors_moves


def test_distances_and_cosines_of_rows():
    A = np.array([[3, 0], [1, 1], [0, 0]], np.float32)
    B = np.array([[0, 4], [2, 2], [1, 0]], np.float32)
    np.testing.assert_allclose(distances(A, B), [5, np.sqrt(2), 1])  # 3-4-5
    np.testing.assert_allclose(cosines(A, B), [0, 1, 0])  # right angle, same direction, a row of zeros


def test_one_row_is_compared_with_all():
    A = np.array([[3, 0], [0, 2]], np.float32)
    np.testing.assert_allclose(cosines(A, A[[0]]), [1, 0])
    np.testing.assert_allclose(distances(A, A[[0]]), [0, np.sqrt(13)])


def test_no_rows():
    assert distances(np.empty((0, 2), np.float32), np.empty((0, 2), np.float32)).shape == (0,)


def moves_by_loop(before, after, unmoved, k):
    """One word after another: all cosines, sorted, the k first."""
    result = np.zeros(unmoved.shape)
    for i, vector in enumerate(unmoved.astype(float)):
        near = []
        for j, other in enumerate(before.astype(float)):
            if vector.any() and other.any():
                near.append((-vector @ other / np.linalg.norm(vector) / np.linalg.norm(other), j))
        chosen = [j for _, j in sorted(near)[:k]]
        for j in chosen:
            result[i] += (after[j].astype(float) - before[j]) / len(chosen)
    return result


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 2**32 - 1), st.integers(1, 90), st.integers(0, 9), st.integers(1, 12), st.sampled_from([1, 4, 32])
)
def test_moves_equal_a_loop_over_all_pairs(seed, n, V, k, block):
    generator = np.random.default_rng(seed)
    before, after, unmoved = (generator.normal(size=(size, 3)).astype(np.float32) for size in (n, n, V))
    before[generator.random(n) < 0.1] = 0
    unmoved[generator.random(V) < 0.1] = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(geometry, "BLOCK", block)
        patch.setattr(geometry, "CHUNK", 4)
        moves = neighbors_moves(before, after, unmoved, k)
    assert moves.dtype == np.float32
    np.testing.assert_allclose(moves, moves_by_loop(before, after, unmoved, k), atol=1e-5)


def test_moves_by_hand():
    # the first two of the three that moved are nearest to (1, 1): cosines 0.99, 0.95 and -1; the moves (2, 0), (0, 4)
    before = np.array([[1.0, 0.8], [1, 0.5], [-1, -1]])
    after = before + [[2, 0], [0, 4], [9, 9]]
    unmoved = np.array([[3.0, 3], [0, 0]])
    assert neighbors_moves(before, after, unmoved, 2).tolist() == [[1, 2], [0, 0]]
    assert unmoved.tolist() == [[3, 3], [0, 0]]


def test_no_neighbours_no_moves():
    unmoved = np.ones((2, 3), np.float32)
    assert not neighbors_moves(np.zeros((4, 3)), np.ones((4, 3)), unmoved).any()
    assert not neighbors_moves(np.empty((0, 3)), np.empty((0, 3)), unmoved).any()
    assert neighbors_moves(np.ones((4, 3)), np.ones((4, 3)), np.empty((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("block", [1, 2, 3, 8, 32])
@pytest.mark.parametrize("seed", range(20))
def test_of_equal_products_the_first_rows_are_nearest(monkeypatch, seed, block):
    monkeypatch.setattr(geometry, "BLOCK", block)
    B = np.random.default_rng(seed).integers(-1, 2, (40, 2)).astype(np.float32)  # nine different rows
    A = np.array([[1, 2], [-1, 0], [0, 0]], np.float32)
    for k in (1, 5, 40, 50):
        expected = np.sort(np.argsort(-(A @ B.T), axis=1, kind="stable")[:, :k], axis=1)
        assert nearest(A, B, k).tolist() == expected.tolist()


def test_ten_neighbours_are_asked_by_default():
    generator = np.random.default_rng(0)
    before, after, unmoved = (generator.normal(size=(size, 3)) for size in (30, 30, 4))
    np.testing.assert_array_equal(neighbors_moves(before, after, unmoved), neighbors_moves(before, after, unmoved, 10))
    assert (neighbors_moves(before, after, unmoved) != neighbors_moves(before, after, unmoved, 11)).any()


@pytest.mark.parametrize("k", [1, 2, 10])
def test_products_that_all_differ_are_never_sorted_as_a_whole(monkeypatch, k):
    def refuse(*arguments, **options):
        raise AssertionError("a whole row was sorted")

    generator = np.random.default_rng(0)
    A, B = (generator.normal(size=(n, 3)).astype(np.float32) for n in (5, 2000))
    expected = np.sort(np.argsort(-(A @ B.T), axis=1)[:, :k], axis=1)
    monkeypatch.setattr(np, "argsort", refuse)
    assert nearest(A, B, k).tolist() == expected.tolist()


def test_cosines_of_short_vectors_and_directions_of_any():
    A = np.array([[1e-3, 0], [3e-4, 4e-4]])
    np.testing.assert_allclose(cosines(A, A[[0]]), [1, 0.6])
    assert directions(A).dtype == np.float32
    np.testing.assert_allclose(directions(A), [[1, 0], [0.6, 0.8]], rtol=1e-6)
