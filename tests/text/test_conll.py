import codecs
import gzip
import hashlib
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.errors import CorpusError
from ner_window.text import conll, lines
from ner_window.text.conll import Layout, Sentence, read_blocks, read_corpus

FIXTURES = Path(__file__).parent / "fixtures"

#: Lines of which some are as they should be, and the others have every flaw.
LINES = [
    *(b"Mira B-PER", b"sails O", b"home\tO", b"Mira  B-PER ", b"-DOCSTART- O", b"-DOCSTART-\tO", b"", b" ", b"\t "),
    *(
        b"Malm\xc3\xb6 B-LOC",
        b"Malm\xf6 B-LOC",
        b"\xe2\x80\xa8 O",
        b"a b O",
        b"alone",
        b"\tO",
        b"x\t",
        b"a\rb O",
        b"\r",
    ),
    *(codecs.BOM_UTF8, codecs.BOM_UTF8 + b"Mira B-PER", codecs.BOM_UTF8 + b"-DOCSTART- O", codecs.BOM_UTF8 + b" "),
    *(codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE + b" O", b"B-PER O", b"O Mira"),
]
GOOD = [b"Mira B-PER", b"sails O", b"home O", b"-DOCSTART- O", b"", b"  "]
LAYOUTS = [Layout(), Layout(tag_column=None), Layout(1, 0), Layout(0, -2), Layout(encoding="iso-8859-1")]
MIRA = (("Mira", "B-PER"), ("sails", "O"))


@pytest.fixture
def read(tmp_path):
    def _read(content, **layout):
        path = tmp_path / "corpus.conll"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_corpus(path, Layout(**layout))

    return _read


def rows(corpus):
    return [tuple(zip(s.tokens, s.tags, strict=True)) for s in corpus.sentences]


@pytest.mark.parametrize(
    "content",
    [
        "Mira\tB-PER\nsails\tO\n",
        "Mira B-PER\nsails O\n",
        "Mira   B-PER\nsails O \n",
        "\ufeffMira B-PER\nsails O\n",
        "Mira B-PER\r\nsails O\r\n",
        "Mira B-PER\nsails O",
        "\n\nMira B-PER\nsails O\n\n\n",
        "-DOCSTART- O\n\nMira B-PER\nsails O\n",
        "-DOCSTART- -X- -X- O\n\nMira B-PER\nsails O\n",
        "-DOCSTART- -X- O O\n\nMira B-PER\nsails O\n",
        "-DOCSTART- -X- -X- -X- O\n\nMira B-PER\nsails O\n",
        "-DOCSTART-\tO\n\nMira\tB-PER\nsails\tO\n",
        "-DOCSTART-\nMira B-PER\nsails O\n",
        "\ufeff-DOCSTART- -X- O O\r\n\r\nMira B-PER\r\nsails O\r\n",
        " \t \nMira B-PER\nsails O\n  \n",
    ],
)
def test_every_form_of_the_format_reads_the_same(read, content):
    assert rows(read(content)) == [MIRA]


def test_a_compressed_file_is_what_is_in_it(read, tmp_path):
    plain = read("-DOCSTART- O\n\nMira B-PER\nsails O\n")
    packed = tmp_path / "corpus.conll.gz"
    packed.write_bytes(gzip.compress((tmp_path / "corpus.conll").read_bytes()))
    corpus = read_corpus(packed)
    assert rows(corpus) == [MIRA]
    assert (corpus.sha256, corpus.lines) == (plain.sha256, 4)
    assert corpus.sentences[0].where(1) == f"{packed}:4"
    packed.write_bytes(packed.read_bytes()[:-9])
    with pytest.raises(CorpusError) as error:
        read_corpus(packed)
    assert str(error.value).startswith(f"{packed}: not a whole compressed file: ")


def test_crlf_fixture():
    assert rows(read_corpus(FIXTURES / "crlf.conll")) == [MIRA, (("Lund", "B-LOC"),)]


def test_byte_order_mark_is_no_part_of_the_first_token():
    assert rows(read_corpus(FIXTURES / "bom.conll")) == [MIRA]


def test_iob1_fixture_keeps_its_tags():
    corpus = read_corpus(FIXTURES / "iob1.conll")
    assert [s.tags for s in corpus.sentences] == [("I-PER", "O", "I-LOC", "B-LOC"), ("O",)]
    assert [s.line for s in corpus.sentences] == [1, 6]


def test_latin_1_is_read_when_it_is_named():
    corpus = read_corpus(FIXTURES / "latin1.conll", Layout(encoding="iso-8859-1"))
    assert corpus.sentences[0].tokens[2] == "Malmö"


def test_latin_1_read_as_utf_8_names_line_byte_and_advice():
    with pytest.raises(CorpusError, match=r"latin1\.conll:3: byte 5 is not utf-8, got b'\\xf6'; .*--encoding"):
        read_corpus(FIXTURES / "latin1.conll")


