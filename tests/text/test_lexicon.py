import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.text.lexicon import Lexicon
from ner_window.text.tagging import SCHEMES, Entity, tags_of

TYPES = ("LOC", "ORG", "PER")
WORDS = st.sampled_from(["north", "North", "bank", "BANK", "of", "Oslo", "ana"])


@st.composite
def documents(draw, least=0):
    """Documents of sentences with their entities, which do not overlap."""
    corpus = []
    for _ in range(draw(st.integers(least, 4))):
        document = []
        for tokens in draw(st.lists(st.lists(WORDS, min_size=1, max_size=6), max_size=3)):
            cuts = [0, *draw(st.sets(st.integers(1, len(tokens)), max_size=4)), len(tokens)]
            cuts = sorted(set(cuts))
            found = [
                Entity(a, b, type_)
                for a, b in zip(cuts, cuts[1:], strict=False)
                if (type_ := draw(st.sampled_from([None, *TYPES])))
            ]
            document.append((tokens, tags_of(found, len(tokens), SCHEMES["BIOES"])))
        corpus.append(document)
    return corpus


def build(*some):
    """Build the lexicon of these documents."""
    sentences = [sentence for document in some for sentence in document]
    return Lexicon.build([tokens for tokens, _ in sentences], [tags for _, tags in sentences], TYPES)


def of(text):
    """Build a lexicon of sentences written as ``[LOC North Bank] is old``."""
    sentences, tags = [], []
    for line in text.split("\n"):
        tokens, found, open_ = [], [], None
        for piece in line.split(" "):
            if piece.startswith("["):
                open_ = (len(tokens), piece[1:])
                continue
            tokens.append(piece.removesuffix("]"))
            if piece.endswith("]"):
                found.append(Entity(open_[0], len(tokens), open_[1]))
        sentences.append(tokens)
        tags.append(tags_of(found, len(tokens), SCHEMES["BIOES"]))
    return Lexicon.build(sentences, tags, TYPES)


def test_entities_and_words_are_counted_in_lower_case():
    lexicon = of("[LOC North Bank] and [ORG North Bank]\n[LOC NORTH BANK] or a bank")
    assert lexicon.entities == {("north", "bank"): {"LOC": 2, "ORG": 1}}
    assert lexicon.words["bank"] == {"LOC": 2, "ORG": 1, "<outside>": 1}
    assert lexicon.words["and"] == {"<outside>": 1}
    assert lexicon.longest == {"north": 2}


def test_the_longest_match_from_the_left_is_taken():
    lexicon = of("[ORG Bank of Oslo]\n[LOC Oslo]\n[PER of]\n[LOC Oslo Bank North]")
    told = lexicon.matches([["the", "BANK", "of", "oslo", "bank", "of", "Bergen", "Oslo"]])
    assert told == [(), ("B-ORG",), ("I-ORG",), ("E-ORG",), (), ("S-PER",), (), ("S-LOC",)]


def test_a_match_does_not_go_beyond_its_sentence():
    lexicon = of("[LOC North Bank]")
    assert lexicon.matches([["North"], ["Bank"], [], ["North", "Bank"]]) == [(), (), ("B-LOC",), ("E-LOC",)]


def test_a_match_shows_all_types_the_most_frequent_first_and_no_more_than_three():
    lexicon = of("[PER Ana]\n[ORG Ana]\n[ORG Ana]\n[LOC Oslo]")
    assert lexicon.matches([["Ana"]]) == [("S-ORG", "S-PER")]
    types = ("A", "B", "C", "D")
    tags = [[f"S-{type_}"] for type_ in "ABCDDC"]
    four = Lexicon.build([["x"]] * 6, tags, types)
    assert four.matches([["x"]]) == [("S-C", "S-D", "S-A")]


def test_an_entity_of_ones_own_document_alone_is_no_match_and_hides_no_shorter_one():
    lexicon, own = of("[LOC North Bank]\n[LOC North]\n[ORG Bank]"), of("[LOC North Bank]")
    assert lexicon.matches([["North", "Bank"]]) == [("B-LOC",), ("E-LOC",)]
    assert lexicon.matches([["North", "Bank"]], own) == [("S-LOC",), ("S-ORG",)]


