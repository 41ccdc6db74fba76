import json

import numpy as np
import pytest

from ner_window.inspection.drift import ANY_VECTOR, NO_VECTOR, SEEN, UNSEEN, measure, of_model
from ner_window.inspection.drift_data import Text, read_text
from ner_window.nn.network import Network
from ner_window.scoring import evaluate
from ner_window.tagger import Tagger
from ner_window.text.conll import Layout
from ner_window.text.words import Words

WORDS = ["tv", "telly", "radio", "oslo", "television", "harbour", "bergen"]
TRAINED = 4  # tv, telly, radio and oslo; of these tv and telly moved
SENTENCES = [["Television", "in", "Oslo"], ["a", "television", "of", "Bergen"], ["telly"]]


@pytest.fixture
def tagger():
    words = Words(WORDS)
    table = np.random.default_rng(5).normal(size=(len(words), 3)).astype(np.float32)
    pretrained = table[: 2 + TRAINED].copy()
    table[2] += [0, 3, 4]  # tv moved by 5
    table[3] += [1, 0, 0]  # telly by 1
    network = Network((("word", len(words), 3),), radius=0, hidden_units=4, labels=2)
    parameters = network.initialize(lambda shape, g: g.normal(size=shape).astype(np.float32), np.random.default_rng(1))
    parameters = {"E.word": table, **parameters}
    return Tagger(network, parameters, (words,), ("O", "I-LOC"), "IO", "IOB2", frozenset(), pretrained)


def test_a_mean_of_parts_is_known_as_the_least_known_of_its_parts(tagger):
    words = Words(WORDS, parts=True)
    tagger = Tagger(**{**{f: getattr(tagger, f) for f in tagger.__dataclass_fields__}, "vocabularies": (words,)})
    text = Text("a text", [["Oslo-tv", "Oslo-Bergen", "Oslo", "Oslo-Zq"]])
    result = measure(tagger, text, range(2, 2 + TRAINED), limit=20, count=3)
    assert result.text.tokens == {SEEN: 2, UNSEEN: 1, NO_VECTOR: 1}
    assert [word.word for word in result.text.left_behind] == ["bergen"]


def test_movement_is_counted_and_ranked(tagger):
    result = measure(tagger, Text("a text", SENTENCES), range(2, 2 + TRAINED), limit=20, count=3)
    assert (result.words, result.trained, result.moved, result.sampled) == (7, 4, 2, 2)
    assert [(m.word, round(m.distance, 5)) for m in result.farthest] == [("tv", 5.0), ("telly", 1.0)]
    assert (result.distances["max"], result.distances["median"]) == (pytest.approx(5), pytest.approx(3))
    assert result.share_changed == sum(m.changed for m in result.farthest) / 6
    assert result.reserved == {"<pad>": 0.0, "<unknown>": 0.0}


def test_the_farthest_comes_first_wherever_it_stands_in_the_vocabulary(tagger):
    table = tagger.parameters["E.word"]
    table[2 : 2 + TRAINED] = tagger.pretrained[2:]
    for row, far in {2: 1, 3: 3, 4: 0, 5: 2}.items():  # tv, telly, radio, oslo
        table[row, 0] += far
    result = measure(tagger, Text("a text", SENTENCES), range(2, 2 + TRAINED), limit=20, count=3)
    assert [m.word for m in result.farthest] == ["telly", "oslo", "tv"]
    limited = measure(tagger, Text("a text", SENTENCES), range(2, 2 + TRAINED), limit=1, count=3)
    assert [m.word for m in limited.farthest] == ["telly"]


def test_the_word_whose_neighbours_went_farthest_comes_first(tagger):
    # each of the two words beside one trained word: bergen, the later one in the text, beside tv, which moved by 5;
    # television beside telly, which moved by 1
    table, places = tagger.parameters["E.word"], np.eye(3, dtype=np.float32)
    tagger.pretrained[2:] = [places[0], places[1], places[2], -places[2]]
    table[2 : 2 + TRAINED] = tagger.pretrained[2:]
    table[2] += [0, 3, 4]
    table[3] += [1, 0, 0]
    table[[6, 8]] = places[[1, 0]]
    for sentences in (SENTENCES, SENTENCES[::-1]):
        text = measure(tagger, Text("a text", sentences), range(2, 2 + TRAINED), limit=20, count=1).text
        assert [(left.word, left.distance) for left in text.left_behind] == [("bergen", 5), ("television", 1)]


def test_limit_limits_the_lists_alone(tagger):
    result = measure(tagger, Text("a text", SENTENCES), range(2, 2 + TRAINED), limit=1, count=3)
    assert (len(result.farthest), result.moved) == (1, 2)
    assert (len(result.text.left_behind), result.text.words_left_behind) == (1, 2)


