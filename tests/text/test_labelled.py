import pytest

from ner_window.errors import CorpusError, TaggingError
from ner_window.text.conll import Layout
from ner_window.text.labelled import read_labelled

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
