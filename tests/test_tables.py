from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner_window.config import VectorsConfig
from ner_window.errors import ConfigError
from ner_window.tables import build_feature, coverage, own_words, pretrained_words, random_words
from ner_window.text.features import FEATURES
from ner_window.text.tokens import Tokens
from ner_window.text.vectors import Vectors, VectorsReport
from ner_window.text.vocabulary import RESERVED, UNKNOWN
from ner_window.text.words import FALLBACKS, Words

TOKENS = st.sampled_from(
    ["oslo", "Oslo", "OSLO", "mill", "Mill", "zork", "Zork", "7", "12", "1,234", "7-mill", "12-mill", "oslo-mill"]
    + ["Zork-Oslo", "zork-quux", "quux", "a-", "-", "1999-zork", "#0", "00"]
)
CORPORA = st.lists(st.lists(TOKENS, max_size=5), max_size=6)
OPTIONS = st.builds(
    VectorsConfig,
    own_rows=st.sampled_from([None, 1, 2]),
    parts=st.booleans(),
    lowercase=st.booleans(),
    dimensions=st.just(2),
)


def count(*sentences):
    """Return how often each token of some sentences occurs."""
    return Tokens.of(sentences).counts


def vectors(*words):
    """Vectors of two numbers: the word of row i has (i, 10 i), i from 1."""
    i = np.arange(1, len(words) + 1, dtype=np.float32)
    return Vectors(list(words), np.stack([i, 10 * i], axis=1), VectorsReport(kept=len(words)), "digest")


def test_words_that_have_no_vector_but_get_a_row_are_counted_by_what_stands_for_them():
    found = Words(["oslo", "mill"], parts=True)
    tokens = count(["Zork", "OSLO", "1,234"], ["zork", "Oslo-mill", "5,678", "harbour"])
    assert list(own_words(found, tokens, 2)) == ["zork", "#0,0", "oslo-mill"]
    assert list(own_words(found, tokens, 1)) == ["zork", "#0,0", "oslo-mill", "harbour"]
    assert list(own_words(found, tokens, None)) == ["oslo-mill"]
    assert own_words(Words(["oslo", "mill"]), tokens, None) == {}
    assert list(own_words(Words([], lowercase=False), count(["Zork", "zork", "zork"]), 2)) == ["zork"]


def test_with_each_own_word_comes_its_first_token_that_has_parts():
    # of 7-mill and 12-mill, which are both #0-mill, only 12, as 00, is among the words
    found = Words(["00", "mill"], parts=True)
    assert own_words(found, count(["7-mill", "12-mill", "34-mill", "zork"]), 1) == {
        "#0-mill": "12-mill",
        "zork": "zork",
    }


def test_training_words_stand_at_the_head_then_own_rows_then_the_rest_of_the_file():
    options = VectorsConfig(own_rows=2)
    tokens = count(["Zork", "mill"], ["zork", "in", "quux"])
    found = pretrained_words(options, tokens, vectors("the", "in", "oslo", "mill"))
    assert found.words.strings == ["in", "mill", "zork", "the", "oslo"]
    assert (found.head, found.own, found.sha256) == (2 + 3, 1, "digest")
    # rows of the file 1 the, 2 in, 3 oslo, 4 mill; the unknown word is their mean, (1 + 2 + 3 + 4) / 4 = 2.5
    assert found.table[:, 0].tolist() == [0, 2.5, 2, 4, 2.5, 1, 3]
    assert np.array_equal(found.table[:, 1], 10 * found.table[:, 0])
    assert found.table.dtype == np.float32
    assert found.counts(tokens).tolist() == [0, 1, 1, 1, 2]


def test_without_own_rows_the_words_are_those_of_the_file():
    found = pretrained_words(VectorsConfig(), count(["Zork", "zork", "mill"]), vectors("the", "mill"))
    assert found.words.strings == ["mill", "the"]
    assert (found.head, found.own) == (3, 0)


def test_the_unknown_word_is_the_mean_of_the_rarest_vectors(monkeypatch):
    monkeypatch.setattr("ner_window.tables.RAREST", 2)
    found = pretrained_words(VectorsConfig(), {}, vectors("the", "in", "oslo", "mill"))
    assert found.table[UNKNOWN].tolist() == [3.5, 35]


def test_means_of_vectors_whose_sum_is_too_large_for_float32_are_finite():
    read = vectors("oslo", "mill", "zork")
    large = replace(read, matrix=np.full_like(read.matrix, 3e38))  # the largest float32 is about 3.4e38
    found = pretrained_words(VectorsConfig(own_rows=1, parts=True), count(["oslo-mill"]), large)
    assert found.own == 1
    np.testing.assert_array_equal(found.table[1:], np.full((5, 2), 3e38, np.float32))


def test_own_rows_begin_as_the_mean_of_their_parts_else_as_the_unknown_word():
    options = VectorsConfig(own_rows=1, parts=True)
    tokens = count(["zork-mill", "Oslo-Mill", "zork", "12-oslo", "north-oslo"])
    found = pretrained_words(options, tokens, vectors("the", "oslo", "mill", "00"))
    # the 1, oslo 2, mill 3, 00 4: unknown (1 + 2 + 3 + 4) / 4 = 2.5. No training word has a vector of its own.
    assert found.words.strings == [
        "zork-mill",
        "oslo-mill",
        "zork",
        "#0-oslo",
        "north-oslo",
        "the",
        "oslo",
        "mill",
        "00",
    ]
    assert found.table[2:7, 0].tolist() == [
        2.75,  # zork, unknown at first, and mill: (2.5 + 3) / 2, though zork stands behind it
        2.5,  # oslo and mill: (2 + 3) / 2
        2.5,  # unknown
        3,  # 12 is found as 00: (4 + 2) / 2
        2.5,  # north is not known: unknown
    ]


