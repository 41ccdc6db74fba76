import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ner_window.checks.corpus_file import check_corpus
from ner_window.checks.facts import facts_of, hashes_of, type_counts
from ner_window.checks.findings import Findings
from ner_window.text.labelled import read_labelled
from ner_window.text.line_rules import Layout

TEXT = "-DOCSTART- O\n\nMara B-PER\nLind I-PER\n\nrows O\nto O\nOslo B-LOC\n\n-DOCSTART- O\n\nMara B-PER\nLind O\n"


@given(st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=5), max_size=8))
def test_sentences_have_the_same_hash_if_they_have_the_same_tokens(sentences):
    tokens = np.array([hash(str(t)) for tokens in sentences for t in tokens], np.int64).view(np.uint64)
    lengths = np.array([len(tokens) for tokens in sentences], np.intp)
    hashes = hashes_of(tokens, np.cumsum(lengths) - lengths).tolist()
    for one, hash_ in zip(sentences, hashes, strict=True):
        assert [other == one for other in sentences] == [other == hash_ for other in hashes]


def test_what_training_has_read_is_what_the_check_reads(tmp_path):
    path = tmp_path / "c.conll"
    path.write_text(TEXT)
    checked = check_corpus(path, Layout(), Findings(10))
    read = facts_of(read_labelled(path, Layout()), learned_from=True)
    for name in ("lengths", "first_lines", "hashes"):
        assert getattr(read, name).tolist() == getattr(checked, name).tolist()
    for name in ("source", "lines", "documents", "scheme", "tags", "entities", "tokens"):
        assert getattr(read, name) == getattr(checked, name), name
    assert read.tags == {"B-PER": (2, 3), "I-PER": (1, 4), "O": (3, 6), "B-LOC": (1, 8)}


def test_tokens_of_each_type():
    assert type_counts({"O": (9, 1), "B-X": (2, 1), "I-X": (3, 2)}) == {"X": 5}
