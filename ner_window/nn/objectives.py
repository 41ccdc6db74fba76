"""Objectives: scores and labels to one number J, and its gradient with respect to the scores.

Each takes the scores S (B, C) and the labels y (B,) and returns ``(J, backprop)``; ``backprop()`` returns dS (B, C),
the derivative of J as it is, its mean over the batch included.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ner_window.nn.gradients import Floats, Integers

#: Corrupt windows that the margin objective compares with each true one. On CoNLL-2003 dev, 5, 10 and 20 gave F1 85.6,
#: 86.1 and 85.3, all of them 82.3.
HARDEST = 10

Objective = Callable[[Floats, Integers], tuple[float, Callable[[], Floats]]]


def log_softmax(S: Floats) -> Floats:
    """Log p(c) = s_c - log sum_j exp(s_j) for each row; the maximum is subtracted first, so that nothing overflows."""
    log_p: Floats = S - S.max(axis=1, keepdims=True)
    log_p -= np.log(np.exp(log_p).sum(axis=1, keepdims=True))
    return log_p


def softmax_cross_entropy(S: Floats, y: Integers) -> tuple[float, Callable[[], Floats]]:
    """J = mean over the batch of -log p_y, p = softmax(s).

    -log p_y = -s_y + log sum_j exp(s_j), and the derivative of the logarithm by any s_c is exp(s_c) / sum_j exp(s_j),
    which is p_c. So, as the lecture advises, first the correct class and then the incorrect ones:

    - c = y, the correct class: both terms hold s_y, dJ/ds_y = -1 + p_y. Negative: a step raises the score, by the more
      the less probable the class was held;
    - c != y, an incorrect class: only the logarithm holds s_c, dJ/ds_c = p_c. Positive: a step lowers the score.

    Together dJ/ds_c = p_c - [c = y]. The row sums to zero: what the correct class gains the others lose.
    """
    rows = np.arange(len(y))
    log_p = log_softmax(S)

    def backprop() -> Floats:
        dS = np.exp(log_p)  # p_c: right for every incorrect class
        dS[rows, y] -= 1  # p_y - 1: the correct class
        dS /= S.dtype.type(len(y))
        return dS

    return -float(log_p[rows, y].sum(dtype=np.float64)) / len(y), backprop


def hinge_costs(S: Floats, y: Integers) -> Floats:
    """s_j - s_y + 1 (B, C): above 0 where class j comes within 1 of the correct class; 0 for the correct class."""
    rows = np.arange(len(y))
    costs: Floats = S - S[rows, y][:, None] + S.dtype.type(1)
    costs[rows, y] = 0
    return costs


def hinge(S: Floats, y: Integers) -> tuple[float, Callable[[], Floats]]:
    """J = mean over the batch of sum over j != y of max(0, s_j - s_y + 1) (Weston and Watkins 1999).

    Each class j within the margin pushes its own score down by one part and the correct one up by one: dJ/ds_j = 1
    and dJ/ds_y = -(the number of such classes). Classes beyond the margin, and right windows far from it, cost nothing
    and teach nothing. At the kink, a cost of exactly 0, the derivative of the flat side is taken.
    """
    rows = np.arange(len(y))
    costs = np.maximum(hinge_costs(S, y), 0)

    def backprop() -> Floats:
        dS = (costs > 0).astype(S.dtype)  # an incorrect class within the margin
        dS[rows, y] = -dS.sum(axis=1)  # the correct class
        return dS / S.dtype.type(len(y))

    return float(costs.sum(dtype=np.float64)) / len(y), backprop


def margin(S: Floats, y: Integers) -> tuple[float, Callable[[], Floats]]:
    """J = mean over the batch of max(0, 1 - s + s_c): the lecture's max-margin loss, once for each column of S (B, T).

    s = u^T f(Wx + b) is the score of a true window, whose centre is a word of the type (label t + 1 for column t). It
    shall be at least 1 more than the score s_c of a corrupt window: any other of the batch (Collobert and Weston 2008,
    section 3). Of these the `HARDEST` with the highest scores are compared with each true window, and their costs
    averaged: they break the rule first, and with all of them the many easy ones would drown the few hard ones.

    A pair that breaks the rule has dJ/ds = -1 and dJ/ds_c = +1, each times its weight; any other pair has none. A type
    that the batch has no true or no corrupt window of costs nothing.
    """
    pairs = [hardest_pairs(S[:, t], y == t + 1) for t in range(S.shape[1])]
    weights = [S.dtype.type(1 / (len(y) * max(costs.shape[1], 1))) for _, _, costs in pairs]
    J = sum(
        float(w * np.maximum(costs, 0).sum(dtype=np.float64)) for w, (_, _, costs) in zip(weights, pairs, strict=True)
    )

    def backprop() -> Floats:
        dS = np.zeros_like(S)
        for t, (weight, (true, others, costs)) in enumerate(zip(weights, pairs, strict=True)):
            broken = costs > 0  # (P, N)
            dS[true, t] = -weight * broken.sum(axis=1)
            dS[others, t] = weight * broken.sum(axis=0)
        return dS

    return J, backprop


def hardest_pairs(s: Floats, is_true: NDArray[np.bool_]) -> tuple[Integers, Integers, Floats]:
    """Return the true windows (P,), the N corrupt ones that score highest, and 1 - s + s_c of all pairs (P, N)."""
    true, others = np.flatnonzero(is_true), np.flatnonzero(~is_true)
    others = others[np.argsort(-s[others], kind="stable")[:HARDEST]]
    return true, others, 1 - s[true][:, None] + s[others]


def corrupt(index: Integers, y: Integers, generator: np.random.Generator) -> tuple[Integers, Integers]:
    """Add to windows (B, K), y (B,) a corrupt copy of each true window: another word in its centre, and label 0.

    `index` says which token stands in each place. The word, with its features, comes from the centre of a random window
    of the batch that is outside every entity (Collobert and Weston 2008, section 3, replace it by any word; drawn so,
    it is not a word of the type).
    """
    true, outside = np.flatnonzero(y > 0), np.flatnonzero(y == 0)
    if not len(true) or not len(outside):
        return index, y
    centre = index.shape[1] // 2
    copies = index[true]
    copies[:, centre] = index[generator.choice(outside, len(true)), centre]
    return np.concatenate([index, copies]), np.concatenate([y, np.zeros(len(true), y.dtype)])


#: Objectives by their name in a configuration.
OBJECTIVES: dict[str, Objective] = {"softmax": softmax_cross_entropy, "hinge": hinge, "margin": margin}


def sides(name: str, S: Floats, y: Integers) -> bytes:
    """Tell on which side of every kink of an objective the scores are: the signs of its costs, and what it compares.

    Between two scores with the same sides J has a derivative everywhere. This is of the forward pass alone, so that a
    check of gradients does not rely on the gradients that it checks.
    """
    if name == "hinge":
        return (hinge_costs(S, y) > 0).tobytes()
    if name == "margin":
        pairs = [hardest_pairs(S[:, t], y == t + 1) for t in range(S.shape[1])]
        return b"".join(
            np.sort(others).tobytes() + (costs[:, np.argsort(others)] > 0).tobytes() for _, others, costs in pairs
        )
    return b""
