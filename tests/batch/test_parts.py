import io
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.batch.parts import Extent, before, cuts
from ner_window.prediction.marked_lines import Before
from ner_window.text.line_rules import Layout

LAYOUT = Layout(tag_column=None)
LINES = st.lists(
    st.sampled_from(["Ana N", "in P", "", " ", "\t", "-DOCSTART- X", " -DOCSTART-", "x\t-DOCSTART-", "é" * 9])
)


def boundaries(content, kind, by_document):
    """Return every place where a file can be cut, looking at each line by itself."""
    places, at = set(), 0
    for line in content.split(b"\n"):
        end, columns = at + len(line) + 1, line.rstrip(b"\r").split(b"\t" if b"\t" in line else None)
        if kind == "conll" and by_document:
            places |= {at} if columns[:1] == [b"-DOCSTART-"] else set()
        elif kind != "conll":
            places.add(at)
        elif not line.strip(b" \t\r"):
            places.add(end)
        at = end
    return {place for place in places if 0 < place < len(content)}


@given(
    LINES,
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["conll", "text", "jsonl"]),
    st.booleans(),
    st.integers(1, 30),
)
def test_a_file_is_cut_only_where_it_can_be_and_the_first_time_it_can(lines, ending, kind, by_document, part):
    content = ending.join(lines).encode()
    found = cuts(io.BytesIO(content), len(content), kind, part, by_document=by_document)
    possible = boundaries(content, kind, by_document) if (kind, by_document) != ("text", True) else set()
    assert found[0] == 0
    assert set(found[1:]) <= possible
    assert all(a < b for a, b in pairwise(found))
    for start, end in pairwise([*found, len(content)]):  # nothing between two cuts is both far enough and possible
        assert not [place for place in possible if start + 2 * part < place < end]


def test_parts_are_about_as_big_as_asked():
    content = b"a N\n\n" * 1000
    found = cuts(io.BytesIO(content), 5000, "conll", 1000, by_document=False)
    assert found == [0, 1005, 2005, 3005, 4005]
    assert cuts(io.BytesIO(content), 5000, "conll", 4000, by_document=False) == [0]  # the rest would be a small part


def test_a_file_of_one_sentence_or_one_document_is_one_part():
    content = b"a N\n" * 1000
    assert cuts(io.BytesIO(content), 4000, "conll", 500, by_document=False) == [0]
    assert cuts(io.BytesIO(content + b"\n" * 9), 4009, "conll", 500, by_document=True) == [0]
    assert cuts(io.BytesIO(content), 4000, "tokens", 500, by_document=True) == [0]


def test_a_line_longer_than_what_is_read_together_is_not_cut():
    content = b"a " * 100_000 + b"\nb\n"
    assert cuts(io.BytesIO(content), len(content), "text", 1000, by_document=False) == [0, 200_001]


def test_what_stands_before_a_part_are_lines_and_the_columns_that_all_must_have():
    content = b"\n\nAna N O\nsings V O\n\nBerlin N O\n"
    start = content.index(b"Berlin")
    assert before(io.BytesIO(content), start, "conll", "x", LAYOUT, counted=True) == Before(5, 3, 3)
    assert before(io.BytesIO(content), start, "conll", "x", LAYOUT, counted=False) == Before(1, 3, 3)
    assert before(io.BytesIO(content), start, "text", "x", LAYOUT, counted=True) == Before(5)
    assert before(io.BytesIO(b"\n\nAna N\n"), 2, "conll", "x", LAYOUT, counted=True) == Before(2)


@pytest.mark.parametrize(("start", "end", "expected"), [(0, 4, b"0123"), (4, None, b"456789"), (8, 20, b"89")])
def test_an_extent_gives_the_bytes_between_two_places(start, end, expected):
    stream = Extent(io.BytesIO(b"0123456789"), start, end)
    assert b"".join(iter(lambda: stream.read(3), b"")) == expected
