"""Ensembles and what is distilled from them, on a few sentences of data/."""

import json
import shutil

import numpy as np
import pytest

from ner_window import experiment
from ner_window.config import load_config
from ner_window.errors import ConfigError, ModelError
from ner_window.tagger import Tagger

SMALL = ["data.limit=80", "training.epochs=3", "model.hidden_units=20"]
TINY = [argument for setting in SMALL for argument in ("--set", setting)]
FEATURES = "features=[case, casing, gazetteer, tag_statistics, {name: first_pass, dropout: 0.3}]"


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("NER_WINDOW_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="module", params=["softmax", "sentence"])
def ensemble(request, program, tmp_path_factory):
    directory = tmp_path_factory.mktemp("ensemble") / request.param
    settings = ["--set", f"objective={request.param}", "--set", FEATURES, "--set", "training.folds=2"]
    done = program("train", "configs/quickstart.yaml", *TINY, *settings, "--seeds", 3, "-o", directory)
    assert done.stdout.rstrip().endswith("(3 networks)")
    return directory


def test_the_scores_are_the_mean_of_those_of_networks_trained_alone(root, ensemble, program, tmp_path):
    tagger = Tagger.load(ensemble)
    settings = ["--set", f"objective={ensemble.name}", "--set", FEATURES, "--set", "training.folds=2"]
    alone = []
    for seed in (13, 14, 15):
        place = tmp_path / str(seed)
        program("train", "configs/quickstart.yaml", *TINY, *settings, "--set", f"seed={seed}", "-o", place)
        alone.append(Tagger.load(place))
    encoded = tagger.encode([["Elena", "Markovic", "flew", "to", "Oslo-Berlin"], ["Berlin"]])
    expected = np.mean([each.scores(encoded) for each in alone], axis=0)
    np.testing.assert_allclose(tagger.scores(encoded), expected, rtol=1e-6, atol=1e-6)
    if ensemble.name == "sentence":
        A = np.mean([each.parameters["A"] for each in alone], axis=0)
        np.testing.assert_allclose(tagger.chain[0], A, rtol=1e-6, atol=1e-7)


def test_nothing_but_the_ensemble_is_left_and_it_evaluates_to_what_it_says(root, ensemble, program):
    assert [path.name for path in ensemble.parent.iterdir()] == [ensemble.name]
    facts = json.loads((ensemble / "model.json").read_text())["facts"]
    assert [member["seed"] for member in facts["members"]] == [13, 14, 15]
    shown = json.loads(program("evaluate", ensemble, root / "data/dev.conll", "--json").stdout)
    assert shown["entities"]["micro"]["f1"] == pytest.approx(facts["dev_f1"])
    assert shown["unseen_words"]["f1"] == pytest.approx(facts["dev_unseen_words_f1"])
    assert "the 3 networks alone" in program("info", ensemble).stdout


def test_who_looks_into_a_network_is_told_that_there_are_several(ensemble, program):
    for command in (["explain", "--sentence", "Paris is big ."], ["gradcheck"], ["drift"], ["graph"]):
        failed = program(command[0], ensemble, *command[1:], code=2)
        assert f"{ensemble}: an ensemble of 3 networks" in failed.stderr
    with pytest.raises(ModelError, match="an ensemble of 3 networks"):
        Tagger.load_single(ensemble)


def test_an_interrupted_ensemble_goes_on_where_it_was(ensemble, program, tmp_path):
    settings = ["--set", f"objective={ensemble.name}", "--set", FEATURES, "--set", "training.folds=2"]
    place = tmp_path / "again"
    seed = ["--set", "seed=13"]
    member = tmp_path / "again.members" / "seed-13"
    program("train", "configs/quickstart.yaml", *TINY, *settings, *seed, "-o", member)
    done = program("train", "configs/quickstart.yaml", *TINY, *settings, "--seeds", 3, "-o", place, "--resume")
    assert "seed 13" not in done.stderr  # it was finished
    for name in ("model.safetensors", "model-2.safetensors", "model-3.safetensors"):
        assert (place / name).read_bytes() == (ensemble / name).read_bytes()


def test_a_finished_network_of_another_configuration_is_not_taken(ensemble, program, tmp_path):
    place = tmp_path / "other"
    program("train", "configs/quickstart.yaml", *TINY, "-o", tmp_path / "other.members" / "seed-13")
    settings = ["--set", "model.hidden_units=21"]
    failed = program(
        "train", "configs/quickstart.yaml", *TINY, *settings, "--seeds", 2, "-o", place, "--resume", code=2
    )
    assert "seed-13: was trained with another configuration; start again with --force" in failed.stderr


def test_a_missing_network_is_an_error_with_its_file(ensemble, tmp_path):
    copy = shutil.copytree(ensemble, tmp_path / "copy")
    (copy / "model-3.safetensors").unlink()
    with pytest.raises(ModelError, match=r"model-3\.safetensors: cannot be read"):
        Tagger.load(copy)


def test_a_distilled_network_comes_nearer_to_its_teacher_than_one_trained_on_labels(root, ensemble, program, tmp_path):
    settings = ["--set", f"objective={ensemble.name}", "--set", FEATURES, "--set", "training.folds=2"]
    taught, labelled = tmp_path / "taught", tmp_path / "labelled"
    program("distill", ensemble, "configs/quickstart.yaml", *TINY, *settings, "-o", taught)
    program("train", "configs/quickstart.yaml", *TINY, *settings, "-o", labelled)
    teacher = Tagger.load(ensemble)
    run = experiment.prepare(load_config(root / "configs/quickstart.yaml", [*SMALL, f"objective={ensemble.name}"]))
    tokens, documents = run.train.tokens, run.train.documents

    def distance(directory):
        student = Tagger.load_single(directory)
        p, q = (
            each.probabilities(each.scores(encoded), encoded.lengths)
            for each in (teacher, student)
            for encoded in [each.encode(tokens, documents=documents)]
        )
        return -(p * np.log(q + 1e-12)).sum(axis=1).mean()

    assert distance(taught) < distance(labelled)
    assert len(Tagger.load(taught).members) == 1


def test_a_teacher_has_the_same_tags_and_objective(root, ensemble):
    other = {"softmax": "sentence", "sentence": "softmax"}[ensemble.name]
    settings = [*SMALL, f"objective={other}", f"training.teacher={ensemble}"]
    with pytest.raises(ConfigError, match=f"training.teacher: .*got {ensemble.name} with 17 tags, to teach {other}"):
        experiment.prepare(load_config(root / "configs/quickstart.yaml", settings))
