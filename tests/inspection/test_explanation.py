import json
from dataclasses import replace

import numpy as np
import pytest

from ner_window.errors import CorpusError
from ner_window.inspection.explanation import cut, explain
from ner_window.nn.activations import ACTIVATIONS
from ner_window.nn.network import Network
from ner_window.tagger import Tagger
from ner_window.text.documents import document_values
from ner_window.text.features import FEATURES
from ner_window.text.vocabulary import HashedStrings, Vocabulary
from ner_window.text.words import Words

WORDS = ["tove", "lund", "sings", "in", "oslo", "."]
SENTENCES = [["Tove", "Lund", "sings", "in", "Oslo", "."], ["Qxz", "sings"]]


def make(objective="softmax", radius=2):
    words = Words(WORDS)
    cases = Vocabulary(FEATURES["case"].values, FEATURES["case"].extract)
    margin = objective == "margin"
    tags = ("O", *(f"{p}-{t}" for t in ("LOC", "PER") for p in ("I" if margin else "BIES")))
    tables = (("word", len(words), 4), ("case", len(cases), 2))
    network = Network(tables, radius=radius, hidden_units=5, labels=len(tags), objective=objective)
    generator = np.random.default_rng(8)
    parameters = {name: generator.normal(0, 1, shape).astype(np.float32) for name, shape in network.shapes.items()}
    scheme = "IO" if margin else "BIOES"
    pretrained = parameters["E.word"][:0]
    return Tagger(network, parameters, (words, cases), tags, scheme, "IOB2", frozenset(), pretrained)


@pytest.mark.parametrize("method", ["gradient", "integrated"])
@pytest.mark.parametrize("objective", ["softmax", "hinge", "margin", "sentence"])
def test_tags_and_probabilities_are_those_of_the_tagger_and_the_parts_add_up(objective, method):
    tagger = make(objective)
    result = explain(tagger, SENTENCES, method, top=20)
    assert result.adds_up
    expected = tagger.tag_with_probabilities(SENTENCES)
    for sentence, (tags, chances), tokens in zip(result.sentences, expected, SENTENCES, strict=True):
        assert [token.token for token in sentence] == tokens
        assert [token.tag for token in sentence] == tags
        assert [dict(token.top)[token.tag] for token in sentence] == pytest.approx(chances, abs=1e-6)
        for token in sentence:
            assert sum(token.slots) + token.rest == pytest.approx(token.difference, abs=1e-12)
            assert sum(token.features) == pytest.approx(sum(token.slots), abs=1e-12)
            assert sum(p for _, p in token.top) == pytest.approx(1)


def test_several_look_ups_of_a_token_are_one_part():
    tagger = make()
    tables = (*tagger.network.tables, ("ends", 8, 2))
    network = Network(tables, 2, 5, tagger.network.labels, look_ups=(("ends", 2),))
    generator = np.random.default_rng(1)
    parameters = {name: generator.normal(0, 1, shape).astype(np.float32) for name, shape in network.shapes.items()}
    ends = HashedStrings(6, lambda token: (token[0], token[-1]), 2)
    tagger = replace(tagger, network=network, parameters=parameters, vocabularies=(*tagger.vocabularies, ends))
    result = explain(tagger, SENTENCES)
    assert result.adds_up
    assert result.features == ("word", "case", "ends")
    scores = tagger.scores(tagger.encode(SENTENCES))
    token = result.sentences[0][4]
    tag, other = (tagger.tags.index(name) for name in (token.tag, token.against))
    assert token.parts.shape == (5, 3)
    assert token.difference == pytest.approx(scores[4, tag] - scores[4, other], abs=1e-5)


def test_a_mean_of_parts_is_explained():
    made = make()
    tagger = replace(made, vocabularies=(Words(WORDS, parts=True), made.vocabularies[1]))
    result = explain(tagger, [["Tove", "in", "Oslo-Lund"]], top=20)
    assert result.adds_up
    assert result.sentences[0][2].found == "mean of parts"
    assert result.notes == ()
    for token, (tag, score) in zip(result.sentences[0], zip(*explained(tagger), strict=True), strict=True):
        assert (token.tag, dict(token.top)[token.tag]) == (tag, pytest.approx(score, abs=1e-6))


def explained(tagger):
    return tagger.tag_with_probabilities([["Tove", "in", "Oslo-Lund"]])[0]


