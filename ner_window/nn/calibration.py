"""Calibration: one temperature T, found on held-out data, so that probabilities are as high as they are often right.

"Temperature scaling" of Guo et al. 2017, section 4.2: all scores are divided by one T > 0 before they become
probabilities. A network trained until its loss is small is surer of itself than it may be, which T > 1 takes back. The
order of the scores, and so every tag, stays as it was.
"""

import math
from collections.abc import Callable

import numpy as np

from ner_window.nn.gradients import Floats, Integers
from ner_window.nn.objectives import log_softmax
from ner_window.nn.sentence import marginals

#: Scores of steps (C, C), of first and of last labels (C,), of the sentence objective.
Chain = tuple[Floats, Floats, Floats]

#: The lowest and the highest T that is looked at.
LIMITS = (0.05, 20.0)

#: How near ln T is to its best: the loss there is flat, and another digit would change no decimal that is shown.
PRECISION = 1e-3

_GOLDEN = (math.sqrt(5) - 1) / 2


def temperature_of(S: Floats, y: Integers, lengths: Integers, chain: Chain | None = None) -> float:
    """Return the T > 0 with which the labels of held-out tokens are the most probable; see `negative_log_likelihood`.

    Parameters
    ----------
    S : (T, C) floats
        Scores of the tokens, sentence after sentence.
    y, lengths : (T,), (S,) integers
        Labels, -1 for one that training has not seen: it is left out; and the tokens of each sentence.
    chain : tuple of floats, optional
        For the sentence objective its learned scores, which are divided by T, too.

    Returns
    -------
    float
        Within `LIMITS`; 1 where no label is known.
    """
    if not (y >= 0).any():
        return 1.0
    low, high = map(math.log, LIMITS)
    return math.exp(lowest(lambda u: negative_log_likelihood(S, y, lengths, math.exp(u), chain), low, high))


def negative_log_likelihood(
    S: Floats, y: Integers, lengths: Integers, temperature: float, chain: Chain | None = None
) -> float:
    """Mean over the tokens with a known label of -log p_y, p = softmax(s / T), or the marginals of the divided chain.

    In float64, in which no probability of a label that occurs is lost.
    """
    known = np.flatnonzero(y >= 0)
    scaled = S.astype(np.float64) / temperature
    if chain is None:
        return -float(log_softmax(scaled)[known, y[known]].mean())
    p = marginals(scaled, lengths[lengths > 0], *(part.astype(np.float64) / temperature for part in chain))
    return -float(np.log(np.maximum(p[known, y[known]], np.finfo(p.dtype).tiny)).mean())


def lowest(f: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function with one valley between `low` and `high` is lowest: golden section (Kiefer 1953).

    Of two points within, the better one's neighborhood is kept. They stand so that the one that is left is a point of
    what is kept: each step, which leaves 0.618 of the whole, costs one value of f.
    """
    a, b = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    fa, fb = f(a), f(b)
    while high - low > PRECISION:
        if fa <= fb:
            high, b, fb = b, a, fa
            a = high - _GOLDEN * (high - low)
            fa = f(a)
        else:
            low, a, fa = a, b, fb
            b = low + _GOLDEN * (high - low)
            fb = f(b)
    return (low + high) / 2
