import re

import pytest

from ner_window.errors import OutputError
from ner_window.prediction import encoded, write_whole
from ner_window.prediction.outputs import written_as


def test_what_is_bytes_already_is_written_as_it_is(tmp_path):
    write_whole(tmp_path / "out", [b"\xff", "é"], "utf-8")
    assert (tmp_path / "out").read_bytes() == b"\xff\xc3\xa9"


def test_what_an_encoding_does_not_hold_is_named():
    with pytest.raises(OutputError, match=re.escape("there: ascii cannot hold 'é'; choose another --encoding")):
        encoded("caf\xe9", "ascii", "there")


def test_a_file_that_is_not_whole_does_not_appear(tmp_path):
    def pieces():
        yield "x"
        raise OutputError("stop")

    with pytest.raises(OutputError, match="stop"):
        write_whole(tmp_path / "out", pieces(), "utf-8")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "kind", "output_format", "expected"),
    [
        ("a.conll", "conll", None, "a.conll"),
        ("a.txt", "conll", None, "a.txt"),  # it is what it was, with a column more
        ("a.txt", "text", None, "a.jsonl"),
        ("a.TXT", "text", "html", "a.html"),
        ("a.txt", "text", "inline", "a.txt"),
        ("a.jsonl", "jsonl", "inline", "a.txt"),
        ("a.tokens", "tokens", None, "a.conll"),
        ("sub.txt/a.2024", "text", "jsonl", "sub.txt/a.2024.jsonl"),
        ("stdin", None, "html", "stdin"),
    ],
)
def test_an_output_has_the_ending_of_its_format(name, kind, output_format, expected):
    assert written_as(name, kind, output_format) == expected
