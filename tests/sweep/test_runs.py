import json

import pytest

from ner_window import storage
from ner_window.errors import OutputError
from ner_window.experiment import Sources, prepare
from ner_window.sweep.plan import load_sweep
from ner_window.sweep.runs import Outcome, begin, execute, measures_of, read_outcome
from ner_window.training import BatchReport, EpochReport


def outcomes_of(sweep, directory, resume=True):
    return [report for report in execute(sweep, directory, resume=resume) if isinstance(report, Outcome)]


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
    assert measures["rise"] == epochs[-1]["dev_loss"] - min(epoch["dev_loss"] for epoch in epochs)
    assert measures["dev_f1"] == max(epoch["dev_f1"] for epoch in epochs)
    assert measures["distinct_units"] == 100
    assert measures["seconds"] > 0 < measures["tokens_per_second"]


def test_zero_weights_leave_all_hidden_units_alike(write, tmp_path):
    text = SMALL.replace("model.activation: [relu, tanh]", "model.initialization: [zeros, uniform]")
    sweep = load_sweep(write(text), seeds="1")
    zeros, uniform = outcomes_of(sweep, tmp_path / "out")
    assert zeros.measures["distinct_units"] == 1
    assert uniform.measures["distinct_units"] == 100


def test_units_are_counted_as_the_last_epoch_left_them_and_f1_is_of_the_best(write):
    run = prepare(load_sweep(write("set: {training.epochs: 1}\n")).runs[0].config)
    epochs = [report for report in run.reports() if isinstance(report, EpochReport)]
    run.state.parameters["W"][:] = 0  # as an epoch after the best one might have left it
    measures = measures_of(run, epochs)
    assert measures["distinct_units"] == 1
    assert measures["dev_f1"] == run.state.best_f1
    assert run.distinct_units() == 100  # the best ones are in place now


def test_resuming_runs_what_is_new_changed_or_damaged_and_nothing_else(write, corpus, tmp_path):
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
    assert not any(o.reused for o in outcomes_of(load_sweep(path, ["training.epochs=1"]), out, resume=False))


@pytest.mark.parametrize(("package", "reused"), [("ner_window", False), ("numpy", False), ("python", True)])
def test_what_another_version_ran_is_run_again(write, tmp_path, package, reused):
    sweep, out = load_sweep(write(SMALL), seeds="1"), tmp_path / "out"
    outcomes_of(sweep, out)
    path = out / "runs/activation=relu-seed=1/run.json"
    record = json.loads(path.read_text())
    record["versions"][package] = "0.0.1"
    path.write_text(json.dumps(record))
    assert [outcome.reused for outcome in outcomes_of(sweep, out)] == [reused, True]
    assert [outcome.reused for outcome in outcomes_of(sweep, out)] == [True, True]


def test_two_losses_that_are_different_quantities_are_not_compared(write, tmp_path):
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


def test_moved_data_is_the_same_data(write, corpus, tmp_path):
    path, out = write(SMALL), tmp_path / "out"
    outcomes_of(load_sweep(path), out)
    (tmp_path / "moved.conll").write_text(corpus)
    moved = [f"data.train={tmp_path}/moved.conll", f"data.dev={tmp_path}/moved.conll"]
    assert all(outcome.reused for outcome in outcomes_of(load_sweep(path, moved), out))


def test_a_failed_run_is_kept_with_its_error_and_the_others_go_on(write, corpus, tmp_path):
    text = f"grid: {{data.train: [{tmp_path}/none.conll, {tmp_path}/t.conll]}}\nset: {{training.epochs: 1}}\n"
    (tmp_path / "none.conll").touch()
    sweep = load_sweep(write(text))
    (tmp_path / "none.conll").unlink()  # after the plan was checked
    failed, fine = outcomes_of(sweep, tmp_path / "out")
    assert failed.error == f"{tmp_path}/none.conll: cannot be read: No such file or directory"
    assert failed.measures["dev_f1"] == 0
    assert failed.measures.get("loss") is None
    assert fine.error is None
    (tmp_path / "none.conll").write_text(corpus)  # what was missing is there: it is run again
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
    assert sorted(path.name for path in out.iterdir()) == ["runs", "sweep.yaml"]
    with pytest.raises(OutputError, match="exists already; go on with --resume, or start again with --force"):
        begin(sweep, out, resume=False, force=False)
    begin(sweep, out, resume=False, force=True)
    assert [path.name for path in out.iterdir()] == ["sweep.yaml"]


