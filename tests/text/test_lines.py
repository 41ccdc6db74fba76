import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.errors import CorpusError
from ner_window.text import line_rules, lines
from ner_window.text.line_rules import BLANK, DOCUMENT, TOKEN, Layout
from ner_window.text.lines import LineTable, split_lines, whole_lines


def test_each_distinct_line_has_a_number_and_is_read_once(monkeypatch):
    table = LineTable(Layout(), "here.conll")
    read = []
    add = table._add
    monkeypatch.setattr(table, "_add", lambda key, *more: read.append(key) or add(key, *more))
    assert table.ids([b"-DOCSTART- O", b"", b"Mira B-PER", b"", b"Mira B-PER", b"Mira O"]).tolist() == [
        0,
        1,
        2,
        1,
        2,
        3,
    ]
    assert table.ids([b"Mira O", b"-DOCSTART- O"]).tolist() == [3, 4]  # the first line of a file is one of its own
    assert table.ids([]).tolist() == []
    assert read == [b"\n-DOCSTART- O", b"", b"Mira B-PER", b"Mira O", b"-DOCSTART- O"]
    assert table.kind.tolist() == [DOCUMENT, BLANK, TOKEN, TOKEN, DOCUMENT]
    assert table.form.tolist() == [-1, -1, 0, 0, -1]
    assert table.tag.tolist() == [-1, -1, 0, 1, -1]
    assert (table.forms, table.tags, table.read) == (["Mira"], ["B-PER", "O"], 8)


PARTS = st.sampled_from(
    [
        b"Mira",
        b"O",
        b"B-PER",
        b" ",
        b"  ",
        b"\t",
        b"\r",
        b"-DOCSTART-",
        b"\xef\xbb\xbf",
        "é".encode(),
        b"\xe9",
        b"\0",
        b"\x85",
    ]
)
LINES = st.one_of(
    st.sampled_from([b"Mira O", b"Mira\tO", b"Oslo B-LOC", b"", "Ås O".encode(), b"-DOCSTART- O", b"a b\tO", b"Mira"]),
    st.lists(PARTS, max_size=5).map(b"".join),
)
LAYOUTS = st.sampled_from([Layout(), Layout(tag_column=None), Layout(1, 0), Layout(encoding="latin-1"), Layout(0, 1)])


@given(st.lists(st.lists(LINES, max_size=8), max_size=3), LAYOUTS)
def test_lines_that_are_read_together_are_as_if_each_were_read_alone(pieces, layout):
    together, alone = LineTable(layout, "here"), LineTable(layout, "here")
    alone._learn = lambda new: None
    for piece in pieces:
        found = []
        for table in (together, alone):
            try:
                found.append(table.ids(piece).tolist())
            except CorpusError as error:
                found.append(str(error))
        assert found[0] == found[1]
        assert list(together.items()) == list(alone.items())
        assert (together.forms, together.tags, together.read) == (alone.forms, alone.tags, alone.read)
        for name in ("kind", "form", "tag"):
            assert getattr(together, name).tolist() == getattr(alone, name).tolist()
        if isinstance(found[0], str):
            return


def test_most_lines_are_read_together(monkeypatch):
    table = LineTable(Layout(), "here.conll")
    table.ids([b"Mira O"])
    monkeypatch.setattr(line_rules.LineReader, "read", None)  # is not asked
    assert table.ids([b"sails O", "Ås B-LOC".encode(), b"Mira O", b"sails O"]).tolist() == [1, 2, 3, 1]
    assert table.forms == ["Mira", "sails", "Ås"]


def test_without_a_column_of_tags_there_are_none():
    table = LineTable(Layout(tag_column=None), "here.conll")
    assert table.ids([b"Mira", b"sails"]).tolist() == [0, 1]
    assert (table.form.tolist(), table.tag.tolist(), table.tags) == ([0, 1], [-1, -1], [])


def test_a_full_table_begins_anew_and_keeps_the_numbers_of_forms_and_tags(monkeypatch):
    monkeypatch.setattr(lines, "BOUND", 2)
    table = LineTable(Layout(), "here.conll")
    table.ids([b"a O", b"b O", b"c B-X"])
    assert table.ids([b"c B-X", b"d O", b"c B-X"]).tolist() == [0, 1, 0]
    assert (table.form.tolist(), table.tag.tolist(), table.forms) == ([2, 3], [1, 0], ["a", "b", "c", "d"])
    assert len(table) == 2


@pytest.mark.parametrize("before", [0, 1, 5])
def test_a_flaw_is_told_with_its_own_line_and_that_of_the_first_token(before):
    table = LineTable(Layout(), "here.conll")
    table.ids([b""] * before)
    table.ids([b"", b"Mira NN O", b"sails VB O"])
    with pytest.raises(CorpusError) as error:
        table.ids([b"", b"Mira NN O", b"home O", b"alone", b"home O"])
    place, first = before + 3 + 3, before + 2
    assert str(error.value) == f"here.conll:{place}: expected 3 columns as in line {first}, got 2: 'home O'"


def test_the_first_token_line_may_stand_before_a_flaw_in_one_piece():
    table = LineTable(Layout(), "here.conll")
    with pytest.raises(CorpusError, match=r"^here\.conll:4: expected 2 columns as in line 2, got 1: 'alone'$"):
        table.ids([b"", b"Mira O", b"", b"alone"])


@given(st.binary(max_size=60).map(lambda raw: raw.replace(b"a", b"\n")), st.integers(1, 20))
def test_pieces_end_where_lines_end_and_lose_nothing(raw, size):
    pieces = list(whole_lines(io.BytesIO(raw).read, size))
    assert b"".join(pieces) == raw
    assert all(pieces)
    assert all(piece.endswith(b"\n") for piece in pieces[:-1])
    found = [line for piece in pieces for line in split_lines(piece)]
    assert found == [line.removesuffix(b"\n") for line in io.BytesIO(raw)]


def test_lines_come_as_soon_as_they_are_there():
    pieces = iter([b"Mira O\nsai", b"ls", b" O\n", b"", b"never asked for"])
    found = whole_lines(lambda size: next(pieces))
    assert next(found) == b"Mira O\n"
    assert list(found) == [b"sails O\n"]
    assert next(pieces) == b"never asked for"


def test_a_line_without_an_end_is_refused_with_its_place(monkeypatch):
    monkeypatch.setattr(lines, "LONGEST", 10)
    raw = b"a O\n" * 3 + b"x" * 11 + b"\na O\n"
    for size in (1, 3, 7):
        with pytest.raises(CorpusError, match=r"^a\.conll:5: a line of more than 0 MB, got b'x"):
            list(whole_lines(io.BytesIO(raw).read, size, "a.conll", 1))
    fine = b"x" * 10 + b"\n" + b"y" * 10
    assert b"".join(whole_lines(io.BytesIO(fine).read, 3)) == fine
