"""Computation graphs as the lecture draws them: values flow forward along the edges, gradients flow back.

At an edge, ``downstream = upstream * local``: the gradient of the output by the node at the edge's end, times the
gradient of that node by the one at the edge's start. At a branch, a node from which several edges leave, the gradients
that come back add up.

Here are the records of a graph and the lecture's small examples on scalars. The network's graph is in `network_graph`:
it is not derived by this backward pass, but shows the numbers of the real one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ner_window.nn.gradients import Floats

Kind = Literal["input", "parameter", "operation"]


@dataclass(frozen=True, eq=False)
class Node:
    """A node of a computation graph: an input, a parameter, or the result of an operation.

    Parameters
    ----------
    name : str
        Its key in the graph; the user's words may stand in `label`, but not here.
    label : str
        The symbol that is shown.
    formula : str
        How its value comes from the nodes before it, in the lecture's notation written in ASCII.
    shape : tuple of int
        The shape of its value and of its gradient; () is a scalar.
    kind : {"input", "parameter", "operation"}
        What it is.
    lane : float
        Where it stands across the direction of flow: nodes of one chain have one lane.
    value, gradient : floats, optional
        Its value, and the gradient of the output by it: the upstream gradient of the edges that enter it.
    gradient_name : str
        The gradient in symbols: dJ/dh, or delta = dJ/dz.
    note : str
        What else is to be said of it.
    """

    name: str
    label: str
    formula: str
    shape: tuple[int, ...]
    kind: Kind
    lane: float = 0
    value: Floats | None = None
    gradient: Floats | None = None
    gradient_name: str = ""
    note: str = ""


@dataclass(frozen=True, eq=False)
class Edge:
    """An edge from the node `source` to the node `target`, which is computed from it.

    Parameters
    ----------
    source, target : str
        Names of nodes.
    local : str
        The local gradient, of the target by the source, in symbols.
    local_values : floats, optional
        Its numbers, where they are not a matrix: of an operation on each element, the diagonal.
    product : str
        Upstream times local in symbols, such as W^T delta; ``o`` multiplies element by element.
    downstream : floats, optional
        The upstream gradient times the local one, in the shape of the source. None where no gradient goes.
    """

    source: str
    target: str
    local: str
    product: str = ""
    local_values: Floats | None = None
    downstream: Floats | None = None


@dataclass(frozen=True, eq=False)
class Graph:
    """A computation graph, its nodes in forward (topological) order. The last node is the output.

    Raises
    ------
    ValueError
        Two nodes have one name, or an edge goes to a node that does not stand after its source.
    """

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def __post_init__(self) -> None:
        place = {node.name: i for i, node in enumerate(self.nodes)}
        if len(place) != len(self.nodes):
            raise ValueError(f"names of nodes repeat in {[node.name for node in self.nodes]}")
        for edge in self.edges:
            if place.get(edge.source, len(place)) >= place.get(edge.target, -1):
                raise ValueError(f"the edge {edge.source!r} -> {edge.target!r} does not go forward")

    @property
    def output(self) -> Node:
        """The node whose gradients are shown: J, or z of the small example."""
        return self.nodes[-1]

    def node(self, name: str) -> Node:
        """Return the node of that name."""
        return next(node for node in self.nodes if node.name == name)

    def entering(self, name: str) -> list[Edge]:
        """Return the edges into a node: one for each use of an operand."""
        return [edge for edge in self.edges if edge.target == name]

    def leaving(self, name: str) -> list[Edge]:
        """Return the edges out of a node; where there are several, their downstream gradients add up to its own."""
        return [edge for edge in self.edges if edge.source == name]


def first_numbers(array: Floats, count: int) -> tuple[list[float], float]:
    """Return the first `count` elements of an array of any shape, and its Euclidean norm."""
    flat = np.ravel(array)
    return [float(x) for x in flat[:count]], float(np.linalg.norm(flat))


Operated = tuple[float, tuple[float, float]]


def add(x: float, y: float) -> Operated:
    """Return x + y and its local gradients, 1 and 1: a sum distributes the upstream gradient."""
    return x + y, (1.0, 1.0)


def multiply(x: float, y: float) -> Operated:
    """Return x y and its local gradients, y and x: a product switches the factors."""
    return x * y, (y, x)


def maximum(x: float, y: float) -> Operated:
    """Return max(x, y) and its local gradients, [x > y] and [x <= y]: a maximum routes the upstream gradient."""
    return max(x, y), (float(x > y), float(x <= y))


@dataclass(frozen=True)
class Operation:
    """An operation on two scalars, with its local gradients in symbols."""

    apply: Callable[[float, float], Operated]
    formula: str
    local: tuple[str, str]
    note: str


ADD = Operation(add, "{} + {}", ("1", "1"), "+ distributes the upstream gradient")
MULTIPLY = Operation(multiply, "{} * {}", ("{1}", "{0}"), "* switches: each factor gets upstream times the other")
MAXIMUM = Operation(maximum, "max({}, {})", ("[{0} > {1}]", "[{0} <= {1}]"), "max routes: only the larger gets it")

#: A result's name, the operation, the names of its two operands.
Step = tuple[str, Operation, str, str]


def evaluate(title: str, inputs: Mapping[str, float], steps: Sequence[Step]) -> Graph:
    """Compute scalars step by step, then their gradients, and return the graph with all numbers.

    The backward pass goes through the nodes in reverse order. The gradient of a node is the sum of the downstream
    gradients of all edges that leave it, and 1 for the last node, the output; each edge that enters the node then
    gets downstream = that gradient (upstream) * the local gradient.
    """
    values, local = dict(inputs), {}
    for name, operation, left, right in steps:
        values[name], local[name] = operation.apply(values[left], values[right])
    output = steps[-1][0]
    gradients = dict.fromkeys(values, 0.0) | {output: 1.0}
    edges: list[Edge] = []
    for name, operation, *operands in reversed(steps):
        entering = []
        for operand, symbol, number in zip(operands, operation.local, local[name], strict=True):
            downstream = gradients[name] * number
            gradients[operand] += downstream
            symbol = symbol.format(*operands)
            product = f"d{output}/d{name} * {symbol}"
            entering.append(Edge(operand, name, symbol, product, np.asarray(number), np.asarray(downstream)))
        edges = entering + edges
    nodes = [_scalar(name, steps, values[name], gradients[name], output) for name in values]
    return Graph(title, tuple(_in_lanes(nodes, steps)), tuple(edges))


def _scalar(name: str, steps: Sequence[Step], value: float, gradient: float, output: str) -> Node:
    """Return the node of an input or of the result of a step."""
    step = next((step for step in steps if step[0] == name), None)
    formula, note = (step[1].formula.format(*step[2:]), step[1].note) if step else ("an input", "")
    symbol = f"d{output}/d{name}"
    kind: Kind = "operation" if step else "input"
    return Node(name, name, formula, (), kind, 0, np.asarray(value), np.asarray(gradient), symbol, note)


def _in_lanes(nodes: Sequence[Node], steps: Sequence[Step]) -> list[Node]:
    """Set the inputs one above the other, and every result half-way between its operands."""
    inputs = [node.name for node in nodes if node.kind == "input"]
    lane = {name: i - (len(inputs) - 1) / 2 for i, name in enumerate(inputs)}
    for name, _, left, right in steps:
        lane[name] = (lane[left] + lane[right]) / 2
    return [Node(**{**vars(node), "lane": lane[node.name]}) for node in nodes]


def square_example(x: float = 1.0, y: float = 2.0) -> Graph:
    """Return the graph of z = (x + y)^2, written a a with a = x + y: two edges leave a, and dz/da = a + a."""
    return evaluate(
        "z = (x + y)^2 = a a, with a = x + y", {"x": x, "y": y}, [("a", ADD, "x", "y"), ("z", MULTIPLY, "a", "a")]
    )


def max_example(x: float = 1.0, y: float = 2.0, z: float = 0.0) -> Graph:
    """Return the lecture's graph of f = (x + y) max(y, z): two edges leave y, and df/dy = 2 + 3 at (1, 2, 0)."""
    steps = [("a", ADD, "x", "y"), ("b", MAXIMUM, "y", "z"), ("f", MULTIPLY, "a", "b")]
    return evaluate("f = (x + y) max(y, z), with a = x + y and b = max(y, z)", {"x": x, "y": y, "z": z}, steps)
