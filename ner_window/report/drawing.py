"""Computation graphs as SVG and as a page: values flow to the right in one colour, gradients to the left in another."""

import re
import textwrap
from html import escape

from ner_window.nn.gradients import Floats
from ner_window.nn.graph import Edge, Graph, Node, first_numbers
from ner_window.report.graphs import arithmetic, branch, fit, numbers_text, shape_text
from ner_window.report.layout import MARGIN, Arrow, Box, place_arrows, place_boxes

#: Pixels: the width of a box, the first line's and the other lines' height, what stands above and below the lines.
WIDTH, HEAD, LINE, PADDING = 156.0, 20.0, 17.0, 9.0

#: In a narrow window a drawing is not made narrower than this: it is scrolled.
LEAST = 1150.0

#: A tooltip lists so many numbers; longer arrays are given by their beginning and norm.
LISTED = 300

_TYPESET = {
    "^T": "\u1d40",
    "^2": "\u00b2",
    "delta": "\u03b4",
    " o ": " \u2218 ",
    " * ": " \u00b7 ",
    "<=": "\u2264",
    "sum_j": "\u03a3\u2c7c",
    "l2": "\u03bb",
    "-": "\u2212",
}


def typeset(formula: str) -> str:
    """Return a formula with the signs of mathematics for the ASCII that it is written in; not for the user's words."""
    for plain, sign in _TYPESET.items():
        formula = formula.replace(plain, sign)
    return formula


def size_text(shape: tuple[int, ...]) -> str:
    """Return a shape as it is written in mathematics: 100 or 100 x 250 with the sign of multiplication."""
    return " \u00d7 ".join(map(str, shape))


def box_texts(graph: Graph, node: Node) -> list[tuple[str, str]]:
    """Return the lines of a node's box, each with its class: name, formula, value, gradient."""
    plain = node.kind == "input"
    formula = typeset(node.formula) + ("" if node.kind == "operation" else f", {size_text(node.shape)}")
    formulas = textwrap.wrap(formula.rstrip(", "), 20) + [size_text(node.shape)] * (node.kind == "operation")
    lines = [("name", fit(node.label, 14) if plain else typeset(node.label))]
    lines += [("formula", line) for line in formulas if line]
    if node.value is not None:
        lines.append(("value", _short(node.value, 2)))
    if node.gradient is not None:
        symbol = min(map(typeset, node.gradient_name.split(" = ")), key=len)
        rows = plain and bool(node.shape)  # there the word is long, and stands above
        lines.append(("gradient", ("" if rows else f"{symbol} = ") + _short(node.gradient, 2 if rows else 1)))
    if added := branch(graph, node):
        lines.append(
            (
                "gradient",
                f"= sum of {len(graph.leaving(node.name))}"
                if node.shape
                else typeset(f"= {added.split(': ')[1].rpartition(' = ')[0]}"),
            )
        )
    return lines


def _short(array: Floats, count: int, columns: int = 18) -> str:
    """Return the first numbers of an array, `count` or as many as fit, and an ellipsis for the others."""
    numbers, _ = first_numbers(array, count)
    text = typeset("  ".join(f"{x + 0.0:.2g}" for x in numbers)) + (" \u2026" if array.size > count else "")
    return text if count == 1 or len(text) <= columns else _short(array, count - 1, columns)


def svg(graph: Graph) -> str:
    """Return a graph as one SVG document, without anything from elsewhere, in light or dark as the reader prefers."""
    texts = {node.name: box_texts(graph, node) for node in graph.nodes}
    heights = {name: _height(graph, name, lines) for name, lines in texts.items()}
    labels = [typeset(arithmetic(graph, edge) or edge.local.removeprefix("1, at ")) for edge in graph.edges]
    boxes = place_boxes(graph, heights, WIDTH, labels)
    arrows = place_arrows(graph, boxes)
    right = max(box.x + box.width for box in boxes.values()) + MARGIN
    bottom = max(box.y + box.height for box in boxes.values())
    bottom = max([bottom, *(y + 10 for arrow in arrows for _, y in (*arrow.points, arrow.label))]) + MARGIN
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {right:.0f} {bottom:.0f}" role="img" class="graph"'
        f' style="min-width: {min(right, LEAST):.0f}px; max-width: {1.25 * right:.0f}px; margin: auto">',
        f"<title>{escape(graph.title)}</title>",
        f"<style>{_STYLE}</style>{_MARKERS}",
        '<rect class="ground" width="100%" height="100%"/>',
        *(_edge(graph, edge, arrow) for edge, arrow in zip(graph.edges, arrows, strict=True)),
        *(_label(text, arrow) for text, arrow in zip(labels, arrows, strict=True)),
        *(_node(graph, node, boxes[node.name], texts[node.name]) for node in graph.nodes),
        "</svg>",
    ]
    return "\n".join(drawn)


def _height(graph: Graph, name: str, lines: list[tuple[str, str]]) -> float:
    """Return the height of a box that has room for its lines, and for the arrows at its sides."""
    leaving = len(graph.leaving(name))
    sides = 14.0 * len(graph.entering(name)), max(27.0 * (leaving - 1), 46.0 * (leaving > 1))
    return max(HEAD + LINE * (len(lines) - 1) + 2 * PADDING, max(sides) + 24)


def _edge(graph: Graph, edge: Edge, arrow: Arrow) -> str:
    """Return the arrow of the value, and below it that of the gradient."""
    parts = [f"<title>{escape(edge_tip(graph, edge))}</title>", f'<path class="forward" d="{arrow.path(0)}"/>']
    if edge.downstream is not None:
        parts.append(f'<path class="backward" d="{arrow.path(6, back=True)}"/>')
    return f"<g>{''.join(parts)}</g>"


