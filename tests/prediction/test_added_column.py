import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ner_window.prediction.added_column import with_tags
from ner_window.prediction.marked_lines import MarkedLines
from ner_window.text.line_rules import Layout
from ner_window.text.tag_columns import TagColumn


def added(content, tags, chances=None):
    lines, _ = MarkedLines(Layout(tag_column=None), "here").lines(content)
    return with_tags(lines, TagColumn.of(tags), chances, str.encode)


def test_a_tag_stands_behind_each_token():
    content = b"-DOCSTART- x\r\n\r\nOslo\tx\r\n  is  y\nbig z \n \nso\t"
    expected = b"-DOCSTART- x\r\n\r\nOslo\tx\tS-LOC\r\n  is  y O\nbig z O\n \nso\t\tO"
    assert added(content, [["S-LOC", "O", "O"], ["O"]]) == expected
    assert added(b"\n \n", []) == b"\n \n"


def test_a_probability_stands_behind_each_tag():
    content = b"Oslo\tx\r\nbig z \n\nis y"
    expected = b"Oslo\tx\tS-LOC\t0.1235\r\nbig z O 1.0000\n\nis y O 0.0000"
    assert added(content, [["S-LOC", "O"], ["O"]], np.float32([0.12345678, 1, 0.00002])) == expected


@given(st.lists(st.floats(0, 1, width=32), min_size=1))
def test_probabilities_are_rounded_as_python_rounds_them(chances):
    expected = "".join(f"x O {chance:.4f}\n" for chance in chances)
    assert added(b"x\n" * len(chances), [["O"] * len(chances)], np.float32(chances)) == expected.encode()
    halves = np.float32([i / 32 for i in range(33)])  # 1/32 = 0.03125 exactly: a half is rounded to the even digit
    expected = "".join(f"x O {chance:.4f}\n" for chance in halves.tolist())
    assert added(b"x\n" * 33, [["O"] * 33], halves) == expected.encode()


def test_tags_may_be_many_and_their_numbers_small_integers():
    lines, _ = MarkedLines(Layout(tag_column=None), "here").lines(b"Oslo x\nbig y\n")
    names = ["O", *(f"S-T{i}" for i in range(7000))]
    tags = TagColumn(names, np.array([7000, 5460], np.int16), np.array([2]))
    assert with_tags(lines, tags, None, str.encode) == b"Oslo x S-T6999\nbig y S-T5459\n"
