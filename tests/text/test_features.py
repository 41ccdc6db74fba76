from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.text.features import (
    DOCUMENT_FEATURES,
    FEATURES,
    LEXICON_FEATURES,
    FeatureName,
    affixes,
    case,
    ngrams,
    shape,
)
from ner_window.text.vocabulary import PAD, UNKNOWN, HashedStrings, Vocabulary


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("turkey", "lower"),
        ("Turkey", "initial"),
        ("EU", "upper"),
        ("U.S.", "upper"),
        ("A", "upper"),
        ("McKay", "mixed"),
        ("iPhone", "mixed"),
        ("1996", "digits"),
        ("B-52", "with_digit"),
        ("1,000", "with_digit"),
        ("--", "punctuation"),
        ("%", "punctuation"),
        ("Åse", "initial"),
        ("ørsted", "lower"),
        ("東京", "mixed"),
    ],
)
def test_case_classes(token, expected):
    assert case(token) == expected


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("U.S.-born", "X.X.-xx"),
        ("Turkey", "Xxx"),
        ("NATO", "XX"),
        ("a", "x"),
        ("1996-08-30", "dd-dd-dd"),
        ("...", ".."),
        ("McKay", "XxXxx"),
        ("Ørsted", "Xxx"),
        ("", ""),
    ],
)
def test_shapes(token, expected):
    assert shape(token) == expected


@given(st.text())
def test_every_case_is_among_the_stated_values(token):
    assert case(token) in FEATURES["case"].values


@given(st.text())
def test_no_kind_stands_three_times_in_a_shape(token):
    result = shape(token)
    assert len(result) <= len(token)
    assert not any(result[i] == result[i + 1] == result[i + 2] for i in range(len(result) - 2))


@given(st.text(alphabet="aB1-", max_size=8))
def test_the_shape_of_a_word_does_not_change_with_its_letters(token):
    assert shape(token) == shape(token.translate(str.maketrans("aB1", "zQ7")))


@pytest.mark.parametrize(
    ("name", "token", "expected"),
    [
        ("prefix1", "Oslo", "o"),
        ("prefix3", "Oslo", "osl"),
        ("suffix3", "Oslo", "slo"),
        ("suffix4", "in", "in"),
        ("prefix4", "1997-98", "0000"),
        ("suffix2", "42nd", "nd"),
        ("suffix4", "42nd", "00nd"),
    ],
)
def test_affixes_are_cut_from_the_token_in_lower_case_with_digits_as_zeros(name, token, expected):
    assert FEATURES[name].extract(token) == (expected,)


@given(st.text(min_size=1), st.integers(1, 4))
def test_affixes_are_no_longer_than_they_say_and_part_of_the_token(token, n):
    for name in (f"prefix{n}", f"suffix{n}"):
        (affix,) = FEATURES[name].extract(token)
        assert 0 < len(affix) <= n


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("Oslo", ("<o", "<os", "<osl", "<oslo", "o>", "lo>", "slo>", "oslo>")),
        ("Bergen", ("<b", "<be", "<ber", "<berg", "n>", "en>", "gen>", "rgen>")),
        ("42", ("<0", "<00", "0>", "00>")),
        ("I", ("<i", "i>")),
        ("", ()),
    ],
)
def test_affixes_together_are_marked_by_their_side(token, expected):
    assert affixes(token) == expected


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("Ås", ("<ås", "<ås>", "ås>")),  # <ås>: two 3-grams and a 4-gram, by their beginnings
        ("B52", ("<b0", "<b00", "b00", "b00>", "00>")),
        ("a", ("<a>",)),
        ("", ()),  # <> is shorter than 3
    ],
)
def test_ngrams_are_cut_from_the_token_between_its_edges(token, expected):
    assert ngrams(token) == expected


def test_ngrams_of_a_long_token_are_those_of_its_beginning():
    # <abcdefgh...: at each of the first 8 places a 3-gram and a 4-gram make 16
    word = "abcdefghijklm"
    assert ngrams(word) == tuple(("<" + word)[i : i + n] for i in range(8) for n in (3, 4))


@given(st.text(alphabet="aB1-é", max_size=12))
def test_ngrams_are_all_pieces_of_three_and_four_characters(token):
    edged = "<" + "".join("0" if c == "1" else c.lower() for c in token) + ">"
    expected = sorted(edged[i:j] for j in range(len(edged) + 1) for i in range(j) if j - i in (3, 4))
    found = ngrams(token)
    assert len(found) == min(16, len(expected))
    assert not set(found) - set(expected)
    if len(expected) <= 16:
        assert sorted(found) == expected


EXTRACTED = [name for name, feature in FEATURES.items() if feature.extract]


@given(st.text(), st.sampled_from(EXTRACTED))
def test_no_feature_gives_more_strings_than_it_has_look_ups(token, name):
    feature = FEATURES[name]
    strings = feature.extract(token)
    assert isinstance(strings, tuple)
    assert len(strings) <= feature.look_ups
    assert all(isinstance(string, str) for string in strings)
    assert not feature.values or set(strings) <= set(feature.values)


@given(st.lists(st.text()), st.sampled_from(EXTRACTED))
def test_every_token_has_a_column_of_ids_in_range(tokens, name):
    feature = FEATURES[name]
    lookup = feature.lookup(feature.values)
    ids = lookup.encode(tokens)
    assert ids.shape == (feature.look_ups, len(tokens))
    assert not ids.size or ids.max() < len(lookup)
    if feature.look_ups == 1:
        assert PAD not in ids
    if feature.values:
        assert UNKNOWN not in ids


def test_the_look_up_of_a_feature_is_a_list_or_a_hash():
    assert isinstance(FEATURES["shape"].lookup(["Xxx"]), Vocabulary)
    assert FEATURES["shape"].lookup(["Xxx"]).encode(["Bergen", "oslo"]).tolist() == [[2, UNKNOWN]]
    assert isinstance(FEATURES["affixes"].lookup([]), HashedStrings)
    assert len(FEATURES["affixes"].lookup([])) == 2 + 2**14


def test_the_cased_word_is_the_token():
    assert FEATURES["cased_word"].extract("McKay") == ("McKay",)


def test_features_of_the_document_are_not_cut_from_the_token():
    assert set(DOCUMENT_FEATURES) == set(FEATURES) - set(EXTRACTED)
    assert set(DOCUMENT_FEATURES) > LEXICON_FEATURES


def test_every_feature_can_be_named_in_a_configuration():
    assert set(get_args(FeatureName)) == set(FEATURES)


@given(st.text(max_size=8) | st.text("aZ1.-é", max_size=8))
def test_a_shape_is_that_of_its_characters_one_by_one(token):
    runs = []
    for character in token:
        kind = "d" if character.isdigit() else "X" if character.isupper() else "x" if character.isalpha() else character
        if runs[-2:] != [kind, kind]:
            runs.append(kind)
    assert shape(token) == "".join(runs)
