import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.errors import CorpusError
from ner_window.prediction import documents, items
from ner_window.prediction.documents import Parts
from ner_window.prediction.items import Item, Items, read_items
from ner_window.text.line_rules import Layout


def read(kind, *pieces, encoding="utf-8"):
    return [item for batch in read_items(pieces, "here", Layout(encoding=encoding), kind) for item in batch.items]


def test_a_line_of_tokens_is_a_sentence():
    assert read("tokens", b"\xef\xbb\xbfOslo  is\r\n\r\n", b" big\xc2\xa0x \n") == [
        Item((["Oslo", "is"],)),
        Item(()),
        Item((["big\xa0x"],)),
    ]


def test_a_line_of_text_may_hold_sentences():
    text = "Ana sings. She lives."
    assert read("text", text.encode() + b"\n\n") == [
        Item(
            [["Ana", "sings", "."], ["She", "lives", "."]],
            text,
            [[(0, 3), (4, 9), (9, 10)], [(11, 14), (15, 20), (20, 21)]],
        ),
        Item([], "", []),
    ]


def test_only_in_raw_text_a_carriage_return_within_a_line_is_white_space():
    assert read("text", b"Ana\rsings.\r\r\n") == [
        Item([["Ana", "sings", "."]], "Ana\rsings.\r", [[(0, 3), (4, 9), (9, 10)]])
    ]
    for kind in ("tokens", "jsonl"):
        with pytest.raises(CorpusError, match=r"here:1: carriage return inside a line, got "):
            read(kind, b'{"text":\r"Ana"}\n')


def test_a_record_holds_tokens_or_text():
    records = [{"tokens": ["a b", "c"], "text": "x"}, {"text": "Ana", "tokens": [1]}, {"tokens": []}]
    found = read("jsonl", "\n \n".join(map(json.dumps, records)).encode())
    assert [item.record for item in found] == records
    assert [item.sentences for item in found] == [(["a b", "c"],), [["Ana"]], ()]
    assert [item.text for item in found] == [None, "Ana", None]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", "here:3: not JSON, of which a line holds one object: "),
        (b"[" * 100_000, "here:3: not JSON, of which a line holds one object: "),
        (b"[1]", r"here:3: expected an object, one on each line, got '\[1\]'"),
        (b'{"tokens": "x"}', "here:3: expected a key 'text' "),
        (b"\xff", "here:3: byte 1 is not utf-8"),
    ],
)
def test_what_is_no_record_is_told_with_its_line(line, message):
    for pieces in ([b'{"text": ""}\n\n' + line], [b'{"text": ""}\n', b"\n", line + b"\n"]):
        reading = read_items(pieces, "here", Layout(), "jsonl")
        assert len(next(reading)) == 1
        with pytest.raises(CorpusError, match=message):
            next(reading)


def outcome(lines):
    """Return the lines, and what is wrong with the one after them."""
    read = []
    try:
        read.extend(lines)
    except CorpusError as error:
        return read, str(error)
    return read, None


BYTES = [b"a", b"\n", b"\n", b"\xc3\xa9", b"\xe2\x80\xa8", b"\r\n", b"\r", b"\xef\xbb\xbf", b"\xff"]


@given(st.lists(st.sampled_from(BYTES), min_size=1).map(b"".join))
def test_a_piece_is_decoded_at_once_as_it_is_line_by_line(piece):
    for before in (0, 7):
        for encoding, returns in (("utf-8", False), ("UTF8", True)):
            expected = outcome(items._decoded_lines(piece, "here", before, encoding, returns))
            assert outcome(items._decoded(piece, "here", before, encoding, returns=returns)) == expected


def test_other_encodings_are_decoded_line_by_line():
    assert read("tokens", b"caf\xe9\r\n", encoding="iso-8859-1") == [Item((["caf\xe9"],))]


def test_items_are_documents_of_their_own_or_parts_of_one(monkeypatch):
    monkeypatch.setattr(documents, "BOUND", 3)
    some = [Item((["a", "b"],)), Item(()), Item([["c"], ["d"]]), Item(()), Item((["e"],))]
    alone = Items.of(some).text()
    assert (alone.documents.tolist(), alone.lengths.tolist()) == ([0, 2, 2, 4], [2, 1, 1, 1])
    parts = Parts("here", Counter())
    together = Items.of(some[:3]).numbered(parts) + Items.of(some[3:]).numbered(parts)
    assert together.document.tolist() == [0, 0, 0, 0, 1]  # the third item makes the part full; the fifth begins another
    assert together[2:].text().documents.tolist() == [0, 0, 1]
    assert parts.cut == Counter(here=1)
