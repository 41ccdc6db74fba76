import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.checks.tag_names import are_phrases, check_tag, is_tag, meant_by, near_type, odd_edges, other_case


@pytest.mark.parametrize("tag", ["O", "B-PER", "I-creative-work", "S-X", "U-X", "L-X", "E-X", "I--X"])
def test_tags(tag):
    assert is_tag(tag)
    assert check_tag(tag, 1) is None


@pytest.mark.parametrize(
    ("tag", "code", "meant"),
    [
        ("0", "E302", "O"),
        ("o", "E302", "O"),
        ("OO", "E302", "O"),
        ("\u041e", "E302", "O"),  # the Cyrillic letter
        ("_", "E302", "O"),
        ("O ", "E301", "O"),
        (" B-PER", "E301", "B-PER"),
        ("B_MISC", "E303", "B-MISC"),
        ("I:ORG", "E303", "I-ORG"),
        ("B\u2013PER", "E303", "B-PER"),  # an en dash
        ("PER-B", "E303", "B-PER"),
        ("O-PER", "E304", "O"),
        ("b-PER", "E305", "B-PER"),
        ("M-PER", "E306", "I-PER"),
        ("W-PER", "E306", "S-PER"),
        ("PER", "E301", ""),
        ("B-", "E301", ""),
        ("NNP", "E301", ""),
        ("", "E301", ""),
    ],
)
def test_what_a_tag_that_is_none_may_stand_for(tag, code, meant):
    assert meant_by(tag) == (code, meant)
    assert check_tag(tag, 3).code == code


def test_the_message_quotes_the_tag_and_the_fix_the_right_one():
    defect = check_tag("B_PER", 6)
    assert (defect.column, defect.message, defect.fix) == (
        6,
        "tag 'B_PER' has no hyphen between prefix and type",
        "write 'B-PER'",
    )


@given(st.text(max_size=12))
def test_any_text_is_a_tag_or_is_explained(tag):
    assert is_tag(tag) != bool(check_tag(tag, 1))
    assert not meant_by(tag)[1] or is_tag(meant_by(tag)[1])


@pytest.mark.parametrize(
    ("type_", "expected"),
    [("-ORG", "ORG"), ("MIS1`", "MIS1"), ("ORG", None), ("creative-work", None), ("---", ""), (" PER", "PER")],
)
def test_punctuation_at_the_edges_of_a_type(type_, expected):
    assert odd_edges(type_) == expected


COUNTS = {"MISC": 100, "PER": 200, "ORG": 50, "place": 30}


@pytest.mark.parametrize(
    ("type_", "times", "expected"),
    [
        ("MISS1", 1, "MISC"),
        ("MIS", 2, "MISC"),
        ("PRE", 1, "PER"),
        ("OGR", 1, "ORG"),
        ("MISS1", 3, None),  # too often for a slip
        ("plant", 1, None),
        ("GPE", 1, None),
        ("NORP", 1, None),
        ("ORGS", 2, "ORG"),
        ("LOC", 1, None),
    ],
)
def test_a_seldom_type_near_a_frequent_one(type_, times, expected):
    assert near_type(type_, {**COUNTS, type_: times}) == expected


@pytest.mark.parametrize(
    ("type_", "counts", "expected"),
    [
        ("Per", {"Per": 1, "PER": 9}, "PER"),
        ("PER", {"Per": 1, "PER": 9}, None),
        ("per", {"per": 5, "LOC": 3}, "PER"),
        ("per", {"per": 5, "loc": 3}, None),
        ("per", {"per": 5}, None),
    ],
)
def test_types_in_another_case(type_, counts, expected):
    assert other_case(type_, counts) == expected


def test_types_of_phrases():
    assert are_phrases(["NP", "VP", "X"])
    assert not are_phrases(["NP", "PER"])
