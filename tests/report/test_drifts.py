import dataclasses

from ner_window.evaluation.metrics import score
from ner_window.inspection.drift import Drift, TextDrift
from ner_window.inspection.vector_space import LeftBehind, Moved, Neighborhood
from ner_window.report.drifts import drift_text, neighborhoods_text

MOVED = Moved("tv", 2.0, 0.5, ("telly", "television", "radio"), ("radio", "telly", "harbour"))
LEFT = LeftBehind("television", 7, (("telly", 1.5), ("tv", 0.0)), 0.75, 0.9, 0.4)


def make(**changes):
    result = score(
        [["B-LOC", "B-LOC"]], [["B-LOC", "O"]], [["Oslo", "Bergen"]], ("a", "b"), lambda t: "ab"["B" in t[0]]
    )
    text = TextDrift("dev.conll", ("a", "b"), {"a": 5, "b": 2}, 40, (LEFT,), result)
    figures = {"median": 0.5, "max": 2.0, "median_cosine": 0.9, "min_cosine": 0.5}
    drift = Drift(100, 10, 8, 3, figures, {"<pad>": 0.25}, (MOVED,), 8, 0.125, text)
    return dataclasses.replace(drift, **changes)


def rows_of(text, first):
    return [line.split() for line in text.split("\n") if line.startswith(first)]


def test_movement_words_and_scores():
    text = drift_text(make())
    assert text.startswith("8 of 100 word vectors moved in training, 10 could\n")
    assert "12.5 % are none any more (8 words at even steps" in text
    assert "dev.conll: tokens by kind: 5 a, 2 b" in text
    assert "<pad> moved 0.250" in text
    row = ["tv", "2.000", "0.500", "1", "of", "3", "telly", "television", "radio", "radio", "telly", "harbour"]
    assert row in rows_of(text, "tv ")
    row = ["television", "7", "1", "of", "2", "0.750", "0.900", "0.400", "telly", "1.50,", "tv", "0.00"]
    assert rows_of(text, "television ") == [row]
    assert "40 words of the text were left behind" in text
    # one of two entities found: a is whole, b is missed
    assert ["a", "100.00", "100.00", "100.00", "1"] in rows_of(text, "a ")
    assert ["b", "0.00", "0.00", "0.00", "1"] in rows_of(text, "b ")
    assert ["all", "100.00", "50.00", "66.67", "2"] in rows_of(text, "all ")


def test_only_the_nearest_neighbours_are_shown():
    assert "television" not in rows_of(drift_text(make(), shown=1), "tv ")[0]


def test_what_there_is_none_of_has_no_table():
    text = TextDrift("a.txt", ("a",), {"a": 1}, 0, (), None)
    nothing = make(moved=0, trained=0, distances={}, reserved={}, farthest=(), text=text)
    assert drift_text(nothing) == "0 of 100 word vectors moved in training, 0 could\na.txt: tokens by kind: 1 a"


def test_neighbours_stand_side_by_side_where_the_word_moved():
    moved = Neighborhood("TV", "tv", "lower case", (("radio", 0.5),), (("telly", 0.9),))
    stayed = Neighborhood("oslo", "oslo", "exact", (("bergen", 0.8),), None)
    assert neighborhoods_text([moved, stayed]) == (
        "near tv ('TV', lower case) before training  now\n"
        "telly 0.900                                 radio 0.500\n\n"
        "near oslo\nbergen 0.800"
    )
