import gzip
import json

import pytest


def test_evaluate_prints_one_json_document(program, model):
    document = json.loads(program("evaluate", model, "data/test.conll", "--json").stdout)
    assert document["tokens"] == 2558
    assert document["sentences"] == 136
    assert (document["scheme"], document["repair"]) == ("IOB2", "conlleval")
    micro = document["entities"]["micro"]
    assert micro["support"] == micro["tp"] + micro["fn"] == 223
    assert 0.5 < micro["f1"] < 1
    assert set(document["entities"]["types"]) == {"PER", "LOC", "ORG", "MISC"}
    assert document["seen"]["support"] + document["unseen"]["support"] == 223
    assert 0.9 < document["token_accuracy"] <= 1


def test_min_f1_decides_the_exit_code(program, model):
    program("evaluate", model, "data/test.conll", "--min-f1", "0.3", code=0)
    program("evaluate", model, "data/test.conll", "--min-f1", "0.999", code=1)


def test_evaluate_equals_score_of_what_it_writes(program, model, tmp_path):
    target = tmp_path / "tagged.conll"
    first = json.loads(program("evaluate", model, "data/test.conll", "--json", "--predictions", target).stdout)
    second = json.loads(program("score", target, "--json").stdout)
    assert second["entities"] == first["entities"]
    assert second["token_accuracy"] == first["token_accuracy"]


def test_interval_is_shown_on_demand(program, model, tmp_path):
    target = tmp_path / "tagged.conll"
    shown = program("evaluate", model, "data/test.conll", "--interval", "--predictions", target).stdout
    line = next(line for line in shown.splitlines() if line.startswith("95 % interval of F1 (micro): "))
    assert line.endswith("; bootstrap over 136 sentences, 10000 resamples, seed 13")
    assert line in program("score", target, "--interval").stdout.splitlines()
    document = json.loads(program("score", target, "--interval", "--json").stdout)
    low, high = document["interval"]["f1"]
    assert low < document["entities"]["micro"]["f1"] < high
    assert f"{100 * low:.2f} to {100 * high:.2f};" in line
    assert "interval" not in json.loads(program("score", target, "--json").stdout)


def test_score_of_a_file_with_itself_is_perfect(program):
    document = json.loads(program("score", "data/dev.conll", "data/dev.conll", "--json").stdout)
    assert document["entities"]["micro"]["f1"] == document["token_accuracy"] == 1.0


def test_score_names_the_line_where_tokens_differ(program, tmp_path):
    (tmp_path / "a.conll").write_text("Ana B-PER\nsings O\n")
    (tmp_path / "b.conll").write_text("Ana B-PER\ndances O\n")
    done = program("score", tmp_path / "a.conll", tmp_path / "b.conll", code=2)
    assert f"{tmp_path / 'b.conll'}:2" in done.stderr
    assert "'dances'" in done.stderr


def test_compressed_data_and_standard_input_score_the_same(program, model, root, tmp_path):
    content = (root / "data" / "test.conll").read_bytes()
    (tmp_path / "test.conll.gz").write_bytes(gzip.compress(content))
    plain = json.loads(program("evaluate", model, "data/test.conll", "--json").stdout)
    packed = json.loads(program("evaluate", model, tmp_path / "test.conll.gz", "--json").stdout)
    piped = json.loads(program("evaluate", model, "-", "--json", stdin=content).stdout)
    assert [document.pop("data") for document in (plain, packed, piped)] == [
        "data/test.conll", str(tmp_path / "test.conll.gz"), "standard input"
    ]  # fmt: skip
    assert plain == packed == piped
    twice = program("evaluate", model, "-", "-", stdin=content, code=2)
    assert twice.stderr == "error: standard input: no sentences, got 0 lines; is it the right file?\n"


def test_a_damaged_file_is_named(program, model, root, tmp_path):
    packed = tmp_path / "test.conll.gz"
    packed.write_bytes(gzip.compress((root / "data" / "test.conll").read_bytes())[:-20])
    for arguments in (["evaluate", model, packed], ["score", packed, packed], ["drift", model, packed]):
        done = program(*arguments, code=2)
        assert done.stderr.startswith(f"error: {packed}: not a whole compressed file: "), arguments
        assert done.stdout == ""


def test_score_reads_one_of_two_files_from_standard_input(program, root):
    content = (root / "data" / "dev.conll").read_bytes()
    document = json.loads(program("score", "data/dev.conll", "-", "--json", stdin=content).stdout)
    assert document["entities"]["micro"]["f1"] == 1.0
    done = program("score", "-", stdin=content, code=2)
    assert done.stderr == "error: -: score reads a single file twice; give a file, or two inputs\n"


@pytest.mark.parametrize("flag", [["--errors", "5"], ["--confusion"]])
def test_listings(program, model, flag):
    assert len(program("evaluate", model, "data/test.conll", *flag).stdout.split("\n")) > 16


def test_an_empty_file_is_refused(program, model, tmp_path):
    (tmp_path / "empty.conll").write_text("")
    assert "no sentences" in program("evaluate", model, tmp_path / "empty.conll", code=2).stderr


def test_a_missing_model_is_named(program, tmp_path):
    assert "not a model directory" in program("evaluate", tmp_path / "none", "data/test.conll", code=2).stderr
