import json
import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window import storage
from ner_window.errors import ConfigError, OutputError
from ner_window.sweep import (
    Outcome,
    Summary,
    begin,
    execute,
    expand,
    folder_names,
    judge,
    load_sweep,
    read_outcome,
    shown,
    summarize,
)

BASE = "base: {data: {train: t.conll, dev: t.conll}, vectors: {source: random, dimensions: 4}}\n"
CORPUS = (
    "Odile B-PER\nsails O\nto O\nBrevik B-LOC\n. O\n\nBrevik B-LOC\nis O\nfar O\n. O\n\nOdile B-PER\nrests O\n. O\n"
)


@pytest.fixture
def write(tmp_path):
    """Write a sweep on a base that needs no file but t.conll, which is beside it; returns the sweep's path."""
    (tmp_path / "t.conll").write_text(CORPUS)

    def write(text, base=BASE):
        path = tmp_path / "s.yaml"
        path.write_text(base + text)
        return path

    return write


def outcomes_of(sweep, directory, resume=True):
    return [report for report in execute(sweep, directory, resume=resume) if isinstance(report, Outcome)]


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


def test_paths_are_relative_to_the_base_to_the_sweep_and_with_options_to_the_working_directory(
    tmp_path, write, monkeypatch
):
    for folder in ("configs", "elsewhere"):
        (tmp_path / folder).mkdir()
    (tmp_path / "configs/base.yaml").write_text("data: {train: a.conll, dev: b.conll}\n")
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


def test_without_seeds_the_base_has_one(write):
    assert [run.seed for run in load_sweep(write("")).runs] == [13]
    assert [run.seed for run in load_sweep(write("", BASE.replace("{data", "{seed: 7, data"))).runs] == [7]


EXPECT = "lecture:\n  expect:\n  - {measure: dev_f1, higher: {model.activation: relu}, lower: {model.activation: %s}}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gird: {}\n", "s.yaml:2: gird: unknown key; did you mean 'grid'?"),
        ("lecture: {expects: []}\n", "s.yaml:2: lecture.expects: unknown key; did you mean 'expect'?"),
        (
            "lecture:\n  expect:\n  - {mesure: dev_f1, higher: {seed: 1}, lower: {seed: 2}}\n",
            "s.yaml:3: lecture.expect.0.mesure: unknown key; did you mean 'measure'?",
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
            "s.yaml:4: lecture.expect.0.lower: selects no run of the sweep, got {'model.activation': 'sigmoid'}; "
            "see grid and zip",
        ),
    ],
)
def test_a_plan_that_is_wrong_is_refused_before_any_run(write, text, message):
    path = write(text)
    with pytest.raises(ConfigError) as error:
        load_sweep(path)
    assert str(error.value) == message.replace("s.yaml", str(path))


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


SMALL = "set: {training.epochs: 2}\ngrid: {model.activation: [relu, tanh]}\nseeds: [1, 2]\n"


def test_a_run_folder_tells_everything_and_keeps_times_apart(write, tmp_path):
    sweep = load_sweep(write(SMALL))
    begin(sweep, tmp_path / "out", resume=False, force=False)
    outcomes = outcomes_of(sweep, tmp_path / "out")
    folder = tmp_path / "out/runs/activation=relu-seed=1"
    assert sorted(path.name for path in folder.parent.iterdir()) == sorted(run.name for run in sweep.runs)
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.yaml",
        "metrics.jsonl",
        "run.json",
        "timings.json",
    ]
    record = json.loads((folder / "run.json").read_text())
    assert record["settings"] == {"model.activation": "relu"}
    assert record["command"].startswith(f"ner-window train {folder}/config.yaml -o ")
    assert set(record["digests"]) == {"train", "dev", "vectors"}
    assert not {"seconds", "tokens_per_second"} & set(record["measures"])
    measures, epochs = outcomes[0].measures, outcomes[0].epochs
    assert [epoch["epoch"] for epoch in epochs] == [1, 2]
    assert measures["loss"] == epochs[-1]["loss"]
    assert measures["gap"] == epochs[-1]["dev_loss"] - epochs[-1]["loss"]
    assert measures["dev_f1"] == max(epoch["dev_f1"] for epoch in epochs)
    assert measures["distinct_units"] == 100
    assert measures["seconds"] > 0 < measures["tokens_per_second"]


