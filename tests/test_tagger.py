"""Probabilities at a temperature. What a tagger tags is tested where it is used: in runs, models and streams."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from ner_window.errors import ModelError
from ner_window.nn.calibration import temperature_of
from ner_window.nn.objectives import log_softmax
from ner_window.nn.sentence import marginals
from ner_window.tagger import Tagger
from ner_window.text.conll import Layout
from ner_window.text.labelled import read_labelled
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
