from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ner_window.text.documents import (
    OUTSIDE,
    SHARES,
    TOP,
    TOTALS,
    casing,
    counts_elsewhere,
    document_values,
    gather,
    same_words,
    share_ids,
    share_values,
)
from ner_window.text.features import FEATURES, case
from ner_window.text.vocabulary import RESERVED

LENGTHS_AND_DOCUMENTS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)))
TOKENS = st.sampled_from(["oslo", "Oslo", "OSLO", "A", "a", "iPod", "7", "mill", "Mill", "MILL", "-"])
SENTENCES = st.lists(st.lists(TOKENS, max_size=4), max_size=6)


def test_documents_are_runs_of_neighbors_with_one_number():
    assert gather([3, 1, 0, 2, 5], [0, 0, 1, 1, 0]) == [range(0, 2), range(2, 4), range(4, 5)]
    assert gather([], []) == []
    assert gather([4], [7]) == [range(1)]


def test_a_long_document_is_cut_where_the_bound_is_reached():
    # 3 + 2 = 5 reach the bound of 5; 4 do not, 4 + 9 do; the next begins anew
    assert gather([3, 2, 4, 9, 1], [0] * 5, 5) == [range(0, 2), range(2, 4), range(4, 5)]
    assert gather([3, 2, 4, 9, 1], [0, 0, 0, 1, 1], 5) == [range(0, 2), range(2, 3), range(3, 4), range(4, 5)]


def test_a_document_that_ends_at_the_bound_is_not_cut():
    assert gather([3, 2, 4], [0, 0, 1], 5) == [range(0, 2), range(2, 3)]


@given(LENGTHS_AND_DOCUMENTS, st.integers(1, 9))
def test_gather_is_a_walk_from_sentence_to_sentence(corpus, bound):
    lengths, documents = [length for length, _ in corpus], [document for _, document in corpus]
    expected: list[list[int]] = []
    for i in range(len(corpus)):
        new_document = i == 0 or documents[i] != documents[i - 1]
        if new_document or sum(lengths[j] for j in expected[-1]) >= bound:
            expected.append([])
        expected[-1].append(i)
    parts = gather(lengths, documents, bound)
    assert [list(part) for part in parts] == expected
    assert all(sum(lengths[i] for i in part[:-1]) < bound for part in parts)
    assert all(len({documents[i] for i in part}) == 1 for part in parts)


def test_casing_tells_how_a_word_is_cased_at_its_other_places():
    document = [
        ["The", "Mill", "burnt", "down"],
        ["A", "mill", "is", "insured"],
        ["Near", "MILL", "a", "Mill", "stood"],
    ]
    # Mill: elsewhere mill, Mill (line 3) and MILL; mill: Mill, MILL; MILL: mill, Mill
    assert casing(document)[1] == ("lower+initial+upper",)
    assert casing(document)[5] == ("initial+upper",)
    assert casing(document)[9] == ("lower+initial",)
    # "A" begins a sentence and says nothing itself, but hears of "a"; nobody hears of it
    assert casing(document)[4] == ("lower",)
    assert casing(document)[10] == ()
    assert casing(document)[2] == ()


def test_a_capital_at_the_beginning_of_a_sentence_tells_nothing():
    assert casing([["Rose", "smiled"], ["a", "rose"]]) == [("lower",), (), (), ()]
    assert casing([["the", "Rose"], ["a", "rose"]]) == [(), ("lower",), (), ("initial",)]


def test_capitals_in_a_headline_of_capitals_tell_nothing():
    headline, text = ["BANK", "BUYS", "A", "MILL"], ["no", "bank", "buys", "a", "mill"]
    assert casing([headline, text]) == [("lower",)] * 4 + [()] * 5
    # where one letter is lower, they do
    headline = ["BANK", "buys", "MILL"]
    assert casing([headline, text]) == [("lower",)] * 3 + [(), ("upper",), ("lower",), (), ("upper",)]


def test_a_single_capital_letter_is_an_initial():
    assert casing([["vitamin", "C"], ["c", "sharp"]])[2] == ("initial",)
    assert casing([["C", "sharp"], ["c", "sharp"]])[2] == ()


def test_mixed_case_and_digits_tell_nothing_but_hear():
    assert casing([["an", "iPod"], ["an", "ipod"], ["7", "7"]]) == [("lower",), ("lower",), ("lower",), (), (), ()]


@given(SENTENCES)
def test_casing_is_a_comparison_of_every_place_with_every_other(document):
    places = [(s, i, token) for s, sentence in enumerate(document) for i, token in enumerate(sentence)]

    def tells(s, i, token):
        kind = "initial" if case(token) == "upper" and len(token) == 1 else case(token)
        if kind == "initial" and i == 0:
            return None
        in_capitals = all(each == each.upper() for each in document[s])
        return None if in_capitals and kind in ("initial", "upper") else kind

    expected = []
    for place in places:
        others = [other for other in places if other[:2] != place[:2] and other[2].lower() == place[2].lower()]
        kinds = {tells(*other) for other in others}
        told = "+".join(kind for kind in ("lower", "initial", "upper") if kind in kinds)
        expected.append((told,) if told else ())
    assert casing(document) == expected
    assert {value for item in expected for value in item} <= set(document_values("casing", []))


