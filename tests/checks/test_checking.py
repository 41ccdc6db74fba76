import io
import json
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ner_window.checks.checking import Plan, check, plan_of
from ner_window.errors import ConfigError, CorpusError, VectorsError
from ner_window.text.line_rules import Layout

GOOD = "Mara B-PER\nrows O\n\nOslo B-LOC\nshines O\n"
VECTORS = "mara 0.1 0.2\nrows 0.3 0.4\noslo 0.2 0.1\nshines 0.5 0.5\n"


@pytest.mark.parametrize(
    ("names", "train"),
    [
        (["a", "b"], 0),
        (["dev.conll", "x/train.conll"], 1),
        (["train/a", "train/b"], 0),  # the folder does not tell
        (["eng.testa", "eng.train", "eng.testb"], 1),
        (["train1", "train2", "dev"], 0),
    ],
)
def test_which_file_is_learned_from(names, train):
    assert Plan(names).train == train


def test_in_order_the_first_file_is_learned_from():
    assert Plan(["a", "train"], in_order=True).train == 0


def test_fine_files_have_no_findings(checked):
    other = GOOD.replace("Mara", "Pia").replace("Oslo", "Bergen")
    result = checked({"train": GOOD, "dev": other}, VECTORS + "pia 0 1\nbergen 1 0\n")
    assert dict(result.findings.counts) == {}
    assert result.passed(strict=True)
    assert [coverage.without for coverage in result.coverage] == [0, 0]


def test_all_defects_of_all_files_at_once(checked):
    result = checked({"train": "a O\nb\n\nc B-X\n", "dev": "d 0\ne B-X\n"}, "a 1 2\nb 1 2\nc 1\n")
    assert {key for key in result.findings.counts if key[1][0] == "E"} == {
        ("train", "E101"),
        ("dev", "E302"),
        ("v.txt", "E701"),
    }
    assert not result.passed(strict=False)


def test_warnings_fail_only_if_it_is_strict(checked):
    result = checked({"train": GOOD.replace("rows", "ro\u00adws")})
    assert result.passed(strict=False)
    assert not result.passed(strict=True)


def test_the_document_of_json(checked):
    found = checked({"train": GOOD.replace("B-LOC", "B_LOC")}, VECTORS).as_dict()
    assert json.loads(json.dumps(found)) == {
        "errors": 1,
        "warnings": 0,
        "notes": 0,
        "files": [
            {
                "file": "train",
                "learned_from": True,
                "lines": 5,
                "tokens": 4,
                "sentences": 2,
                "documents": 1,
                "scheme": "IOB2",
                "entities": {"PER": 1},
                "counts": {"E303": 1},
            }
        ],
        "vectors": {"file": "v.txt", "rows": 4, "dimensions": 2, "counts": {}},
        "coverage": [
            {
                "file": "train",
                "tokens": 4,
                "without_vector": 0,
                "types": {"PER": {"tokens": 1, "without_vector": 0}},
                "words": [],
            }
        ],
        "findings": [
            {
                "file": "train",
                "line": 4,
                "column": 6,
                "code": "E303",
                "message": "tag 'B_LOC' has no hyphen between prefix and type",
                "fix": "write 'B-LOC'",
                "text": "Oslo B_LOC",
                "severity": "error",
            }
        ],
    }


CONFIG = """data: {train: a.conll, dev: b.conll, tag_column: 1, encoding: iso-8859-1, scheme: IOB2, repair: discard}
vectors: {source: v.txt, limit: 3, lowercase: false, parts: true}
"""


def test_what_a_configuration_names(tmp_path):
    (tmp_path / "c.yaml").write_text(CONFIG)
    plan = plan_of(tmp_path / "c.yaml")
    assert plan == Plan(
        [str(tmp_path / "a.conll"), str(tmp_path / "b.conll")],
        Layout(0, 1, "iso-8859-1"),
        "IOB2",
        str(tmp_path / "v.txt"),
        3,
        lowercase=False,
        parts=True,
        repaired=True,
        in_order=True,
    )
    assert plan.train == 0
    random = plan_of(tmp_path / "c.yaml", ["vectors.source=random", "data.test=/t.conll"])
    assert random.vectors is None
    assert random.files[2] == "/t.conll"


def test_a_configuration_that_is_wrong(tmp_path):
    (tmp_path / "c.yaml").write_text("data: {trian: a}")
    with pytest.raises(ConfigError, match="did you mean 'train'"):
        plan_of(tmp_path / "c.yaml")


@pytest.mark.parametrize(
    ("names", "vectors", "message"),
    [
        (["a", "a"], None, "a: named twice; name each file once"),
        (["a"], "a", "a: named as a corpus and as vectors; name each file once"),
        (["a", "none"], None, "none: cannot be read: no such file; name files, not directories"),
        (["a", "."], None, "\\.: cannot be read: no such file; name files, not directories"),
    ],
)
def test_wrong_use(tmp_path, monkeypatch, names, vectors, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").write_text(GOOD)
    with pytest.raises(CorpusError, match=message):
        check(Plan(names, vectors=vectors))


def test_vectors_that_are_not_there(tmp_path):
    (tmp_path / "a").write_text(GOOD)
    with pytest.raises(VectorsError, match="no.txt: cannot be read"):
        check(Plan([str(tmp_path / "a")], vectors=str(tmp_path / "no.txt")))


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOOD.encode())))
    (facts,) = check(Plan(["-"])).files
    assert (facts.source, facts.tokens) == ("standard input", 4)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(), st.binary(), st.binary(), st.integers(1, 3))
def test_any_bytes_can_be_checked(checked, train, dev, vectors, limit):
    result = checked({"train": train, "dev": dev}, vectors, limit=limit)
    json.dumps(result.as_dict(), ensure_ascii=False).encode("utf-8")
    assert all(n <= limit for n in _kept(result).values())


def _kept(result):
    kept = {}
    for name in result.sources:
        for finding in result.findings.of(name):
            kept[name, finding.code] = kept.get((name, finding.code), 0) + 1
    return kept
