import io
import struct

import numpy as np
import pytest

from ner_window.errors import VectorsError
from ner_window.text import vector_binary
from ner_window.text.vector_binary import read_binary


def binary(rows, header=None, between=b"\n"):
    d = len(rows[0][1])
    head = header or b"%d %d\n" % (len(rows), d)
    return head + between.join(word + b" " + struct.pack(f"<{d}f", *numbers) for word, numbers in rows)


def read(content):
    return read_binary(io.BufferedReader(io.BytesIO(content)), "v.bin")


ROWS = [(b"the", (1, 2)), ("\u00e9t\u00e9".encode(), (3, -4)), (b"of", (0.5, 1e30))]


@pytest.mark.parametrize("between", [b"\n", b""])
@pytest.mark.parametrize("block", [1, 13, 1 << 20])
def test_words_and_numbers_whatever_is_read_together(monkeypatch, between, block):
    monkeypatch.setattr(vector_binary, "_BLOCK", block)
    words, matrix, report = read(binary(ROWS, between=between))
    assert words == ["the", "\u00e9t\u00e9", "of"]
    np.testing.assert_array_equal(matrix, np.array([numbers for _, numbers in ROWS], np.float32))
    assert (report.rows, report.kept, report.notes) == (3, 3, [])


def test_what_is_left_out_is_counted():
    rows = [(b"the", (1, 2)), (b"the", (3, 4)), (b"nan", (np.nan, 1)), (b"\xff", (1, 1)), (b"a\nb", (1, 1))]
    words, matrix, report = read(binary(rows))
    assert (words, matrix.tolist()) == (["the"], [[1, 2]])
    assert (report.rows, report.kept, report.duplicates, report.not_finite, report.undecodable) == (5, 1, 1, 1, 2)
    assert report.notes[0] == "v.bin, vector 2: 'the' stands here again; the first vector stays"


def test_less_is_promised_than_is_there():
    assert read(binary(ROWS, header=b"2 2\n"))[0] == ["the", "\u00e9t\u00e9"]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (binary(ROWS)[:-1], "promises 3 vectors of 2 numbers, but in vector 3 it ends there; fetch it again"),
        (binary(ROWS, header=b"9 2\n"), "promises 9 vectors of 2 numbers, but in vector 4 it ends there"),
        (b"9 2\n" + b"x" * 3_000_000, "in vector 1 no word begins there"),
        (b"9 0\n", "v.bin:1: expected a word and its numbers, got '9 0'"),
        (b"9 200000\n", "v.bin:1: expected a word and its numbers"),
    ],
)
def test_a_file_that_is_not_whole_is_refused(content, what):
    with pytest.raises(VectorsError) as error:
        read(content)
    assert what in str(error.value)
