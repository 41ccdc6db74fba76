import json
import re

import pytest

from ner_window import storage
from ner_window.errors import ModelError, OutputError
from ner_window.experiment import Sources
from ner_window.sweep.execution import task_of
from ner_window.sweep.folders import read_findings, read_outcome, rebuild
from ner_window.sweep.plan import load_sweep
from ner_window.text.conll import Layout
from ner_window.text.labelled import read_labelled
from ner_window.text.tagging import entities_of

SMALL = "set: {training.epochs: 2}\ngrid: {model.activation: [relu, tanh]}\nseeds: [1, 2]\n"


@pytest.mark.parametrize(("package", "reused"), [("ner_window", False), ("numpy", False), ("python", True)])
def test_what_another_version_ran_is_run_again(write, tmp_path, package, reused, outcomes_of):
    sweep, out = load_sweep(write(SMALL), seeds="1"), tmp_path / "out"
    outcomes_of(sweep, out)
    path = out / "runs/activation=relu-seed=1/run.json"
    record = json.loads(path.read_text())
    record["versions"][package] = "0.0.1"
    path.write_text(json.dumps(record))
    assert [outcome.reused for outcome in outcomes_of(sweep, out)] == [reused, True]
    assert [outcome.reused for outcome in outcomes_of(sweep, out)] == [True, True]


def test_moved_data_is_the_same_data(write, corpus, tmp_path, outcomes_of):
    path, out = write(SMALL), tmp_path / "out"
    outcomes_of(load_sweep(path), out)
    (tmp_path / "moved.conll").write_text(corpus)
    moved = [f"data.train={tmp_path}/moved.conll", f"data.dev={tmp_path}/moved.conll"]
    assert all(outcome.reused for outcome in outcomes_of(load_sweep(path, moved), out))


def test_only_a_run_folder_is_replaced_by_a_run(tmp_path):
    (tmp_path / "r").mkdir()
    (tmp_path / "r/notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="is not a run directory"):
        storage.write_directory(tmp_path / "r", {"run.json": "{}"}, force=True, marker="run.json")


def test_reading_what_is_not_there_gives_nothing(write, tmp_path):
    assert read_outcome(task_of(load_sweep(write("")).runs[0], tmp_path / "none"), Sources()) is None


@pytest.mark.parametrize(
    "settings", ["", "objective: margin", "vectors.residual: 3", "objective: sentence", "features: [case, shape]"]
)
def test_the_tagger_is_rebuilt_from_what_the_run_left(write, tmp_path, outcomes_of, settings):
    sweep = load_sweep(write(f"set: {{training.epochs: 3, {settings}}}\n"))
    outcomes_of(sweep, tmp_path)
    folder = tmp_path / "runs/seed=13"
    record = read_findings(folder)
    tagger = rebuild(folder)
    dev = read_labelled(tmp_path / "t.conll", Layout())
    said = [line.split(" ") for line in (folder / "predictions.conll").read_text().split("\n") if line]
    tags = [tag for its in tagger.tag_sentences(dev.tokens, record["scheme"], dev.documents) for tag in its]
    assert [row[2] for row in said] == tags
    assert [row[0] for row in said] == [token for its in dev.tokens for token in its]
    assert [row[1] for row in said] == [tag for its in dev.tags for tag in its]
    assert record["analysis"]["score"]["entities"]["micro"]["f1"] == record["measures"]["dev_f1"]
    calibration = record["analysis"]["calibration"]
    assert (calibration is None) == ("margin" in settings) == (tagger.temperature == 1)
    if calibration:  # of the probabilities of the rebuilt tagger, its temperature included
        tagged = tagger.tag_with_probabilities(dev.tokens, dev.documents)
        chances = [min(p[e.start : e.end]) for its, p in tagged for e in entities_of(its)]
        in_bins = sum(bin_["count"] * bin_["probability"] for bin_ in calibration["bins"] if bin_["count"])
        assert in_bins == pytest.approx(sum(chances), rel=1e-6)


def test_a_tagger_is_not_rebuilt_from_a_failed_run_or_other_data(write, corpus, tmp_path, outcomes_of):
    sweep = load_sweep(write("set: {training.epochs: 2}\ngrid: {optimizer.learning_rate: [0.01, 1.0e+30]}\n"))
    outcomes_of(sweep, tmp_path)
    fine, failed = (tmp_path / "runs" / run.name for run in sweep.runs)
    with pytest.raises(ModelError, match=r"the run has failed, there is no tagger: epoch 1: the loss of dev is"):
        rebuild(failed)
    assert read_findings(failed).get("analysis") is None
    (tmp_path / "t.conll").write_text(corpus + "\nOdile B-PER\nsings O\n")
    with pytest.raises(ModelError, match=r"train is not what the run was trained on, got SHA-256 '.*; run the exper"):
        rebuild(fine)


@pytest.mark.parametrize(("text", "what"), [("{", "not JSON: "), ("[]", "expected an object, got list")])
def test_a_record_that_is_damaged_is_told(tmp_path, text, what):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(ModelError, match=re.escape(f"{tmp_path}/run.json: {what}")):
        read_findings(tmp_path)
