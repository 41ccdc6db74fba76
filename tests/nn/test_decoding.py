from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner_window.nn import decoding
from ner_window.nn.decoding import best_threshold

# BIOES for one type, labels O B I E S: some path exists for every length.
AFTER_OUTSIDE, AFTER_INSIDE = [True, True, False, False, True], [False, False, True, True, False]
BIOES_START = np.array(AFTER_OUTSIDE)
BIOES_STEP = np.array([AFTER_OUTSIDE, AFTER_INSIDE, AFTER_INSIDE, AFTER_OUTSIDE, AFTER_OUTSIDE])
BIOES_END = np.array([True, False, False, True, True])
BIOES = (BIOES_START, BIOES_STEP, BIOES_END)


def added(*rules):
    """What decoding adds to a path's score: 0 where a rule allows it, -inf where it does not."""
    return tuple(np.where(rule, 0.0, -np.inf) for rule in rules)


def best_paths(scores, lengths, *rules):
    return decoding.best_paths(scores, lengths, *added(*rules))


def viterbi(scores, lengths, *rules):
    return decoding.viterbi(scores, lengths, *added(*rules))


def random_rules(generator, C):
    start, step, end = generator.random(C) < 0.4, generator.random((C, C)) < 0.4, generator.random(C) < 0.4
    start[0] = step[0, 0] = end[0] = True  # label 0 all the way is always allowed
    return start, step, end


def is_allowed(path, start, step, end):
    return start[path[0]] and end[path[-1]] and all(step[a, b] for a, b in zip(path, path[1:], strict=False))


def brute_force(scores, lengths, start, step, end):
    labels, first = [], 0
    for n in lengths:
        if n:
            paths = [p for p in product(range(scores.shape[1]), repeat=int(n)) if is_allowed(p, start, step, end)]
            labels.extend(max(paths, key=lambda p: sum(scores[first + t, c] for t, c in enumerate(p))))  # noqa: B023
        first += n
    return labels


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 5), min_size=1, max_size=5), st.booleans())
def test_best_paths_and_viterbi_equal_brute_force(seed, lengths, bioes):
    generator = np.random.default_rng(seed)
    rules = BIOES if bioes else random_rules(generator, int(generator.integers(1, 5)))
    scores = generator.normal(size=(sum(lengths), len(rules[0])))
    expected = brute_force(scores, lengths, *rules)
    assert viterbi(scores, np.array(lengths), *rules).tolist() == expected
    assert best_paths(scores, np.array(lengths), *rules).tolist() == expected


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 4), min_size=1, max_size=5))
def test_learned_scores_of_steps_are_added(seed, lengths):
    generator = np.random.default_rng(seed)
    rules = random_rules(generator, 3)
    learned = [generator.normal(size=rule.shape) for rule in rules]
    scores = generator.normal(size=(sum(lengths), 3))
    expected, first = [], 0
    for n in lengths:

        def total(p, first=first):
            steps = sum(learned[1][a, b] for a, b in zip(p, p[1:], strict=False))
            return learned[0][p[0]] + steps + learned[2][p[-1]] + sum(scores[first + t, c] for t, c in enumerate(p))

        if n:
            expected.extend(max((p for p in product(range(3), repeat=n) if is_allowed(p, *rules)), key=total))
        first += n
    start, step, end = (a + b for a, b in zip(added(*rules), learned, strict=True))
    assert decoding.best_paths(scores, np.array(lengths), start, step, end).tolist() == expected


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 3), max_size=6))
def test_best_paths_passes_over_empty_sentences(seed, lengths):
    scores = np.random.default_rng(seed).normal(size=(sum(lengths), 5))
    paths = best_paths(scores, np.array(lengths, np.int64), *BIOES)
    assert paths.tolist() == brute_force(scores, lengths, *BIOES)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 6), min_size=1, max_size=5))
def test_tied_scores_still_give_an_allowed_path_of_the_best_sum(seed, lengths):
    scores = np.random.default_rng(seed).integers(0, 2, (sum(lengths), 5)).astype(float)
    search = viterbi(scores, np.array(lengths), *BIOES)
    quick = best_paths(scores, np.array(lengths), *BIOES)
    first = 0
    for n in lengths:
        part = np.arange(first, first + n)
        assert is_allowed(search[part], *BIOES)
        assert is_allowed(quick[part], *BIOES)
        assert scores[part, search[part]].sum() == scores[part, quick[part]].sum()
        first += n


