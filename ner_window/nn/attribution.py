"""Attribution: how much each part of a window's input gave to the difference of two scores.

g(x) = s_label - s_other is a number for every window, so backpropagation of dS = +1 at the label and -1 at the other
gives its gradient by the input x. Gradient times input, summed over the dimensions of one slot and one feature, is
what that part contributed.
"""

from dataclasses import dataclass

import numpy as np

from ner_window.nn.equivalent import compact, fold_residual
from ner_window.nn.gradients import Floats, Integers, Parameters
from ner_window.nn.network import Network, Trace
from ner_window.nn.windows import Windows

#: Steps of the central differences; the smaller one decides where a kink of f lies within the larger.
CHECK_STEPS = (1e-5, 1e-7)


@dataclass(frozen=True)
class Attribution:
    """The parts of a difference of scores, for each of B windows, in float64.

    Parameters
    ----------
    parts : (B, K, F) floats
        What each slot of the window and each table gave.
    difference : (B,) floats
        g(x), the score of the label less that of the other.
    expected : (B,) floats
        What the parts must add up to, found without backpropagation.
    """

    parts: Floats
    difference: Floats
    expected: Floats

    @property
    def rest(self) -> Floats:
        """What no part gave (B,): difference = sum of the parts + rest."""
        rest: Floats = self.difference - self.parts.sum(axis=(1, 2))
        return rest

    @property
    def error(self) -> float:
        """Largest |sum of the parts - expected|, relative to the size of the parts."""
        gap = np.abs(self.parts.sum(axis=(1, 2)) - self.expected)
        size = np.maximum(np.abs(self.parts).sum(axis=(1, 2)), np.abs(self.expected))
        return float(np.max(gap / np.maximum(size, 1e-4), initial=0.0))  # the floor keeps rounding of tiny parts out


def attribute(
    network: Network, parameters: Parameters, windows: Integers, labels: Integers, others: Integers, steps: int = 0
) -> Attribution:
    """Divide s_label - s_other among the slots and tables of windows (L, B, K).

    Without `steps` it is gradient x input. The parts then add up to x . dg/dx, which is the derivative of g(t x) by t
    at t = 1: it is compared with central differences of the forward pass. They are not all of g(x): the rest holds the
    biases and the curvature of f. It is zero for a piecewise linear f without biases.

    With `steps` it is integrated gradients (Sundararajan et al. 2017): the gradient is the mean over the path from 0 to
    x, by the midpoint rule. The parts then add up to g(x) - g(0), but for what the steps miss, and the rest is g(0).

    Parameters
    ----------
    labels, others : (B,) integers
        For each window, the label that is explained and the one that it is compared with.
    steps : int
        Points on the path; 0 is gradient x input.
    """
    network, parameters, windows, _ = compact(network, parameters, windows)
    network, parameters = fold_residual(network, parameters)  # x, of which t x is a multiple, is what W multiplies
    shared = Windows.of(windows)
    rows = np.arange(len(shared))
    dS = np.zeros((len(rows), network.labels))  # (B, C)
    dS[rows, labels] += 1
    dS[rows, others] -= 1
    dS = dS[:, network.labels - network.rows :]  # O has no row of U with the margin objective: its score is always 0

    def g(t: float) -> Floats:
        """Return the difference at t x (B,)."""
        S = network.label_scores(network.forward(_scaled(parameters, t), shared)[0])
        return S[rows, labels] - S[rows, others]

    def gradient(t: float) -> Floats:
        """Return dg/dx at t x (B, D)."""
        trace: Trace = {}
        network.forward(_scaled(parameters, t), shared, trace=trace)[1](dS)
        return trace["dx"]

    trace: Trace = {}
    network.forward(parameters, shared, trace=trace)
    points = (np.arange(steps) + 0.5) / steps if steps else np.ones(1)
    mean: Floats = sum((gradient(t) for t in points.tolist()), np.zeros_like(trace["x"])) / len(points)
    parts = _by_table(network, mean * trace["x"])
    sums = parts.sum(axis=(1, 2))
    expected = g(1) - g(0) if steps else _nearest([(g(1 + h) - g(1 - h)) / (2 * h) for h in CHECK_STEPS], sums)
    return Attribution(parts, g(1), expected)


def _scaled(parameters: Parameters, t: float) -> Parameters:
    """Return the parameters with t times the tables: x, which is looked up in them, becomes t x."""
    return {name: t * value if name.startswith("E.") else value for name, value in parameters.items()}


def _by_table(network: Network, products: Floats) -> Floats:
    """Sum products (B, D) over the dimensions of each table in each slot (B, K, F)."""
    starts = np.cumsum([0, *(d for _, _, d in network.tables[:-1])])
    sums: Floats = np.add.reduceat(products.reshape(len(products), network.width, -1), starts, axis=2)
    return sums


def _nearest(candidates: list[Floats], values: Floats) -> Floats:
    """Return for each value (B,) the candidate that is nearest to it: a wrong value has none near."""
    stacked = np.stack(candidates)
    nearest: Floats = stacked[np.abs(stacked - values).argmin(axis=0), np.arange(len(values))]
    return nearest
