"""The network without the lecture's vectorization: the windows of a batch one after another, as one writes it first.

It gives what `Network.loss` gives, and shows what a matrix product for the whole batch saves.
"""

from collections.abc import Callable

import numpy as np

from ner_window.nn.distillation import Teacher
from ner_window.nn.gradients import Gradients, Integers, Parameters, RowGradient
from ner_window.nn.network import Network
from ner_window.nn.sums import sum_rows
from ner_window.nn.windows import Windows


def loss_by_loop(
    network: Network,
    parameters: Parameters,
    windows: Windows | Integers,
    y: Integers | Teacher,
    generator: np.random.Generator | None = None,
    lengths: Integers | None = None,
) -> tuple[float, Callable[[], Gradients]]:
    """Return J for a batch and the function that gives its gradients; as `Network.loss`, but in a loop.

    J is the mean of the J of B batches of one window each, and so are the gradients. The margin and the
    sentence objective compare windows with each other and cannot be written like this; `lengths` is not used.
    """
    B = len(y)
    dense = windows.dense() if isinstance(windows, Windows) else windows  # (L, B, K)
    places = np.arange(dense.shape[2])[None]  # (1, K): each place of a window is a token of its own
    each = [network.loss(parameters, Windows(dense[:, i], places), y[i : i + 1], generator) for i in range(B)]

    def backprop() -> Gradients:
        return mean_of([single() for _, single in each])

    return sum(J for J, _ in each) / B, backprop


def mean_of(gradients: list[Gradients]) -> Gradients:
    """Return the mean of gradients of the same parameters."""
    n = len(gradients)
    result: Gradients = {}
    for name, first in gradients[0].items():
        same = [g[name] for g in gradients]
        if isinstance(first, RowGradient):
            tables = [g for g in same if isinstance(g, RowGradient)]
            total = sum_rows(np.concatenate([g.rows for g in tables]), np.concatenate([g.values for g in tables]))
            result[name] = RowGradient(total.rows, total.values / total.values.dtype.type(n))
        else:
            result[name] = np.mean([g for g in same if not isinstance(g, RowGradient)], axis=0)
    return result
