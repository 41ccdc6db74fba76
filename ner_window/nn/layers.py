"""The linear operations of the network. Each returns ``(Y, backprop)``: a rule and its derivative are neighbours."""

from __future__ import annotations  # names of types are not looked up: `predict` does without numpy.random

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from ner_window.nn.gradients import Array, Floats, Integers, RowGradient
from ner_window.nn.sums import sum_by_row, sum_rows, sums_of_rows

#: Columns of zeros beside those of a matrix, as many as kernels take at a time, and columns that they take together.
MARGIN, COLUMNS = 8, 304


def embed(E: Floats, ids: Integers) -> tuple[Floats, Callable[[Floats], RowGradient]]:
    """Look up rows of the table E (V, d): ids (m, ...) give X (..., d), the sum of the m rows of each place.

    The derivative of a look-up is a sum: a row used n times, in one place, one window or one batch, receives n
    gradients. Every one of the m rows of a place receives the whole gradient of their sum.
    """
    X: Floats = E.take(ids[0], axis=0)
    for more in ids[1:]:
        X += E.take(more, axis=0)
    return X, lambda dX: sum_rows(ids.reshape(len(ids), -1), dX.reshape(-1, E.shape[1]))


def affine(X: Floats, W: Floats, b: Floats) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats, Floats]]]:
    """Z = X W^T + b, shapes (B, D) (H, D) (H,) -> (B, H).

    ``backprop(dZ)`` returns dX = dZ W (B, D), dW = dZ^T X (H, D) and db, the sum of the rows of dZ (H,). For a batch of
    one window they are the lecture's W^T delta, delta x^T and delta.
    """
    Z: Floats = X @ W.T
    Z += b
    return Z, lambda dZ: (dZ @ W, dZ.T @ X, dZ.sum(axis=0))


def window_affine(
    X: Floats, index: Integers, W: Floats, b: Floats, inputs: bool = True
) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats, Floats]]]:
    """Z = W x + b for windows that share their tokens: X (n, d), index (B, K), W (H, K d), b (H,) -> Z (B, H).

    x is K vectors one under the other, so W is K pieces side by side, and W x = sum over k of W_k e(w_k). A product
    W_k e(w) is the same in every window in which the word w stands in place k: it is computed once for each of the n
    tokens and K places, P = X [W_1; ...; W_K]^T, and a window adds up K of these rows, z = b + sum over k of P[w_k, k].
    So the work is that of the distinct tokens of a batch, about half of that of its windows, and no window is ever
    written out.

    ``backprop(dZ)`` returns dX (n, d), dW and db. The derivative of the sum hands delta to each of its K rows: a row of
    dP is the sum of the deltas of all windows that used it; then dX = dP [W_1; ...; W_K] and dW_k = dP_k^T X. Without
    `inputs` nobody asks for dX, and it is left at zero: of frozen vectors, a third of the work.
    """
    (n, d), K, H = X.shape, index.shape[1], len(W)
    pieces = stacked(W, K)
    rows = index * K + np.arange(K, dtype=index.dtype)  # (B, K)
    Z = sums_of_rows((X @ pieces.T).reshape(n * K, H), rows)
    Z += b

    def backprop(dZ: Floats) -> tuple[Floats, Floats, Floats]:
        dP = sum_by_row(rows, dZ, n * K).reshape(n, K * H)
        dW = (dP.T @ X).reshape(K, H, d).transpose(1, 0, 2).reshape(H, K * d)
        return dP @ pieces if inputs else np.zeros_like(X), dW, dZ.sum(axis=0)

    return Z, backprop


def stacked(W: Floats, K: int) -> Floats:
    """Return the K pieces of W (H, K d) one under the other (K H, d)."""
    H = len(W)
    pieces: Floats = W.reshape(H, K, -1).transpose(1, 0, 2).reshape(K * H, -1)
    return pieces