def _label(text: str, arrow: Arrow) -> str:
    x, y = arrow.label
    return f'<text class="local" x="{x:.1f}" y="{y:.1f}" text-anchor="{arrow.anchor}">{_lowered(text)}</text>'


def _node(graph: Graph, node: Node, box: Box, lines: list[tuple[str, str]]) -> str:
    x, y = box.x + box.width / 2, box.middle - (HEAD + LINE * (len(lines) - 1)) / 2 + 14
    parts = [f"<title>{escape(node_tip(graph, node))}</title>"]
    parts.append(
        f'<rect class="{node.kind}" x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'
        ' rx="10"/>'
    )
    for n, (kind, text) in enumerate(lines):
        at = y + (HEAD - LINE + LINE * n if n else 0)
        words = node.kind == "input" and kind == "name"
        marked = escape(text) if words else _lowered(text)
        parts.append(f'<text class="{kind}" x="{x:.1f}" y="{at:.1f}">{marked}</text>')
    return f"<g>{''.join(parts)}</g>"


def _lowered(formula: str) -> str:
    """Return a formula for SVG, what follows an underscore set lower and smaller."""
    return re.sub(r"_(\w)", r'<tspan dy="3" font-size="75%">\1</tspan><tspan dy="-3">&#8203;</tspan>', escape(formula))


def _full(array: Floats) -> str:
    """Return all numbers of an array for a tooltip, or the first ones of a long one."""
    return numbers_text(array, LISTED if array.size <= LISTED else 12)


def node_tip(graph: Graph, node: Node) -> str:
    """Return what is shown when the pointer rests on a node."""
    lines = [f"{node.label}: {node.formula} {shape_text(node.shape)}", node.note, branch(graph, node)]
    if node.value is not None:
        lines.append(f"value: {_full(node.value)}")
    if node.gradient is not None:
        lines.append(f"{node.gradient_name}: {_full(node.gradient)}")
    return "\n".join(line for line in lines if line)


def edge_tip(graph: Graph, edge: Edge) -> str:
    """Return what is shown when the pointer rests on an edge."""
    source, target = graph.node(edge.source), graph.node(edge.target)
    lines = [f"{source.label} -> {target.label}", f"local: {edge.local}"]
    if edge.local_values is not None and edge.local_values.size > 1:
        lines[-1] += f" = {_full(edge.local_values)}"
    if edge.downstream is not None:
        lines.append(f"downstream: {arithmetic(graph, edge) or f'{edge.product} = {_full(edge.downstream)}'}")
    elif target.gradient is not None:
        lines.append("no gradient goes there")
    return "\n".join(lines)


_MARKERS = (
    '<defs><marker id="ahead" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path class="head" d="M0 0L8 4L0 8z"/></marker>'
    '<marker id="aback" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto">'
    '<path class="head back" d="M0 0L8 4L0 8z"/></marker></defs>'
)

#: The colors, light and dark.
COLORS = """:root, svg.graph {
  --ground: #fbfaf7; --card: #ffffff; --ink: #1c2430; --soft: #5b6472; --line: #8a94a3;
  --value: #1a5fb4; --gradient: #b83a0a; --input: #e7f5ec; --parameter: #f0ebfb; --rule: #dcdad3;
}
@media (prefers-color-scheme: dark) { :root, svg.graph {
  --ground: #14181f; --card: #1e252f; --ink: #e8ebf0; --soft: #a3adbb; --line: #7d8898;
  --value: #7fb3f5; --gradient: #f59a6c; --input: #1b3327; --parameter: #2b2544; --rule: #343c48;
} }
"""


def _with_literals(style: str) -> str:
    """Put the light color itself before each variable, for programs that draw SVG but know no variables."""
    light = dict(re.findall(r"--(\w+): (#\w+);", COLORS.partition("@media")[0]))
    return re.sub(r"(fill|stroke): var\(--(\w+)\)", lambda m: f"{m[1]}: {light[m[2]]}; {m[0]}", style)


_STYLE = COLORS + _with_literals(
    """svg.graph { font: 14px system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; color-scheme: light dark }
.graph .ground { fill: var(--ground) }
.graph rect.input { fill: var(--input) } .graph rect.parameter { fill: var(--parameter) }
.graph rect.operation { fill: var(--card) }
.graph rect.input, .graph rect.parameter, .graph rect.operation { stroke: var(--line) }
.graph text { text-anchor: middle; fill: var(--ink) }
.graph .name { font-size: 17px; font-weight: 600 } .graph .formula { fill: var(--soft); font-size: 13px }
.graph .value { fill: var(--value) } .graph .gradient, .graph .local { fill: var(--gradient) }
.graph .value, .graph .gradient { font-size: 13px; font-variant-numeric: tabular-nums }
.graph text.local { font-size: 12.5px; paint-order: stroke; stroke: var(--ground); stroke-width: 3px }
.graph text[text-anchor=start] { text-anchor: start }
.graph path { fill: none; stroke-width: 1.6 }
.graph .forward { stroke: var(--value); marker-end: url(#ahead) }
.graph .backward { stroke: var(--gradient); stroke-dasharray: 4 3; marker-end: url(#aback) }
.graph .head { fill: var(--value) } .graph .head.back { fill: var(--gradient) }
.graph g:hover > path { stroke-width: 3 } .graph g:hover > rect { stroke-width: 2 }
"""
)
