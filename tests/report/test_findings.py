from ner_window.checks.checking import Plan, check
from ner_window.checks.codes import codes, explained
from ner_window.checks.findings import Finding
from ner_window.report.findings import code_text, codes_text, finding_lines, findings_text


def test_a_finding_is_its_place_its_line_and_its_fix():
    finding = Finding("a.conll", 3, 6, "E303", "no hyphen", "write 'B-LOC'", "Oslo\tB_LOC")
    assert list(finding_lines(finding)) == [
        "a.conll:3:6 E303 no hyphen",
        "    | Oslo\\tB_LOC",
        "    = write 'B-LOC'",
    ]


def test_what_cannot_be_seen_is_shown_and_what_is_long_is_cut():
    finding = Finding("a\x1b[2J", 1, 1, "W207", "m", "f", "a\u200bb" + "c" * 200)
    place, line, _ = finding_lines(finding)
    assert place.startswith("a\ufffd[2J:1:1")
    assert line == f"    | a<U+200B>b{'c' * 97}..."


def test_a_whole_report(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.conll").write_text("Mara B-PER\nOslo 0\nLind 0\nrows 0\n")
    text = findings_text(check(Plan(["a.conll"], limit=1)))
    assert text.split("\n") == [
        "a.conll:2:6 E302 tag '0' is not 'O'",
        "    | Oslo 0",
        "    = write 'O'",
        "a.conll: 2 more E302 something else for O (--max-findings)",
        "",
        "a.conll: 4 tokens, 1 sentence, 1 document, scheme IOB2; PER 1",
        "3 errors, 0 warnings, 0 notes",
    ]


def test_a_report_without_findings(tmp_path):
    (tmp_path / "a.conll").write_text("Mara B-PER\n")
    (tmp_path / "v.txt").write_text("mara 1 2\n")
    text = findings_text(check(Plan([str(tmp_path / "a.conll")], vectors=str(tmp_path / "v.txt"))))
    assert text.split("\n")[1:] == [f"{tmp_path / 'v.txt'}: 1 vectors of 2", "0 errors, 0 warnings, 0 notes"]


def test_all_codes_are_listed():
    text = codes_text()
    assert text.index("errors") < text.index("warnings") < text.index("notes")
    for code in codes().values():
        assert f"  {code.code}  {code.title}\n" in text


def test_a_page():
    assert code_text(explained("W503")).startswith("W503 sentences of one token (warning)\n\nNearly all sentences")
