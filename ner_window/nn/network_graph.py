"""The window network as a computation graph: x -> W x -> + b -> f -> U h -> + c -> s -> J.

Nothing is derived here. Values and the gradients at the nodes are those of the one real forward and backward pass,
`Network.loss`; each edge then shows the local gradient that the pass multiplies by. With the margin objective the
batch is a pair, the true window and a corrupt one, and every parameter is a branch: both windows use it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

import numpy as np

from ner_window.nn.activations import ACTIVATIONS, prelu
from ner_window.nn.gradients import Floats
from ner_window.nn.graph import Edge, Graph, Kind, Node
from ner_window.nn.network import Network
from ner_window.nn.network_pass import SUFFIXES, Pass, Row, Rows, numbers_of

#: Each activation and its derivative, the local gradient of h by z, in symbols.
ACTIVATION_FORMULAS = {
    "sigmoid": ("1 / (1 + exp(-z))", "h (1 - h)"),
    "tanh": ("tanh(z)", "1 - h^2"),
    "hard_tanh": ("max(-1, min(1, z))", "[-1 < z <= 1]"),
    "relu": ("max(0, z)", "[z > 0]"),
    "leaky_relu": ("z if z > 0 else 0.01 z", "1 or 0.01"),
    "prelu": ("z if z > 0 else a z", "1 or a"),
}

#: Each objective of one window, and its local gradient by the scores.
OBJECTIVE_FORMULAS = {
    "softmax": ("-log p_y, p = softmax(s)", "p - [c = y]"),
    "hinge": ("sum_j max(0, s_j - s_y + 1), j not y", "1, 0 or -n"),
    "margin": ("max(0, 1 - s + s_c)", "-1 if L > 0"),
    "sentence": ("log sum_y' exp s(y') - s(y)", "p - [c = y]"),
}


def shapes_graph(network: Network, title: str) -> Graph:
    """Return the graph without numbers: the words of the window are e(w-2) ... e(w+2), each with its features."""
    r, K = network.radius, network.width
    labels = {k: f"e({_place(k, r)})" for k in range(K)}
    ids = np.arange(K)[None, :]
    if network.objective == "margin":  # the corrupt window has another word, w', in its centre
        labels[K] = "e(w')"
        ids = np.stack([ids[0], np.where(ids[0] == r, K, ids[0])])
    formula = "row of E" if len(network.tables) == 1 else f"rows of {len(network.tables)} tables"
    counts = dict(network.look_ups)
    note = ", ".join(
        f"{d} from E.{name} ({V}, {d})" + (f", the sum of {counts[name]} rows" if counts.get(name, 1) > 1 else "")
        for name, V, d in network.tables
    )
    if network.residual:
        shapes = network.shapes
        note += f"; those of E.{network.tables[0][0]} as e' = e + tanh(e M) N, M {shapes['M']}, N {shapes['N']}"
    if network.frozen:
        note += f"; frozen: no gradient goes into {', '.join(f'E.{name}' for name in sorted(network.frozen))}"
    shown = {k: Row(label, formula, note) for k, label in labels.items()}
    return network_graph(network, [Rows("e", sum(d for _, _, d in network.tables), ids, shown)], title)


def _place(k: int, radius: int) -> str:
    """Return what the place k of a window is called: w-2, w-1, w, w+1, w+2."""
    return f"w{k - radius:+d}" if k != radius else "w"


def network_graph(
    network: Network, tables: Sequence[Rows], title: str, numbers: Pass | None = None, tag: str = "y"
) -> Graph:
    """Return the computation graph of a network on one window, or on a true and a corrupt one.

    Parameters
    ----------
    network : Network
        Gives shapes and formulas.
    tables : sequence of Rows
        The inputs. A row is one node, and has an edge for each place in which it stands: at a word that stands twice
        the gradients add up, as in its `RowGradient`. Of several rows in one place each has an edge to it.
    title : str
        What the graph is of.
    numbers : Pass, optional
        Values and gradients; without them the graph has shapes only.
    tag : str
        What y is called.
    """
    values, upstream = numbers_of(network, tables, numbers) if numbers else ({}, {})
    figures = _Figures(network, values, upstream)
    windows = range(1 + figures.paired)
    nodes = [*_rows(figures, tables), *_parameters(figures, tag)]
    edges = _row_edges(figures, tables)
    for i in windows:
        nodes += _chain(figures, i)
        edges += _chain_edges(figures, i)
    more_nodes, more_edges = _objective(figures, tag)
    return Graph(title, (*nodes, *more_nodes), (*edges, *more_edges))


@dataclass(frozen=True)
class _Figures:
    """What nodes and edges are made from: the network and, where there are numbers, those of its pass."""

    network: Network
    values: dict[str, Floats]
    upstream: dict[str, Floats]

    @property
    def paired(self) -> bool:
        """Whether there are two windows and one row of U: the lecture's scalar score."""
        return self.network.objective == "margin"

    def node(self, name: str, label: str, formula: str, shape: tuple[int, ...], kind: Kind, **more: Any) -> Node:
        symbol = more.pop("symbol", f"dJ/d({label})" if " " in label else f"dJ/d{label}")
        value, gradient = self.values.get(name), self.upstream.get(name)
        return Node(name, label, formula, shape, kind, value=value, gradient=gradient, gradient_name=symbol, **more)

    def edge(
        self, source: str, target: str, local: str, product: str, rule: Callable[[Floats], Any], values: Any = None
    ) -> Edge:
        """Return an edge; `rule` multiplies by the local gradient: upstream in, downstream out."""
        upstream = self.upstream.get(target)
        if upstream is None:
            return Edge(source, target, local, product)
        shown = None if values is None else np.asarray(values)
        return Edge(source, target, local, product, shown, np.asarray(rule(upstream)))


