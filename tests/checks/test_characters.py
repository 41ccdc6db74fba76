import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.checks.characters import check_characters, mojibake, visible


def defects(token):
    return [(defect.code, defect.column) for defect in check_characters(token)]


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("10\u00a0000", [("W206", 3)]),
        ("a\u3000", [("W206", 2)]),
        ("a\u2028b", [("W206", 2)]),
        ("\u200bcat", [("W207", 1)]),
        ("soft\u00adly", [("W207", 5)]),
        ("a\u202eb", [("W207", 2)]),
        ("be\x07ll", [("W207", 3)]),
        ("wo\u200drd", [("W207", 3)]),
        ("J\ufffdrg", [("W209", 2)]),
        ("caf\u00c3\u00a9", [("W208", 4)]),
        ("\u00a0\u200b", [("W206", 1), ("W207", 2)]),
        ("a\ufeff", [("W207", 2)]),
    ],
)
def test_what_does_not_belong_into_a_token(token, expected):
    assert defects(token) == expected


@pytest.mark.parametrize(
    "token",
    [
        "caf\u00e9",
        "S\u00c3O",
        "NI\u00d1O",
        "\u00c5se",
        "\u00c2ge",
        "\u00e2me",
        "5\u00b4",
        "\u00abnon\u00bb",
        "\u0645\u06cc\u200c\u062e\u0648\u0631\u0645",  # Persian, with a joiner
        "\U0001f469\u200d\U0001f680",  # a woman astronaut: two emoji joined
        "\u2764\ufe0f",  # a heart, with the mark that makes it red
        "\u041c\u043e\u0441\u043a\u0432\u0430",
        "\u6771\u4eac",
        "e\u0301",
    ],
)
def test_letters_of_all_kinds_are_fine(token):
    assert defects(token) == []


def test_the_message_names_the_character():
    (defect,) = check_characters("x\u00a0y")
    assert defect.message == "U+00A0 (no-break space) inside the token 'x\\xa0y'"


WESTERN = st.text("\u00e0\u00e9\u00fc\u00f1\u00df\u00c4\u00d6abc", min_size=1)


@given(WESTERN)
def test_mojibake_is_turned_back(word):
    broken = word.encode().decode("latin-1")
    assert mojibake(broken) == (word if broken != word else None)


@given(WESTERN)
def test_western_words_are_no_mojibake(word):
    assert mojibake(word) is None


def test_mojibake_of_quotation_marks_and_of_cyrillic():
    assert mojibake("don\u00e2\u20ac\u2122t") == "don\u2019t"
    assert (
        mojibake("\u041c\u043e\u0441\u043a\u0432\u0430".encode().decode("latin-1"))
        == "\u041c\u043e\u0441\u043a\u0432\u0430"
    )


def test_what_cannot_be_seen_is_shown():
    assert visible("a\u200bb\u00a0c\x1bd \u00e9") == "a<U+200B>b<U+00A0>c<U+001B>d \u00e9"


@given(st.text())
def test_any_token_can_be_checked(token):
    for defect in check_characters(token):
        assert 1 <= defect.column <= len(token)
