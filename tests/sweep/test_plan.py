import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.errors import ConfigError
from ner_window.sweep.plan import expand, folder_names, load_sweep, shown


def test_runs_are_every_combination_of_grid_zip_and_seeds_against_nested_loops(write):
    sweep = load_sweep(
        write(
            "grid: {model.activation: [relu, tanh], window.radius: [0, 1, 2]}\n"
            "zip: {data.limit: [1, 2], training.epochs: [9, 8]}\nseeds: [3, 4]\n"
        )
    )
    expected = []
    for activation in ("relu", "tanh"):
        for radius in (0, 1, 2):
            for limit, epochs in ((1, 9), (2, 8)):
                for seed in (3, 4):
                    expected.append((activation, radius, limit, epochs, seed))
    configs = [run.config for run in sweep.runs]
    found = [(c.model.activation, c.window.radius, c.data.limit, c.training.epochs, c.seed) for c in configs]
    assert found == expected
    assert sweep.keys == ("model.activation", "window.radius", "data.limit", "training.epochs")


@given(st.lists(st.lists(st.integers(), min_size=1, max_size=3), max_size=4))
def test_expansion_is_the_product(lists):
    axes = [{f"k{i}": values} for i, values in enumerate(lists)]
    assert [tuple(point.values()) for point in expand(axes)] == list(product(*lists))


VALUES = st.one_of(st.text(max_size=60), st.floats(allow_nan=False), st.integers(), st.none(), st.booleans())
KEYS = st.sampled_from(["model.activation", "vectors.train", "data.train", "optimizer.name", "data.encoding"])


@given(st.lists(st.tuples(st.dictionaries(KEYS, VALUES, max_size=4), st.integers(0, 99)), max_size=8, unique_by=str))
def test_folder_names_are_unique_and_safe_on_every_file_system(points):
    names = folder_names(points)
    assert len({name.casefold() for name in names}) == len(points)
    for name in names:
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9.+=_-]{0,99}", name)
        assert not name.endswith(".")


def test_folder_names_are_legible_and_do_not_depend_on_the_other_runs():
    one = {"model.activation": "tanh", "optimizer.name": "adam", "vectors.train": "freeze"}
    other = {"model.activation": "relu", "optimizer.name": "sgd", "vectors.train": "freeze"}
    assert folder_names([(one, 14)]) == ["activation=tanh-optimizer.name=adam-train=freeze-seed=14"]
    assert folder_names([(other, 13), (one, 14)])[1:] == folder_names([(one, 14)])


def test_paths_are_shown_by_their_last_part():
    assert shown("vectors.source", "/a/b/glove.txt") == "glove.txt"
    assert shown("data.limit", None) == "null"
    assert shown("optimizer.learning_rate", 1e-05) == "1e-05"


def test_without_seeds_the_base_has_one(write):
    assert [run.seed for run in load_sweep(write("")).runs] == [13]
    seeded = "base: {seed: 7, data: {train: t.conll, dev: t.conll}}\n"
    assert [run.seed for run in load_sweep(write("", seeded)).runs] == [7]


EXPECT = "lecture:\n  expect:\n  - {measure: dev_f1, higher: {model.activation: relu}, lower: {model.activation: %s}}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gird: {}\n", "s.yaml:2: gird: unknown key; did you mean 'grid'?"),
        ("lecture: {expects: []}\n", "s.yaml:2: lecture.expects: unknown key; did you mean 'expect'?"),
        (
            "lecture:\n  expect:\n  - {mesure: dev_f1, higher: {seed: 1}, lower: {seed: 2}}\n",
            "s.yaml:4: lecture.expect.0.mesure: unknown key; did you mean 'measure'?",
        ),
        ("grid:\n  model.activatoin: [relu]\n", "s.yaml:3: model.activatoin: unknown key; did you mean 'activation'?"),
        (
            "grid:\n  window.radius: [1]\n  model.hidden_units: [5, five]\n",
            "s.yaml:4: model.hidden_units: should be a valid integer, got 'five'",
        ),
        ("set:\n  training.epochs: 0\n", "s.yaml:3: training.epochs: should be greater than or equal to 1, got 0"),
        ("grid: {seed: [1, 2]}\n", "s.yaml:2: seed: cannot be set or swept; write seeds: [13, 14, 15]"),
        ("grid:\n  window.radius: 1\n", "s.yaml:3: grid.window.radius: should be a list of values, got 1"),
        ("grid:\n  window.radius: []\n", "s.yaml:3: grid.window.radius: should be a list of values, got []"),
        (
            "grid:\n  window.radius: [1]\n  window.radius: [2]\n",
            "s.yaml:4: grid.window.radius: stands here again, first in line 3; delete one",
        ),
        (
            "set: {window.radius: 1}\ngrid: {window.radius: [1, 2]}\n",
            "s.yaml:2, s.yaml:3: window.radius: given more than once; leave one of them",
        ),
        (
            "grid:\n  schedule: [{name: constant}]\n  schedule.every: [2, 3]\n",
            "s.yaml:3, s.yaml:4: schedule.every: given more than once; leave one of them",
        ),
        (
            "zip: {data.limit: [1, 2], training.epochs: [3]}\n",
            "s.yaml:2: zip: lists should be equally long, got data.limit 2, training.epochs 1",
        ),
        (
            "grid: {window.radius: [1, 2, 1]}\n",
            "s.yaml: two runs are the same, got window.radius=1, seed=13 twice; delete a repeated value or seed",
        ),
        ("seeds: [1, 1]\n", "s.yaml: two runs are the same, got seed=1 twice; delete a repeated value or seed"),
        ("seeds: [1, -2]\n", "s.yaml:2: seeds.1: should be greater than or equal to 0, got -2"),
        (
            "grid: {window.radius: [1, 2]}\nplot: {x: window.radus}\n",
            "s.yaml:3: plot.x: should be a key that varies, got 'window.radus'; known: window.radius",
        ),
        (
            "grid: {model.activation: [relu, tanh]}\n" + EXPECT % "sigmoid",
            "s.yaml:5: lecture.expect.0.lower: selects no run of the sweep, got {'model.activation': 'sigmoid'}; "
            "see grid and zip",
        ),
    ],
)
def test_a_plan_that_is_wrong_is_refused_before_any_run(write, text, message):
    path = write(text)
    with pytest.raises(ConfigError) as error:
        load_sweep(path)
    assert str(error.value) == message.replace("s.yaml", str(path))


