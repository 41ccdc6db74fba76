from dataclasses import replace

import numpy as np
import pytest

from ner_window.errors import CorpusError, TaggingError
from ner_window.inspection.computation import _tables, notes, shapes_of, window_graph
from ner_window.nn.gradients import RowGradient
from ner_window.nn.network import Network
from ner_window.tagger import Tagger
from ner_window.text.features import FEATURES
from ner_window.text.vocabulary import HashedStrings, Vocabulary
from ner_window.text.words import Words

WORDS = ("lina", "paints", "in", "bergen", "and", "oslo")
CASE = FEATURES["case"]
SENTENCE = ["Lina", "paints", "in", "Bergen", "in", "Zq"]


def make(objective="softmax", frozen=frozenset(), tags=("O", "B-LOC", "B-PER")):
    words, cases = Words(WORDS), Vocabulary(CASE.values, CASE.extract)
    tables = (("word", len(words), 3), ("case", len(cases), 2))
    network = Network(tables, 2, 4, len(tags), objective=objective, frozen=frozen)
    generator = np.random.default_rng(2)
    parameters = {name: generator.normal(0, 1, shape).astype(np.float32) for name, shape in network.shapes.items()}
    pretrained = np.zeros((0, 3), np.float32)
    return Tagger(network, parameters, (words, cases), tags, "IOB2", "IOB2", frozenset(), pretrained)


@pytest.fixture(scope="module")
def tagger():
    return make()


def labels(graph):
    return [node.label for node in graph.nodes if node.kind == "input"]


def test_rows_of_a_real_window(tagger):
    # around Bergen: paints in [Bergen] in Zq; "in" is one node with two edges; Zq has no vector
    graph = window_graph(tagger, [SENTENCE], "Bergen")
    assert labels(graph) == ["e(paints)", "e(in)", "e(Bergen)", "e(Zq)", "case(lower)", "case(initial)"]
    nodes = {node.label: node for node in graph.nodes}
    assert (nodes["e(Bergen)"].formula, nodes["e(Bergen)"].note) == ("E.word[5]", "found as bergen")
    assert (nodes["e(Zq)"].formula, nodes["e(Zq)"].note) == ("E.word[1]", "a word without a vector of its own")
    assert nodes["case(lower)"].note == "of paints, in"
    assert len(graph.leaving(nodes["e(in)"].name)) == 2
    np.testing.assert_array_equal(nodes["e(Bergen)"].value, tagger.parameters["E.word"][5])


def ends(token):
    """Return the first and the last letter of a token; of a single letter only that one."""
    return tuple(dict.fromkeys((token[0], token[-1]))) if len(token) > 1 else (token,)


def with_ends(tagger):
    """Return the same tagger with a table of two hashed look-ups for a token."""
    tables = (*tagger.network.tables, ("ends", 8, 2))
    network = replace(tagger.network, tables=tables, look_ups=(("ends", 2),))
    generator = np.random.default_rng(4)
    parameters = {name: generator.normal(0, 1, shape).astype(np.float32) for name, shape in network.shapes.items()}
    vocabularies = (*tagger.vocabularies, HashedStrings(6, ends, 2))
    return replace(tagger, network=network, parameters=parameters, vocabularies=vocabularies)


def test_all_rows_of_a_place_are_shown_with_their_words(tagger):
    made = with_ends(tagger)
    ids = np.concatenate([np.arange(10).reshape(2, 1, 5) % 2, np.array([[[0, 3, 4, 5, 0]], [[0, 3, 2, 4, 0]]])])
    words = [["", "noon", "in", "gd", "x"]]  # the last word has fewer strings than look-ups: none
    _, _, rows = _tables(made, ids, [np.arange(8), np.arange(9), np.arange(8)], words)
    assert (rows.table, rows.ids.shape) == ("E.ends", (2, 1, 5))
    assert rows.shown == {
        0: ("ends(<pad>)", "E.ends[0]", "beyond the edge of the sentence; of x"),
        2: ("ends(#0)", "E.ends[2]", "of in"),
        3: ("ends(#1)", "E.ends[3]", "of noon"),
        4: ("ends(#2)", "E.ends[4]", "of in, gd"),
        5: ("ends(#3)", "E.ends[5]", "of gd"),
    }


