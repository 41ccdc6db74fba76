"""Sums of rows, and their derivative: products with a sparse matrix of ones, and with its transpose.

Where n sums of m rows each of a table P (N, d) are wanted, S (n, N) has a one for each row that is added: the sums are
S P. The derivative hands the gradient of a sum to each of its rows, which is S^T dZ. SciPy has both as compiled loops
that always run in the same order, so that a run can be repeated bit by bit; `np.add.at` is many times slower.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from ner_window.nn.gradients import Floats, Integers, RowGradient


def sums_of_rows(table: Floats, places: Integers) -> Floats:
    """Return S P: for each of n lines of `places` (n, m) the sum of m rows of `table` (N, d), (n, d)."""
    return _product(len(places), len(table), places, table, by_row=True)


def sum_by_row(places: Integers, values: Floats, rows: int) -> Floats:
    """Return S^T V: add each row of `values` (n, d) to the rows `places` (n, m) of a new table (`rows`, d).

    A row that stands in a line of places twice is given that line's values twice.
    """
    return _product(rows, len(places), places, values, by_row=False)


def sum_rows(ids: Integers, values: Floats) -> RowGradient:
    """Add up the gradients `values` (n, d) of the looked-up rows `ids` (n,), which may repeat.

    With ids (m, n) each gradient goes to m rows, and to one of them as often as it stands there. ``table[ids] +=
    values`` would keep one of the repeats and drop the others without a word.
    """
    flat = ids.ravel()
    if flat.size == len(values) and (flat[1:] > flat[:-1]).all():
        return RowGradient(flat, values)  # there is nothing to add up
    rows, places = np.unique(ids, return_inverse=True)
    return RowGradient(rows, sum_by_row(places.reshape(-1, max(len(values), 1)).T[: len(values)], values, len(rows)))


def _product(m: int, n: int, places: Integers, X: Floats, *, by_row: bool) -> Floats:
    """Return S X, S (m, n): the lines of `places` are its rows, or else its columns."""
    ones = np.ones(places.size, X.dtype)
    ends = places.shape[1] * np.arange(len(places) + 1, dtype=np.int32)
    indices = places.astype(np.int32, copy=False).ravel()
    loop = _compiled("csr_matvecs" if by_row else "csc_matvecs")
    if loop is None:
        from scipy import sparse

        kind = sparse.csr_array if by_row else sparse.csc_array
        return kind((ones, indices, ends), shape=(m, n)) @ X  # type: ignore[no-any-return]
    Y = np.zeros((m, X.shape[1]), X.dtype)
    loop(m, n, X.shape[1], ends, indices, ones, X.ravel(), Y.ravel())
    return Y


@cache
def _compiled(name: str) -> Callable[..., Any] | None:
    """Return the loop behind SciPy's products, if this SciPy has it where others do.

    Its classes check what they are given, which takes longer than the sums of a small batch.
    """
    try:
        from scipy.sparse import _sparsetools  # half a second, which prediction does without
    except ImportError:
        return None
    return getattr(_sparsetools, name, None)
