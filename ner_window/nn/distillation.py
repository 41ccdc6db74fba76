"""Distillation: to learn the probabilities that another model, or the mean of several, gives, and not its choice alone.

"Soft targets" of Hinton et al. 2015, section 2, at temperature 1: which wrong labels a teacher holds to be nearly right
says more of a window than the one right label. J is the cross-entropy of the student's distribution q relative to the
teacher's p; where p is certain it is the negative log-likelihood of the label.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ner_window.nn.gradients import Floats, Integers
from ner_window.nn.objectives import log_softmax
from ner_window.nn.sentence import Lattice, Steps


@dataclass(frozen=True, eq=False)
class Teacher:
    """What stands in the place of labels: the scores of a teacher. Indexed by tokens, as labels are.

    Parameters
    ----------
    S : (T, C) floats
        Its scores of each token.
    chain : tuple of floats, optional
        For the sentence objective its scores A (C, C) of steps, start (C,) and end (C,).
    """

    S: Floats
    chain: tuple[Floats, Floats, Floats] | None = None

    def __len__(self) -> int:
        return len(self.S)

    def __getitem__(self, tokens: Any) -> "Teacher":
        return replace(self, S=self.S[tokens])


def soft_cross_entropy(S: Floats, teacher: Teacher) -> tuple[float, Callable[[], Floats]]:
    """J = mean over the batch of -sum_c p_c log q_c, p = softmax of the teacher's scores, q = softmax(s).

    As with one right class, whose p is 1, dJ/ds_c = q_c - p_c.
    """
    p = np.exp(log_softmax(teacher.S)).astype(S.dtype, copy=False)
    log_q = log_softmax(S)
    return -float((p * log_q).sum(dtype=np.float64)) / len(S), lambda: (np.exp(log_q) - p) / S.dtype.type(len(S))


def sentence_cross_entropy(
    S: Floats, teacher: Teacher, lengths: Integers, A: Floats, start: Floats, end: Floats
) -> tuple[float, Callable[[], tuple[Floats, Floats, Floats, Floats]]]:
    """Return J of a batch of sentences and the function that gives its gradients; see `sentence_log_likelihood`.

    J = sum over all sequences y' of -p(y') log q(y') = log Z - E[s(y')], for each sentence, summed, over the windows of
    the batch: Z is the student's, the expectation the teacher's. A score s(y') is a sum, so that its expectation needs
    only how often the teacher expects each part of it to be used. The derivative by every score is how often the
    student expects it to be used, less how often the teacher does.

    Raises
    ------
    ValueError
        The teacher has no scores of steps.
    """
    if teacher.chain is None:
        raise ValueError("a teacher of sentences has scores of steps, of first and of last labels")
    steps = Steps.of(lengths)
    expected = Lattice.walk(teacher.S, steps, *teacher.chain).counts()
    p, *chain = (count.astype(S.dtype, copy=False) for count in expected)
    relative = S - (p * S).sum(axis=1, keepdims=True)  # the tokens' part of the expectation; J is the same without it
    lattice = Lattice.walk(relative, steps, A, start, end)
    rest = sum(float(np.vdot(count, score)) for count, score in zip(chain, (A, start, end), strict=True))
    T = S.dtype.type(len(S))

    def backprop() -> tuple[Floats, Floats, Floats, Floats]:
        dS, dA, dstart, dend = (
            ((student - count) / T).astype(S.dtype, copy=False)
            for student, count in zip(lattice.counts(), (p, *chain), strict=True)
        )
        return dS, dA, dstart, dend

    return (float(lattice.log_z.sum(dtype=np.float64)) - rest) / len(S), backprop
