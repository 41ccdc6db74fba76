"""A page of a computation graph: the drawing, how to read it, and the tables of its numbers. It needs no network."""

from html import escape

from ner_window.nn.graph import Edge, Graph, Node
from ner_window.report.document import document
from ner_window.report.drawing import svg, typeset
from ner_window.report.graphs import arithmetic, branch, numbers_text, shape_text

_READING = (
    "From left to right (solid) every box computes its value from the boxes that point at it; from right to left"
    " (dashed) every edge multiplies the gradient that comes from upstream by the local gradient written beside it."
    " Where several edges leave a box, the gradients that come back along them add up."
)


def page(graph: Graph) -> str:
    """Return a graph as an HTML document, without anything from elsewhere, in light or dark as the reader prefers."""
    numbered = graph.output.value is not None
    rest = " Rest the pointer on a box or an edge for all of its numbers." if numbered else ""
    parts = [
        f"<h1>{escape(graph.title)}</h1><p>{_READING}{rest}</p>",
        f'<p class="legend">{_LEGEND if numbered else _LEGEND_OF_SHAPES}</p>',
        f'<div class="wide" tabindex="0">{svg(graph)}</div>',
        "<h2>Nodes</h2>",
        _table(_node_header(graph), [_node_cells(graph, node) for node in graph.nodes]),
        "<h2>Edges</h2>" + ("<p>downstream = upstream \u00b7 local</p>" if numbered else ""),
        _table(_edge_header(graph), [_edge_cells(graph, edge) for edge in graph.edges]),
    ]
    return document(graph.title, _STYLE, parts)


def _node_header(graph: Graph) -> list[str]:
    return ["node", "formula", "shape", "value", f"gradient of {graph.output.label}", "note"]


def _node_cells(graph: Graph, node: Node) -> list[tuple[str, str]]:
    """Return the cells of a node, each with its class."""
    label = node.label if node.kind == "input" else typeset(node.label)
    symbol = node.gradient_name if node.kind == "input" else typeset(node.gradient_name)
    numbers = typeset(numbers_text(node.gradient))
    note = "; ".join(filter(None, [node.note, branch(graph, node)]))
    return [
        ("name", label),
        ("", typeset(node.formula)),
        ("", shape_text(node.shape)),
        ("value", typeset(numbers_text(node.value))),
        ("gradient", f"{symbol} = {numbers}" if numbers else symbol),
        ("note", note),
    ]


def _edge_header(graph: Graph) -> list[str]:
    return ["edge", "local gradient", "upstream", "downstream"]


def _edge_cells(graph: Graph, edge: Edge) -> list[tuple[str, str]]:
    """Return the cells of an edge, each with its class."""
    source, target = graph.node(edge.source), graph.node(edge.target)
    several = edge.local_values is not None and (edge.local_values.size > 1 or not target.shape)
    numbers = typeset(numbers_text(edge.local_values)) if several else ""
    local = typeset(edge.local) + (f" = {numbers}" if numbers not in ("", edge.local) else "")
    downstream = typeset(arithmetic(graph, edge))
    if not downstream:
        numbers = typeset(numbers_text(edge.downstream))
        downstream = typeset(edge.product) + (f" = {numbers}" if numbers else "")
    return [
        ("name", f"{source.label} \u2192 {target.label}"),
        ("gradient", local),
        ("gradient", typeset(numbers_text(target.gradient))),
        ("gradient", downstream or "none: it is frozen"),
    ]


def _table(header: list[str], rows: list[list[tuple[str, str]]]) -> str:
    """Return a table; columns in which nothing stands are left out."""
    kept = [i for i in range(len(header)) if any(row[i][1] for row in rows)]
    head = "".join(f"<th>{escape(header[i])}</th>" for i in kept)
    lines = ["".join(f'<td class="{row[i][0]}">{escape(row[i][1])}</td>' for i in kept) for row in rows]
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return (
        f'<div class="wide" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>'
    )


_LEGEND_OF_SHAPES = '<span class="input">input</span> <span class="parameter">parameter</span> <span>operation</span>'
_LEGEND = f'{_LEGEND_OF_SHAPES} <b class="value">\u2192 value</b> <b class="gradient">\u21e0 gradient</b>'

_STYLE = """
.wide svg { display: block; width: 100% }
.legend { display: flex; flex-wrap: wrap; gap: .5rem 1rem; margin: 1rem 0; font-size: .9rem }
.legend span { border: 1px solid var(--line); border-radius: 8px; padding: 0 .7em; background: var(--card) }
.legend span.input { background: var(--input) } .legend span.parameter { background: var(--parameter) }
td { min-width: 5rem } td.name { font-weight: 600; min-width: 8rem }
td.value, td.gradient { white-space: nowrap }
td.note { color: var(--soft); min-width: 12rem } .value { color: var(--value) } .gradient { color: var(--gradient) }
"""
