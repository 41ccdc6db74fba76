from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.text.tokens import Tokens

SENTENCES = st.lists(st.lists(st.sampled_from(["Oslo", "oslo", "of", "7", "", "Ås"]), max_size=4), max_size=5)


def test_tokens_by_hand():
    text = Tokens.of([["Mira", "and", "Mira"], [], ["and", "Bo"]], [3, 3, 8])
    assert text.forms == ["Mira", "and", "Bo"]
    assert text.ids.tolist() == [0, 1, 0, 1, 2]
    assert text.ids.dtype == np.int32
    assert (text.lengths.tolist(), text.starts.tolist(), text.documents.tolist()) == ([3, 0, 2], [0, 3, 3], [3, 3, 8])
    assert list(text.counts.items()) == [("Mira", 2), ("and", 2), ("Bo", 1)]
    assert [text.sentence(i) for i in range(3)] == [("Mira", "and", "Mira"), (), ("and", "Bo")]


@given(SENTENCES)
def test_sentences_come_back_and_each_form_stands_once(sentences):
    text = Tokens.of(sentences)
    tokens = [token for sentence in sentences for token in sentence]
    assert list(text.sentences()) == [tuple(sentence) for sentence in sentences]
    assert text.forms == list(dict.fromkeys(tokens))
    assert text.counts == Counter(tokens)
    assert list(text.counts) == text.forms  # in the order of their first places
    assert text.documents.tolist() == [0] * len(sentences)  # all are one
    assert len(text.ids) == len(tokens) == text.lengths.sum()


def test_forms_that_do_not_occur_are_not_counted():
    text = Tokens(["a", "b", "c"], np.array([2, 2]), np.array([2]), np.array([0]))
    assert text.counts == {"c": 2}
    assert text.sentence(0) == ("c", "c")


@pytest.mark.parametrize("documents", [[], [0], [0, 0, 1]])
def test_documents_have_a_number_for_each_sentence(documents):
    with pytest.raises(
        ValueError, match=rf"^documents: expected a number for each of 2 sentences, got {len(documents)}$"
    ):
        Tokens.of([["Oslo"], ["Mill"]], documents)
