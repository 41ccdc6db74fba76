import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.checks.streams import ShortLines
from ner_window.errors import CorpusError


def read(content, longest, size):
    stream, pieces = ShortLines(io.BytesIO(content), longest), []
    while piece := stream.read(size):
        pieces.append(piece)
    return b"".join(pieces)


@given(st.binary(max_size=60).map(lambda b: b.replace(b"a", b"\n")), st.integers(1, 8), st.integers(1, 20))
def test_each_line_is_cut_off_after_one_byte_too_many(content, longest, size):
    lines = content.split(b"\n")
    assert read(content, longest, size) == b"\n".join(line[: longest + 1] for line in lines)


@pytest.mark.parametrize(("content", "expected"), [(b"", b""), (b"abc", b"abc"), (b"abcdef\ngh", b"abcd\ngh")])
def test_by_hand(content, expected):
    assert read(content, 3, 2) == expected


def test_the_end_is_not_announced_while_there_is_more():
    # after 'aaa' 97 bytes are skipped, in pieces that are empty, and then comes the next line
    assert read(b"a" * 100 + b"\nb", 2, 2) == b"aaa\nb"


class Damaged:
    """A stream that ends with an error behind its parts."""

    def __init__(self, *parts):
        self.parts = list(parts)

    def read1(self, size):
        if not self.parts:
            raise CorpusError("damaged")
        return self.parts.pop(0)


def test_what_stands_before_the_damage_is_returned_first():
    stream = ShortLines(Damaged(b"ab", b"c\n"))
    assert stream.read(100) == b"abc\n"
    for _ in range(2):
        with pytest.raises(CorpusError, match="damaged"):
            stream.read(100)


def test_damage_at_the_beginning():
    with pytest.raises(CorpusError, match="damaged"):
        ShortLines(Damaged()).read(100)
