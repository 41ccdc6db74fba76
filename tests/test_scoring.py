from hypothesis import given
from hypothesis import strategies as st

from ner_window.scoring import together
from ner_window.text.documents import gather


def test_whole_documents_are_scored_together_in_runs_of_at_least_so_many_sentences():
    parts = [range(0, 2), range(2, 3), range(3, 9), range(9, 10)]
    assert list(together(parts, 3)) == [slice(0, 3), slice(3, 9), slice(9, 10)]
    assert list(together(parts, 1)) == [slice(0, 2), slice(2, 3), slice(3, 9), slice(9, 10)]
    assert list(together(parts, 99)) == [slice(0, 10)]
    assert list(together([], 3)) == []


@given(st.lists(st.integers(0, 2)), st.integers(1, 5), st.integers(1, 9))
def test_the_runs_are_all_sentences_cut_between_documents(documents, count, bound):
    lengths = [2] * len(documents)
    parts = gather(lengths, documents, bound)
    runs = list(together(parts, count))
    assert [i for run in runs for i in range(run.start, run.stop)] == list(range(len(documents)))
    assert {run.stop for run in runs} <= {part.stop for part in parts}
    assert all(run.stop - run.start >= count for run in runs[:-1])
    for run in runs:  # taken apart again, a run has the same documents
        again = gather(lengths[run], documents[run], bound)
        whole = [part for part in parts if run.start <= part.start < run.stop]
        assert [range(part.start + run.start, part.stop + run.start) for part in again] == whole