def multiply_alike(X: Floats, M: Floats, out: Floats, rows: int) -> None:
    """Write X M, (n, d) (d, m) -> (n, m), into `out`, to the last bit the same for a row wherever it stands in X.

    That bit may depend on the shape of the matrices: so many `rows` are multiplied at a time, zeros behind the last
    ones. With some kernels it depends on the place in the block, too, in the first and the last columns: then these
    are zeros, beside those of M. Where that does not help each row is multiplied by itself.
    """
    way, start = _way(rows, *M.shape, M.dtype), 0
    if way == "alone":
        np.matmul(X[:, None], M, out=out[:, None])
        return
    for piece, w in [(M, M.shape[1])] if way == "plain" else _with_margins(M):
        margin = MARGIN if way == "margins" else 0
        for first in range(0, len(X), rows):
            block = X[first : first + rows]
            if len(block) < rows:
                block = np.concatenate([block, np.zeros((rows - len(block), X.shape[1]), X.dtype)])
            target = out[first : first + rows, start : start + w]
            if len(target) == rows and not margin:
                np.matmul(block, piece, out=target)
            else:
                target[:] = (block @ piece)[: len(target), margin : margin + w]
        start += w


def _with_margins(M: Floats) -> list[tuple[Floats, int]]:
    """Cut M (d, m) into pieces of some columns, with columns of zeros on either side, and say how many are M's."""
    pieces = np.array_split(M, -(-M.shape[1] // COLUMNS), axis=1)
    widths = [piece.shape[1] for piece in pieces]
    return [
        (np.pad(piece, ((0, 0), (MARGIN, MARGIN + -w % MARGIN))), w) for piece, w in zip(pieces, widths, strict=True)
    ]


@lru_cache
def _way(rows: int, d: int, m: int, dtype: np.dtype[Any]) -> Literal["plain", "margins", "alone"]:
    """How a product of matrices, (rows, d) (d, m), gives the same for a row in every place: it is tried."""
    tries = -(-256 // m)  # so many that one of the numbers would show it
    numbers = np.sin(np.arange(tries * (m + 1) * d, dtype=dtype)).reshape(tries, m + 1, d)
    if all(_are_alike(np.tile(each[0], (rows, 1)) @ each[1:].T) for each in numbers):
        return "plain"
    if m < 4 * MARGIN:  # more would be zeros than not
        return "alone"
    pieces = ((each[0], piece) for each in numbers for piece, _ in _with_margins(each[1:].T))
    alike = all(_are_alike(np.tile(x, (rows, 1)) @ piece) for x, piece in pieces)
    return "margins" if alike else "alone"


def _are_alike(Y: Floats) -> bool:
    return bool((Y[0] == Y).all())


def add_up(P: Array, rows: Integers) -> Array:
    """Return the sum of K rows of P (N, H), rows (B, K), for each of B windows (B, H).

    As `sums_of_rows`, to the last bit, but without SciPy, whose import takes longer than to tag a small file.
    """
    Z: Array = np.take(P, rows[:, 0], axis=0)
    for more in rows.T[1:]:
        Z += np.take(P, more, axis=0)
    return Z


def residual_map(X: Floats, M: Floats, N: Floats) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats, Floats]]]:
    """Y = X + tanh(X M) N: every vector along the last axis (..., d) is moved by one map, M (d, m) and N (m, d).

    With N = 0 it is the identity. The sum hands dY on to X, and to the map: dN = tanh(X M)^T dY, and through the tanh
    delta = (1 - tanh^2) o dY N^T, dM = X^T delta, dX = dY + delta M^T (a residual block, He et al. 2016, equation 1).
    """
    rows = X.reshape(-1, X.shape[-1])  # (n, d)
    H = np.tanh(rows @ M)  # (n, m)

    def backprop(dY: Floats) -> tuple[Floats, Floats, Floats]:
        upstream = dY.reshape(rows.shape)
        delta = (1 - H * H) * (upstream @ N.T)
        return (upstream + delta @ M.T).reshape(X.shape), rows.T @ delta, H.T @ upstream

    return (rows + H @ N).reshape(X.shape), backprop


def dropout(
    X: Floats, rate: float, generator: np.random.Generator, *, whole: bool = False
) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Set each element of X to zero with probability `rate`, scale the others by 1 / (1 - rate).

    "Inverted" dropout (Srivastava et al. 2014, section 10): the expectation is unchanged, so that nothing is scaled
    when the network is used. With `whole` the vectors along the last axis are kept or dropped as a whole.
    """
    kept = generator.random((*X.shape[:-1], 1) if whole else X.shape, dtype=np.float32) >= rate
    mask = kept * X.dtype.type(1 / (1 - rate))
    return X * mask, lambda dY: dY * mask
