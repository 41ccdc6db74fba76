import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner_window.errors import MissingExtraError
from ner_window.text import tokenizer
from ner_window.text.tokenizer import _cut, _word_tokenizer, _words, _words_at_once, tokenize

PROSE = st.lists(
    st.sampled_from(
        ["Mira", "Dr.", "U.S.", "sails", '"', "''", "``", "'s", "(", ")", ".", "!", "?", " ", "\n", "can't"]
    )
).map("".join)

#: Pieces of text that NLTK's rules are about, with and without spaces between them.
PIECES = st.sampled_from(
    [
        *(
            "Mira",
            "a",
            "U.S",
            "3.5",
            "1,000",
            "O'Hara",
            "Tove's",
            "can",
            "not",
            "cannot",
            "Wanna",
            "g\u0131mme",
            "d'ye",
        ),
        *(
            "more'n",
            "'tis",
            "'s",
            "n't",
            "'LL",
            "'",
            '"',
            "''",
            "``",
            "`",
            "(",
            ")",
            "[",
            "]",
            "<",
            ">",
            "{",
            "}",
            "--",
        ),
        *(
            "-",
            "...",
            ".",
            ",",
            ":",
            ";",
            "?",
            "!",
            "$",
            "%",
            "&",
            "*",
            "@",
            "#",
            "/",
            "\u2014",
            "\u201c",
            "\u201d",
            "\u2019",
        ),
        *(
            "\u00ab",
            "\u00bb",
            "\u2026",
            "\u00b2",
            "\u0663",
            "\u00e9",
            "e\u0301",
            "\u180e",
            "\u200b",
            "\u00a0",
            "\t",
            "\x1c",
            "\r",
        ),
    ]
)
SENTENCES = st.lists(PIECES | st.just(" ") | st.text("aA1.,'\" ", max_size=4), max_size=12).map("".join)


def tokens(text):
    return [[text[a:b] for a, b in spans] for spans in tokenize(text)]


@given(st.text() | PROSE)
def test_spans_are_ascending_apart_and_hold_no_line_end(text):
    end_before = 0
    for spans in tokenize(text):
        assert spans
        for start, end in spans:
            assert end_before <= start < end <= len(text)
            assert "\n" not in text[start:end]
            end_before = end


@given(PROSE)
def test_no_character_but_white_space_is_lost(text):
    assert "".join(token for sentence in tokens(text) for token in sentence).split() == (
        ["".join(text.split())] if text.split() else []
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\n ", []),
        ("Mira sails.", [["Mira", "sails", "."]]),
        ("Mira sails. Tove waits.", [["Mira", "sails", "."], ["Tove", "waits", "."]]),
        ("Is it far? No! Go.", [["Is", "it", "far", "?"], ["No", "!"], ["Go", "."]]),
        ("Mira sails\nhome", [["Mira", "sails"], ["home"]]),
        ("Mira can't sail.", [["Mira", "ca", "n't", "sail", "."]]),
        ("A. )", [["A", ".", ")"]]),
    ],
)
def test_sentences_and_tokens(text, expected):
    assert tokens(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Dr. Voss met Mira.",
        "Gov. Lind spoke.",
        "The U.S. Navy sailed.",
        "J. K. Lind wrote.",
        "On Aug. 12 it rained.",
        "She met (Mr. Lind) there.",
        "It rose 2.5 points.",
        "He left at 5 p.m. Monday.",
    ],
)
def test_abbreviations_do_not_end_a_sentence(text):
    assert len(tokens(text)) == 1


@pytest.mark.parametrize("text", ['He said "Go." Mira went.', "It rained (hard.) Mira went.", "He left. 12 stayed."])
def test_a_sentence_ends_after_quotes_and_before_digits(text):
    assert len(tokens(text)) == 2


