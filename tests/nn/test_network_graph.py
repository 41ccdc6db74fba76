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


def as_text(graph):
    """All words of a graph, a line for each node and each edge."""
    nodes = [
        f"{n.name}: {n.label} = {n.formula} {n.shape} | {n.kind} {n.lane:g} | {n.gradient_name} | {n.note}".rstrip()
        for n in graph.nodes
    ]
    return [graph.title, *nodes, *(f"{e.source} -> {e.target}: {e.local} | {e.product}" for e in graph.edges)]


def test_the_graph_of_one_window_in_words():
    tables = (("word", 5, 3), ("case", 3, 2))
    network = Network(tables, 1, 4, 4, "prelu", dropout=0.5, l2=0.01, frozen=frozenset({"word", "case"}))
    note = "3 from E.word (5, 3), 2 from E.case (3, 2); frozen: no gradient goes into E.case, E.word"
    assert as_text(shapes_graph(network, "one window")) == [
        "one window",
        f"e[0]: e(w-1) = rows of 2 tables (5,) | input 0 | dJ/de | {note}",
        f"e[1]: e(w) = rows of 2 tables (5,) | input 0 | dJ/de | {note}",
        f"e[2]: e(w+1) = rows of 2 tables (5,) | input 0 | dJ/de | {note}",
        "W: W = weights (4, 15) | parameter 1 | dJ/dW |",
        "b: b = bias (4,) | parameter 1 | dJ/db |",
        "U: U = weights (4, 4) | parameter 1 | dJ/dU |",
        "c: c = bias (4,) | parameter 1 | dJ/dc |",
        "a: a = slopes (4,) | parameter 1 | dJ/da |",
        "x: x = the window's rows (15,) | operation 0 | dJ/dx |",
        "Wx: W x = product (4,) | operation 0 | dJ/d(W x) = delta |",
        "z: z = W x + b (4,) | operation 0 | delta = dJ/dz"
        " | delta is the error signal: dJ/dW, dJ/db and dJ/dx are made from it",
        "h: h = z if z > 0 else a z (4,) | operation 0 | dJ/dh | dropout is for training: nothing is dropped here",
        "Uh: U h = product (4,) | operation 0 | dJ/d(U h) = dJ/ds |",
        "s: s = U h + c (4,) | operation 0 | dJ/ds |",
        "L: L = -log p_y, p = softmax(s) () | operation 0 | dJ/dL |",
        "R: R = l2 (|W|^2 + |U|^2) () | operation 1 | dJ/dR | the regulariser, l2 = 0.01",
        "J: J = L + R () | operation 0 | dJ/dJ |",
        "e[0] -> x: 1, at w-1 | dJ/dx at w-1",
        "e[1] -> x: 1, at w | dJ/dx at w",
        "e[2] -> x: 1, at w+1 | dJ/dx at w+1",
        "x -> Wx: W^T | W^T delta",
        "W -> Wx: x^T | delta x^T",
        "Wx -> z: 1 | delta",
        "b -> z: 1 | delta",
        "z -> h: 1 or a | dJ/dh o (1 or a)",
        "a -> h: min(0, z) | dJ/dh o min(0, z)",
        "h -> Uh: U^T | U^T dJ/ds",
        "U -> Uh: h^T | dJ/ds h^T",
        "Uh -> s: 1 | dJ/ds",
        "c -> s: 1 | dJ/ds",
        "s -> L: p - [c = y] | dJ/dL * local",
        "W -> R: 2 l2 W | 2 l2 W",
        "U -> R: 2 l2 U | 2 l2 U",
        "L -> J: 1 | 1",
        "R -> J: 1 | 1",
    ]


