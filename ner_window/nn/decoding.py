"""From scores to labels: the best path on which every step is allowed."""

import numpy as np
from numpy.typing import NDArray

from ner_window.nn.gradients import Floats, Integers

Booleans = NDArray[np.bool_]


def best_paths(scores: Floats, lengths: Integers, start: Booleans, step: Booleans, end: Booleans) -> Integers:
    """Return the labels (T,) of the allowed label sequences with the highest sum of scores, one for each sentence.

    Parameters
    ----------
    scores : (T, C) floats
        The scores of all tokens, sentence after sentence.
    lengths : (S,) integers
        The number of tokens of each sentence, which add up to T.
    start, step, end : (C,), (C, C), (C,) booleans
        Which labels may come first, which may follow which (row: the one before), which may come last.

    Where the best label of each token alone makes an allowed sequence, no other can be better; the search is made for
    the other sentences only.
    """
    labels: Integers = np.argmax(scores, axis=1)
    ends = np.cumsum(lengths)
    first = ends - lengths
    filled = lengths > 0
    valid = np.ones(len(lengths), bool)
    valid[filled] = start[labels[first[filled]]] & end[labels[ends[filled] - 1]]
    bad_steps = np.flatnonzero(~step[labels[:-1], labels[1:]]) + 1  # positions of tokens that may not follow theirs
    owner = np.searchsorted(ends, bad_steps, side="right")
    valid[owner[bad_steps > first[owner]]] = False  # a sentence's first token follows nothing
    broken = np.flatnonzero(~valid)
    if broken.size:
        positions = np.concatenate([np.arange(first[s], ends[s]) for s in broken])
        labels[positions] = viterbi(scores[positions], lengths[broken], start, step, end)
    return labels


def viterbi(scores: Floats, lengths: Integers, start: Booleans, step: Booleans, end: Booleans) -> Integers:
    """Search the best allowed paths by dynamic programming (Viterbi 1967), all sentences at once; see `best_paths`.

    Sentences are taken longest first, so that those which still go on at time t are the first n of them: no padding.
    Every length must be at least 1.
    """
    order = np.argsort(-lengths, kind="stable")
    length = lengths[order]
    first = (np.cumsum(lengths) - lengths)[order]
    forbidden = np.where(step, 0.0, -np.inf)  # (C, C)
    best = scores[first] + np.where(start, 0.0, -np.inf)  # (S, C): best path that ends in each label
    back = np.zeros(scores.shape, np.int32)  # (T, C): the label before, on that path
    for t in range(1, int(length[0]) if len(length) else 0):
        n = int(np.searchsorted(-length, -t, side="left"))  # sentences longer than t
        candidates = best[:n, :, None] + forbidden  # (n, C before, C)
        back[first[:n] + t] = candidates.argmax(axis=1)
        best[:n] = candidates.max(axis=1) + scores[first[:n] + t]
    labels = np.empty(len(scores), np.intp)
    last = (best + np.where(end, 0.0, -np.inf)).argmax(axis=1)  # (S,)
    for t in range(int(length[0]) - 1 if len(length) else -1, -1, -1):
        n = int(np.searchsorted(-length, -t, side="left"))
        labels[first[:n] + t] = last[:n]
        last[:n] = back[first[:n] + t, last[:n]]
    return labels