def test_the_graph_of_a_table_with_several_look_ups_is_the_networks(tagger):
    made = with_ends(tagger)
    graph = window_graph(made, [SENTENCE], "Bergen", "B-LOC")
    windows = made.encode([SENTENCE]).windows(np.array([3]), 2)
    assert windows.shape == (4, 1, 5)
    J, backprop = made.network.loss(made.parameters, windows, np.array([1]))
    assert float(graph.output.value) == pytest.approx(J, rel=1e-5)
    table = backprop()["E.ends"]
    shown = {int(node.formula[7:-1]): node for node in graph.nodes if node.formula.startswith("E.ends[")}
    assert sorted(shown) == table.rows.tolist()
    for row, values in zip(table.rows.tolist(), table.values, strict=True):
        np.testing.assert_allclose(shown[row].gradient, values, rtol=1e-4, atol=1e-6)
        assert len(graph.leaving(shown[row].name)) == (windows[2:] == row).sum()


def test_a_mean_of_parts_is_shown_as_such(tagger):
    words = Words(WORDS, parts=True)
    made = replace(tagger, vocabularies=(words, tagger.vocabularies[1]))
    graph = window_graph(made, [["Lina", "in", "Oslo-Bergen"]], "in")
    node = next(node for node in graph.nodes if node.label == "e(Oslo-Bergen)")
    assert (node.formula, node.note) == ("mean of E.word[7], E.word[5]", "the mean of its parts, oslo, bergen")
    E = tagger.parameters["E.word"]
    np.testing.assert_allclose(node.value, (E[7] + E[5]) / 2, rtol=1e-6)
    assert {node.formula for node in graph.nodes if node.label == "e(Lina)"} == {"E.word[2]"}
    scores = made.scores(made.encode([["Lina", "in", "Oslo-Bergen"]]))
    np.testing.assert_allclose(graph.node("s").value, scores[1], rtol=1e-4)


@pytest.mark.parametrize("frozen", [frozenset(), frozenset({"word"})])
def test_mapped_words_are_shown_after_the_map(tagger, frozen):
    network = replace(tagger.network, residual=4, frozen=frozen)
    generator = np.random.default_rng(6)
    parameters = {name: generator.normal(0, 1, shape).astype(np.float32) for name, shape in network.shapes.items()}
    made = replace(tagger, network=network, parameters=parameters)
    graph = window_graph(made, [SENTENCE], "Bergen", "B-LOC")
    node = next(node for node in graph.nodes if node.label == "e'(Bergen)")
    assert (node.formula, node.gradient_name) == ("e + tanh(e M) N, e = E.word[5]", "dJ/de'")
    before, after = ("the row is frozen; ", "") if frozen else ("", " and into the row")
    assert node.note == f"found as bergen; {before}dJ/de' goes on into M and N{after}"
    e = parameters["E.word"][5]
    np.testing.assert_allclose(node.value, e + np.tanh(e @ parameters["M"]) @ parameters["N"], rtol=1e-5)
    windows = made.encode([SENTENCE]).windows(np.array([3]), 2)
    J, backprop = network.loss(parameters, windows, np.array([1]))
    assert float(graph.output.value) == pytest.approx(J, rel=1e-5)
    dx = graph.node("x").gradient.reshape(5, 5)[:, :3]
    np.testing.assert_allclose(node.gradient, dx[2], rtol=1e-12)
    shown = {node.label: node.value for node in graph.nodes}
    values = [shown[f"e'({word})"] for word in ("paints", "in", "Bergen", "in", "Zq")]
    E = parameters["E.word"][windows[0, 0]]
    np.testing.assert_allclose(np.array(values), E + np.tanh(E @ parameters["M"]) @ parameters["N"], rtol=1e-5)
    np.testing.assert_allclose(np.tanh(E @ parameters["M"]).T @ dx, backprop()["N"], rtol=1e-3, atol=1e-6)


