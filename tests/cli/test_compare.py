import json
import shutil

import pytest


@pytest.fixture(scope="module")
def frozen(program, tmp_path_factory):
    """A model like the one of `model`, but for its vectors, which were frozen."""
    directory = tmp_path_factory.mktemp("runs") / "frozen"
    program("train", "configs/quickstart.yaml", "-o", directory, "--set", "training.epochs=1", "--freeze")
    return directory


@pytest.fixture(scope="module")
def swept(program, tmp_path_factory):
    """An experiment of two settings and two seeds, and a run that fails."""
    folder = tmp_path_factory.mktemp("sweep")
    (folder / "t.conll").write_text(
        "Odile B-PER\nsails O\nto O\nBrevik B-LOC\n\nBrevik B-LOC\nis O\nfar O\n\nOdile B-PER\nrests O\n" * 5
    )
    (folder / "s.yaml").write_text(
        "base: {data: {train: t.conll, dev: t.conll}, vectors: {source: random, dimensions: 4}}\n"
        "set: {training.epochs: 2, optimizer.name: sgd}\n"
        "grid: {optimizer.learning_rate: [0.1, 0.5, 1e30]}\nseeds: [1, 2]\n"
    )
    program("experiment", folder / "s.yaml", "-o", folder / "out")
    return folder / "out"


def test_two_models_are_compared_on_their_dev_file(program, model, frozen):
    document = json.loads(program("compare", model, frozen, "--json", "--resamples", "500").stdout)
    assert document["data"].endswith("data/dev.conll")
    assert document["keys"] == ["vectors.train", "training.epochs"]
    assert [each["settings"]["vectors.train"] for each in document["settings"]] == ["fine-tune", "freeze"]
    pair = document["comparisons"][0]
    assert pair["difference"] == pytest.approx(
        document["settings"][1]["f1"]["mean"] - document["settings"][0]["f1"]["mean"]
    )
    assert pair["interval"][0] < pair["difference"] < pair["interval"][1]
    info = json.loads((model / "model.json").read_text())
    assert document["settings"][0]["f1"]["mean"] == info["facts"]["dev_f1"]


def test_the_interval_is_that_of_evaluate(program, model, frozen):
    compared = json.loads(program("compare", model, frozen, "--json", "--data", "data/test.conll").stdout)
    alone = json.loads(program("evaluate", model, "data/test.conll", "--json", "--interval").stdout)
    assert compared["settings"][0]["f1"]["interval"] == alone["interval"]["f1"]
    assert {**alone["interval"], "f1": None} == {"f1": None, "level": 0.95, "resamples": 10000, "seed": 13}
    assert compared["settings"][0]["runs"][0]["micro"] == alone["entities"]["micro"]


def test_text_says_what_may_be_concluded(program, model, frozen):
    done = program("compare", model, frozen, "--data", "data/test.conll", "--resamples", "200", "--seed", "1")
    assert done.stdout.startswith("data/test.conll: 136 sentences, 2558 tokens, 223 entities\n")
    assert "A, B: one seed, which says nothing of other seeds; train three." in done.stdout
    assert "200 resamples, seed 1." in done.stdout
    assert "entities found by B and not by A" in done.stdout
    assert done.stderr == ""
    brief = program("compare", model, frozen, "--resamples", "200", "--entities", "0", "--level", "0.8", "-q").stdout
    assert "found by" not in brief
    assert "80 % interval" in brief


def test_an_experiment_is_compared_over_its_seeds(program, swept):
    done = program("compare", swept, "--json", "--resamples", "300")
    document = json.loads(done.stdout)
    assert document["keys"] == ["optimizer.learning_rate"]
    assert [[run["seed"] for run in each["runs"]] for each in document["settings"]] == [[1, 2], [1, 2]]
    failed = [line for line in done.stderr.splitlines() if ": left out: the run failed: epoch " in line]
    assert len(failed) == 2


def test_runs_are_built_again_to_tag_another_file(program, swept):
    runs = sorted(path for path in (swept / "runs").iterdir() if (path / "predictions.conll").exists())
    same = swept.parent / "t.conll"
    own, again = (
        json.loads(program("compare", *runs, "--json", "--resamples", "100", "-q", *more).stdout)
        for more in ([], ["--data", same])
    )
    assert again["data"] == str(same)
    for one, two in zip(own["settings"], again["settings"], strict=True):
        assert one["f1"] == two["f1"]


def test_the_file_may_come_through_a_pipe(program, model, frozen, root):
    content = (root / "data" / "test.conll").read_bytes()
    done = program("compare", model, frozen, "--data", "-", "--resamples", "100", "--entities", "0", stdin=content)
    assert done.stdout.startswith("standard input: 136 sentences, 2558 tokens, 223 entities\n")


def test_one_setting_is_still_a_table(program, model):
    done = program("compare", model, model, "--resamples", "100")
    assert "95 % interval" in done.stdout
    assert done.stderr == (
        f"{model}: left out: the same setting and seed as {model}\n"
        "one setting: nothing to compare it with; name runs that differ in more than the seed\n"
    )


def test_what_was_scored_on_other_sentences_is_refused(program, model, swept):
    done = program("compare", model, swept, code=2)
    first = swept / "runs"
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1].startswith(f"error: {first}/")
    assert (
        f": was scored on other sentences than {model}, got 11 with 45 tokens, expected 140 with 2602; give --data"
        in done.stderr
    )


def test_a_dev_file_that_has_changed_is_refused(program, model, tmp_path):
    copy, dev = tmp_path / "copy", tmp_path / "dev.conll"
    shutil.copytree(model, copy)
    dev.write_text("Odile B-PER\n")
    config = (copy / "config.yaml").read_text()
    known = next(line.split(": ", 1)[1] for line in config.splitlines() if line.startswith("  dev: "))
    (copy / "config.yaml").write_text(config.replace(known, str(dev)))
    done = program("compare", copy, code=2)
    assert done.stderr.startswith(f"error: {dev}: is not the dev file that {copy}/model.json tells of, got SHA-256 ")
    assert done.stderr.endswith("; put it back, or give --data FILE\n")
    dev.unlink()
    done = program("compare", copy, code=2)
    assert done.stderr == (
        f"error: {copy}/config.yaml: its dev file is not there any more, got {str(dev)!r}; give --data FILE\n"
    )


def test_a_folder_that_is_no_run_is_named(program, tmp_path):
    done = program("compare", tmp_path, code=2)
    assert done.stderr.startswith(f"error: {tmp_path}: expected a model directory (model.json), a run of an experiment")


def test_no_run_at_all_is_wrong_use(program):
    assert "Missing argument 'RUN...'" in program("compare", code=2).stderr
