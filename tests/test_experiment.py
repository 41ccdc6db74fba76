"""What `prepare` makes of a configuration; the runs themselves are in tests/cli/test_train.py."""

from collections import Counter

import numpy as np
import pytest

from ner_window import experiment
from ner_window.config import load_config
from ner_window.errors import ConfigError, OutputError
from ner_window.nn.decoding import best_paths
from ner_window.scoring import score_in
from ner_window.text.tag_columns import TagColumn


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("NER_WINDOW_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


def prepare(root, *settings):
    return experiment.prepare(load_config(root / "configs/quickstart.yaml", ["data.limit=60", *settings]))


def looked_up(encoded):
    """Return what the tokens of a corpus look up (L, T)."""
    return encoded.ids(np.arange(len(encoded.forms)))


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
        labels = best_paths(moved, run.encoded_dev.lengths, *run.tagger.transitions)
        tags = TagColumn(run.tagger.tags, labels, run.encoded_dev.lengths).convert(run.dev.scheme).lists()
        assert score_in(run.dev.scheme, run.dev.tags, tags).micro.f1 <= chosen


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
    windows = encoded.windows(np.arange(len(encoded.forms)), network.radius)
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


DISGUISED = ("vectors.own_rows=1", "vectors.parts=true", "vectors.swap=0.4", "vectors.delta_dropout=true")


def occurrences(run):
    """How often each word of the table occurs in training, counted token by token."""
    return Counter(run.tagger.words.encode([token])[0, 0] for sentence in run.train.tokens for token in sentence)


def test_words_are_untuned_with_probability_2_over_2_plus_n_and_rare_own_words_swapped(root):
    run = prepare(root, *DISGUISED, "data.limit=200")
    counts, delta, swap = occurrences(run), run.disguise.delta, run.disguise.swap
    head, own = run.ledger["vectors"]["trained_rows"], run.ledger["vectors"]["own_rows"]
    assert len(delta) == len(swap) == head == 2 + len(counts)
    assert run.disguise.twins == len(run.tagger.words)
    kinds = set()
    for row in range(head):
        n, is_own = counts[row], head - own <= row
        kinds.add((is_own, n < 5))
        assert delta[row] == (2 / (2 + n) if 2 <= row < head - own else 0)
        assert swap[row] == (0.4 if is_own and n < 5 else 0)
    assert kinds == {(False, False), (False, True), (True, False), (True, True)}


def test_a_word_that_occurs_five_times_is_not_rare(root, tmp_path):
    (tmp_path / "t.conll").write_text("Qxzzt B-PER\nVbnnk O\n\n" * 4 + "Qxzzt B-PER\n")
    corpora = [f"data.{part}={tmp_path}/t.conll" for part in ("train", "dev")]
    run = prepare(root, *corpora, *DISGUISED)
    swap = {run.tagger.words.string(row): p for row, p in enumerate(run.disguise.swap.tolist())}
    assert swap == {"<pad>": 0, "<unknown>": 0, "qxzzt": 0, "vbnnk": 0.4}


@pytest.mark.parametrize("feature", ["gazetteer", "tag_statistics"])
def test_a_training_document_does_not_see_its_own_tags_and_others_see_all(root, feature):
    run = prepare(root, f"features=[{feature}]")
    corpora = ((run.train, run.encoded_train, True), (run.dev, run.encoded_dev, False))
    for corpus, encoded, learning in corpora:
        for other in (True, False):
            found = run.tagger.encoder.encode(corpus.text, encoded.labels, learning=other)
            assert np.array_equal(looked_up(found), looked_up(encoded)) == (other == learning)


@pytest.mark.parametrize("objective", ["softmax", "margin"])  # margin has the scheme IO, which joins neighbors
def test_a_document_does_not_see_its_own_entities_that_stand_side_by_side(root, tmp_path, objective):
    side_by_side = "Qanna B-PER\nZoltan B-PER\nsang O\n\n"
    other = "Norlake B-LOC\nsang O\n\n"
    (tmp_path / "t.conll").write_text(f"-DOCSTART- O\n\n{side_by_side}-DOCSTART- O\n\n{other}")
    corpora = [f"data.{part}={tmp_path}/t.conll" for part in ("train", "dev")]
    run = prepare(root, *corpora, "features=[gazetteer]", f"objective={objective}")
    assert run.tagger.lexicon.entities  # there is something to hide
    assert not any(told.any() for told in run.encoded_train.told.values())


def test_twins_stand_behind_the_words_as_the_vectors_came(root):
    run = prepare(root, *DISGUISED)
    table, size, n = run.state.parameters["E.word"], len(run.tagger.words), len(run.disguise.delta)
    assert table.shape == (size + n, 50)
    assert np.array_equal(table[size:], table[:n])
    assert np.array_equal(table[size:], run.tagger.pretrained)
    assert run.tagger.network.tables[0] == ("word", size, 50)


@pytest.mark.parametrize(
    ("settings", "swapped", "untuned"),
    [
        (DISGUISED[:3], True, False),
        ((*DISGUISED, "vectors.train=freeze"), True, False),  # there is nothing tuned
        (DISGUISED[3:], False, True),
        (("vectors.source=random", *DISGUISED), True, False),  # and nothing pre-trained
    ],
)
def test_the_table_has_twins_only_if_words_are_shown_untuned(root, settings, swapped, untuned):
    run = prepare(root, *settings)
    assert (run.disguise.swap.any(), run.disguise.delta.any()) == (swapped, untuned)
    assert (len(run.state.parameters["E.word"]) > len(run.tagger.words)) == untuned


def test_without_any_of_it_words_are_shown_as_they_are(root):
    assert prepare(root).disguise is None


@pytest.mark.parametrize(
    ("settings", "notes"),
    [
        (
            ("vectors.swap=0.5",),
            ["vectors.swap does nothing: no word has a row of its own; set vectors.own_rows or vectors.parts"],
        ),
        (
            ("vectors.delta_dropout=true", "vectors.train=freeze"),
            ["vectors.delta_dropout does nothing: the vectors are frozen"],
        ),
        (
            ("vectors.delta_dropout=true", "vectors.neighbors=3", "vectors.source=random"),
            [
                "vectors.delta_dropout does nothing: the vectors are random, not pre-trained",
                "vectors.neighbors does nothing: the vectors are random, not pre-trained",
            ],
        ),
    ],
)
def test_what_does_nothing_does_nothing_and_is_told(root, settings, notes):
    run = prepare(root, *settings)
    assert run.disguise is None
    assert run.ledger["notes"] == notes
    margin = prepare(root, *settings, "objective=margin")
    assert len(margin.ledger["notes"]) == len(notes) + 1
    assert set(notes) < set(margin.ledger["notes"])


@pytest.mark.parametrize("feature", ["gazetteer", "tag_statistics"])
def test_the_lexicon_needs_two_documents_to_learn_from(root, feature):
    with pytest.raises(ConfigError) as error:
        prepare(root, f"features=[{feature}]", "data.limit=5")
    assert str(error.value) == (
        f"features: gazetteer and tag_statistics need at least two documents in {root}/data/train.conll, or 2000 "
        "tokens without document lines: each learns from the others; leave them out"
    )


def test_dropout_of_the_first_pass_is_of_documents_not_of_windows(root):
    run = prepare(root, "features=[{name: case, dropout: 0.1}, {name: first_pass, dropout: 0.2}]")
    assert run.tagger.network.group_dropout == (("case", 0.1),)
    assert run.disguise.first_pass == 0.2
    assert prepare(root, "features=[case, first_pass]").disguise.first_pass == 0.3
    assert run.disguise.first_pass_rows.tolist() == [2, 3, 4, 5]  # behind the word's line and the case's
    assert not run.disguise.swap.any()
    assert not run.disguise.delta.any()


@pytest.mark.parametrize("source", [(), ("vectors.source=random",)])
@pytest.mark.parametrize("settings", [(), ("vectors.own_rows=2",), ("vectors.own_rows=2", "vectors.swap=0.5")])
def test_every_training_token_has_a_row_if_words_have_parts(root, tmp_path, source, settings):
    text = "Oslo B-LOC\nsails O\n\nOslo B-LOC\nsails O\n\nOslo-sails O\nfirms-of O\n"
    (tmp_path / "t.conll").write_text(text)
    corpora = [f"data.{part}={tmp_path}/t.conll" for part in ("train", "dev")]
    run = prepare(root, *corpora, *source, "vectors.parts=true", "training.epochs=1", *settings)
    assert looked_up(run.encoded_train)[0].max() < run.ledger["vectors"]["trained_rows"]
    (report,) = [report for report in run.reports() if hasattr(report, "dev_f1")]
    assert np.isfinite(report.loss)


def test_the_loss_at_initialisation_is_near_that_of_equal_scores_with_everything_on(root):
    features = "features=[case, shape, affixes, casing, gazetteer, tag_statistics, first_pass]"
    loss, expected = prepare(root, *DISGUISED, features, "objective=sentence").initial_loss()
    assert loss == pytest.approx(expected, rel=0.25)


def test_a_run_started_anew_by_force_leaves_no_checkpoint_of_the_one_before_to_resume(root, tmp_path):
    prepare(root).save_checkpoint(tmp_path / "m.checkpoint")
    run = prepare(root, "seed=14")
    with pytest.raises(
        OutputError, match=r"m\.checkpoint: an unfinished run; go on with --resume, or start again with"
    ):
        experiment.begin(run, tmp_path / "m", resume=False, force=False)
    experiment.begin(run, tmp_path / "m", resume=False, force=True)
    assert list(tmp_path.iterdir()) == []