def test_numbers_are_those_of_the_network_on_its_whole_tables(tagger):
    graph = window_graph(tagger, [SENTENCE], "Bergen", "B-LOC")
    windows = tagger.encode([SENTENCE]).windows(np.array([3]), 2)
    J, backprop = tagger.network.loss(tagger.parameters, windows, np.array([1]))
    gradients = backprop()
    assert float(graph.output.value) == pytest.approx(J, rel=1e-5)
    for name in ("W", "b", "U", "c"):
        np.testing.assert_allclose(graph.node(name).gradient, gradients[name], rtol=1e-4, atol=1e-6)
    table = gradients["E.word"]
    assert isinstance(table, RowGradient)
    shown = [node for node in graph.nodes if node.formula.startswith("E.word")]
    for node in shown:
        row = int(node.formula[len("E.word[") : -1])
        np.testing.assert_allclose(node.gradient, table.dense(8)[row], rtol=1e-4, atol=1e-6)
    assert sorted(int(node.formula[7:-1]) for node in shown) == table.rows.tolist()


def test_the_window_ends_with_its_sentence(tagger):
    graph = window_graph(tagger, [["Oslo"], ["Lina", "paints"]], "Lina")
    assert labels(graph)[:3] == ["e(<pad>)", "e(Lina)", "e(paints)"]
    assert graph.nodes[0].note == "beyond the edge of the sentence"
    assert len(graph.leaving(graph.nodes[0].name)) == 3
    assert graph.title.startswith("[Lina] paints: ")


def test_the_pad_and_a_word_of_that_name_are_two_nodes(tagger):
    graph = window_graph(tagger, [["<pad>"]])
    assert labels(graph)[:2] == ["e(<pad>)", "e(<pad>)"]
    assert [node.formula for node in graph.nodes[:2]] == ["E.word[0]", "E.word[1]"]


def test_words_that_share_a_row_share_a_node(tagger):
    assert "e(Xi, Yp)" in labels(window_graph(tagger, [["Xi", "Yp"]]))


def test_token_by_word_and_by_position(tagger):
    assert window_graph(tagger, [SENTENCE], "in").title.startswith("Lina paints [in] Bergen in: ")
    assert window_graph(tagger, [SENTENCE], "4").title.startswith("in Bergen [in] Zq: ")
    assert window_graph(tagger, [["Lina", "1"]], "1").title.startswith("Lina [1]: ")
    with pytest.raises(CorpusError) as error:
        window_graph(tagger, [["Lina", "paints"]], "2")
    assert str(error.value) == "--token: not in the sentence, got '2'; its tokens are 0 'Lina', 1 'paints'"


def test_default_is_the_first_token_of_the_first_entity_and_its_tag(tagger):
    tags = tagger.tag(SENTENCE)
    first = next(i for i, tag in enumerate(tags) if tag != "O")
    graph = window_graph(tagger, [SENTENCE])
    assert f"[{SENTENCE[first]}]" in graph.title
    assert graph.title.endswith(f": J of {tags[first]}; the model predicts {tags[first]}")
    assert graph.output.note.startswith(f"y = {tags[first]}, p_y = ")


def test_another_tag_costs_more(tagger):
    tag = window_graph(tagger, [SENTENCE], "Bergen").title.rpartition(" ")[2]
    other = next(each for each in tagger.tags if each != tag)
    graph = window_graph(tagger, [SENTENCE], "Bergen", other)
    assert graph.title.endswith(f": J of {other} if it were the tag; the model predicts {tag}")
    with pytest.raises(TaggingError) as error:
        window_graph(tagger, [SENTENCE], tag="B-SHIP")
    assert str(error.value) == "--tag: not a tag of the model, got 'B-SHIP'; choose one of O, B-LOC, B-PER"


def test_frozen_words_say_so():
    graph = window_graph(make(frozen=frozenset({"word"})), [SENTENCE], "Bergen")
    nodes = {node.label: node for node in graph.nodes}
    assert nodes["e(paints)"].note == "frozen: no gradient goes into it"
    assert nodes["e(Bergen)"].note == "found as bergen; frozen: no gradient goes into it"
    assert nodes["e(paints)"].gradient is None
    assert nodes["case(lower)"].gradient is not None


