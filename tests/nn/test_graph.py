import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner_window.nn.graph import Edge, Graph, Node, add, first_numbers, max_example, maximum, multiply, square_example

NUMBERS = st.floats(-100, 100).map(lambda x: round(x, 3))


def gradients(graph):
    return {node.name: float(node.gradient) for node in graph.nodes}


def test_square_example_by_hand():
    # a = 1 + 2 = 3, z = a a = 9. z uses a twice: dz/da = a + a = 3 + 3 = 6, and + hands 6 on to x and to y
    graph = square_example()
    assert {node.name: float(node.value) for node in graph.nodes} == {"x": 1, "y": 2, "a": 3, "z": 9}
    assert gradients(graph) == {"x": 6, "y": 6, "a": 6, "z": 1}
    assert [float(edge.downstream) for edge in graph.leaving("a")] == [3, 3]
    assert [(edge.local, float(edge.local_values)) for edge in graph.entering("z")] == [("a", 3), ("a", 3)]


def test_max_example_by_hand():
    # a = 1 + 2 = 3, b = max(2, 0) = 2, f = 3 * 2 = 6; df/da = b = 2, df/db = a = 3
    # df/dx = 2; df/dy = 2 through the sum + 3 through the maximum = 5; df/dz = 0: the maximum sends all to y
    graph = max_example()
    assert {node.name: float(node.value) for node in graph.nodes} == {"x": 1, "y": 2, "z": 0, "a": 3, "b": 2, "f": 6}
    assert gradients(graph) == {"x": 2, "y": 5, "z": 0, "a": 2, "b": 3, "f": 1}
    assert [float(edge.downstream) for edge in graph.leaving("y")] == [2, 3]


@pytest.mark.parametrize("build", [square_example, max_example])
def test_downstream_is_upstream_times_local_and_branches_add_up(build):
    graph = build()
    for edge in graph.edges:
        assert edge.downstream == graph.node(edge.target).gradient * edge.local_values
    for node in graph.nodes[:-1]:
        assert node.gradient == sum(edge.downstream for edge in graph.leaving(node.name))
    assert graph.output.gradient == 1


@settings(deadline=None)
@given(x=NUMBERS, y=NUMBERS)
def test_square_example_has_the_derivative_of_a_square(x, y):
    graph = square_example(x, y)
    assert float(graph.output.value) == pytest.approx((x + y) ** 2, rel=1e-12)
    assert gradients(graph)["x"] == gradients(graph)["y"] == pytest.approx(2 * (x + y), rel=1e-12)


@settings(deadline=None)
@given(x=NUMBERS, y=NUMBERS, z=NUMBERS.filter(lambda z: z != 0))
def test_max_example_has_the_derivatives_of_either_side(x, y, z):
    z = y + z  # never at the kink
    found = gradients(max_example(x, y, z))
    larger = max(y, z)
    # f = (x + y) max(y, z): df/dx = max(y, z); the maximum has the derivative x + y by the larger of y and z
    assert found["x"] == larger
    assert found["y"] == pytest.approx(larger + (x + y) if y > z else larger, rel=1e-12, abs=1e-12)
    assert found["z"] == pytest.approx(0 if y > z else x + y, rel=1e-12)


def test_local_gradients_of_the_operations():
    assert add(2, 5) == (7, (1, 1))
    assert multiply(2, 5) == (10, (5, 2))
    assert maximum(2, 5) == (5, (0, 1))
    assert maximum(5, 2) == (5, (1, 0))
    assert sum(maximum(2, 2)[1]) == 1  # at the kink the gradient goes to one side, not to both


def test_inputs_stand_one_above_the_other_and_results_between_their_operands():
    assert {node.name: node.lane for node in square_example().nodes} == {"x": -0.5, "y": 0.5, "a": 0, "z": 0}
    assert {node.name: node.lane for node in max_example().nodes} == {
        "x": -1,
        "y": 0,
        "z": 1,
        "a": -0.5,
        "b": 0.5,
        "f": 0,
    }


def test_first_numbers_and_the_norm_of_all():
    assert first_numbers(np.array([[3.0, 0], [0, 4]]), 2) == ([3, 0], 5)
    assert first_numbers(np.array(-2.0), 3) == ([-2], 2)


def node(name):
    return Node(name, name, "", (), "operation")


def test_a_graph_is_valid_by_construction():
    with pytest.raises(ValueError, match="names of nodes repeat"):
        Graph("", (node("x"), node("x")), ())
    for edge in (Edge("y", "x", "1"), Edge("x", "x", "1"), Edge("x", "other", "1"), Edge("other", "x", "1")):
        with pytest.raises(ValueError, match="does not go forward"):
            Graph("", (node("x"), node("y")), (edge,))


def as_text(graph):
    """All words of a graph, a line for each node and each edge."""
    nodes = [f"{n.label} = {n.formula} | {n.kind}, {n.gradient_name} | {n.note}".rstrip() for n in graph.nodes]
    assert all(n.name == n.label and n.shape == () for n in graph.nodes)
    return [graph.title, *nodes, *(f"{e.source} -> {e.target}: {e.local} | {e.product}" for e in graph.edges)]


def test_the_examples_in_words():
    adds = "+ distributes the upstream gradient"
    switches = "* switches: each factor gets upstream times the other"
    assert as_text(square_example()) == [
        "z = (x + y)^2 = a a, with a = x + y",
        "x = an input | input, dz/dx |",
        "y = an input | input, dz/dy |",
        f"a = x + y | operation, dz/da | {adds}",
        f"z = a * a | operation, dz/dz | {switches}",
        "x -> a: 1 | dz/da * 1",
        "y -> a: 1 | dz/da * 1",
        "a -> z: a | dz/dz * a",
        "a -> z: a | dz/dz * a",
    ]
    assert as_text(max_example()) == [
        "f = (x + y) max(y, z), with a = x + y and b = max(y, z)",
        "x = an input | input, df/dx |",
        "y = an input | input, df/dy |",
        "z = an input | input, df/dz |",
        f"a = x + y | operation, df/da | {adds}",
        "b = max(y, z) | operation, df/db | max routes: only the larger gets it",
        f"f = a * b | operation, df/df | {switches}",
        "x -> a: 1 | df/da * 1",
        "y -> a: 1 | df/da * 1",
        "y -> b: [y > z] | df/db * [y > z]",
        "z -> b: [y <= z] | df/db * [y <= z]",
        "a -> f: b | df/df * b",
        "b -> f: a | df/df * a",
    ]
