import codecs
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.errors import CorpusError
from ner_window.text import tagged_lines
from ner_window.text.conll import read_corpus
from ner_window.text.line_rules import Layout
from ner_window.text.lines import whole_lines
from ner_window.text.tag_columns import TagColumn
from ner_window.text.tagged_lines import read_tagged_lines, with_column

LINES = [
    *("Mira NN B-PER", "sails  VB  O", "home\tNN\tO", " Malmö NN B-LOC ", "Oslo\tNN NN\tB-LOC"),
    *("-DOCSTART- -X- O", "", " \t", ""),
]
FILES = st.builds(
    lambda lines, mark, ending, last: mark + "".join(line + ending for line in lines) + last,
    *(st.lists(st.sampled_from(LINES), max_size=12), st.sampled_from(["", "\ufeff"]), st.sampled_from(["\n", "\r\n"])),
    st.sampled_from(["", "Mira NN I-PER"]),
)


def read(raw, size=1 << 20, **layout):
    return list(read_tagged_lines(whole_lines(io.BytesIO(raw).read, size), "here.conll", Layout(**layout)))


@given(FILES, st.integers(1, 40))
def test_lines_come_whole_sentences_at_a_time_and_are_what_a_corpus_is(text, size):
    parts = read(text.encode(), size)
    assert b"".join(part.with_tags(part.tokens[:0], []) for part in parts) == text.encode()
    assert [part.first for part in parts] == [1 + sum(len(p) for p in parts[:i]) for i in range(len(parts))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        corpus = read_corpus("-")
    assert [tags for part in parts for tags in part.column.lists()] == [list(s.tags) for s in corpus.sentences]
    found = [part.sentence(i) for part in parts for i in range(len(part.column.lengths))]
    assert [(s.line, s.tags) for s in found] == [(s.line, s.tags) for s in corpus.sentences]


def plain(text, tag):
    """A line with another tag in its last column, by its characters."""
    body = text.rstrip(" ")
    start = max(body.rfind("\t"), body.rfind(" ")) + 1
    return body[:start] + tag + text[len(body) :]


@given(FILES, st.integers(1, 40))
def test_other_tags_leave_all_other_bytes_as_they_are(text, size):
    parts, changed = read(text.encode(), size), b""
    for part in parts:
        tokens = np.arange(len(part.column.ids))
        changed += part.with_tags(tokens, ["E-X-Y"] * len(tokens))
    expected = []
    for line in text.split("\n"):
        token = line.strip(" \t\r\ufeff") and not line.lstrip("\ufeff").startswith("-DOCSTART-")
        body = line.removesuffix("\r")
        expected.append(plain(body, "E-X-Y") + line[len(body) :] if token else line)
    assert changed.decode() == "\n".join(expected)


@pytest.mark.parametrize(
    ("line", "column", "changed"),
    [
        (b"Mira B-PER", -1, b"Mira S-PER"),
        (b"Mira  B-PER  x \r", 1, b"Mira  S-PER  x \r"),
        (b"  B-PER Mira", 0, b"  S-PER Mira"),
        (b"Mira\tB-PER\r", -1, b"Mira\tS-PER\r"),
        (b"a b\tB-PER\t\tx", 1, b"a b\tS-PER\t\tx"),
        (b"a\t\tB-PER", 2, b"a\t\tS-PER"),
        (b"a b\tB-PER", 0, None),
        (b"Mira B-PER", 2, None),
        (b"Mira B-PER", -3, None),
        (b"Mira B-PERS", -1, None),
        (b"", -1, None),
        (b"Mira B-PER", None, None),
    ],
)
def test_a_column_of_a_line_is_replaced_if_it_is_what_it_shall_be(line, column, changed):
    assert with_column(line, column, b"B-PER", b"S-PER") == changed


def test_the_byte_order_mark_is_no_part_of_a_first_column():
    (part,) = read(codecs.BOM_UTF8 + b"B-PER Mira\n", token_column=1, tag_column=0)
    assert part.with_tags(part.column.ids, ["S-PER"]) == codecs.BOM_UTF8 + b"S-PER Mira\n"


def test_a_tag_in_other_bytes_than_the_encoding_has_is_an_error():
    (part,) = read(b"\nMira \x1b(BB-PER\n\n", encoding="iso-2022-jp")  # which begins ASCII anew, in vain
    assert part.column.lists() == [["B-PER"]]
    with pytest.raises(CorpusError) as error:
        part.with_tags(part.column.ids, ["S-PER"])
    assert str(error.value) == (
        "here.conll:2: the tag 'B-PER' is not written as iso-2022-jp writes it; convert the file to UTF-8"
    )


def test_a_sentence_of_many_pieces_is_one():
    text = b"a O\n" * 50 + b"\nb O\n"
    parts = read(text, 7)
    assert [part.column.lengths.tolist() for part in parts] == [[50], [1]]
    assert [part.where(0) for part in parts] == ["here.conll:1", "here.conll:52"]


def test_tags_keep_their_numbers_when_tokens_are_forgotten(monkeypatch):
    monkeypatch.setattr(tagged_lines, "FORMS", 2)
    text = b"".join(b"w%d %s\n\n" % (i, b"B-X" if i % 3 else b"O") for i in range(40))
    parts = read(text, 24)
    assert len(parts) > 10
    assert [tags[0] for part in parts for tags in part.column.lists()] == ["B-X" if i % 3 else "O" for i in range(40)]
    with pytest.raises(CorpusError, match=r"^here\.conll:81: expected 2 columns as in line 1, got 1: 'alone'$"):
        read(text + b"alone", 24)


def test_columns_of_parts_are_columns_of_tags():
    part, last = read(b"a O\n\nb B-X\nc O\n\nd O")
    assert isinstance(part.column, TagColumn)
    assert (part.tokens.tolist(), part.column.lengths.tolist(), part.closed) == ([0, 2, 3], [1, 2], True)
    assert (len(last), last.closed, last.line(0), last.where(0)) == (1, False, 6, "here.conll:6")