def test_no_sentences_give_no_labels():
    nothing, no_lengths = np.zeros((0, 5)), np.zeros(0, np.int64)
    assert best_paths(nothing, no_lengths, *BIOES).shape == (0,)
    assert viterbi(nothing, no_lengths, *BIOES).shape == (0,)
    assert best_paths(nothing, np.array([0, 0]), *BIOES).shape == (0,)


@pytest.mark.parametrize("decode", [best_paths, viterbi])
def test_single_tokens_obey_start_and_end(decode):
    scores = np.array([[1.0, 9, 8, 7, 6], [1, 9, 8, 7, 0], [1, 2, 3, 4, 5]])  # only O and S both start and end
    assert decode(scores, np.array([1, 1, 1]), *BIOES).tolist() == [4, 0, 4]


@pytest.mark.parametrize("decode", [best_paths, viterbi])
def test_steps_are_free_between_sentences(decode):
    E, S, B = 3, 4, 1
    scores = np.eye(5)[[B, E, S, B, E]] * 3.0
    step = BIOES_STEP.copy()
    step[E, S] = step[S, B] = False  # only across the boundaries
    assert decode(scores, np.array([2, 1, 2]), BIOES_START, step, BIOES_END).tolist() == [B, E, S, B, E]


def test_the_best_sum_wins_over_the_greedy_choice():
    # token by token: B O, forbidden. B E: 5 + 0 = 5; O O: 4 + 3 = 7; S O: 0 + 3
    scores = np.array([[4.0, 5, 0, 0, 0], [3, 0, 0, 0, 0]])
    assert best_paths(scores, np.array([2]), *BIOES).tolist() == [0, 0]


def test_a_broken_sentence_leaves_its_neighbours_as_they_are():
    scores = np.random.default_rng(0).normal(size=(9, 5))
    scores[:3] = np.eye(5)[[1, 2, 3]] * 50
    scores[3:6] = np.eye(5)[[2, 2, 2]] * 50  # I I I
    scores[6:] = np.eye(5)[[0, 4, 0]] * 50
    labels = best_paths(scores, np.array([3, 3, 3]), *BIOES)
    assert labels.tolist() == [1, 2, 3, 1, 2, 3, 0, 4, 0]


def test_a_very_long_sentence_is_allowed_and_equals_a_plain_recursion():
    scores = np.random.default_rng(0).normal(size=(20_000, 5))
    labels = best_paths(scores, np.array([len(scores)]), *BIOES)
    assert is_allowed(labels.tolist(), *BIOES)
    best = [s if ok else -np.inf for s, ok in zip(scores[0].tolist(), BIOES_START, strict=True)]
    allowed = [[a for a in range(5) if BIOES_STEP[a, c]] for c in range(5)]
    for row in scores[1:].tolist():
        best = [max(best[a] for a in allowed[c]) + row[c] for c in range(5)]
    expected = max(b for b, ok in zip(best, BIOES_END, strict=True) if ok)
    assert scores[np.arange(len(scores)), labels].sum() == pytest.approx(expected, rel=1e-12)


def test_scores_and_lengths_are_not_changed_and_float32_is_taken():
    scores = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32)
    lengths = np.array([3, 4])
    before = scores.copy()
    assert best_paths(scores, lengths, *BIOES).tolist() == brute_force(scores.astype(float), lengths, *BIOES)
    np.testing.assert_array_equal(scores, before)
    assert lengths.tolist() == [3, 4]


def test_only_sentences_with_a_forbidden_best_path_are_searched(monkeypatch):
    searched = []

    search = decoding.viterbi

    def spy(scores, lengths, *rules):
        searched.extend(lengths.tolist())
        return search(scores, lengths, *rules)

    monkeypatch.setattr("ner_window.nn.decoding.viterbi", spy)
    scores = np.eye(5)[[1, 3, 3, 3, 4, 1, 2, 2, 3]]  # B E | E E | S | B I I E, and E E is forbidden
    assert best_paths(scores, np.array([2, 2, 1, 4]), *BIOES).tolist()[4:] == [4, 1, 2, 2, 3]
    assert searched == [2]
    searched.clear()
    step = BIOES_STEP.copy()
    step[3, 4] = False  # E S, here only across a boundary
    best_paths(np.eye(5)[[1, 3, 4]], np.array([2, 1]), BIOES_START, step, BIOES_END)
    assert searched == []


