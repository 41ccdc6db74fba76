import json

import pytest


def test_show_tells_where_values_come_from(program):
    output = program("config", "show", "configs/quickstart.yaml", "--set", "model.hidden_units=7").stdout
    rows = {line.split()[0]: line for line in output.split("\n") if line}
    assert rows["model.hidden_units"].split()[1:] == ["7", "--set"]
    assert rows["optimizer.beta1"].endswith("default")
    assert rows["optimizer.learning_rate"].split()[1:] == ["0.002", "configs/quickstart.yaml:18"]
    assert rows["data.train"].split()[1:] == ["data/train.conll", "configs/quickstart.yaml:5"]
    assert max(map(len, output.split("\n"))) <= 100


def test_show_names_the_file_that_is_extended(program):
    output = program("config", "show", "configs/conll2003-document.yaml", "--changed").stdout
    rows = {line.split()[0]: line for line in output.split("\n") if line.strip()}
    assert rows["model.hidden_units"].split()[1:] == ["300", "configs/conll2003.yaml:23"]
    assert rows["vectors.neighbors"].endswith("/conll2003-document.yaml:6")
    assert "training.patience" not in rows
    assert "training.folds" not in rows  # given, and as by default


def test_show_gives_a_document(program, root):
    document = json.loads(program("config", "show", "configs/quickstart.yaml", "--json", "--changed").stdout)
    where = "configs/quickstart.yaml:"
    assert document["data.dev"] == {"value": f"{root}/data/dev.conll", "changed": True, "from": f"{where}6"}
    assert document["model.dropout"] == {"value": 0.3, "default": 0.0, "changed": True, "from": f"{where}15"}
    assert "model.hidden_units" not in document


def test_a_sweep_is_not_shown_but_how_to_see_it_is(program):
    said = program("config", "show", "configs/seeds.yaml", code=2).stderr
    hint = "ner-window experiment configs/seeds.yaml --dry-run lists its runs"
    assert said == f"error: configs/seeds.yaml: is a sweep, not a configuration; {hint}\n"


def test_the_schemas_are_printed(program, root):
    for kind, arguments in (("config", []), ("sweep", ["--sweep"]), ("sweep", ["configs/seeds.yaml"])):
        printed = program("config", "schema", *arguments).stdout
        assert printed == (root / f"configs/schema/{kind}.json").read_text(encoding="utf-8")


def test_shipped_configs_and_sweeps_are_fine_and_corpora_of_others_are_a_note(program, root):
    paths = sorted(path.relative_to(root) for path in (root / "configs").rglob("*.yaml"))
    said = program("config", "check", *paths)
    assert said.stdout == "".join(f"{path}: fine\n" for path in paths)
    where = "configs/conll2003.yaml:6: data.train: does not exist, got"
    assert where in said.stderr
    assert "quickstart" not in said.stderr
    assert program("config", "check", "-q", *paths).stderr == ""
    strict = program("config", "check", "--files", "configs/quickstart.yaml", "configs/conll2003.yaml", code=2)
    assert strict.stdout == "configs/quickstart.yaml: fine\n"
    assert strict.stderr.startswith(f"error: {where}")


def test_check_tells_all_mistakes_of_all_files_each_with_its_line_and_the_nearest_key(program, tmp_path):
    (tmp_path / "a.yaml").write_text("data: {train: a, dev: b}\nseed: x\nmodel:\n  hiden_units: 3\n")
    (tmp_path / "b.yaml").write_text("data: {train: a, dev: b}\n")
    (tmp_path / "s.yaml").write_text("base: b.yaml\ngrid:\n  window.raduis: [1]\n")
    (tmp_path / "t.yaml").write_text("a: [\n")
    said = program("config", "check", "a.yaml", "b.yaml", "s.yaml", "t.yaml", "-q", cwd=tmp_path, code=2)
    assert said.stdout == "b.yaml: fine\n"
    assert said.stderr.split("\n")[:-1] == [
        "error: a.yaml:2: seed: should be a valid integer, got 'x'",
        "a.yaml:4: model.hiden_units: unknown key; did you mean 'hidden_units'?",
        "s.yaml:3: window.raduis: unknown key; did you mean 'radius'?",
        "t.yaml:2: not YAML: expected the node content, but found '<stream end>'; close the bracket",
    ]


def test_info(program, model):
    output = program("info", model).stdout
    assert "dev F1" in output
    assert output.startswith(str(model))
    assert "seed" in output
    assert "of the probabilities, chosen on dev" in output
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
