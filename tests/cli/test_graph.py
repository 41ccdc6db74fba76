import json
import shutil
from xml.etree import ElementTree

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

SENTENCE = "Marta Lindqvist sings in Bergen."


def test_shapes_of_a_model_and_of_its_configuration(program, model):
    text = program("graph", model).stdout
    assert "e(w-2), e(w-1), e(w), e(w+1), e(w+2) -> x -> W x -> z -> h -> U h -> s -> J" in text
    assert "z = W x + b  (100,)" in text
    assert "W, weights  (100, 275)" in text
    done = program("graph", "configs/quickstart.yaml")
    assert done.stdout.partition("\n\n")[2] == text.partition("\n\n")[2]
    assert done.stderr == "configs/quickstart.yaml: the network as it is before training\n"


def test_shapes_follow_the_settings(program):
    text = program("graph", "configs/quickstart.yaml", "--set", "model.activation=prelu", "--set", "objective=margin")
    assert "h = z if z > 0 else a z  (100,)" in text.stdout
    assert "s_c = u^T h_c + c" in text.stdout


def test_numbers_of_a_real_window(program, model):
    text = program("graph", model, "--sentence", SENTENCE, "--token", "Bergen", "--tag", "S-LOC").stdout
    assert text.startswith("sings in [Bergen] .: J of S-LOC")
    assert "delta = dJ/dz" in text
    assert "y = S-LOC, p_y = 0." in text
    assert max(map(len, text.split("\n"))) <= 100


def test_tokens_are_cut_at_spaces(program, model):
    done = program("graph", model, "--tokens", "--sentence", "Marta Lindqvist sings in Bergen.", "--token", "4")
    assert done.stdout.startswith("sings in [Bergen.]: ")
    assert program("graph", model, "--sentence", "-", "--token", "Bergen", stdin=SENTENCE).stdout.startswith(
        "sings in [Bergen] .: "
    )


def test_untrained_network_on_a_window(program):
    done = program("graph", "configs/quickstart.yaml", "--sentence", SENTENCE, "--token", "in", "--tag", "O")
    assert "[in]" in done.stdout
    assert "delta = dJ/dz" in done.stdout


@pytest.mark.parametrize(
    ("example", "lines"),
    [
        ("square", ["  a branch: 3 + 3 = 6", "  to a: local a = 3, downstream 1 * 3 = 3"]),
        ("max", ["  a branch: 2 + 3 = 5", "  to z: local [y <= z] = 0, downstream 3 * 0 = 0"]),
    ],
)
def test_examples(program, example, lines):
    text = program("graph", "--example", example).stdout.split("\n")
    assert all(line in text for line in lines)


def test_the_ending_of_the_file_gives_the_format(program, model, tmp_path):
    for name, start in {"a.html": "<!doctype html>", "a.GV": "digraph", "a.txt": "z = (x"}.items():
        done = program("graph", "--example", "square", "-o", tmp_path / name)
        assert done.stdout == done.stderr == ""
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)
    program("graph", model, "--sentence", SENTENCE, "-o", tmp_path / "a.svg")
    ElementTree.parse(tmp_path / "a.svg")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.GV", "a.html", "a.svg", "a.txt"]


def test_an_ending_that_says_nothing_is_refused(program, tmp_path):
    for name in ("a.png", "a"):
        done = program("graph", "--example", "square", "-o", tmp_path / name, code=2)
        assert done.stderr == (
            f"error: {tmp_path / name}: expected a name that ends in .txt, .mmd, .mermaid, .dot, .gv, .svg, .html, "
            f".htm, .json, got {(tmp_path / name).suffix!r}; choose one of these, or name the format with --format\n"
        )
    assert list(tmp_path.iterdir()) == []
    program("graph", "--example", "square", "-o", tmp_path / "a.png", "--format", "text")
    assert (tmp_path / "a.png").read_text().startswith("z = (x")


def test_json_holds_all_numbers(program, model, tmp_path):
    program("graph", model, "--sentence", SENTENCE, "--token", "Bergen", "-o", tmp_path / "a.json")
    document = json.loads((tmp_path / "a.json").read_text())
    nodes = {node["name"]: node for node in document["nodes"]}
    W, x, delta = (np.array(nodes[name][key]) for name, key in (("W", "value"), ("x", "value"), ("z", "gradient")))
    assert W.shape == tuple(nodes["W"]["shape"]) == (100, 275)
    np.testing.assert_allclose(nodes["Wx"]["value"], W @ x)
    (edge,) = (edge for edge in document["edges"] if edge["source"] == "W")
    assert (edge["target"], edge["local"], edge["product"]) == ("Wx", "x^T", "delta x^T")
    np.testing.assert_allclose(edge["downstream"], np.outer(delta, x))
    assert (nodes["z"]["label"], nodes["z"]["formula"], document["output"]) == ("z", "W x + b", "J")