def _same(upstream: Floats) -> Floats:
    """Multiply by the local gradient of a sum, which is 1."""
    return upstream


def _rows(figures: _Figures, tables: Sequence[Rows]) -> list[Node]:
    """Return a node for each row that stands in a window."""
    return [
        figures.node(
            f"{rows.table}[{i}]",
            rows.shown[i].label,
            rows.shown[i].formula,
            (rows.dimensions,),
            "input",
            symbol=f"dJ/d{rows.shown[i].label.partition('(')[0]}",
            note=rows.shown[i].note,
        )
        for rows in tables
        for i in dict.fromkeys(rows.ids.ravel().tolist())
    ]


def _row_edges(figures: _Figures, tables: Sequence[Rows]) -> list[Edge]:
    """Return an edge for each row in each place of a window: its gradient is the place's piece of dx.

    x is the vectors one after the other; where one is a sum of rows, each of them gets the whole gradient of the sum.
    """
    edges: list[Edge] = []
    width = sum(rows.dimensions for rows in tables)
    start = 0
    for rows in tables:
        ids = rows.ids.reshape(-1, *rows.ids.shape[-2:])  # (m, B, K)
        for i, k, j in np.ndindex(*ids.shape[1:], len(ids)):
            source = f"{rows.table}[{int(ids[j, i, k])}]"
            target, local = f"x{SUFFIXES[i]}", f"1, at {_place(k, figures.network.radius)}"
            piece = slice(k * width + start, k * width + start + rows.dimensions)
            product = f"dJ/d{target} at {_place(k, figures.network.radius)}"
            edge = figures.edge(source, target, local, product, itemgetter(piece), 1.0)
            trained = not figures.upstream or source in figures.upstream
            edges.append(edge if trained else Edge(source, target, local))
        start += rows.dimensions
    return edges


