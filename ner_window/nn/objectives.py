"""Objectives: scores (B, C) and labels (B,) to one number J, and its gradient with respect to the scores."""

from collections.abc import Callable

import numpy as np

from ner_window.nn.gradients import Floats, Integers

Objective = Callable[[Floats, Integers], tuple[float, Callable[[], Floats]]]


def log_softmax(S: Floats) -> Floats:
    """Log p(c) = s_c - log sum_j exp(s_j) for each row; the maximum is subtracted first, so that nothing overflows."""
    S = S - S.max(axis=1, keepdims=True)
    normalizer: Floats = np.log(np.exp(S).sum(axis=1, keepdims=True))
    return S - normalizer


def softmax_cross_entropy(S: Floats, y: Integers) -> tuple[float, Callable[[], Floats]]:
    """J = mean over the batch of -log p(y), p = softmax(s).

    The derivative is p - 1 at the correct class and p at every incorrect one: dJ/ds_c = p_c - [c = y]. ``backprop()``
    returns dS (B, C), already divided by B as J is.
    """
    rows = np.arange(len(y))
    log_p = log_softmax(S)

    def backprop() -> Floats:
        dS = np.exp(log_p)
        dS[rows, y] -= 1
        return dS / S.dtype.type(len(y))

    return -float(log_p[rows, y].mean(dtype=np.float64)), backprop


#: Objectives by their name in a configuration.
OBJECTIVES: dict[str, Objective] = {"softmax": softmax_cross_entropy}
