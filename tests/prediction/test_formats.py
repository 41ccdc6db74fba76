import io

import pytest

from ner_window.prediction import sniff


@pytest.mark.parametrize(
    ("content", "source", "expected"),
    [
        (b"Oslo is big .\n", "a.tokens", "tokens"),
        (b"Oslo is big .\n", "a.conll.gz", "conll"),
        (b"", "here", "text"),
        (b' {"text": "x"}\n', "here", "jsonl"),
        (b"-DOCSTART-\n", "here", "conll"),
        (b"\xef\xbb\xbfOslo\tx\r\n", "here", "conll"),
        (b"Oslo x\n\nis y\n", "here", "conll"),
        (b"Oslo x\n", "here", "text"),  # a single line of two words
        (b"Oslo x\nis\n", "here", "text"),
    ],
)
def test_a_stream_is_known_by_its_name_or_by_its_first_lines(content, source, expected):
    stream = io.BufferedReader(io.BytesIO(content))
    assert sniff(stream, source) == expected
    assert stream.read() == content
