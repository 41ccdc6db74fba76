"""Distances and cosines of vectors that stand in the rows of two tables."""

import numpy as np

from ner_window.nn.gradients import Floats


def distances(A: Floats, B: Floats) -> Floats:
    """Euclidean distance of each row of A (n, d) to that of B (n, d) or (1, d): (n,) float64."""
    result: Floats = np.sqrt(np.square(A.astype(np.float64) - B).sum(axis=1))
    return result


def cosines(A: Floats, B: Floats) -> Floats:
    """Cosine of each row of A (n, d) and that of B (n, d) or (1, d): (n,) float64. It is 0 where one is all zeros."""
    squares = np.square(A, dtype=np.float64).sum(axis=1) * np.square(B, dtype=np.float64).sum(axis=1)
    result: Floats = (A.astype(np.float64) * B).sum(axis=1) / np.sqrt(np.where(squares > 0, squares, 1))
    return result
