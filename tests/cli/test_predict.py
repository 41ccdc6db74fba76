import gzip
import io
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from ner_window import prediction, scoring
from ner_window.tagger import Tagger
from ner_window.text import documents
from ner_window.text.conll import Layout
from ner_window.text.documents import gather
from ner_window.text.labelled import read_labelled

CONLL = "\ufeff-DOCSTART- -X- O\r\n\r\nAna NNP x\r\nflew VBD x\r\n\r\nBerlin NNP x"


def test_conll_keeps_every_byte_and_adds_a_column(program, model):
    output = program("predict", model, "--input-format", "conll", stdin=CONLL).stdout
    lines, before = output.split("\n"), CONLL.split("\n")
    assert len(lines) == len(before)
    for new, old in zip(lines, before, strict=True):
        ending = "\r" if old.endswith("\r") else ""
        text = old.removesuffix("\r")
        assert new.startswith(text)
        added = new.removeprefix(text).removesuffix(ending)
        assert added in ("", " O") or added.startswith((" B-", " I-"))
        assert bool(added) == (text.count(" ") == 2 and "DOCSTART" not in text)


def test_tabs_stay_tabs(program, model):
    output = program("predict", model, "--input-format", "conll", stdin="Ana\tx\nsings\ty\n").stdout
    assert [line.count("\t") for line in output.split("\n")] == [2, 2, 0]


def test_text_gives_character_offsets(program, model):
    text = "Zoë – Elena Markovic flew to Berlin. 🙂 She likes Berlin."
    record = json.loads(program("predict", model, "--input-format", "text", stdin=text + "\n").stdout)
    assert record["text"] == text
    assert record["entities"]
    assert all(text[e["start"] : e["end"]] == e["text"] for e in record["entities"])


def test_jsonl_keeps_other_keys(program, model):
    lines = '{"id": 7, "text": "Ana lives in Berlin."}\n{"tokens": ["In", "Berlin"], "k": null}\n{"text": ""}\n'
    records = [json.loads(line) for line in program("predict", model, stdin=lines).stdout.splitlines()]
    assert [r.get("id") for r in records] == [7, None, None]
    assert records[1]["tokens"] == ["In", "Berlin"]
    assert records[2]["entities"] == []


def test_half_a_surrogate_pair_comes_out_as_it_came_in(program, model, reader):
    line = r'{"tokens": ["x\ud83d", "\ud83d\ude42", "é"], "\udc00": 1}' + "\n"
    for directory in (model, reader):
        output = program("predict", directory, stdin=line).stdout
        assert r"x\ud83d" in output
        assert json.loads(output) == {**json.loads(line), "entities": json.loads(output)["entities"]}


def test_probabilities(program, model):
    line = '{"tokens": ["She", "flew", "to", "Berlin", "."]}\n'
    record = json.loads(program("predict", model, "--probabilities", stdin=line).stdout)
    assert [e["text"] for e in record["entities"]] == ["Berlin"]
    assert 0.3 < record["entities"][0]["probability"] <= 1


@pytest.mark.parametrize("output_format", ["inline", "html"])
def test_marks(program, model, output_format):
    output = program(
        "predict", model, "--input-format", "text", "--format", output_format, stdin="In Berlin <b>.\n"
    ).stdout
    assert "LOC" in output
    assert ("&lt;b&gt;" in output) == (output_format == "html")


def test_an_output_scheme(program, model):
    output = program("predict", model, "--input-format", "tokens", "--scheme", "BIOES", stdin="In Berlin\n").stdout
    assert output == "In O\nBerlin S-LOC\n\n"


