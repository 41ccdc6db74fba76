import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.errors import TaggingError
from ner_window.text.conll import Sentence
from ner_window.text.tagging import (
    SCHEMES,
    Entity,
    check_tags,
    convert,
    detect,
    entities_of,
    repair,
    split_tag,
    tags_of,
    violations,
)

UNAMBIGUOUS = ("IOB1", "IOB2", "BIOES", "BILOU")
TYPES = st.sampled_from(["PER", "LOC", "A-B"])


@st.composite
def sentences_with_entities(draw):
    entities, place = [], 0
    for gap, length, type_ in draw(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4), TYPES), max_size=6)):
        entities.append(Entity(place + gap, place + gap + length, type_))
        place += gap + length
    return entities, place + draw(st.integers(0, 2))


def sentence(tags, line=1):
    return Sentence(tuple("w" for _ in tags), tuple(tags), "here.conll", line)


def any_tags(scheme):
    tags = ["O", *(f"{p}-{t}" for p in SCHEMES[scheme].prefixes for t in ("PER", "LOC"))]
    return st.lists(st.sampled_from(tags), max_size=10)


@pytest.mark.parametrize("name", UNAMBIGUOUS)
@given(case=sentences_with_entities())
def test_entities_survive_being_written_as_tags(name, case):
    entities, length = case
    tags = tags_of(entities, length, SCHEMES[name])
    assert violations(tags, SCHEMES[name]) == []
    assert entities_of(tags) == entities


@pytest.mark.parametrize("one", UNAMBIGUOUS)
@pytest.mark.parametrize("other", UNAMBIGUOUS)
@given(case=sentences_with_entities())
def test_conversion_there_and_back_is_the_identity(one, other, case):
    tags = tags_of(*case, SCHEMES[one])
    assert convert(convert(tags, SCHEMES[other]), SCHEMES[one]) == tags


@given(sentences_with_entities())
def test_io_is_valid_and_covers_the_same_tokens(case):
    entities, length = case
    tags = tags_of(entities, length, SCHEMES["IO"])
    assert violations(tags, SCHEMES["IO"]) == []
    assert tags == ["I" + t[1:] if t != "O" else t for t in tags_of(entities, length, SCHEMES["IOB2"])]


def test_io_merges_adjacent_entities_of_one_type():
    tags = tags_of([Entity(0, 1, "PER"), Entity(1, 3, "PER"), Entity(3, 4, "LOC")], 4, SCHEMES["IO"])
    assert tags == ["I-PER", "I-PER", "I-PER", "I-LOC"]
    assert entities_of(tags) == [Entity(0, 3, "PER"), Entity(3, 4, "LOC")]


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("IO", "I-A I-A I-A I-B O"),
        ("IOB1", "I-A I-A B-A I-B O"),
        ("IOB2", "B-A I-A B-A B-B O"),
        ("BIOES", "B-A E-A S-A S-B O"),
        ("BILOU", "B-A L-A U-A U-B O"),
    ],
)
def test_each_scheme_writes_and_is_detected_by_its_own_tags(name, tags):
    entities = [Entity(0, 2, "A"), Entity(2, 3, "A"), Entity(3, 4, "B")]
    assert tags_of(entities, 5, SCHEMES[name]) == tags.split()
    assert detect([sentence(tags.split())]).name == name


def test_detect_calls_a_corpus_without_b_io():
    assert detect([sentence(["I-PER", "O"]), sentence(["O", "I-LOC", "I-LOC"])]).name == "IO"
    assert detect([sentence(["O", "O"])]).name == "IO"
    assert detect([]).name == "IO"


def test_detect_bears_a_single_broken_tag():
    good = [sentence(["B-PER", "I-PER", "O", "B-LOC"])] * 20
    assert detect([*good, sentence(["O", "I-PER"])]).name == "IOB2"


def test_detect_names_the_line_of_a_tag_that_is_none():
    with pytest.raises(TaggingError, match=r"here\.conll:8: .*'NNP'.*right tag column"):
        detect([sentence(["O", "NNP"], line=7)])


def test_check_tags_names_file_and_line():
    check_tags([sentence(["B-PER", "I-PER"])], SCHEMES["IOB2"])
    with pytest.raises(TaggingError, match=r"^here\.conll:12: tag 'I-LOC' cannot follow 'B-PER' in IOB2"):
        check_tags([sentence(["O"]), sentence(["O", "B-PER", "I-LOC"], line=10)], SCHEMES["IOB2"])
    with pytest.raises(TaggingError, match=r"^here\.conll:3: tag 'I-LOC' cannot follow the start of a sentence"):
        check_tags([sentence(["I-LOC"], line=3)], SCHEMES["IOB2"])
    with pytest.raises(TaggingError, match=r"^here\.conll:4: tag 'B-LOC' cannot end a sentence in BIOES"):
        check_tags([sentence(["O", "B-LOC"], line=3)], SCHEMES["BIOES"])


@pytest.mark.parametrize("name", SCHEMES)
@pytest.mark.parametrize("method", ["conlleval", "discard"])
@given(data=st.data())
def test_repair_gives_valid_tags_and_leaves_valid_ones(name, method, data):
    tags = data.draw(any_tags(name))
    fixed = repair(tags, SCHEMES[name], method)
    assert len(fixed) == len(tags)
    assert violations(fixed, SCHEMES[name]) == []
    assert repair(fixed, SCHEMES[name], method) == fixed
    if not violations(tags, SCHEMES[name]):
        assert fixed == tags


@pytest.mark.parametrize("name", UNAMBIGUOUS)
@given(data=st.data())
def test_repair_keeps_what_conlleval_counts_and_discard_only_drops(name, data):
    tags = data.draw(any_tags(name))
    assert entities_of(repair(tags, SCHEMES[name], "conlleval")) == entities_of(tags)
    assert set(entities_of(repair(tags, SCHEMES[name], "discard"))) <= set(entities_of(tags))
    assert repair(tags, SCHEMES[name], "strict") == tags


def test_discard_drops_the_broken_entity_alone():
    tags = ["I-PER", "I-PER", "O", "B-LOC", "I-LOC"]
    assert repair(tags, SCHEMES["IOB2"], "discard") == ["O", "O", "O", "B-LOC", "I-LOC"]
    assert repair(tags, SCHEMES["IOB2"], "conlleval") == ["B-PER", "I-PER", "O", "B-LOC", "I-LOC"]


@pytest.mark.parametrize("tag", ["", "o", "B", "B-", "BPER", "B_PER", "X-PER", "b-PER", "-PER", "PER", "O-PER", "^"])
def test_split_tag_refuses_what_is_no_tag(tag):
    with pytest.raises(TaggingError, match="expected 'O' or a prefix and a type"):
        split_tag(tag)


def test_split_tag_keeps_hyphens_of_the_type():
    assert split_tag("B-geo-loc") == ("B", "geo-loc")
    assert split_tag("O") == ("O", "")


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("B-PER O", "O O"),
        ("B-PER S-LOC", "O S-LOC"),
        ("B-PER I-PER S-LOC", "O O S-LOC"),
        ("B-PER B-PER E-PER", "O B-PER E-PER"),
    ],
)
def test_discard_drops_an_entity_that_is_never_ended_and_keeps_the_next(tags, expected):
    assert repair(tags.split(), SCHEMES["BIOES"], "discard") == expected.split()
