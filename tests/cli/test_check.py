import json

import pytest

from ner_window.checks.codes import codes

BAD = "Mara B-PER\nrows\n\nOslo B_LOC\nca\u00adt O\n"


@pytest.fixture
def bad(tmp_path):
    (tmp_path / "bad.conll").write_text(BAD, encoding="utf-8")
    return "bad.conll"


def test_the_sample_corpus_is_fine(program):
    done = program("check", *(f"data/{name}.conll" for name in ("dev", "train", "test")), "--strict")
    assert done.stdout.splitlines() == [
        "data/dev.conll: 2602 tokens, 140 sentences, 12 documents, scheme IOB2; LOC 81, MISC 36, ORG 44, PER 60",
        "data/train.conll (train): 10182 tokens, 552 sentences, 48 documents, scheme IOB2; "
        "LOC 302, MISC 165, ORG 192, PER 274",
        "data/test.conll: 2558 tokens, 136 sentences, 12 documents, scheme IOB2; LOC 67, MISC 40, ORG 56, PER 60",
        "0 errors, 0 warnings, 0 notes",
    ]
    assert done.stderr == ""


def test_all_defects_at_once(program, bad, tmp_path):
    done = program("check", bad, code=1, cwd=tmp_path)
    assert done.stdout.splitlines() == [
        "bad.conll:2:5 E101 column missing: expected 2 as in line 1, got 1",
        "    | rows",
        "    = add what is missing, or delete the line",
        "bad.conll:4:6 E303 tag 'B_LOC' has no hyphen between prefix and type",
        "    | Oslo B_LOC",
        "    = write 'B-LOC'",
        "bad.conll:5:3 W207 invisible U+00AD (soft hyphen) in the token 'ca\\xadt'",
        "    | ca<U+00AD>t O",
        "    = the word has no vector: remove it",
        "",
        "bad.conll: 4 tokens, 2 sentences, 1 document, scheme IOB2; PER 1",
        "2 errors, 1 warning, 0 notes",
    ]


def test_json_from_standard_input(program):
    done = program("check", "-", "--json", "--max-findings", 1, stdin="a B-X\nb 0\nc 0\n", code=1)
    found = json.loads(done.stdout)
    assert found["files"][0]["counts"] == {"E302": 2}
    assert [(f["line"], f["code"]) for f in found["findings"]] == [(2, "E302")]


def test_a_configuration_names_all(program):
    done = program("check", "configs/quickstart.yaml")
    assert "glove.50d.txt: 6665 vectors of 50\n0 errors, 0 warnings, 3 notes\n" in done.stdout
    assert "N801 tokens of entities without a vector: LOC 2.2 %," in done.stdout


def test_warnings_fail_only_with_strict(program, tmp_path):
    text = "Mara B-PER\nca\u00adt O\n"
    assert program("check", "-", stdin=text).stdout.endswith("0 errors, 1 warning, 0 notes\n")
    program("check", "-", "--strict", stdin=text, code=1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.conll"], "error: none.conll: cannot be read: no such file; name files, not directories"),
        ([], "name corpora, or a CONFIG.yaml; --explain CODE needs neither"),
        (["configs/quickstart.yaml", "--encoding", "ascii"], "--set data.encoding=... overrides it"),
        (["data/dev.conll", "--set", "seed=1"], "--set goes with a CONFIG.yaml"),
        (["data/dev.conll", "--vectors", "none.txt"], "error: none.txt: cannot be read: No such file or directory"),
        (["data/dev.conll", "--encoding", "utf-9"], "error: encoding: no such encoding, got 'utf-9'"),
        (["--explain", "E999"], "error: --explain: no such code, got 'E999'"),
        (["configs/lecture/window.yaml"], "is a sweep, not a configuration"),
    ],
)
def test_wrong_use(program, arguments, message):
    done = program("check", *arguments, code=2)
    assert message in " ".join(done.stderr.split())
    assert done.stdout == ""


def test_a_code_is_explained(program):
    assert program("check", "--explain", "e302").stdout.startswith("E302 something else for O (error)\n\nA zero,")
    listed = program("check", "--explain", "all").stdout
    assert [code for code in codes() if f"  {code}  " not in listed] == []


def test_training_tells_what_the_cheap_checks_find(program, root, tmp_path):
    dev = (root / "data/dev.conll").read_text().replace(" O\n", "\u00ad O\n", 2)
    (tmp_path / "dev.conll").write_text(dev)
    settings = ["--set", f"data.dev={tmp_path / 'dev.conll'}"]
    done = program("train", "configs/quickstart.yaml", "--dry-run", *settings)
    (first, last) = [line for line in done.stderr.splitlines() if "note: " in line]
    assert first.startswith("note: dev.conll:")
    assert first.endswith("(2 such)")
    assert last == f"note: 2 findings; look at them with: ner-window check configs/quickstart.yaml {' '.join(settings)}"
    assert program("check", *last.partition("ner-window check ")[2].split()).stdout.count(" W207 ") == 2
