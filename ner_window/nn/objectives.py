"""Objectives: scores and labels to one number J, and its gradient with respect to the scores.

Each takes the scores S (B, C) and the labels y (B,) and returns ``(J, backprop)``; ``backprop()`` returns dS (B, C),
the derivative of J as it is, its mean over the batch included.
"""

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
        return dS / S.dtype.type(len(y))

    return -float(log_p[rows, y].mean(dtype=np.float64)), backprop


def hinge_costs(S: Floats, y: Integers) -> Floats:
    """s_j - s_y + 1 (B, C): above zero where class j comes within 1 of the correct class; zero for j = y itself."""
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


def margin_costs(S: Floats, y: Integers) -> list[tuple[Integers, Integers, Floats]]:
    """For each type, a column of S: its true windows (P,), its corrupt ones (N,), and 1 - s + s_c of all pairs (P, N).

    The label of column t is t + 1; 0 is O.
    """
    found: list[tuple[Integers, Integers, Floats]] = []
    for t in range(S.shape[1]):
        true, corrupt_ = np.flatnonzero(y == t + 1), np.flatnonzero(y != t + 1)
        found.append((true, corrupt_, S.dtype.type(1) - S[true, t][:, None] + S[corrupt_, t]))
    return found


def margin(S: Floats, y: Integers) -> tuple[float, Callable[[], Floats]]:
    """J = sum over the types of the mean over pairs of max(0, 1 - s + s_c): the lecture's max-margin loss.

    S (B, T) holds the scalar score s = u^T f(Wx + b) of each window for each of T types. A true window, whose centre
    is a word of the type, shall score at least 1 more than any corrupt one of the batch (Collobert and Weston 2008).
    A pair that does not costs 1 - s + s_c and has dJ/ds = -1 and dJ/ds_c = +1; any other pair costs nothing. A type
    that the batch has no window of costs nothing.
    """
    pairs = margin_costs(S, y)
    J = sum(float(np.maximum(costs, 0).mean(dtype=np.float64)) for _, _, costs in pairs if costs.size)

    def backprop() -> Floats:
        dS = np.zeros_like(S)
        for t, (true, corrupt_, costs) in enumerate(pairs):
            if costs.size:
                violated = (costs > 0) / S.dtype.type(costs.size)
                dS[true, t] = -violated.sum(axis=1)
                dS[corrupt_, t] = violated.sum(axis=0)
        return dS

    return float(J), backprop


def corrupt(windows: Integers, y: Integers, generator: np.random.Generator) -> tuple[Integers, Integers]:
    """Add to a batch (F, B, K), y (B,) a corrupt copy of each true window: another word in its centre, and label 0.

    The word, with its features, comes from the centre of a random window of the batch that is outside every entity
    (Collobert and Weston 2008, section 3, replace it by any word; drawn so, it is not a word of the type).
    """
    true, outside = np.flatnonzero(y > 0), np.flatnonzero(y == 0)
    if not len(true) or not len(outside):
        return windows, y
    centre = windows.shape[2] // 2
    copies = windows[:, true]
    copies[:, :, centre] = windows[:, generator.choice(outside, len(true)), centre]
    return np.concatenate([windows, copies], axis=1), np.concatenate([y, np.zeros(len(true), y.dtype)])


#: Objectives by their name in a configuration.
OBJECTIVES: dict[str, Objective] = {"softmax": softmax_cross_entropy, "hinge": hinge, "margin": margin}