def test_json_of_an_example_and_of_shapes(program):
    done = program("graph", "--example", "max", "--json")
    assert done.stdout == program("graph", "--example", "max", "--format", "json").stdout
    document = json.loads(done.stdout)
    assert {node["name"]: (node["value"], node["gradient"]) for node in document["nodes"]} == {
        "x": (1, 2), "y": (2, 5), "z": (0, 0), "a": (3, 2), "b": (2, 3), "f": (6, 1)
    }  # fmt: skip
    by_y = [edge for edge in document["edges"] if edge["source"] == "y"]
    assert [(edge["local_values"], edge["downstream"]) for edge in by_y] == [(1, 2), (1, 3)]
    shapes = json.loads(program("-q", "graph", "configs/quickstart.yaml", "--json").stdout)
    assert {node["value"] for node in shapes["nodes"]} == {None}
    assert [node["shape"] for node in shapes["nodes"] if node["name"] == "W"] == [[100, 275]]
    wrong = program("graph", "--example", "max", "--json", "--format", "svg", code=2)
    assert "choose one of --json and --format svg" in wrong.stderr


def test_a_margin_without_gradients_is_noted(program):
    large = ["--set", "objective=margin", "--set", "model.initialization=uniform", "--set", "model.range=9"]
    sentence = ["graph", "configs/quickstart.yaml", *large, "--sentence", SENTENCE, "--token"]
    said = "note: every gradient is 0: the true window scores at least 1 above the corrupt one; choose another --token"
    for token, is_zero in (("in", True), ("sings", False)):
        done = program(*sentence, token)
        assert (said in done.stderr) == is_zero
        assert ("another tag would show some" in done.stdout) == is_zero


def test_a_model_with_numbers_that_are_not_finite_is_refused(program, model, tmp_path):
    shutil.copytree(model, tmp_path / "m")
    path = tmp_path / "m" / "model.safetensors"
    tensors = load_file(path)
    tensors["b"][3] = np.nan
    save_file(tensors, path)
    for arguments in (["graph", "--sentence", "a"], ["explain", "--sentence", "a"], ["drift"], ["predict"]):
        done = program(arguments[0], tmp_path / "m", *arguments[1:], code=2)
        assert done.stderr == f"error: {path}: 'b' holds values that are not finite; train the model again\n"


def test_format_on_standard_output(program):
    assert program("graph", "--example", "max", "--format", "mermaid").stdout.split("\n")[1] == "flowchart LR"


def test_a_file_that_exists_is_kept(program, tmp_path):
    (tmp_path / "a.svg").write_text("mine")
    done = program("graph", "--example", "max", "-o", tmp_path / "a.svg", code=2)
    assert "exists already" in done.stderr
    assert (tmp_path / "a.svg").read_text() == "mine"
    program("graph", "--example", "max", "--format", "dot", "-o", tmp_path / "a.svg", "--force")
    assert (tmp_path / "a.svg").read_text().startswith("digraph")


def test_wrong_use_is_named(program, model):
    cases = [
        ([], "give one of MODEL, CONFIG and --example"),
        (["runs/nowhere"], "error: runs/nowhere: no such file or directory; give a model directory or a configuration"),
        ([model, "--token", "in"], "--tokens, --token and --tag go with --sentence"),
        ([model, "--set", "seed=1"], "--set needs a CONFIG"),
    ]
    for arguments, message in cases:
        done = program("graph", *arguments, code=2)
        assert message in " ".join(done.stderr.split()), arguments
        assert done.stdout == ""


def test_unknown_token_and_tag_are_listed(program, model):
    done = program("graph", model, "--sentence", "Marta sings", "--token", "Anna", code=2)
    assert done.stderr == "error: --token: not in the sentence, got 'Anna'; its tokens are 0 'Marta', 1 'sings'\n"
    tags = json.loads((model / "model.json").read_text())["tags"]
    done = program("graph", model, "--sentence", "Marta sings", "--tag", "B-SHIP", code=2)
    assert done.stderr == f"error: --tag: not a tag of the model, got 'B-SHIP'; choose one of {', '.join(tags)}\n"


def test_words_with_marks_are_escaped(program, model):
    words = '<b> & "Bergen" \\ ]'
    text = program("graph", model, "--tokens", "--sentence", words, "--token", "2", "--format", "html").stdout
    assert "&lt;b&gt; &amp; [&quot;Bergen&quot;] \\ ]" in text
    assert "<b> &" not in text
