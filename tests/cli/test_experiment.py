import json
import os
import random
import re
import signal
import subprocess
import sys
import time

import pytest

SWEEP = """\
base: {quickstart}
set: {{training.epochs: 3, data.limit: 60}}
grid: {{model.activation: [relu, tanh], optimizer.learning_rate: [0.01, 1.0e+30]}}
seeds: [13, 14]
measures: [dev_f1, dev_loss]
lecture:
  says: Too large a step never arrives.
  expect:
    - {{measure: dev_f1, higher: {{optimizer.learning_rate: 0.01}}, lower: {{optimizer.learning_rate: 1.0e+30}}}}
"""
RESULTS = ("results.csv", "results.md", "results.json", "runs.csv", "plot.svg")


@pytest.fixture(scope="module")
def sweep(tmp_path_factory, root):
    path = tmp_path_factory.mktemp("sweep") / "steps.yaml"
    path.write_text(SWEEP.format(quickstart=root / "configs/quickstart.yaml"))
    return path


@pytest.fixture(scope="module")
def done(program, sweep):
    """The sweep, run once; returns its folder and what the program said."""
    output = sweep.with_name("done")
    return output, program("experiment", sweep, "-o", output)


def test_a_sweep_gives_a_table_a_plot_and_sentences_and_keeps_failed_runs(done):
    output, said = done
    lines = said.stdout.split("\n")
    assert (
        " ".join(lines[0].split())
        == "model.activation optimizer.learning_rate seeds dev_f1, % dev_loss seconds failures"
    )
    assert lines[2].startswith("relu ")
    assert "failed 2 of 2: the loss is not finite" in lines[2]
    assert "The lecture: Too large a step never arrives." in lines
    assert "with optimizer.learning_rate=0.01 against" in said.stdout
    assert re.search(r", 2 seeds each, p (=|<) 0\.\d+: agrees\.", said.stdout)
    assert "RuntimeWarning" not in said.stderr
    assert "failed: epoch 1: the loss is not finite, got nan; lower optimizer.learning_rate" in said.stderr
    others = (".lock", "page.html", "runs", "sweep.yaml", "timings.csv")
    assert sorted(path.name for path in output.iterdir()) == sorted([*RESULTS, *others])
    assert len(list((output / "runs").iterdir())) == 8


def test_a_run_is_reproduced_by_the_command_that_it_names(done, program):
    folder = done[0] / "runs/activation=tanh-learning_rate=0.01-seed=14"
    record = json.loads((folder / "run.json").read_text())
    arguments = record["command"].split()
    assert arguments[0] == "ner-window"
    program(*arguments[1:])
    assert (done[0] / "models" / folder.name / "metrics.jsonl").read_bytes() == (folder / "metrics.jsonl").read_bytes()