def test_missing_column_names_line_and_text():
    with pytest.raises(
        CorpusError, match=r"missing_column\.conll:5: expected 4 columns as in line 3, got 2: 'home NN'"
    ):
        read_corpus(FIXTURES / "missing_column.conll")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Mira\n", r":1: expected at least 2 columns, got 1: 'Mira'"),
        ("Mira O\nsails O O\n", r":2: expected 2 columns as in line 1, got 3"),
        ("Mira\tO\n\tO\n", r":2: column 0 is empty"),
        ("Mira\tO\nsails\t\n", r":2: column -1 is empty"),
        ("Mira O\nsa\rils O\n", r":2: carriage return inside a line"),
        ("Mira O\rsails O\r", r":1: carriage return inside a line"),
        (codecs.BOM_UTF16_LE + "Mira O\n".encode("utf-16-le"), r":1: the file is UTF-16"),
        (codecs.BOM_UTF16_BE + "Mira O\n".encode("utf-16-be"), r":1: the file is UTF-16"),
    ],
)
def test_flaws_are_named_with_file_and_line(read, content, message):
    with pytest.raises(CorpusError, match=r"corpus\.conll" + message):
        read(content)


@pytest.mark.parametrize(("encoding", "message"), [("klingon", "no such encoding"), ("utf-16", "single bytes")])
def test_unusable_encodings_are_refused(read, encoding, message):
    with pytest.raises(CorpusError, match=message):
        read("Mira O\n", encoding=encoding)


def test_utf_8_mark_in_a_file_read_as_latin_1_is_refused():
    with pytest.raises(CorpusError, match=r"bom\.conll:1: the file begins with a UTF-8 mark"):
        read_corpus(FIXTURES / "bom.conll", Layout(encoding="iso-8859-1"))


@pytest.mark.parametrize("encoding", ["utf-8", "UTF-8", "utf8", "utf_8", "UTF8"])
def test_every_spelling_of_utf_8_takes_the_mark(encoding):
    assert rows(read_corpus(FIXTURES / "bom.conll", Layout(encoding=encoding))) == [MIRA]


def test_missing_file_is_a_corpus_error(tmp_path):
    with pytest.raises(CorpusError, match=r"nowhere\.conll: cannot be read: No such file"):
        read_corpus(tmp_path / "nowhere.conll")


def test_empty_file_holds_nothing(read):
    corpus = read("")
    assert (list(corpus.sentences), corpus.lines, corpus.documents) == ([], 0, 0)


@pytest.mark.parametrize("character", ["\u00a0", "\u2028", "\u0085", "\u2029", "\u3000", "\x0b", "\x0c", "\x1c"])
@pytest.mark.parametrize("separator", [" ", "\t"])
def test_odd_white_space_inside_a_token_stays(read, character, separator):
    token = f"10{character}000"
    corpus = read(f"{token}{separator}O\nkronor{separator}O\n")
    assert [s.tokens for s in corpus.sentences] == [(token, "kronor")]


@pytest.mark.parametrize("blank", ["", " ", "\t", " \t  "])
def test_a_line_of_white_space_alone_ends_a_sentence(read, blank):
    corpus = read(f"Mira O\n{blank}\nsails O\n")
    assert [s.tokens for s in corpus.sentences] == [("Mira",), ("sails",)]
    assert (corpus.token_lines, corpus.blank_lines) == (2, 1)


def test_columns_can_be_chosen(read):
    corpus = read("1 Mira PER x\n2 sails - x\n", token_column=1, tag_column=-2)
    assert rows(corpus) == [(("Mira", "PER"), ("sails", "-"))]


def test_without_tag_column_one_column_will_do(read):
    sentence = read("Mira\nsails\n", tag_column=None).sentences[0]
    assert (sentence.tokens, sentence.tags) == (("Mira", "sails"), ())


def test_documents_are_told_apart(read):
    corpus = read("-DOCSTART- O\n\na O\n\nb O\n-DOCSTART- O\nc O\n")
    assert [(s.tokens, s.document) for s in corpus.sentences] == [(("a",), 1), (("b",), 1), (("c",), 2)]
    assert (corpus.documents, corpus.document_lines, corpus.lines) == (2, 2, 7)


def test_where_names_the_line_of_each_token(read):
    sentence = read("\nMira O\nsails O\n").sentences[0]
    assert sentence.where(1).endswith("corpus.conll:3")


def test_a_sentence_of_100_000_tokens(read):
    corpus = read("w O\n" * 100_000)
    assert [len(s.tokens) for s in corpus.sentences] == [100_000]


def test_digest_is_that_of_the_file(read):
    assert read("Mira O\n").sha256 == hashlib.sha256(b"Mira O\n").hexdigest()


def test_a_sentence_is_yielded_before_the_next_one_is_read():
    def stream():
        yield b"Mira O\n"
        yield b"\n"
        raise AssertionError("read too far")

    assert next(read_blocks(stream(), "stdin", Layout())).tokens == ("Mira",)


