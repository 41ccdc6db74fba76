import json

import pytest


def test_show_tells_where_values_come_from(program):
    output = program("config", "show", "configs/quickstart.yaml", "--set", "model.hidden_units=7").stdout
    rows = {line.split()[0]: line for line in output.split("\n") if line}
    assert "--set model.hidden_units=7" in rows["model.hidden_units"]
    assert rows["optimizer.beta1"].endswith("default")
    assert "quickstart.yaml:" in rows["optimizer.learning_rate"]


def test_schema_is_json(program):
    assert "hidden_units" in json.dumps(json.loads(program("config", "schema").stdout))


@pytest.mark.parametrize("name", ["quickstart", "conll2003", "conll2003-lecture"])
def test_shipped_configs_are_fine(program, name):
    assert program("config", "check", f"configs/{name}.yaml").stdout.endswith("fine\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("data: {train: a, dev: b}\nmodel:\n  hiden_units: 3\n", ":3: model.hiden_units: unknown key; did you mean"),
        ("data: {train: a, dev: b}\nseed: x\n", ":2: seed: should be a valid integer, got 'x'"),
        ("data: {train: a, dev: b}\nseed: 1\nseed: 2\n", ":3: seed: stands here again, first in line 2"),
        ("seed: 1\n", "data: is missing"),
        ("- a\n", "expected keys and values, got list"),
        ("a: [\n", "not YAML"),
        ("data: {train: a, dev: b}\nobjective: magic\n", ":2: objective:"),
        (
            "data: {train: a, dev: b}\nfeatures: [case, case]\n",
            ":2: features: should name each feature once, got ['case', 'case']; repeated: case",
        ),
    ],
)
def test_mistakes_are_named_with_their_line(program, tmp_path, text, message):
    (tmp_path / "c.yaml").write_text(text)
    assert message in program("config", "check", tmp_path / "c.yaml", code=2).stderr


def test_numbers_and_strings_of_yaml(tmp_path):
    from ner_window.config import load_config

    (tmp_path / "c.yaml").write_text("data: {train: NO, dev: b}\noptimizer: {learning_rate: 1e-3}\nseed: 010\n")
    config = load_config(tmp_path / "c.yaml")
    assert config.optimizer.learning_rate == 0.001
    assert config.seed == 10
    assert config.data.train == str(tmp_path / "NO")


def test_info(program, model):
    output = program("info", model).stdout
    assert "dev F1" in output
    assert output.startswith(str(model))
    assert "seed" in output
    assert json.loads(program("info", model, "--json").stdout)["format"] == 2


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("model.json", "{", "not JSON"),
        ("model.json", '{"format": 99}', "format 2 expected, got 99"),
        ("model.safetensors", "x", "cannot be read"),
        ("words.txt", "a\nb", "the list of 'word' has 2 lines"),
    ],
)
def test_a_damaged_model_is_refused_by_file(program, model, tmp_path, file, content, message):
    import shutil

    shutil.copytree(model, tmp_path / "m")
    (tmp_path / "m" / file).write_text(content)
    done = program("predict", tmp_path / "m", stdin="x\n", code=2)
    assert message in done.stderr
    assert "Traceback" not in done.stderr