def test_marks_without_end_are_gone_through_once(monkeypatch):
    # Looked for at each of the dots, the end of a sentence would take billions of steps.
    monkeypatch.setattr(tokenizer, "_words", lambda sentence, start: [(start, start + len(sentence))])
    (((start, end),),) = tokenize("." * 100_000)
    assert (start, end) == (0, 100_000)
    sentences = list(tokenize("Mr. Ab " * 200_000))  # an abbreviation in each place: one sentence
    assert len(sentences) == 1


def test_scipy_is_not_imported_and_nltk_stays_whole():
    code = (
        "import sys; from ner_window.text.tokenizer import tokenize; list(tokenize('Mira sails.'));"
        "print([m for m in sys.modules if m.split('.')[0] in ('scipy', 'nltk')])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_without_nltk_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(tokenizer.importlib.machinery.PathFinder, "find_spec", lambda *args: None)
    for name in [name for name in sys.modules if name.split(".")[0] == "nltk"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(MissingExtraError, match="text"):
        tokenizer._word_tokenizer.__wrapped__()


@settings(max_examples=200)
@given(SENTENCES | st.text(st.characters(exclude_characters="\n")))
def test_spans_are_those_that_nltk_gives_of_the_whole_sentence(sentence):
    assert _words(sentence, 0) == _words_at_once(sentence, 0)


@settings(max_examples=200)
@given(st.lists(PIECES, min_size=1, max_size=4).map("".join), SENTENCES, SENTENCES)
def test_a_piece_is_cut_alike_between_any_others(piece, before, after):
    assert _words(f"{before} {piece} {after}", 7) == _words_at_once(f"{before} {piece} {after}", 7)


@pytest.mark.parametrize(
    ("piece", "expected"),
    [
        ("Mira", ["Mira"]),
        ("all-round", ["all-round"]),
        ("Dr.", ["Dr."]),
        ("1,000.5", ["1,000.5"]),
        ("(Oslo),", ["(", "Oslo", ")", ","]),
        ("\"Tove's", ['"', "Tove", "'s"]),
        ("O'Hara", ["O'Hara"]),
        ("$3.88", ["$", "3.88"]),
        ("45%", ["45", "%"]),
        ("cannot", ["can", "not"]),
        ("a\tb", None),  # white space within
        ("'''", ["''", "'"]),
    ],
)
def test_a_piece_within_a_sentence(piece, expected):
    spans = _cut(piece)
    assert expected == (spans and [piece[a:b] for a, b in spans])


def test_plain_pieces_are_not_asked_of_nltk(monkeypatch):
    monkeypatch.setattr(type(_word_tokenizer()), "tokenize", lambda *args: pytest.fail("asked"))
    _cut.cache_clear()
    assert len(_words('Ana said: "Tove\'s boat (the U.S. one), at 3:15 p.m., cost $1,000."', 0)) == 22


def test_a_giant_piece_is_not_remembered():
    _cut.cache_clear()
    assert _words("a " + "b" * 1000 + " c", 0) == [(0, 1), (2, 1002), (1003, 1004)]
    assert _cut.cache_info().currsize == 2


@settings(max_examples=50)
@given(SENTENCES.map(lambda sentence: sentence.replace("\n", " ")), st.integers(0, 9))
def test_a_sentence_too_long_for_nltk_is_cut_piece_by_piece(sentence, longest):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokenizer, "_AT_ONCE", longest)
        spans = _words(sentence, 3)
    ends = [3, *(end for _, end in spans)]
    for (start, end), before in zip(spans, ends, strict=False):
        assert before <= start < end
        assert not sentence[before - 3 : start - 3].strip()
        assert sentence[start - 3 : end - 3].split() == [sentence[start - 3 : end - 3]]
    assert not sentence[ends[-1] - 3 :].strip()


def test_a_sentence_of_plain_pieces_may_be_of_any_length(monkeypatch):
    sentence = "Mira (she can't sail) met \"Tove's\" crew, https://example.org/" + "a" * 60 + " twice."
    expected = _words_at_once(sentence, 0)
    monkeypatch.setattr(tokenizer, "_AT_ONCE", len(sentence) - 1)
    assert _words(sentence, 0) == expected
