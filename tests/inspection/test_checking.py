from types import SimpleNamespace

import numpy as np
import pytest

from ner_window.config import load_config
from ner_window.experiment import prepare
from ner_window.inspection.checking import (
    Options,
    _check_tagger,
    check_config,
    check_sample,
    choose_sentences,
    choose_tokens,
    repeats,
)
from ner_window.nn.network import Network
from ner_window.tagger import EncodedCorpus, Tagger
from ner_window.text.tokens import Tokens
from ner_window.text.vocabulary import HashedStrings
from ner_window.text.words import Words


def encoded(sentences, labels):
    lengths = np.array([len(s) for s in sentences])
    ids = np.array([i for s in sentences for i in s])
    return EncodedCorpus(np.arange(ids.max() + 1)[None], np.arange(ids.max() + 1), ids, lengths, np.array(labels), {})


def test_repeats_are_found_and_pads_are_none():
    windows = np.array([[0, 0, 5, 6, 7], [5, 6, 5, 7, 0], [0, 0, 3, 0, 0], [4, 4, 4, 4, 4]])
    assert repeats(windows).tolist() == [False, True, False, True]


def test_tokens_are_of_every_label_with_a_repeated_word_and_with_padding():
    sentences = [[10 + i for i in range(60)], [80, 81, 80, 82]]
    labels = [0] * 30 + [1, 2] + [0] * 28 + [0, 0, -1, 0]
    corpus = encoded(sentences, labels)
    tokens = choose_tokens(corpus, 2, 16, seed=0)
    assert len(tokens) == len(set(tokens.tolist())) == 16
    assert {30, 31} <= set(tokens.tolist())
    assert 62 not in tokens  # its label is not known
    windows = corpus.windows(tokens, 2)[0]
    assert repeats(windows).any()
    assert (windows == 0).any()


def test_sentences_are_whole_known_and_first_such_with_an_entity():
    corpus = encoded([[5, 6], [7], [8, 9, 10], [11]], [0, 0, -1, 0, 3, 0, 0])
    tokens, lengths = choose_sentences(corpus, 3, seed=0)
    assert tokens.tolist() == [3, 4, 5]  # the sentence with label 3
    assert lengths.tolist() == [3]
    tokens, lengths = choose_sentences(corpus, 99, seed=0)
    assert sorted(tokens.tolist()) == [0, 1, 3, 4, 5, 6]  # not the one whose label is not known
    assert lengths.sum() == 6


def test_fewer_tokens_than_asked_for_are_all_chosen():
    assert choose_tokens(encoded([[5, 6], [7]], [0, 1, 0]), 1, 99, seed=3).tolist() == [0, 1, 2]


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


def test_rows_of_several_look_ups_and_means_of_parts_are_named():
    words = Words(["lina", "oslo", "bergen", "sings", "in", "far", "away"], parts=True)
    ends = HashedStrings(20, lambda token: (f"<{token[0]}", f"{token[-1]}>"), 2)
    tables = (("word", len(words), 3), ("ends", len(ends), 2))
    network = Network(tables, 1, 4, 2, look_ups=(("ends", 2),), residual=2)
    generator = np.random.default_rng(0)
    parameters = {name: generator.normal(0, 1, shape).astype(np.float32) for name, shape in network.shapes.items()}
    pretrained = parameters["E.word"][:0]
    tagger = Tagger(network, parameters, (words, ends), ("O", "B-LOC"), "IOB2", "IOB2", frozenset(), pretrained)
    corpus = SimpleNamespace(corpus=SimpleNamespace(source="a text"))
    for sentence, expected in (
        (["Lina", "sings", "in", "Oslo"], ["<pad>", "<unknown>", "lina", "oslo", "bergen", "sings", "in"]),
        (["Lina", "sings", "in", "Oslo-Bergen"], ["<pad>", "lina", "sings", "in", "oslo-bergen"]),
    ):
        encoded = tagger.encode_text(Tokens.of([sentence]), np.array([0, 0, 0, 1]))
        result = _check_tagger(tagger, corpus, encoded, "a tagger", "now", Options())
        assert result.passed
        assert result.names["E.word"] == expected  # two rows that are not in use, where no mean of rows is
        assert {"<pad>", *(f"#{ends.find_all(word)[i] - 2}" for word in sentence for i in (0, 1))} <= set(
            result.names["E.ends"]
        )
        assert {row.name: row.shape for row in result.rows} == network.shapes


def test_a_network_of_two_passes_is_checked_after_real_training_and_sees_a_first_pass(root, monkeypatch, tmp_path):
    monkeypatch.setenv("NER_WINDOW_CACHE", str(tmp_path))
    settings = ["features=[case, first_pass]", "data.limit=120", "vectors.residual=5"]
    before, after = check_config(root / "configs/quickstart.yaml", settings, Options(entries=60, burn_in=40))
    assert before.passed
    assert after.passed
    assert after.when == "after 40 batches"
    assert after.loss < before.loss
    rows = {row.name: row for row in after.rows}
    assert rows["E.first_pass"].checked > 36  # that many, if only pads are seen
    assert rows["M"].numeric != 0
