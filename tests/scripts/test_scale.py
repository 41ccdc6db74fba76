import json
from pathlib import Path

import pytest
from benchmark import scale, scale_inputs
from benchmark.processes import Taken
from benchmark.scale import ENSEMBLE, RECOMMENDED, Measured

TEXT = "Elena NNP B-PER\nsmiled VBD O\n. . O\n\nOslo NNP B-LOC\nis VBZ O\n"


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "a.conll"
    path.write_text(TEXT)
    return path


def test_sentences_are_drawn_always_the_same_until_there_are_enough(source):
    drawn = list(scale_inputs.drawn(source, 20))
    assert {tuple(sentence) for sentence in drawn} == {("Elena", "smiled", "."), ("Oslo", "is")}
    assert 20 <= sum(map(len, drawn)) < 23
    assert list(scale_inputs.drawn(source, 20)) == drawn


def test_one_sentence_has_so_many_tokens(source):
    (sentence,) = scale_inputs.one_sentence(source, 7)
    assert sentence == [token for each in scale_inputs.drawn(source, 7) for token in each][:7]


def test_no_word_comes_twice(source):
    some = list(scale_inputs.distinct(source, 40_000))
    assert [len(sentence) for sentence in some] == [15] * 2666 + [10]
    words = [word.lower() for sentence in some for word in sentence]
    assert len(set(words)) == 40_000
    assert {len(word) for word in words} == {6}


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("CoNLL, one column", "Oslo\n.\n\n"),
        ("CoNLL, four columns", "Oslo NN I-NP O\n. NN I-NP O\n\n"),
        ("tokens", "Oslo .\n"),
        ("raw text", "Oslo.\n"),
        ("JSON lines of text", '{"id": 1, "text": "Oslo."}\n'),
        ("JSON lines of tokens", '{"id": 1, "tokens": ["Oslo", "."]}\n'),
    ],
)
def test_what_a_sentence_is_in_each_format(tmp_path, kind, written):
    path = scale_inputs.write([["Oslo", "."]] * 2, kind, tmp_path / "large")
    assert path.read_text() == written * 2
    assert len(scale_inputs.KINDS) == 6


def test_files_have_their_tokens_together(source, tmp_path):
    folder = scale_inputs.write_folder(source, 40, 4, tmp_path / "files")
    texts = [path.read_text() for path in sorted(folder.iterdir())]
    assert len(texts) == 4
    assert all(10 <= len(text.split()) < 13 for text in texts)


def test_what_a_billion_tokens_cost():
    # 10 million tokens in 20 s of the processor, less 1: 1.9 us each; 10^9 are 1900 s, or 0.528 h; two workers are
    # 1.6 times as fast as one, so each of many does 0.8: 1900 s / 80 = 23.75 s, or 0.4 min
    measured = Measured(None, Path(), {"m": Taken(9, 1, 150_000_000)}, {("m", "tokens"): Taken(9, 20, 250_000_000)})
    table = scale.billion(measured, 1.6).splitlines()
    assert table[0].endswith("| 100 cores, each 80 % as fast |")
    assert table[2] == "| m, tokens | 526.3 k/s | 250 MB | 150 MB | 0.5 h | 0.4 min |"


def test_memory_beside_the_model_is_bounded_but_for_the_longest_sentence(source, tmp_path, monkeypatch):
    model = tmp_path / "model"
    monkeypatch.setattr(Measured, "model", lambda _, name: model)
    monkeypatch.setattr(scale, "CONTENTS", {name: (each, 5) for name, (each, _) in scale.CONTENTS.items()})
    commands = []

    def measure(command):
        commands.append(command)
        path = command[command.index("predict") + 2]
        return Taken(1, 1, 100_000_000 if path.name == "short" else 390_000_000 + 20_000_000 * ("html" in command))

    monkeypatch.setattr(scale, "measure", measure)
    work = type("Work", (), {"dev": source})
    measured = Measured(work, tmp_path)
    rows = [row for case in scale.CASES for row in scale.memory(measured, case)]
    assert {row.met for row in rows} == {True, False, None}
    assert all((row.met is None) == ("one long sentence" in row.what) for row in rows)
    assert all((row.met is False) == ("html" in row.what) for row in rows)
    assert {row.ours for row in rows} == {290.0, 310.0}
    assert len({row.what for row in rows}) == len(rows) == len(commands) - len(measured.short)
    assert json.dumps(sorted(measured.short)) == json.dumps(sorted({ENSEMBLE, *measured.short}))
    assert len(measured.large) == 12
    assert (RECOMMENDED, "raw text") in measured.large
    assert not (tmp_path / "large").exists()