def test_tag_counts_are_those_of_the_other_documents():
    lexicon, own = of("[LOC Oslo] is\n[ORG Oslo] is\n[LOC oslo]"), of("[LOC Oslo] is")
    assert lexicon.tag_counts([["Oslo", "is", "new"]]).tolist() == [[0, 2, 1, 0], [2, 0, 0, 0], [0, 0, 0, 0]]
    assert lexicon.tag_counts([["Oslo", "is", "new"]], own).tolist() == [[0, 1, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    assert lexicon.tag_counts([]).shape == (0, 4)


@given(documents(least=1), st.data())
def test_a_document_hears_what_a_lexicon_without_it_would_tell(corpus, data):
    n = data.draw(st.integers(0, len(corpus) - 1))
    document = corpus[n]
    whole, own, others = build(*corpus), build(document), build(*corpus[:n], *corpus[n + 1 :])
    tokens = [tokens for tokens, _ in document]
    assert np.array_equal(whole.tag_counts(tokens, own), others.tag_counts(tokens))
    assert whole.matches(tokens, own) == others.matches(tokens)


def match_slowly(entities, tokens):
    """Try every span from the left, the longest first, against every entity."""
    told, i = [()] * len(tokens), 0
    while i < len(tokens):
        step = 1
        for end in range(len(tokens), i, -1):
            types = entities.get(" ".join(tokens[i:end]).lower(), {})
            if types:
                for k in range(i, end):
                    part = "S" if end - i == 1 else "B" if k == i else "E" if k == end - 1 else "I"
                    told[k] = tuple(f"{part}-{type_}" for type_ in sorted(types, key=lambda t: (-types[t], t)))
                step = end - i
                break
        i += step
    return told


@given(documents(), st.lists(st.lists(WORDS, max_size=8), max_size=3))
def test_matches_equal_those_of_trying_every_span(corpus, sentences):
    lexicon = build(*corpus)
    entities = {" ".join(words): counts for words, counts in lexicon.entities.items()}
    expected = [item for tokens in sentences for item in match_slowly(entities, tokens)]
    assert lexicon.matches(sentences) == expected


@given(documents(), st.randoms())
def test_json_holds_all_and_depends_on_the_counts_alone(corpus, random):
    lexicon = build(*corpus)
    text = lexicon.to_json()
    assert Lexicon.from_json(text) == lexicon
    shuffled = [sentence for document in corpus for sentence in document]
    random.shuffle(shuffled)
    assert build(shuffled).to_json() == text
    assert Lexicon.from_json(text).to_json() == text


def test_json_is_one_line_that_a_person_can_read():
    text = of("[LOC Ås] is\n[ORG Ås]").to_json()
    assert text.endswith("}\n")
    assert text.count("\n") == 1
    assert json.loads(text) == {
        "types": ["LOC", "ORG", "PER"],
        "entities": [[["ås"], {"LOC": 1, "ORG": 1}]],
        "words": {"is": {"<outside>": 1}, "ås": {"LOC": 1, "ORG": 1}},
    }


def test_a_word_of_a_type_called_o_is_not_outside():
    lexicon = Lexicon.build([["Ohm", "is"], ["Ohm"]], [["B-O", "O"], ["O"]], ["O"])
    assert lexicon.words == {"ohm": {"O": 1, "<outside>": 1}, "is": {"<outside>": 1}}
    assert lexicon.tag_counts([["Ohm", "is", "new"]]).tolist() == [[1, 1], [1, 0], [0, 0]]


UNKNOWN_TYPE = '{"types": ["LOC"], "entities": [], "words": {"is": {"O": 1}}}'


def test_counts_of_a_type_that_it_does_not_have_are_refused():
    with pytest.raises(ValueError, match=r"^expected counts of <outside>, LOC, got {'O': 1}$"):
        Lexicon.from_json(UNKNOWN_TYPE)


@pytest.mark.parametrize("text", ["[]", "{", '{"types": []}'])
def test_what_is_no_lexicon_is_refused(text):
    with pytest.raises((KeyError, TypeError, ValueError)):
        Lexicon.from_json(text)
