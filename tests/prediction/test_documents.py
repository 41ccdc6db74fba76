from collections import Counter

from ner_window.prediction import documents
from ner_window.prediction.documents import Parts


def test_a_document_that_is_full_is_cut_before_the_next_sentence(monkeypatch):
    monkeypatch.setattr(documents, "BOUND", 4)
    parts = Parts("here", Counter())
    # 2 + 3 tokens make the first part full; a line without tokens does not begin another, the next sentence does
    assert [parts.next(n, False) for n in (2, 3, 0, 1, 2, 1)] == [0, 0, 0, 1, 1, 1]
    assert parts.cut == Counter(here=1)
    assert [parts.next(0, True), parts.next(9, False), parts.next(0, True)] == [2, 2, 3]  # documents are not cuts
    assert parts.cut == Counter(here=1)
