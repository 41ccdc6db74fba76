"""The linear operations of the network. Each returns ``(Y, backprop)``: a rule and its derivative are neighbours."""

from collections.abc import Callable

import numpy as np

from ner_window.nn.gradients import Floats, Integers, RowGradient, sum_rows


def embed(E: Floats, ids: Integers) -> tuple[Floats, Callable[[Floats], RowGradient]]:
    """Look up rows of the table E (V, d): ids of any shape (...) give X (..., d).

    The derivative of a look-up is a sum: a row used n times, in one window or in one batch, receives n gradients.
    """
    d = E.shape[1]
    return np.take(E, ids, axis=0), lambda dX: sum_rows(ids.ravel(), dX.reshape(-1, d))


def affine(X: Floats, W: Floats, b: Floats) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats, Floats]]]:
    """Z = X W^T + b, shapes (B, D) (H, D) (H,) -> (B, H).

    ``backprop(dZ)`` returns dX = dZ W (B, D), dW = dZ^T X (H, D) and db, the sum of the rows of dZ (H,). For a batch of
    one window they are the lecture's W^T delta, delta x^T and delta.
    """
    return X @ W.T + b, lambda dZ: (dZ @ W, dZ.T @ X, dZ.sum(axis=0))


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