def test_the_record_of_a_sweep_gives_the_same_runs(write, tmp_path):
    expect = "lecture: {expect: [{higher: {model.activation: relu}, lower: {model.activation: tanh}}]}\n"
    sweep = load_sweep(write(SMALL + expect), [], ["window.radius=[0, 1]"])
    begin(sweep, tmp_path / "out", resume=False, force=False)
    again = load_sweep(tmp_path / "out/sweep.yaml")
    assert again.runs == sweep.runs
    assert again.options == sweep.options


def test_resuming_records_the_plan_that_is_run(write, tmp_path):
    out = tmp_path / "out"
    begin(load_sweep(write(SMALL)), out, resume=False, force=False)
    grown = load_sweep(write(SMALL), ["training.epochs=1"], ["window.radius=[0, 1]"], seeds="1,2,3")
    begin(grown, out, resume=True, force=False)
    again = load_sweep(out / "sweep.yaml")
    assert again.runs == grown.runs
    assert again.options == grown.options


def test_a_record_that_cannot_be_written_is_said(write, tmp_path):
    sweep, out = load_sweep(write(SMALL)), tmp_path / "out"
    (out / "sweep.yaml").mkdir(parents=True)
    with pytest.raises(OutputError, match=r"out/sweep\.yaml: cannot be written: Is a directory"):
        begin(sweep, out, resume=True, force=False)


def test_only_a_run_folder_is_replaced_by_a_run(tmp_path):
    (tmp_path / "r").mkdir()
    (tmp_path / "r/notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="is not a run directory"):
        storage.write_directory(tmp_path / "r", {"run.json": "{}"}, force=True, marker="run.json")


def test_reading_what_is_not_there_gives_nothing(write, tmp_path):
    assert read_outcome(tmp_path / "none", load_sweep(write("")).runs[0], Sources()) is None


def test_runs_of_two_passes(write, corpus, tmp_path):
    documents = "".join(f"-DOCSTART- O\n\n{corpus}\n" for _ in range(3))
    sweep = load_sweep(write("set: {training.epochs: 1, 'features': [case, first_pass]}\nseeds: [1, 2]\n"))
    (tmp_path / "t.conll").write_text(documents)
    out = tmp_path / "out"
    reports = list(execute(sweep, out, resume=True))
    outcomes = [report for report in reports if isinstance(report, Outcome)]
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert [len(outcome.epochs) for outcome in outcomes] == [1, 1]
    stages = {report.stage for report in reports if isinstance(report, BatchReport)}
    assert stages == {"", *(f"first pass, part {k} of 3, " for k in (1, 2, 3))}
    assert {type(report) for report in reports} == {BatchReport, EpochReport, Outcome}
    again = outcomes_of(sweep, out)
    assert all(outcome.reused for outcome in again)
    assert [outcome.measures for outcome in again] == [outcome.measures for outcome in outcomes]


def test_a_run_of_two_passes_on_one_document_is_an_error_of_that_run_alone(write, tmp_path):
    grid = "grid: {features: [[case], [case, first_pass]]}\n"
    sweep = load_sweep(write(f"set: {{training.epochs: 1, data.limit: 1}}\n{grid}"))
    fine, failed = outcomes_of(sweep, tmp_path / "out")
    assert fine.error is None
    assert failed.error == (
        f"features: first_pass needs at least two documents in {tmp_path}/t.conll, got 1; leave it out"
    )
