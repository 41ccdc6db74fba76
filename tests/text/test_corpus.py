import numpy as np
import pytest

from ner_window.text.corpus import Corpus, Sentence
from ner_window.text.tokens import Tokens

#: Read from: a document line, a blank one, "Mira B-PER", "sails O", blank, "home O", a document line, "Mira O".
CORPUS = Corpus(
    "here.conll",
    Tokens(["Mira", "sails", "home"], np.array([0, 1, 2, 0]), np.array([2, 1, 1]), np.array([1, 1, 2])),
    ["B-PER", "O"],
    np.array([0, 1, 1, 1]),
    np.array([3, 6, 8]),
    "digest",
    lines=8,
    token_lines=4,
    blank_lines=2,
    document_lines=2,
)


def test_sentences_are_made_when_they_are_asked_for():
    sentences = CORPUS.sentences
    assert list(sentences) == [
        Sentence(("Mira", "sails"), ("B-PER", "O"), "here.conll", 3, 1),
        Sentence(("home",), ("O",), "here.conll", 6, 1),
        Sentence(("Mira",), ("O",), "here.conll", 8, 2),
    ]
    assert len(sentences) == 3
    assert sentences[-1] == sentences[2]
    assert sentences[1:] == tuple(sentences)[1:]
    assert sentences[0] is not sentences[0]
    with pytest.raises(IndexError):
        sentences[3]


def test_without_tags_sentences_have_none():
    corpus = Corpus("here.conll", CORPUS.text, [], np.empty(0, np.int16), CORPUS.first_lines, "digest", 8, 4, 2, 2)
    assert [s.tags for s in corpus.sentences] == [(), (), ()]


def test_places_are_lines_of_the_file():
    assert [CORPUS.where(i) for i in range(4)] == ["here.conll:3", "here.conll:4", "here.conll:6", "here.conll:8"]
    assert CORPUS.sentences[0].where(1) == "here.conll:4"


def test_documents_that_hold_a_sentence_count():
    assert CORPUS.documents == 2