@given(st.lists(st.sampled_from(["Mira O", "sails B-X", "", "  ", "-DOCSTART- O"])), st.sampled_from(["\n", "\r\n"]))
def test_blocks_hold_every_line_and_give_the_file_back(lines, ending):
    raw = [(line + ending).encode() for line in lines]
    blocks = list(read_blocks(raw, "x", Layout()))
    assert "".join(text + end for block in blocks for text, end in block.lines).encode() == b"".join(raw)
    place = 1
    for block in blocks:
        assert block.line == place
        assert len(block.tokens) == (len(block.lines) if block.kind == "sentence" else 0)
        place += len(block.lines)
    assert place == len(lines) + 1


@pytest.mark.parametrize("first", ["\ufeff\n", "\ufeff  \r\n"])
def test_byte_order_mark_on_a_blank_line(read, first):
    assert rows(read(first + "Mira B-PER\nsails O\n")) == [MIRA]


def plainly(path, layout):
    """Read a file sentence by sentence: its sentences, digest, numbers of lines and of documents."""
    sentences, counts, document = [], Counter(), 0
    with path.open("rb") as file:
        for block in read_blocks(file, str(path), layout):
            counts[block.kind] += len(block.lines)
            document += block.kind == "document"
            if block.kind == "sentence":
                sentences.append(Sentence(block.tokens, block.tags, str(path), block.line, document))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    numbers = counts.total(), counts["sentence"], counts["blank"], counts["document"]
    return sentences, digest, *numbers, len({s.document for s in sentences})


def in_bulk(path, layout):
    corpus = read_corpus(path, layout)
    assert [corpus.where(i) for i in range(len(corpus.text.ids))] == [
        s.where(i) for s in corpus.sentences for i in range(len(s.tokens))
    ]
    numbers = corpus.lines, corpus.token_lines, corpus.blank_lines, corpus.document_lines
    return list(corpus.sentences), corpus.sha256, *numbers, corpus.documents


def outcome(read, path, layout):
    """What a reader gives, or its message."""
    try:
        return read(path, layout)
    except CorpusError as error:
        return str(error)


def same_in_bulk(path, layout, piece, bound=lines.BOUND, large=conll.LARGE):
    """Assert that a file reads the same in bulk, by pieces of so many bytes, and when it is read again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NER_WINDOW_CACHE", str(path.parent / "cache"))
        patch.setattr(conll, "PIECE", piece)
        patch.setattr(conll, "LARGE", large)
        patch.setattr(lines, "BOUND", bound)
        expected = outcome(plainly, path, layout)
        assert outcome(in_bulk, path, layout) == expected
        assert outcome(in_bulk, path, layout) == expected


@given(
    st.one_of(st.lists(st.sampled_from(GOOD), max_size=30), st.lists(st.sampled_from(LINES), max_size=8)),
    st.sampled_from([b"\n", b"\r\n"]),
    st.booleans(),
    st.sampled_from(LAYOUTS),
    st.integers(1, 40),
    st.integers(0, 3),
    st.sampled_from([0, 20, 1000]),
)
def test_a_file_read_in_bulk_reads_as_line_by_line(rows, ending, ended, layout, piece, bound, large):
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "corpus.conll"
        path.write_bytes(ending.join(rows) + ending * ended)
        same_in_bulk(path, layout, piece, bound, large)


@pytest.mark.parametrize("fixture", sorted(FIXTURES.glob("*.conll")), ids=lambda path: path.name)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_fixtures_read_in_bulk_as_line_by_line(fixture, layout, tmp_path):
    path = tmp_path / fixture.name
    path.write_bytes(fixture.read_bytes())
    for piece in (1, 10, 1 << 20):
        same_in_bulk(path, layout, piece)


def test_the_columns_of_a_corpus(read):
    corpus = read("-DOCSTART- O\n\nMira B-PER\nsails O\n\n-DOCSTART- O\n\nMira B-PER\n")
    assert corpus.text.forms == ["Mira", "sails"]
    assert corpus.text.ids.tolist() == [0, 1, 0]
    assert corpus.text.lengths.tolist() == [2, 1]
    assert corpus.text.documents.tolist() == [1, 2]
    assert (corpus.tags, corpus.tag_ids.tolist()) == (["B-PER", "O"], [0, 1, 0])
    assert corpus.first_lines.tolist() == [3, 8]
    assert (corpus.text.ids.dtype, corpus.tag_ids.dtype) == (np.int32, np.int16)  # six bytes a token


def test_more_tags_than_two_bytes_count(read):
    count = 40_000  # not tags but words: the wrong column
    corpus = read("".join(f"Mira w{i}\n" for i in range(count)))
    assert corpus.tag_ids.dtype == np.int32
    assert corpus.sentences[0].tags == tuple(f"w{i}" for i in range(count))


def test_a_byte_order_mark_alone_within_a_file_is_a_token(read):
    with pytest.raises(CorpusError, match=r"corpus\.conll:2: expected 2 columns as in line 1, got 1"):
        read("Mira O\n\ufeff\n")
