import numpy as np
import pytest

from ner_window.nn.gradcheck import central_differences, relative_error
from ner_window.nn.gradients import RowGradient
from ner_window.nn.network import Network
from ner_window.nn.network_graph import ACTIVATION_FORMULAS, OBJECTIVE_FORMULAS, network_graph, shapes_graph
from ner_window.nn.network_pass import Row, Rows, run
from ner_window.nn.objectives import OBJECTIVES

ACTIVATIONS = ["sigmoid", "tanh", "hard_tanh", "relu", "leaky_relu", "prelu"]

# one window: a pad (row 0) at the edge, word 2 twice; the corrupt window has word 1 in its centre
WORDS = np.array([[0, 2, 3, 2, 4], [0, 2, 1, 2, 4]])
CASES = np.array([[0, 1, 2, 1, 1], [0, 1, 1, 1, 1]])

REFERENCE = {
    "sigmoid": lambda z, a: 1 / (1 + np.exp(-z)),
    "tanh": lambda z, a: np.tanh(z),
    "hard_tanh": lambda z, a: np.minimum(1, np.maximum(-1, z)),
    "relu": lambda z, a: np.maximum(0, z),
    "leaky_relu": lambda z, a: np.where(z > 0, z, 0.01 * z),
    "prelu": lambda z, a: np.where(z > 0, z, a * z),
}


def softmax_loss(s, y):
    return -np.log(np.exp(s[y]) / np.exp(s).sum())


def hinge_loss(s, y):
    return sum(max(0.0, s[j] - s[y] + 1) for j in range(len(s)) if j != y)


def make(activation="tanh", objective="softmax", l2=0.0, y=2, **options):
    """Return a network, its pass over the window above, and the graph of it."""
    tables = (("word", 5, 3), ("case", 3, 2))
    network = Network(tables, 2, 4, 4, activation, objective, l2=l2, **options)
    generator = np.random.default_rng(5)
    parameters = {name: generator.normal(0, 0.6, shape) for name, shape in network.shapes.items()}
    windows = np.stack([WORDS, CASES])[:, : 2 if objective == "margin" else 1]
    numbers = run(network, parameters, windows, y)
    return network, numbers, network_graph(network, rows(windows), "a title", numbers, "I-PER")


def rows(windows):
    return [
        Rows(f"E.{name}", d, ids, {i: Row(f"{name}({i})", f"E.{name}[{i}]") for i in ids.ravel().tolist()})
        for name, d, ids in zip(("word", "case"), (3, 2), windows, strict=False)
    ]


def operation(network, target, v):
    """Return the value of a node from those before it, written once more and in another way."""
    c = "_c" if target.endswith("_c") else ""
    plain = target.removesuffix("_c")
    loss = {"softmax": softmax_loss, "hinge": hinge_loss}
    if plain in ("L", "J") and network.objective == "margin":
        L = lambda: max(0.0, float(1 - v["s"] + v["s_c"]))  # noqa: E731
        return L() if plain == "L" else v["L"] / 2 + v.get("R", 0.0)
    if plain == "J" and network.l2:
        return v["L"] + v["R"]
    return {
        "Wx": lambda: np.einsum("hd,d->h", v["W"], v[f"x{c}"]),
        "z": lambda: v[f"Wx{c}"] + v["b"],
        "h": lambda: REFERENCE[network.activation](v[f"z{c}"], v.get("a")),
        "Uh": lambda: np.einsum("...h,h->...", v["U"], v[f"h{c}"]),
        "s": lambda: v[f"Uh{c}"] + v["c"],
        "L": lambda: loss[network.objective](v["s"], 2),
        "J": lambda: loss[network.objective](v["s"], 2),
        "R": lambda: network.l2 * ((v["W"] ** 2).sum() + (v["U"] ** 2).sum()),
    }[plain]()


