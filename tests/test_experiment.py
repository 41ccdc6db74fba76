"""What `prepare` makes of a configuration; the runs themselves are in tests/cli/test_train.py."""

import numpy as np
import pytest

from ner_window import experiment
from ner_window.config import load_config
from ner_window.errors import ConfigError


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("NER_WINDOW_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


def prepare(root, *settings):
    return experiment.prepare(load_config(root / "configs/quickstart.yaml", ["data.limit=60", *settings]))


def test_margin_uses_io_with_a_row_for_each_type_and_says_so(root):
    run = prepare(root, "objective=margin")
    assert run.tagger.tags == ("O", "I-LOC", "I-MISC", "I-ORG", "I-PER")
    assert run.state.parameters["U"].shape == (4, 100)
    assert "model.scheme is not used" in run.ledger["notes"][0]


def test_types_limit_what_is_learned_and_counted(root):
    run = prepare(root, "data.types=[LOC]", "objective=margin")
    assert run.tagger.tags == ("O", "I-LOC")
    assert set(run.ledger["train"]["entities"]) == set(run.ledger["dev"]["entities"]) == {"LOC"}
    assert set(run.ledger["dev"]["entities_left_out"]) == {"MISC", "ORG", "PER"}


def test_a_type_that_the_data_does_not_have_is_refused(root):
    with pytest.raises(ConfigError, match=r"data.types: no such type in .*, got \['GPE'\]"):
        prepare(root, "data.types=[LOC, GPE]")


def test_a_type_that_the_data_does_not_have_is_named_even_if_no_other_is_asked_for(root):
    with pytest.raises(ConfigError, match=r"got \['LOCA'\]; it has \['LOC', 'MISC', 'ORG', 'PER'\]"):
        prepare(root, "data.types=[LOCA]")


def test_margin_cannot_be_computed_in_a_loop(root):
    with pytest.raises(ConfigError, match="training.vectorized: false cannot go with objective margin"):
        prepare(root, "objective=margin", "training.vectorized=false")


def test_thresholds_are_chosen_on_dev_and_no_other_is_better(root):
    run = prepare(root, "objective=margin", "data.types=[PER]", "training.epochs=3")
    list(run.reports())
    chosen, _ = run.evaluate()
    scores = run.tagger.scores(run.encoded_dev)
    for shift in np.linspace(-1, 1, 41):
        moved = scores + np.array([0, shift], np.float32)
        tags = run.tagger.decode(moved, run.encoded_dev.lengths)
        assert experiment.score_in(run.dev.scheme, run.dev.tags, tags).micro.f1 <= chosen


def test_the_threshold_of_a_type_that_dev_does_not_have_is_chosen_on_train(root, tmp_path):
    lines = (root / "data/dev.conll").read_text().split("\n")
    (tmp_path / "dev.conll").write_text(
        "\n".join(line.split(" ")[0] + " O" if "-LOC" in line else line for line in lines)
    )
    run = prepare(root, "objective=margin", f"data.dev={tmp_path}/dev.conll", "training.epochs=3", "data.limit=300")
    assert run.ledger["notes"][1] == "types only in train, whose thresholds are therefore chosen on it: LOC"
    list(run.reports())
    predicted = run.tagger.tag_sentences(run.train.tokens)
    gold = sum(tag.endswith("-LOC") for tags in run.train.tags for tag in tags)
    assert sum(tag.endswith("-LOC") for tags in predicted for tag in tags) == pytest.approx(gold, rel=0.3)


@pytest.mark.parametrize("objective", ["softmax", "hinge", "margin", "sentence"])
def test_dev_loss_is_the_objective_with_the_regulariser(root, objective):
    run = prepare(root, f"objective={objective}", "optimizer.l2=0.01", "training.batch_size=100000")
    network, encoded = run.tagger.network, run.encoded_dev
    windows = encoded.windows(slice(None), network.radius)
    expected = network.loss(run.state.parameters, windows, encoded.labels, lengths=encoded.lengths)[0]
    assert run.dev_loss(run.tagger.scores(encoded)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("objective", "expected"), [("softmax", np.log(17)), ("hinge", 16.0), ("sentence", np.log(17))]
)
def test_loss_of_equal_scores(root, objective, expected):
    run = prepare(root, f"objective={objective}")
    assert run.initial_loss()[1] == pytest.approx(expected)


@pytest.mark.parametrize(("dropout", "alike"), [(0.0, True), (0.3, False)])  # what is dropped tells units apart
def test_zeros_leave_all_hidden_units_alike_unless_dropout_tells_them_apart(root, dropout, alike):
    settings = ["model.initialization=zeros", "training.epochs=2", "model.activation=sigmoid"]
    run = prepare(root, *settings, f"model.dropout={dropout}")
    list(run.reports())
    W = run.state.parameters["W"]
    assert W.any()
    assert (len(np.unique(W.round(6), axis=0)) == 1) == alike
