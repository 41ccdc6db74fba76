import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.text.features import FEATURES, case, shape


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
