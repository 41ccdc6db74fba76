"""Runs with disguised words and two passes, in this process; those of the program are in tests/cli/test_train.py."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from ner_window import experiment
from ner_window.config import load_config
from ner_window.errors import ConfigError, ModelError, TrainingError
from ner_window.nn.calibration import temperature_of
from ner_window.run import FoldReport
from ner_window.scoring import score_in
from ner_window.tagger import Tagger
from ner_window.text.documents import OUTSIDE
from ner_window.text.encoding import Encoder
from ner_window.text.lexicon import Lexicon
from ner_window.text.tagging import SCHEMES
from ner_window.training import BatchReport, Disguised, EpochReport, train

TINY = (
    "data.limit=120", "training.epochs=2", "training.folds=2", "training.batch_size=32", "model.hidden_units=20",
    "optimizer.learning_rate=0.01",
)  # fmt: skip
WORDS = ("vectors.own_rows=1", "vectors.parts=true", "vectors.swap=0.5", "vectors.delta_dropout=true")
EVERYTHING = (  # and so little of it that two epochs learn something
    *WORDS, "vectors.rate=0.5", "data.limit=80", "window.radius=1", "objective=sentence", "model.scheme=IOB2",
    "model.dropout=0.1", "model.input_dropout=0.1", "optimizer.weight_decay=0.01", "optimizer.learning_rate=0.005",
    "schedule.name=constant", "training.batch_size=8",
    "features=[case, shape, {name: affixes, dropout: 0.2, rate: 0.5}, casing, {name: gazetteer, dropout: 0.1}, "
    "tag_statistics, {name: first_pass, dropout: 0.3}]",
)  # fmt: skip
TWO_PASSES = ("features=[case, first_pass]", "training.epochs=3")


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NER_WINDOW_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        yield


@pytest.fixture(scope="module")
def prepare(root):
    sources = experiment.Sources()
    return lambda *settings: experiment.prepare(
        load_config(root / "configs/quickstart.yaml", [*TINY, *settings]), sources
    )


@pytest.fixture(scope="module")
def whole(prepare):
    """A run with everything on, to its end; its reports, and the parameters of the last step."""
    run = prepare(*EVERYTHING)
    reports = list(run.reports())
    assert min(np.bincount(run.jackknife.labels)[[0, 1, -1]]) > 0  # or it would matter little what becomes of them
    return run, reports, bits(run.state.parameters)


@pytest.fixture(scope="module")
def two_passes(prepare):
    run = prepare(*TWO_PASSES)
    return run, list(run.reports())


def bits(arrays):
    """Return arrays as what they are made of: even -0.0 is not 0.0."""
    return {name: (array.shape, array.tobytes()) for name, array in arrays.items()}


def looked_up(encoded):
    """Return what the tokens of a corpus look up (L, T)."""
    return encoded.ids(np.arange(len(encoded.forms)))


def timeless(reports):
    """Return what reports say, but for the times of epochs."""
    return [
        (r.epoch, r.loss, r.dev_f1, r.dev_loss, r.best) if isinstance(r, EpochReport) else r
        for r in reports
        if not isinstance(r, BatchReport)
    ]


def test_one_seed_gives_the_same_run_bit_by_bit_and_another_one_does_not(prepare, whole):
    run, reports, parameters = whole
    again = prepare(*EVERYTHING)
    found = list(again.reports())
    assert found[0] == reports[0]  # of the first batch, of the first part
    assert timeless(found) == timeless(reports)
    assert bits(again.state.parameters) == parameters
    assert np.array_equal(again.jackknife.labels, run.jackknife.labels)
    assert again.finished().tagger.temperature == run.finished().tagger.temperature
    assert np.array_equal(looked_up(again.encoded_train), looked_up(run.encoded_train))
    assert next(prepare(*EVERYTHING, "seed=14").reports()).loss != reports[0].loss


@pytest.mark.parametrize("objective", ["softmax", "sentence"])
def test_training_is_the_same_whether_forms_that_look_up_the_same_are_one_or_not(prepare, objective):
    settings = (*WORDS, "features=[case, suffix2]", f"objective={objective}", "model.dropout=0.1")
    one, other = (prepare(*settings) for _ in range(2))
    encoder, corpus = other.tagger.encoder, other.train
    labels = corpus.labels(other.tagger.tags, SCHEMES[other.tagger.scheme])
    other.encoded_train = encoder.encode(corpus.text, labels, learning=True)
    assert one.encoded_train.rows.shape[1] < other.encoded_train.rows.shape[1]
    reports, others = (list(run.reports()) for run in (one, other))
    assert len(reports) == len(others) > 50
    assert [report.loss for report in others] == pytest.approx([report.loss for report in reports], rel=1e-5)


# After which of the reports of two parts and then two epochs, and how many batches, lost, after that
@pytest.mark.parametrize(("kept", "batches"), [(0, 3), (1, 0), (2, 3)])
def test_a_run_that_was_stopped_goes_on_to_the_same_weights(prepare, whole, tmp_path, kept, batches):
    run, reports, parameters = whole
    path, cut, found = tmp_path / "m.checkpoint", prepare(*EVERYTHING), []
    going = cut.reports()
    for report in going:
        if not isinstance(report, BatchReport):
            found.append(report)
            if len(found) > kept:
                break
    cut.save_checkpoint(path)
    for _ in range(batches):
        assert isinstance(next(going), BatchReport)
    resumed = prepare(*EVERYTHING)
    resumed.resume(path)
    left = list(resumed.reports())
    assert timeless(found) + timeless(left) == timeless(reports)
    assert bits(resumed.state.parameters) == parameters
    assert bits(resumed.state.best) == bits(run.state.best)
    assert resumed.state.history == run.state.history
    assert resumed.state.generator.bit_generator.state == run.state.generator.bit_generator.state
    ours, theirs = resumed.finished().tagger, run.finished().tagger
    assert bits(ours.parameters) == bits(theirs.parameters)
    assert ours.temperature == theirs.temperature


def test_a_run_of_other_options_is_not_gone_on_with(prepare, whole, tmp_path):
    whole[0].save_checkpoint(tmp_path / "c")
    with pytest.raises(ModelError, match=r"c: was written with vectors\.swap = 0\.5, got 0\.25; set it back, or start"):
        prepare(*EVERYTHING, "vectors.swap=0.25").resume(tmp_path / "c")


def test_reports_tell_their_stage_and_how_much_there_is_of_it(two_passes):
    run, reports = two_passes
    lengths, folds = run.encoded_train.lengths, run.jackknife.folds
    totals = {f"first pass, part {k + 1} of 2, ": int(lengths[folds != k].sum()) for k in range(2)}
    totals[""] = int(lengths.sum())
    done = Counter()
    for report in reports:
        if isinstance(report, BatchReport):
            assert report.total == totals[report.stage]
            done[report.stage] += report.windows
    assert done == {stage: 3 * total for stage, total in totals.items()}  # three epochs each
    kinds = [type(report) for report in reports]
    others = [kind for kind, following in pairwise([*kinds, None]) if kind is not BatchReport]
    assert others == [FoldReport] * 2 + [EpochReport] * 3
    assert [(r.fold, r.folds) for r in reports if isinstance(r, FoldReport)] == [(1, 2), (2, 2)]


def test_a_first_pass_has_not_learned_from_what_it_tags(prepare):
    run, learned = prepare(*EVERYTHING, "training.folds=3", "training.epochs=1"), []
    jackknife, documents = run.jackknife, np.array(run.train.documents)
    make = jackknife.prepare

    def recorded(chosen):
        learned.append((chosen, make(chosen)))
        return learned[-1][1]

    jackknife.prepare = recorded
    list(run.reports())
    assert len(learned) == 3
    for fold, (chosen, first) in enumerate(learned):
        tagged = np.flatnonzero(jackknife.folds == fold)
        assert len(tagged) > 0
        assert not set(documents[chosen]) & set(documents[tagged])
        assert sorted([*chosen, *tagged]) == list(range(len(documents)))
        sentences = [run.train.tokens[i] for i in chosen]
        assert first.train.tokens == sentences
        tags = [run.train.tags[i] for i in chosen]
        assert first.tagger.lexicon == Lexicon.build(sentences, tags, first.tagger.lexicon.types)
        assert first.tagger.entities_seen < run.tagger.entities_seen
        assert first.jackknife is None
        names = [name for name, _, _ in run.tagger.network.tables]
        assert [name for name, _, _ in first.tagger.network.tables] == [n for n in names if n != "first_pass"]


def test_a_part_is_tagged_with_the_best_parameters(prepare):
    run, learned = prepare(*TWO_PASSES), []
    make = run.jackknife.prepare

    def first_epoch_best(chosen):
        first = make(chosen)
        f1 = iter((0.3, 0.2, 0.1))
        first.evaluate = lambda: (next(f1), 1.0)
        learned.append(first)
        return first

    run.jackknife.prepare = first_epoch_best
    assert sum(isinstance(report, FoldReport) for report in run.reports()) == 2
    for fold, first in enumerate(learned):
        assert (first.state.epoch, first.state.best_epoch) == (3, 1)
        assert bits(first.state.changing()) == bits(first.state.best)
        part = run.train.select(np.flatnonzero(run.jackknife.folds == fold).tolist())
        tagged = first.tagger.tag_sentences(part.tokens, first.tagger.scheme, part.documents)
        tokens = np.repeat(run.jackknife.folds, run.encoded_train.lengths) == fold
        labels = run.jackknife.labels[tokens]
        assert [run.tagger.tags[label] for label in labels] == [tag for tags in tagged for tag in tags]


def test_every_token_gets_the_label_that_its_part_was_tagged_with(two_passes):
    run, reports = two_passes
    labels, tags = run.jackknife.labels, np.array(run.tagger.tags)
    assert len(labels) == sum(map(len, run.train.tokens))
    assert labels.min() >= 0
    ends = np.cumsum(run.encoded_train.lengths)
    predicted = [tags[labels[end - n : end]].tolist() for end, n in zip(ends, run.encoded_train.lengths, strict=True)]
    for report in (report for report in reports if isinstance(report, FoldReport)):
        part = np.flatnonzero(run.jackknife.folds == report.fold - 1)
        score = score_in(run.train.scheme, [run.train.tags[i] for i in part], [predicted[i] for i in part])
        assert score.micro.f1 == report.f1 > 0.1


def test_the_second_pass_learns_from_what_the_first_one_said_of_the_other_places(two_passes):
    run, _ = two_passes
    encoded, rows = run.encoded_train, run.tagger.encoder.rows_of("first_pass")
    vocabulary, kinds = run.tagger.vocabularies[-1], [tag.partition("-")[2] or OUTSIDE for tag in run.tagger.tags]
    tokens = [
        (document, token.lower())
        for document, sentence in zip(run.train.documents, run.train.tokens, strict=True)
        for token in sentence
    ]
    told = looked_up(encoded)[rows]
    places = {key: [i for i, other in enumerate(tokens) if other == key] for key in set(tokens)}
    for i, key in enumerate(tokens):
        others = Counter(kinds[run.jackknife.labels[j]] for j in places[key] if j != i)
        names = [vocabulary.string(k) for k in told[:, i]]
        assert (names[0] == "never") == (not others)
        kinds_told = {name.split()[0] for name in names[1:] if name != "<pad>"}
        assert len(kinds_told) == min(len(others), 3)
        untold = [n for kind, n in others.items() if kind not in kinds_told]
        assert min((others[kind] for kind in kinds_told), default=0) >= max(untold, default=0)


def test_documents_are_dealt_out_whole_and_no_part_is_empty(prepare):
    run = prepare(*TWO_PASSES, "training.folds=50")
    documents, folds = np.array(run.train.documents), run.jackknife.folds
    assert len(set(documents.tolist())) == 11  # fewer than the parts that were asked for
    assert set(folds.tolist()) == set(range(11))
    assert all(len(set(folds[documents == document].tolist())) == 1 for document in documents)


def test_more_parts_than_documents_train(prepare):
    run = prepare(*TWO_PASSES, "training.folds=50", "data.limit=30", "training.epochs=1")
    reports = [report for report in run.reports() if isinstance(report, FoldReport)]
    assert [(report.fold, report.folds) for report in reports] == [(1, 3), (2, 3), (3, 3)]
    assert run.jackknife.labels.min() >= 0


def test_parts_are_about_as_large_as_each_other_and_text_without_documents_is_cut_for_it(prepare, tmp_path, root):
    lines = (root / "data/train.conll").read_text().split("\n")
    (tmp_path / "t.conll").write_text(
        "\n".join(line for line in lines if not line.startswith("-DOCSTART-")).strip("\n")
    )
    for settings in ((), (f"data.train={tmp_path}/t.conll",)):
        run = prepare(*TWO_PASSES, *settings, "training.folds=3", "data.limit=200")
        lengths, documents, folds = run.encoded_train.lengths, np.array(run.train.documents), run.jackknife.folds
        sizes = np.bincount(folds, lengths)
        whole = max(lengths[documents == document].sum() for document in set(documents.tolist()))
        assert len(sizes) == 3
        # the last document of the largest part came to it when no other was smaller
        assert sizes.max() - sizes.min() <= (whole if not settings else lengths.sum() / 12 + lengths.max())
    assert set(documents.tolist()) == {0}


def test_a_part_whose_others_have_no_entities_is_refused(prepare, tmp_path):
    path = tmp_path / "t.conll"
    path.write_text("-DOCSTART- O\n\nTove B-PER\nsings O\n\n-DOCSTART- O\n\nrain O\nfalls O\n")
    with pytest.raises(ConfigError) as error:
        prepare(*TWO_PASSES, f"data.train={path}")
    assert str(error.value) == (
        f"features: first_pass: all entities of {path} are in one of 2 parts, the others have nothing to learn from; "
        "leave it out"
    )


@pytest.mark.parametrize("objective", ["softmax", "sentence"])
def test_a_first_pass_is_learned_from_labels_not_from_the_teacher(prepare, tmp_path, objective):
    teacher = prepare("features=[case]", "training.epochs=1", f"objective={objective}")
    list(teacher.reports())
    teacher.finish(tmp_path / "teacher", "ner-window train", force=False)
    run = prepare(*TWO_PASSES, f"training.teacher={tmp_path}/teacher", f"objective={objective}", "training.epochs=1")
    assert run.teacher is not None
    first = run.jackknife.prepare(np.flatnonzero(run.jackknife.folds))
    assert first.teacher is None
    assert first.config.training.teacher is None
    assert first.config.model_copy(update={"features": (), "training": run.config.training}) == run.config.model_copy(
        update={"features": ()}
    )  # all else is as it was
    assert sum(isinstance(report, EpochReport) for report in run.reports()) == 1


def test_a_single_document_has_no_others_to_learn_the_first_pass_from(prepare, root):
    with pytest.raises(ConfigError) as error:
        prepare(*TWO_PASSES, "data.limit=1")
    train = root / "data/train.conll"
    expected = f"features: first_pass needs at least two documents in {train}, got 1; leave it out"
    assert str(error.value) == expected


@pytest.mark.parametrize("settings", [(), ("vectors.train=freeze",)])
def test_only_rows_that_were_shown_move_and_twins_never_do(prepare, monkeypatch, settings):
    run, shown = prepare(*WORDS, *settings), []
    frozen, size = bool(settings), len(run.tagger.words)
    table = run.state.parameters["E.word"]
    before = table.copy()
    batch = Disguised.batch

    def recorded(self, sentences, radius):
        shown.append(batch(self, sentences, radius))
        return shown[-1]

    monkeypatch.setattr(Disguised, "batch", recorded)
    list(run.reports())
    assert sum(len(each.tokens) for each in shown) == 2 * run.encoded_train.lengths.sum()
    used = np.unique(np.concatenate([each.ids[0] for each in shown]))
    moved = np.flatnonzero((table != before).any(axis=1))
    assert moved.tolist() == ([] if frozen else used[used < size].tolist())
    assert (used >= size).any() == (not frozen)
    assert (len(table) > size) == (not frozen)  # a frozen table needs no twins
    assert np.array_equal(table[size:], run.tagger.pretrained[: len(table) - size])
    assert 1 not in looked_up(run.encoded_train)[0]  # each token has a row
    assert 1 in used  # but some are swapped


@pytest.mark.parametrize("settings", [EVERYTHING, (*WORDS, "vectors.train=freeze"), WORDS])
def test_the_model_has_no_twins_and_tags_as_training_did(prepare, tmp_path, settings):
    run = prepare(*settings, "training.epochs=1")
    list(run.reports())
    run.state.restore_best()
    tokens, documents = run.dev.tokens, run.dev.documents
    calibrated = replace(run.tagger, temperature=run.finished().tagger.temperature)
    before = calibrated.tag_with_probabilities(tokens, documents)
    assert run.finish(tmp_path / "m", "ner-window train", force=False) == run.state.best_f1
    finished = run.finished().tagger
    loaded = Tagger.load(tmp_path / "m")
    assert loaded.temperature == finished.temperature
    for tagger in (finished, loaded):
        assert {name: p.shape for name, p in tagger.parameters.items()} == dict(tagger.network.shapes)
        assert len(tagger.parameters["E.word"]) == len(tagger.words)
        assert tagger.tag_with_probabilities(tokens, documents) == before
    assert bits(loaded.parameters) == bits(finished.parameters)
    assert loaded.lexicon == run.tagger.lexicon


def moves_slowly(before, after, unmoved, k):
    """The mean move of the k nearest moved words, one word after another."""
    ways = before / np.linalg.norm(before, axis=1, keepdims=True)
    moves = [(after - before)[np.argsort(-(ways @ vector), kind="stable")[:k]].mean(axis=0) for vector in unmoved]
    return np.array(moves)


@pytest.mark.parametrize("neighbors", [3, 10_000])  # of all, the moves are the same for every word
@pytest.mark.parametrize("residual", [0, 4])
def test_words_that_never_moved_are_moved_like_their_neighbors_but_not_like_rows_without_vectors(
    prepare, neighbors, residual
):
    run = prepare("vectors.own_rows=1", "vectors.parts=true", f"vectors.neighbors={neighbors}",
                  f"vectors.residual={residual}")  # fmt: skip
    list(run.reports())
    run.state.restore_best()
    p = {name: array.astype(np.float64) for name, array in run.state.parameters.items()}
    table, before = p["E.word"], run.tagger.pretrained.astype(np.float64)
    head, own = len(before), run.ledger["vectors"]["own_rows"]
    moved = np.flatnonzero((table[:head] != before).any(axis=1))
    known = moved[(moved >= 2) & (moved < head - own)]
    assert len(moved[moved >= head - own]) > 10  # these are nobody's neighbors
    expected = table.copy()
    expected[head:] += moves_slowly(before[known], table[known], table[head:], neighbors)
    assert np.abs(expected - table)[head:].max(axis=1).min() > 1e-5
    if residual:
        assert p["N"].any()
        expected += np.tanh(expected @ p["M"]) @ p["N"]
    np.testing.assert_allclose(run.finished().tagger.parameters["E.word"], expected, atol=1e-5)


@pytest.mark.parametrize("settings", [("vectors.train=freeze",), ("vectors.source=random",), ("vectors.neighbors=0",)])
def test_without_words_that_moved_and_others_that_did_not_none_is_moved(prepare, settings):
    run = prepare("vectors.neighbors=3", *settings)
    list(run.reports())
    finished = run.finished().tagger.parameters["E.word"]
    assert np.array_equal(finished, run.state.parameters["E.word"])


@pytest.mark.parametrize("objective", ["softmax", "margin"])
def test_the_best_dev_f1_is_that_of_the_model(prepare, objective):
    run = prepare(*TWO_PASSES, f"objective={objective}", "training.epochs=4")
    list(run.reports())
    finished = run.finished()
    tagger, score = finished.tagger, finished.score
    predicted = tagger.tag_sentences(run.dev.tokens, tagger.scheme, run.dev.documents)
    f1 = score_in(run.dev.scheme, run.dev.tags, predicted).micro.f1
    assert f1 == score.micro.f1
    assert f1 == run.state.best_f1 > 0


@pytest.mark.parametrize("objective", ["softmax", "sentence", "hinge", "margin"])
def test_the_probabilities_of_a_finished_run_are_calibrated_on_dev_and_its_tags_are_what_they_were(prepare, objective):
    run = prepare(f"objective={objective}", "training.epochs=3")
    list(run.reports())
    finished = run.finished()
    tagger = finished.tagger
    encoded = tagger.first_pass(run.encoded_dev)
    chain = tagger.chain if objective == "sentence" else None
    if objective in ("softmax", "sentence"):
        assert tagger.temperature == temperature_of(finished.scores, encoded.labels, encoded.lengths, chain)
        assert tagger.temperature != 1
    else:
        assert tagger.temperature == 1
    assert run.tagger.temperature == 1  # while it trains there is none
    tokens, documents = run.dev.tokens, run.dev.documents
    tags = replace(tagger, temperature=1.0).tag_sentences(tokens, run.dev.scheme.name, documents)
    assert finished.predicted.lists() == tagger.tag_sentences(tokens, run.dev.scheme.name, documents) == tags


def test_the_first_pass_of_dev_is_the_models_own_and_is_made_anew_each_time(two_passes):
    run, _ = two_passes
    empty = run.encoded_dev
    rows = run.tagger.encoder.rows_of("first_pass")
    assert not looked_up(empty)[rows].any()
    once = run.tagger.first_pass(empty)
    assert looked_up(once)[rows].any()
    assert np.array_equal(looked_up(run.tagger.first_pass(once)), looked_up(once))  # it does not see the one before


def test_a_hyphenated_word_that_only_dev_has_is_the_mean_of_its_parts(prepare):
    run = prepare(*EVERYTHING)
    most = [looked_up(encoded)[0].max() for encoded in (run.encoded_train, run.encoded_dev)]
    assert most[0] < len(run.tagger.words) <= most[1]
    assert isinstance(run.tagger.encoder, Encoder)
    assert np.isfinite(run.evaluate()).all()


@pytest.mark.parametrize(
    ("flaw", "message"),
    [
        ("parameter", "epoch 2: a value of c is not finite, got nan; lower optimizer.learning_rate (now 0.01) or "),
        ("dev loss", "epoch 2: the loss of dev is not finite, got inf; lower optimizer.learning_rate (now 0.01) or "),
    ],
)
def test_what_is_not_finite_after_an_epoch_stops_the_run_before_it_is_the_best(prepare, monkeypatch, flaw, message):
    run = prepare("training.epochs=3", "training.batch_size=1000000", "schedule.name=constant")  # an epoch is one step
    reports = run.reports()
    assert next(report for report in reports if isinstance(report, EpochReport)).best
    before = bits(run.state.best)
    monkeypatch.setattr(run, "evaluate", lambda: (1.0, float("inf")))
    if flaw == "parameter":
        monkeypatch.setattr(run.state.optimizer, "step", lambda parameters, *_: parameters["c"].fill(np.nan))
    rest = train(run.tagger.network, run.state, run.encoded_train, run.evaluate, run.config)
    with pytest.raises(TrainingError) as error:
        list(rest)
    assert str(error.value).startswith(message)
    assert (run.state.best_epoch, len(run.state.history), run.state.epoch) == (1, 1, 1)
    assert bits(run.state.best) == before