HINT = "a path is relative to the file that it stands in, that of an option to the working directory"


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("set:\n  data.dev: d.conll\n", [], "s.yaml:3: data.dev: does not exist, got '{folder}/d.conll'"),
        (
            "grid:\n  vectors.source: [random, glove-6b-50d, v.txt]\n",
            [],
            "s.yaml:3: vectors.source: does not exist, got '{folder}/v.txt'",
        ),
        (
            "grid:\n  data: [{train: t.conll, dev: t.conll}, {train: u.conll, dev: t.conll}]\n",
            [],
            "s.yaml:3: data.train: does not exist, got '{folder}/u.conll'",
        ),
        (
            "",
            ["data={train: ../t.conll, dev: w.conll}"],
            "--set data={{train: ../t.conll, dev: w.conll}}: data.dev: does not exist, got '{folder}/in/w.conll'",
        ),
        ("", ["data.train=w.conll"], "--set data.train=w.conll: data.train: does not exist, got '{folder}/in/w.conll'"),
    ],
)
def test_a_file_that_does_not_exist_is_refused_before_any_run(write, tmp_path, monkeypatch, text, options, message):
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path / "in")
    path = write(text)
    with pytest.raises(ConfigError) as error:
        load_sweep(path, options)
    assert str(error.value) == message.format(folder=tmp_path).replace("s.yaml", str(path)) + f"; {HINT}"


def test_every_missing_file_has_one_line_and_the_test_corpus_is_not_looked_for(write, tmp_path):
    base = "base:\n  vectors: {source: v.txt}\n  data:\n    train: t.conll\n    dev: d.conll\n    test: e.conll\n"
    path = write("seeds: [1, 2]\n", base)
    with pytest.raises(ConfigError) as error:
        load_sweep(path)
    lines = str(error.value).split("\n")
    assert [line.split(": does not")[0] for line in lines] == [f"{path}:5: data.dev", f"{path}:2: vectors.source"]
    (tmp_path / "v.txt").touch()
    (tmp_path / "d.conll").touch()
    assert len(load_sweep(path).runs) == 2


def test_what_to_take_is_mean_or_best(write):
    text = "grid: {model.activation: [relu, tanh]}\n" + EXPECT % "tanh"
    assert load_sweep(write(text)).options.lecture.expect[0].take == "mean"
    assert load_sweep(write(text.replace("{measure", "{take: best, measure"))).options.lecture.expect[0].take == "best"
    with pytest.raises(ConfigError, match=r"expect\.0\.take: should be 'mean' or 'best', got 'worst'"):
        load_sweep(write(text.replace("{measure", "{take: worst, measure")))


def test_an_expectation_that_an_option_leaves_without_runs_is_dropped_with_a_note(write):
    path = write("grid: {model.activation: [relu, tanh]}\n" + EXPECT % "tanh")
    assert len(load_sweep(path).options.lecture.expect) == 1
    sweep = load_sweep(path, ["model.activation=relu"])
    assert sweep.options.lecture.expect == ()
    assert "lecture.expect.0.lower: selects no run of those left; not compared" in sweep.notes[1]


def test_an_option_for_another_key_does_not_hide_what_is_wrong(write):
    grid = "grid: {model.activation: [relu, tanh], schedule.name: [halve, linear]}\n"
    for text in (EXPECT % "sigmoid", "plot: {x: model.activations}\n"):
        with pytest.raises(ConfigError, match="selects no run|should be a key that varies"):
            load_sweep(write(grid + text), ["window.radius=1"])
    with pytest.raises(ConfigError, match="given more than once"):
        load_sweep(write(grid), ["schedule={name: halve}"])


def test_selectors_see_what_is_swept_and_what_is_not(write):
    run = load_sweep(write("grid: {features: [[case]], schedule: [{name: halve}]}\n")).runs[0]
    assert run.has({"features": ["case"]})
    assert run.has({"schedule": {"name": "halve"}, "window.radius": 2})
    assert not run.has({"schedule.name": "halve", "window.radius": 1})
    assert not run.has({"window.diameter": 2})
