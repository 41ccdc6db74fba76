import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.text import vocabulary
from ner_window.text.features import case
from ner_window.text.vocabulary import FALLBACKS, PAD, UNKNOWN, Vocabulary

WORDS = ["the", "Oslo", "oslo", "0000", "b-00", "A00"]


@pytest.mark.parametrize(
    ("token", "found", "how"),
    [
        ("the", "the", "exact"),
        ("Oslo", "Oslo", "exact"),
        ("OSLO", "oslo", "lower case"),
        ("The", "the", "lower case"),
        ("1987", "0000", "digits folded"),
        ("0000", "0000", "exact"),
        ("B-52", "b-00", "digits folded"),
        ("A47", "<unknown>", "unknown"),
        ("harbour", "<unknown>", "unknown"),
        ("", "<unknown>", "unknown"),
    ],
)
def test_words_fall_back_from_exact_to_lower_case_to_folded_digits(token, found, how):
    words = Vocabulary(WORDS)
    id_, kind = words.find(token)
    assert (words.string(id_), kind) == (found, how)
    assert kind in FALLBACKS


@pytest.mark.parametrize(
    ("token", "found", "how"),
    [
        ("OSLO", "<unknown>", "unknown"),
        ("A47", "A00", "digits folded"),
        ("B-52", "<unknown>", "unknown"),
        ("oslo", "oslo", "exact"),
    ],
)
def test_without_lower_case_only_digits_are_folded(token, found, how):
    words = Vocabulary(WORDS, lowercase=False)
    id_, kind = words.find(token)
    assert (words.string(id_), kind) == (found, how)


def test_ids_begin_after_the_reserved_ones():
    words = Vocabulary(WORDS)
    assert len(words) == len(WORDS) + 2
    assert words.encode(WORDS) == list(range(2, 8))
    assert [words.string(i) for i in (PAD, UNKNOWN, 2)] == ["<pad>", "<unknown>", "the"]


def test_the_names_of_reserved_ids_are_no_words():
    assert Vocabulary(WORDS).encode(["<pad>", "<unknown>"]) == [UNKNOWN, UNKNOWN]


def test_a_key_is_looked_up_without_fallbacks():
    cases = Vocabulary(["initial", "lower"], case)
    assert cases.find("Oslo") == (2, "exact")
    assert cases.find("OSLO") == (UNKNOWN, "unknown")


@given(st.lists(st.text(max_size=3), unique=True), st.lists(st.text(max_size=3)))
def test_encode_agrees_with_find_and_never_gives_a_pad(strings, tokens):
    words = Vocabulary(strings)
    expected = [words.find(token)[0] for token in tokens]
    assert words.encode(tokens) == expected == words.encode(tokens)
    assert PAD not in expected
    assert [words.string(i) for i in words.encode(strings)] == strings


def test_the_memory_of_tokens_is_bounded(monkeypatch):
    monkeypatch.setattr(vocabulary, "_CACHE_SIZE", 2)
    words = Vocabulary(WORDS)
    for token in ("a", "b", "c", "the"):
        words.encode([token])
    assert len(words._seen) <= 3
    assert words.encode(["the", "a"]) == [2, UNKNOWN]
