import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.checks.tag_steps import TagSteps
from ner_window.text.conll import Sentence
from ner_window.text.tagging import CANDIDATES, SCHEMES, detect, entities_of, tags_of, violations

TAGS = ["O", "B-X", "I-X", "E-X", "S-X", "B-Y", "I-Y", "L-X", "U-Y"]
SENTENCES = st.lists(st.lists(st.sampled_from(TAGS), min_size=1, max_size=6), max_size=6)


def steps_of(sentences, keep=100, cuts=()):
    """Add sentences, in several goes if there are cuts; lines are counted with a blank one behind each sentence."""
    steps, line = TagSteps(keep), 1
    for part in np.split(np.arange(len(sentences)), cuts):
        chosen = [sentences[i] for i in part]
        ids, starts, lines = [], [], []
        for tags in chosen:
            starts.append(len(ids))
            ids += [TAGS.index(tag) if tag in TAGS else -2 for tag in tags]
            lines += range(line, line + len(tags))
            line += len(tags) + 1
        if ids:
            steps.add(TAGS, np.array(ids, np.int32), np.array(starts), np.array(lines))
    return steps


@given(SENTENCES, st.data())
def test_the_scheme_is_the_one_that_training_finds(sentences, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sentences)), max_size=2)))
    found = detect([Sentence(tuple(tags), tuple(tags), "f", 1) for tags in sentences])
    assert steps_of(sentences, cuts=cuts).detect() is found


@given(SENTENCES, st.sampled_from(CANDIDATES))
def test_wrong_tags_are_those_of_the_plain_rule(sentences, scheme):
    found, more = steps_of(sentences).wrong(scheme)
    expected, line = [], 1
    for tags in sentences:
        for position in violations(tags, scheme):
            at_end = position == len(tags)
            place = position - at_end
            before = tags[place - 1] if place else ""
            expected.append(((line + place, before, tags[place]), at_end))
        line += len(tags) + 1
    assert [(tuple(place), at_end) for place, at_end in found] == sorted(expected)
    assert more == 0


@given(SENTENCES)
def test_entities_are_those_of_conlleval(sentences):
    counts = {}
    for tags in sentences:
        for entity in entities_of(tags):
            counts[entity.type] = counts.get(entity.type, 0) + 1
    assert steps_of(sentences).entities == counts


def test_of_each_kind_some_places_are_kept_and_all_are_counted():
    found, more = steps_of([["I-X"]] * 5, keep=2).wrong(SCHEMES["IOB2"])
    assert [place.line for place, _ in found] == [1, 3]
    assert more == 3


def test_steps_from_and_to_tags_that_are_not_known_are_never_wrong():
    steps = steps_of([["?", "I-X", "?"], ["B-X", "?"]])
    assert steps.wrong(SCHEMES["IOB2"]) == ([], 0)
    assert steps.entities == {"X": 2}


def test_new_places_are_returned():
    steps = TagSteps(1)
    places = steps.add(["I-X"], np.array([0]), np.array([0]), np.array([7]))
    assert {place.line for place in places} == {7}
    assert steps.add(["I-X"], np.array([0]), np.array([0]), np.array([9])) == []


def test_beginnings():
    steps = steps_of([["O", "I-X", "I-X"], ["I-Y", "B-Y"]])
    assert steps.beginnings("I") == (2, 2)
    assert steps.beginnings("B") == (1, 6)
    assert steps.beginnings("S") == (0, 0)


@pytest.mark.parametrize(("main", "other"), [("IOB2", "IO"), ("BIOES", "IOB2"), ("IOB2", "BIOES")])
def test_two_schemes_in_one_file(main, other):
    entities = [e for tags in [["B-X", "I-X", "O", "B-Y"]] for e in entities_of(tags)]
    mine, theirs = (tags_of(entities, 4, SCHEMES[name]) for name in (main, other))
    mixture = steps_of([mine] * 5 + [theirs] * 3).mixed(SCHEMES[main])
    assert (mixture.other.name, mixture.theirs, mixture.own, mixture.line) == (other, 3, 5, 26)
    assert steps_of([mine] * 5 + [theirs] * 2).mixed(SCHEMES[main]) is None  # too few
    assert steps_of([mine] * 60 + [theirs] * 3).mixed(SCHEMES[main]) is None  # 3 of 63: slips


@given(SENTENCES, st.sampled_from(CANDIDATES))
def test_a_file_in_one_scheme_is_not_mixed(sentences, scheme):
    written = [tags_of(entities_of(tags), len(tags), scheme) for tags in sentences]
    known = [tags for tags in written if set(tags) <= set(TAGS)]
    assert steps_of(known).mixed(scheme) is None
