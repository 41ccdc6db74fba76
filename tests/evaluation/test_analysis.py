import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.evaluation.analysis import CONTEXT, SENTENCES, analyse, calibration, chances_of, ranked
from ner_window.evaluation.metrics import score_columns
from ner_window.text.tag_columns import TagColumn
from ner_window.text.tagging import SCHEMES, entities_of
from ner_window.text.tokens import Tokens


def analysis_of(tokens, gold, predicted, chances=None):
    text, correct, system = Tokens.of(tokens), TagColumn.of(gold), TagColumn.of(predicted)
    group = lambda words: ("seen" if words == ("Odile",) else "unseen",)  # noqa: E731
    score = score_columns(correct, system, text, ("seen", "unseen"), group)
    return analyse(text, correct, system, None if chances is None else np.array(chances), score)


TOKENS = [["Odile", "met", "Brevik", "Sails", "."], ["Odile", "sings", "."], ["Odile", "and", "Ada", "rest"]]
GOLD = [["B-PER", "O", "B-ORG", "I-ORG", "O"], ["B-PER", "O", "O"], ["B-PER", "O", "O", "O"]]
PREDICTED = [["B-PER", "O", "B-LOC", "O", "O"], ["B-LOC", "O", "O"], ["B-LOC", "O", "B-PER", "O"]]


def test_a_small_corpus_worked_by_hand():
    # right: the first Odile. Wrong type: Odile as LOC, twice. Missed: Brevik Sails. Predicted only: Brevik, Ada
    found = analysis_of(TOKENS, GOLD, PREDICTED, [0.95, 0.9, 0.6, 0.55, 0.3])
    micro = found["score"]["entities"]["micro"]
    assert (micro["tp"], micro["fp"], micro["fn"]) == (1, 4, 3)
    assert found["confusion"] == {
        "names": ["LOC", "ORG", "PER", "-"],
        "counts": [[0, 0, 0, 0], [0, 0, 0, 1], [2, 0, 1, 0], [1, 0, 1, 0]],
    }
    # Brevik is a part of the missed Brevik Sails, of another type: it is not spurious
    assert found["kinds"] == {"right": 1, "type": 2, "boundary": 0, "both": 1, "missed": 0, "spurious": 1}
    assert found["errors"] == [
        {"gold": "PER", "predicted": "LOC", "text": "Odile", "count": 2},
        {"gold": "-", "predicted": "LOC", "text": "Brevik", "count": 1},
        {"gold": "-", "predicted": "PER", "text": "Ada", "count": 1},
        {"gold": "ORG", "predicted": "-", "text": "Brevik Sails", "count": 1},
    ]
    # each error has the first sentence that no error before it has: Brevik Sails is left without one
    assert [(s["sentence"], s["error"]["text"]) for s in found["sentences"]] == [
        (2, "Odile"),
        (1, "Brevik"),
        (3, "Ada"),
    ]
    assert found["sentences"][1] == {
        "sentence": 1,
        "error": {"gold": "-", "predicted": "LOC", "text": "Brevik"},
        "before": 0,
        "tokens": TOKENS[0],
        "after": 0,
        "gold": [[0, 1, "PER"], [2, 4, "ORG"]],
        "predicted": [[0, 1, "PER"], [2, 3, "LOC"]],
    }
    # bins: (0.9, 1] has 0.95, right; (0.8, 0.9] has 0.9; (0.5, 0.6] has 0.6 and 0.55; (0.2, 0.3] has 0.3; all wrong
    # ECE = (|1 - 0.95| + 0.9 + 2 * 0.575 + 0.3) / 5 = (0.05 + 0.9 + 1.15 + 0.3) / 5 = 0.48
    assert found["calibration"]["error"] == pytest.approx(0.48)
    assert [b["count"] for b in found["calibration"]["bins"]] == [0, 0, 1, 0, 0, 2, 0, 0, 1, 1]
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    ("gold", "predicted", "kind"),
    [
        ("O B-A I-A O", "O B-A I-A O", "right"),
        ("O B-A I-A O", "O B-B I-B O", "type"),
        ("O B-A I-A O", "B-A I-A I-A O", "boundary"),
        ("O B-A I-A O", "O B-B B-A O", "boundary"),  # one of the two that it was cut into has its type
        ("O B-A I-A O", "O O B-B I-B", "both"),
        ("O B-A I-A O", "B-A O O B-A", "missed"),
    ],
)
def test_kinds_of_errors(gold, predicted, kind):
    found = analysis_of([list("wxyz")], [gold.split()], [predicted.split()])["kinds"]
    spurious = 2 * (kind == "missed")
    assert {name: n for name, n in found.items() if n} == {kind: 1} | ({"spurious": spurious} if spurious else {})


def test_without_probabilities_there_is_no_calibration():
    assert analysis_of(TOKENS, GOLD, PREDICTED)["calibration"] is None


def test_nothing_predicted_has_no_calibration_error():
    found = analysis_of([["a"]], [["B-X"]], [["O"]], [])
    assert found["calibration"]["error"] is None
    assert found["calibration"]["entities"] == 0
    assert found["errors"] == [{"gold": "X", "predicted": "-", "text": "a", "count": 1}]


def test_no_entity_at_all():
    found = analysis_of([["a"]], [["O"]], [["O"]], [])
    assert found["errors"] == found["sentences"] == []
    assert found["confusion"] == {"names": ["-"], "counts": [[0]]}


