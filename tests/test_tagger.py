"""Probabilities at a temperature, raw texts. What a tagger tags is tested where it is used: in runs and streams."""

import json
import shutil
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.config import load_config
from ner_window.errors import ModelError
from ner_window.experiment import prepare
from ner_window.nn.calibration import temperature_of
from ner_window.nn.objectives import log_softmax
from ner_window.nn.sentence import marginals
from ner_window.prediction import predict
from ner_window.tagger import Tagger
from ner_window.text.conll import Layout
from ner_window.text.labelled import read_labelled
from ner_window.text.raw_texts import TextEntity
from ner_window.text.tagging import SCHEMES


@pytest.fixture(scope="module")
def tagger(model):
    return Tagger.load(model)


@pytest.fixture(scope="module")
def dev(root):
    return read_labelled(root / "data" / "dev.conll", Layout())


@pytest.fixture(scope="module")
def encoded(tagger, dev):
    return tagger.encode_text(dev.text, dev.labels(tagger.tags, SCHEMES[tagger.scheme]))


def as_sentence(tagger):
    """The same network with scores of steps, as if it had been trained for whole sequences."""
    generator = np.random.default_rng(1)
    C = len(tagger.tags)
    shapes = {"A": (C, C), "start": (C,), "end": (C,)}
    chain = {name: generator.normal(0, 1, shape).astype(np.float32) for name, shape in shapes.items()}
    network = replace(tagger.network, objective="sentence")
    return replace(tagger, network=network, parameters={**tagger.parameters, **chain}, temperature=1.0)


def test_scores_are_divided_by_the_temperature(tagger, encoded):
    scores = tagger.scores(encoded)
    at_two = replace(tagger, temperature=2.0)
    np.testing.assert_array_equal(at_two.probabilities(scores, encoded.lengths), np.exp(log_softmax(scores / 2)))
    at_one = replace(tagger, temperature=1.0)
    np.testing.assert_array_equal(at_one.probabilities(scores, encoded.lengths), np.exp(log_softmax(scores)))
    sentence = replace(as_sentence(tagger), temperature=2.0)
    expected = marginals(scores / 2, encoded.lengths, *(part / 2 for part in sentence.chain))
    np.testing.assert_array_equal(sentence.probabilities(scores, encoded.lengths), expected)


@pytest.mark.parametrize("change", [lambda tagger: tagger, as_sentence])
def test_no_tag_depends_on_the_temperature(tagger, dev, change):
    before = change(tagger)
    for temperature in (0.05, 1.0, 20.0):
        after = replace(before, temperature=temperature)
        assert after.tag_sentences(dev.tokens) == before.tag_sentences(dev.tokens)
        assert [tags for tags, _ in after.tag_with_probabilities(dev.tokens)] == [
            tags for tags, _ in before.tag_with_probabilities(dev.tokens)
        ]


@pytest.mark.parametrize("change", [lambda tagger: tagger, as_sentence])
def test_it_is_chosen_for_the_labels_of_held_out_tokens(tagger, encoded, change):
    tagger = change(tagger)
    scores = tagger.scores(encoded)
    chain = tagger.chain if tagger.network.objective == "sentence" else None
    found = tagger.calibrated(scores, encoded.labels, encoded.lengths)
    assert found.temperature == temperature_of(scores, encoded.labels, encoded.lengths, chain)
    rows = np.flatnonzero(encoded.labels >= 0)

    def loss(tagger):
        p = tagger.probabilities(scores, encoded.lengths)
        return -np.log(p[rows, encoded.labels[rows]]).mean()

    others = (times * found.temperature for times in (0.1, 0.95, 1.05, 10))
    assert loss(found) < min(loss(replace(tagger, temperature=T)) for T in others)


@pytest.mark.parametrize("objective", ["hinge", "margin"])
def test_scores_that_are_no_log_probabilities_have_none(tagger, encoded, objective):
    other = replace(tagger, network=replace(tagger.network, objective=objective))
    assert not other.has_probabilities
    assert other.calibrated(np.zeros((1, 9), np.float32), encoded.labels, encoded.lengths) is other


def test_the_trained_model_has_the_temperature_that_fits_its_dev_corpus(tagger, encoded):
    assert tagger.temperature != 1
    again = tagger.calibrated(tagger.scores(encoded), encoded.labels, encoded.lengths)
    assert again.temperature == pytest.approx(tagger.temperature, rel=1e-6)


def test_it_is_kept_in_the_model_to_the_last_bit(tagger, tmp_path):
    replace(tagger, temperature=1 / 3).save(tmp_path / "m")
    assert Tagger.load(tmp_path / "m").temperature == 1 / 3


def changed(model, folder, change):
    shutil.copytree(model, folder)
    description = json.loads((folder / "model.json").read_text())
    change(description)
    (folder / "model.json").write_text(json.dumps(description))
    return folder


