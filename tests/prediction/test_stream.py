"""The route in bulk gives what a plain one gives, which reads, tags and writes one sentence at a time."""

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner_window.errors import CorpusError, OutputError
from ner_window.prediction import marked_lines, predict, stream
from ner_window.text import lines
from ner_window.text.conll import read_blocks
from ner_window.text.line_rules import Layout
from ner_window.text.tagging import entities_of

LAYOUT = Layout(tag_column=None)
FORMS = ["Elena", "flew", "to", "Port", "Ellery", "Berlin", "Norlake", "Bank", ".", "-DOC", "Zoë", "a\u2028b"]

tokens = st.lists(st.sampled_from(FORMS), max_size=9)
places = st.lists(st.integers(0, 1 << 20), max_size=4)


@st.composite
def conll(draw):
    """Bytes of CoNLL with two columns, with all that may stand around them."""
    token = st.builds("{}{}x".format, st.sampled_from(FORMS), st.sampled_from(["\t", " ", "  "]))
    other = st.sampled_from(["", "", "", " ", "\t", "-DOCSTART- x", "-DOCSTART-", "Berlin x ", "Port  x  "])
    rows = draw(st.lists(st.tuples(st.one_of(token, token, other), st.sampled_from(["\n", "\n", "\r\n"])), max_size=25))
    text = draw(st.sampled_from(["", "\ufeff"])) + "".join(row + ending for row, ending in rows)
    return (text.removesuffix("\n") if draw(st.booleans()) else text).encode()


class Pieces:
    """A stream that gives its bytes in pieces, which end at some places; `given` counts the times that it was asked."""

    def __init__(self, content, places=()):
        cuts = [0, *sorted(place % (len(content) + 1) for place in places), len(content)]
        self.pieces = [content[a:b] for a, b in zip(cuts, cuts[1:], strict=False) if a < b]
        self.given = 0

    def read1(self, size):
        self.given += 1
        return self.pieces.pop(0) if self.pieces else b""

    read = read1


def answer(tagger, content, *options, places=(), **more):
    return b"".join(predict(tagger, Pieces(content, places), "here", *options, **more)).decode()


def plain_blocks(tagger, content, scheme=None):
    """Yield each run of lines, and its tags in a scheme."""
    for block in read_blocks(io.BytesIO(content), "here", LAYOUT):
        yield block, tagger.tag(block.tokens, scheme) if block.tokens else []


def plain_conll(tagger, content, scheme):
    written = ""
    for block, tags in plain_blocks(tagger, content, scheme):
        for i, (text, ending) in enumerate(block.lines):
            between = "\t" if "\t" in text else "" if text.endswith(" ") else " "
            written += text + (between + tags[i] if tags else "") + ending
    return written


def plain_entities(tokens, tags):
    return [
        {"start": e.start, "end": e.end, "type": e.type, "text": " ".join(tokens[e.start : e.end])}
        for e in entities_of(tags)
    ]


def plain_line(tokens, tags):
    return json.dumps({"tokens": list(tokens), "entities": plain_entities(tokens, tags)}, ensure_ascii=False) + "\n"


@given(conll(), places, st.sampled_from(["IO", "IOB1", "IOB2", "BIOES", "BILOU"]))
def test_conll_is_what_it_is_sentence_by_sentence(tagger, content, places, scheme):
    assert answer(tagger, content, "conll", None, scheme, places=places) == plain_conll(tagger, content, scheme)
    expected = [plain_line(block.tokens, tags) for block, tags in plain_blocks(tagger, content) if tags]
    assert answer(tagger, content, "conll", "jsonl", places=places) == "".join(expected)


@settings(max_examples=30)
@given(content=conll(), places=places)
def test_what_a_table_of_lines_forgets_is_not_missed(tagger, content, places):
    expected = answer(tagger, content, "conll")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "BOUND", 2)
        patch.setattr(marked_lines, "FORMS", 2)
        assert answer(tagger, content, "conll", places=places) == expected


@given(st.lists(tokens, max_size=5), places)
def test_tokens_and_records_are_what_they_are_one_by_one(tagger, sentences, places):
    tagged = [(sentence, tagger.tag(sentence)) for sentence in sentences]
    expected = [plain_line(sentence, tags) for sentence, tags in tagged]
    content = "".join(" ".join(sentence) + "\n" for sentence in sentences).encode()
    assert answer(tagger, content, "tokens", "jsonl", places=places) == "".join(expected)
    rows = ["".join(f"{token} {tag}\n" for token, tag in zip(*each, strict=True)) + "\n" for each in tagged]
    assert answer(tagger, content, "tokens", places=places) == "".join(rows)
    records = "".join(json.dumps({"tokens": sentence}) + "\n" for sentence in sentences).encode()
    assert answer(tagger, records, "jsonl", places=places) == "".join(expected)
    assert answer(tagger, records, "jsonl", "conll", places=places) == "".join(rows)


