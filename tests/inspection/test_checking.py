import numpy as np
import pytest

from ner_window.config import load_config
from ner_window.experiment import prepare
from ner_window.inspection.checking import Options, check_config, check_sample, choose_sentences, choose_tokens, repeats
from ner_window.tagger import EncodedCorpus
from ner_window.text.windows import line, positions


def encoded(sentences, labels, radius):
    lengths = np.array([len(s) for s in sentences])
    places = positions(lengths, radius)
    ids = [i for s in sentences for i in s]
    return EncodedCorpus(line(ids, places, len(sentences), radius)[None], places, lengths, np.array(labels))


def test_repeats_are_found_and_pads_are_none():
    windows = np.array([[0, 0, 5, 6, 7], [5, 6, 5, 7, 0], [0, 0, 3, 0, 0], [4, 4, 4, 4, 4]])
    assert repeats(windows).tolist() == [False, True, False, True]


def test_tokens_are_of_every_label_with_a_repeated_word_and_with_padding():
    sentences = [[10 + i for i in range(60)], [80, 81, 80, 82]]
    labels = [0] * 30 + [1, 2] + [0] * 28 + [0, 0, -1, 0]
    corpus = encoded(sentences, labels, 2)
    tokens = choose_tokens(corpus, 2, 16, seed=0)
    assert len(tokens) == len(set(tokens.tolist())) == 16
    assert {30, 31} <= set(tokens.tolist())
    assert 62 not in tokens  # its label is not known
    windows = corpus.windows(tokens, 2)[0]
    assert repeats(windows).any()
    assert (windows == 0).any()


def test_sentences_are_whole_known_and_first_such_with_an_entity():
    corpus = encoded([[5, 6], [7], [8, 9, 10], [11]], [0, 0, -1, 0, 3, 0, 0], 1)
    tokens, lengths = choose_sentences(corpus, 3, seed=0)
    assert tokens.tolist() == [3, 4, 5]  # the sentence with label 3
    assert lengths.tolist() == [3]
    tokens, lengths = choose_sentences(corpus, 99, seed=0)
    assert sorted(tokens.tolist()) == [0, 1, 3, 4, 5, 6]  # not the one whose label is not known
    assert lengths.sum() == 6


def test_fewer_tokens_than_asked_for_are_all_chosen():
    assert choose_tokens(encoded([[5, 6], [7]], [0, 1, 0], 1), 1, 99, seed=3).tolist() == [0, 1, 2]


def test_the_sample_covers_every_objective_and_activation_before_and_after_training():
    checks = list(check_sample(Options(burn_in=5)))
    assert len(checks) == 4 * 6 * 2
    assert all(check.passed for check in checks)
    for check in checks:
        verdicts = {row.name: row.verdict for row in check.rows}
        assert verdicts.pop("E.suffix") == "frozen"
        assert set(verdicts.values()) <= {"ok", "ok: 0"}
        assert "4 with padding, 2 with a repeated word" in check.batch


def test_batches_are_counted_apart_from_epochs_and_no_more_than_there_are(root, monkeypatch, tmp_path):
    monkeypatch.setenv("NER_WINDOW_CACHE", str(tmp_path))
    options = Options(entries=5, burn_in=1000)
    settings = ["data.limit=30", "training.epochs=2", "training.batch_size=200"]
    _, after = check_config(root / "configs/quickstart.yaml", settings, options)
    tokens = prepare(load_config(root / "configs/quickstart.yaml", settings)).encoded_train.lengths.sum()
    assert after.when == f"after {2 * -(-tokens // 200)} batches"


@pytest.mark.parametrize(
    "settings", [["objective=hinge"], ["objective=margin"], ["objective=sentence"], ["vectors.train=freeze"]]
)
def test_a_configuration_on_its_data(root, settings, monkeypatch, tmp_path):
    monkeypatch.setenv("NER_WINDOW_CACHE", str(tmp_path))
    options = Options(entries=40, burn_in=3)
    settings = [*settings, "data.limit=100", "optimizer.l2=1e-3"]
    before, after = check_config(root / "configs/quickstart.yaml", settings, options)
    assert before.passed
    assert after.passed
    assert (before.when, after.when) == ("before training", "after 3 batches")
    assert after.loss < before.loss
    word = before.rows[0]
    assert word.shape == (6667, 50)  # the whole table, though only the rows in use were checked
    assert word.verdict == ("frozen" if settings[0] == "vectors.train=freeze" else "ok")
    assert before.place(before.rows[2]).startswith("[")
