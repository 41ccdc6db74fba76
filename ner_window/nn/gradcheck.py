"""Numerical gradient checking: central differences against the gradients written by hand.

(J(p + h) - J(p - h)) / 2h is the derivative up to an error of order h^2. In float64 with h = 1e-5 a right gradient of a
smooth function agrees to a relative error of about 1e-8, a wrong one hardly ever to 1e-3.
"""

from collections.abc import Callable, Iterator

import numpy as np

from ner_window.nn.gradients import Floats


def central_differences(loss: Callable[[], float], parameter: Floats, step: float = 1e-5) -> Floats:
    """Return dJ/dp by central differences, one element of `parameter` (float64, any shape) after another.

    `loss` takes no argument and reads `parameter`, which is changed in place and put back.
    """
    flat = parameter.reshape(-1)  # a view: `parameter` must be contiguous
    numeric = np.empty_like(flat)
    for i, value in enumerate(flat.copy()):
        flat[i] = value + step
        above = loss()
        flat[i] = value - step
        below = loss()
        flat[i] = value
        numeric[i] = (above - below) / (2 * step)
    return numeric.reshape(parameter.shape)


def relative_error(analytic: Floats, numeric: Floats) -> float:
    """Largest |a - n| / max(|a|, |n|, 1e-4) over all elements; the floor keeps rounding of tiny gradients out of it."""
    size = np.maximum(np.maximum(np.abs(analytic), np.abs(numeric)), 1e-4)
    return float(np.max(np.abs(analytic - numeric) / size, initial=0.0))


def compare(
    loss: Callable[[], float], parameters: dict[str, Floats], analytic: dict[str, Floats], step: float = 1e-5
) -> Iterator[tuple[str, float]]:
    """Yield the relative error of each parameter's gradient, in the order of `parameters`."""
    for name, parameter in parameters.items():
        yield name, relative_error(analytic[name], central_differences(loss, parameter, step))