@given(st.lists(st.lists(st.sampled_from([*FORMS, ". She", "(", "“"]), max_size=9).map(" ".join), max_size=5), places)
def test_text_is_what_the_library_says_of_it(tagger, texts, places):
    expected = []
    for text in texts:
        found = [{"start": e.start, "end": e.end, "type": e.type, "text": e.text} for e in tagger.entities(text)]
        expected.append(json.dumps({"text": text, "entities": found}, ensure_ascii=False) + "\n")
    content = "".join(text + "\n" for text in texts).encode()
    assert answer(tagger, content, "text", places=places) == "".join(expected)


def test_probabilities_are_those_of_the_tags(tagger):
    sentences = [["Elena", "flew", "to", "Berlin", "."], ["Norlake", "Bank"]]
    content = "".join("".join(f"{token}\tx\r\n" for token in sentence) + "\r\n" for sentence in sentences).encode()
    expected = records = ""
    for sentence in sentences:
        ((_, chances),) = tagger.tag_with_probabilities([sentence])
        tags = tagger.tag(sentence)
        rows = zip(sentence, tags, chances, strict=True)
        expected += "".join(f"{token}\tx\t{tag}\t{chance:.4f}\r\n" for token, tag, chance in rows) + "\r\n"
        found = plain_entities(sentence, tags)
        for entity in found:
            entity["probability"] = round(min(chances[entity["start"] : entity["end"]]), 6)
        records += json.dumps({"tokens": sentence, "entities": found}) + "\n"
    assert answer(tagger, content, "conll", probabilities=True) == expected
    assert answer(tagger, content, "conll", "jsonl", probabilities=True) == records
    rows = answer(tagger, content, "conll", probabilities=True).replace("\tx\t", " ").replace("\t", " ")
    tokens = "".join(" ".join(sentence) + "\n" for sentence in sentences).encode()
    assert answer(tagger, tokens, "tokens", probabilities=True) == rows.replace("\r", "")


def test_a_sentence_is_answered_when_it_has_ended(tagger):
    typed = Pieces(b"")
    typed.pieces = [b"Elena x\n", b"sings x\n", b"\n", b"Berlin x\n\nPort x\n", b"Ellery x"]
    given = [(typed.given, piece.count(b"x")) for piece in predict(tagger, typed, "here", "conll")]
    assert given == [(3, 2), (4, 1), (6, 2)]  # the sixth read finds that there is no more


def test_what_stands_before_a_line_that_cannot_be_read_is_answered(tagger):
    bad = [
        ("conll", b"Elena x\nsings x\n\nIn x\nOslo\n", "here:5: expected 2 columns as in line 1, got 1: 'Oslo'", 3),
        ("conll", b"\xef\xbb\xbf\nOslo\tx\r\n\ncaf\xe9 x\n", "here:4: byte 4 is not utf-8", 3),
        ("tokens", b"Elena sings\n\ncaf\xe9\n", "here:3: byte 4 is not utf-8", 4),
        ("jsonl", b'{"text": "Oslo"}\n\n[]\n', r"here:3: expected an object, one on each line, got '\[\]'", 1),
    ]
    for kind, content, message, rows in bad:
        for places in ([], [len(content) // 2], range(len(content))):
            written = []
            with pytest.raises(CorpusError, match=message):
                written.extend(predict(tagger, Pieces(content, places), "here", kind))  # keeps what comes before it
            assert b"".join(written).count(b"\n") == rows


def test_what_an_encoding_does_not_hold_is_told_and_what_stands_before_it_is_answered(tagger):
    content = '{"tokens": ["Oslo"]}\n{"tokens": ["Łódź"]}\n'.encode()
    output = predict(tagger, Pieces(content), "here", "jsonl", "inline", encoding="iso-8859-1", target="there")
    assert b"Oslo" in next(output)
    with pytest.raises(OutputError, match="there: iso-8859-1 cannot hold 'Ł'; choose another --encoding"):
        next(output)


@pytest.mark.parametrize("kind", ["conll", "tokens", "text", "jsonl"])
def test_an_encoding_that_does_not_exist_is_told(tagger, kind):
    with pytest.raises(CorpusError, match="encoding: no such encoding, got 'utf-9'; for example"):
        answer(tagger, b"Oslo x\n", kind, "html", layout=Layout(0, None, "utf-9"))


def test_a_file_is_tagged_in_pieces(tagger, root, monkeypatch):
    content = (root / "data" / "dev.conll").read_bytes()
    expected = answer(tagger, content, "conll")
    monkeypatch.setattr(stream, "PIECE", 1000)
    pieces = list(predict(tagger, io.BytesIO(content), "here", "conll"))
    assert b"".join(pieces).decode() == expected
    assert max(map(len, pieces)) < 3000