def test_zero_weights_leave_all_hidden_units_alike(write, tmp_path):
    text = SMALL.replace("model.activation: [relu, tanh]", "model.initialization: [zeros, uniform]")
    sweep = load_sweep(write(text), seeds="1")
    zeros, uniform = outcomes_of(sweep, tmp_path / "out")
    assert zeros.measures["distinct_units"] == 1
    assert uniform.measures["distinct_units"] == 100


def test_resuming_runs_what_is_new_changed_or_damaged_and_nothing_else(write, tmp_path):
    path, out = write(SMALL), tmp_path / "out"
    first = outcomes_of(load_sweep(path), out)
    assert not any(outcome.reused for outcome in first)
    again = outcomes_of(load_sweep(path, seeds="1,2,3"), out)
    assert [outcome.reused for outcome in again] == [True, True, False] * 2
    assert [o.measures for o in again if o.reused] == [o.measures for o in first]
    assert [o.epochs for o in again if o.reused] == [o.epochs for o in first]
    (out / "runs/activation=relu-seed=1/run.json").write_text('{"settings": ')
    (out / "runs/activation=tanh-seed=2/metrics.jsonl").unlink()
    mended = outcomes_of(load_sweep(path), out)
    assert [outcome.reused for outcome in mended] == [False, True, True, False]
    assert not any(o.reused for o in outcomes_of(load_sweep(path, ["training.epochs=1"]), out))
    (tmp_path / "t.conll").write_text(CORPUS + "\nOdile B-PER\nwrites O\n")
    assert not any(o.reused for o in outcomes_of(load_sweep(path, ["training.epochs=1"]), out))
    assert not any(o.reused for o in outcomes_of(load_sweep(path, ["training.epochs=1"]), out, resume=False))


def test_moved_data_is_the_same_data(write, tmp_path):
    path, out = write(SMALL), tmp_path / "out"
    outcomes_of(load_sweep(path), out)
    (tmp_path / "moved.conll").write_text(CORPUS)
    moved = [f"data.train={tmp_path}/moved.conll", f"data.dev={tmp_path}/moved.conll"]
    assert all(outcome.reused for outcome in outcomes_of(load_sweep(path, moved), out))


def test_a_failed_run_is_kept_with_its_error_and_the_others_go_on(write, tmp_path):
    text = f"grid: {{data.train: [{tmp_path}/none.conll, {tmp_path}/t.conll]}}\nset: {{training.epochs: 1}}\n"
    sweep = load_sweep(write(text))
    failed, fine = outcomes_of(sweep, tmp_path / "out")
    assert failed.error == f"{tmp_path}/none.conll: cannot be read: No such file or directory"
    assert failed.measures["dev_f1"] == 0
    assert failed.measures.get("loss") is None
    assert fine.error is None
    (tmp_path / "none.conll").write_text(CORPUS)  # what was missing is there: it is run again
    assert [outcome.reused for outcome in outcomes_of(sweep, tmp_path / "out")] == [False, True]


def test_a_folder_that_is_no_sweep_is_never_touched(write, tmp_path):
    sweep, other = load_sweep(write(SMALL)), tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("mine")
    for resume, force in ((False, True), (True, False)):
        with pytest.raises(OutputError, match="is not a sweep directory and is not replaced"):
            begin(sweep, other, resume=resume, force=force)
    with pytest.raises(OutputError, match="exists already"):
        begin(sweep, other, resume=False, force=False)
    assert (other / "thesis.txt").read_text() == "mine"


def test_beginning_anew_empties_the_folder_and_resuming_removes_halves(write, tmp_path):
    sweep, out = load_sweep(write(SMALL)), tmp_path / "out"
    begin(sweep, out, resume=False, force=False)
    (out / "runs/.new-half").mkdir(parents=True)
    (out / "runs/whole").mkdir()
    begin(sweep, out, resume=True, force=False)
    assert [path.name for path in (out / "runs").iterdir()] == ["whole"]
    with pytest.raises(OutputError, match="exists already; go on with --resume, or start again with --force"):
        begin(sweep, out, resume=False, force=False)
    begin(sweep, out, resume=False, force=True)
    assert [path.name for path in out.iterdir()] == ["sweep.yaml"]


