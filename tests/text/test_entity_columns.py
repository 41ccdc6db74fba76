import numpy as np

from ner_window.text import entity_columns
from ner_window.text.entity_columns import Entities, lowest, phrases, ranges, smallest
from ner_window.text.tokens import Tokens


def test_ranges_stand_one_after_the_other():
    assert ranges(np.array([7, 2, 5]), np.array([2, 0, 3])).tolist() == [7, 8, 5, 6, 7]
    assert ranges(np.array([], int), np.array([], int)).tolist() == []


def test_phrases_are_the_tokens_of_entities():
    text = Tokens.of([["Mira", "Voss", "sails"], ["Mira", "home"]])
    entities = Entities(np.array([0, 3]), np.array([2, 4]), np.array([0, 0]), ["PER"])
    assert phrases(text, entities) == [("Mira", "Voss"), ("Mira",)]
    assert phrases(text, entities[:0]) == []


def test_entities_are_chosen_by_place_or_flag_and_counted_by_type():
    entities = Entities(np.array([0, 3, 5]), np.array([2, 4, 6]), np.array([1, 0, 1]), ["LOC", "PER", "ORG"])
    assert entities.by_type() == {"PER": 2, "LOC": 1}
    assert (len(entities), entities.names()) == (3, ["PER", "LOC", "PER"])
    assert entities[np.array([2, 1])].start.tolist() == [5, 3]
    assert entities[np.array([False, True, False])].by_type() == {"LOC": 1}


def test_small_numbers_take_two_bytes():
    assert smallest(2**15 - 1) is np.int16
    assert smallest(2**15) is np.int32


def test_parts_are_all_entities_in_their_order(monkeypatch):
    monkeypatch.setattr(entity_columns, "PART", 2)
    entities = Entities(np.array([0, 3, 5]), np.array([2, 4, 6]), np.array([1, 0, 1]), ["LOC", "PER"])
    assert [part.start.tolist() for part in entities.parts()] == [[0, 3], [5]]
    assert list(entities[:0].parts()) == []


def test_the_lowest_value_of_each_entity_by_hand():
    entities = Entities(np.array([0, 2, 4]), np.array([1, 4, 7]), np.array([0, 0, 0]), ["PER"])
    values = np.array([0.9, 0.1, 0.8, 0.7, 0.6, 0.3, 0.5])
    assert lowest(entities, values).tolist() == [0.9, 0.7, 0.3]
    none = Entities(*(np.array([], np.intp) for _ in range(3)), ["PER"])
    assert lowest(none, values).tolist() == []
