import numpy as np
import pytest

from ner_window.checks.facts import FileFacts
from ner_window.checks.splits import distance, first_places, leaks, split_defects
from ner_window.text.tagging import SCHEMES


def facts(source, hashes=(), lengths=None, entities=None, learned_from=False, scheme="IOB2"):
    """A file whose sentences are given by their hashes; each has 9 tokens unless told otherwise."""
    lengths = np.array(lengths or [9] * len(hashes), np.intp)
    lines = np.cumsum(lengths + 1) - lengths
    tags = {f"B-{type_}": (n, 2) for type_, n in (entities or {}).items()}
    hashes = np.array(hashes, np.uint64)
    return FileFacts(source, learned_from, 9, 1, SCHEMES[scheme], lengths, lines, hashes, tags, entities or {})


def told(defects):
    return [(line, defect.code, defect.message) for line, defect in defects]


def test_the_first_place_of_each_hash():
    assert first_places(np.array([5, 3, 5], np.uint64), np.array([5, 4, 3], np.uint64)).tolist() == [0, -1, 1]
    assert first_places(np.array([], np.uint64), np.array([5], np.uint64)).tolist() == [-1]


def test_a_sentence_in_two_files_is_told_with_both_places():
    # the sentences of 9 tokens begin at lines 1, 11, 21
    found = leaks(facts("a", [1, 2, 3]), facts("b", [9, 8, 2]))
    assert told(found) == [(21, "W601", "this sentence also stands in a:11")]


def test_short_sentences_are_told_together():
    found = leaks(facts("a", [1, 2, 3]), facts("b", [9, 3, 2], [9, 7, 7]))
    assert told(found) == [(11, "N602", "2 sentences of less than 8 tokens also in a")]


def test_a_file_that_is_a_part_of_another():
    found = leaks(facts("a", [1, 2, 3, 4]), facts("b", [4, 3, 9]))
    assert told(found) == [(1, "E603", "2 of 3 sentences of 8 or more tokens stand in a")]


def test_files_are_compared_with_the_training_file_first():
    files = [facts("dev", [1, 5, 6]), facts("train", [1, 2], learned_from=True), facts("test", [7, 8])]
    assert [(where.source, defect.message) for where, (_, defect) in split_defects(files)] == [
        ("dev", "this sentence also stands in train:1")
    ]


def test_types_that_one_of_two_lacks_and_other_schemes():
    train = facts("train", [1], entities={"PER": 5, "LOC": 2}, learned_from=True)
    dev = facts("dev", [2], entities={"PER": 5, "GPE": 3}, scheme="IOB1")
    assert [(defect.code, defect.message) for _, (_, defect) in split_defects([train, dev])] == [
        ("W604", "type 'GPE' (3 entities) is not in train: it cannot be learned"),
        ("N605", "types of train that are not here: LOC"),
        ("N608", "scheme IOB1, that of train is IOB2"),
    ]


@pytest.mark.parametrize(
    ("here", "expected"),
    [
        # the distance is 0.4, and 0.15 + 0.5 sqrt(2 / 50) = 0.25 may be chance or of no matter
        ({"PER": 45, "LOC": 5}, ["types have other shares than in train: LOC 10 %, there 50 %"]),
        ({"PER": 37, "LOC": 13}, []),  # 0.24
        ({"PER": 29}, []),  # too few entities to say
    ],
)
def test_shares_that_differ_by_more_than_chance(here, expected):
    train = facts("train", [1] * 20, entities={"PER": 50, "LOC": 50}, learned_from=True)
    dev = facts("dev", [2] * 10, entities=here)
    found = [defect for _, (_, defect) in split_defects([train, dev])]
    assert [defect.message for defect in found if defect.code == "W606"] == expected


def test_entities_that_are_twice_as_frequent():
    train = facts("train", range(100), entities={"PER": 40}, learned_from=True)  # 900 tokens
    dev = facts("dev", range(200, 300), entities={"PER": 90})
    found = [defect.message for _, (_, defect) in split_defects([train, dev])]
    assert found == ["10.0 entities in 100 tokens, in train 4.4"]


def test_the_distance_of_distributions():
    # shares 0.5, 0.5 and 0.2, 0.8: (0.3 + 0.3) / 2
    assert distance({"a": 1, "b": 1}, {"a": 2, "b": 8}) == (pytest.approx(0.3), "b")
    assert distance({"a": 1}, {"b": 1})[0] == 1.0