def test_a_model_that_was_made_before_there_was_any_has_one(model, tmp_path):
    older = changed(model, tmp_path / "m", lambda description: description.pop("temperature"))
    assert Tagger.load(older).temperature == 1


@pytest.mark.parametrize("bad", [0, -1.5, float("nan"), float("inf"), "hot", None])
def test_what_is_no_temperature_is_refused(model, tmp_path, bad):
    damaged = changed(model, tmp_path / "m", lambda description: description.update(temperature=bad))
    with pytest.raises(ModelError, match=r"model\.json: not a description of a model: "):
        Tagger.load(damaged)


def test_entities_of_a_text_have_its_characters(tagger):
    text = "It rained.\n Elena Markovic flew, from Berlin! "
    assert tagger.entities(text) == [TextEntity(12, 26, "PER", "Elena Markovic"), TextEntity(38, 44, "LOC", "Berlin")]
    assert tagger.entities("") == tagger.entities(" \n") == []


TEXTS = st.lists(
    st.lists(st.sampled_from(["Elena", "Markovic", "Norlake", "berlin", "sang", ".", "\n"]), max_size=9).map(" ".join),
    max_size=9,
)


@pytest.fixture(scope="module", params=[(), ("objective=sentence", "features=[casing, gazetteer, first_pass]")])
def untrained(root, request):
    """A tagger with random weights: all scores differ, and with features of documents all depends on the others."""
    new = prepare(load_config(root / "configs/quickstart.yaml", request.param)).tagger
    return replace(new, words_seen=frozenset(), entities_seen=frozenset())  # it is shown where a test fails


@given(TEXTS, st.integers(1, 30))
def test_a_pipe_gives_what_each_text_gives_alone(untrained, texts, ahead):
    assert list(untrained.pipe(texts, ahead=ahead)) == list(map(untrained.entities, texts))


def test_texts_of_a_pipe_are_tagged_together(tagger, monkeypatch):
    asked = []
    tag_text = Tagger.tag_text
    monkeypatch.setattr(Tagger, "tag_text", lambda self, text: asked.append(len(text.ids)) or tag_text(self, text))
    assert len(list(tagger.pipe(["Elena sang."] * 1000))) == 1000
    assert len(list(tagger.pipe(["Elena sang."] * 5, ahead=6))) == 5
    assert asked == [3 * 1000, 6, 6, 3]


def test_a_pipe_reads_ahead_no_further_than_it_says(tagger):
    read = []

    def texts():
        for text in ["Elena sang.", "", "", "Berlin.", "Oslo."]:
            read.append(text)
            yield text

    answers = tagger.pipe(texts(), ahead=5)  # 3 tokens, then 1 and 1 for the empty ones
    seen = [len(read) for _ in answers]
    assert seen == [3, 3, 3, 5, 5]
    read.clear()
    assert [len(read) for _ in tagger.pipe(texts(), ahead=1)] == [1, 2, 3, 4, 5]


def test_what_is_no_text_is_told_after_the_answers_before_it(tagger):
    answers = tagger.pipe(["Elena sang.", "Berlin", None, "Oslo"])
    assert [len(next(answers)), len(next(answers))] == [1, 1]
    with pytest.raises(TypeError):
        next(answers)


def test_tokens_are_no_string(tagger):
    with pytest.raises(TypeError, match="expected a list of tokens, got the string 'Elena sang'; `entities` takes raw"):
        tagger.tag("Elena sang")
    assert tagger.tag([]) == []
    for call, message in (
        (
            lambda: tagger.tag_sentences(["Elena", "sang"]),
            "expected lists of tokens, got the string 'Elena'; `pipe` takes",
        ),
        (lambda: tagger.tag_sentences("Elena"), "expected lists of tokens, got the string 'Elena'"),
        (lambda: list(tagger.pipe("Elena")), "expected texts, got one string 'Elena'; `entities` takes one text"),
        (lambda: tagger.entities(["Elena"]), r"expected a string, got \['Elena'\]; `tag` takes tokens"),
    ):
        with pytest.raises(TypeError, match=message):
            call()


@pytest.mark.parametrize("name", ["E.word", "W", "U"])
def test_numbers_whose_products_are_too_large_are_an_error_on_every_route(tagger, name):
    array = tagger.parameters[name].astype(np.float64)
    largest = (3e38 * np.sign(array)).astype(np.float32)  # each of them finite
    large = replace(tagger, parameters={**tagger.parameters, name: largest})
    sentence = ["Elena", "flew", "to", "Berlin", "."]
    routes = [
        lambda: large.tag(sentence),
        lambda: large.tag_with_probabilities([sentence]),
        lambda: list(predict(large, BytesIO(b"Elena flew to Berlin .\n"), "here", "tokens")),
    ]
    for route in routes:
        with pytest.raises(ModelError, match="scores are not finite"):
            route()