@pytest.mark.parametrize("l2", [0.0, 0.03])
@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_downstream_is_upstream_times_local_on_every_edge(activation, objective, l2):
    network, _, graph = make(activation, objective, l2)
    values = {node.name: np.array(node.value, np.float64) for node in graph.nodes}
    checked = 0
    for edge in graph.edges:
        upstream, source = graph.node(edge.target).gradient, values[edge.source]
        if edge.target.startswith("x"):
            continue
        # upstream * local is the derivative of <upstream, target>, taken by central differences
        numeric = central_differences(
            lambda up=upstream, target=edge.target: float(np.sum(up * operation(network, target, values))), source
        )
        assert edge.downstream.shape == source.shape
        assert relative_error(edge.downstream, numeric) < 1e-6, edge
        if edge.local_values is not None:
            np.testing.assert_allclose(edge.downstream, upstream * edge.local_values, rtol=1e-12)
        checked += 1
    assert checked == len(graph.edges) - (20 if objective == "margin" else 10)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_values_are_those_of_the_formulas(activation, objective):
    network, numbers, graph = make(activation, objective, 0.03)
    values = {node.name: node.value for node in graph.nodes}
    for node in graph.nodes:
        assert node.value.shape == node.gradient.shape == node.shape
        if node.kind == "operation" and not node.name.startswith("x") and node.name != "R":
            np.testing.assert_allclose(node.value, operation(network, node.name, values), rtol=1e-12)
    assert float(graph.output.value) == pytest.approx(numbers.J, rel=1e-15)
    assert np.array_equal(values["x"][3:5], numbers.parameters["E.case"][0])  # place w-2: the word, then its case
    assert np.array_equal(values["x"][5:8], numbers.parameters["E.word"][2])


@pytest.mark.parametrize("l2", [0.0, 0.03])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_gradients_at_the_nodes_are_sums_over_their_edges_and_those_of_the_real_pass(objective, l2):
    _, numbers, graph = make("prelu", objective, l2)
    for node in graph.nodes[:-1]:
        total = sum(edge.downstream for edge in graph.leaving(node.name))
        np.testing.assert_allclose(node.gradient, total, rtol=1e-10, atol=1e-15)
    gradients = dict(numbers.gradients)
    if objective == "margin":
        assert np.array_equal(graph.node("U").gradient, gradients.pop("U")[1])
        assert "c" not in gradients
        assert graph.node("c").gradient == 0  # - 1/2 through s and + 1/2 through s_c
        assert [float(edge.downstream) for edge in graph.leaving("c")] == [-0.5, 0.5]
    for name, gradient in gradients.items():
        if isinstance(gradient, RowGradient):
            found = np.stack([graph.node(f"{name}[{i}]").gradient for i in gradient.rows])
            np.testing.assert_array_equal(found, gradient.values)
        else:
            np.testing.assert_array_equal(graph.node(name).gradient, gradient)


def test_the_lectures_matrix_gradients():
    _, _, graph = make()
    delta, x = graph.node("z").gradient, graph.node("x").value
    assert graph.node("z").gradient_name == "delta = dJ/dz"
    np.testing.assert_allclose(graph.node("W").gradient, np.outer(delta, x), rtol=1e-12)
    np.testing.assert_array_equal(graph.node("b").gradient, delta)
    np.testing.assert_allclose(graph.node("x").gradient, graph.node("W").value.T @ delta, rtol=1e-12)
    products = {(edge.source, edge.target): edge.product for edge in graph.edges}
    assert products["x", "Wx"] == "W^T delta"
    assert products["W", "Wx"] == "delta x^T"
    assert products["z", "h"] == "dJ/dh o (1 - h^2)"


def test_a_word_that_stands_twice_is_one_node_with_two_edges():
    _, _, graph = make()
    edges = graph.leaving("E.word[2]")
    assert [edge.local for edge in edges] == ["1, at w-1", "1, at w+1"]
    dx = graph.node("x").gradient.reshape(5, 5)  # K places, 3 + 2 numbers in each
    np.testing.assert_array_equal(edges[0].downstream, dx[1, :3])
    np.testing.assert_array_equal(edges[1].downstream, dx[3, :3])
    np.testing.assert_allclose(graph.node("E.word[2]").gradient, dx[1, :3] + dx[3, :3], rtol=1e-14)
    assert len(graph.leaving("E.case[1]")) == 3


