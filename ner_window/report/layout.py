"""Where the boxes and the arrows of a drawn graph stand: layers from left to right, lanes from top to bottom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ner_window.nn.graph import Edge, Graph

#: Pixels between layers (more where many arrows come together), between boxes of one layer, and around all.
GAP, WIDE_GAP, BETWEEN, MARGIN = 72.0, 124.0, 16.0, 24.0

#: The width of a character of a label.
CHARACTER = 6.5

#: So many arrows into one box are many.
MANY = 4

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A rectangle: its left upper corner and its size, in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """The y of its centre."""
        return self.y + self.height / 2


@dataclass(frozen=True)
class Arrow:
    """The path of an edge: a start, and cubic curves of two control points and an end each; where its label stands."""

    points: tuple[Point, ...]
    label: Point
    anchor: str

    def path(self, shift: float, *, back: bool = False) -> str:
        """Return the path in SVG's language, moved down by `shift` pixels, from end to start if `back`."""
        points = self.points[::-1] if back else self.points
        start, *rest = (f"{x:.1f} {y + shift:.1f}" for x, y in points)
        return f"M{start} C{', '.join(rest)}"


def layers_of(graph: Graph) -> dict[str, int]:
    """Return the layer of each node: as far to the right as the nodes that use it allow; the output's is the last."""
    layer = {graph.output.name: 0}
    for node in reversed(graph.nodes[:-1]):
        layer[node.name] = min(layer[edge.target] for edge in graph.leaving(node.name)) - 1
    first = min(layer.values())
    return {name: n - first for name, n in layer.items()}


def place_boxes(graph: Graph, heights: Mapping[str, float], width: float, labels: Sequence[str]) -> dict[str, Box]:
    """Return a box for each node: those of one layer and one lane are stacked and centred on the lane.

    The labels of the edges, in their order, stand between the layers.
    """
    layer = layers_of(graph)
    left = _lefts(graph, layer, width, labels)
    stacks: dict[tuple[int, float], list[str]] = {}
    for node in graph.nodes:
        stacks.setdefault((layer[node.name], node.lane), []).append(node.name)
    pitch = max(heights.values()) + 2.5 * BETWEEN
    boxes = {}
    for (column, lane), names in stacks.items():
        y = lane * pitch - (sum(heights[name] + BETWEEN for name in names) - BETWEEN) / 2
        for name in names:
            boxes[name] = Box(left[column], y, width, heights[name])
            y += heights[name] + BETWEEN
    top = min(box.y for box in boxes.values())
    return {name: replace(box, y=box.y - top + MARGIN) for name, box in boxes.items()}


def _lefts(graph: Graph, layer: Mapping[str, int], width: float, labels: Sequence[str]) -> list[float]:
    """Return the left edge of each layer."""
    lefts = [MARGIN]
    for column in range(1, max(layer.values()) + 1):
        crowd = max(len(graph.entering(name)) for name, n in layer.items() if n == column)
        near = [s for e, s in zip(graph.edges, labels, strict=True) if layer[e.source] + 1 == layer[e.target] == column]
        room = max(GAP, 18 + CHARACTER * max(map(len, near)), WIDE_GAP if crowd >= MANY else 0)
        lefts.append(lefts[-1] + width + room)
    return lefts


def place_arrows(graph: Graph, boxes: Mapping[str, Box]) -> list[Arrow]:
    """Return the arrow of each edge, in their order. Those at one side of a box are spread over it."""
    layer = layers_of(graph)
    long = {id(edge): layer[edge.target] - layer[edge.source] > 1 for edge in graph.edges}
    short = [edge for edge in graph.edges if not long[id(edge)]]
    starts: dict[int, Point] = {}
    ends: dict[int, Point] = {}
    for node in graph.nodes:
        box = boxes[node.name]
        leaving = sorted((e for e in short if e.source == node.name), key=lambda e: boxes[e.target].middle)
        entering = sorted((e for e in short if e.target == node.name), key=lambda e: boxes[e.source].middle)
        ports = _ports(box, [boxes[e.target].middle for e in leaving])
        starts |= {id(e): (box.x + box.width, y) for e, y in zip(leaving, ports, strict=True)}
        ports = _ports(box, [boxes[e.source].middle for e in entering])
        ends |= {id(e): (box.x, y) for e, y in zip(entering, ports, strict=True)}
    below = iter(range(len(graph.edges)))
    return [
        _around(boxes, edge, next(below)) if long[id(edge)] else _across(starts[id(edge)], ends[id(edge)])
        for edge in graph.edges
    ]


def _ports(box: Box, others: Sequence[float]) -> list[float]:
    """Return the heights at a side of a box for arrows from or to `others`, ascending; a straight one stays so."""
    straight = [i for i, y in enumerate(others) if abs(y - box.middle) < 1]
    middle = straight[0] if len(straight) == 1 else (len(others) - 1) / 2
    reach = max(middle, len(others) - 1 - middle)
    step = min(56.0 if len(others) == 2 and reach < 1 else 30.0, (box.height / 2 - 12) / max(reach, 0.5))
    return [box.middle + step * (i - middle) for i in range(len(others))]


def _across(start: Point, end: Point) -> Arrow:
    """Return an arrow to the next layer; a steep one has its label at its start, on the outer side."""
    (x0, y0), (x1, y1) = start, end
    bend = (x1 - x0) * 0.6
    points = (start, (x0 + bend, y0), (x1 - bend, y1), end)
    if abs(y1 - y0) < 16:
        return Arrow(points, ((x0 + x1) / 2, (y0 + y1) / 2 + 21), "middle")
    return Arrow(points, (x0 + 7, y0 - 7 if y1 > y0 else y0 + 21), "start")


def _around(boxes: Mapping[str, Box], edge: Edge, count: int) -> Arrow:
    """Return an arrow over several layers: out at the side, down between two layers, along below all, in from below."""
    source, target = boxes[edge.source], boxes[edge.target]
    low = max(box.y + box.height for box in boxes.values() if box.x >= source.x) + 16 + 26 * count
    x0, y0 = source.x + source.width, source.y + source.height - 11
    x1, y1 = target.x + target.width * (0.3 + 0.4 * count), target.y + target.height
    down, turn = x0 + 11, x0 + 30
    points: tuple[Point, ...] = (
        (x0, y0),
        (down, y0),
        (down, y0),
        (down, y0 + 14),
        (down, y0 + 14),
        (down, low - 14),
        (down, low - 14),
    )
    points += ((down, low), (down, low), (turn, low), (turn, low), (x1 - 20, low), (x1 - 20, low))
    return Arrow((*points, (x1, low), (x1, low), (x1, y1)), (turn + 8, low + 19), "start")
