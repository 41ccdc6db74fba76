import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.checks.findings import Defect
from ner_window.checks.line_checks import (
    CRLF,
    NOT_UTF8,
    SPACES,
    TABS,
    UTF8,
    Expected,
    at_tag,
    check_line,
    offset,
)
from ner_window.text.line_rules import BLANK, DOCUMENT, TOKEN, Layout, split_columns

TWO = Expected(Layout(), 2, 1, True)
FOUR = Expected(Layout(), 4, 7, True)


def wrong(raw, expected=FOUR):
    """The defects of a line: code, column, and the fix."""
    return [(defect.code, defect.column, defect.fix) for defect in check_line(raw, expected).defects]


def test_a_line_without_defects():
    assert check_line(b"Mara B-PER", TWO) == (TOKEN, "Mara", "B-PER", SPACES, ())
    assert check_line(b"Mara\tB-PER\r", TWO) == (TOKEN, "Mara", "B-PER", TABS | CRLF, ())
    assert check_line("Jürgen O".encode(), TWO) == (TOKEN, "Jürgen", "O", SPACES | UTF8, ())
    assert check_line(b" \t", TWO).kind == BLANK
    assert check_line(b"\r", TWO) == (BLANK, "", None, CRLF, ())
    assert check_line(b"-DOCSTART- -X- -X- O", TWO).kind == DOCUMENT


def test_a_column_is_missing_or_too_many():
    add, remove = "add what is missing, or delete the line", "remove the space or tab inside a column"
    assert wrong(b"rejects VBZ I-VP") == [("E101", 17, add)]
    assert wrong(b"New York NNP I-NP B-LOC") == [("E102", 19, remove)]  # B-LOC begins at character 19
    assert check_line(b"a b c", FOUR).defects[0].message == "column missing: expected 4 as in line 7, got 3"


def test_what_a_line_with_a_wrong_number_of_columns_may_be():
    assert wrong(b"# a comment") == [("E101", 12, "delete the line if it is a comment: CoNLL has none")]
    assert wrong("\u200b".encode()) == [("E101", 2, "make it a blank line: it holds only invisible characters")]
    assert wrong("EU\u00a0NNP I-NP B-ORG".encode())[0][2] == "replace the no-break space U+00A0 by a space"
    assert wrong(b"<<<<<<< HEAD")[0][0] == wrong(b"=======")[0][0] == wrong(b">>>>>>> x y")[0][0] == "E106"


def test_the_fix_of_an_empty_column_is_not_that_of_a_no_break_space():
    assert wrong(b"call\t\tO", TWO) == [("E102", 7, "delete a tab: column 1 is empty")]
    assert wrong("a\xa0O".encode(), TWO) == [("E101", 4, "replace the no-break space U+00A0 by a space")]


def test_the_column_of_a_tag_that_is_none():
    assert wrong(b"EU  NNP I-NP  0") == [("E302", 15, "write 'O'")]
    layout = Expected(Layout(2, 0), 3, 1, True)
    assert wrong(b"b-PER\tX\tMara", layout) == [("E305", 1, "write 'B-PER'")]


def test_the_column_of_a_character_counts_from_the_beginning_of_the_line():
    layout = Expected(Layout(1, 2), 3, 1, True)
    assert wrong("X\tca\u00adt\tO".encode(), layout)[0][:2] == ("W207", 5)


def test_an_empty_column_is_told_of_token_and_tag_alone():
    assert [w[:2] for w in wrong(b"\tX\tI-NP\tO")] == [("E103", 1)]
    assert [w[:2] for w in wrong(b"a\tX\tI-NP\t ")] == [("E103", 10)]
    assert wrong(b"a\t\t\tO") == []


def test_a_line_that_is_not_of_the_encoding():
    facts = check_line(b"J\xfcrgen B-PER", TWO)
    assert facts.marks == SPACES | NOT_UTF8
    assert facts.tag == "B-PER"
    (defect,) = facts.defects  # and nothing of the character that replaces the byte
    assert defect == Defect(
        "E201",
        2,
        "byte 2 is not utf-8, got b'\\xfc'",
        "set the encoding, as windows-1252 it reads 'Jürgen B-PER', or convert the file",
    )


def test_a_mark_inside_a_file_shifts_the_columns():
    assert wrong("\ufeffMara 0".encode(), TWO) == [
        ("E204", 1, "remove it: the files were joined"),
        ("E302", 7, "write 'O'"),
    ]


def test_of_a_line_without_common_columns_only_the_token_is_taken():
    assert check_line(b"a b c 0", Expected(Layout(), 0, 1, False)) == (TOKEN, "a", None, SPACES, ())


@pytest.mark.parametrize(
    ("text", "number", "place"),
    [
        ("a b  c", 2, 5),
        ("  a b", 0, 2),
        ("a\tb\tc", 1, 2),
        ("aa a a", -1, 5),
        ("a\t\tc", 1, 2),
        ("\tb", 1, 1),
        ("\tb", 0, 0),
    ],
)
def test_where_a_column_begins(text, number, place):
    assert offset(text, split_columns(text), number) == place


@given(st.text(" \tab", min_size=1), st.integers(0, 3))
def test_a_column_stands_where_it_begins(text, number):
    columns = split_columns(text)
    if number < len(columns) and columns[number].strip():
        assert text[offset(text, columns, number) :].startswith(columns[number])


def test_the_column_of_the_tag_is_found_for_defects_that_ask_for_it():
    defect = Defect("E401", 0, "", "")
    assert at_tag(defect, "Mara X B-PER", Layout()).column == 8
    assert at_tag(defect, "Mara X B-PER", Layout(0, 5)).column == 1
    assert at_tag(defect, "", Layout()).column == 1
    assert at_tag(defect._replace(column=3), "Mara B-PER", Layout()).column == 3
