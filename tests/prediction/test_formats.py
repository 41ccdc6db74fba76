import io

import pytest

from ner_window.prediction import sniff
from ner_window.prediction.formats import encoding_of, output_named


@pytest.mark.parametrize(
    ("content", "source", "expected"),
    [
        (b"Oslo is big .\n", "a.tokens", "tokens"),
        (b"Oslo is big .\n", "a.conll.gz", "conll"),
        (b"", "here", "text"),
        (b' {"text": "x"}\n', "here", "jsonl"),
        (b"-DOCSTART-\n", "here", "conll"),
        (b"\xef\xbb\xbfOslo\tx\r\n", "here", "conll"),
        (b"Oslo x\n\nis y\n", "here", "text"),  # as many words on each line, none of which is a label
        (b"Elena Markovic\nAnna Smith\n", "here.txt", "text"),
        (b"Elena flew to Oslo\nBob went to Pisa\n", "here", "text"),
        (b"NEW YORK\nLOS ANGELES\n", "here", "text"),
        (b"Oslo O\n\nis B-location\n", "here", "conll"),
        (b"Oslo NNP B-LOC\nis VBZ O\n", "here.txt", "conll"),
        (b"Oslo NNP\nof IN\nAas NNP\n", "here", "conll"),
        (b"Oslo nnp\nof in\nAas nnp\n", "here", "text"),
        (b'[{"text": "x"}]\n', "here", "jsonl"),  # and refused there
        (b'[\n  {"text": "x"}]\n', "here", "jsonl"),
        (b"[1] Oslo\n", "here", "text"),
        (b"Oslo x\n", "here", "text"),  # a single line of two words
        (b"Oslo x\nis\n", "here", "text"),
    ],
)
def test_a_stream_is_known_by_its_name_or_by_its_first_lines(content, source, expected):
    stream = io.BufferedReader(io.BytesIO(content))
    assert sniff(stream, source) == expected
    assert stream.read() == content


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.html", "html"), ("a.HTM", "html"), ("out/a.jsonl.gz", "jsonl"), ("a.ndjson", "jsonl"), ("a.conll", "conll"),
        ("a.html.conll", "conll"), ("a.txt", None), ("a", None), ("a.tokens", None),
    ],
)  # fmt: skip
def test_an_output_is_of_the_format_that_its_name_says(name, expected):
    assert output_named(name) == expected


def test_json_and_pages_are_utf_8_whatever_the_input_is():
    assert [encoding_of(written, "latin-1") for written in ("conll", "inline", "jsonl", "html")] == [
        *("latin-1", "latin-1", "utf-8", "utf-8"),
    ]