def test_the_graph_of_a_pair_in_words():
    network = Network((("word", 5, 3),), 1, 4, 4, "sigmoid", "margin", l2=0.01)
    note = "3 from E.word (5, 3)"
    window = {
        "": [
            "x: x = the window's rows (9,) | operation -1 | dJ/dx | the true window",
            "Wx: W x = product (4,) | operation -1 | dJ/d(W x) = delta |",
            "z: z = W x + b (4,) | operation -1 | delta = dJ/dz"
            " | delta is the error signal: dJ/dW, dJ/db and dJ/dx are made from it",
            "h: h = 1 / (1 + exp(-z)) (4,) | operation -1 | dJ/dh |",
            "Uh: u^T h = product () | operation -1 | dJ/d(u^T h) = dJ/ds |",
            "s: s = u^T h + c () | operation -1 | dJ/ds |",
        ],
        "_c": [
            "x_c: x_c = the window's rows (9,) | operation 1 | dJ/dx_c | the corrupt window",
            "Wx_c: W x_c = product (4,) | operation 1 | dJ/d(W x_c) = delta_c |",
            "z_c: z_c = W x_c + b (4,) | operation 1 | delta_c = dJ/dz_c"
            " | delta_c is the error signal: dJ/dW, dJ/db and dJ/dx are made from it",
            "h_c: h_c = 1 / (1 + exp(-z_c)) (4,) | operation 1 | dJ/dh_c |",
            "Uh_c: u^T h_c = product () | operation 1 | dJ/d(u^T h_c) = dJ/ds_c |",
            "s_c: s_c = u^T h_c + c () | operation 1 | dJ/ds_c |",
        ],
    }
    chain = [
        [
            f"x{c} -> Wx{c}: W^T | W^T delta{c}",
            f"W -> Wx{c}: x{c}^T | delta{c} x{c}^T",
            f"Wx{c} -> z{c}: 1 | delta{c}",
            f"b -> z{c}: 1 | delta{c}",
            f"z{c} -> h{c}: h{c} (1 - h{c}) | dJ/dh{c} o (h{c} (1 - h{c}))",
            f"h{c} -> Uh{c}: u | u dJ/ds{c}",
            f"U -> Uh{c}: h{c} | dJ/ds{c} h{c}",
            f"Uh{c} -> s{c}: 1 | dJ/ds{c}",
            f"c -> s{c}: 1 | dJ/ds{c}",
        ]
        for c in window
    ]
    assert as_text(shapes_graph(network, "a pair")) == [
        "a pair",
        f"e[0]: e(w-1) = row of E (3,) | input 0 | dJ/de | {note}",
        f"e[1]: e(w) = row of E (3,) | input 0 | dJ/de | {note}",
        f"e[2]: e(w+1) = row of E (3,) | input 0 | dJ/de | {note}",
        f"e[3]: e(w') = row of E (3,) | input 0 | dJ/de | {note}",
        "W: W = weights (4, 9) | parameter 0 | dJ/dW |",
        "b: b = bias (4,) | parameter 0 | dJ/db |",
        "U: u = weights (4,) | parameter 0 | dJ/du | the row of y in U (3, 4)",
        "c: c = bias () | parameter 0 | dJ/dc"
        " | cancels out of 1 - s + s_c: its gradients add up to 0; it is chosen on dev, as a threshold",
        *window[""],
        *window["_c"],
        "L: L = max(0, 1 - s + s_c) () | operation 0 | dJ/dL |",
        "R: R = l2 (|W|^2 + |U|^2) () | operation 0 | dJ/dR | the regulariser, l2 = 0.01",
        "J: J = L / 2 + R () | operation 0 | dJ/dJ | the mean over a batch of two windows",
        "e[0] -> x: 1, at w-1 | dJ/dx at w-1",
        "e[1] -> x: 1, at w | dJ/dx at w",
        "e[2] -> x: 1, at w+1 | dJ/dx at w+1",
        "e[0] -> x_c: 1, at w-1 | dJ/dx_c at w-1",
        "e[3] -> x_c: 1, at w | dJ/dx_c at w",
        "e[2] -> x_c: 1, at w+1 | dJ/dx_c at w+1",
        *chain[0],
        *chain[1],
        "s -> L: -1 if L > 0 | dJ/dL * local",
        "s_c -> L: 1 if L > 0 | dJ/dL * local",
        "W -> R: 2 l2 W | 2 l2 W",
        "U -> R: 2 l2 u | 2 l2 u",
        "L -> J: 1/2 | 1/2",
        "R -> J: 1 | 1",
    ]


def test_what_is_said_of_the_objective():
    def note(objective, **options):
        _, numbers, graph = make(objective=objective, **options)
        assert graph.title == "a title"
        said = {node.name: node.note for node in graph.nodes}
        return numbers, said.get("L", said["J"])

    numbers, said = note("softmax")
    assert said == f"y = I-PER, p_y = {np.exp(-numbers.J):.3g}"
    assert note("hinge")[1] == "y = I-PER; local: 1 where s_j is within the margin, at y minus their number"
    assert note("margin")[1] == "y = I-PER"
    hinge = shapes_graph(make(objective="hinge")[0], "")
    assert hinge.output.note == "local: 1 where s_j is within the margin, at y minus their number"
    network, numbers, _ = make(objective="hinge")
    c = np.array([0, 0, 100.0, 0])  # label 2 is far ahead of all others
    windows = np.stack([WORDS, CASES])[:, :1]
    done = network_graph(network, rows(windows), "", run(network, numbers.parameters | {"c": c}, windows, 2), "B-LOC")
    assert done.output.note == (
        "y = B-LOC; local: 1 where s_j is within the margin, at y minus their number; "
        "no margin is violated, so every gradient of it is 0; another tag would show some"
    )


def test_local_gradients_have_numbers_where_they_are_no_matrices():
    _, _, graph = make("prelu", l2=0.03)
    shown = {(edge.source, edge.target) for edge in graph.edges if edge.local_values is not None}
    rows_of_x = {(edge.source, "x") for edge in graph.entering("x")}
    sums = {("Wx", "z"), ("b", "z"), ("Uh", "s"), ("c", "s"), ("L", "J"), ("R", "J")}
    assert shown == rows_of_x | sums | {("z", "h"), ("a", "h"), ("s", "L")}
    assert all(edge.local_values == 1 for edge in graph.edges if (edge.source, edge.target) in rows_of_x | sums)
