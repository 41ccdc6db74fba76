import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.errors import VectorsError
from ner_window.text import vector_text
from ner_window.text.vector_text import VectorsReport, read_text

WORDS = st.text("abØ. 1-\u00a0", max_size=5)
NUMBERS = st.sampled_from(
    ["1", "-2.5", "0.00066023", ".5", "5.", "1e-3", "-0", "nan", "inf", "12345.678901234567", "1.2.3", "x", ""]
)
LINES = st.builds(
    "{} {} {}{}".format, WORDS, NUMBERS, NUMBERS, st.sampled_from(["\n", "\n", " \n", "\r\n", "  \n", "\t\n"])
)


def read(content):
    return read_text(io.BytesIO(content.encode() if isinstance(content, str) else content), "v.txt")


def by_line(block):
    return vector_text._rows_by_line(block, 1, 2, "v.txt", VectorsReport())


@given(st.lists(LINES, min_size=1).map("".join))
def test_many_lines_at_once_are_parsed_as_one_by_one(text):
    rows = vector_text._rows_at_once(text.encode(), 1, 2)
    if rows is not None:
        numbers, words, matrix = rows
        expected_numbers, expected_words, expected = by_line(text.encode())
        assert (list(numbers), words) == (expected_numbers, expected_words)
        np.testing.assert_array_equal(matrix, expected)


@pytest.mark.parametrize("ending", [b"\n", b" \n", b"\r\n", b" \r\n"])
def test_plain_lines_are_parsed_at_once(ending):
    text = b"the 0.25 -1\n. . . 1e-3 .5\nat 7 8.125\n".replace(b"\n", ending)
    numbers, words, matrix = vector_text._rows_at_once(text, 5, 2)
    assert list(numbers) == [5, 6, 7]
    assert words == [b"the", b". . .", b"at"]
    np.testing.assert_array_equal(matrix, np.array([[0.25, -1], [1e-3, 0.5], [7, 8.125]], np.float32))


@pytest.mark.parametrize("text", [b"the 1\n", b"the 1 2\n\n", b"a 1 2", b"a\t1\t2\n", b"a 1 2x\n", b"a 1  2\n", b""])
def test_lines_of_another_form_are_not(text):
    assert vector_text._rows_at_once(text, 1, 2) is None


@pytest.mark.parametrize("block", [8, 40, 1000])
def test_blocks_of_any_size_read_the_same(monkeypatch, block):
    monkeypatch.setattr(vector_text, "_BLOCK", block)
    lines = [f"w{i} {i}.5 -{i}\n" for i in range(200)]
    lines[50] = lines[120] = "w7 1 2\n"
    words, matrix, report = read("".join(lines) + "w200 1")
    assert words == [f"w{i}" for i in range(200) if i not in (50, 120)]
    assert matrix[[0, 7, -1]].tolist() == [[0.5, 0], [7.5, -7], [199.5, -199]]
    assert (report.rows, report.kept, report.duplicates, report.truncated) == (200, 198, 2, 1)
    assert report.notes == [
        "v.txt:51: 'w7' stands here again; the first vector stays",
        "v.txt:201: the last line is cut short and left out: 'w200 1'",
    ]


def test_the_line_of_a_number_that_is_none_is_named_in_any_block(monkeypatch):
    monkeypatch.setattr(vector_text, "_BLOCK", 64)
    lines = [f"w{i} {i}.5 -{i}\n" for i in range(200)]
    lines[150] = "w150 1 four\n"
    with pytest.raises(VectorsError) as error:
        read("".join(lines))
    assert str(error.value) == "v.txt:151: expected 2 numbers, got '1 four'"


def test_a_word_that_is_no_utf_8_does_not_hide_its_neighbors_defects():
    words, _, report = read(b"a 1 2\nb\xf6 3 4\nc nan 1\na 5 6\nd 7 8\n")
    assert words == ["a", "d"]
    assert (report.undecodable, report.not_finite, report.duplicates) == (1, 1, 1)


@pytest.mark.parametrize("damaged", [0, 1, 2, 8])
def test_a_damaged_line_among_the_first_is_named_and_not_taken_for_the_form_of_all(damaged):
    lines = [f"w{i} {i}.5 -{i} 3\n" for i in range(12)]
    lines[damaged] = f"w{damaged} 1 2\n"
    with pytest.raises(VectorsError, match=rf"^v.txt:{damaged + 1}: expected (a word and )?3 numbers, got "):
        read("".join(lines))


def test_words_that_hold_spaces_among_the_first_are_not_the_form_of_all():
    words, matrix, _ = read("of the 1 2\nin a 3 4\na 5 6\nb 7 8\nc 9 1\nd 2 3\n")
    assert words == ["of the", "in a", "a", "b", "c", "d"]
    assert matrix[:2].tolist() == [[1, 2], [3, 4]]
