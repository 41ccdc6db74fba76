import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner_window.nn.graph import max_example, square_example
from ner_window.nn.network import Network
from ner_window.nn.network_graph import shapes_graph
from ner_window.report.graphs import arithmetic, branch, dot, fit, graph_text, mermaid, number, numbers_text, width_of

# any character that computation.printable lets through
WORD = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufffe\uffff"),
    min_size=1,
    max_size=60,
)


def test_text_of_the_square_example():
    assert graph_text(square_example()).split("\n") == [
        "z = (x + y)^2 = a a, with a = x + y",
        "",
        "x, y -> a -> z    a -> z",
        "",
        "at every edge: downstream = upstream * local; at a branch the downstream gradients add up",
        "",
        "x: an input",
        "  value                                          1",
        "  gradient      dz/dx                            6",
        "",
        "y: an input",
        "  value                                          2",
        "  gradient      dz/dy                            6",
        "",
        "a = x + y",
        "  + distributes the upstream gradient",
        "  value                                          3",
        "  upstream      dz/da                            6",
        "  a branch: 3 + 3 = 6",
        "  to x: local 1, downstream 6 * 1 = 6",
        "  to y: local 1, downstream 6 * 1 = 6",
        "",
        "z = a * a",
        "  * switches: each factor gets upstream times the other",
        "  value                                          9",
        "  upstream      dz/dz                            1",
        "  to a: local a = 3, downstream 1 * 3 = 3",
        "  to a: local a = 3, downstream 1 * 3 = 3",
    ]


def test_text_of_a_network_names_delta_and_shows_the_chain(network_of):
    text = graph_text(network_of())
    assert "e(Oslo) (2 times), e(Oslo) -> x -> W x -> z -> h -> U h -> s -> J" in text
    assert "W -> W x    b -> z    U -> U h    c -> s" in text
    assert "upstream      delta = dJ/dz" in text
    assert "downstream  W^T delta" in text
    assert "downstream  delta x^T" in text
    assert "local       1 - h^2" in text
    assert "a branch: the sum of 2 downstream gradients" in text
    assert "no gradient goes there" in graph_text(network_of(frozen=frozenset({"word"})))


def test_text_of_shapes_has_no_numbers():
    network = Network((("word", 4, 3),), 1, 4, 3)
    text = graph_text(shapes_graph(network, "shapes"))
    assert "z = W x + b  (4,)" in text
    assert "  from W                         local x^T                   downstream delta x^T" in text
    assert "value" not in text


@pytest.mark.parametrize("objective", ["softmax", "hinge", "margin"])
@pytest.mark.parametrize("word", ["Oslo", "x" * 90, "日本" * 40, "a b" * 40, "-"], ids=len)
def test_text_fits_a_hundred_columns(network_of, word, objective):
    for graph in (network_of(word, objective, 0.1, "prelu"), network_of(word, objective, 0, "leaky_relu")):
        assert max(map(width_of, graph_text(graph).split("\n"))) <= 100


def test_numbers():
    assert [number(x) for x in (-0.0, 0.12345, 1234567.0, -1e-9)] == ["0", "0.123", "1.23e+06", "-1e-09"]
    assert numbers_text(np.array([3.0, 4.0]), 2) == "3 4"
    assert numbers_text(np.array([3.0, 4.0, 0.0]), 2) == "3 4 ...  norm 5"
    assert numbers_text(np.array(2.0)) == "2"
    assert numbers_text(None) == ""


def test_sums_at_edges_and_branches_are_shown_with_their_numbers(network_of):
    graph = max_example()
    assert [arithmetic(graph, edge) for edge in graph.entering("f")] == ["1 * 2 = 2", "1 * 3 = 3"]
    assert branch(graph, graph.node("y")) == "a branch: 2 + 3 = 5"
    assert branch(graph, graph.node("x")) == ""
    large = network_of()
    assert arithmetic(large, large.entering("z")[0]) == ""


def test_cut_text_keeps_its_bracket():
    assert fit("e(Oslo)", 7) == "e(Oslo)"
    assert fit("e(Trondheim)", 10) == "e(Tron...)"
    assert width_of(fit("日本日本日本日本", 9)) <= 9


def quoted_strings(text):
    return re.findall(r'"((?:[^"\\]|\\.)*)"', text)


@settings(deadline=None)
@given(word=WORD)
def test_mermaid_masks_every_word(network_of, word):
    lines = mermaid(network_of(word)).split("\n")
    assert lines[1] == "flowchart LR"
    assert lines[0].startswith("%% ")
    edge = r'  n\d+ -->\|"[^"\\<>\[\]{}|`]*"\| n\d+'
    node = r'  n\d+\["(?:[^"\\<>\[\]{}|`]|<br/>)*"\]:::(?:input|parameter|operation)'
    for line in lines[2:]:
        assert re.fullmatch(rf"{edge}|{node}|  classDef [\w ]+[\w:#,]+", line), line
    # the codes say what they mask
    label = re.match(r'  n0\["(.*?)<br/>', lines[2])
    assert label
    decoded = re.sub(r"#(\d+);", lambda match: chr(int(match[1])), label[1])
    assert decoded == f"{fit(f'e({word})', 24)}  (3,)"


@settings(deadline=None)
@given(word=WORD)
def test_dot_masks_every_word(network_of, word):
    text = dot(network_of(word))
    lines = text.split("\n")
    assert (lines[0], lines[-1]) == ("digraph computation {", "}")
    # without its strings nothing is left but ids, attributes and arrows
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', text)
    assert re.fullmatch(r'[\w\s{}\[\]=,;>"-]*', bare.replace("->", ""))
    first = next(s for line in lines if line.startswith("  n0 ") for s in quoted_strings(line))
    label = re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], first).replace("&amp;", "&").split("\n")[0]
    assert label == f"{fit(f'e({word})', 24)}  (3,)"


def test_every_format_shows_every_node_and_edge(network_of):
    for graph in (square_example(), max_example(), network_of(objective="margin", l2=0.1)):
        assert mermaid(graph).count(":::") == dot(graph).count("fillcolor=") == len(graph.nodes)
        assert mermaid(graph).count("-->") == dot(graph).count(" -> ") == len(graph.edges)
        assert graph_text(graph).count("\n\n") == 2 + len(graph.nodes)