def test_softmax_differences_are_log_odds_against_the_best_other_tag():
    for token in explain(make(), SENTENCES, top=20).sentences[0]:
        chances = dict(token.top)
        assert token.difference == pytest.approx(np.log(chances[token.tag] / chances[token.against]), abs=1e-5)
        assert chances[token.against] == max(p for tag, p in token.top if tag != token.tag)


def test_windows_stop_at_the_ends_of_their_sentence():
    first, second = explain(make(), SENTENCES).sentences
    assert first[0].window == ("<pad>", "<pad>", "Tove", "Lund", "sings")
    assert first[-1].window == ("in", "Oslo", ".", "<pad>", "<pad>")
    assert second[1].window == ("<pad>", "Qxz", "sings", "<pad>", "<pad>")


def test_radius_zero_has_one_slot():
    token = explain(make(radius=0), [["Oslo"]]).sentences[0][0]
    assert token.window == ("Oslo",)
    assert token.parts.shape == (1, 2)


def test_the_explanation_of_a_token_does_not_depend_on_other_sentences():
    alone = explain(make(), SENTENCES[1:]).sentences[0]
    np.testing.assert_allclose(alone[0].parts, explain(make(), SENTENCES).sentences[1][0].parts, rtol=1e-12)


def test_notes_name_unknown_words_and_scores_that_are_no_probabilities():
    assert explain(make(), SENTENCES).notes == ("no vector of their own, taken as the unknown word: Qxz",)
    assert "only their order counts" in explain(make("margin"), SENTENCES[:1]).notes[0]
    assert explain(make(), SENTENCES[:1]).notes == ()


def test_a_model_that_reads_documents_says_that_it_has_only_this_text():
    made = make()
    network = replace(made.network, tables=(*made.network.tables, ("casing", 9, 2)))
    generator = np.random.default_rng(1)
    parameters = {name: generator.normal(0, 1, shape).astype(np.float32) for name, shape in network.shapes.items()}
    casing = FEATURES["casing"].lookup(document_values("casing", ()))
    tagger = replace(made, network=network, parameters=parameters, vocabularies=(*made.vocabularies, casing))
    told = explain(tagger, SENTENCES)
    assert told.adds_up
    assert told.notes == (
        "the model reads documents: the text given is taken as its whole document",
        "no vector of their own, taken as the unknown word: Qxz",
    )


def test_a_wrong_gradient_is_found_out(monkeypatch):
    monkeypatch.setitem(ACTIVATIONS, "tanh", lambda Z: (np.tanh(Z), lambda dH: 2 * dH))
    assert not explain(make(), SENTENCES).adds_up
    assert not explain(make(), SENTENCES, "integrated").adds_up


def test_json_holds_every_number():
    document = json.loads(json.dumps(explain(make(), SENTENCES).as_dict()))
    token = document["sentences"][0][4]
    assert (token["token"], token["vector"]) == ("Oslo", "lower case")
    assert [slot["slot"] for slot in token["window"]] == [-2, -1, 0, 1, 2]
    assert [slot["token"] for slot in token["window"]] == ["sings", "in", "Oslo", ".", "<pad>"]
    assert sum(slot["word"] + slot["case"] for slot in token["window"]) == pytest.approx(
        token["difference"] - token["rest"]
    )
    assert token["features"]["case"] == pytest.approx(sum(slot["case"] for slot in token["window"]))
    assert document["check"]["adds_up"] is True


def test_text_is_cut_by_the_tokenizer_or_at_spaces():
    assert cut("Tove sings. Oslo, too.") == [["Tove", "sings", "."], ["Oslo", ",", "too", "."]]
    assert cut(" Tove  sings.\r\n\nOslo, too. \n", at_spaces=True) == [["Tove", "sings."], ["Oslo,", "too."]]


@pytest.mark.parametrize("at_spaces", [False, True])
def test_a_text_without_tokens_is_refused(at_spaces):
    with pytest.raises(CorpusError, match=r"^sentence: no tokens, got ' \\n '; give at least one word$"):
        cut(" \n ", at_spaces)


def test_bytes_that_were_no_characters_are_refused():
    with pytest.raises(CorpusError, match="sentence: character 4 is not UTF-8"):
        cut(b"To \xff".decode("utf-8", "surrogateescape"))
