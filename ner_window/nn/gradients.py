"""Parameters, their gradients, and the gradient of a look-up table, which touches only a few rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Floats = NDArray[np.floating[Any]]
Integers = NDArray[np.integer[Any]]

Parameters = dict[str, Floats]


@dataclass(frozen=True, slots=True)
class RowGradient:
    """The gradient of a table (V, d) that is zero but for a few rows.

    Parameters
    ----------
    rows : (R,) integers
        The rows touched, unique and ascending.
    values : (R, d) floats
        Their gradients: a row that was looked up n times holds the sum of n gradients.
    """

    rows: Integers
    values: Floats

    def dense(self, length: int) -> Floats:
        """Return the same gradient as a table (`length`, d)."""
        table = np.zeros((length, *self.values.shape[1:]), self.values.dtype)
        table[self.rows] = self.values
        return table


Gradient = Floats | RowGradient
Gradients = dict[str, Gradient]


def values_of(gradient: Gradient) -> Floats:
    """Return the non-zero part of a gradient, of either kind."""
    return gradient.values if isinstance(gradient, RowGradient) else gradient


def global_norm(gradients: Mapping[str, Gradient]) -> float:
    """Euclidean norm of all gradients taken as one vector (Pascanu et al. 2013, section 3.2).

    Summed in float64: the square of a float32 gradient may be more than float32 can hold.
    """
    return float(np.sqrt(sum(np.square(g, dtype=np.float64).sum() for g in map(values_of, gradients.values()))))


def clip(gradients: Gradients, max_norm: float) -> Gradients:
    """Scale all gradients by one factor so that their global norm is at most `max_norm`."""
    norm = global_norm(gradients)
    if norm <= max_norm:
        return gradients
    factor = max_norm / norm
    return {
        name: RowGradient(g.rows, g.values * factor) if isinstance(g, RowGradient) else g * factor
        for name, g in gradients.items()
    }
