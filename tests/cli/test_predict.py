import gzip
import json
import subprocess
import sys

import pytest

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
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a.tokens", "b.tokens"]
    again = program("predict", model, tmp_path / "a.tokens", tmp_path / "b.tokens", "-o", tmp_path / "out", code=2)
    assert "exists already" in again.stderr


def test_compressed_files_to_a_directory(program, model, tmp_path):
    text = "In Berlin\n" * 3
    (tmp_path / "a.tokens.gz").write_bytes(gzip.compress(text.encode()))
    program("predict", model, tmp_path / "a.tokens.gz", tmp_path / "a.tokens.gz", "-o", tmp_path / "out", code=2)
    (tmp_path / "in").mkdir()
    (tmp_path / "a.tokens.gz").rename(tmp_path / "in" / "a.tokens.gz")
    program("predict", model, tmp_path / "in", "-o", tmp_path / "out")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["a.tokens"]
    expected = program("predict", model, "--input-format", "tokens", stdin=text).stdout
    assert (tmp_path / "out" / "a.tokens").read_text() == expected


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
    from ner_window import Tagger

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