def test_files_to_a_directory(program, model, tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.tokens").write_text("In Berlin\n")
    program("predict", model, tmp_path / "a.tokens", tmp_path / "b.tokens", "-o", tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a.conll", "b.conll", "manifest.json"]


def test_compressed_files_to_a_directory(program, model, tmp_path):
    text = "In Berlin\n" * 3
    (tmp_path / "a.tokens.gz").write_bytes(gzip.compress(text.encode()))
    program("predict", model, tmp_path / "a.tokens.gz", tmp_path / "a.tokens.gz", "-o", tmp_path / "out", code=2)
    (tmp_path / "in").mkdir()
    (tmp_path / "a.tokens.gz").rename(tmp_path / "in" / "a.tokens.gz")
    program("predict", model, tmp_path / "in", "-o", tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a.conll", "manifest.json"]
    expected = program("predict", model, "--input-format", "tokens", stdin=text).stdout
    assert (tmp_path / "out" / "a.conll").read_text() == expected


@pytest.mark.parametrize("content", [gzip.compress(b"In Berlin\n" * 9999)[:-30], b"In Berlin\n"])
def test_a_damaged_file_is_named_and_leaves_no_output(program, model, tmp_path, content):
    packed = tmp_path / "a.tokens.gz"
    packed.write_bytes(content)
    for output in ([], ["-o", tmp_path / "out.txt"]):
        done = program("predict", model, packed, *output, code=2)
        assert done.stderr.startswith(f"error: {packed}: not a whole compressed file: ")
    assert list(tmp_path.iterdir()) == [packed]


def test_standard_input_twice_is_empty_the_second_time(program, model):
    once = program("predict", model, "-", "--input-format", "tokens", stdin="In Berlin\n").stdout
    assert program("predict", model, "-", "-", "--input-format", "tokens", stdin="In Berlin\n").stdout == once


def test_empty_input_gives_empty_output(program, model):
    assert program("predict", model, "--input-format", "conll").stdout == ""


@pytest.mark.parametrize(
    ("stdin", "input_format", "message"),
    [
        (b"caf\xe9 x\n", "conll", "standard input:1: byte 4 is not utf-8"),
        (b'{"text": 3}\n', "jsonl", "standard input:1: expected a key 'text'"),
        (b"{\n", "jsonl", "standard input:1: not JSON"),
    ],
)
def test_bad_input_names_its_line(program, model, stdin, input_format, message):
    assert message in program("predict", model, "--input-format", input_format, stdin=stdin, code=2).stderr


def test_the_library_agrees_with_the_command(program, model):
    tagger = Tagger.load(model)
    tokens = ["Elena", "Markovic", "flew", "to", "Berlin", "."]
    output = program("predict", model, "--input-format", "tokens", stdin=" ".join(tokens) + "\n").stdout
    assert [line.split(" ")[1] for line in output.strip().split("\n")] == tagger.tag(tokens)
    text = "Ana lives in Berlin."
    assert [text[e.start : e.end] for e in next(tagger.pipe([text]))] == [e.text for e in tagger.entities(text)]


def test_a_reader_that_goes_away_ends_it_quietly(model, root):
    command = f"yes 'Ana sings .' | head -100000 | {sys.executable} -m ner_window predict {model} --input-format tokens"
    done = subprocess.run(
        ["bash", "-c", f"{command} | head -1; exit ${{PIPESTATUS[2]}}"], capture_output=True, text=True, cwd=root
    )
    assert done.stdout.startswith("Ana ")
    assert done.stderr == ""
    assert done.returncode == 141


@pytest.fixture(scope="module")
def tagger(reader):
    return Tagger.load(reader)


@pytest.fixture(scope="module")
def dev(root):
    return read_labelled(root / "data" / "dev.conll", Layout())


def bound(monkeypatch, tokens):
    """Set the tokens of a document that are looked at together."""
    monkeypatch.setattr(prediction.documents, "BOUND", tokens)
    monkeypatch.setattr(documents.gather, "__defaults__", (tokens,))


class Chunks:
    """A pipe that gives its bytes in pieces; `given` counts them."""

    def __init__(self, pieces):
        self.pieces, self.given = list(pieces), 0

    def read1(self, size):
        self.given += 1
        return self.pieces.pop(0) if self.pieces else b""

    read = read1


def odd(data, size):
    return Chunks(data[i : i + size] for i in range(0, len(data), size))


def added(output):
    """Return the last column of each sentence of a CoNLL text."""
    lines = ["" if line.startswith("-DOCSTART-") else line for line in output.split("\n")]
    blocks = "\n".join(lines).split("\n\n")
    return [[line.split(" ")[-1] for line in block.strip("\n").split("\n")] for block in blocks if block.strip("\n")]


def test_a_file_a_pipe_and_an_evaluation_give_the_same_tags(program, reader, tagger, dev, root, tmp_path):
    path = root / "data" / "dev.conll"
    whole = program("predict", reader, path).stdout
    with (tmp_path / "piped").open("wb") as file:
        command = [sys.executable, "-m", "ner_window", "predict", reader, "--input-format", "conll"]
        piped = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=file, cwd=root)
        data = path.read_bytes()
        for i in range(0, len(data), 997):
            piped.stdin.write(data[i : i + 997])
            piped.stdin.flush()
        piped.stdin.close()
        assert piped.wait() == 0
    assert (tmp_path / "piped").read_text() == whole
    program("evaluate", reader, path, "--predictions", tmp_path / "evaluated")
    tags = added(whole)
    assert added((tmp_path / "evaluated").read_text()) == tags
    assert tagger.tag_sentences(dev.tokens, documents=dev.documents) == tags
    assert [tagger.tag(tokens) for tokens in dev.tokens] != tags  # the documents matter
    assert len({tag for sentence in tags for tag in sentence}) > 4


@pytest.mark.parametrize(("tokens", "size"), [(10_000, 7), (40, 1), (40, 1000), (40, 1 << 16)])
def test_what_a_document_is_does_not_depend_on_how_its_bytes_come(tagger, dev, root, monkeypatch, tokens, size):
    bound(monkeypatch, tokens)
    path = root / "data" / "dev.conll"
    cut = Counter()
    output = b"".join(prediction.predict(tagger, odd(path.read_bytes(), size), "dev", "conll", cut=cut)).decode()
    predicted = scoring.evaluate(tagger, path, Layout())[1]
    assert added(output) == predicted
    assert cut["dev"] == len(gather(list(map(len, dev.tokens)), dev.documents, tokens)) - dev.corpus.documents
    assert bool(cut["dev"]) == (tokens == 40)


def test_a_document_that_ends_where_it_would_be_cut_is_not(tagger, monkeypatch):
    bound(monkeypatch, 3)
    cut = Counter()
    text = b"In x\nOslo x\n. x\n\n-DOCSTART- x\n\nAna x\n\nsings x\n. x\n\n\n"
    list(prediction.predict(tagger, io.BytesIO(text), "pipe", "conll", cut=cut))
    assert +cut == Counter()
    list(prediction.predict(tagger, io.BytesIO(text + b"So x\n\n"), "pipe", "conll", cut=cut))
    assert cut == Counter(pipe=1)


@pytest.mark.parametrize("input_format", ["text", "jsonl"])
def test_the_sentences_of_a_long_line_are_cut_and_counted_too(tagger, monkeypatch, input_format):
    bound(monkeypatch, 4)
    text = "Ana lives in Oslo. She sings. Oslo is old."  # 5, 3 and 4 tokens: parts of 5, 3 + 4
    line = text if input_format == "text" else json.dumps({"text": text})
    cut = Counter()
    stream = io.BytesIO(f"{line}\n{line}\n".encode())
    output = b"".join(prediction.predict(tagger, stream, "pipe", input_format, "jsonl", cut=cut)).decode()
    assert cut == Counter(pipe=3 if input_format == "text" else 2)  # records are documents of their own
    assert [json.loads(answer)["text"] for answer in output.splitlines()] == [text, text]


def test_a_long_document_is_noted(program, reader, dev):
    sentences = [" ".join(tokens) + "\n" for tokens in dev.tokens]
    needed = 1 + 10_000 // sum(map(len, dev.tokens))
    done = program("predict", reader, "--input-format", "tokens", stdin="".join(sentences) * needed)
    assert done.stderr.count("\n") == 1
    assert "standard input: documents of more than 10000 tokens were cut and tagged in parts; cuts: 1" in done.stderr
    assert len(done.stdout.split("\n\n")) == 1 + needed * len(sentences)


def test_lines_without_documents_are_one_document(tagger, dev):
    tokens = dev.tokens[:40]
    stream = odd("".join(" ".join(sentence) + "\n" for sentence in tokens).encode(), 10)
    output = b"".join(prediction.predict(tagger, stream, "pipe", "tokens")).decode()
    assert added(output) == tagger.tag_sentences(tokens)


def test_each_record_is_a_document_and_answered_when_it_has_come(tagger, dev):
    together = [" ".join(token for sentence in dev.tokens[i : i + 3] for token in sentence) for i in range(0, 30, 3)]
    lines = [json.dumps({"id": i, "text": text}).encode() + b"\n" for i, text in enumerate(together)]
    stream = Chunks(lines)
    answers = []
    for n, piece in enumerate(prediction.predict(tagger, stream, "pipe", "jsonl"), 1):
        assert stream.given == n  # no later line was asked for
        answers.append(json.loads(piece))
    assert [answer["id"] for answer in answers] == list(range(10))
    at_once = b"".join(prediction.predict(tagger, io.BytesIO(b"".join(lines)), "pipe", "jsonl")).decode()
    assert [json.loads(line) for line in at_once.splitlines()] == answers
    for text, answer in zip(together, answers, strict=True):
        expected = [(e.start, e.end, e.type) for e in tagger.entities(text)]
        assert [(e["start"], e["end"], e["type"]) for e in answer["entities"]] == expected


def test_records_in_a_pipe_are_answered_one_by_one(reader, root):
    command = [sys.executable, "-m", "ner_window", "predict", reader, "--input-format", "jsonl"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root) as piped:
        for i in range(3):
            piped.stdin.write(json.dumps({"id": i, "tokens": ["In", "Berlin"]}).encode() + b"\n")
            piped.stdin.flush()
            assert json.loads(piped.stdout.readline())["id"] == i
        piped.stdin.close()
        assert piped.stdout.read() == b""
    assert piped.returncode == 0


def test_a_document_is_answered_when_the_next_one_has_begun(tagger):
    document = b"-DOCSTART- x\n\nAna x\nsings x\n\nBerlin x\n\n"
    for pieces, expected in (
        ([document, document, b"-DOCSTART- x\n\nSo x\n\n"], [2, 3]),
        ([document, b"-DOCSTART- x\n", b"\nSo x\n"], [2]),
        ([document, b"So x\n\n"], [3]),  # not before the end of the input, which a third read finds
    ):
        stream = Chunks(pieces)
        asked = [stream.given for piece in prediction.predict(tagger, stream, "pipe", "conll") if b"Berlin" in piece]
        assert asked == expected


@pytest.mark.parametrize("input_format", ["conll", "tokens", "text", "jsonl"])
def test_empty_input_of_a_reader_of_documents_is_empty_output(tagger, input_format):
    assert b"".join(prediction.predict(tagger, io.BytesIO(), "pipe", input_format)).decode() == ""
    blank = b"".join(prediction.predict(tagger, io.BytesIO(b"\n\n"), "pipe", input_format, "conll")).decode()
    assert blank.strip("\n") == ""


def test_what_the_encoding_does_not_hold_is_an_error_with_its_place(program, model, tmp_path):
    (tmp_path / "half.jsonl").write_text('{"tokens": ["Oslo", "\\ud800"]}\n')
    failed = program("predict", model, tmp_path / "half.jsonl", "--format", "conll", code=2)
    assert failed.stderr.startswith(r"error: standard output: utf-8 cannot hold '\ud800'; choose another --encoding")
    failed = program("predict", model, tmp_path / "half.jsonl", "--format", "inline", "-o", tmp_path / "out", code=2)
    assert f"{tmp_path}/out: utf-8 cannot hold" in failed.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["half.jsonl"]


def test_a_threshold_leaves_out_what_is_less_probable_and_says_how_much(program, model, root):
    path = root / "data" / "dev.conll"
    whole, some, none = (
        program("predict", model, path, "--format", "jsonl", "--probabilities", *more)
        for more in ([], ["--threshold", "0.7"], ["--threshold", "1"])
    )
    assert "left out" not in whole.stderr
    expected, total, kept = "", 0, 0
    for line in whole.stdout.splitlines():
        record = json.loads(line)
        entities = [entity for entity in record["entities"] if entity["probability"] >= 0.7]
        total, kept = total + len(record["entities"]), kept + len(entities)
        expected += json.dumps({**record, "entities": entities}, ensure_ascii=False) + "\n"
    assert some.stdout == expected
    assert 0 < kept < total
    assert some.stderr == f"{total - kept} of {total} entities were left out: their probability is below 0.7\n"
    assert not any(json.loads(line)["entities"] for line in none.stdout.splitlines())
    assert program("predict", model, path, "--threshold", "0.7", "-q").stderr == ""


def test_all_files_have_one_threshold_and_one_note(program, model, tmp_path):
    for name in ("a.tokens", "b.tokens"):
        (tmp_path / name).write_text("In Berlin\n")
    done = program("predict", model, tmp_path, "-o", tmp_path / "out", "--threshold", "1", "--format", "inline")
    assert done.stderr.split("\n") == [
        f"{tmp_path}/out: 2 of 2 files; 4 tokens in 2 sentences",
        "2 of 2 entities were left out: their probability is below 1.0",
        "",
    ]
    assert {path.read_text() for path in (tmp_path / "out").glob("*.txt")} == {"In Berlin\n"}


@pytest.mark.parametrize("threshold", ["1.5", "-0.1", "x", "nan"])
def test_a_threshold_is_a_probability(program, model, threshold):
    done = program("predict", model, "--threshold", threshold, code=2)
    assert "threshold" in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_scores_that_are_no_probabilities_have_no_threshold(program, model, tmp_path):
    shutil.copytree(model, tmp_path / "m")
    path = tmp_path / "m" / "model.json"
    path.write_text(path.read_text().replace('"objective": "softmax"', '"objective": "hinge"', 1))
    done = program("predict", tmp_path / "m", "--threshold", "0.5", stdin="In Berlin\n", code=2)
    assert done.stderr.startswith(f"error: {tmp_path / 'm'}: scores of the objective hinge are no probabilities")
    assert "hinge scores are no probabilities" in program("predict", tmp_path / "m", "--probabilities").stderr


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a file that opens, and fails when it is read")
@pytest.mark.parametrize("to_a_file", [False, True])
def test_an_input_that_fails_as_it_is_read_is_to_blame_not_the_output(program, model, tmp_path, to_a_file):
    output = ["-o", tmp_path / "out"] if to_a_file else []
    said = program("predict", model, "/proc/self/mem", "--input-format", "text", *output, code=2).stderr
    assert said == "error: /proc/self/mem: cannot be read: Input/output error\n"
    assert list(tmp_path.iterdir()) == []


def test_the_input_is_never_the_output(program, model, tmp_path):
    (tmp_path / "a.txt").write_text("In Berlin.\n")
    (tmp_path / "link").symlink_to("a.txt")
    for source, target in (("a.txt", "a.txt"), ("link", "a.txt"), ("a.txt", "./link")):
        said = program("predict", model, source, "-o", target, "--force", code=2, cwd=tmp_path)
        assert said.stderr == f"error: {os.path.normpath(target)}: is the input; name another file for the output\n"
    said = program("predict", model, "a.txt", "-o", "a.txt", "--workers", "2", "--force", code=2, cwd=tmp_path)
    assert f"{tmp_path}/a.txt: is the input {tmp_path}/a.txt; choose another output" in said.stderr
    assert (tmp_path / "a.txt").read_text() == "In Berlin.\n"


def test_an_error_says_how_many_files_behind_it_are_not_tagged(program, model, tmp_path):
    for name, content in (("a.txt", b"In Berlin.\n"), ("b.txt", b"caf\xe9\n"), ("c.txt", b"x\n"), ("d.txt", b"x\n")):
        (tmp_path / name).write_bytes(content)
    said = program("predict", model, tmp_path, code=2)
    assert said.stderr.endswith("for example iso-8859-1; not tagged for that: 2 files behind it\n")
    assert program("predict", model, tmp_path / "b.txt", code=2).stderr.endswith("for example iso-8859-1\n")
