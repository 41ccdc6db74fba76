import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.text.vocabulary import PAD
from ner_window.text.windows import line, positions, windows

CORPORA = st.lists(st.lists(st.integers(1, 50), max_size=7), max_size=6)


def cut(corpus, radius):
    places = positions(np.array([len(s) for s in corpus], np.int64), radius)
    ids = line([i for s in corpus for i in s], places, len(corpus), radius)
    return windows(ids, places, radius)


@given(CORPORA, st.integers(0, 4))
def test_windows_equal_those_of_nested_loops(corpus, radius):
    expected = []
    for sentence in corpus:
        for i in range(len(sentence)):
            row = []
            for j in range(i - radius, i + radius + 1):
                row.append(sentence[j] if 0 <= j < len(sentence) else PAD)
            expected.append(row)
    assert cut(corpus, radius).tolist() == expected


@given(CORPORA, st.integers(0, 4))
def test_windows_never_cross_sentences(corpus, radius):
    marked = [[number + 1] * len(sentence) for number, sentence in enumerate(corpus)]
    for window in cut(marked, radius):
        assert set(window.tolist()) <= {PAD, window[radius]}


@pytest.mark.parametrize("radius", range(5))
def test_a_sentence_of_one_token_stands_between_pads(radius):
    assert cut([[7]], radius).tolist() == [[PAD] * radius + [7] + [PAD] * radius]


def test_the_line_has_its_stated_length():
    places = positions(np.array([2, 1]), 2)
    assert places.tolist() == [2, 3, 6]
    assert line([5, 6, 7], places, 2, 2).tolist() == [0, 0, 5, 6, 0, 0, 7, 0, 0]


def test_windows_are_cut_around_the_places_that_are_given():
    places = positions(np.array([2, 1]), 1)
    assert windows(line([5, 6, 7], places, 2, 1), places[[2, 1, 1]], 1).tolist() == [[0, 7, 0], [5, 6, 0], [5, 6, 0]]
