import bz2
import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.checks import corpus_file
from ner_window.checks.corpus_file import CorpusCheck, check_corpus
from ner_window.checks.findings import Findings
from ner_window.errors import CorpusError, NerWindowError
from ner_window.text.labelled import read_labelled
from ner_window.text.line_rules import Layout

MANY = """-DOCSTART- -X- O

Mara NNP B-PER
rows VBZ
to TO O
Oslo NNP B_LOC

Lind NNP I-PER
sees VBZ 0
"""


def checked(pieces, layout=None, limit=100, scheme="auto"):
    """Check pieces of whole lines; return findings as line, column, code, and facts."""
    findings = Findings(limit)
    check = CorpusCheck("f", layout or Layout(), findings, words=True)
    for piece in pieces:
        if not check.add(piece):
            break
    facts = check.finish(scheme, learned_from=True, repaired=False)
    return [(f.line, f.column, f.code) for f in findings.of("f")], facts, findings


def test_one_bad_line_is_one_finding_and_the_rest_goes_on():
    found, facts, findings = checked([MANY.encode()])
    assert found == [
        (4, 9, "E101"),  # behind the end of the line
        (6, 10, "E303"),
        (8, 10, "E401"),
        (9, 10, "E302"),
    ]
    assert (facts.lines, facts.tokens, len(facts.lengths), facts.documents) == (9, 6, 2, 1)
    assert findings.of("f")[0].text == "rows VBZ"


LINES = st.lists(
    st.sampled_from(
        [
            *(b"Mara B-PER", b"Lind I-PER", b"rows O", b"Oslo B-LOC", b"", b"", b"-DOCSTART- O", b"short", b"a b c"),
            *(
                b"x 0",
                b"\xff O",
                b"t\tO",
                b"nb\xc2\xa0sp O",
                b"cr\r",
                b"\r",
                b"in\rside O",
                b"\xef\xbb\xbfbom O",
                b"\t",
            ),
        ]
    ),
    max_size=14,
)


@given(LINES, st.booleans(), st.data())
def test_pieces_make_no_difference(lines, ended, data):
    content = b"\n".join(lines) + b"\n" * ended
    ends = [i + 1 for i, byte in enumerate(content) if byte == 10] + [len(content)]
    cuts = sorted(set(data.draw(st.lists(st.sampled_from(ends)))) | {0, len(content)})
    pieces = [content[a:b] for a, b in zip(cuts, cuts[1:], strict=False) if content[a:b]]
    whole, parts = checked([content] if content else []), checked(pieces)
    if {code for _, _, code in whole[0] + parts[0]} & {"E101", "E102", "E104", "E105", "E307"}:
        return  # what most lines are like is learned from the first piece
    assert whole[0] == parts[0]
    assert whole[1].lengths.tolist() == parts[1].lengths.tolist()
    assert whole[1].hashes.tolist() == parts[1].hashes.tolist()
    assert whole[1].tags == parts[1].tags
    assert whole[1].words == parts[1].words


@given(LINES, st.booleans())
def test_what_training_refuses_has_an_error_and_what_it_reads_is_read_alike(tmp_path_factory, lines, ended):
    path = tmp_path_factory.mktemp("c") / "c.conll"
    path.write_bytes(b"\n".join(lines) + b"\n" * ended)
    findings = Findings(100)
    facts = check_corpus(path, Layout(), findings)
    errors = findings.total("error")
    try:
        read = read_labelled(path, Layout())
    except NerWindowError:
        assert errors
    else:
        assert {code for _, code in findings.counts if code[0] == "E"} <= {"E202", "E203", "E204"}
        assert facts.scheme is read.scheme
        assert facts.entities == dict(read.entities.by_type())
        assert facts.first_lines.tolist() == read.corpus.first_lines.tolist()
        assert facts.lengths.tolist() == read.text.lengths.tolist()
        assert facts.documents == read.corpus.documents


LAYOUTS = st.builds(
    Layout,
    st.integers(-3, 3),
    st.integers(-3, 3),
    st.sampled_from(["utf-8", "iso-8859-1", "cp1252", "ascii", "shift_jis", "iso-2022-jp", "gb18030"]),
)


@given(st.lists(st.binary(max_size=40), max_size=8), LAYOUTS, st.sampled_from(["auto", "IOB2", "BIOES"]))
def test_any_bytes_can_be_checked(pieces, layout, scheme):
    _, facts, findings = checked([piece + b"\n" for piece in pieces], layout, scheme=scheme)
    for finding in findings.of("f"):
        assert 1 <= finding.line <= facts.lines + 1
        assert finding.column >= 1
        finding.text.encode("utf-8")


