import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.errors import MissingExtraError
from ner_window.text import tokenizer
from ner_window.text.tokenizer import tokenize

PROSE = st.lists(
    st.sampled_from(
        ["Mira", "Dr.", "U.S.", "sails", '"', "''", "``", "'s", "(", ")", ".", "!", "?", " ", "\n", "can't"]
    )
).map("".join)


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
