import numpy as np

from ner_window.nn.geometry import cosines, distances


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
