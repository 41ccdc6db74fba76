import json

import pytest

from ner_window.experiment import Sources, prepare
from ner_window.sweep import runs
from ner_window.sweep.execution import task_of
from ner_window.sweep.folders import Task
from ner_window.sweep.plan import load_sweep
from ner_window.sweep.runs import RunReport, do, measures_of

SMALL = "set: {training.epochs: 2}\ngrid: {model.activation: [relu, tanh]}\nseeds: [1, 2]\n"


def test_a_run_folder_tells_everything_and_keeps_times_apart(write, tmp_path, outcomes_of):
    sweep = load_sweep(write(SMALL))
    outcomes = outcomes_of(sweep, tmp_path / "out")
    folder = tmp_path / "out/runs/activation=relu-seed=1"
    assert sorted(path.name for path in folder.parent.iterdir()) == sorted(run.name for run in sweep.runs)
    assert sorted(path.name for path in folder.iterdir()) == [
        *("analysis.json", "config.yaml", "metrics.jsonl", "predictions.conll", "run.json", "timings.json"),
        "weights.safetensors",
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
    assert measures["rise"] == epochs[-1]["dev_loss"] - min(epoch["dev_loss"] for epoch in epochs)
    assert measures["dev_f1"] == max(epoch["dev_f1"] for epoch in epochs)
    assert measures["distinct_units"] == 100
    assert measures["seconds"] > 0 < measures["tokens_per_second"]


def test_zero_weights_leave_all_hidden_units_alike(write, tmp_path, outcomes_of):
    text = SMALL.replace("model.activation: [relu, tanh]", "model.initialization: [zeros, uniform]")
    sweep = load_sweep(write(text), seeds="1")
    zeros, uniform = outcomes_of(sweep, tmp_path / "out")
    assert zeros.measures["distinct_units"] == 1
    assert uniform.measures["distinct_units"] == 100


def test_units_are_counted_as_the_last_epoch_left_them_and_f1_is_of_the_best(write):
    run = prepare(load_sweep(write("set: {training.epochs: 1}\n")).runs[0].config)
    list(run.reports())
    run.state.parameters["W"][:] = 0  # as an epoch after the best one might have left it
    units = run.distinct_units()
    measures = measures_of(run, run.finished(), units)
    assert measures["distinct_units"] == units == 1
    assert measures["dev_f1"] == run.state.best_f1
    assert run.distinct_units() == 100  # the best ones are in place now


def test_resuming_runs_what_is_new_changed_or_damaged_and_nothing_else(write, corpus, tmp_path, outcomes_of):
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
    (tmp_path / "t.conll").write_text(corpus + "\nOdile B-PER\nwrites O\n")
    assert not any(o.reused for o in outcomes_of(load_sweep(path, ["training.epochs=1"]), out))


def test_two_losses_that_are_different_quantities_are_not_compared(write, tmp_path, outcomes_of):
    sweep, out = load_sweep(write("set: {objective: margin, training.epochs: 1}\n")), tmp_path / "out"
    (first,) = outcomes_of(sweep, out)
    assert first.measures["loss"] > 0 < first.measures["dev_loss"]
    assert (first.measures["gap"], first.measures["rise"]) == (None, None)
    path = out / f"runs/{sweep.runs[0].name}/run.json"
    record = json.loads(path.read_text())
    record["measures"]["gap"] = 0.1  # as an earlier state of the program recorded it
    path.write_text(json.dumps(record))
    (again,) = outcomes_of(sweep, out)
    assert again.reused
    assert again.measures == first.measures


def test_a_failed_run_is_kept_with_its_error_and_the_others_go_on(write, corpus, tmp_path, outcomes_of):
    text = f"grid: {{data.train: [{tmp_path}/none.conll, {tmp_path}/t.conll]}}\nset: {{training.epochs: 1}}\n"
    (tmp_path / "none.conll").touch()
    sweep = load_sweep(write(text))
    (tmp_path / "none.conll").unlink()  # after the plan was checked
    failed, fine = outcomes_of(sweep, tmp_path / "out")
    assert failed.error == f"{tmp_path}/none.conll: cannot be read: No such file or directory"
    assert failed.measures.get("dev_f1") is None  # it tells nothing of the setting
    assert failed.measures.get("loss") is None
    assert fine.error is None
    (tmp_path / "none.conll").write_text(corpus)  # what was missing is there: it is run again
    assert [outcome.reused for outcome in outcomes_of(sweep, tmp_path / "out")] == [False, True]


def test_a_run_that_was_cut_off_goes_on_from_its_last_epoch_to_the_same_bytes(write, tmp_path, outcomes_of):
    sweep = load_sweep(write("set: {training.epochs: 4}\n"))
    outcomes_of(sweep, tmp_path / "whole")
    task = task_of(sweep.runs[0], tmp_path / "cut")
    for epoch in (1, 2, 4):  # the last time after the last epoch, before the folder is written
        steps = do(task, Sources())
        reports = [next(step for step in steps if isinstance(step, RunReport)) for _ in range(1 if epoch < 4 else 2)]
        assert [report.epoch for report in reports][-1] == epoch
        steps.close()
        assert not task.folder.exists()
        assert task.folder.with_name(f"{task.folder.name}.checkpoint").exists()
    (outcome,) = outcomes_of(sweep, tmp_path / "cut")
    assert not outcome.reused
    assert [path.name for path in task.folder.parent.iterdir()] == [task.folder.name]
    for path in task.folder.iterdir():
        if path.name not in ("timings.json", "run.json"):  # the latter names its own folder, in the command
            assert path.read_bytes() == (tmp_path / "whole/runs" / task.folder.name / path.name).read_bytes()


@pytest.mark.parametrize("flaw", ["of another configuration", "damaged"])
def test_a_checkpoint_of_another_run_or_a_damaged_one_is_not_gone_on_from(write, tmp_path, flaw):
    path = write("set: {training.epochs: 2}\n")
    before = load_sweep(path, ["model.hidden_units=7"] if flaw == "of another configuration" else [])
    task, steps = task_of(load_sweep(path).runs[0], tmp_path), do(task_of(before.runs[0], tmp_path), Sources())
    assert next(step for step in steps if isinstance(step, RunReport)).epoch == 1
    steps.close()
    checkpoint = task.folder.with_name(f"{task.folder.name}.checkpoint")
    if flaw == "damaged":
        checkpoint.write_bytes(checkpoint.read_bytes()[:-7])
    epochs = [step.epoch for step in do(task, Sources()) if isinstance(step, RunReport)]
    assert epochs == [1, 2]


def test_a_mistake_in_the_program_fails_its_run_alone_leaves_a_traceback_and_is_tried_again(
    write, tmp_path, monkeypatch, outcomes_of
):
    sweep = load_sweep(write("set: {training.epochs: 1}\nseeds: [1, 2]\n"))

    def analyse(*arguments):
        raise ZeroDivisionError("a mistake")

    with monkeypatch.context() as patched:
        patched.setattr(runs, "analyse", analyse)
        assert [o.error for o in outcomes_of(sweep, tmp_path)] == ["ZeroDivisionError: a mistake"] * 2
    assert "in analyse" in (tmp_path / "runs/seed=1/traceback.txt").read_text()
    assert [(o.error, o.reused) for o in outcomes_of(sweep, tmp_path)] == [(None, False)] * 2
    assert not (tmp_path / "runs/seed=1/traceback.txt").exists()


def test_a_run_under_the_floor_is_given_up_and_one_above_it_is_not(write, tmp_path):
    (run,) = load_sweep(write("set: {training.epochs: 3}\n")).runs
    low = _outcome(Task(run, tmp_path / "low", (0.0, 1.01)))
    assert (low.pruned, len(low.epochs), low.error) == (True, 2, None)
    again = _outcome(Task(run, tmp_path / "low", (0.0, 1.01)))
    assert again.reused
    assert again.pruned
    whole = _outcome(Task(run, tmp_path / "low"))  # no floors now: it is run to its end
    assert (whole.reused, whole.pruned, len(whole.epochs)) == (False, False, 3)
    assert _outcome(Task(run, tmp_path / "low", (0.0, 1.01))).reused  # what is whole is more than what was asked for


def test_a_checkpoint_of_a_longer_run_is_not_gone_on_from(write, tmp_path):
    path = write("set: {training.epochs: 4}\n")
    steps = do(task_of(load_sweep(path).runs[0], tmp_path), Sources())
    assert [next(step for step in steps if isinstance(step, RunReport)).epoch for _ in range(3)] == [1, 2, 3]
    steps.close()
    for setting in ("training.epochs=2", "training.patience=1"):
        (run,) = load_sweep(path, [setting]).runs
        outcome = _outcome(task_of(run, tmp_path))
        clean = _outcome(task_of(run, tmp_path / "clean" / setting))
        assert outcome.epochs == clean.epochs


@pytest.mark.parametrize("name", ["predictions.conll", "analysis.json", "weights.safetensors"])
def test_a_run_that_left_a_damaged_file_is_run_again(write, tmp_path, name):
    (run,) = load_sweep(write("set: {training.epochs: 1}\n")).runs
    task = task_of(run, tmp_path)
    _outcome(task)
    path = task.folder / name
    path.write_bytes(b"\xff" if name.endswith("conll") else path.read_bytes()[:-5])
    assert not _outcome(task).reused
    assert _outcome(task).reused


def _outcome(task):
    steps = do(task, Sources())
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value