def test_words_left_behind_are_in_the_text_have_a_vector_and_were_not_trained(tagger):
    text = measure(tagger, Text("a text", SENTENCES), range(2, 2 + TRAINED), limit=20, count=4).text
    assert {left.word: left.count for left in text.left_behind} == {"television": 2, "bergen": 1}
    for left in text.left_behind:  # of the four trained words two moved, by 5 and by 1
        assert left.distance == pytest.approx(6 / 4)
        assert (len(left.neighbors), left.neighbors_moved) == (4, 2)


def test_words_whose_neighbours_stayed_were_not_left_behind(tagger):
    tagger.parameters["E.word"][: 2 + TRAINED] = tagger.pretrained
    result = measure(tagger, Text("a text", SENTENCES), range(2, 2 + TRAINED), limit=20, count=4)
    assert (result.moved, result.distances, result.text.words_left_behind) == (0, {}, 0)


def test_tokens_are_counted_by_kind(tagger):
    text = measure(tagger, Text("a text", SENTENCES), range(2, 2 + TRAINED), limit=20, count=3).text
    # oslo, telly; television twice, bergen; in, a, of
    assert text.tokens == {SEEN: 2, UNSEEN: 3, NO_VECTOR: 3}
    assert text.score is None
    text = measure(tagger, Text("a text", SENTENCES), None, limit=20, count=3).text
    assert text.tokens == {ANY_VECTOR: 5, NO_VECTOR: 3}


def test_entities_are_scored_by_the_least_known_of_their_words(tagger, tmp_path):
    path = tmp_path / "a.conll"
    path.write_text("Oslo B-LOC\nharbour I-LOC\nin O\nOslo B-LOC\n\nOslo B-LOC\nHall I-LOC\nof I-LOC\nBergen I-LOC\n")
    text = measure(tagger, read_text(path, Layout()), range(2, 2 + TRAINED), limit=20, count=3).text
    assert {name: tp + fn for name, (tp, _, fn) in text.score.subsets.items()} == {SEEN: 1, UNSEEN: 1, NO_VECTOR: 1}
    assert text.score.micro.support == 3


def test_groups_add_up_to_all_entities(model, root):
    result = of_model(model, root / "data" / "test.conll", limit=3)
    score = result.text.score
    assert score.micro == evaluate(Tagger.load(model), root / "data" / "test.conll", Layout())[2].micro
    sums = [sum(column) for column in zip(*score.subsets.values(), strict=True)]
    assert sums == [score.micro.tp, score.micro.fp, score.micro.fn]
    assert sum(result.text.tokens.values()) == score.tokens


def test_the_dev_file_is_taken_by_default_with_a_note(model):
    result = of_model(model, limit=2)
    assert result.text.source.endswith("dev.conll")
    assert "dev file of the model's configuration" in result.notes[0]
    document = json.loads(json.dumps(result.as_dict()))
    assert document["moved"] == result.moved > 1000
    assert document["farthest"][0]["distance"] == result.distances["max"]
    assert set(document["text"]["entities"]) == {"micro", SEEN, UNSEEN, NO_VECTOR}


def test_a_frozen_model_has_not_moved(tagger, tmp_path):
    frozen = Tagger(
        **{**{f: getattr(tagger, f) for f in tagger.__dataclass_fields__}, "pretrained": tagger.pretrained[:0]}
    )
    frozen.save(tmp_path / "model")
    (tmp_path / "a.txt").write_text("Television in Oslo.\n")
    result = of_model(tmp_path / "model", tmp_path / "a.txt")
    assert (result.moved, result.trained, result.farthest, result.text.words_left_behind) == (0, 0, (), 0)
    assert any(note.startswith("the word vectors were frozen: none moved") for note in result.notes)
    assert any("is not tagged" in note for note in result.notes)


def test_random_vectors_have_no_before(tagger, tmp_path):
    facts = {"data": {"vectors": {"sha256": "random"}}}
    random = Tagger(
        **{
            **{f: getattr(tagger, f) for f in tagger.__dataclass_fields__},
            "pretrained": tagger.parameters["E.word"] + 1,
            "facts": facts,
        }
    )
    random.save(tmp_path / "model")
    (tmp_path / "a.txt").write_text("Television in Oslo.\n")
    result = of_model(tmp_path / "model", tmp_path / "a.txt")
    assert any("places without a meaning" in note for note in result.notes)
    assert result.text.words_left_behind == 0
    assert result.moved == len(WORDS)
