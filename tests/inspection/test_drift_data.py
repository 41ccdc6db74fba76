import os
import re
import shutil
from pathlib import Path

import pytest

from ner_window.errors import CorpusError
from ner_window.inspection.drift_data import dev_file, is_random, read_text, seen_words, trained_layout
from ner_window.scoring import types_learned
from ner_window.tagger import Tagger
from ner_window.text.conll import Layout

LAYOUT = Layout()


@pytest.fixture
def tagger(model):
    return Tagger.load(model)


def with_changes(tagger, **changes):
    return Tagger(**{**{name: getattr(tagger, name) for name in tagger.__dataclass_fields__}, **changes})


def frozen(tagger, **data):
    facts = {**tagger.facts, "data": {**tagger.facts["data"], **data}}
    return with_changes(tagger, pretrained=tagger.pretrained[:0], facts=facts)


def test_tagged_text_keeps_its_tags_and_raw_text_has_none(tmp_path):
    (tmp_path / "a.conll").write_text("Tove B-PER\nsings O\n\nOslo B-LOC\n")
    tagged = read_text(tmp_path / "a.conll", LAYOUT)
    assert [list(tokens) for tokens in tagged.sentences] == [["Tove", "sings"], ["Oslo"]]
    assert tagged.corpus.tags == [["B-PER", "O"], ["B-LOC"]]
    (tmp_path / "a.txt").write_text("Tove sings. Oslo, too.\n")
    raw = read_text(tmp_path / "a.txt", LAYOUT)
    assert raw.sentences == [["Tove", "sings", "."], ["Oslo", ",", "too", "."]]
    assert raw.corpus is None


def test_entities_of_other_types_are_left_out(tmp_path):
    (tmp_path / "a.conll").write_text("Tove B-PER\nsings O\n\nOslo B-LOC\n")
    text = read_text(tmp_path / "a.conll", LAYOUT, {"LOC"})
    assert text.corpus.tags == [["O", "O"], ["B-LOC"]]
    assert text.left_out == {"PER": 1}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"", "a.txt: no sentences, got 0 bytes; is it the right file?"),
        ("a.txt", b"Zo\xeb sings", "a.txt: byte 3 is not utf-8; set the encoding"),
        ("a.jsonl", b'{"text": "Tove sings"}\n', "a.jsonl: expected tagged CoNLL or raw text, got jsonl; convert it"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CorpusError, match=re.escape(message)):
        read_text(tmp_path / name, LAYOUT)
    with pytest.raises(CorpusError, match="cannot be read"):
        read_text(tmp_path / "nowhere", LAYOUT)


def test_the_dev_file_is_that_of_the_configuration(model, root, tmp_path):
    assert dev_file(model).resolve() == root / "data" / "dev.conll"
    shutil.copytree(model, tmp_path / "m")
    config = tmp_path / "m" / "config.yaml"
    config.write_text(config.read_text().replace("dev.conll", "gone.conll"))
    with pytest.raises(CorpusError, match=r"its dev file is not there any more, got '.*gone\.conll'; name a text as"):
        dev_file(tmp_path / "m")
    config.unlink()
    with pytest.raises(CorpusError, match=r"config\.yaml: not there, so that no dev file is known; name a text as"):
        dev_file(tmp_path / "m")


def test_the_layout_is_that_of_the_configuration(model, tmp_path):
    assert trained_layout(model) == Layout(0, -1, "utf-8")
    shutil.copytree(model, tmp_path / "m")
    config = tmp_path / "m" / "config.yaml"
    config.write_text(config.read_text().replace("token_column: 0", "token_column: 1"))
    assert trained_layout(tmp_path / "m") == Layout(1, -1, "utf-8")
    config.unlink()
    assert trained_layout(tmp_path / "m") == Layout()


def test_a_pipe_is_refused(tmp_path):
    for path in (Path("-"), tmp_path / "pipe"):
        if str(path) != "-":
            os.mkfifo(path)
        with pytest.raises(CorpusError) as error:
            read_text(path, LAYOUT)
        assert str(error.value) == f"{path}: drift reads its text twice; give a file"


def test_words_seen_by_fine_tuned_vectors_are_those_of_the_training_file(tagger, model):
    by_head, notes = seen_words(tagger, model)
    by_file, more = seen_words(frozen(tagger), model)
    assert set(by_head) == by_file
    assert notes == []
    assert "read from" in more[0]


def test_words_seen_by_frozen_vectors_are_unknown_without_the_same_training_file(tagger, model, tmp_path):
    changed = frozen(tagger, train={**tagger.facts["data"]["train"], "sha256": "another"})
    assert seen_words(changed, model)[0] is None
    assert "train.conll: it has changed since" in seen_words(changed, model)[1][0]
    assert seen_words(frozen(tagger), tmp_path)[0] is None


def test_all_words_of_random_vectors_were_seen(tagger, model):
    random = frozen(tagger, vectors={"sha256": "random"})
    assert is_random(random)
    assert not is_random(tagger)
    assert seen_words(random, model) == (range(2, len(tagger.words)), [])


def test_types_are_limited_only_if_training_was(tagger):
    assert types_learned(tagger) is None
    train = {**tagger.facts["data"]["train"], "entities_left_out": {"PER": 3}}
    limited = with_changes(frozen(tagger, train=train), tags=("O", "B-LOC", "I-LOC"))
    assert types_learned(limited) == {"LOC"}