def _parameters(figures: _Figures, tag: str) -> list[Node]:
    """Return the nodes of W, b, U, c and PReLU's a; with the margin objective U and c are one row u and one number."""
    shapes = figures.network.shapes
    lane = 0 if figures.paired else 1
    u, c, note = "U", "c", ""
    row, threshold = shapes["U"], shapes["c"]
    if figures.paired:
        u, note, row, threshold = "u", f"the row of {tag} in U {shapes['U']}", row[1:], ()
    nodes = [
        figures.node("W", "W", "weights", shapes["W"], "parameter", lane=lane),
        figures.node("b", "b", "bias", shapes["b"], "parameter", lane=lane),
        figures.node("U", u, "weights", row, "parameter", lane=lane, note=note),
        figures.node("c", c, "bias", threshold, "parameter", lane=lane),
    ]
    if figures.paired:
        cancels = "cancels out of 1 - s + s_c: its gradients add up to 0; it is chosen on dev, as a threshold"
        nodes[-1] = replace(nodes[-1], note=cancels)
    if "a" in shapes:
        nodes.append(figures.node("a", "a", "slopes", shapes["a"], "parameter", lane=lane))
    return nodes


def _chain(figures: _Figures, i: int) -> list[Node]:
    """Return the nodes of window i from x to s."""
    network, c = figures.network, SUFFIXES[i]
    H, D = network.shapes["W"]
    scores: tuple[int, ...] = () if figures.paired else (network.rows,)
    lane = 2 * i - 1 if figures.paired else 0
    window = ("the true window", "the corrupt window")[i] if figures.paired else ""
    f = ACTIVATION_FORMULAS[network.activation][0].replace("z", f"z{c}")
    Uh = "u^T h" if figures.paired else "U h"
    dropped = "dropout is for training: nothing is dropped here" if network.dropout else ""
    error = f"delta{c} is the error signal: dJ/dW, dJ/db and dJ/dx are made from it"
    return [
        figures.node(f"x{c}", f"x{c}", "the window's rows", (D,), "operation", lane=lane, note=window),
        figures.node(f"Wx{c}", f"W x{c}", "product", (H,), "operation", lane=lane, symbol=f"dJ/d(W x{c}) = delta{c}"),
        figures.node(
            f"z{c}", f"z{c}", f"W x{c} + b", (H,), "operation", lane=lane, note=error, symbol=f"delta{c} = dJ/dz{c}"
        ),
        figures.node(f"h{c}", f"h{c}", f, (H,), "operation", lane=lane, note=dropped),
        figures.node(
            f"Uh{c}", f"{Uh}{c}", "product", scores, "operation", lane=lane, symbol=f"dJ/d({Uh}{c}) = dJ/ds{c}"
        ),
        figures.node(f"s{c}", f"s{c}", f"{Uh}{c} + c", scores, "operation", lane=lane),
    ]


def _chain_edges(figures: _Figures, i: int) -> list[Edge]:
    """Return the edges of window i from x to s, with those from the parameters."""
    c, v, edge = SUFFIXES[i], figures.values, figures.edge
    delta, ds = f"delta{c}", f"dJ/ds{c}"
    U_back, h_back = ("u", f"h{c}") if figures.paired else ("U^T", "h^T")
    return [
        edge(f"x{c}", f"Wx{c}", "W^T", f"W^T {delta}", lambda up: up @ v["W"]),
        edge("W", f"Wx{c}", f"x{c}^T", f"{delta} x{c}^T", lambda up: np.multiply.outer(up, v[f"x{c}"])),
        edge(f"Wx{c}", f"z{c}", "1", delta, _same, 1.0),
        edge("b", f"z{c}", "1", delta, _same, 1.0),
        *_activation_edges(figures, i),
        edge(f"h{c}", f"Uh{c}", U_back, f"{U_back} {ds}", lambda up: np.dot(up, v["U"])),
        edge("U", f"Uh{c}", h_back, f"{ds} {h_back}", lambda up: np.multiply.outer(up, v[f"h{c}"])),
        edge(f"Uh{c}", f"s{c}", "1", ds, _same, 1.0),
        edge("c", f"s{c}", "1", ds, _same, 1.0),
    ]


