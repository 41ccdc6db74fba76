import numpy as np
import pytest

from ner_window.errors import VectorsError
from ner_window.inspection.vector_space import VectorSpace, export, suggestion
from ner_window.nn.network import Network
from ner_window.tagger import Tagger
from ner_window.text.words import Words

# The lecture's example: tv and telly were in training, television was not. All lie on the unit circle or the axes.
WORDS = ["tv", "telly", "radio", "television", "harbour"]
BEFORE = np.array([[0, 0], [1, 1], [1, 0], [0.8, 0.6], [0, 1], [0.6, 0.8], [0, -1]], np.float32)
NOW = np.array([[0, 3], [1, 1], [0, 0], [0.8, 0.6], [0, 1], [0.6, 0.8], [0, -1]], np.float32)
NOW[2] = [-1, 0]  # tv went to the other side: distance 2, cosine -1
NOW[3] = [0.8, -0.6]  # telly: distance 1.2, cosine 0.64 - 0.36 = 0.28


@pytest.fixture
def tagger():
    """Radio, too, was in training, but did not move."""
    words = Words(WORDS)
    network = Network((("word", 7, 2),), radius=0, hidden_units=2, labels=2)
    parameters = {**network.initialize(lambda shape, g: np.ones(shape, np.float32), np.random.default_rng(0))}
    tags = ("O", "I-LOC")
    return Tagger(network, {"E.word": NOW, **parameters}, (words,), tags, "IO", "IOB2", frozenset(), BEFORE[:5])


def test_distances_cosines_and_the_reserved_rows(tagger):
    space = VectorSpace(tagger)
    assert space.distances.tolist() == pytest.approx([2, 1.2, 0])
    assert space.cosines.tolist() == pytest.approx([-1, 0.28, 1])
    assert space.reserved == {"<pad>": 3.0, "<unknown>": 0.0}


def test_a_moved_word_has_other_neighbours(tagger):
    # cosines to telly before: television .96, tv .8, radio .6; now: harbour .6, television .64-.16=0, radio -.6, tv -.8
    moved = VectorSpace(tagger).moved(1, 2)
    assert moved.before == ("television", "tv")
    assert moved.now == ("harbour", "television")
    assert (moved.word, moved.changed) == ("telly", 1)
    assert (moved.distance, moved.cosine) == (pytest.approx(1.2), pytest.approx(0.28))


def test_television_is_left_behind(tagger):
    # nearest of the trained: telly .96, radio .8, tv .6; now -.48 + .48 = 0, .8, -.6
    left = VectorSpace(tagger).left_behind(3, 7, 3)
    assert [word for word, _ in left.neighbors] == ["telly", "radio", "tv"]
    assert [far for _, far in left.neighbors] == pytest.approx([1.2, 0, 2])
    assert (left.word, left.count, left.neighbors_moved) == ("television", 7, 2)
    assert left.distance == pytest.approx(3.2 / 3)
    assert left.cosine_before == pytest.approx((0.96 + 0.8 + 0.6) / 3)
    assert left.cosine_now == pytest.approx((0 + 0.8 - 0.6) / 3, abs=1e-6)


def test_neighborhoods_before_and_now(tagger):
    space = VectorSpace(tagger)
    near = space.neighborhood("TV", 1)
    assert (near.asked, near.word, near.how) == ("TV", "tv", "lower case")
    assert near.before == (("telly", pytest.approx(0.8)),)
    assert near.now == (("radio", 0.0),)
    assert space.neighborhood("radio", 1).before is None  # trained, but not moved
    assert space.neighborhood("harbour", 1).before is None  # not trained


def test_a_word_without_a_vector_is_refused_with_the_nearest_spelling(tagger):
    message = r"^vocabulary: no vector for this word, got 'Televison'; did you mean 'television'\?$"
    with pytest.raises(VectorsError, match=message):
        VectorSpace(tagger).neighborhood("Televison", 3)
    assert suggestion(tagger.words, "zebra") == "no word is spelled like it"


def test_frozen_vectors_have_moved_nowhere(tagger):
    frozen = Tagger(**{**{name: getattr(tagger, name) for name in tagger.__dataclass_fields__}, "pretrained": NOW[:0]})
    space = VectorSpace(frozen)
    assert space.distances.shape == (0,)
    assert space.reserved == {}
    assert space.neighborhood("tv", 1).before is None


def test_export_gives_all_words_but_the_reserved(tagger, tmp_path):
    tagger.save(tmp_path / "model")
    assert export(tmp_path / "model", tmp_path / "v.txt") == (5, [])
    lines = (tmp_path / "v.txt").read_text().split("\n")
    assert lines[:2] == ["5 2", "tv -1.0 0.0"]
    assert [line.split(" ")[0] for line in lines[1:-1]] == WORDS
