import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.text import words as words_module
from ner_window.text.vocabulary import PAD, UNKNOWN
from ner_window.text.words import FALLBACKS, WordList, Words, pattern

WORDS = ["the", "Oslo", "oslo", "0000", "b-00", "A00", "based", "#0-0-0", "south"]
TOKENS = st.text(alphabet="aB0139-#,. ", max_size=6)


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
        ("1996-08-30", "#0-0-0", "digit pattern"),
        ("1-22-333", "#0-0-0", "digit pattern"),
        ("1996-08", "<unknown>", "unknown"),
        ("harbour", "<unknown>", "unknown"),
        ("", "<unknown>", "unknown"),
    ],
)
@pytest.mark.parametrize("parts", [False, True])
def test_words_fall_back_from_exact_to_lower_case_to_folded_digits_to_their_pattern(token, found, how, parts):
    words = Words(WORDS, parts=parts)
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
        ("1996-08-30", "#0-0-0", "digit pattern"),
    ],
)
def test_without_lower_case_only_digits_are_folded(token, found, how):
    words = Words(WORDS, lowercase=False)
    id_, kind = words.find(token)
    assert (words.string(id_), kind) == (found, how)


@pytest.mark.parametrize(
    ("folded", "expected"),
    [
        ("0000-00-00", "#0-0-0"),
        ("0,000", "#0,0"),
        ("00", "#0"),
        ("a00b0", "#a0b0"),
        ("oslo", "oslo"),
        ("", ""),
    ],
)
def test_a_pattern_has_each_number_as_one_zero_behind_a_mark(folded, expected):
    assert pattern(folded) == expected


def test_a_word_without_characters_is_not_what_the_others_fall_back_to():
    assert Words(["", "the"]).find("harbour") == (UNKNOWN, "unknown")


def test_all_digits_of_unicode_are_folded():
    assert Words(["00"]).find("٣٤") == (2, "digits folded")


@pytest.mark.parametrize(
    ("token", "parts"),
    [
        ("Oslo-based", ["Oslo", "based"]),
        ("OSLO-Based", ["oslo", "based"]),
        ("Oslo--south-", ["Oslo", "south"]),  # nothing between two hyphens is no part
        ("South-south", ["south", "south"]),
        ("1987-based", ["0000", "based"]),
        ("Oslo-harbour", []),  # all parts must be words
        ("-Oslo", []),  # one part: not composed
        ("harbour", []),
        ("--", []),
    ],
)
def test_a_hyphenated_word_is_the_mean_of_its_parts_if_all_are_words(token, parts):
    words = Words(WORDS, parts=True)
    assert [words.string(i) for i in words.parts_of(token)] == parts
    assert words.find(token) == (UNKNOWN, "mean of parts" if parts else "unknown") or token == "-Oslo"
    assert Words(WORDS).parts_of(token) == ()
    assert Words(WORDS).find(token) == (UNKNOWN, "unknown")


def test_a_hyphenated_word_with_a_vector_of_its_own_is_not_composed():
    assert Words(["a", "b", "a-b"], parts=True).find("A-B") == (4, "lower case")


def test_composites_have_ids_behind_the_list_one_for_each_token():
    words = Words(["oslo", "based", "made"], parts=True)  # ids 2, 3, 4: the next is 5
    ids = words.encode(["Oslo-based", "oslo", "Oslo-made", "Oslo-based", "harbour", "oslo-based"])
    assert ids.tolist() == [[5, 2, 6, 5, UNKNOWN, 7]]
    assert words.composites == [(2, 3), (2, 4), (2, 3)]
    assert [words.string(i) for i in (4, 5, 6)] == ["made", "oslo-based", "oslo-made"]
    assert len(words) == 5


def test_who_has_encoded_keeps_the_composites_of_before_they_were_forgotten():
    words = Words(["oslo", "based", "made"], parts=True)
    words.encode(["oslo-based"])
    kept = words.composites
    words.forget()
    assert words.composites == []
    assert words.encode(["oslo-made"]).tolist() == [[5]]
    assert (kept, words.composites) == ([(2, 3)], [(2, 4)])


@given(st.lists(TOKENS, unique=True), st.lists(TOKENS), st.booleans(), st.booleans())
def test_encode_agrees_with_find_and_stays_in_range(strings, tokens, lowercase, parts):
    words = Words(strings, lowercase=lowercase, parts=parts)
    ids = words.encode(tokens)
    assert ids.shape == (1, len(tokens))
    assert np.array_equal(ids, words.encode(tokens))
    for token, id_ in zip(tokens, ids[0].tolist(), strict=True):
        expected, how = words.find(token)
        assert PAD < id_ < len(words) + len(words.composites)
        if how == "mean of parts":
            assert words.composites[id_ - len(words)] == words.parts_of(token)
            assert all(UNKNOWN < part < len(words) for part in words.parts_of(token))
        else:
            assert id_ == expected
            assert (id_ == UNKNOWN) == (how == "unknown")


