"""The sentence objective: scores of whole tag sequences, with learned scores for each step from tag to tag.

::

    s(y) = start[y_1] + sum_t S[t, y_t] + sum_t A[y_(t-1), y_t] + end[y_n]
    J    = log sum over all y' of exp s(y') - s(y)          for each sentence, summed, over the windows of the batch

"Sentence-level log-likelihood" of Collobert et al. 2011, section 3.3.2 (equations 12-14); elsewhere a linear-chain
conditional random field (Lafferty et al. 2001). The sum over all sequences is found by the forward algorithm, its
derivatives, which are marginal probabilities, by the backward algorithm (Rabiner 1989, section III).

All sentences are walked together, the longest first, so that those that still go on at time t are the first n of them:
no padding, and no loop over sentences.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ner_window.nn.gradients import Floats, Integers


@dataclass(frozen=True)
class Steps:
    """Sentences in step: the tokens of all first places, then of all second places, and so on.

    Parameters
    ----------
    order : (T,) integers
        For each place in this order, the token's index in the batch.
    offsets : (L + 1,) integers
        Where each time begins in it; the sentences of time t are the first ones of time t - 1.
    last : (S,) integers
        Where each sentence's last token is in it, the longest sentence first.
    """

    order: Integers
    offsets: Integers
    last: Integers

    @property
    def sentence(self) -> Integers:
        """The rank (T,) of the sentence that each token in this order belongs to."""
        return np.arange(len(self.order)) - np.repeat(self.offsets[:-1], np.diff(self.offsets))

    def pairs(self) -> list[tuple[slice, slice]]:
        """Return, for each time but the first, where the tokens before and the tokens of this time stand."""
        offsets = self.offsets.tolist()
        triples = zip(offsets, offsets[1:], offsets[2:], strict=False)
        return [(slice(first, first + end - start), slice(start, end)) for first, start, end in triples]

    @classmethod
    def of(cls, lengths: Integers) -> "Steps":
        """Build the order for sentences of these lengths (S,), which stand one after another."""
        by_length = np.argsort(-lengths, kind="stable")
        length, first = lengths[by_length], (np.cumsum(lengths) - lengths)[by_length]
        times = np.arange(int(length[0]) if len(length) else 0)
        counts = np.searchsorted(-length, -times, side="left")  # sentences longer than t
        offsets = np.concatenate([[0], np.cumsum(counts)])
        rank = np.arange(offsets[-1]) - np.repeat(offsets[:-1], counts)
        order = first[rank] + np.repeat(times, counts)
        return cls(order, offsets, offsets[length - 1] + np.arange(len(length)))


def sentence_log_likelihood(
    S: Floats, y: Integers, lengths: Integers, A: Floats, start: Floats, end: Floats
) -> tuple[float, Callable[[], tuple[Floats, Floats, Floats, Floats]]]:
    """Return J of a batch of sentences, and the function that gives its gradients.

    Parameters
    ----------
    S : (T, C) floats
        Scores of all tokens, sentence after sentence.
    y, lengths : (T,), (S,) integers
        Labels, and the number of tokens of each sentence, at least 1.
    A, start, end : (C, C), (C,), (C,) floats
        Scores of a step from one label (row) to the next, of the first and of the last label.

    ``backprop()`` returns dS (T, C), dA, dstart and dend. For every score the derivative is the probability that it is
    used, less 1 where the correct sequence uses it, as with softmax; all over T, as J is.
    """
    steps = Steps.of(lengths)
    rows = np.arange(len(y))
    relative = S - S[rows, y][:, None]  # J is the same, and is found from smaller numbers
    lattice = Lattice.walk(relative, steps, A, start, end)
    T = S.dtype.type(len(y))
    ends = np.cumsum(lengths)
    firsts, lasts = y[ends - lengths], y[ends - 1]
    inside = np.ones(len(y), bool)
    inside[ends - lengths] = False  # tokens that follow another one
    before, after = y[np.flatnonzero(inside) - 1], y[inside]
    gold = A[before, after].sum(dtype=np.float64)
    gold += start[firsts].sum(dtype=np.float64) + end[lasts].sum(dtype=np.float64)

    def backprop() -> tuple[Floats, Floats, Floats, Floats]:
        dS, dA, dstart, dend = lattice.counts()
        dS[rows, y] -= 1
        C = len(start)
        dA -= np.bincount(before * C + after, minlength=C * C).reshape(C, C)
        dstart -= np.bincount(firsts, minlength=C)
        dend -= np.bincount(lasts, minlength=C)
        return tuple(g.astype(S.dtype, copy=False) / T for g in (dS, dA, dstart, dend))  # type: ignore[return-value]

    return (float(lattice.log_z.sum(dtype=np.float64)) - float(gold)) / len(y), backprop


def marginals(S: Floats, lengths: Integers, A: Floats, start: Floats, end: Floats) -> Floats:
    """Return the probability of each label of each token (T, C), over all tag sequences of its sentence."""
    return Lattice.walk(S, Steps.of(lengths), A, start, end).counts()[0]


@dataclass(frozen=True)
class Lattice:
    """The forward pass over all sentences, in the order of `steps`, and what the backward pass needs.

    `alpha` (T, C) is the logarithm of the sum over all beginnings of a sentence that end in a label, `log_z` (S,) that
    over all of its sequences.
    """

    S: Floats
    steps: Steps
    A: Floats
    end: Floats
    alpha: Floats
    log_z: Floats

    @classmethod
    def walk(cls, S: Floats, steps: Steps, A: Floats, start: Floats, end: Floats) -> "Lattice":
        """Forward: alpha_t[j] = S[t, j] + log sum_i exp(alpha_(t-1)[i] + A[i, j])."""
        S = S[steps.order]
        alpha = np.empty_like(S)
        alpha[: len(steps.last)] = start + S[: len(steps.last)]
        for before, here in steps.pairs():
            alpha[here] = S[here] + log_product(alpha[before], A)  # (n, C before) (C before, C) -> (n, C)
        return cls(S, steps, A, end, alpha, _log_sum_exp((alpha[steps.last] + end)[:, :, None])[:, 0])

    def counts(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Return how often each score is expected to be used: each label at each token, step, first and last label.

        Over all sequences of all sentences, weighted by their probabilities: (T, C), (C, C), (C,) and (C,).
        """
        p, expected = self.marginals()
        by_token = np.empty_like(p)
        by_token[self.steps.order] = p
        last = self.steps.last
        return by_token, expected, p[: len(last)].sum(axis=0), p[last].sum(axis=0)

    def marginals(self) -> tuple[Floats, Floats]:
        """Backward: return p (T, C) in the order of `steps`, and the expected number of each step from label to label.

        beta_t[i] = log sum_j exp(A[i, j] + S[t+1, j] + beta_(t+1)[j]), and beta = end at a sentence's last token. The
        probability of a step at t is p(i -> j) = exp(alpha_t[i] + A[i, j] + S[t+1, j] + beta_(t+1)[j] - log_z).
        """
        beta = np.empty_like(self.alpha)
        beta[self.steps.last] = self.end
        for earlier, here in reversed(self.steps.pairs()):
            beta[earlier] = log_product(self.S[here] + beta[here], self.A.T)
        sentence, counts, first = self.steps.sentence, np.diff(self.steps.offsets), len(self.steps.last)
        before = np.arange(first, len(sentence)) - np.repeat(counts[:-1], counts[1:])  # the token before each other one
        left, right = self.alpha[before], (self.S + beta)[first:]
        expected = expected_steps(left, self.A, right, self.log_z[sentence[first:]])
        return np.exp(self.alpha + beta - self.log_z[sentence][:, None]), expected