def _interrupted(sweep, output, root, how, *more):
    """Start the sweep, wait for one more run to be finished, send a signal; returns the exit code and what was said."""
    runs = output / "runs"
    before = len(list(runs.glob("*/run.json")))
    process = subprocess.Popen(
        [sys.executable, "-m", "ner_window", "experiment", str(sweep), "-o", str(output), *more],
        cwd=root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while len(list(runs.glob("*/run.json"))) <= before and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(how)
    return process.communicate(timeout=60)[1], process.returncode


NO_MATPLOTLIB = """\
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "matplotlib":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Blocked())
from ner_window.cli import main
main()
"""


def test_stopped_and_killed_it_goes_on_to_the_same_results_also_without_matplotlib(sweep, done, root, program):
    output = sweep.with_name("cut")
    said, code = _interrupted(sweep, output, root, signal.SIGINT)
    assert code == 130
    assert "of 8 runs are finished; go on with: ner-window experiment" in said
    assert not (output / "results.csv").exists()
    _, code = _interrupted(sweep, output, root, signal.SIGKILL)
    assert code == -signal.SIGKILL
    finished = len(list((output / "runs").glob("*/run.json")))
    assert 2 <= finished < 8
    last = subprocess.run(
        [sys.executable, "-c", NO_MATPLOTLIB, "experiment", str(sweep), "-o", str(output)],
        capture_output=True,
        text=True,
        check=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert _without_times(last.stdout) == _without_times(done[1].stdout)
    assert last.stderr.count("finished before") + last.stderr.count("failed: ") - 4 <= finished
    assert "plot.svg: not written: a plot needs the extra 'plot'; pip install 'ner_window[plot]'" in last.stderr
    assert (output / "results.csv").read_bytes() == (done[0] / "results.csv").read_bytes()
    assert not (output / "plot.svg").exists()
    again = program("experiment", sweep, "-o", output, "--json", "-q")
    assert again.stderr == ""
    document = json.loads(again.stdout)
    assert [finding["verdict"] for finding in document["lecture"]["findings"]] == ["agrees"]
    for name in RESULTS:
        assert (output / name).read_bytes() == (done[0] / name).read_bytes()


def _without_times(text):
    """Cut what no two executions have in common: the seconds."""
    return re.sub(r" +\d+\.\d( ± \d+\.\d)?(?= |$)", "", text, flags=re.M)


def test_killed_three_times_at_any_moment_it_ends_as_if_nothing_had_been(sweep, done, root, program):
    output, command = sweep.with_name("killed"), [sys.executable, "-m", "ner_window", "experiment", sweep, "-o"]
    moments = random.Random(6)
    for _ in range(3):
        process = subprocess.Popen([*command, output], cwd=root, stdout=-3, stderr=-3)
        time.sleep(moments.uniform(0.8, 2.0))
        process.kill()
        process.wait()
    program("experiment", sweep, "-o", output)
    for name in RESULTS:
        assert (output / name).read_bytes() == (done[0] / name).read_bytes()
    assert not list((output / "runs").glob(".*"))


def test_an_interrupt_while_workers_start_is_not_lost(sweep, root):
    output = sweep.with_name("early")
    command = [sys.executable, "-m", "ner_window", "experiment", sweep, "-o", output, "--workers", "2"]
    process = subprocess.Popen(command, cwd=root, stdout=-3, stderr=subprocess.PIPE, text=True)
    assert process.stderr.readline() == "starting 2 workers\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert not list((output / "runs").glob("*/run.json"))


def test_workers_give_the_same_results(sweep, done, program):
    output = sweep.with_name("workers")
    said = program("experiment", sweep, "-o", output, "--workers", "2")
    assert _without_times(said.stdout) == _without_times(done[1].stdout)
    for name in RESULTS:
        assert (output / name).read_bytes() == (done[0] / name).read_bytes()


def test_the_test_set_is_scored_once_for_the_setting_that_is_best_on_dev(sweep, done, program):
    said = program("experiment", sweep, "-o", done[0], "--test", "--json", "-q")
    document = json.loads(said.stdout)
    best = max(document["settings"], key=lambda setting: setting["measures"]["dev_f1"]["mean"])
    assert document["test"]["settings"] == best["settings"]
    assert [run["seed"] for run in document["test"]["runs"]] == [13, 14]
    assert json.loads((done[0] / "test.json").read_text()) == document["test"]
    for run in document["test"]["runs"]:
        name = f"activation={best['settings']['model.activation']}-learning_rate=0.01-seed={run['seed']}"
        model = done[0] / "runs" / name / "tested"
        program("train", done[0] / "runs" / name / "config.yaml", "-o", model)
        scored = json.loads(program("evaluate", model, run["data"], "--json").stdout)
        assert scored["entities"] == run["entities"]


def test_a_dry_run_lists_the_runs_and_makes_no_folder(sweep, program):
    said = program("experiment", sweep, "-o", sweep.with_name("dry"), "--dry-run")
    lines = said.stdout.split("\n")
    assert lines[0] == "activation=relu-learning_rate=0.01-seed=13"
    assert lines[8:] == ["8 runs", ""]
    assert not sweep.with_name("dry").exists()


def test_a_search_shows_the_best_first(program, root, tmp_path):
    text = (
        f"base: {root}/configs/quickstart.yaml\nset: {{data.limit: 60, training.epochs: 3}}\nseeds: [13]\n"
        "search:\n  trials: 4\n  space:\n    optimizer.learning_rate: {low: 1e-4, high: 0.05, log: true}\n"
    )
    (tmp_path / "s.yaml").write_text(text)
    dry = program("experiment", tmp_path / "s.yaml", "--dry-run").stdout
    assert dry.split("\n")[2] == "4 trials (tpe), each with 1 seed"
    said = program("experiment", tmp_path / "s.yaml", "-o", tmp_path / "out")
    rows = [line.split() for line in said.stdout.split("\n")[1:5]]
    scores = [float(row[2]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert "4/4  learning_rate=" in said.stderr
    again = program("experiment", tmp_path / "s.yaml", "-o", tmp_path / "out")
    assert again.stdout == said.stdout
    assert again.stderr.count("finished before") == 4


def test_wrong_use_is_refused(program, sweep, done, root):
    refused = program("experiment", sweep, "-o", done[0], "--seeds", "13", code=2)
    assert "exists already, of another plan: seeds was [13, 14], is [13]; keep" in refused.stderr
    assert "keep the runs that both have in common with --resume, or start again with --force" in refused.stderr
    assert "choose one of" in program("experiment", sweep, "--workers", "2", "--scheduler", "x:1", code=2).stderr
    none = program("experiment", sweep, "-o", sweep.with_name("n"), "--test", "--set", "data.test=no.conll", code=2)
    assert f"error: --test: data.test: does not exist, got '{root}/no.conll'" in none.stderr
    null = program("experiment", sweep, "-o", sweep.with_name("n"), "--test", "--set", "data.test=null", code=2)
    assert "error: --test: data.test is not set; set it in the base config or with" in null.stderr
    options = ("--grid", "data.train=[none.conll, data/train.conll]")
    missing = program("experiment", sweep, "-o", sweep.with_name("never"), *options, code=2)
    where = f"error: --grid {options[1]}: data.train: does not exist, got '{root}/none.conll'; a path is relative to "
    assert missing.stderr.startswith(where)
    assert not sweep.with_name("never").exists()
    assert "choose one of" in program("experiment", sweep, "--force", "--resume", code=2).stderr


def test_when_every_run_fails_the_exit_code_is_one(program, sweep, tmp_path):
    options = ("--set", "optimizer.learning_rate=1e30", "--grid", "model.activation=[relu]", "--seeds", "13")
    said = program("experiment", sweep, "-o", tmp_path / "out", *options, code=1)
    assert "failed 1 of 1: the loss is not finite" in said.stdout
    assert "in the place of the values that the file gives to optimizer.learning_rate" in said.stderr


def test_another_base_takes_the_place_of_the_files_and_what_the_file_sets_still_applies(program, sweep, root, tmp_path):
    data = f"{{train: {root}/data/train.conll, dev: {root}/data/dev.conll}}"
    (tmp_path / "other.yaml").write_text(
        f"data: {data}\nvectors: {{source: random, dimensions: 5}}\ntraining: {{epochs: 9}}\n"
    )
    options = ("--base", "other.yaml", "--grid", "model.activation=[relu]", "--seeds", "13")
    missing = program("experiment", sweep, "-o", "out", "--base", "none.yaml", code=2, cwd=tmp_path)
    assert missing.stderr == f"error: {tmp_path}/none.yaml: cannot be read: No such file or directory\n"
    assert not (tmp_path / "out").exists()
    program("experiment", sweep, "-o", "out", *options, cwd=tmp_path)
    folder = tmp_path / "out/runs/learning_rate=0.01-activation=relu-seed=13"
    config = json.loads((folder / "run.json").read_text())["config"]
    assert (config["vectors.dimensions"], config["model.dropout"]) == (5, 0)  # the base's, and the default
    assert (config["training.epochs"], config["data.limit"]) == (3, 60)  # the sweep's set:
    assert len((folder / "metrics.jsonl").read_text().splitlines()) == 3


def test_help_has_an_example_and_the_exit_codes(program):
    text = program("experiment", "--help").stdout
    assert "Example: ner-window experiment configs/lecture/activations.yaml" in text
    assert "and 1 when every one of them failed" in " ".join(text.split())


def test_the_shipped_sweeps_are_right(root):
    from ner_window.sweep.plan import load_sweep

    paths = [path for path in (root / "configs/lecture").glob("*.yaml") if path.name != "base.yaml"]
    assert paths
    data = [f"data.{name}={root}/data/{name}.conll" for name in ("train", "dev")]  # CoNLL-2003 is the user's own
    for path in paths:
        assert load_sweep(path, data if path.name.startswith("conll2003-") else ()).runs


def test_the_worked_examples_are_right_and_are_five(root):
    from ner_window.sweep.plan import load_sweep

    paths = sorted((root / "configs/experiments").glob("*.yaml"))
    assert len(paths) == 5
    for path in paths:
        assert load_sweep(path).size > 1
        assert f"| {path.name} |" in path.with_name("README.md").read_text()
