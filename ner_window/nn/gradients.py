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


def sum_rows(ids: Integers, values: Floats) -> RowGradient:
    """Add up the gradients `values` (n, d) of the looked-up rows `ids` (n,), which may repeat.

    With ids (m, n) each gradient goes to m rows, and to one of them as often as it stands there. ``table[ids] +=
    values`` would keep one of the repeats and drop the others without a word.
    """
    if ids.size == len(values) and (np.diff(ids.ravel()) > 0).all():
        return RowGradient(ids.ravel(), values)  # there is nothing to add up
    rows, places = np.unique(ids, return_inverse=True)
    return RowGradient(rows, sum_by_row(places.reshape(-1, max(len(values), 1)).T[: len(values)], values, len(rows)))


def sum_by_row(places: Integers, values: Floats, rows: int) -> Floats:
    """Add each row of `values` (n, d) to the rows `places` (n, m) of a new table (`rows`, d).

    As a product S V with a sparse matrix S (rows, n) that has a one for each place: SciPy runs over it in compiled
    code and always in the same order, so that a run can be repeated bit by bit. `np.add.at` does the same many times
    slower.
    """
    from scipy.sparse import csc_array  # half a second, which prediction does without

    n, m = places.shape
    ones, ends = np.ones(n * m, values.dtype), m * np.arange(n + 1, dtype=np.int32)
    S = csc_array((ones, places.astype(np.int32, copy=False).ravel(), ends), shape=(rows, n))
    table: Floats = S @ values
    return table


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
