from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.errors import TaggingError
from ner_window.text import entity_columns, tag_columns
from ner_window.text.conll import Sentence
from ner_window.text.tag_columns import KINDS, StepCounts, TagColumn
from ner_window.text.tagging import (
    SCHEMES,
    Entity,
    convert,
    detect,
    entities_of,
    repair,
    tags_of,
    violations,
)

TYPES = ("PER", "LOC", "A-B")
TAGS = ["O", *(f"{prefix}-{type_}" for prefix in "BIESLU" for type_ in TYPES)]
ANY = st.lists(st.lists(st.sampled_from(TAGS), max_size=8), max_size=8)
OF_A_SCHEME = st.sampled_from([scheme.prefixes for scheme in SCHEMES.values()]).flatmap(
    lambda prefixes: st.lists(
        st.lists(st.sampled_from(["O", *(f"{p}-{t}" for p in prefixes for t in TYPES[:2])]), max_size=8), max_size=8
    )
)
CORPORA = st.one_of(ANY, OF_A_SCHEME)
schemes = pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)


@pytest.fixture(autouse=True)
def _small_parts():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tag_columns, "BLOCK", 9)
        patch.setattr(entity_columns, "PART", 2)
        yield


def plain_entities(corpus):
    """The entities of all sentences, their tokens counted through the corpus."""
    found, before = [], 0
    for tags in corpus:
        found += [Entity(before + e.start, before + e.end, e.type) for e in entities_of(tags)]
        before += len(tags)
    return found


def as_list(entities):
    return [Entity(a, b, t) for a, b, t in zip(entities.start, entities.end, entities.names(), strict=True)]


@given(CORPORA)
def test_entities_are_those_of_each_sentence(corpus):
    column = TagColumn.of(corpus)
    assert column.lists() == corpus
    assert as_list(column.entities()) == plain_entities(corpus)
    assert column.entities().by_type() == Counter(e.type for e in plain_entities(corpus))


@schemes
@given(corpus=CORPORA)
def test_broken_sentences_are_those_with_violations(scheme, corpus):
    assert TagColumn.of(corpus).broken(scheme).tolist() == [i for i, t in enumerate(corpus) if violations(t, scheme)]


@given(CORPORA)
def test_the_scheme_detected_is_that_of_the_plain_function(corpus):
    sentences = [Sentence(("w",) * len(tags), tuple(tags), "here.conll", 1) for tags in corpus]
    assert TagColumn.of(corpus).detect() is detect(sentences)


@schemes
@given(corpus=CORPORA)
def test_conversion_is_that_of_each_sentence(scheme, corpus):
    assert TagColumn.of(corpus).convert(scheme).lists() == [convert(tags, scheme) for tags in corpus]


@schemes
@given(corpus=CORPORA, wanted=st.sets(st.sampled_from(TYPES)))
def test_entities_that_are_chosen_are_written_as_in_each_sentence(scheme, corpus, wanted):
    column = TagColumn.of(corpus)
    entities = column.entities()
    chosen = entities[np.array([name in wanted for name in entities.names()], bool)]
    expected = [tags_of([e for e in entities_of(tags) if e.type in wanted], len(tags), scheme) for tags in corpus]
    assert column.written(chosen, scheme).lists() == expected


@schemes
@given(corpus=CORPORA, tags=st.lists(st.sampled_from(TAGS), unique=True))
def test_labels_are_places_among_tags(scheme, corpus, tags):
    expected = [tags.index(t) if t in tags else -1 for sentence in corpus for t in convert(sentence, scheme)]
    assert TagColumn.of(corpus).labels(tags, scheme).tolist() == expected


@schemes
@given(corpus=CORPORA)
def test_repair_is_that_of_each_sentence(scheme, corpus):
    for method in ("strict", "conlleval", "discard"):
        column, broken = TagColumn.of(corpus).repair(scheme, method)
        assert column.lists() == [repair(tags, scheme, method) for tags in corpus]
        assert broken == sum(bool(violations(tags, scheme)) for tags in corpus)


@given(CORPORA, st.data())
def test_sentences_are_selected_by_their_places(corpus, data):
    places = data.draw(st.lists(st.integers(0, len(corpus) - 1))) if corpus else []
    chosen = TagColumn.of(corpus).select(np.array(places, np.intp))
    assert chosen.lists() == [corpus[i] for i in places]


def test_there_are_128_kinds_of_steps():
    assert len(KINDS) == 2 * 8 * 8
    assert KINDS[16 * 2 + 2 * 3 + 1] == ("B-A", "I-A")
    assert KINDS[16 * 2 + 2 * 3] == ("B-A", "I-B")
    assert KINDS[2 * 1] == ("^", "O")


@pytest.mark.parametrize("name", ["B", "b-PER", "NNP", ""])
def test_the_first_tag_that_is_none_is_named_with_its_place(name):
    column = TagColumn.of([["O", "B-PER"], ["O", name, "x"]])
    with pytest.raises(TaggingError) as error:
        column.check_names(lambda token: f"here.conll:{10 + token}")
    assert str(error.value) == (
        f"here.conll:13: expected 'O' or a prefix and a type such as 'B-PER', got {name!r}; is it the right tag column?"
    )


def test_names_that_do_not_occur_do_not_matter():
    names = ["x", "O", "B-PER", "B-LOC"]
    column = TagColumn(names, np.array([1, 2]), np.array([2]))
    column.check_names(str)
    assert TagColumn(names[1:], np.array([0, 1]), np.array([2])).entities().by_type() == {"PER": 1}


@given(CORPORA, st.integers(0, 8))
def test_step_counts_add_up_and_know_what_is_broken(corpus, cut):
    counts = TagColumn.of(corpus[:cut]).step_counts() + TagColumn.of(corpus[cut:]).step_counts()
    whole = TagColumn.of(corpus).step_counts()
    assert counts.steps.tolist() == whole.steps.tolist()
    assert counts.last.tolist() == whole.last.tolist()
    assert counts.steps.sum() == sum(map(len, corpus))
    assert counts.detect() == TagColumn.of(corpus).detect()
    for scheme in SCHEMES.values():
        assert counts.broken(scheme) == sum(len(violations(tags, scheme)) for tags in corpus)


def test_no_tags_are_in_any_scheme():
    assert StepCounts().detect().name == "IO"
    assert StepCounts().broken(SCHEMES["BIOES"]) == 0
