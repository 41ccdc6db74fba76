"""Computation graphs as text for a terminal, as Mermaid, DOT and JSON. `drawing` makes SVG and pages of them."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any

from ner_window.nn.gradients import Floats
from ner_window.nn.graph import Edge, Graph, Node, first_numbers

#: The widest line of the text.
WIDTH = 100


def number(x: float) -> str:
    """Return three significant digits; zero has no sign."""
    return f"{x + 0.0:.3g}"


def shape_text(shape: tuple[int, ...]) -> str:
    """Return a shape as NumPy writes it; a scalar's is empty."""
    return str(shape) if shape else ""


def numbers_text(array: Floats | None, count: int = 3, width: int = 0) -> str:
    """Return the first numbers of an array, and the norm of all where there are more; nothing of no array."""
    if array is None:
        return ""
    numbers, norm = first_numbers(array, count)
    shown = " ".join(number(x).rjust(width) for x in numbers)
    return shown + (f" ...  norm {number(norm)}" if array.size > count else "")


def arithmetic(graph: Graph, edge: Edge) -> str:
    """Return upstream * local = downstream of an edge between scalars, in numbers; nothing of other edges."""
    upstream = graph.node(edge.target).gradient
    parts = (upstream, edge.local_values, edge.downstream)
    if any(part is None or part.size != 1 for part in parts):
        return ""
    up, local, down = (number(float(part)) for part in parts if part is not None)
    return f"{up} * {local} = {down}"


def branch(graph: Graph, node: Node) -> str:
    """Return how the gradients of a node's several edges add up; nothing of a node with one, or without numbers."""
    parts = [edge.downstream for edge in graph.leaving(node.name) if edge.downstream is not None]
    if len(parts) < 2:
        return ""
    if node.shape or node.gradient is None:
        return f"a branch: the sum of {len(parts)} downstream gradients"
    return f"a branch: {' + '.join(number(float(part)) for part in parts)} = {number(float(node.gradient))}"


def width_of(text: str) -> int:
    """Return how many columns text takes: East Asian wide characters two, combining ones none."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)


def fit(text: str, columns: int) -> str:
    """Cut text to so many columns, an ellipsis at the end of what was cut; a closing bracket is kept."""
    if width_of(text) <= columns:
        return text
    end = "...)" if text.endswith(")") else "..."
    while width_of(text) > columns - len(end):
        text = text[:-1]
    return text + end


def wrap(pieces: Sequence[str], columns: int = WIDTH, between: str = " ", indent: str = "    ") -> list[str]:
    """Set pieces of text side by side on lines of so many columns; what is longer than a line is cut."""
    lines: list[str] = []
    for piece in pieces:
        piece = fit(piece, columns - len(indent))
        if lines and width_of(lines[-1] + between + piece) <= columns:
            lines[-1] += between + piece
        else:
            lines.append(indent + piece if lines else piece)
    return lines


def graph_text(graph: Graph) -> str:
    """Return a graph for a terminal of 100 columns: the chains drawn with arrows, then every node with its numbers."""
    numbered = graph.output.value is not None
    lines = [*wrap(graph.title.split(" ")), "", *_chains(graph), ""]
    if numbered:
        lines += ["at every edge: downstream = upstream * local; at a branch the downstream gradients add up", ""]
    for node in graph.nodes:
        lines += [*_block(graph, node), *([""] if numbered else [])]
    return "\n".join(lines).rstrip()


def _chains(graph: Graph) -> list[str]:
    """Draw every edge once: from inputs with a common target, along the first edge not yet drawn as far as it goes."""
    left = list(graph.edges)
    lines: list[str] = []
    short: list[str] = []
    while left:
        starts = _fed_together(graph, left)
        target = starts[0].target
        pieces = [*_sources(graph, starts), f"-> {graph.node(target).label}"]
        left = [edge for edge in left if edge not in starts]
        while step := next((edge for edge in left if edge.source == target), None):
            left.remove(step)
            target = step.target
            pieces.append(f"-> {graph.node(target).label}")
        if len(" ".join(pieces)) < 20:
            short.append(" ".join(pieces))
        else:
            lines += wrap(pieces)
    return lines + wrap(short, 80, between="    ", indent="")


def _fed_together(graph: Graph, left: Sequence[Edge]) -> list[Edge]:
    """Return the first edge, and if it comes from an input the others from inputs into its target."""
    first = left[0]
    inputs = {node.name for node in graph.nodes if node.kind == "input"}
    if first.source not in inputs:
        return [first]
    return [edge for edge in left if edge.target == first.target and edge.source in inputs]


def _sources(graph: Graph, edges: Sequence[Edge]) -> list[str]:
    """Return the labels of the edges' sources, each once, with commas between them."""
    counts = Counter(edge.source for edge in edges)
    names = [fit(graph.node(name).label, 24) + (f" ({n} times)" if n > 1 else "") for name, n in counts.items()]
    return [*(f"{name}," for name in names[:-1]), names[-1]]


def _heading(node: Node) -> str:
    formula = {"operation": f" = {node.formula}", "parameter": f", {node.formula}"}.get(node.kind, f": {node.formula}")
    return f"{fit(node.label, 40)}{formula}  {shape_text(node.shape)}".rstrip()


