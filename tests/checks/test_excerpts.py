import pytest

from ner_window.checks.excerpts import SHOWN, add_excerpts
from ner_window.checks.findings import Defect, Findings, finding_of
from ner_window.text.line_rules import Layout

TEXT = "\ufeffNNP Mara O\nV rows O\r\n\nX\n\n" + "".join(f"X w{i} O\n" for i in range(30))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.conll"
    path.write_text(TEXT, encoding="utf-8")
    return str(path)


def texts(path, *lines, code="W601"):
    findings = Findings(99)
    for line in lines:
        findings.add(finding_of(path, line, Defect(code, 1, "", ""), "before"))
    add_excerpts(findings, path, Layout(1, 2))
    return [finding.text for finding in findings.of(path)]


def test_the_first_words_of_sentences(path):
    assert texts(path, 1, 4, 6) == ["Mara rows", "X", " ".join(f"w{i}" for i in range(SHOWN))]
    assert texts(path, 1) == ["Mara rows"]
    assert texts(path, 35) == ["w29"]


def test_the_pieces_of_a_file_make_no_difference(path, monkeypatch):
    monkeypatch.setattr("ner_window.checks.excerpts.PIECE", 7)
    assert texts(path, 1, 4, 6) == ["Mara rows", "X", " ".join(f"w{i}" for i in range(SHOWN))]


def test_other_findings_keep_their_text(path):
    assert texts(path, 1, code="E101") == ["before"]


def test_a_file_that_is_gone(tmp_path):
    assert texts(str(tmp_path / "none"), 1) == ["before"]
