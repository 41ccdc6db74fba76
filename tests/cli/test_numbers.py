"""Training on what is at the edge of numbers: it trains, or stops with the reason and what to do, and never silently.

The commands run in this process, where a warning of NumPy is an error.
"""

import json
import math

import numpy as np
import pytest
from typer.testing import CliRunner

from ner_window.cli import app
from ner_window.errors import NerWindowError
from ner_window.tagger import Tagger

CORPUS = """\
Mira B-PER
sails O
to O
Oslo B-LOC

Lars B-PER
Foss I-PER
is O
in O
Bergen B-LOC

The O
sea O
is O
calm O
"""
WORDS = sorted({line.split()[0].lower() for line in CORPUS.split("\n") if line})
OBJECTIVES = ("softmax", "hinge", "margin", "sentence")
objectives = pytest.mark.parametrize("objective", OBJECTIVES)


def vectors(**changed):
    """Vectors of all words but those given, as text."""
    own = {word: " ".join(f"{math.sin(9 * i + 5 * j):.3f}" for j in range(4)) for i, word in enumerate(WORDS)}
    return "".join(f"{word} {numbers}\n" for word, numbers in (own | changed).items())


@pytest.fixture
def train(tmp_path, monkeypatch):
    """Train on small files; return the error if there is one, and what is on standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NER_WINDOW_CACHE", str(tmp_path / "cache"))

    def run(*settings, train=CORPUS, dev=CORPUS, vectors=None, objective="softmax"):
        (tmp_path / "train.conll").write_text(train)
        (tmp_path / "dev.conll").write_text(dev)
        source = "random, dimensions: 4"
        if vectors is not None:
            source = "vectors.txt"
            (tmp_path / source).write_text(vectors)
        (tmp_path / "config.yaml").write_text(
            f"data: {{train: train.conll, dev: dev.conll}}\nvectors: {{source: {source}}}\nobjective: {objective}\n"
            "model: {hidden_units: 5}\ntraining: {epochs: 3}\n"
        )
        arguments = [argument for setting in settings for argument in ("--set", setting)]
        result = CliRunner().invoke(app, ["train", "config.yaml", "-o", "model", "--force", *arguments])
        assert result.exception is None or isinstance(result.exception, NerWindowError), result.exception
        return str(result.exception or ""), result.stderr

    return run


def history(path):
    """The epochs of a model, which hold finite numbers only, as its parameters do."""
    tagger = Tagger.load(path / "model")  # refuses what is not finite
    assert all(np.isfinite(array).all() for array in tagger.parameters.values())
    assert tagger.temperature > 0

    def refuse(constant):
        raise AssertionError(constant)

    lines = (path / "model" / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line, parse_constant=refuse) for line in lines]


@pytest.mark.parametrize("number", ["nan", "NaN", "inf", "-inf", "1e39", "-1e300", "1e400"])
def test_a_vector_that_is_not_finite_is_left_out_with_its_line(train, tmp_path, number):
    error, notes = train(vectors=vectors(calm=f"0.1 {number} 0.2 0.3"))
    assert error == ""
    assert f"vectors.txt:{1 + WORDS.index('calm')}: the vector of 'calm' is not finite; left out" in notes
    assert len(history(tmp_path)) == 3
    assert "calm" not in Tagger.load(tmp_path / "model").vocabularies[0].ids


def test_vectors_of_which_none_is_left_are_refused(train, tmp_path):
    error, _ = train(vectors="".join(f"{word} nan nan\n" for word in WORDS))
    assert error.endswith("vectors.txt: no vectors in it; is it a vectors file?")
    assert not (tmp_path / "model").exists()


def test_very_large_vectors_train_or_stop_before_the_first_step(train, tmp_path):
    large = vectors(**dict.fromkeys(WORDS, "3e38 3e38 3e38 -3e38"))
    error, _ = train(vectors=large)  # tanh is 1 or -1
    assert error == ""
    assert np.isfinite(history(tmp_path)[-1]["loss"])
    error, _ = train("model.activation=relu", "model.hidden_units=50", vectors=large)
    assert error == (
        "epoch 1: the loss is not finite before the first step, got nan; "
        "look for vectors that are too large (ner-window check --vectors), or lower model.range"
    )


@objectives
def test_vectors_that_are_all_zero_train(train, tmp_path, objective):
    error, _ = train(vectors=vectors(**dict.fromkeys(WORDS, "0 0 0 0")), objective=objective)
    assert error == ""
    assert len(history(tmp_path)) == 3


@objectives
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_a_learning_rate_of_a_million_trains_or_stops_and_is_told(train, tmp_path, objective, activation):
    error, notes = train(
        "optimizer.learning_rate=1e6", "optimizer.name=sgd", f"model.activation={activation}", objective=objective
    )
    epochs = history(tmp_path)  # all that was saved is finite
    assert "Warning" not in notes
    if error:
        assert " is not finite, got " in error
        assert "; lower optimizer.learning_rate (now 1e+06) or set optimizer.clip_norm; the best model so far" in error
    else:
        assert len(epochs) == 3
        assert "note: the loss did not fall, it was " in notes or epochs[-1]["loss"] < epochs[0]["loss"]


@objectives
def test_a_first_step_out_of_all_bounds_leaves_no_model(train, tmp_path, objective):
    error, _ = train("optimizer.learning_rate=1e30", objective=objective)
    assert error == (
        "epoch 1: the loss of dev is not finite, got nan; "
        "lower optimizer.learning_rate (now 1e+30) or set optimizer.clip_norm"
    )
    assert not (tmp_path / "model").exists()
    assert not (tmp_path / "model.checkpoint").exists()


def test_an_unusable_constant_is_refused_by_the_configuration(train):
    for setting in ("optimizer.learning_rate=.inf", "optimizer.l2=.nan", "optimizer.clip_norm=0", "model.dropout=1"):
        assert train(setting)[0].startswith(f"--set {setting}: {setting.split('=')[0]}: should be ")


def test_a_penalty_that_drowns_the_loss_is_told(train):
    _, notes = train("optimizer.l2=1e30")
    assert "note: the loss did not fall, it was 1.4e+31 in epoch 1 and 1.4e+31 in epoch 3; try a lower " in notes


def test_a_training_corpus_without_entities_is_refused_and_a_dev_corpus_told(train, tmp_path):
    error, _ = train(train="Mira O\nsails O\n")
    assert error.endswith("train.conll: no entity in it: all tags are O; is it the right tag column?")
    error, notes = train(dev="Mira O\nsails O\n")
    assert error == ""
    assert "dev.conll:1: W313 no entity: all tags are O" in notes
    assert "note: no entity of dev was found in any epoch" in notes
    assert len(history(tmp_path)) == 3


@objectives
def test_one_tag_only_trains(train, tmp_path, objective):
    corpus = "Mira B-PER\n\nLars B-PER\nSol B-PER\n"
    error, notes = train(train=corpus, dev=corpus, objective=objective)
    assert error == ""
    assert len(history(tmp_path)) == 3
    nothing = "note: the loss is 0 from the first epoch on: there is nothing in the training corpus to be learned"
    assert (nothing in notes) == (objective == "margin")  # it compares with windows that are of no entity


@objectives
def test_a_type_that_only_dev_has_counts_and_has_no_loss(train, tmp_path, objective):
    for dev in (CORPUS + "\nAcme B-ORG\n", "Acme B-ORG\nWorks I-ORG\n\nAcme B-ORG\n"):
        error, notes = train(dev=dev, objective=objective)
        assert error == ""
        assert "warning: types only in dev, which cannot be learned: ORG" in notes
        assert len(history(tmp_path)) == 3
    assert [epoch["dev_loss"] for epoch in history(tmp_path)] == [0, 0, 0]  # a mean over no token
    assert "note: no entity of dev was found in any epoch" in notes


@objectives
def test_a_corpus_of_one_token_trains(train, tmp_path, objective):
    error, _ = train(train="Mira B-PER\n", dev="Mira B-PER\n", objective=objective)
    assert error == ""
    assert len(history(tmp_path)) == 3


@pytest.mark.parametrize(("content", "lines"), [("", 0), ("\n \n", 2)])
def test_an_empty_file_is_refused(train, tmp_path, content, lines):
    for name in ("train", "dev"):
        error, _ = train(**{name: content})
        assert error == f"{tmp_path}/{name}.conll: no sentences, got {lines} lines; is it the right file?"
    assert not (tmp_path / "model").exists()


@objectives
def test_a_batch_larger_than_the_corpus_is_the_corpus(train, tmp_path, objective):
    weights = []
    for size in (13, 10**9):
        error, _ = train(f"training.batch_size={size}", objective=objective)
        assert error == ""
        weights.append((tmp_path / "model" / "model.safetensors").read_bytes())
    assert weights[0] == weights[1]  # the corpus has 13 tokens
