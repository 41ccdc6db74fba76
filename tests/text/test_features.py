from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.text.features import FEATURES, FeatureName, case, shape


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
    assert FEATURES[name].extract(token) == expected


@given(st.text(min_size=1), st.integers(1, 4))
def test_affixes_are_no_longer_than_they_say_and_part_of_the_token(token, n):
    for name in (f"prefix{n}", f"suffix{n}"):
        assert 0 < len(FEATURES[name].extract(token)) <= n


def test_every_feature_can_be_named_in_a_configuration():
    assert set(get_args(FeatureName)) == set(FEATURES)
