import subprocess
import sys

import pytest

from ner_window.claims import claimed
from ner_window.cluster import local
from ner_window.errors import OutputError
from ner_window.sweep.execution import (
    _received,
    begin,
    execute,
    on_workers,
    one_after_another,
    task_of,
)
from ner_window.sweep.folders import Outcome
from ner_window.sweep.plan import load_sweep
from ner_window.sweep.runs import RunReport
from ner_window.training import BatchReport

SMALL = "set: {training.epochs: 2}\ngrid: {model.activation: [relu, tanh]}\nseeds: [1, 2]\n"


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
    (tmp_path / "empty").mkdir()
    assert begin(sweep, tmp_path / "empty", resume=False, force=False) == []


def test_beginning_anew_empties_the_folder_and_going_on_removes_halves(write, tmp_path):
    sweep, out = load_sweep(write(SMALL)), tmp_path / "out"
    begin(sweep, out, resume=False, force=False)
    (out / "runs/.new-half").mkdir(parents=True)
    (out / "runs/.new-half.checkpoint").touch()
    (out / "runs/whole").mkdir()
    (out / "results.csv").touch()
    begin(sweep, out, resume=False, force=False)
    assert [path.name for path in (out / "runs").iterdir()] == ["whole"]
    assert sorted(path.name for path in out.iterdir()) == ["results.csv", "runs", "sweep.yaml"]
    begin(sweep, out, resume=False, force=True)
    assert [path.name for path in out.iterdir()] == ["sweep.yaml"]


def test_the_record_of_a_sweep_gives_the_same_runs(write, tmp_path):
    expect = "lecture: {expect: [{higher: {model.activation: relu}, lower: {model.activation: tanh}}]}\n"
    sweep = load_sweep(write(SMALL + expect), [], ["window.radius=[0, 1]"])
    begin(sweep, tmp_path / "out", resume=False, force=False)
    again = load_sweep(tmp_path / "out/sweep.yaml")
    assert again.runs == sweep.runs
    assert again.options == sweep.options


def test_another_plan_is_refused_or_with_resume_recorded_and_the_results_of_the_old_one_removed(write, tmp_path):
    out = tmp_path / "out"
    begin(load_sweep(write(SMALL)), out, resume=False, force=False)
    (out / "results.csv").touch()
    grown = load_sweep(write(SMALL), ["training.epochs=1"], ["window.radius=[0, 1]"], seeds="1,2,3")
    with pytest.raises(OutputError, match=r"out: exists already, of another plan: base\.training\.epochs was 2, is"):
        begin(grown, out, resume=False, force=False)
    assert (out / "results.csv").exists()
    (out / "test.json").touch()
    assert begin(grown, out, resume=True, force=False) == [
        f"{out}: the results of the plan before are removed: results.csv, test.json",
        "the test set was scored before: to choose by it now would make it a second dev set",
    ]
    again = load_sweep(out / "sweep.yaml")
    assert again.runs == grown.runs
    assert again.options == grown.options
    assert not (out / "results.csv").exists()


def test_a_record_that_cannot_be_written_is_said(write, tmp_path):
    sweep, out = load_sweep(write(SMALL)), tmp_path / "out"
    (out / "sweep.yaml").mkdir(parents=True)
    with pytest.raises(OutputError, match=r"out/sweep\.yaml: cannot be read: Is a directory; choose another output"):
        begin(sweep, out, resume=True, force=False)


def test_runs_of_two_passes(write, corpus, tmp_path, outcomes_of):
    documents = "".join(f"-DOCSTART- O\n\n{corpus}\n" for _ in range(3))
    sweep = load_sweep(write("set: {training.epochs: 1, 'features': [case, first_pass]}\nseeds: [1, 2]\n"))
    (tmp_path / "t.conll").write_text(documents)
    out = tmp_path / "out"
    reports = list(execute(sweep, out, one_after_another()))
    outcomes = [report for report in reports if isinstance(report, Outcome)]
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert [len(outcome.epochs) for outcome in outcomes] == [1, 1]
    stages = {report.stage for report in reports if isinstance(report, BatchReport)}
    assert stages == {"", *(f"first pass, part {k} of 3, " for k in (1, 2, 3))}
    assert {type(report) for report in reports} == {tuple, BatchReport, RunReport, Outcome}
    again = outcomes_of(sweep, out)
    assert all(outcome.reused for outcome in again)
    assert [outcome.measures for outcome in again] == [outcome.measures for outcome in outcomes]


