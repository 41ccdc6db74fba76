import re
from pathlib import Path

import pytest

from ner_window.config import GLOVE
from ner_window.errors import ConfigError
from ner_window.sweep.plan import load_sweep


def test_paths_are_relative_to_the_base_to_the_sweep_and_with_options_to_the_working_directory(
    tmp_path, write, monkeypatch
):
    for folder in ("configs", "elsewhere"):
        (tmp_path / folder).mkdir()
    (tmp_path / "configs/base.yaml").write_text("data: {train: a.conll, dev: b.conll}\n")
    for file in ("configs/a.conll", "c.conll", "v.txt", "elsewhere/w.txt"):
        (tmp_path / file).touch()
    path = write("set: {data.dev: c.conll}\ngrid: {vectors.source: [v.txt, random]}\n", "base: configs/base.yaml\n")
    monkeypatch.chdir(tmp_path / "elsewhere")
    config = load_sweep(path, ["data.test=d.conll"]).runs[0].config
    assert config.data.train == str(tmp_path / "configs/a.conll")
    assert config.data.dev == str(tmp_path / "c.conll")
    assert config.data.test == str(tmp_path / "elsewhere/d.conll")
    assert config.vectors.source == str(tmp_path / "v.txt")
    swept = load_sweep(path, [], ["vectors.source=[w.txt, random]"])
    assert [run.config.vectors.source for run in swept.runs] == [str(tmp_path / "elsewhere/w.txt"), "random"]


def test_options_take_keys_out_of_the_plan_with_a_note(write):
    path = write("grid: {model.activation: [relu, tanh]}\nzip: {data.limit: [1, 2], training.epochs: [9, 8]}\n")
    sweep = load_sweep(path, ["model.activation=sigmoid", "data.limit=3"], ["window.radius=[0, 1]"], "5,6")
    assert sweep.keys == ("training.epochs", "window.radius")
    assert {run.config.model.activation for run in sweep.runs} == {"sigmoid"}
    assert {run.config.data.limit for run in sweep.runs} == {3}
    assert [run.seed for run in sweep.runs] == [5, 6] * 4
    assert sweep.notes == (
        "--set model.activation=sigmoid: in the place of the values that the file gives to model.activation",
        "--set data.limit=3: in the place of the values that the file gives to data.limit",
    )


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("", "base: is missing; set it in the file"),
        ("base: 3\n", "should be the path of a config, or a config, got 3"),
        ("base: nowhere.yaml\n", "nowhere.yaml: cannot be read: No such file or directory"),
        ("base:\n  data:\n    tran: x\n    dev: y\n", "s.yaml:3: data.tran: unknown key; did you mean 'train'?"),
    ],
)
def test_a_base_that_is_wrong_is_refused(write, base, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_sweep(write("seeds: [1]\n", base))


@pytest.mark.parametrize(
    ("overrides", "grids", "seeds", "message"),
    [
        (["window.radius"], [], None, "--set: expected KEY=VALUE, got 'window.radius'; for example"),
        (["window.raduis=1"], [], None, "--set window.raduis=1: window.raduis: unknown key; did you mean 'radius'?"),
        (
            [],
            ["window.radius=1"],
            None,
            "--grid window.radius: should be a list of values, got 1; write window.radius=[a",
        ),
        (
            [],
            ["window.radius=[x]"],
            None,
            "--grid window.radius=[x]: window.radius: should be a valid integer, got 'x'",
        ),
        ([], [], "1,b", "--seeds 1,b: seeds.1: should be a valid integer, got 'b'"),
    ],
)
def test_options_that_are_wrong_are_refused(write, overrides, grids, seeds, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_sweep(write(""), overrides, grids, seeds)


@pytest.fixture
def other(tmp_path, monkeypatch):
    """Write a config to put in a base's place, in a folder of its own; the working directory is another one."""
    for folder in ("configs", "elsewhere"):
        (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    def other(text):
        (tmp_path / "configs/other.yaml").write_text(text)
        (tmp_path / "configs/a.conll").touch()
        (tmp_path / "configs/b.conll").touch()
        return Path("../configs/other.yaml")

    return other


OTHER = "seed: 7\ndata: {train: a.conll, dev: b.conll}\nwindow: {radius: 3}\ntraining: {epochs: 9}\n"


@pytest.mark.parametrize(
    "base", ["base: {window: {radius: 1}, vectors: {source: random}}\n", "base: nowhere.yaml\n", ""]
)
def test_another_base_is_in_the_place_of_an_inline_one_of_a_path_and_of_none(write, other, base):
    path = write("grid: {model.activation: [relu, tanh]}\n", base)
    sweep = load_sweep(path, base=other(OTHER))
    assert [(run.config.model.activation, run.seed) for run in sweep.runs] == [("relu", 7), ("tanh", 7)]
    config = sweep.runs[0].config
    assert (config.window.radius, config.training.epochs) == (3, 9)
    assert config.vectors.source == GLOVE  # the default: nothing of the file's base is left
    assert sweep.notes == ()


def test_another_base_is_relative_to_the_working_directory_and_its_paths_to_itself(write, other, tmp_path):
    path = write("set: {data.test: c.conll}\n")
    config = load_sweep(path, base=other(OTHER)).runs[0].config
    assert config.data.train == str(tmp_path / "configs/a.conll")
    assert config.data.dev == str(tmp_path / "configs/b.conll")
    assert config.data.test == str(tmp_path / "c.conll")


def test_what_the_file_sets_sweeps_and_seeds_still_applies_to_another_base(write, other):
    path = write("set: {training.epochs: 2}\ngrid: {window.radius: [0, 1]}\nseeds: [5]\n")
    runs = load_sweep(path, base=other(OTHER)).runs
    assert [(r.config.training.epochs, r.config.window.radius, r.seed) for r in runs] == [(2, 0, 5), (2, 1, 5)]
    overridden = load_sweep(path, ["training.epochs=4"], base=other(OTHER)).runs
    assert {run.config.training.epochs for run in overridden} == {4}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "{file}: cannot be read: No such file or directory"),
        ("- 1\n", "{file}: expected keys and values, got list"),
        (
            "data: {train: a, dev: b}\n\nwindow: {raduis: 1}\n",
            "{file}:3: window.raduis: unknown key; did you mean 'radius'?",
        ),
        ("\n\n\ndata: {train: 1, dev: b}\n", "{file}:4: data.train: should be a valid string, got 1"),
    ],
)
def test_another_base_that_is_wrong_is_refused_where_it_is_wrong(write, other, tmp_path, text, message):
    path = write("")  # its own base gives data.train, too, in line 1
    base = Path("../configs/other.yaml") if text is None else other(text)
    with pytest.raises(ConfigError) as error:
        load_sweep(path, base=base)
    expected = message.format(file=tmp_path / "elsewhere/../configs/other.yaml")
    assert str(error.value).startswith(expected)
