import pytest

from ner_window.errors import CorpusError, TaggingError
from ner_window.inspection.vector_coverage import coverages
from ner_window.text.line_rules import Layout
from ner_window.text.words import Words

TEXT = """\
Mara B-PER
of O
Quay B-LOC
77 I-LOC

Quay B-LOC
of O
Of O
Zyx B-ORG
Zyx-Quay O
Abc O
"""


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "c.conll"
    path.write_text(TEXT)
    return path


def cover(path, *, top=10, layout=None, **options):
    words = Words(["of", "quay", "00", "zyx-"], **options)
    return next(coverages([path], layout or Layout(), words, top))


def steps(counts):
    return {step: n for step, n in counts.items() if n}


def test_tokens_words_and_entities_by_step(corpus):
    found = cover(corpus)
    # of of | Quay Quay Of | 77 | Mara Zyx Zyx-Quay Abc
    assert steps(found.tokens) == {"exact": 2, "lower case": 3, "digits folded": 1, "unknown": 4}
    assert steps(found.words) == {"exact": 1, "lower case": 2, "digits folded": 1, "unknown": 4}
    # Mara, Quay 77, Quay, Zyx
    assert steps(found.entity_tokens) == {"lower case": 2, "digits folded": 1, "unknown": 2}


def test_words_are_looked_up_as_the_options_say(corpus):
    assert steps(cover(corpus, lowercase=False).tokens) == {"exact": 2, "digits folded": 1, "unknown": 7}
    corpus.write_text("Quay-of O\n")
    assert steps(cover(corpus, parts=True).tokens) == {"mean of parts": 1}
    assert cover(corpus, parts=True).missing == []
    assert steps(cover(corpus).tokens) == {"unknown": 1}


def test_words_without_a_vector_the_most_frequent_first(corpus):
    corpus.write_text(TEXT + "Zyx O\nBde O\n")
    assert cover(corpus).missing == [("Zyx", 2, 1), ("Abc", 1, 0), ("Bde", 1, 0), ("Mara", 1, 1), ("Zyx-Quay", 1, 0)]
    assert cover(corpus, top=2).missing == [("Zyx", 2, 1), ("Abc", 1, 0)]
    assert cover(corpus, top=0).missing == []


def test_the_form_for_json(corpus):
    document = cover(corpus, top=1).as_dict()
    assert document["file"] == str(corpus)
    assert (document["tokens"]["total"], document["tokens"]["with_vector"]) == (10, 6)
    assert (document["words"]["total"], document["words"]["with_vector"]) == (8, 4)
    assert (document["entity_tokens"]["total"], document["entity_tokens"]["with_vector"]) == (5, 3)
    assert document["entity_tokens"]["steps"]["digits folded"] == 1
    assert document["missing"] == [{"word": "Abc", "count": 1, "in_entities": 0}]


def test_a_corpus_without_entities(corpus):
    corpus.write_text("of O\n")
    document = cover(corpus).as_dict()
    assert (document["entity_tokens"]["total"], document["entity_tokens"]["with_vector"]) == (0, 0)


def test_columns_and_broken_tags_are_read_as_the_layout_and_conlleval_do(corpus):
    corpus.write_text("B-LOC quay\nI-PER Abc\nO of\n")
    found = cover(corpus, layout=Layout(1, 0))
    assert steps(found.entity_tokens) == {"exact": 1, "unknown": 1}


def test_each_corpus_is_read_when_it_is_its_turn(corpus, tmp_path):
    words = Words(["of"])
    found = coverages([corpus, tmp_path / "none"], Layout(), words, 10)
    assert next(found).file == str(corpus)
    with pytest.raises(CorpusError, match="none: cannot be read: No such file"):
        next(found)


def test_bad_corpora_are_refused_with_their_line(corpus):
    corpus.write_text("of O\nquay\n")
    with pytest.raises(CorpusError, match=r"c\.conll:2: "):
        cover(corpus)
    corpus.write_text("of O\nquay LOC\n")
    with pytest.raises(TaggingError, match=r"c\.conll:2: "):
        cover(corpus)
