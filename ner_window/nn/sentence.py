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
        p, dA = lattice.marginals()
        dS = np.empty_like(S)
        dS[steps.order] = p
        dstart, dend = p[: len(lengths)].sum(axis=0), p[steps.last].sum(axis=0)
        dS[rows, y] -= 1
        C = len(start)
        dA -= np.bincount(before * C + after, minlength=C * C).reshape(C, C)
        dstart -= np.bincount(firsts, minlength=C)
        dend -= np.bincount(lasts, minlength=C)
        return tuple(g.astype(S.dtype, copy=False) / T for g in (dS, dA, dstart, dend))  # type: ignore[return-value]

    return (float(lattice.log_z.sum(dtype=np.float64)) - float(gold)) / len(y), backprop


def marginals(S: Floats, lengths: Integers, A: Floats, start: Floats, end: Floats) -> Floats:
    """Return the probability of each label of each token (T, C), over all tag sequences of its sentence."""
    steps = Steps.of(lengths)
    p = np.empty_like(S)
    p[steps.order] = Lattice.walk(S, steps, A, start, end).marginals()[0]
    return p


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
            alpha[here] = S[here] + _log_sum_exp(alpha[before][:, :, None] + A)  # (n, C before, C)
        return cls(S, steps, A, end, alpha, _log_sum_exp((alpha[steps.last] + end)[:, :, None])[:, 0])

    def marginals(self) -> tuple[Floats, Floats]:
        """Backward: return p (T, C) in the order of `steps`, and the expected number of each step from label to label.

        beta_t[i] = log sum_j exp(A[i, j] + S[t+1, j] + beta_(t+1)[j]), and beta = end at a sentence's last token. Its
        terms are also those of the probabilities of steps, p(i -> j) = exp(alpha_t[i] + term - log_z).
        """
        beta = np.empty_like(self.alpha)
        beta[self.steps.last] = self.end
        expected = np.zeros_like(self.A)
        for before, here in reversed(self.steps.pairs()):
            terms = self.A.T + (self.S[here] + beta[here])[:, :, None]  # (n, C after, C before)
            beta[before] = _log_sum_exp(terms)
            log_z = self.log_z[: len(terms), None, None]
            expected += np.exp(terms + self.alpha[before][:, None, :] - log_z).sum(axis=0).T
        log_z = self.log_z[self.steps.sentence][:, None]
        return np.exp(self.alpha + beta - log_z), expected


def _log_sum_exp(terms: Floats) -> Floats:
    """Return log sum exp over the middle axis, (n, C, C') -> (n, C'); relative to the largest, nothing overflows."""
    largest = terms.max(axis=1, keepdims=True)
    result: Floats = np.log(np.exp(terms - largest).sum(axis=1)) + largest[:, 0]
    return result
