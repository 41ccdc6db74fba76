"""Distances and cosines of vectors that stand in the rows of tables, and what nearest neighbours did."""

import numpy as np

from ner_window.nn.gradients import Floats, Integers

#: Rows whose cosines with all others are held at a time, and about how many columns make a block.
CHUNK, BLOCK = 256, 64


def distances(A: Floats, B: Floats) -> Floats:
    """Euclidean distance of each row of A (n, d) to that of B (n, d) or (1, d): (n,) float64."""
    result: Floats = np.sqrt(np.square(A.astype(np.float64) - B).sum(axis=1))
    return result


def cosines(A: Floats, B: Floats) -> Floats:
    """Cosine of each row of A (n, d) and that of B (n, d) or (1, d): (n,) float64. It is 0 where one is all zeros."""
    squares = np.square(A, dtype=np.float64).sum(axis=1) * np.square(B, dtype=np.float64).sum(axis=1)
    result: Floats = (A.astype(np.float64) * B).sum(axis=1) / np.sqrt(np.where(squares > 0, squares, 1))
    return result


def neighbors_moves(before: Floats, after: Floats, unmoved: Floats, k: int = 10) -> Floats:
    """Return for each word that never moved the mean move of the k words, of those that moved, that were nearest to it.

    Fine-tuning moves the vectors of the words that training saw; their unseen neighbours stay behind, in a space whose
    classes have gone elsewhere (the lecture's pitfall). This is the step that brings them along.

    Parameters
    ----------
    before, after : (n, d) floats
        The vectors of the words that moved, before and after training.
    unmoved : (V, d) floats
        The other vectors, which are where they were before.
    k : int
        How many neighbours, by cosine among `before`; all n if there are fewer. Of equal cosines the first row counts.

    Returns
    -------
    moves : (V, d) floats
        To be added to `unmoved`, of its dtype. A vector of zeros has no neighbours and does not move, and is nobody's
        neighbour; without neighbours nothing moves.
    """
    moves = np.zeros_like(unmoved)
    heads = np.flatnonzero(np.any(before, axis=1))
    rest = np.flatnonzero(np.any(unmoved, axis=1))
    step, ways = (after - before)[heads], directions(before[heads])
    for start in range(0, len(rest) if len(heads) else 0, CHUNK):
        rows = rest[start : start + CHUNK]
        moves[rows] = step[nearest(directions(unmoved[rows]), ways, k)].mean(axis=1)
    return moves


def directions(A: Floats) -> Floats:
    """Return the rows of A (n, d) at length 1, float32."""
    A = A.astype(np.float64)
    unit: Floats = (A / np.linalg.norm(A, axis=1, keepdims=True)).astype(np.float32)
    return unit


def nearest(A: Floats, B: Floats, k: int) -> Integers:
    """Return for each row of A (r, d) the k rows of B (n, d) with the largest products, ascending: (r, min(k, n)).

    Of equal products the first row counts. The columns are cut into blocks, and the k largest of a row are looked for
    in those k blocks whose maxima are largest: a block that is not among them holds nothing larger than these k maxima.
    """
    n, k = len(B), min(k, len(B))
    blocks = max(k, -(-n // BLOCK))
    depth = -(-n // blocks)
    products = np.empty((len(A), depth, blocks), np.float32)  # column j is in block j % blocks
    flat = products.reshape(len(A), -1)
    np.matmul(A, B.T, out=flat[:, :n])
    flat[:, n:] = -np.inf
    maxima = products.max(axis=1)  # (r, blocks)
    chosen = np.sort(np.argpartition(-maxima, k - 1, axis=1)[:, :k], axis=1)
    candidates = np.take_along_axis(products, chosen[:, None, :], axis=2).reshape(len(A), -1)  # ascending by column
    least = np.partition(candidates, -k, axis=1)[:, -k][:, None]  # the k-th largest product
    result = np.empty((len(A), k), np.intp)
    tied = ((candidates >= least).sum(axis=1) != k) | ((maxima >= least).sum(axis=1) > k)
    columns = (np.arange(depth)[:, None] * blocks + chosen[:, None, :]).reshape(len(A), -1)
    result[~tied] = columns[(candidates >= least) & ~tied[:, None]].reshape(-1, k)
    for i in np.flatnonzero(tied).tolist():
        result[i] = np.sort(np.argsort(-flat[i], kind="stable")[:k])
    return result