def test_a_rare_compound_of_an_own_row_gets_a_row_too():
    # else it would be the mean of two rows that training cannot give back its gradient to
    options = VectorsConfig(own_rows=2, parts=True)
    found = pretrained_words(options, count(["zork", "zork", "zork-mill"]), vectors("oslo", "mill"))
    assert found.words.strings == ["zork", "zork-mill", "oslo", "mill"]
    assert found.table[2:4, 0].tolist() == [1.5, 1.75]  # unknown (1 + 2) / 2; of that and mill (1.5 + 2) / 2
    assert found.own == 2


def test_without_parts_own_rows_begin_as_the_unknown_word():
    found = pretrained_words(VectorsConfig(own_rows=1), count(["oslo-mill"]), vectors("oslo", "mill", "the"))
    assert found.table[2, 0] == 2
    assert found.words.strings == ["oslo-mill", "oslo", "mill", "the"]


def test_random_words_are_those_that_occur_twice():
    options = VectorsConfig(source="random", dimensions=7)
    tokens = count(["Zork", "oslo"], ["zork", "mill", "mill"])
    found = random_words(options, tokens, np.random.default_rng(0))
    assert found.words.strings == ["zork", "mill"]
    assert found.table.shape == (4, 7)
    assert (found.head, found.own) == (4, 2)
    assert found.counts(tokens).tolist() == [0, 1, 2, 2]


@pytest.mark.parametrize(
    ("own_rows", "parts", "expected"),
    [
        (None, False, ["zork"]),
        (None, True, ["zork", "zork-zork"]),
        (1, False, ["zork", "#0", "oslo", "zork-zork", "#0-zork"]),
        (2, False, ["zork", "#0"]),
        (2, True, ["zork", "#0", "zork-zork", "#0-zork"]),
    ],
)
def test_random_words_with_own_rows_are_patterns_and_with_parts_compounds(own_rows, parts, expected):
    options = VectorsConfig(source="random", own_rows=own_rows, parts=parts)
    tokens = count(["zork", "7", "oslo", "12", "Zork"], ["zork-zork", "9-zork"])
    assert random_words(options, tokens, np.random.default_rng(0)).words.strings == expected


@settings(max_examples=60)
@given(CORPORA, OPTIONS, st.booleans())
def test_every_training_token_has_a_row_at_the_head(sentences, options, random):
    counts = count(*sentences)
    if random:
        found = random_words(options, counts, np.random.default_rng(0))
    else:
        found = pretrained_words(options, counts, vectors("oslo", "the", "00", "mill", "Mill"))
    words = found.words
    tokens = [token for tokens in sentences for token in tokens]
    ids = words.encode(tokens)[0]
    assert not ids.size or ids.max() < found.head
    assert words.composites == []
    assert np.array_equal(found.counts(counts), [np.sum(ids == i) for i in range(found.head)])
    assert len(set(words.strings)) == len(words.strings)
    assert len(found.table) == len(words) >= found.head
    assert np.isfinite(found.table).all()
    if options.own_rows == 1:
        assert UNKNOWN not in ids
    if not random and "#0" not in tokens:  # the mark of a pattern: it takes the row of the numbers
        assert set(ids.tolist()) | {0, UNKNOWN} == set(range(found.head))  # each row at the head is of a training word


@given(CORPORA, OPTIONS)
def test_what_has_a_vector_keeps_it(sentences, options):
    file = vectors("oslo", "the", "00", "mill", "Mill")
    found = pretrained_words(options, count(*sentences), file)
    for word, vector in zip(file.words, file.matrix, strict=True):
        assert np.array_equal(found.table[found.words.ids[word]], vector)


@given(CORPORA, CORPORA, OPTIONS)
def test_coverage_adds_up_to_the_tokens(training, others, options):
    words = pretrained_words(options, count(*training), vectors("oslo", "00", "mill")).words
    for sentences in (training, others):
        counts = coverage(words, count(*sentences))
        assert tuple(counts) == FALLBACKS
        assert sum(counts.values()) == sum(map(len, sentences))
        assert counts["unknown"] == sum(words.find(token)[1] == "unknown" for tokens in sentences for token in tokens)


def test_the_list_of_a_feature_is_fixed_or_what_occurs_more_than_once_or_none():
    tokens = count(["Oslo", "Mill", "mills", "7", "x", "x"])
    assert build_feature("case", tokens, ["LOC"]).strings == FEATURES["case"].values
    assert build_feature("shape", tokens, ["LOC"]).strings == ["Xxx", "x"]
    assert len(build_feature("ngrams", tokens, ["LOC"])) == len(RESERVED) + FEATURES["ngrams"].rows
    assert build_feature("gazetteer", tokens, ["LOC"]).strings == ("B-LOC", "I-LOC", "E-LOC", "S-LOC")


def test_dimensions_that_vectors_have_not_are_refused():
    for said in (2, 50):  # 50 is the default: nothing was said
        assert pretrained_words(VectorsConfig(dimensions=said), count(["the"]), vectors("the")).table.shape == (3, 2)
    with pytest.raises(
        ConfigError, match=r"vectors.dimensions: v.txt has 2, got 3; leave the key out, it is for random"
    ):
        pretrained_words(VectorsConfig(source="v.txt", dimensions=3), count(["the"]), vectors("the"))
