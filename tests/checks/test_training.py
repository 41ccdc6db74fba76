import pytest

from ner_window.checks.training import character_defects, notes, quick_check
from ner_window.text.labelled import read_labelled
from ner_window.text.line_rules import Layout

LONG = "Mara B-PER\nLind I-PER\nwent O\nby O\nboat O\nto O\nthe O\nisland O\n\n"
ROWS = "".join(f"P{i} B-PER\nrows O\n\n" for i in range(20))


@pytest.fixture
def read(tmp_path):
    def read(name, text):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return read_labelled(tmp_path / name, Layout())

    return read


def test_fine_corpora_have_no_notes(read):
    assert notes(read("train", ROWS), read("dev", LONG), "x") == []


def test_errors_come_first_and_each_code_once(read):
    train = read("train", f"{ROWS}{LONG}ca\u00adt B--PER\nca\u00adt O\nd\u00adg O\n")
    dev = read("dev", LONG + "x B-LOC\n")  # that training lacks LOC is told elsewhere
    where = train.corpus.source
    assert notes(train, dev, "ner-window check c.yaml") == [
        "train:70: E308 type '-PER' (on 1 line, this one first) begins or ends with punctuation",
        "train:70: W207 invisible U+00AD (soft hyphen) in the token 'ca\\xadt' (2 such)",
        f"dev:1: W601 this sentence also stands in {where}:61",
        "4 findings; look at them with: ner-window check c.yaml",
    ]


def test_a_single_finding(read):
    found = notes(read("train", ROWS + "a\u00a0b O\n"), read("dev", LONG), "x")
    assert found[-1] == "1 finding; look at them with: x"


def test_one_file_as_both(read):
    corpus = read("train", LONG + LONG.replace("Mara", "Pia"))
    assert "E603" in notes(corpus, corpus, "x")[0]


def test_tokens_that_were_left_out_are_not_told_of(read):
    corpus = read("train", LONG + "a\u00a0b O\n")
    assert len(list(character_defects(corpus))) == 1
    assert list(character_defects(corpus.limit(1))) == []


def test_nothing_is_changed(read):
    train, dev = read("train", ROWS), read("dev", LONG)
    before = [corpus.text.ids.tolist() + corpus.tag_ids.tolist() for corpus in (train, dev)]
    quick_check(train, dev)
    assert [corpus.text.ids.tolist() + corpus.tag_ids.tolist() for corpus in (train, dev)] == before