@given(st.lists(TOKENS, unique=True))
def test_words_are_found_as_they_are(strings):
    words = Words(strings, parts=True)
    assert [words.string(i) for i in words.encode(strings)[0]] == strings
    assert words.composites == []


@given(TOKENS)
def test_forms_are_found_by_who_has_only_that_form(token):
    for form, how in zip(Words([]).forms(token), FALLBACKS, strict=False):
        found, first = Words([form]).find(token)
        assert found == 2
        assert FALLBACKS.index(first) <= FALLBACKS.index(how)  # forms may be alike; the first one counts


LINES = st.lists(TOKENS, unique=True)


@given(LINES)
def test_a_list_of_words_is_the_lines_of_its_text(strings):
    words = WordList("\n".join(strings))
    expected = strings if strings != [""] else []  # a text without a character has no line
    assert len(words) == len(expected)
    assert list(words) == [words[i] for i in range(len(words))] == expected
    assert words[1:3] == expected[1:3]


@given(LINES, st.lists(TOKENS | st.text("ab\n", max_size=3) | st.text(max_size=20)))
def test_words_are_found_in_the_text_where_they_are_in_the_list(strings, asked):
    words = WordList("\n".join(strings))
    lines = list(words)
    assert words.lines_of(asked + strings) == {each: lines.index(each) for each in asked + strings if each in lines}


def test_words_of_one_mark_are_told_apart():
    # long ones, of which both ends and the lengths are the same, and ones that stand in each other
    lines = ["01234567" + middle + "01234567" for middle in ("", "a", "b", "ab", "ba")] + ["1", "11", "111", "0" * 9]
    words = WordList("\n".join(lines))
    for string in [*lines, "01234567c01234567", "0", "0" * 8, "0" * 10, ""]:
        assert words.lines_of({string}) == ({string: lines.index(string)} if string in lines else {})


def test_a_string_of_two_lines_is_no_word():
    words = Words(WordList("north\nsouth\neast"))
    assert words.find("south\neast") == (UNKNOWN, "unknown")
    assert words.find("east")[1] == "exact"


@pytest.mark.parametrize("searches", [0, 1, 3, 10**6])
@given(strings=LINES.filter(lambda strings: strings != [""]), tokens=st.lists(TOKENS))
def test_look_ups_by_search_and_by_dictionary_are_the_same(searches, strings, tokens):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(words_module, "SEARCHES", searches)
        searched = Words(WordList("\n".join(strings)), parts=True)
    known = Words(strings, parts=True)
    assert len(searched) == len(known)
    for token in tokens:
        assert searched.find(token) == known.find(token)
        assert searched.parts_of(token) == known.parts_of(token)
    assert searched.ids == known.ids


@given(
    strings=LINES.filter(lambda strings: strings != [""]),
    texts=st.lists(st.lists(TOKENS), max_size=4),
    parts=st.booleans(),
)
def test_texts_looked_up_in_the_list_are_looked_up_as_in_the_dictionary(strings, texts, parts):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(words_module, "SEARCHES", 2)
        searched = Words(WordList("\n".join(strings)), parts=parts)
    plain = Words(strings, parts=parts)
    for text in texts:
        assert searched.encode(text).tolist() == plain.encode(text).tolist()
    assert searched.composites == plain.composites


def test_who_asks_seldom_does_not_wait_for_the_dictionary():
    words = Words(WordList("\n".join(WORDS)))
    assert words.find("the") == (2, "exact")
    assert words.find("harbour") == (UNKNOWN, "unknown")
    for text in (["the", "Oslo", "harbour"], ["The", "OSLO", "mill"], ["south", "The", "A00", "1987", "based"]):
        words.encode(text)
    assert "ids" not in vars(words)
    for i in range(words_module.SEARCHES - 5):
        words.find(f"harbour{chr(97 + i)}")
    assert "ids" not in vars(words)
    assert words.find("tram") == (UNKNOWN, "unknown")
    assert "ids" in vars(words)


def test_after_many_strings_that_were_looked_for_the_dictionary_is_made_and_they_are_forgotten(monkeypatch):
    monkeypatch.setattr(words_module, "MOST", 3)
    words = Words(WordList("\n".join(WORDS)))
    words.encode(["harbour", "tram", "the", "ferry"])
    assert len(words._looked_for) > 3
    assert "ids" not in vars(words)
    assert words.encode(["the", "quay"]).tolist() == [[2, UNKNOWN]]
    assert not words._looked_for
    assert "ids" in vars(words)