def _block(graph: Graph, node: Node) -> list[str]:
    """Return a node's heading and note, its value and gradient, and what each operand gets of it."""
    lines = [_heading(node)]
    lines += [f"  {line}" for line in wrap(node.note.split(" "), WIDTH - 4, indent="")] if node.note else []
    upstream = "upstream" if graph.entering(node.name) else "gradient"
    if node.value is not None:
        lines.append(_line("value", "", node.value))
    if node.gradient is not None:
        lines.append(_line(upstream, node.gradient_name, node.gradient))
    if added := branch(graph, node):
        lines.append(f"  {added}")
    for edge in graph.entering(node.name):
        lines += _operand(graph, node, edge)
    return lines


def _operand(graph: Graph, node: Node, edge: Edge) -> list[str]:
    """Return the lines of one edge into a node."""
    source = fit(graph.node(edge.source).label, 24)
    if node.value is None:
        return [f"  from {source:<24}  local {edge.local:<20}  downstream {edge.product}"]
    if sums := arithmetic(graph, edge):
        local = edge.local if edge.local == sums.split()[2] else f"{edge.local} = {sums.split()[2]}"
        return [f"  to {source}: local {local}, downstream {sums}"]
    if edge.downstream is None:
        return [f"  to {source}: local {edge.local}, no gradient goes there"]
    lines = [f"  to {source}: local {edge.local}"]
    if edge.local_values is not None and edge.local_values.size > 1:
        lines.append(_line("  local", edge.local, edge.local_values))
    return [*lines, _line("  downstream", edge.product, edge.downstream)]


def _line(what: str, symbol: str, array: Floats) -> str:
    return f"  {what:<14}{symbol:<24}{numbers_text(array, 3, 10)}".rstrip()


def box_lines(graph: Graph, node: Node, columns: int = 24) -> list[str]:
    """Return what stands in a node's box: symbol and shape, formula, value, gradient, and how a branch adds up."""
    lines = [f"{fit(node.label, columns)}  {shape_text(node.shape)}".rstrip(), node.formula]
    if node.value is not None:
        lines.append(f"value {numbers_text(node.value, 2)}")
    if node.gradient is not None:
        lines.append(f"{node.gradient_name}: {numbers_text(node.gradient, 2)}")
    return [*lines, *filter(None, [branch(graph, node)])]


def mermaid(graph: Graph) -> str:
    """Return a Mermaid flowchart. Everything but letters, digits and spaces is written as a character code."""
    ids = {node.name: f"n{i}" for i, node in enumerate(graph.nodes)}
    lines = [f"%% {' '.join(graph.title.split())}", "flowchart LR"]
    for node in graph.nodes:
        text = "<br/>".join(map(_codes, box_lines(graph, node)))
        lines.append(f'  {ids[node.name]}["{text}"]:::{node.kind}')
    for edge in graph.edges:
        label = arithmetic(graph, edge) or f"local {edge.local}"
        lines.append(f'  {ids[edge.source]} -->|"{_codes(label)}"| {ids[edge.target]}')
    lines += [f"  classDef {kind} {style}" for kind, style in _MERMAID_STYLES.items()]
    return "\n".join(lines)


_MERMAID_STYLES = {
    "input": "fill:#e3f4ea,stroke:#2f855a,color:#14281d",
    "parameter": "fill:#efe9fb,stroke:#6b46c1,color:#221540",
    "operation": "fill:#ffffff,stroke:#475467,color:#1c2430",
}


def _codes(text: str) -> str:
    return re.sub(r"[^\w .,+=]|_", lambda match: f"#{ord(match.group())};", text)


def dot(graph: Graph) -> str:
    """Return the graph in DOT, the language of Graphviz."""
    ids = {node.name: f"n{i}" for i, node in enumerate(graph.nodes)}
    lines = ["digraph computation {", f"  graph [rankdir=LR, labelloc=t, label={_quoted([graph.title])}]"]
    lines.append('  node [shape=box, style="rounded,filled", fontname="sans-serif", fontsize=11]')
    lines.append('  edge [fontname="sans-serif", fontsize=10, fontcolor="#c2410c"]')
    for node in graph.nodes:
        label = _quoted(box_lines(graph, node))
        lines.append(f'  {ids[node.name]} [label={label}, fillcolor="{_DOT_FILLS[node.kind]}"]')
    for edge in graph.edges:
        label = _quoted([arithmetic(graph, edge) or f"local {edge.local}"])
        lines.append(f"  {ids[edge.source]} -> {ids[edge.target]} [label={label}]")
    return "\n".join([*lines, "}"])


_DOT_FILLS = {"input": "#e3f4ea", "parameter": "#efe9fb", "operation": "#ffffff"}


def _quoted(lines: Sequence[str]) -> str:
    """Return lines as one string of DOT. Graphviz reads backslashes and the entities of HTML in it: both are masked."""
    masked = [line.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"') for line in lines]
    return '"' + "\\n".join(masked) + '"'


def json_text(graph: Graph) -> str:
    """Return the graph as one JSON document with all its numbers, as nested lists; without a sentence they are null.

    The gradient of a node is the upstream one of the edges that enter it.
    """
    nodes = ("name", "label", "kind", "formula", "note", "shape", "value", "gradient", "gradient_name")
    edges = ("source", "target", "local", "local_values", "product", "downstream")
    document = {
        "title": graph.title,
        "output": graph.output.name,
        "nodes": [{key: _plain(getattr(node, key)) for key in nodes} for node in graph.nodes],
        "edges": [{key: _plain(getattr(edge, key)) for key in edges} for edge in graph.edges],
    }
    return json.dumps(document, ensure_ascii=False)


def _plain(field: Any) -> Any:
    """Return a field of a node or an edge as JSON knows it: an array as nested lists."""
    return field.tolist() if hasattr(field, "tolist") else field
