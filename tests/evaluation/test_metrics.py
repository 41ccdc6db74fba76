import warnings
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.evaluation.metrics import Counts, Score, score, score_columns
from ner_window.text.tag_columns import TagColumn
from ner_window.text.tagging import entities_of
from ner_window.text.tokens import Tokens

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from seqeval.metrics.sequence_labeling import get_entities

TAGS = ["O", *(f"{prefix}-{type_}" for prefix in "BIES" for type_ in ("PER", "LOC", "ORG"))]
CORPORA = st.lists(
    st.lists(st.tuples(st.sampled_from(TAGS), st.sampled_from(TAGS), st.sampled_from("abc")), max_size=12), max_size=5
)


def columns(corpus):
    return tuple([[row[i] for row in sentence] for sentence in corpus] for i in range(3))


def plain_score(gold, predicted, tokens, groups, group):
    """Compare sentence by sentence, by sets of entities."""
    result = Score(subsets={name: [0, 0, 0] for name in groups})
    for gold_tags, predicted_tags, words in zip(gold, predicted, tokens, strict=True):
        result.sentences += 1
        result.tokens += len(gold_tags)
        result.right_tokens += sum(a == b for a, b in zip(gold_tags, predicted_tags, strict=True))
        correct, system = set(entities_of(gold_tags)), set(entities_of(predicted_tags))
        parts = correct & system, system - correct, correct - system
        for i, (counter, entities) in enumerate(zip((result.tp, result.fp, result.fn), parts, strict=True)):
            counter.update(e.type for e in entities)
            for entity in entities:
                for name in group(words[entity.start : entity.end]):
                    result.subsets[name][i] += 1
        spans, system_spans = ({(e.start, e.end): e.type for e in entities} for entities in (correct, system))
        for span in spans.keys() | system_spans.keys():
            pair = spans.get(span, "-"), system_spans.get(span, "-")
            result.confusion[pair] += 1
            if pair[0] != pair[1]:
                result.errors[(*pair, " ".join(words[slice(*span)]))] += 1
    return result


@given(CORPORA)
def test_all_figures_equal_those_of_a_plain_comparison(corpus):
    gold, predicted, tokens = columns(corpus)
    groups = ("one", "with a", "other")
    group = lambda words: ["one"] * (len(words) == 1) + (["with a"] if "a" in words else ["other"])  # noqa: E731
    expected = plain_score(gold, predicted, tokens, groups, group)
    result = score(gold, predicted, tokens, groups, group)
    assert result == expected
    assert result.types == expected.types
    assert result.as_dict() == expected.as_dict()
    without = score(gold, predicted)
    assert (without.tp, without.fp, without.fn) == (expected.tp, expected.fp, expected.fn)
    assert not without.errors
    assert not without.confusion


def test_columns_may_number_their_tags_in_any_way():
    gold = TagColumn(["O", "B-PER", "B-LOC", "B-NONE"], np.array([1, 0, 2, 0]), np.array([3, 1]))
    predicted = TagColumn(["B-LOC", "B-PER", "O"], np.array([1, 2, 0, 0]), np.array([3, 1]))
    result = score_columns(gold, predicted, Tokens.of([["Mira", "left", "Lund"], ["home"]]))
    assert result.types == {"PER": Counts(1, 0, 0), "LOC": Counts(1, 1, 0)}
    assert (result.right_tokens, result.tokens, result.sentences) == (3, 4, 2)
    assert result.errors == {("-", "LOC", "home"): 1}


def conlleval_counts(gold, predicted):
    """Count as the evaluation script does, walking through both columns at once."""
    correct, found, guessed = Counter(), Counter(), Counter()
    for gold_tags, predicted_tags in zip(gold, predicted, strict=True):
        before = ("O", "")
        before_guess = ("O", "")
        in_correct = False
        for g, p in zip([*gold_tags, "O"], [*predicted_tags, "O"], strict=True):
            tag = (g[0], g[2:])
            guess = (p[0], p[2:])
            end, end_guess = chunk_ends(before, tag), chunk_ends(before_guess, guess)
            if in_correct:
                if end and end_guess:
                    correct[before[1]] += 1
                    in_correct = False
                elif end != end_guess or tag[1] != guess[1]:
                    in_correct = False
            begin, begin_guess = chunk_begins(before, tag), chunk_begins(before_guess, guess)
            if begin and begin_guess and tag[1] == guess[1]:
                in_correct = True
            found[tag[1]] += begin
            guessed[guess[1]] += begin_guess
            before, before_guess = tag, guess
    return correct, found, guessed


