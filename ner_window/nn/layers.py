"""The linear operations of the network. Each returns ``(Y, backprop)``: a rule and its derivative are neighbours."""

from collections.abc import Callable

import numpy as np

from ner_window.nn.gradients import Floats, Integers, RowGradient, sum_rows


def embed(E: Floats, ids: Integers) -> tuple[Floats, Callable[[Floats], RowGradient]]:
    """Look up rows of the table E (V, d): ids (m, ...) give X (..., d), the sum of the m rows of each place.

    The derivative of a look-up is a sum: a row used n times, in one place, one window or one batch, receives n
    gradients. Every one of the m rows of a place receives the whole gradient of their sum.
    """
    X: Floats = np.take(E, ids[0], axis=0)
    for more in ids[1:]:
        X += np.take(E, more, axis=0)
    return X, lambda dX: sum_rows(ids.reshape(len(ids), -1), dX.reshape(-1, E.shape[1]))


def affine(X: Floats, W: Floats, b: Floats) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats, Floats]]]:
    """Z = X W^T + b, shapes (B, D) (H, D) (H,) -> (B, H).

    ``backprop(dZ)`` returns dX = dZ W (B, D), dW = dZ^T X (H, D) and db, the sum of the rows of dZ (H,). For a batch of
    one window they are the lecture's W^T delta, delta x^T and delta.
    """
    return X @ W.T + b, lambda dZ: (dZ @ W, dZ.T @ X, dZ.sum(axis=0))


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
