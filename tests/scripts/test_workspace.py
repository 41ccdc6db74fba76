import subprocess
import sys
from pathlib import Path

import pytest
from benchmark import machine, workspace
from benchmark.__main__ import PARTS, measured

TEXT = "-DOCSTART- -X- O\n\nElena NNP B-PER\nsmiled VBD O\n. . O\n\n\nOslo NNP B-LOC\n"


@pytest.fixture
def work(tmp_path):
    path = tmp_path / "a.conll"
    path.write_text(TEXT)
    return workspace.Workspace(path, path, tmp_path / "work")


def test_sentences_are_what_stands_between_empty_lines_and_document_lines(work):
    assert list(workspace.sentences(work.dev)) == [
        (["Elena", "smiled", "."], ["B-PER", "O", "O"]),
        (["Oslo"], ["B-LOC"]),
    ]


def test_how_often_a_file_is_repeated(work):
    assert workspace.count(work.dev, 1) == (4, 1)
    assert workspace.count(work.dev, 4) == (4, 1)
    assert workspace.count(work.dev, 5) == (4, 2)


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ("Elena smiled .", "Elena smiled."),
        ("Mr. Dahl 's boat ( old ) costs $ 5 , he said", "Mr. Dahl's boat (old) costs $5, he said"),
        ("Oslo", "Oslo"),
    ],
)
def test_raw_text(tokens, text):
    assert workspace.joined(tokens.split()) == text


def test_the_file_to_tag(work, monkeypatch):
    monkeypatch.setattr(workspace, "TO_TAG", 8)
    path, tokens = work.to_tag
    assert tokens == 8
    assert path.read_text() == TEXT * 2
    assert work.raw_text().read_text() == "Elena smiled.\nOslo\nElena smiled.\nOslo\n"


def test_of_the_files_to_score_some_tags_differ(work, monkeypatch):
    monkeypatch.setattr(workspace, "TO_SCORE", 4000)
    gold, predicted, tokens = work.to_score()
    assert tokens == 4000
    pairs = list(zip(workspace.sentences(gold), workspace.sentences(predicted), strict=True))
    assert all(a[0] == b[0] for a, b in pairs)
    differ = sum(x != y for a, b in pairs for x, y in zip(a[1], b[1], strict=True))
    assert 80 < differ < 190  # 5 % of 4000 are drawn, and of three tags two are others: about 133


def test_a_part_that_cannot_run_says_so(monkeypatch, capsys):
    monkeypatch.setitem(PARTS, "files", "no_such_module")
    (row,) = measured("files", None)
    assert row.part == "files"
    assert row.what == "could not be measured: ModuleNotFoundError: No module named 'benchmark.no_such_module'"
    assert "files ..." in capsys.readouterr().err


def test_every_part_has_its_module():
    folder = Path(workspace.__file__).parent
    assert all((folder / f"{module}.py").exists() for module in PARTS.values())


def test_machine():
    told = machine.described()
    assert int(told["cores"]) > 0
    assert told["processor"]
    assert told["numpy"] != "not installed"
    assert machine.version("no-such-package") == "not installed"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "speed"], "argument --only: invalid choice: 'speed'"),
        (["--dev", "none.conll"], "none.conll: no such file"),
    ],
)
def test_wrong_use(arguments, message):
    scripts = Path(workspace.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "benchmark", *arguments], capture_output=True, text=True, cwd=scripts, check=False
    )
    assert done.returncode == 2
    assert message in done.stderr