def chunk_ends(before, after):
    pairs = {"BB", "BS", "BO", "IB", "IS", "IO"}
    return before[0] in "ES" or before[0] + after[0] in pairs or (before[0] != "O" and before[1] != after[1])


def chunk_begins(before, after):
    pairs = {"EE", "EI", "SE", "SI", "OE", "OI"}
    return after[0] in "BS" or before[0] + after[0] in pairs or (after[0] != "O" and before[1] != after[1])


@given(CORPORA)
def test_counts_equal_those_of_conlleval_on_any_tags(corpus):
    gold, predicted, _ = columns(corpus)
    result = score(gold, predicted)
    correct, found, guessed = conlleval_counts(gold, predicted)
    assert {t: (c.tp, c.fp, c.fn) for t, c in result.types.items()} == {
        t: (correct[t], guessed[t] - correct[t], found[t] - correct[t])
        for t in {*found, *guessed}
        if found[t] + guessed[t]
    }


@given(CORPORA)
def test_counts_equal_those_of_seqeval_on_any_tags(corpus):
    gold, predicted, _ = columns(corpus)
    result = score(gold, predicted)
    expected, actual = set(get_entities(gold)), set(get_entities(predicted))
    types = {e[0] for e in expected | actual}

    def count(entities):
        return Counter(e[0] for e in entities)

    tp, fp, fn = count(expected & actual), count(actual - expected), count(expected - actual)
    assert {t: (c.tp, c.fp, c.fn) for t, c in result.types.items()} == {t: (tp[t], fp[t], fn[t]) for t in types}


@given(CORPORA)
def test_tokens_and_accuracy_are_those_of_a_plain_count(corpus):
    gold, predicted, _ = columns(corpus)
    result = score(gold, predicted)
    rows = [row for sentence in corpus for row in sentence]
    right = sum(g == p for g, p, _ in rows)
    assert (result.tokens, result.right_tokens, result.sentences) == (len(rows), right, len(corpus))
    assert result.token_accuracy == (right / len(rows) if rows else 0)


def by_text(seen):
    return ("seen", "unseen"), lambda tokens: ["seen" if " ".join(tokens) in seen else "unseen"]


@given(CORPORA, st.sets(st.sampled_from(["a", "b", "c", "a b", "b c"])))
def test_seen_and_unseen_add_up_to_all(corpus, seen):
    gold, predicted, tokens = columns(corpus)
    result = score(gold, predicted, tokens, *by_text(seen))
    micro = result.micro
    sums = [a + b for a, b in zip(result.subsets["seen"], result.subsets["unseen"], strict=True)]
    assert sums == [micro.tp, micro.fp, micro.fn]


def test_seen_goes_by_text_whatever_the_type():
    gold, predicted = [["B-PER", "I-PER", "O", "B-LOC"]], [["B-ORG", "I-ORG", "O", "B-LOC"]]
    result = score(gold, predicted, [["Mira", "Voss", "in", "Lund"]], *by_text({"Mira Voss"}))
    assert result.subsets == {"seen": [0, 1, 1], "unseen": [1, 0, 0]}
    assert result.as_dict()["unseen"]["f1"] == 1


def test_a_group_that_no_entity_is_in_is_counted_as_empty():
    result = score([["B-PER"]], [["O"]], [["Mira"]], ("none", "all"), lambda tokens: ["all"])
    assert list(result.subsets.items()) == [("none", [0, 0, 0]), ("all", [0, 0, 1])]


def test_an_entity_is_counted_in_each_of_its_groups_and_may_be_in_none():
    names = {"Mira": ["short", "known"], "Lund": ["short"], "Norlake": []}
    gold, predicted = [["B-PER", "B-LOC", "B-ORG"]], [["B-PER", "O", "B-LOC"]]
    result = score(gold, predicted, [["Mira", "Lund", "Norlake"]], ("short", "known"), lambda tokens: names[tokens[0]])
    # Mira is right and in both groups, Lund is missed; Norlake, of the wrong type, is in no group
    assert result.subsets == {"short": [1, 0, 1], "known": [1, 0, 0]}