def test_rows_of_one_place_each_have_an_edge_and_the_gradient_of_their_sum():
    network = Network((("word", 5, 3), ("affixes", 4, 2)), 2, 4, 4, look_ups=(("affixes", 2),))
    generator = np.random.default_rng(5)
    parameters = {name: generator.normal(0, 0.6, shape) for name, shape in network.shapes.items()}
    affixes = np.array([[[0, 1, 2, 1, 1]], [[0, 1, 3, 1, 2]]])  # row 1 twice at w-1 and w+1
    windows = np.stack([WORDS[:1], *affixes])
    names = {i: Row(f"affix({i})", "") for i in range(4)}
    tables = [*rows(windows[:1]), Rows("E.affixes", 2, affixes, names)]
    graph = network_graph(network, tables, "", run(network, parameters, windows, 2))
    edges = graph.leaving("E.affixes[1]")
    assert [edge.local[3:] for edge in edges] == ["at w-1", "at w-1", "at w+1", "at w+1", "at w+2"]
    dx, x = (array.reshape(5, 5)[:, 3:] for array in (graph.node("x").gradient, graph.node("x").value))
    np.testing.assert_array_equal(edges[0].downstream, dx[1])
    np.testing.assert_allclose(graph.node("E.affixes[1]").gradient, 2 * dx[1] + 2 * dx[3] + dx[4], rtol=1e-12)
    np.testing.assert_allclose(sum(graph.node(f"E.affixes[{i}]").value for i in (2, 3)), x[2], rtol=1e-14)


def test_shapes_say_that_words_are_mapped():
    note = shapes_graph(make(residual=6, frozen=frozenset({"word"}))[0], "").nodes[0].note
    assert "; those of E.word as e' = e + tanh(e M) N, M (3, 6), N (6, 3); frozen: " in note


def test_shapes_say_where_several_rows_are_summed():
    network = Network((("word", 5, 3), ("affixes", 4, 2)), 2, 4, 4, look_ups=(("affixes", 8),))
    note = shapes_graph(network, "").nodes[0].note
    assert note == "3 from E.word (5, 3), 2 from E.affixes (4, 2), the sum of 8 rows"


def test_no_gradient_goes_into_frozen_rows():
    _, _, graph = make(frozen=frozenset({"word"}))
    assert graph.node("E.word[2]").gradient is None
    assert all(edge.downstream is None for edge in graph.leaving("E.word[2]"))
    assert graph.node("E.case[1]").gradient is not None
    assert graph.node("x").gradient.any()


def test_pair_of_the_margin_objective_shares_its_parameters_and_words():
    _, _, graph = make(objective="margin")
    for name in ("W", "b", "U", "c"):
        assert len(graph.leaving(name)) == 2
    assert [edge.target for edge in graph.leaving("E.word[0]")] == ["x", "x_c"]
    assert [edge.target for edge in graph.leaving("E.word[1]")] == ["x_c"]  # the centre of the corrupt window only
    assert {node.lane for node in graph.nodes if node.name in ("x", "s")} == {-1}
    assert {node.lane for node in graph.nodes if node.name in ("x_c", "s_c")} == {1}


def test_a_margin_that_is_kept_says_why_its_gradients_are_zero():
    network, numbers, _ = make(objective="margin")
    h, h_c = numbers.trace["h"]
    U = np.array(numbers.parameters["U"])
    U[1] = 100 * (h - h_c)  # s - s_c = 100 |h - h_c|^2, far more than 1
    parameters, windows = numbers.parameters | {"U": U}, np.stack([WORDS, CASES])
    graph = network_graph(network, rows(windows), "", run(network, parameters, windows, 2), "I-PER")
    assert float(graph.output.value) == 0
    assert not graph.node("W").gradient.any()
    assert "no margin is violated" in graph.node("L").note


@pytest.mark.parametrize("l2", [0.0, 0.03])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_shapes_are_those_of_the_graph_with_numbers(objective, l2):
    network, _, numbered = make("prelu", objective, l2)
    shapes = shapes_graph(network, "shapes")
    assert all(node.value is None and node.gradient is None for node in shapes.nodes)
    same = {node.name: node.shape for node in shapes.nodes if node.kind != "input"}
    assert same == {node.name: node.shape for node in numbered.nodes if node.kind != "input"}
    words = [node.label for node in shapes.nodes if node.kind == "input"]
    assert words == ["e(w-2)", "e(w-1)", "e(w)", "e(w+1)", "e(w+2)"] + ["e(w')"] * (objective == "margin")
    assert all(node.shape == (5,) for node in shapes.nodes if node.kind == "input")


def test_shapes_say_which_tables_are_frozen():
    network = make(frozen=frozenset({"word"}))[0]
    assert shapes_graph(network, "").nodes[0].note.endswith("frozen: no gradient goes into E.word")


def test_every_activation_and_objective_has_a_formula():
    assert set(ACTIVATION_FORMULAS) == set(ACTIVATIONS)
    assert set(OBJECTIVE_FORMULAS) == {*OBJECTIVES, "sentence"}