def test_a_sentence_that_is_too_long_is_looked_at_in_parts(monkeypatch):
    monkeypatch.setattr(corpus_file, "LONGEST_SENTENCE", 10)
    lines = ["x O\n", "Mara B-PER\n", "Lind I-PER\n"] * 20
    pieces = ["".join(lines[i : i + 7]).encode() for i in range(0, 60, 7)]
    found, facts, _ = checked(pieces)
    assert found == []
    assert facts.lengths.tolist() == [60]
    assert facts.first_lines.tolist() == [1]
    assert facts.entities == {"PER": 20}


def test_a_sentence_all_of_one_entity_is_cut_anywhere(monkeypatch):
    monkeypatch.setattr(corpus_file, "LONGEST_SENTENCE", 10)
    _, facts, _ = checked([b"Mara I-PER\n" * 7] * 4)
    assert facts.lengths.tolist() == [28]


def test_the_table_of_lines_begins_anew(monkeypatch):
    monkeypatch.setattr("ner_window.checks.line_table.BOUND", 3)
    pieces = [b"a B-X\nb I-X\nc O\nd O\n\n", b"a B-X\nb I-X\ne 0\nf O\n\n", b"a B-X\n"]
    found, facts, _ = checked(pieces)
    assert found == [(8, 3, "E302")]
    assert facts.words == {("a", "X"): 3, ("b", "X"): 2, ("c", ""): 1, ("d", ""): 1, ("e", ""): 1, ("f", ""): 1}
    assert facts.tags == {"B-X": (3, 1), "I-X": (2, 2), "O": (3, 3)}


def test_the_text_of_a_long_line_is_what_is_around_the_column():
    line = "w" * 500 + "\u00a0" + "v" * 500 + " O\n"
    _, _, findings = checked([f"a O\n{line}".encode()])
    (finding,) = (f for f in findings.of("f") if f.code == "W206")
    assert finding.column == 501
    assert "\u00a0" in finding.text
    assert len(finding.text) == corpus_file.SHOWN


def test_compressed_files_are_read_as_what_is_in_them(tmp_path):
    content = MANY.encode()
    for name, packed in (("a.gz", gzip.compress(content)), ("a.bz2", bz2.compress(content))):
        (tmp_path / name).write_bytes(packed)
        findings = Findings(9)
        assert check_corpus(tmp_path / name, Layout(), findings).tokens == 6
        assert findings.total("error") == 4


def test_of_a_damaged_file_what_can_be_read_is_checked(tmp_path):
    generator = np.random.default_rng(3)
    content = "".join(f"{word} 0\n" for word in generator.integers(0, 10**9, 20_000)).encode()
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(content)[:-20_000])
    findings = Findings(2)
    facts = check_corpus(path, Layout(), findings)
    assert findings.counts[str(path), "E002"] == 1
    assert findings.counts[str(path), "E302"] == facts.lines > 2_000


def test_a_file_that_cannot_be_opened(tmp_path):
    with pytest.raises(CorpusError, match="none.conll: cannot be read: No such file or directory"):
        check_corpus(tmp_path / "none.conll", Layout(), Findings(9))


def test_an_encoding_that_does_not_exist(tmp_path):
    with pytest.raises(CorpusError, match="encoding: no such encoding, got 'utf-9'"):
        check_corpus(tmp_path / "none.conll", Layout(encoding="utf-9"), Findings(9))


@given(LINES, st.integers(1, 3))
def test_all_are_counted_however_few_are_kept(lines, limit):
    pieces = [line + b"\n" for line in lines]
    few, many = (
        checked([b"".join(pieces[:7]), b"".join(pieces[7:])], limit=limit),
        checked([b"".join(pieces[:7]), b"".join(pieces[7:])]),
    )
    assert few[2].counts == many[2].counts
    kept = few[2].of("f")
    for code in {finding.code for finding in kept}:
        lines_of = [line for line, _, other in many[0] if other == code]
        assert len([finding for finding in kept if finding.code == code]) == min(limit, len(lines_of))


def test_a_file_of_nothing_but_a_byte_order_mark():
    assert [code for _, _, code in checked([b"\xef\xbb\xbf"])[0]] == ["E001", "N205"]


def test_a_nul_byte_is_told_with_its_line_and_hides_nothing():
    text = b"Oslo B-LOC\n" * 9 + b"Os\0lo B-LOC\nis 0\n"
    assert checked([text])[0] == [(10, 3, "W207"), (11, 4, "E302")]
    assert checked(["Oslo O\n".encode("utf-16-le")])[0] == [(1, 1, "E003")]


@pytest.mark.parametrize("cut", [0, 12, 18, 19])
def test_a_last_line_without_an_ending_has_not_another_one(cut):
    for text, mixed in (
        (b"Oslo B-LOC\r\nis O\r\nbig O", False),
        (b"Oslo B-LOC\nis O\nbig O", False),
        (b"Oslo B-LOC\r\nis O\nbig O", True),
    ):
        cut = text.rfind(b"\n", 0, cut) + 1
        codes = [code for _, _, code in checked([piece for piece in (text[:cut], text[cut:]) if piece])[0]]
        assert ("W111" in codes) == mixed