@given(SENTENCES, st.data())
def test_counts_elsewhere_equal_those_of_nested_loops(sentences, data):
    documents = [data.draw(st.integers(0, 1)) for _ in sentences]
    parts = gather([len(sentence) for sentence in sentences], documents)
    places = [(n, token) for n, part in enumerate(parts) for i in part for token in sentences[i]]
    labels = np.array([data.draw(st.integers(0, 2)) for _ in places], np.intp)
    expected = np.zeros((len(places), 3), int)
    for t, (part, token) in enumerate(places):
        for u, (other_part, other) in enumerate(places):
            if u != t and part == other_part and token.lower() == other.lower():
                expected[t, labels[u]] += 1
    assert np.array_equal(counts_elsewhere(labels, same_words(sentences, parts), 3), expected)


def test_the_same_word_in_another_document_is_another():
    sentences = [["Oslo", "is", "oslo"], ["OSLO"], ["oslo"]]
    assert same_words(sentences, [range(0, 2), range(2, 3)]).tolist() == [0, 1, 0, 0, 2]


@pytest.mark.parametrize(
    ("counts", "total", "shares"),
    [
        ([0, 0, 0], "never", []),
        ([0, 1, 0], "once", ["PER always"]),
        ([1, 1, 0], "2 or 3 times", ["O mostly", "PER mostly"]),  # 1/2: from 0.5 on it is mostly
        ([1, 0, 2], "2 or 3 times", ["LOC mostly", "O sometimes"]),  # 2/3, 1/3
        ([4, 0, 0], "4 to 10 times", ["O always"]),
        ([1, 4, 0], "4 to 10 times", ["PER nearly always", "O sometimes"]),  # 4/5 = 0.8, 1/5 = 0.2
        ([8, 1, 1], "4 to 10 times", ["O nearly always", "PER rarely", "LOC rarely"]),  # 0.8, 0.1, 0.1
        ([3, 8, 0], "often", ["PER mostly", "O sometimes"]),  # 11: 0.73, 0.27
        ([5, 5, 5], "often", ["O sometimes", "PER sometimes", "LOC sometimes"]),  # a tie: in their order
        ([0, 99, 1], "often", ["PER nearly always", "LOC rarely"]),  # 0.99 is not always
    ],
)
def test_counts_are_told_as_their_sum_and_shares(counts, total, shares):
    values = share_values(["O", "PER", "LOC"])
    ids = share_ids(np.array([counts]))[:, 0].tolist()
    assert [values[i - len(RESERVED)] for i in ids if i] == [total, *shares]
    assert ids[1 + len(shares) :] == [0] * (TOP - len(shares))


@given(arrays.arrays(np.intp, st.tuples(st.integers(0, 5), st.integers(2, 6)), elements=st.integers(0, 12)))
def test_every_told_id_is_in_range_and_at_most_top_kinds_are_told(counts):
    names = [f"K{i}" for i in range(counts.shape[1])]
    values = share_values(names)
    ids = share_ids(counts)
    assert ids.shape == (1 + TOP, len(counts))
    assert not ids.size or 0 <= ids.min() <= ids.max() < len(RESERVED) + len(values)
    for row, column in zip(counts.tolist(), ids.T.tolist(), strict=True):
        assert values[column[0] - len(RESERVED)] in TOTALS
        told = [values[i - len(RESERVED)].split(" ")[0] for i in column[1:] if i]
        most = [name for name, n in Counter(dict(zip(names, row, strict=True))).most_common(TOP) if n]
        assert told == most


def test_more_counts_are_never_told_as_less():
    values = share_values(["O", "PER"])
    totals = [TOTALS.index(values[i - 2]) for i in share_ids(np.array([[n, 0] for n in range(30)]))[0]]
    shares = [SHARES.index(values[i - 2][2:]) for i in share_ids(np.array([[n, 100 - n] for n in range(50, 101)]))[1]]
    assert totals == sorted(totals)
    assert shares == sorted(shares)
    assert (set(totals), set(shares)) == (set(range(5)), {2, 3, 4})


def test_the_values_of_document_features_are_closed():
    assert document_values("casing", []) == (
        *("lower", "initial", "upper", "lower+initial", "lower+upper", "initial+upper", "lower+initial+upper"),
    )
    assert document_values("gazetteer", ["LOC", "PER"]) == tuple(
        f"{part}-{type_}" for part in "BIES" for type_ in ("LOC", "PER")
    )
    for name in ("tag_statistics", "first_pass"):
        assert document_values(name, ["LOC", "PER"]) == share_values([OUTSIDE, "LOC", "PER"])
        assert FEATURES[name].look_ups == 1 + TOP
    assert FEATURES["gazetteer"].look_ups == TOP
    assert len(share_values(["O", "LOC"])) == len(TOTALS) + 2 * len(SHARES) == len(set(share_values(["O", "LOC"])))
    with_o = document_values("tag_statistics", ["O", "LOC"])
    assert len(set(with_o)) == len(with_o) == len(TOTALS) + 3 * len(SHARES)
