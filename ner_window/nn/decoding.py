"""From scores to labels: the best path on which every step is allowed."""

import numpy as np

from ner_window.nn.gradients import Floats, Integers
from ner_window.nn.sentence import Steps

#: Sums of a score and a step that are compared in one sweep: a megabyte of them.
SWEEP = 1 << 18


def best_paths(scores: Floats, lengths: Integers, start: Floats, step: Floats, end: Floats) -> Integers:
    """Return the labels (T,) of the allowed label sequences with the highest sum of scores, one for each sentence.

    Parameters
    ----------
    scores : (T, C) floats
        The scores of all tokens, sentence after sentence.
    lengths : (S,) integers
        The number of tokens of each sentence, which add up to T.
    start, step, end : (C,), (C, C), (C,) floats
        What it adds to a path's score that a label comes first, that it follows another (row: the one before), that it
        comes last: -inf where it may not.

    If nothing is added but 0 and -inf, and the best label of each token alone makes an allowed sequence, no other can
    be better: then the search is made for the other sentences only.
    """
    if any((added[added > -np.inf] != 0).any() for added in (start, step, end)):
        return viterbi(scores, lengths, start, step, end)
    labels: Integers = np.argmax(scores, axis=1)
    ends = np.cumsum(lengths)
    first = ends - lengths
    filled = lengths > 0
    valid = np.ones(len(lengths), bool)
    valid[filled] = start[labels[first[filled]]] + end[labels[ends[filled] - 1]] == 0
    bad_steps = np.flatnonzero(step[labels[:-1], labels[1:]]) + 1  # positions of tokens that may not follow theirs
    owner = np.searchsorted(ends, bad_steps, side="right")
    valid[owner[bad_steps > first[owner]]] = False  # a sentence's first token follows nothing
    broken = np.flatnonzero(~valid)
    if broken.size:
        positions = np.concatenate([np.arange(first[s], ends[s]) for s in broken])
        labels[positions] = viterbi(scores[positions], lengths[broken], start, step, end)
    return labels


def viterbi(scores: Floats, lengths: Integers, start: Floats, step: Floats, end: Floats) -> Integers:
    """Search the best allowed paths by dynamic programming (Viterbi 1967), all sentences at once; see `best_paths`.

    Forward, only the score of the best path to each label is kept: best_t[j] = S[t, j] + max_i (best_(t-1)[i] +
    step[i, j]). Which i it was is asked on the way back, for the one label j of each token that is on the best path.
    Tokens stand in columns, so that the maximum of C x C sums is taken of many sentences in one sweep. Sentences of no
    token have no path.
    """
    lengths, together = lengths[lengths > 0], max(1, SWEEP // len(start) ** 2)
    labels = np.empty(len(scores), np.intp)
    stop = 0
    for some in np.split(lengths, range(together, len(lengths), together)):
        first, stop = stop, stop + int(some.sum())
        labels[first:stop] = _viterbi(scores[first:stop], some, start, step, end)
    return labels


def _viterbi(scores: Floats, lengths: Integers, start: Floats, step: Floats, end: Floats) -> Integers:
    """Do what `viterbi` does, for some sentences in one sweep."""
    order = Steps.of(lengths)
    best = np.ascontiguousarray(scores[order.order].T)  # (C, T): the score of a label, then of the best path to it
    best[:, : len(order.last)] += start[:, None]
    for before, here in order.pairs():
        best[:, here] += (best[:, None, before] + step[:, :, None]).max(axis=0)  # (C before, C, n) -> (C, n)
    ends = np.ascontiguousarray(best.T)  # (T, C)
    ordered = np.empty(len(scores), np.intp)
    ordered[order.last] = (ends[order.last] + end).argmax(axis=1)
    back = np.ascontiguousarray(step.T)
    for before, here in reversed(order.pairs()):
        ordered[before] = (ends[before] + back[ordered[here]]).argmax(axis=1)
    labels = np.empty(len(scores), np.intp)
    labels[order.order] = ordered
    return labels


def best_threshold(scores: Floats, lengths: Integers, spans: Integers) -> float:
    """Return the threshold above which scores (T,) of one type give its entities with the highest F1.

    Parameters
    ----------
    scores : (T,) floats
        A score for each token, sentence after sentence. A run of tokens above the threshold is an entity.
    lengths : (S,) integers
        The number of tokens of each sentence.
    spans : (G, 2) integers
        The entities of the type as they should be: indices of the first token, and of the one after the last.

    As the threshold rises, a token begins a run while it is above and the token before it is not: between the two
    scores. A span is found while all its tokens are above and both its neighbours are not. So the entities found and
    the right ones among them are numbers of intervals around the threshold, and every threshold is tried exactly. The
    result lies half-way between two scores; of equally good ones it is the highest.
    """
    ends = np.cumsum(lengths)
    edge = np.zeros(len(scores) + 1, bool)  # where one sentence ends and another begins
    edge[np.concatenate([[0], ends])] = True
    before = np.where(edge[:-1], -np.inf, np.concatenate([[-np.inf], scores[:-1]]))  # (T,)
    after = np.where(edge[1:], -np.inf, np.concatenate([scores[1:], [-np.inf]]))  # (T,)
    candidates = np.append(np.unique(scores)[::-1], scores.min() - 1)  # between and beyond the scores, descending
    predicted = _around(candidates, before, scores)
    first, last = spans[:, 0], spans[:, 1] - 1
    lowest = np.array([scores[a : b + 1].min() for a, b in zip(first, last, strict=True)])
    right = _around(candidates, np.maximum(before[first], after[last]), lowest)
    best = int(np.argmax(2 * right / np.maximum(predicted + len(spans), 1)))
    above = candidates[best - 1] if best else candidates[0] + 2
    return float(candidates[best] + above) / 2


def _around(candidates: Floats, low: Floats, high: Floats) -> Integers:
    """Count for each candidate the intervals [low, high) that it lies in."""
    real = low < high
    starts, stops = np.sort(low[real]), np.sort(high[real])
    return np.searchsorted(starts, candidates, side="right") - np.searchsorted(stops, candidates, side="right")