#: Sums below this, of terms of which the largest is 1, may have lost some in float64: they are added up as logarithms.
SMALL = 1e-280


def log_product(left: Floats, A: Floats) -> Floats:
    """Return log(exp(left) exp(A)), a matrix product of numbers known by their logarithms: (n, C) (C, C') -> (n, C').

    Relative to the largest of each row, and in float64, a product of matrices does it; where that would lose terms, the
    sum of logarithms, which takes an exponential for each of the n C C' terms.
    """
    largest, top = left.max(axis=1, keepdims=True), A.max()
    sums = np.exp(left - largest, dtype=np.float64) @ np.exp(A - top, dtype=np.float64)
    if sums.min(initial=1) < SMALL:
        return _log_sum_exp(left[:, :, None] + A)
    result: Floats = (np.log(sums) + largest + top).astype(left.dtype)
    return result


def expected_steps(left: Floats, A: Floats, right: Floats, log_z: Floats) -> Floats:
    """Return the sum over n of exp(left[n, i] + A[i, j] + right[n, j] - log_z[n]), shapes (n, C) (C, C) (n, C) (n,).

    As in `log_product`, by a product of matrices where nothing overflows, else term by term.
    """
    if not len(left):
        return np.zeros_like(A)
    of_left, of_right = (x.max(axis=1, keepdims=True).astype(np.float64) for x in (left, right))
    top = A.max()
    scale = of_left + of_right + top - log_z[:, None]
    if scale.max() > 600:
        terms = (np.exp(x[:, None] + A + y - z) for x, y, z in zip(left, right, log_z, strict=True))
        result: Floats = np.sum(list(terms), axis=0)
        return result
    weighted = np.exp(left - of_left) * np.exp(scale)
    steps: Floats = np.exp(A - top, dtype=np.float64) * (weighted.T @ np.exp(right - of_right))
    return steps.astype(A.dtype)


def _log_sum_exp(terms: Floats) -> Floats:
    """Return log sum exp over the middle axis, (n, C, C') -> (n, C'); relative to the largest, nothing overflows."""
    largest = terms.max(axis=1, keepdims=True)
    result: Floats = np.log(np.exp(terms - largest).sum(axis=1)) + largest[:, 0]
    return result