def test_a_group_that_was_not_announced_is_an_error():
    with pytest.raises(KeyError, match="other"):
        score([["B-PER"]], [["O"]], [["Mira"]], ("one",), lambda tokens: ["other"])


@given(CORPORA)
def test_gold_against_itself_has_no_errors(corpus):
    gold, _, tokens = columns(corpus)
    result = score(gold, gold, tokens)
    assert (result.micro.fp, result.micro.fn, result.errors.total()) == (0, 0, 0)
    assert result.micro.f1 == (1 if result.micro.tp else 0)


def test_zero_over_zero_is_zero():
    counts = Counts()
    assert (counts.precision, counts.recall, counts.f1) == (0, 0, 0)
    empty = score([], [])
    assert empty.token_accuracy == 0
    assert empty.macro()["f1"] == 0


def test_figures_of_a_worked_example():
    result = score([["B-PER", "I-PER", "O", "B-LOC", "B-LOC"]], [["B-PER", "O", "O", "B-LOC", "B-LOC"]])
    assert result.micro.as_dict() == {
        "precision": pytest.approx(2 / 3),
        "recall": pytest.approx(2 / 3),
        "f1": pytest.approx(2 / 3),
        "tp": 2,
        "fp": 1,
        "fn": 1,
        "support": 3,
    }
    assert result.macro()["f1"] == pytest.approx(0.5)
    assert result.token_accuracy == pytest.approx(0.8)


def test_errors_and_confusion_name_both_types():
    result = score([["B-PER", "O", "B-LOC"]], [["B-ORG", "B-LOC", "O"]], [["Ada", "saw", "Rome"]])
    assert result.errors == {("PER", "ORG", "Ada"): 1, ("-", "LOC", "saw"): 1, ("LOC", "-", "Rome"): 1}
    assert result.confusion == {("PER", "ORG"): 1, ("-", "LOC"): 1, ("LOC", "-"): 1}


@pytest.mark.parametrize(("gold", "predicted"), [([["O"], ["O"]], [["O"]]), ([["O"]], [["O"], ["O"]])])
def test_different_numbers_of_sentences_are_refused_with_tokens(gold, predicted):
    with pytest.raises(ValueError, match="expected sentences of the same lengths"):
        score(gold, predicted, [["a"], ["a"]])


def test_tokens_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match="expected sentences of the same lengths"):
        score([["O"]], [["O"]], [["a", "b"]])


@pytest.mark.parametrize(
    ("gold", "predicted"), [([["B-A"], ["B-A"]], [["B-A"]]), ([["B-A"]], [["B-A"], ["B-A"]]), ([["O", "O"]], [["O"]])]
)
def test_different_lengths_are_refused_without_tokens(gold, predicted):
    with pytest.raises(ValueError, match=r"."):
        score(gold, predicted)


def test_the_figures_that_are_printed_by_hand():
    gold, predicted = [["B-PER", "O"], ["B-LOC", "B-LOC", "O"]], [["B-PER", "O"], ["B-LOC", "O", "B-PER"]]
    tokens = [["Mira", "left"], ["Lund", "Oslo", "soon"]]
    result = score(gold, predicted, tokens, ("known", "new"), lambda words: ["known" if words == ("Oslo",) else "new"])

    def figures(precision, recall, f1, tp, fp, fn, support):
        return {"precision": precision, "recall": recall, "f1": f1, "tp": tp, "fp": fp, "fn": fn, "support": support}

    half, third = pytest.approx(1 / 2), pytest.approx(2 / 3)
    assert result.as_dict() == {
        "tokens": 5,
        "sentences": 2,
        "entities": {
            "micro": figures(third, third, third, 2, 1, 1, 3),
            # precision 1 and 1/2, recall 1/2 and 1, F1 2/3 twice: their means, and the sums of the counts
            "macro": figures(pytest.approx(0.75), pytest.approx(0.75), third, 2, 1, 1, 3),
            "types": {"LOC": figures(1, half, third, 1, 0, 1, 2), "PER": figures(half, 1, third, 1, 1, 0, 1)},
        },
        "known": figures(0, 0, 0, 0, 0, 1, 1),
        "new": figures(third, 1, pytest.approx(0.8), 2, 1, 0, 2),
        "token_accuracy": pytest.approx(3 / 5),
    }
    assert list(result.as_dict()["entities"]["types"]) == ["LOC", "PER"]  # by name
