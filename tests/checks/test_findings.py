from ner_window.checks.findings import Defect, Findings, finding_of


def filled(limit, lines, code="E101", file="a"):
    findings = Findings(limit)
    for line in lines:
        findings.add(finding_of(file, line, Defect(code, 2, "wrong", "mend it"), "text"))
    return findings


def test_all_are_counted_and_the_first_are_kept():
    findings = filled(2, [7, 3, 9, 1])
    assert [finding.line for finding in findings.of("a")] == [3, 7]  # in the order of lines, of those that came first
    assert findings.counts == {("a", "E101"): 4}
    assert list(findings.left_out("a")) == [("E101", 2)]
    assert list(findings.left_out("b")) == []


def test_there_is_room_until_the_limit():
    findings = filled(2, [1])
    assert findings.has_room("a", "E101")
    findings.add_uncounted("a", "E101", 3)
    assert not findings.has_room("a", "E101")
    assert findings.counts["a", "E101"] == 4


def test_a_count_of_nothing_is_none():
    findings = Findings(2)
    findings.add_uncounted("a", "E101", 0)
    assert dict(findings.counts) == {}


def test_totals_by_severity():
    findings = filled(1, [1, 2])
    findings.add(finding_of("b", 1, Defect("N504", 1, "repeated", "nothing")))
    assert [findings.total(severity) for severity in ("error", "warning", "note")] == [2, 0, 1]


def test_the_form_of_json():
    (finding,) = filled(1, [3]).of("a")
    assert finding.as_dict() == {
        "file": "a",
        "line": 3,
        "column": 2,
        "code": "E101",
        "message": "wrong",
        "fix": "mend it",
        "text": "text",
        "severity": "error",
    }