def test_a_run_of_two_passes_on_one_document_is_an_error_of_that_run_alone(write, tmp_path, outcomes_of):
    grid = "grid: {features: [[case], [case, first_pass]]}\n"
    sweep = load_sweep(write(f"set: {{training.epochs: 1, data.limit: 1}}\n{grid}"))
    fine, failed = outcomes_of(sweep, tmp_path / "out")
    assert fine.error is None
    assert failed.error == (
        f"features: first_pass needs at least two documents in {tmp_path}/t.conll, got 1; leave it out"
    )


def test_a_folder_belongs_to_one_process_at_a_time(tmp_path):
    held = "import sys, time\nfrom pathlib import Path\nfrom ner_window.claims import claimed\n"
    held += "with claimed(Path(sys.argv[1])):\n    print('mine', flush=True)\n    time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", held, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "mine\n"
    with pytest.raises(OutputError, match="another process is at work here; wait for it"), claimed(tmp_path):
        pass
    process.kill()  # what it held is free, however it ended
    process.communicate()
    with claimed(tmp_path):
        pass
    (tmp_path / "file").touch()
    with (
        pytest.raises(OutputError, match=r"file/folder: cannot be written: Not a directory"),
        claimed(tmp_path / "file/folder"),
    ):
        pass


@pytest.fixture(scope="module")
def client():
    with local(2) as client:
        yield client


def test_workers_give_the_same_bytes_as_one_process_and_do_not_repeat_what_is_finished(
    write, tmp_path, outcomes_of, client
):
    sweep = load_sweep(write(SMALL))
    alone = outcomes_of(sweep, tmp_path / "alone")
    reports = list(execute(sweep, tmp_path / "many", on_workers(client)))
    outcomes = {report.run.name: report for report in reports if isinstance(report, Outcome)}
    for outcome in alone:
        other = outcomes[outcome.run.name]
        assert not other.reused
        assert (other.error, other.epochs) == (outcome.error, outcome.epochs)
        for name in ("metrics.jsonl", "predictions.conll", "analysis.json", "weights.safetensors"):
            one, two = (tmp_path / f"{place}/runs/{outcome.run.name}/{name}" for place in ("alone", "many"))
            assert one.read_bytes() == two.read_bytes()
    again = [report for report in execute(sweep, tmp_path / "many", on_workers(client)) if isinstance(report, Outcome)]
    assert [outcome.reused for outcome in again] == [True] * 4


def test_workers_tell_of_their_epochs_and_fail_alone(write, tmp_path, client):
    rates = "grid: {optimizer.learning_rate: [0.01, 1.0e+30]}\nset: {training.epochs: 3}\n"
    sweep = load_sweep(write(rates))
    reports = list(execute(sweep, tmp_path, on_workers(client)))
    fine, failed = sweep.runs
    assert [report.epoch for report in reports if isinstance(report, RunReport) and report.run == fine] == [1, 2, 3]
    errors = {report.run.name: report.error for report in reports if isinstance(report, Outcome)}
    assert errors[fine.name] is None
    assert errors[failed.name].startswith("epoch 1: the loss of dev is not finite")


def test_an_output_that_workers_write_elsewhere_is_an_error(write, tmp_path):
    (run,) = load_sweep(write("")).runs
    task = task_of(run, tmp_path)
    said = _received(task, Outcome(run, None, {}, []))
    assert said.error.endswith("a worker wrote it, but it is not here; give workers an output on a disk that all share")
    assert _received(task, Outcome(run, "its own", {}, [])).error == "its own"
    died = _received(task, RuntimeError("worker gone"))
    assert died.error.startswith("the workers that ran it died: worker gone; it goes on from its last epoch")
