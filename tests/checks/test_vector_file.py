import gzip
import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.checks.findings import Findings
from ner_window.checks.vector_file import VectorCheck, check_vectors
from ner_window.errors import VectorsError
from ner_window.text.lines import whole_lines
from ner_window.text.vector_text import read_text


class Everything:
    """All words are asked for."""

    def __contains__(self, word):
        return True


def checked(content, size=1 << 18, limit=100):
    """Check text; return findings and facts."""
    findings = Findings(limit)
    check = VectorCheck("v", findings, Everything())
    for piece in whole_lines(io.BytesIO(content.encode() if isinstance(content, str) else content).read, size):
        check.add(piece)
    facts = check.finish()
    return [(f.line, f.code, f.message) for f in findings.of("v") if f.code != "N709"], facts


GOOD = "mara 0.1 0.2\nrows 0.3 0.4\n. . . 1 2\nby 3e-1 -4\n"


@pytest.mark.parametrize("size", [3, 20, 1 << 18])
def test_words_and_rows(size):
    _, facts = checked(GOOD, size)
    assert (facts.rows, facts.dimensions, facts.words) == (4, 2, ["mara", "rows", ". . .", "by"])


@pytest.mark.parametrize("size", [3, 20, 1 << 18])
def test_all_defects_at_once(size):
    content = GOOD + "one 0.1\ntwo 0.1 x\nmara 1 2\nthree inf 1\n=======\nfour 1 2\n"
    assert checked(content, size)[0] == [
        (5, "E701", "expected a word and 2 numbers, got 2 fields"),
        (6, "E702", "expected 2 numbers behind a word"),
        (7, "W705", "'mara' stands here again"),
        (8, "W704", "the vector of 'three' is not finite"),
        (9, "E701", "expected a word and 2 numbers, got 1 fields"),
    ]


def test_a_number_beyond_32_bits_is_not_finite():
    assert checked("a 1 2\nb 1e39 1\n")[0] == [(2, "W704", "the vector of 'b' is not finite")]


def test_a_header_is_no_vector_and_its_number_is_compared():
    findings, facts = checked("3 2\na 1 2\nb 3 4\n")
    assert (facts.rows, facts.words) == (2, ["a", "b"])
    assert findings == [(1, "W708", "the header promises 3 vectors, the file holds 2")]
    assert checked("2 2\na 1 2\nb 3\n")[0] == [  # a line that is no vector is one of those promised
        (3, "E701", "expected a word and 2 numbers, got 2 fields"),
    ]


def test_the_last_line_without_an_end():
    assert checked("a 1 2\nb 3 4\nc 5 .")[0] == [(3, "W707", "the last line is cut short")]
    assert checked("a 1 2\nb 3 4\nc 5 6")[0] == []


def test_of_each_code_some_are_kept():
    findings = Findings(2)
    check = VectorCheck("v", findings, Everything())
    check.add(b"a 1 2\n" * 12)
    assert findings.counts["v", "W705"] == 11
    assert len(findings.of("v")) == 2


ROWS = st.lists(
    st.sampled_from(["a 1 2", "b 3 4", ". . 5 6", "nan 1 nan", "a 7 8", "", "c 1", "d 1 x", "2 2", "e\t1\t2", "f 1 2 "])
)


@given(ROWS, st.booleans(), st.integers(1, 40))
def test_training_reads_what_has_no_error_and_the_same_words(rows, whole, size):
    content = "".join(f"{row}\n" for row in rows)[: None if whole else -1].encode()
    findings, facts = checked(content, size)
    errors = {code for _, code, _ in findings if code[0] == "E"}
    try:
        words, matrix, report = read_text(io.BytesIO(content), "v")
    except VectorsError:
        assert errors
    else:
        assert errors == (set() if words else {"E703"})  # no words: `load_vectors` refuses them
        assert words == facts.words
        assert [report.duplicates, report.not_finite, report.truncated] == [
            sum(code == wanted for _, code, _ in findings) for wanted in ("W705", "W704", "W707")
        ]


@given(st.binary(max_size=200), st.integers(1, 64))
def test_any_bytes_can_be_checked(content, size):
    checked(content, size)


def test_only_the_first_words_are_used(tmp_path):
    (tmp_path / "v.txt").write_text(GOOD)
    facts = check_vectors(str(tmp_path / "v.txt"), Findings(9), Everything(), limit=3)
    assert (facts.rows, facts.words) == (4, ["mara", "rows", ". . ."])


def test_compressed_files(tmp_path, monkeypatch):
    monkeypatch.setenv("NER_WINDOW_CACHE", str(tmp_path / "cache"))
    (tmp_path / "v.gz").write_bytes(gzip.compress(GOOD.encode()))
    (tmp_path / "cut.gz").write_bytes(gzip.compress(GOOD.encode())[:-4])
    with zipfile.ZipFile(tmp_path / "v.zip", "w") as archive:
        archive.writestr("v.txt", GOOD + "mara 1 2\nmara 1 3\nx nan 1\n")
    findings = Findings(9)
    for name in ("v.gz", "cut.gz", "v.zip"):
        facts = check_vectors(str(tmp_path / name), findings, {"by", "rows"})
        assert facts.words == ["rows", "by"]
    assert [f.code for f in findings.of(str(tmp_path / "v.gz"))] == ["N709"]
    assert [f.code for f in findings.of(str(tmp_path / "cut.gz"))] == ["N709", "E703"]
    assert [(f.line, f.code, f.message) for f in findings.of(str(tmp_path / "v.zip"))] == [
        (5, "W705", "'mara' stands here again; the first vector stays (2 such)"),
        (7, "W704", "the vector of 'x' is not finite; left out"),
    ]


def test_an_archive_that_training_does_not_read(tmp_path, monkeypatch):
    monkeypatch.setenv("NER_WINDOW_CACHE", str(tmp_path / "cache"))
    with zipfile.ZipFile(tmp_path / "v.zip", "w") as archive:
        archive.writestr("v.txt", GOOD + "mara 1\n")
    findings = Findings(9)
    check_vectors(str(tmp_path / "v.zip"), findings, {})
    (finding,) = findings.of(str(tmp_path / "v.zip"))
    assert (finding.code, finding.message.partition(":5: ")[2]) == (
        "E703",
        "expected a word and 2 numbers, got 2 fields: 'mara 1'",
    )


def test_word2vec_binary_is_read_as_training_reads_it(tmp_path, monkeypatch):
    monkeypatch.setenv("NER_WINDOW_CACHE", str(tmp_path / "cache"))
    vectors = ((b"a ", [1, 2]), (b"b ", [0.1, 3]))
    rows = b"".join(word + np.array(numbers, "<f4").tobytes() + b"\n" for word, numbers in vectors)
    (tmp_path / "v.bin").write_bytes(b"2 2\n" + rows)
    (tmp_path / "cut.bin").write_bytes(b"2 2\n" + rows[:-6])
    findings = Findings(9)
    assert check_vectors(str(tmp_path / "v.bin"), findings, {"b"}).words == ["b"]
    assert check_vectors(str(tmp_path / "cut.bin"), findings, {"b"}).words == []
    assert [key[1] for key in findings.counts] == ["E703"]


@pytest.mark.parametrize("name", ["no.txt", "no.kv", "no.zip"])
def test_a_file_that_is_not_there(tmp_path, name):
    with pytest.raises(VectorsError, match=f"{name}: cannot be read: No such file or directory"):
        check_vectors(str(tmp_path / name), Findings(9), ())
