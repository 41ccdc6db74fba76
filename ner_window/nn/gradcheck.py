"""Numerical gradient checking: central differences against the gradients written by hand.

(J(p + h) - J(p - h)) / 2h is the derivative up to an error of order h^2. In float64 with h = 1e-5 a right gradient of a
smooth function agrees to a relative error of about 1e-8, a wrong one hardly ever to 1e-3.

Where J has a kink (a ReLU at 0, a hinge at its margin) between p - h and p + h, the difference mixes the slopes of both
sides and says nothing of either. Such places are recognised by what is on which side: where the pattern of active
units and of violated margins is not the same at p - h and p + h, the step is made smaller until it is. If no step that
float64 allows is small enough, p stands on the kink itself, where J has no derivative. Then the comparison is made at
a point close by, off the kink: all parameters are moved at random by about `NUDGE`, and both gradients computed anew.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from ner_window.nn import objectives
from ner_window.nn.activations import KINKS
from ner_window.nn.gradients import Floats, Integers, Parameters, RowGradient
from ner_window.nn.network import Network, Trace
from ner_window.nn.windows import Windows

#: J, and the sides of all kinks that it is on.
Evaluate = Callable[[], tuple[float, bytes]]

#: How far parameters are moved off a kink that they stand on: the deviation of a normal distribution.
NUDGE = 1e-2

#: Gradients smaller than this, times J where J is above 1, are compared as if they had that size: their last digits are
#: the rounding of J.
FLOOR = 1e-4

#: How each gradient is found, in the lecture's notation.
RULES = {
    "W": "dJ/dW = delta x^T",
    "b": "dJ/db = delta",
    "U": "dJ/dU = dJ/ds h^T",
    "c": "dJ/dc = dJ/ds",
    "a": "dJ/da = dJ/dh min(0, z)",
    "A": "dJ/dA = p(i -> j) - [i -> j], summed over all steps",
    "s": "dJ/dstart = p - [c = y] at first tokens",
    "e": "dJ/dend = p - [c = y] at last tokens",
    "E": "dJ/dx = W^T delta, cut by word, summed over its places",
    "M": "dJ/dM = e^T ((1 - t^2) o dJ/de' N^T), t = tanh(e M)",
    "N": "dJ/dN = t^T dJ/de', t = tanh(e M)",
}


@dataclass(frozen=True)
class ParameterCheck:
    """The comparison of one parameter's gradient with central differences.

    Parameters
    ----------
    name, shape, rule
        The parameter, and how its gradient is found.
    checked, kinks, left_out : int
        Entries compared; how many have a kink of J within the step; how many of these could not be compared, because
        they stand on a kink, and again at the point close by.
    error : float
        The largest relative error, at the index `where`, between `numeric` and `analytic`.
    verdict : str
        "ok" or "wrong", "frozen" for a table that is not trained, "ok: 0" for a c that cancels out of the margin,
        "not checked" where every entry was left out.
    """

    name: str
    shape: tuple[int, ...]
    rule: str
    checked: int = 0
    kinks: int = 0
    left_out: int = 0
    error: float = 0.0
    where: tuple[int, ...] = ()
    numeric: float = 0.0
    analytic: float = 0.0
    verdict: str = "ok"


@dataclass(frozen=True)
class Problem:
    """A loss with all that it depends on, the same random numbers at every evaluation; arguments of `check_network`."""

    network: Network
    parameters: Parameters
    windows: Windows
    y: Integers
    seed: int
    lengths: Integers | None = None

    def evaluate(self) -> tuple[float, bytes]:
        """Return J and the sides of its kinks."""
        trace: Trace = {}
        generator = np.random.default_rng(self.seed)
        J, _ = self.network.loss(self.parameters, self.windows, self.y, generator, trace, self.lengths)
        return J, sides(self.network, trace)

    def gradient(self, name: str) -> Floats:
        """Return the gradient written by hand as a whole array; NaN where there is none but should be one."""
        generator = np.random.default_rng(self.seed)
        _, backprop = self.network.loss(self.parameters, self.windows, self.y, generator, None, self.lengths)
        gradient = backprop().get(name)
        if gradient is None:
            return np.full_like(self.parameters[name], 0.0 if cancels(self.network, name) else np.nan)
        return gradient.dense(len(self.parameters[name])) if isinstance(gradient, RowGradient) else gradient

    def nudged(self) -> "Problem":
        """Return the same problem at a point close by."""
        generator = np.random.default_rng(self.seed)
        moved: Parameters = {name: p + generator.normal(0, NUDGE, p.shape) for name, p in self.parameters.items()}
        return replace(self, parameters=moved)


def rule(network: Network, name: str) -> str:
    """Return how the gradient of a parameter is found."""
    mapped = network.residual and name == f"E.{network.tables[0][0]}"
    return "dJ/de = dJ/de' + ((1 - t^2) o dJ/de' N^T) M^T, summed" if mapped else RULES[name[0]]


def cancels(network: Network, name: str) -> bool:
    """Whether a parameter has no gradient because it cancels out of J."""
    return name == "c" and network.objective == "margin"


def central_differences(loss: Callable[[], float], parameter: Floats, step: float = 1e-5) -> Floats:
    """Return dJ/dp by central differences, one element of `parameter` (float64, any shape) after another.

    `loss` takes no argument and reads `parameter`, which is changed in place and put back.
    """
    flat = parameter.reshape(-1)  # a view: `parameter` must be contiguous
    slopes = [_slope(lambda: (loss(), b""), flat, i, step)[0] for i in range(flat.size)]
    return np.array(slopes, np.float64).reshape(parameter.shape)


def _slope(evaluate: Evaluate, flat: Floats, i: int, step: float) -> tuple[float | None, float]:
    """Return the slope of J by one element and the step it took; None where every step has a kink within it."""
    value = flat[i]
    for h in (step, step / 10, step / 100):
        flat[i] = value + h
        above, sides_above = evaluate()
        flat[i] = value - h
        below, sides_below = evaluate()
        flat[i] = value
        if sides_above == sides_below:
            return (above - below) / (2 * h), h
    return None, h


def relative_error(analytic: Floats, numeric: Floats) -> float:
    """Largest |a - n| / max(|a|, |n|, 1e-4) over all elements; the floor keeps rounding of tiny gradients out of it."""
    size = np.maximum(np.maximum(np.abs(analytic), np.abs(numeric)), FLOOR)
    return float(np.max(np.abs(analytic - numeric) / size, initial=0.0))


def check_network(
    network: Network,
    parameters: Parameters,
    windows: Integers,
    y: Integers,
    lengths: Integers | None = None,
    *,
    entries: int = 200,
    tolerance: float = 1e-6,
    step: float = 1e-5,
    seed: int = 0,
) -> Iterator[ParameterCheck]:
    """Compare the gradients of J for a batch of windows (L, B, K) with labels y (B,) with central differences.

    J is the whole loss as training sees it: regulariser, dropout and corrupt windows included, the random ones the same
    at every evaluation. `parameters` are float64 and come back unchanged.

    Parameters
    ----------
    lengths : (S,) integers, optional
        Of the sentences that the windows are of, for the sentence objective; by default they are one sentence.
    entries : int
        How many entries of a parameter are compared: the largest gradients, and others at random. Of a table at least
        one entry of each row, too, even if these are more.
    tolerance : float
        A larger relative error is "wrong".

    Yields
    ------
    ParameterCheck
        One for each parameter, in forward order.
    """
    problem = Problem(network, parameters, Windows.of(windows), y, seed, lengths)
    generator = np.random.default_rng(seed)
    for name, parameter in parameters.items():
        empty = ParameterCheck(name, parameter.shape, rule(network, name))
        if name.startswith("E.") and name[2:] in network.frozen:
            given = np.isfinite(problem.gradient(name)).any()  # a frozen table must have no gradient at all
            yield replace(empty, rule="none: the vectors stay as they are", verdict="wrong" if given else "frozen")
            continue
        chosen = _choose(problem.gradient(name), entries, name.startswith("E."), generator)
        result = _compare(empty, problem, chosen, step)
        if not result.error <= tolerance:
            yield replace(result, verdict="wrong")
        elif not result.checked:
            yield replace(result, verdict="not checked")
        elif cancels(network, name):
            yield replace(result, verdict="ok: 0", rule="0: c cancels out of 1 - s + s_c")
        else:
            yield result


def sides(network: Network, trace: Trace) -> bytes:
    """Return on which side of every kink a forward pass was: of the activation's, and of the objective's."""
    parts = [(trace["z"] > kink).tobytes() for kink in KINKS.get(network.activation, ())]
    return b"".join([*parts, objectives.sides(network.objective, trace["s"], trace["y"])])


def _choose(analytic: Floats, entries: int, by_row: bool, generator: np.random.Generator) -> Integers:
    """Choose the flat indices of the entries to compare: all, or the largest, one of each row, and random ones."""
    size = analytic.size
    if size <= entries:
        return np.arange(size)
    largest = np.argsort(-np.abs(analytic).ravel(), kind="stable")[: entries // 2]
    rows, width = (analytic.shape[0], size // analytic.shape[0]) if by_row else (0, 1)
    wanted = np.union1d(largest, np.arange(rows) * width + generator.integers(0, width, rows))
    others = generator.permutation(size)[:entries]
    others = others[~np.isin(others, wanted)]
    return np.concatenate([wanted, others[: max(0, entries - len(wanted))]])


def _compare(empty: ParameterCheck, problem: Problem, chosen: Integers, step: float) -> ParameterCheck:
    """Fill in the figures of one parameter: its entries `chosen`, those that stand on a kink at a point close by."""
    result, on_kink = _compare_here(empty, problem, chosen, step)
    kinks, left_out = result.kinks, list[int]()
    if on_kink:
        result, left_out = _compare_here(result, problem.nudged(), np.array(on_kink), step)
    return replace(result, checked=len(chosen) - len(left_out), kinks=kinks, left_out=len(left_out))


def _compare_here(
    worst: ParameterCheck, problem: Problem, chosen: Integers, step: float
) -> tuple[ParameterCheck, list[int]]:
    """Return the figures with the worst entry so far, and the entries that stand on a kink.

    What is not finite, such as the NaN of a missing gradient or of a broken J, counts as the largest error.
    """
    flat, analytic = problem.parameters[worst.name].reshape(-1), problem.gradient(worst.name).ravel()
    floor = FLOOR * max(1.0, abs(problem.evaluate()[0]))
    kinks, on_kink = 0, []
    for i in chosen.tolist():
        numeric, h = _slope(problem.evaluate, flat, i, step)
        kinks += h < step
        if numeric is None:
            on_kink.append(i)
            continue
        a = float(analytic[i])
        size = max(abs(a), abs(numeric), floor * step / h)
        error = abs(a - numeric) / size if np.isfinite(a) and np.isfinite(numeric) else np.inf
        if error > worst.error or not worst.where:
            where = tuple(int(k) for k in np.unravel_index(i, worst.shape))
            worst = replace(worst, error=error, where=where, numeric=numeric, analytic=a)
    return replace(worst, kinks=kinks), on_kink