def test_an_edge_belongs_to_the_bin_below_it_and_zero_to_the_first():
    bins = calibration(np.array([0.0, 0.5, 1.0]), np.array([False, True, True]))["bins"]
    assert [i for i, bin_ in enumerate(bins) if bin_["count"]] == [0, 4, 9]
    assert bins[4] == {"low": 0.4, "high": 0.5, "count": 1, "probability": 0.5, "right": 1.0}
    assert bins[1]["probability"] is None


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
def test_calibration_equals_a_plain_count(pairs):
    chances, right = (np.array(column) for column in zip(*pairs, strict=True))
    error = 0.0
    for b in range(10):
        inside = [(p, r) for p, r in pairs if np.ceil(p * 10) == b + 1 or (b == 0 and p == 0)]
        if inside:
            share, mean = (sum(column) / len(inside) for column in zip(*((r, p) for p, r in inside), strict=True))
            error += len(inside) / len(pairs) * abs(share - mean)
    assert calibration(chances, right)["error"] == pytest.approx(error, abs=1e-12)


def test_chances_are_the_smallest_of_the_tokens_in_whatever_scheme():
    labels = np.array([1, 2, 0, 1, 1])
    table = np.array([[0.1, 0.7, 0.2], [0.1, 0.5, 0.4], [0.9, 0.05, 0.05], [0.2, 0.6, 0.2], [0, 0.8, 0.2]], np.float32)
    column = TagColumn(("O", "B-A", "I-A"), labels, np.array([4, 1]))
    assert chances_of(table, labels, column.entities()) == pytest.approx([0.4, 0.6, 0.8])
    assert chances_of(table, labels, column.convert(SCHEMES["BIOES"]).entities()) == pytest.approx([0.4, 0.6, 0.8])
    # IO cannot part neighbors of a type, but no sentence ends within an entity
    assert chances_of(table, labels, column.convert(SCHEMES["IO"]).entities()) == pytest.approx([0.4, 0.6, 0.8])


def test_chances_of_no_entity():
    column = TagColumn(("O",), np.array([0, 0]), np.array([2]))
    assert chances_of(np.ones((2, 1)), column.ids, column.entities()).shape == (0,)


def test_kinds_of_equally_frequent_errors_take_turns():
    errors = Counter({("A", "-", "x"): 2})
    errors.update({("-", "B", word): 1 for word in "pqr"} | {("A", "B", word): 1 for word in "st"})
    assert [text for *_, text in ranked(errors)] == ["x", "p", "s", "q", "t", "r"]


def test_a_long_sentence_is_cut_around_its_error_but_no_entity_is():
    n, far = 100, CONTEXT + 2
    tokens = [[f"w{i}" for i in range(n)]]
    predicted = ["O"] * n
    gold = ["O"] * n
    predicted[50] = "B-X"
    gold[50 - far : 50 - CONTEXT + 3] = ["B-Y"] + ["I-Y"] * 4  # reaches out of what would be kept
    predicted[50 - far - 3 : 50 - far + 1] = ["B-Z"] + ["I-Z"] * 3  # and this one out of what that needs
    (shown,) = analysis_of(tokens, [gold], [predicted])["sentences"]
    assert shown["error"]["text"] == "w50"
    start = 50 - far - 3
    assert shown["before"] == start
    assert shown["tokens"] == tokens[0][start : 51 + CONTEXT]
    assert shown["after"] == n - 51 - CONTEXT
    assert shown["gold"] == [[3, 8, "Y"]]
    assert shown["predicted"] == [[0, 4, "Z"], [50 - start, 51 - start, "X"]]


TAGS = ["O", *(f"{prefix}-{type_}" for prefix in "BI" for type_ in ("PER", "LOC"))]
ROWS = st.tuples(st.sampled_from(TAGS), st.sampled_from(TAGS), st.sampled_from("abc"))


@given(st.lists(st.lists(ROWS, min_size=1, max_size=60), max_size=6))
def test_what_is_shown_of_a_sentence_is_in_it(corpus):
    tokens, gold, predicted = ([[row[i] for row in sentence] for sentence in corpus] for i in (2, 0, 1))
    found = analysis_of(tokens, gold, predicted)
    numbers = [shown["sentence"] for shown in found["sentences"]]
    assert len(set(numbers)) == len(numbers) <= SENTENCES
    for shown in found["sentences"]:
        i, start = shown["sentence"] - 1, shown["before"]
        end = start + len(shown["tokens"])
        assert tokens[i][start:end] == shown["tokens"]
        assert len(tokens[i]) - end == shown["after"]
        for side, tags in (("gold", gold), ("predicted", predicted)):
            whole = [[e.start - start, e.end - start, e.type] for e in entities_of(tags[i])]
            assert shown[side] == [entity for entity in whole if entity[0] >= 0 and entity[1] <= end - start]
            assert not [e for e in whole if e[0] < 0 < e[1] or e[0] < end - start < e[1]]
        error = shown["error"]
        spans = {
            side: {(a, b): t for a, b, t in shown[side] if " ".join(shown["tokens"][a:b]) == error["text"]}
            for side in ("gold", "predicted")
        }
        both = spans["gold"].keys() | spans["predicted"].keys()
        pairs = {(spans["gold"].get(span, "-"), spans["predicted"].get(span, "-")) for span in both}
        assert (error["gold"], error["predicted"]) in pairs
    kinds, micro = found["kinds"], found["score"]["entities"]["micro"]
    assert kinds["right"] == micro["tp"]
    assert sum(kinds.values()) - kinds["spurious"] == micro["support"]
    pairs = [(entities_of(g), entities_of(p)) for g, p in zip(gold, predicted, strict=True)]
    alone = [e for g, p in pairs for e in p if not any(e.start < o.end and o.start < e.end for o in g)]
    assert kinds["spurious"] == len(alone)
    wrong = [i for i, (g, p) in enumerate(zip(gold, predicted, strict=True)) if entities_of(g) != entities_of(p)]
    assert bool(found["sentences"]) == bool(wrong)