@pytest.fixture(scope="module")
def margin():
    """A margin model that holds only Bergen for an entity: its thresholds are high."""
    made = replace(make("margin", tags=("O", "I-LOC", "I-PER")), scheme="IO", output_scheme="IO")
    return replace(made, parameters=made.parameters | {"c": np.array([-90, -80], np.float32)})


@pytest.mark.parametrize("type_", [1, 2])
def test_margin_compares_with_the_word_outside_that_scores_highest_in_the_centre(margin, type_):
    graph = window_graph(margin, [SENTENCE], "Bergen", margin.tags[type_])
    encoded = margin.encode([SENTENCE])
    true = encoded.windows(np.array([3]), 2)
    rivals = {}
    for i, word in enumerate(SENTENCE):  # the model holds every word to be outside; Bergen is the true window's
        corrupt = true.copy()
        corrupt[:, 0, 2] = encoded.ids(np.array([i]))[:, 0]
        rivals[word] = float(margin.network.forward(margin.parameters, corrupt)[0][0, type_ - 1])
    s = rivals.pop("Bergen")
    hardest = max(rivals, key=rivals.get)
    assert hardest != SENTENCE[0]  # the first word outside is another
    assert float(graph.node("s").value) == pytest.approx(s, rel=1e-4)
    assert float(graph.node("s_c").value) == pytest.approx(rivals[hardest], rel=1e-4)
    assert float(graph.node("L").value) == pytest.approx(max(0, 1 - s + rivals[hardest]), rel=1e-4, abs=1e-5)
    centre = [node for node in graph.nodes if node.label == f"e({hardest})"]
    assert len(centre) == 1


def test_no_violated_margin_is_said(margin):
    sure = replace(margin, parameters=margin.parameters | {"U": 20 * margin.parameters["U"]})
    graphs = [window_graph(sure, [SENTENCE], word, tag) for word in SENTENCE for tag in margin.tags[1:]]
    losses = [float(graph.node("L").value) for graph in graphs]
    assert min(losses) == 0 < max(losses)
    for graph, loss in zip(graphs, losses, strict=True):
        said = "every gradient is 0: the true window scores at least 1 above the corrupt one; choose another --token or"
        assert [note[: len(said)] for note in notes(graph)] == ([said] if loss == 0 else [])
        if loss == 0:
            assert not np.any(graph.node("W").gradient)


def test_a_regularizer_has_gradients_when_the_margin_has_none(margin):
    sure = margin.parameters | {"U": 20 * margin.parameters["U"]}
    decayed = replace(margin, network=replace(margin.network, l2=0.1), parameters=sure)
    graph = window_graph(decayed, [SENTENCE], "paints", "I-PER")
    assert [note[:42] for note in notes(graph)] == ["every gradient but the regularizer's is 0:"]
    assert np.any(graph.node("W").gradient)


def test_softmax_and_shapes_have_nothing_to_note(tagger):
    assert notes(window_graph(tagger, [SENTENCE])) == notes(shapes_of(tagger, "a")) == []


def test_margin_without_a_word_outside_takes_the_unknown_word_and_has_no_tag_o():
    tagger = replace(make("margin", tags=("O", "I-LOC", "I-PER")), scheme="IO", output_scheme="IO")
    graph = window_graph(tagger, [["Lina"]], tag="I-PER")
    assert "e(<unknown>)" in labels(graph)
    with pytest.raises(TaggingError) as error:
        window_graph(tagger, [["Lina"]], tag="O")
    assert str(error.value) == "--tag: has no score in a margin model, got 'O'; choose one of I-LOC, I-PER"


def test_margin_takes_the_best_type_where_the_model_predicts_none(margin):
    graph = window_graph(margin, [SENTENCE])
    assert graph.title.endswith("J of I-PER if it were the tag; the model predicts O")


def test_shapes_are_called_by_the_name(tagger):
    assert shapes_of(tagger, "runs/a").title == "runs/a: 5 words, tanh, objective softmax"


def test_what_no_document_may_hold_is_replaced(tagger):
    assert "e(a\ufffd)" in labels(window_graph(tagger, [["a\x1b"]]))
