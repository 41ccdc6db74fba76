import re

import pytest

from ner_window.nn.graph import Edge, Graph, Node, max_example, square_example
from ner_window.nn.network import Network
from ner_window.nn.network_graph import shapes_graph
from ner_window.report.drawing import WIDTH
from ner_window.report.layout import layers_of, place_arrows, place_boxes


def all_graphs(network_of):
    yield square_example()
    yield max_example()
    for objective in ("softmax", "hinge", "margin"):
        for l2 in (0.0, 0.1):
            yield network_of(objective=objective, l2=l2, activation="prelu")
            tables = (("word", 9, 3), ("case", 5, 2))
            yield shapes_graph(Network(tables, 2, 4, 3, objective=objective, l2=l2), "shapes")


def placed(graph):
    heights = {node.name: 70.0 + 20 * len(graph.leaving(node.name)) for node in graph.nodes}
    boxes = place_boxes(graph, heights, WIDTH, [edge.local for edge in graph.edges])
    return boxes, place_arrows(graph, boxes)


def test_layers_follow_the_edges(network_of):
    for graph in all_graphs(network_of):
        layer = layers_of(graph)
        assert min(layer.values()) == 0
        assert layer[graph.output.name] == max(layer.values())
        assert all(layer[edge.source] < layer[edge.target] for edge in graph.edges)


def test_weights_stand_beside_the_operand_that_they_meet(network_of):
    layer = layers_of(network_of())
    assert layer["W"] == layer["x"] == 1
    assert layer["b"] == layer["Wx"]
    assert layer["U"] == layer["h"]


def test_no_box_covers_another(network_of):
    for graph in all_graphs(network_of):
        boxes = list(placed(graph)[0].values())
        for i, a in enumerate(boxes):
            assert a.x > 0
            assert a.y > 0
            for b in boxes[:i]:
                apart = a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y
                assert apart, graph.title


def test_arrows_lead_from_box_to_box_and_do_not_share_their_ends(network_of):
    for graph in all_graphs(network_of):
        boxes, arrows = placed(graph)
        for edge, arrow in zip(graph.edges, arrows, strict=True):
            source, target = boxes[edge.source], boxes[edge.target]
            (x0, y0), (x1, y1) = arrow.points[0], arrow.points[-1]
            assert x0 == source.x + source.width
            assert source.y < y0 < source.y + source.height
            assert target.x <= x1 < target.x + target.width
            assert target.y < y1 <= target.y + target.height
        for end in (0, -1):
            ends = [tuple(round(c, 3) for c in arrow.points[end]) for arrow in arrows]
            assert len(set(ends)) == len(ends)


def test_no_label_begins_in_a_box(network_of):
    for graph in all_graphs(network_of):
        boxes, arrows = placed(graph)
        for arrow in arrows:
            x, y = arrow.label
            inside = [b for b in boxes.values() if b.x < x < b.x + b.width and b.y < y - 4 < b.y + b.height]
            assert not inside, graph.title


def test_the_main_chain_is_straight(network_of):
    boxes, arrows = placed(network_of())
    graph = network_of()
    assert len({round(boxes[name].middle, 6) for name in ("x", "Wx", "z", "h", "Uh", "s", "J")}) == 1
    for edge, arrow in zip(graph.edges, arrows, strict=True):
        if edge.source in ("x", "Wx", "z", "h", "Uh", "s"):
            assert len({y for _, y in arrow.points}) == 1


def test_path_back_is_the_path_turned_round():
    arrow = placed(square_example())[1][0]
    forward = re.findall(r"[\d.]+ [\d.]+", arrow.path(0))
    assert forward == re.findall(r"[\d.]+ [\d.]+", arrow.path(0, back=True))[::-1]
    x, y = map(float, forward[0].split())
    assert arrow.path(6).startswith(f"M{x:.1f} {y + 6:.1f} C")


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_graph_of_one_operation(count):
    inputs = [Node(f"x{i}", f"x{i}", "in", (), "input") for i in range(count)]
    edges = tuple(Edge(node.name, "y", "1") for node in inputs)
    boxes, _ = placed(Graph("", (*inputs, Node("y", "y", "sum", (), "operation")), edges))
    assert len({box.x for box in boxes.values()}) == 2