def test_the_record_of_a_sweep_gives_the_same_runs(write, tmp_path):
    sweep = load_sweep(write(SMALL + EXPECT % "tanh"), [], ["window.radius=[0, 1]"])
    begin(sweep, tmp_path / "out", resume=False, force=False)
    again = load_sweep(tmp_path / "out/sweep.yaml")
    assert again.runs == sweep.runs
    assert again.options == sweep.options


def test_only_a_run_folder_is_replaced_by_a_run(tmp_path):
    (tmp_path / "r").mkdir()
    (tmp_path / "r/notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="is not a run directory"):
        storage.write_directory(tmp_path / "r", {"run.json": "{}"}, force=True, marker="run.json")


def test_reading_what_is_not_there_gives_nothing(write, tmp_path):
    from ner_window.experiment import Sources

    assert read_outcome(tmp_path / "none", load_sweep(write("")).runs[0], Sources()) is None


def summary(values):
    """Build a summary from values, one a seed, by the definition of the sample deviation."""
    mean = sum(values) / len(values) if values else None
    deviation = (sum((x - mean) ** 2 for x in values) / (len(values) - 1)) ** 0.5 if len(values) > 1 else None
    return Summary(mean, deviation, len(values), len(values), 0, None)


@pytest.mark.parametrize(
    ("higher", "lower", "verdict"),
    [
        # s = 1 and n = 3 on both sides: 2 sqrt(1/3 + 1/3) = 1.633
        ([4, 5, 6], [1, 2, 3], "agrees"),
        ([1, 2, 3], [4, 5, 6], "disagrees"),
        ([2.64, 3.64, 4.64], [1, 2, 3], "agrees"),  # 1.64 apart
        ([2.62, 3.62, 4.62], [1, 2, 3], "cannot be told apart"),  # 1.62 apart
        # s1 = 1, n1 = 3, s2 = 2, n2 = 2: 2 sqrt(1/3 + 4/2) = 3.055
        ([5.1, 6.1, 7.1], [3 - 2**0.5, 3 + 2**0.5], "agrees"),  # 3.1 apart
        ([5.0, 6.0, 7.0], [3 - 2**0.5, 3 + 2**0.5], "cannot be told apart"),  # 3.0 apart
        ([100, 100, 100], [1, 1, 1], "agrees"),  # no deviation: any difference counts
        ([1, 1, 1], [1, 1, 1], "cannot be told apart"),
        ([9], [1, 2, 3], "cannot be told apart"),  # one seed has no deviation
        ([], [1, 2, 3], "cannot be told apart"),
    ],
)
def test_the_rule_of_the_verdict_by_hand(higher, lower, verdict):
    assert judge(summary(higher), summary(lower)) == verdict


def test_a_summary_is_over_seeds_each_a_mean_over_its_runs(write):
    runs = load_sweep(write("grid: {window.radius: [0, 1]}\nseeds: [1, 2, 3]\n")).runs  # seeds fastest
    values = [0.1, 0.2, None, 0.3, 0.6, None]  # seed 1: (0.1 + 0.3) / 2 = 0.2, seed 2: (0.2 + 0.6) / 2 = 0.4
    errors = [None, None, "a: b", None, None, "c"]
    outcomes = [
        Outcome(run, error, {"loss": value}, []) for run, value, error in zip(runs, values, errors, strict=True)
    ]
    found = summarize(outcomes, "loss")
    assert found.mean == pytest.approx(0.3)
    assert found.deviation == pytest.approx(0.02**0.5)  # sqrt((0.1^2 + 0.1^2) / 1)
    assert (found.seeds, found.runs, found.failed, found.error) == (2, 6, 2, "a: b")
    assert summarize(outcomes[:1], "loss").deviation is None
    assert summarize(outcomes[:1], "gap").mean is None
