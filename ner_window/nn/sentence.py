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

    @property
    def before(self) -> Integers:
        """Where, in this order, the token before each one stands that is not its sentence's first."""
        counts, first = np.diff(self.offsets), len(self.last)
        before: Integers = np.arange(first, len(self.order)) - np.repeat(counts[:-1], counts[1:])
        return before

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
        dA -= np.bincount(before.astype(np.intp) * C + after, minlength=C * C).reshape(
            C, C
        )  # labels may be small integers
        dstart -= np.bincount(firsts, minlength=C)
        dend -= np.bincount(lasts, minlength=C)
        return tuple(g.astype(S.dtype, copy=False) / T for g in (dS, dA, dstart, dend))  # type: ignore[return-value]

    return (float(lattice.log_z.sum(dtype=np.float64)) - float(gold)) / len(y), backprop


def marginals(S: Floats, lengths: Integers, A: Floats, start: Floats, end: Floats) -> Floats:
    """Return the probability of each label of each token (T, C), over all tag sequences of its sentence."""
    p: Floats = Lattice.walk(S, Steps.of(lengths), A, start, end).counts()[0].astype(S.dtype, copy=False)
    return p


@dataclass(frozen=True)
class Lattice:
    """The forward pass over all sentences, in the order of `steps`, and what the backward pass needs.

    It is made of probabilities, not of their logarithms, so that a step is a product of matrices: at each token the row
    alpha (C,) is divided by its sum ("scaling", Rabiner 1989, section V.A), and the logarithms of these sums add up to
    that of Z. In float64, relative to the highest score at each token, nothing is lost but where scores at one token
    lie more than 640 apart: such batches are walked in logarithms, by `LogLattice`.

    Parameters
    ----------
    steps : Steps
        The order.
    weights : (T, C) floats
        exp of the scores, less the highest of each token.
    A : (C, C) floats
        exp of the scores of steps, less the highest.
    end : (S, C) floats
        exp of the scores of last labels, divided by what they add up to at the end of each sentence.
    alpha : (T, C) floats
        The probability of each label at a token, given the sentence up to there.
    sums : (T, 1) floats
        What alpha was divided by.
    log_z : (S,) floats
        The logarithm of the sum over all sequences, the longest sentence first.
    """

    steps: Steps
    weights: Floats
    A: Floats
    end: Floats
    alpha: Floats
    sums: Floats
    log_z: Floats

    @classmethod
    def walk(cls, S: Floats, steps: Steps, A: Floats, start: Floats, end: Floats) -> "Lattice | LogLattice":
        """Forward: alpha_t = alpha_(t-1) exp(A) o exp(S_t), divided by its sum."""
        S_t, first = S[steps.order].astype(np.float64), len(steps.last)
        highest = S_t.max(axis=1, keepdims=True, initial=-np.inf)
        tops = [float(score.max()) for score in (A, start, end)]
        step, begin, finish = (np.exp(x - top, dtype=np.float64) for x, top in zip((A, start, end), tops, strict=True))
        weights = np.exp(S_t - highest)
        alpha, sums = np.empty_like(weights), np.empty((len(weights), 1))
        alpha[:first] = begin * weights[:first]
        sums[:first] = alpha[:first].sum(axis=1, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):  # a sum that is lost is found below
            alpha[:first] /= sums[:first]
            for before, here in steps.pairs():
                row = alpha[before] @ step  # (n, C before) (C before, C) -> (n, C)
                row *= weights[here]
                np.add.reduce(row, axis=1, keepdims=True, out=sums[here])
                np.divide(row, sums[here], out=alpha[here])
        ends = alpha[steps.last] @ finish
        if not all(x.min(initial=1) >= SMALL for x in (sums, alpha, step, finish, ends)):
            return LogLattice.walk(S, steps, A, start, end)
        log_sums = (np.log(sums) + highest)[:, 0] + tops[0]
        log_z = np.bincount(steps.sentence, log_sums, first) + np.log(ends) + (tops[1] + tops[2] - tops[0])
        return cls(steps, weights, step, finish / ends[:, None], alpha, sums, log_z)

    def counts(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Return how often each score is expected to be used: each label at each token, step, first and last label.

        Over all sequences of all sentences, weighted by their probabilities: (T, C), (C, C), (C,) and (C,).
        """
        return gather(self.steps, *self.marginals())

    def marginals(self) -> tuple[Floats, Floats]:
        """Backward: return p (T, C) in the order of `steps`, and the expected number of each step from label to label.

        beta_t = exp(A) (exp(S_(t+1)) o beta_(t+1)), divided by the same sum as alpha_(t+1); at a sentence's last token
        it is exp(end). Then p = alpha o beta, and p(i -> j) = alpha_t[i] exp(A[i, j]) (exp(S_(t+1)) o beta_(t+1))[j]
        divided by that sum.
        """
        beta = np.empty_like(self.alpha)
        beta[self.steps.last] = self.end
        right, back = self.weights / self.sums, np.ascontiguousarray(self.A.T)
        for earlier, here in reversed(self.steps.pairs()):
            right[here] *= beta[here]
            np.matmul(right[here], back, out=beta[earlier])
        first = len(self.steps.last)
        return self.alpha * beta, self.A * (self.alpha[self.steps.before].T @ right[first:])


def gather(steps: Steps, p: Floats, expected: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return marginals p (T, C) in the tokens' order, the steps, and the sums of p over first and over last tokens."""
    by_token = np.empty_like(p)
    by_token[steps.order] = p
    last = steps.last
    return by_token, expected, p[: len(last)].sum(axis=0), p[last].sum(axis=0)


@dataclass(frozen=True)
class LogLattice:
    """What `Lattice` is, in logarithms: slower, and right for any scores.

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
    def walk(cls, S: Floats, steps: Steps, A: Floats, start: Floats, end: Floats) -> "LogLattice":
        """Forward: alpha_t[j] = S[t, j] + log sum_i exp(alpha_(t-1)[i] + A[i, j])."""
        S = S[steps.order].astype(np.float64)
        alpha = np.empty_like(S)
        alpha[: len(steps.last)] = start + S[: len(steps.last)]
        for before, here in steps.pairs():
            alpha[here] = S[here] + log_sum_exp(alpha[before][:, :, None] + A)  # (n, C before, C) -> (n, C)
        return cls(S, steps, A, end, alpha, log_sum_exp((alpha[steps.last] + end)[:, :, None])[:, 0])

    def counts(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Return what `Lattice.counts` returns."""
        return gather(self.steps, *self.marginals())

    def marginals(self) -> tuple[Floats, Floats]:
        """Backward: return p (T, C) in the order of `steps`, and the expected number of each step from label to label.

        beta_t[i] = log sum_j exp(A[i, j] + S[t+1, j] + beta_(t+1)[j]), and beta = end at a sentence's last token. The
        probability of a step at t is p(i -> j) = exp(alpha_t[i] + A[i, j] + S[t+1, j] + beta_(t+1)[j] - log_z).
        """
        beta = np.empty_like(self.alpha)
        beta[self.steps.last] = self.end
        for earlier, here in reversed(self.steps.pairs()):
            beta[earlier] = log_sum_exp((self.S[here] + beta[here])[:, :, None] + self.A.T)
        log_z = self.log_z[self.steps.sentence]
        expected = np.zeros(self.A.shape)
        for left, right, z in zip(
            self.alpha[self.steps.before], (self.S + beta)[len(self.log_z) :], log_z[len(self.log_z) :], strict=True
        ):
            expected += np.exp(left[:, None] + self.A + right - z)
        return np.exp(self.alpha + beta - log_z[:, None]), expected


#: Probabilities below this, of terms of which the largest is 1, may have lost some in float64.
SMALL = 1e-280


def log_sum_exp(terms: Floats) -> Floats:
    """Return log sum exp over the middle axis, (n, C, C') -> (n, C'); relative to the largest, nothing overflows."""
    largest = terms.max(axis=1, keepdims=True)
    result: Floats = np.log(np.exp(terms - largest).sum(axis=1)) + largest[:, 0]
    return result