def entities_above(scores, lengths, threshold):
    """The runs of tokens above a threshold, sentence by sentence, by a plain loop."""
    found, start = set(), 0
    for length in lengths:
        run = None
        for i in [*range(start, start + length), None]:
            above = i is not None and scores[i] > threshold
            if above and run is None:
                run = i
            if not above and run is not None:
                found.add((run, start + length if i is None else i))
                run = None
        start += length
    return found


def f1_at(scores, lengths, spans, threshold):
    predicted = entities_above(scores, lengths, threshold)
    return 2 * len(predicted & spans) / max(1, len(predicted) + len(spans))


@given(st.data())
def test_best_threshold_is_as_good_as_any_that_is_tried(data):
    lengths = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=5))
    total = sum(lengths)
    scores = np.array(data.draw(st.lists(st.integers(-4, 4), min_size=total, max_size=total)), float)
    gold = data.draw(st.lists(st.booleans(), min_size=total, max_size=total))
    spans = entities_above(np.array(gold, float), lengths, 0.5)
    threshold = best_threshold(scores, np.array(lengths), np.array(sorted(spans), int).reshape(-1, 2))
    tried = [f1_at(scores, lengths, spans, t) for t in np.arange(-4.5, 6)]
    assert f1_at(scores, lengths, spans, threshold) == pytest.approx(max(tried))


def test_best_threshold_by_hand():
    # sentence 1: 5 3 | sentence 2: 4 0 1; the entities are token 0 and tokens 2..2.
    # Above 4: {0}: F1 2*1/3. Above 3: {0}, {2}: F1 1. Above 1: {0-1}, {2}: F1 2*1/4. So between 3 and 4.
    threshold = best_threshold(np.array([5.0, 3, 4, 0, 1]), np.array([2, 3]), np.array([[0, 1], [2, 3]]))
    assert threshold == 3.5


def test_best_threshold_of_a_type_that_never_occurs_is_above_every_score():
    assert best_threshold(np.array([1.0, 5, 2]), np.array([3]), np.empty((0, 2), int)) > 5


@pytest.mark.parametrize("sweep", [1, 50, 60])
def test_sentences_searched_a_few_at_a_time_have_the_same_paths(sweep, monkeypatch):
    generator = np.random.default_rng(sweep)
    lengths = generator.integers(0, 5, 40)
    scores, rules = generator.normal(size=(int(lengths.sum()), 5)), random_rules(generator, 5)
    at_once = viterbi(scores, lengths, *rules)
    monkeypatch.setattr(decoding, "SWEEP", sweep)  # of one, of two and of two sentences of 25 sums
    assert viterbi(scores, lengths, *rules).tolist() == at_once.tolist()


def test_many_sentences_of_many_labels_are_no_deep_recursion(monkeypatch):
    monkeypatch.setattr(decoding, "SWEEP", 1)
    lengths, scores = np.ones(3000, int), np.random.default_rng(0).normal(size=(3000, 2))
    assert viterbi(scores, lengths, *(np.ones(shape, bool) for shape in ((2,), (2, 2), (2,)))).tolist() == (
        scores.argmax(axis=1).tolist()
    )


def test_as_many_sentences_are_searched_at_once_as_their_sums_fit_into_a_sweep(monkeypatch):
    searched, search = [], decoding._viterbi

    def spy(scores, lengths, *rules):
        searched.append(lengths.tolist())
        return search(scores, lengths, *rules)

    monkeypatch.setattr(decoding, "_viterbi", spy)
    monkeypatch.setattr(decoding, "SWEEP", 2 * 25)  # two sentences of 5 x 5 sums
    assert len(viterbi(np.zeros((8, 5)), np.array([1, 0, 2, 1, 3, 1]), *BIOES)) == 8
    assert searched == [[1, 2], [1, 3], [1]]
    searched.clear()
    monkeypatch.setattr(decoding, "SWEEP", 1)  # not even one: each alone
    viterbi(np.zeros((3, 5)), np.array([2, 1]), *BIOES)
    assert searched == [[2], [1]]


def test_best_threshold_may_be_below_or_above_every_score():
    scores, lengths = np.array([4.0, 6]), np.array([2])
    assert best_threshold(scores, lengths, np.array([[0, 2]])) == 3.5  # both: half-way from 4 to 3
    assert best_threshold(scores, lengths, np.empty((0, 2), int)) == 7  # none: half-way from 6 to 8
