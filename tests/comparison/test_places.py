import json

import pytest

from ner_window.comparison.places import find
from ner_window.errors import ModelError


def test_a_run_is_one_place(run_folder):
    folder = run_folder("a")
    (place,), notes = find([folder])
    assert (place.path, place.kind, place.description["seed"], notes) == (folder, "run", 13, [])


def test_an_experiment_is_all_its_runs_in_its_own_order(run_folder, tmp_path):
    for name in ("a", "b", "c"):
        run_folder(f"e/runs/{name}")
    run_folder("e/runs/failed", record={"error": "epoch 2: the loss is not finite"})
    run_folder("e/runs/given-up", record={"pruned": True})
    (tmp_path / "e/runs/.new-d").mkdir()
    places, notes = find([tmp_path / "e"])
    assert [place.path.name for place in places] == ["a", "b", "c"]
    assert notes == [
        f"{tmp_path}/e/runs/failed: left out: the run failed: epoch 2: the loss is not finite",
        f"{tmp_path}/e/runs/given-up: left out: the search gave the run up",
    ]
    (tmp_path / "e/results.json").write_text(json.dumps({"runs": [{"name": "c"}, {"name": "a"}]}))
    places, notes = find([tmp_path / "e"])
    assert [place.path.name for place in places] == ["c", "a"]  # the others are not of the present plan
    assert notes == [f"{tmp_path}/e: 3 runs left out, being of an earlier plan"]


def test_a_run_that_was_given_up_may_be_named(run_folder):
    assert len(find([run_folder("a", record={"pruned": True})])[0]) == 1


def message(path):
    with pytest.raises(ModelError) as error:
        find([path])
    return str(error.value)


def test_a_run_that_failed_may_not_be_named(run_folder):
    folder = run_folder("a", record={"error": "not finite"})
    assert message(folder) == f"{folder}: the run failed: not finite; name a run that has ended well"


def test_an_experiment_of_failed_runs_is_an_error(run_folder, tmp_path):
    run_folder("e/runs/a", record={"error": "not finite"})
    path = tmp_path / "e"
    assert message(path) == f"{path}: no run has ended well, got 1 that did not; see its results.md"


def test_what_is_neither_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    for path, what in (
        (tmp_path, "no run or model in it"),
        (tmp_path / "x", "nothing there"),
        (tmp_path / "file", "a file"),
    ):
        assert message(path) == (
            f"{path}: expected a model directory (model.json), a run of an experiment (run.json) or an experiment's "
            f"folder (runs/), got {what}; name what train or experiment wrote"
        )


@pytest.mark.parametrize(
    ("text", "what"),
    [("{", "not JSON: "), ("[]", "not the record of a run, 'digests' expected; run the experiment again")],
)
def test_a_damaged_record_is_named(run_folder, text, what):
    folder = run_folder("a")
    (folder / "run.json").write_text(text)
    assert message(folder).startswith(f"{folder}/run.json: {what}")
