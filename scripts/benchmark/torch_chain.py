"""The sentence objective in PyTorch: the log-likelihood of a linear-chain CRF, written the usual batched way."""

import torch
from torch import Tensor


def chain_loss(scores: Tensor, y: Tensor, lengths: Tensor, A: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """Return the negative log-likelihood of the labels of a batch of sentences, divided by its tokens.

    As PyTorch's CRF libraries do it: the batch is padded, and the forward algorithm is a loop over time of logsumexp.

    Parameters
    ----------
    scores, y : (T, C) floats, (T,) integers
        Of all tokens, sentence after sentence.
    lengths : (S,) integers
        The number of tokens of each sentence.
    A, start, end : (C, C), (C,), (C,) floats
        The scores of a step from one label (row) to the next, of the first and of the last label.
    """
    return (log_partition(scores, lengths, A, start, end).sum() - gold_score(scores, y, lengths, A, start, end)) / len(
        y
    )


def gold_score(scores: Tensor, y: Tensor, lengths: Tensor, A: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """Return the score of the sentences' own labels, summed."""
    first = lengths.cumsum(0) - lengths
    follows = torch.ones(len(y), dtype=torch.bool)
    follows[first] = False
    after = follows.nonzero()[:, 0]
    steps = A[y[after - 1], y[after]].sum() + start[y[first]].sum() + end[y[first + lengths - 1]].sum()
    return scores.gather(1, y[:, None]).sum() + steps


def log_partition(scores: Tensor, lengths: Tensor, A: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """Return the logarithm of the sum over all label sequences of each sentence (S,): the forward algorithm."""
    inside = torch.arange(int(lengths.max())) < lengths[:, None]  # (S, L)
    padded = scores.new_zeros(*inside.shape, scores.shape[1])
    padded[inside] = scores
    alpha = start + padded[:, 0]  # (S, C)
    for emission, goes_on in zip(padded.unbind(1)[1:], inside[:, :, None].unbind(1)[1:], strict=True):
        step = torch.logsumexp(alpha[:, :, None] + A, dim=1) + emission
        alpha = torch.where(goes_on, step, alpha)
    return torch.logsumexp(alpha + end, dim=1)
