import re
from xml.etree import ElementTree

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ner_window.nn.graph import max_example, square_example
from ner_window.nn.network import Network
from ner_window.nn.network_graph import shapes_graph
from ner_window.report.drawing import WIDTH, box_texts, edge_tip, node_tip, svg, typeset
from ner_window.report.graphs import width_of

# any character that computation.printable lets through
WORD = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufffe\uffff"),
    min_size=1,
    max_size=60,
)
SVG = "{http://www.w3.org/2000/svg}"


def drawn(graph):
    return ElementTree.fromstring(svg(graph))


def texts(graph):
    return ["".join(text.itertext()).replace("\u200b", "") for text in drawn(graph).iter(f"{SVG}text")]


@settings(deadline=None)
@given(word=WORD)
def test_svg_is_well_formed_for_every_word(network_of, word):
    graph = network_of(word)
    root = drawn(graph)
    assert next(root.iter(f"{SVG}title")).text == graph.title
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "title", "style", "defs", "marker", "path", "rect", "g", "text", "tspan")
    }


def test_every_node_and_edge_is_drawn_with_its_gradient(network_of):
    for graph in (square_example(), max_example(), network_of(objective="margin", l2=0.1)):
        root = drawn(graph)
        kinds = [path.get("class") for path in root.iter(f"{SVG}path")]
        assert kinds.count("forward") == kinds.count("backward") == len(graph.edges)
        assert len(list(root.iter(f"{SVG}rect"))) == 1 + len(graph.nodes)
        assert len(list(root.iter(f"{SVG}title"))) == 1 + len(graph.nodes) + len(graph.edges)


def test_no_gradient_is_drawn_into_frozen_rows_or_without_numbers(network_of):
    assert svg(network_of(frozen=frozenset({"word"}))).count('class="backward"') == len(network_of().edges) - 3
    assert 'class="backward"' not in svg(shapes_graph(Network((("word", 4, 3),), 1, 4, 3), ""))


def test_the_branch_of_the_square_is_visible():
    found = texts(square_example())
    assert {"dz/da = 6", "= 3 + 3"} <= set(found)
    assert found.count("1 \u00b7 3 = 3") == 2
    assert found.count("6 \u00b7 1 = 6") == 2


def test_lines_fit_their_box(network_of):
    graphs = [
        network_of(word, objective, 0.1, "leaky_relu")
        for word in ("Oslo", "W" * 40, "\u65e5" * 30)
        for objective in ("softmax", "hinge", "margin")
    ]
    for graph in graphs:
        for node in graph.nodes:
            for kind, line in box_texts(graph, node):
                wide = 11 if kind == "name" else 7.5  # pixels of a character in the two sizes, generously
                assert width_of(line) * wide <= WIDTH, line


def test_formulas_are_typeset():
    assert typeset("dJ/dh o (1 - h^2)") == "dJ/dh \u2218 (1 \u2212 h\u00b2)"
    assert typeset("W^T delta") == "W\u1d40 \u03b4"


def test_words_are_left_as_they_are(network_of):
    assert "e(a_b-c^2)" in texts(network_of("a_b-c^2"))


def test_a_symbol_with_an_index_is_set_lower(network_of):
    assert '>s<tspan dy="3" font-size="75%">c</tspan>' in svg(network_of(objective="margin"))


def test_tips_hold_all_numbers_of_short_arrays(network_of):
    graph = network_of()
    z = graph.node("z")
    assert node_tip(graph, z).count(" ") > 8
    assert node_tip(graph, z).split("\n")[-1].startswith("delta = dJ/dz: ")
    assert len(node_tip(graph, z).split("\n")[-1].split()) == 3 + 4
    edge = graph.entering("h")[0]
    assert edge_tip(graph, edge).split("\n")[0] == "z -> h"
    assert "norm" not in edge_tip(graph, edge)
    frozen = network_of(frozen=frozenset({"word"}))
    assert edge_tip(frozen, frozen.edges[0]).endswith("no gradient goes there")


def test_tips_give_the_beginning_of_long_arrays(network_of):
    graph = network_of()
    node = graph.node("W")
    long = type(node)(**{**vars(node), "value": np.ones((40, 40)), "shape": (40, 40)})
    assert "value: 1 1 1 1 1 1 1 1 1 1 1 1 ...  norm 40" in node_tip(graph, long)


def test_every_color_stands_as_itself_before_its_variable():
    style = svg(square_example()).partition("<style>")[2].partition("</style>")[0]
    uses = re.findall(r"(fill|stroke): var\(", style)
    literals = re.findall(r"(fill|stroke): #[0-9a-f]{6}; \1: var\(", style)
    assert len(uses) == len(literals) > 10
