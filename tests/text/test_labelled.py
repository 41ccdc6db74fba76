import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.errors import CorpusError, TaggingError
from ner_window.text.conll import Layout
from ner_window.text.labelled import first_difference, read_labelled
from ner_window.text.tagging import SCHEMES
from ner_window.text.tokens import Tokens

TEXT = """Mara B-PER
Lind I-PER
left O
Oslo B-LOC

Oslo B-LOC
Bank B-ORG
Group I-ORG

nothing O
"""


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "c.conll"
    path.write_text(TEXT)
    return read_labelled(path, Layout())


def test_limit_keeps_the_first_sentences_and_counts_the_others(corpus):
    cut = corpus.limit(1)
    assert cut.tokens == [("Mara", "Lind", "left", "Oslo")]
    assert cut.tags == [["B-PER", "I-PER", "O", "B-LOC"]]
    counts = cut.counts()
    assert (counts["sentences"], counts["sentences_left_out"], counts["lines"]) == (1, 2, 10)


@pytest.mark.parametrize("limit", [None, 3, 99])
def test_a_limit_that_takes_nothing_away(corpus, limit):
    assert corpus.limit(limit) is corpus


def test_only_makes_the_other_types_outside_and_counts_them(corpus):
    cut = corpus.only(["LOC"])
    assert cut.tags == [["O", "O", "O", "B-LOC"], ["B-LOC", "O", "O"], ["O"]]
    assert cut.counted_tags("conlleval") == cut.tags
    counts = cut.counts()
    assert counts["entities"] == {"LOC": 2}
    assert counts["entities_left_out"] == {"ORG": 1, "PER": 1}


@pytest.mark.parametrize("types", [None, ["LOC", "ORG", "PER"]])
def test_only_of_all_types(corpus, types):
    assert corpus.only(types) is corpus


def test_a_file_without_sentences_is_refused(tmp_path):
    (tmp_path / "empty.conll").write_text("\n\n")
    with pytest.raises(CorpusError, match="empty.conll: no sentences, got 2 lines"):
        read_labelled(tmp_path / "empty.conll", Layout())


def test_a_tag_that_cannot_stand_there_is_refused_or_repaired(tmp_path):
    path = tmp_path / "broken.conll"
    path.write_text("a B-PER\nb I-LOC\n\nc O\nd B-LOC\n")
    with pytest.raises(TaggingError, match="broken.conll:2: tag 'I-LOC' cannot follow 'B-PER' in IOB2"):
        read_labelled(path, Layout(), "IOB2")
    repaired = read_labelled(path, Layout(), "IOB2", "conlleval")
    assert repaired.tags[0] == ["B-PER", "B-LOC"]
    assert repaired.repaired == 1


def test_select_keeps_sentences_at_places_in_the_order_of_the_corpus(corpus):
    chosen = corpus.select([2, 0])
    assert chosen.tokens == [("Mara", "Lind", "left", "Oslo"), ("nothing",)]
    assert chosen.tags == [["B-PER", "I-PER", "O", "B-LOC"], ["O"]]
    assert chosen.scheme is corpus.scheme
    assert corpus.select(range(3)).tokens == corpus.tokens
    assert corpus.select(()).tags == []


def test_sentences_carry_the_number_of_their_document(tmp_path):
    path = tmp_path / "c.conll"
    document = "-DOCSTART- -X- O\n\na x O\n\nb x B-LOC\n\n"
    path.write_text("first x O\n\n" + document + "-DOCSTART- -X- O\n\n" + document)
    corpus = read_labelled(path, Layout())
    assert corpus.documents == [0, 1, 1, 3, 3]  # the second document is empty
    assert corpus.counts()["documents"] == 3
    assert corpus.select([4, 1]).documents == [1, 3]
    assert corpus.limit(2).documents == [0, 1]


def test_labels_are_the_entities_in_another_scheme(corpus):
    tags = ["O", "S-LOC", "B-PER", "E-PER"]
    # Mara Lind left Oslo | Oslo Bank Group | nothing
    assert corpus.labels(tags, SCHEMES["BIOES"]).tolist() == [2, 3, 0, 1, 1, -1, -1, 0]
    assert corpus.only(["LOC"]).labels(tags, SCHEMES["BIOES"]).tolist() == [0, 0, 0, 1, 1, 0, 0, 0]
    assert corpus.select([1]).labels(tags, SCHEMES["BIOES"]).tolist() == [1, -1, -1]


def test_entities_and_their_texts(corpus):
    assert corpus.entities.start.tolist() == [0, 3, 4, 5]
    assert corpus.entities.end.tolist() == [2, 4, 5, 7]
    assert corpus.entities.names() == ["PER", "LOC", "LOC", "ORG"]
    assert corpus.entity_texts() == {"Mara Lind", "Oslo", "Bank Group"}
    assert corpus.select([2]).entity_texts() == frozenset()


def test_a_cut_corpus_still_names_lines(corpus, tmp_path):
    chosen = corpus.select([2, 1]).corpus
    assert [chosen.where(i) for i in range(4)] == [f"{tmp_path / 'c.conll'}:{line}" for line in (6, 7, 8, 10)]
    assert [s.line for s in corpus.limit(2).corpus.sentences] == [1, 6]


def test_conlleval_counts_the_tags_of_the_file_and_the_other_rules_those_that_are_repaired(tmp_path):
    path = tmp_path / "broken.conll"
    path.write_text("a B-PER\nb I-LOC\n\nc O\nd B-LOC\n")
    read = {method: read_labelled(path, Layout(), "IOB2", method) for method in ("conlleval", "discard")}
    assert read["conlleval"].counted_tags("conlleval") == [["B-PER", "I-LOC"], ["O", "B-LOC"]]
    assert read["discard"].counted_tags("discard") == [["B-PER", "O"], ["O", "B-LOC"]]
    assert read["conlleval"].limit(1).counted_tags("conlleval") == [["B-PER", "I-LOC"]]


def test_a_tag_that_is_none_is_named_also_where_a_scheme_is(tmp_path):
    path = tmp_path / "c.conll"
    path.write_text("\na O\n\nb O\nc NNP\n")
    for scheme in ("auto", "IOB2"):
        with pytest.raises(TaggingError, match=r"c\.conll:5: expected 'O' or .*, got 'NNP'; is it the right tag col"):
            read_labelled(path, Layout(), scheme)


@given(*[st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=4), max_size=5)] * 2)
def test_the_first_difference_is_that_of_a_walk_through_both(one, other):
    expected = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    assert first_difference(Tokens.of(one), Tokens.of(other)) == expected
    assert first_difference(Tokens.of(one), Tokens.of([*one, ["c"], *other])) is None
