import pytest

from ner_window.errors import CorpusError
from ner_window.text.line_rules import BLANK, DOCUMENT, TOKEN, Layout, LineReader, decode_line, split_columns


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("Mira B-PER", ["Mira", "B-PER"]),
        ("  Mira   B-PER ", ["Mira", "B-PER"]),
        ("New York\tB-LOC", ["New York", "B-LOC"]),
        ("\t", ["", ""]),
        ("10\u00a0000 O", ["10\u00a0000", "O"]),
        ("", []),
    ],
)
def test_columns_are_cut_at_tabs_or_at_spaces(text, columns):
    assert split_columns(text) == columns


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r", ""])
def test_a_line_is_its_text_and_its_ending(ending):
    assert decode_line(b"Mira O" + ending.encode(), "here:1", "utf-8", first=False) == ("Mira O", ending)


def test_what_a_line_is_and_its_columns():
    reader = LineReader("here.conll", Layout())
    assert reader.read(1, b"\xef\xbb\xbfMira NN O\n") == (TOKEN, ("\ufeffMira NN O", "\n"), ["Mira", "NN", "O"])
    assert reader.read(2, b" \t\r\n") == (BLANK, (" \t", "\r\n"), [])
    assert reader.read(3, b"-DOCSTART-") == (DOCUMENT, ("-DOCSTART-", ""), [])
    assert reader.token_and_tag(["Mira", "NN", "O"]) == ("Mira", "O")
    assert (reader.width, reader.first) == (3, 1)
    with pytest.raises(CorpusError, match=r"^here\.conll:9: expected 3 columns as in line 1, got 2: 'sails O'$"):
        reader.read(9, b"sails O\n")


@pytest.mark.parametrize(
    ("layout", "needed"), [(Layout(), 2), (Layout(0, -2), 2), (Layout(1, -1), 2), (Layout(0, 3), 4), (Layout(-3, 0), 3)]
)
def test_a_layout_needs_so_many_columns(layout, needed):
    reader = LineReader("here.conll", layout)
    with pytest.raises(CorpusError, match=f"^here.conll:1: expected at least {needed} columns, got {needed - 1}: 'x"):
        reader.read(1, b"x " * (needed - 1))
    assert reader.read(2, b"x " * needed)[2] == ["x"] * needed


def test_without_tags_the_token_stands_alone():
    assert LineReader("here.conll", Layout(1, None)).token_and_tag(["1", "Mira"]) == ("Mira", None)


@pytest.mark.parametrize(
    ("encoding", "message"),
    [
        ("klingon", "no such encoding"),
        ("a\0b", "no such encoding"),
        ("rot13", "no such encoding"),  # from text to text
        ("hex", "no such encoding"),
        *((name, "single bytes") for name in ("utf-16", "utf-32", "cp037", "idna", "punycode", "utf-8-sig")),
        *(
            (name, "line end in other bytes")
            for name in ("utf-7", "UTF7", "hz", "raw_unicode_escape", "unicode_escape")
        ),
        ("undefined", "single bytes"),
    ],
)
def test_unusable_encodings_are_refused(encoding, message):
    with pytest.raises(CorpusError, match=message):
        LineReader("here.conll", Layout(encoding=encoding))
