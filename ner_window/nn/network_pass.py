"""The numbers of the network's graph: one real forward and backward pass over one window, or over a pair of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ner_window.nn.gradients import Floats, Gradients, Integers, Parameters, RowGradient, values_of
from ner_window.nn.network import Network, Trace

#: The endings of the names that belong to the true and to the corrupt window.
SUFFIXES = ("", "_c")


class Row(NamedTuple):
    """How a row of a look-up table is shown: its symbol, where it stands, what is to be said of it."""

    label: str
    formula: str
    note: str = ""


@dataclass(frozen=True)
class Rows:
    """The rows of one look-up table that stand in B windows.

    Parameters
    ----------
    table : str
        The name of the table's parameter, such as E.word.
    dimensions : int
        d of the table.
    ids : (B, K) or (m, B, K) integers
        The row in each place of each window, or the m rows whose sum stands there.
    shown : mapping of int to Row
        How each of them is shown.
    """

    table: str
    dimensions: int
    ids: Integers
    shown: Mapping[int, Row]


@dataclass(frozen=True)
class Pass:
    """The numbers of a real forward and backward pass over one window, or over a true and a corrupt one."""

    parameters: Parameters
    trace: Trace
    gradients: Gradients
    J: float
    y: int


def run(network: Network, parameters: Parameters, windows: Integers, y: int) -> Pass:
    """Go forward and backward through the network, as in use: nothing is dropped.

    Parameters
    ----------
    network, parameters
        As for `Network.loss`.
    windows : (L, B, K) integers
        One window, or for the margin objective the true one and a corrupt one.
    y : int
        The label of the first window; the second one's is 0.
    """
    trace: Trace = {}
    J, backprop = network.loss(parameters, windows, np.array([y, 0][: windows.shape[1]]), trace=trace)
    return Pass(parameters, trace, backprop(), J, y)


def numbers_of(network: Network, tables: Sequence[Rows], numbers: Pass) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Return the value of each node, and the gradient of J by it, by the node's name."""
    p, t, g = numbers.parameters, numbers.trace, numbers.gradients
    row: Any = numbers.y - 1 if network.objective == "margin" else slice(None)
    values: dict[str, Any] = {"W": p["W"], "b": p["b"], "U": p["U"][row], "c": p["c"][row]}
    upstream: dict[str, Any] = {"W": g["W"], "b": g["b"], "U": values_of(g["U"])[row]}
    # with the margin objective c is not trained, and the pass has no gradient of it: the sum over both windows is 0
    upstream["c"] = g["c"] if "c" in g else t["ds"][:, row].sum(axis=0)
    if "a" in g:
        values["a"], upstream["a"] = p["a"], g["a"]
    for i, c in enumerate(SUFFIXES[: len(t["x"])]):
        x, s, delta, ds = t["x"][i], t["s"][i, row], t["delta"][i], t["ds"][i, row]
        values |= {f"x{c}": x, f"Wx{c}": p["W"] @ x, f"z{c}": t["z"][i], f"h{c}": t["h"][i], f"s{c}": s}
        values[f"Uh{c}"] = values["U"] @ t["h"][i]
        # a sum hands on what it gets: dJ/d(W x) = dJ/dz and dJ/d(U h) = dJ/ds
        upstream |= {f"x{c}": t["dx"][i], f"Wx{c}": delta, f"z{c}": delta, f"h{c}": t["dh"][i]}
        upstream |= {f"Uh{c}": ds, f"s{c}": ds}
    for rows in tables:
        values |= {f"{rows.table}[{i}]": p[rows.table][i] for i in np.unique(rows.ids).tolist()}
        table = g.get(rows.table)
        if isinstance(table, RowGradient):
            upstream |= {f"{rows.table}[{i}]": table.values[n] for n, i in enumerate(table.rows.tolist())}
    regularizer = network.regularizer(p)
    windows = len(t["x"])  # J is a mean over the batch: over the pair, with the margin objective
    values |= {"J": numbers.J, "L": (numbers.J - regularizer) * windows, "R": regularizer}
    upstream |= {"J": 1.0, "L": 1 / windows, "R": 1.0}
    return {k: np.asarray(v) for k, v in values.items()}, {k: np.asarray(v) for k, v in upstream.items()}