def _activation_edges(figures: _Figures, i: int) -> list[Edge]:
    """Return the edge from z to h, whose local gradient is f'(z) on each element, and PReLU's from a to h."""
    c, activation = SUFFIXES[i], figures.network.activation
    derivative = ACTIVATION_FORMULAS[activation][1]
    symbols = derivative.replace("h", f"h{c}").replace("z", f"z{c}")
    z = figures.values.get(f"z{c}")
    if z is None:
        local: Any = None
        slope: Any = None
    elif activation == "prelu":
        dz, slope = prelu(z[None], figures.values["a"])[1](np.ones_like(z[None]))
        local = dz[0]
    else:
        local = ACTIVATIONS[activation](z[None])[1](np.ones_like(z[None]))[0]
    times = f"dJ/dh{c} o"
    edges = [figures.edge(f"z{c}", f"h{c}", symbols, f"{times} ({symbols})", lambda up: up * local, local)]
    if activation == "prelu":
        symbols = f"min(0, z{c})"
        edges.append(figures.edge("a", f"h{c}", symbols, f"{times} {symbols}", lambda up: up * slope, slope))
    return edges


def _objective(figures: _Figures, tag: str) -> tuple[list[Node], list[Edge]]:
    """Return the objective L and what makes J of it: a mean over the batch, a regulariser. Without these J is L."""
    network = figures.network
    formula, local = OBJECTIVE_FORMULAS[network.objective]
    alone = not (network.l2 or figures.paired)
    name = "J" if alone else "L"
    nodes = [figures.node(name, name, formula, (), "operation", note=_objective_note(figures, tag))]
    if figures.paired:
        edges = [_score_edge(figures, "s", name, "-1 if L > 0"), _score_edge(figures, "s_c", name, "1 if L > 0")]
    else:
        edges = [_score_edge(figures, "s", name, local)]
    if network.l2:
        lane = 0 if figures.paired else 1
        note = f"the regulariser, l2 = {network.l2:g}"
        nodes.append(figures.node("R", "R", "l2 (|W|^2 + |U|^2)", (), "operation", lane=lane, note=note))
        edges += [_weight_edge(figures, "W", "W"), _weight_edge(figures, "U", "u" if figures.paired else "U")]
    if not alone:
        mean = "L / 2" if figures.paired else "L"
        note = "the mean over a batch of two windows" if figures.paired else ""
        nodes.append(figures.node("J", "J", mean + " + R" * bool(network.l2), (), "operation", note=note))
        half, symbol = (0.5, "1/2") if figures.paired else (1.0, "1")
        edges.append(figures.edge("L", "J", symbol, symbol, lambda up: up * half, half))
        edges += [figures.edge("R", "J", "1", "1", _same, 1.0)] * bool(network.l2)
    return nodes, edges


def _score_edge(figures: _Figures, s: str, objective: str, local: str) -> Edge:
    """Return the edge from the scores to the objective; its local gradient is taken from the real pass."""
    ds, upstream = (figures.upstream.get(name) for name in (s, objective))
    values: Any = None if ds is None or upstream is None else ds / upstream
    return figures.edge(s, objective, local, f"dJ/d{objective} * local", lambda up: up * values, values)


def _weight_edge(figures: _Figures, weights: str, label: str) -> Edge:
    """Return the edge from W or U to the regulariser: its derivative is 2 l2 W."""
    factor = 2 * figures.network.l2
    symbols = f"2 l2 {label}"
    return figures.edge(weights, "R", symbols, symbols, lambda up: up * factor * figures.values[weights])


def _objective_note(figures: _Figures, tag: str) -> str:
    """Return what is said of the objective: with numbers, which tag y is, and whether it has anything to teach."""
    L = figures.values.get("L")
    objective = figures.network.objective
    if objective == "softmax":
        return f"y = {tag}, p_y = {np.exp(-float(L)):.3g}" if L is not None else ""
    said = [f"y = {tag}"] * (L is not None)
    said += ["local: 1 where s_j is within the margin, at y minus their number"] * (objective == "hinge")
    if L is not None and L <= 0:
        said.append("no margin is violated, so every gradient of it is 0; another tag would show some")
    return "; ".join(said)
