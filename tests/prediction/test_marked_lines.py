from collections import Counter

import pytest

from ner_window.errors import CorpusError
from ner_window.prediction.documents import Parts
from ner_window.prediction.marked_lines import MARKS, MarkedLines, between, mark_of, read_lines
from ner_window.text.line_rules import Layout

LAYOUT = Layout(tag_column=None)


def marked(content):
    lines, error = MarkedLines(LAYOUT, "here").lines(content)
    assert error is None
    return lines


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"Oslo\tx", ("\t", "\n")),
        (b"Oslo x", (" ", "\n")),
        (b"Oslo", (" ", "\n")),
        (b"Oslo x ", ("", "\n")),
        (b"Oslo\tx ", ("\t", "\n")),
        (b"Oslo x\r", (" ", "\r\n")),
        (b"Oslo x \r", ("", "\r\n")),
    ],
)
def test_a_mark_is_what_a_column_stands_between(line, expected):
    assert between(mark_of(line)) == expected


def test_all_marks_are_different():
    assert len({between(mark) for mark in range(MARKS)}) == MARKS


def test_what_ends_a_line_is_in_its_mark():
    lines = marked(b"Oslo x\r\n\r\n\nis y\r")
    assert lines.raw == [b"Oslo x", b"", b"", b"is y"]
    assert [between(mark)[1] for mark in lines.mark.tolist()] == ["\r\n", "\r\n", "\n", "\r"]
    assert between(marked(b"Oslo x").mark[0]) == (" ", "")


def test_sentences_are_runs_of_lines_with_tokens():
    lines = marked(b"\nOslo\nis\n\n-DOCSTART-\nBerlin\n\nOslo\nis\nbig")
    starts, lengths = lines.sentences
    assert (starts.tolist(), lengths.tolist()) == ([1, 5, 7], [2, 1, 3])
    assert lines.whole == 7  # the last sentence may go on
    text = lines[5:].text()
    assert [(text.forms[i]) for i in text.ids] == ["Berlin", "Oslo", "is", "big"]
    assert sorted(text.forms) == ["Berlin", "Oslo", "big", "is"]
    assert text.lengths.tolist() == [1, 3]
    assert marked(b"\n").text().lengths.tolist() == []


def test_lines_that_were_numbered_in_two_tables_are_numbered_anew():
    both = marked(b"\nOslo\n") + marked(b"is\nOslo\n\n")
    assert [both.forms[i] if i >= 0 else None for i in both.form.tolist()] == [None, "Oslo", "is", "Oslo", None]
    assert list(both.text().sentences()) == [("Oslo", "is", "Oslo")]


def test_lines_have_the_numbers_of_their_documents():
    parts = Parts("here", Counter())
    first = marked(b"Oslo\n\n-DOCSTART-\n\nis\n\n").numbered(parts)
    assert first.document.tolist() == [0, 0, 1, 1, 1, 1]
    second = marked(b"\nbig\n\n-DOCSTART-\n-DOCSTART-\n").numbered(parts)
    assert second.document.tolist() == [1, 1, 1, 2, 3]
    assert (first + second).text().documents.tolist() == [0, 1, 1]


def test_the_rest_of_a_stream_is_read_as_its_beginning_was():
    table = MarkedLines(LAYOUT, "here")
    table.lines(b"Oslo x\n\n")
    fresh = table.anew()
    assert (len(fresh), fresh.forms) == (0, [])
    lines, error = fresh.lines(b"\xef\xbb\xbfis y\nbig\n")  # a mark that is no longer at the beginning is text
    assert (lines.raw, fresh.forms) == ([b"\xef\xbb\xbfis y"], ["\ufeffis"])
    assert str(error) == "here:4: expected 2 columns as in line 1, got 1: 'big'"


def test_many_pieces_without_an_end_are_one_sentence():
    pieces = [b"w%d x\n" % i for i in range(99)]
    (lines,) = read_lines(pieces, "here", LAYOUT)
    assert b"".join(line + b"\n" for line in lines.raw) == b"".join(pieces)
    assert lines.text().lengths.tolist() == [99]
    assert list(read_lines([], "here", LAYOUT)) == []


def test_a_line_that_cannot_be_read_comes_after_the_sentences_before_it():
    reading = read_lines([b"Oslo x\n", b"\nis y\n\nbig z\n", b"so\n"], "here", LAYOUT)
    assert next(reading).raw == [b"Oslo x", b"", b"is y", b""]
    with pytest.raises(CorpusError, match=r"here:6: expected 2 columns as in line 1, got 1: 'so'"):
        next(reading)
