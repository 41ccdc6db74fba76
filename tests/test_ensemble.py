"""Ensembles and what is distilled from them, on a few sentences of data/."""

import functools
import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from ner_window import ensemble as ensembles
from ner_window import experiment
from ner_window.config import load_config
from ner_window.errors import ConfigError, ModelError, OutputError
from ner_window.nn.calibration import temperature_of
from ner_window.tagger import Tagger
from ner_window.text.tagging import SCHEMES
from ner_window.training import EpochReport

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


def test_the_probabilities_of_the_mean_scores_are_calibrated_on_dev(root, ensemble):
    tagger = Tagger.load(ensemble)
    config = load_config(root / "configs/quickstart.yaml", SMALL)
    dev = experiment.corpora_of(config, experiment.Sources())[1]
    encoded = tagger.encode_text(dev.text, dev.labels(tagger.tags, SCHEMES[tagger.scheme]))
    chain = tagger.chain if ensemble.name == "sentence" else None
    best = temperature_of(tagger.scores(encoded), encoded.labels, encoded.lengths, chain)
    assert tagger.temperature == pytest.approx(best, rel=1e-6)
    assert tagger.temperature != 1


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


def test_an_interrupted_ensemble_goes_on_to_the_same_networks(root, ensemble, program, tmp_path):
    settings = ["--set", f"objective={ensemble.name}", "--set", FEATURES, "--set", "training.folds=2"]
    arguments = ["train", "configs/quickstart.yaml", *TINY, *settings, "--seeds", "3", "-o", str(tmp_path / "again")]
    process = subprocess.Popen(
        [sys.executable, "-m", "ner_window", *arguments],
        cwd=root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    second = False
    for line in process.stderr:
        second = second or "network 2 of 3" in line
        if second and line.startswith("epoch   1"):
            break
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert (tmp_path / "again.members").exists()
    done = program(*arguments, "--resume")
    assert "seed 13" not in done.stderr  # it was finished
    assert [path.name for path in tmp_path.iterdir()] == ["again"]
    for name in ("model.safetensors", "model-2.safetensors", "model-3.safetensors", "model.json"):
        assert (tmp_path / "again" / name).read_bytes() == (ensemble / name).read_bytes()


def test_there_must_be_something_to_resume_and_nothing_to_lose(tmp_path):
    place, folder = tmp_path / "m", tmp_path / "m.members"
    begin = functools.partial(ensembles.begin, place)
    begin(resume=False, force=False)
    with pytest.raises(ConfigError, match=r"m\.members: no checkpoint to resume from; leave --resume out to start"):
        begin(resume=True, force=False)
    folder.mkdir()
    begin(resume=True, force=False)
    begin(resume=False, force=True)
    with pytest.raises(OutputError, match=r"m\.members: an unfinished run; go on with --resume, or start again with"):
        begin(resume=False, force=False)
    place.mkdir()
    (place / "model.json").write_text("{}")
    begin(resume=True, force=True)  # as it was begun: in the place of a model
    finished = r"m: the run is finished, there is nothing to resume; --force trains it again"
    with pytest.raises(ConfigError, match=finished):
        begin(resume=True, force=False)
    with pytest.raises(OutputError, match="exists already"):
        begin(resume=False, force=False)
    folder.rmdir()
    with pytest.raises(ConfigError, match=finished):
        begin(resume=True, force=True)


def test_the_program_resumes_no_finished_model_of_one_network(program, model):
    before = (model / "model.json").read_bytes()
    failed = program("train", "configs/quickstart.yaml", *TINY, "--seeds", 2, "-o", model, "--resume", code=2)
    assert f"{model}: the run is finished, there is nothing to resume" in failed.stderr
    assert (model / "model.json").read_bytes() == before


def test_a_finished_network_is_of_the_same_configuration_and_data_wherever_these_are(root, model, tmp_path):
    config = load_config(model / "config.yaml")
    sources = experiment.Sources()
    assert ensembles.is_finished(config, model, sources)
    assert not ensembles.is_finished(config, tmp_path, sources)
    more = config.model_copy(update={"training": config.training.model_copy(update={"epochs": 5})})
    with pytest.raises(
        ModelError, match=f"{model}: was trained with training.epochs = 4, got 5; set it back, or start"
    ):
        ensembles.is_finished(more, model, sources)
    for name in ("train", "dev"):
        other = tmp_path / f"{name}.conll"
        shutil.copy(getattr(config.data, name), other)
        moved = config.model_copy(update={"data": config.data.model_copy(update={name: str(other)})})
        assert ensembles.is_finished(moved, model, experiment.Sources())
        other.write_text(other.read_text() + "\nOslo B-LOC\n")
        with pytest.raises(ModelError, match=f"{model}: was trained with the SHA-256 of {name} = "):
            ensembles.is_finished(moved, model, experiment.Sources())
    vectors = config.model_copy(update={"vectors": config.vectors.model_copy(update={"source": "random"})})
    with pytest.raises(ModelError, match="the SHA-256 of vectors = .*, got 'random'"):
        ensembles.is_finished(vectors, model, sources)


@pytest.mark.parametrize(
    ("file", "old", "new", "what"),
    [
        ("model.json", '"tanh"', '"relu"', "another network"),
        ("model.json", '"scheme": "BIOES"', '"scheme": "BILOU"', "another scheme"),
        ("model.json", "E-LOC", "E-GPE", "other tags"),
        ("words.txt", "the", "zzz", "other vocabularies"),
        ("case.txt", "upper", "other", "other vocabularies"),
    ],
)
def test_networks_that_differ_in_more_than_their_numbers_are_no_ensemble(model, tmp_path, file, old, new, what):
    places = [tmp_path / "m.members" / f"seed-{seed}" for seed in (13, 14)]
    for place in places:
        shutil.copytree(model, place)
    changed = places[1] / file
    assert old in changed.read_text()
    text = changed.read_text().replace(old, new, 1)
    if "BILOU" in new:  # whose tags are L- and U- where those of BIOES are E- and S-
        text = text.replace('"E-', '"L-').replace('"S-', '"U-')
    changed.write_text(text)
    config = load_config(model / "config.yaml")
    with pytest.raises(ModelError, match=f"seed-14: has {what} than .*seed-13 .*; start again with --force"):
        ensembles.combine(places, config, experiment.Sources(), tmp_path / "m", "", force=False)
    assert not (tmp_path / "m").exists()


def test_another_lexicon_is_no_ensemble_either(ensemble, tmp_path):
    first = Tagger.load(ensemble)
    first = replace(first, more=())
    other = replace(first, lexicon=replace(first.lexicon, words={}))
    places = [tmp_path / "a", tmp_path / "b"]
    for place, tagger in zip(places, (first, other), strict=True):
        tagger.save(place)
    config = load_config(ensemble / "config.yaml")
    with pytest.raises(ModelError, match="b: has another lexicon than"):
        ensembles.combine(places, config, experiment.Sources(), tmp_path / "m", "", force=False)


def test_what_is_no_network_of_the_ensemble_is_left(model, tmp_path):
    folder = tmp_path / "m.members"
    places = [folder / f"seed-{seed}" for seed in (1, 2)]
    for place in places:
        shutil.copytree(model, place)
    (folder / "seed-1.checkpoint").write_text("")
    (folder / ".new-seed-2.checkpoint").write_text("")
    (folder / ".new-seed-1-abcdefgh").mkdir()
    (folder / ".old-seed-2-1234_678" / "model").mkdir(parents=True)
    shutil.copytree(model, folder / "seed-13")
    (folder / "seed-13.checkpoint").write_text("")
    (folder / "thesis.txt").write_text("mine")
    ensembles.combine(places, load_config(model / "config.yaml"), experiment.Sources(), tmp_path / "m", "", force=False)
    assert {path.name for path in folder.iterdir()} == {"seed-13", "seed-13.checkpoint", "thesis.txt"}
    assert len(Tagger.load(tmp_path / "m").members) == 2
    (folder / "seed-1").mkdir()
    (folder / "seed-1" / "thesis.txt").write_text("mine, too")
    ensembles.remove(places)
    assert (folder / "seed-1" / "thesis.txt").exists()


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


def test_a_teacher_has_the_same_objective(root, ensemble):
    other = {"softmax": "sentence", "sentence": "softmax"}[ensemble.name]
    for objective in (other, "hinge"):
        settings = [*SMALL, f"objective={objective}", f"training.teacher={ensemble}"]
        with pytest.raises(
            ConfigError, match=f"training.teacher: .*got {ensemble.name}, to teach {objective}; set objective, or"
        ):
            experiment.prepare(load_config(root / "configs/quickstart.yaml", settings))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (
            "model.scheme=BILOU",  # as many tags
            "got BIOES to teach BILOU, tags of the teacher alone: E-LOC, E-MISC, E-ORG, E-PER, S-LOC, S-MISC, S-ORG, "
            "S-PER, of the network alone: L-LOC, L-MISC, L-ORG, L-PER, U-LOC, U-MISC, U-ORG, U-PER; set model.scheme",
        ),
        (
            "data.types=[LOC, ORG, PER]",
            "got BIOES to teach BIOES, tags of the teacher alone: B-MISC, E-MISC, I-MISC, S-MISC, "
            "of the network alone: none; set model.scheme and data as for the teacher, or choose another one",
        ),
    ],
)
def test_a_teacher_has_the_same_tags(root, ensemble, setting, message):
    settings = [*SMALL, f"objective={ensemble.name}", f"training.teacher={ensemble}", setting]
    with pytest.raises(ConfigError, match="training.teacher: ") as error:
        experiment.prepare(load_config(root / "configs/quickstart.yaml", settings))
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("setting", "learned"),
    [("training.epochs=2", True), ("data.limit=70", False), ("data.train=data/dev.conll", False)],
)
def test_a_teacher_does_not_see_of_a_document_what_it_learned_from_it_but_only_that(root, ensemble, setting, learned):
    base = root / "configs/quickstart.yaml"
    settings = [*SMALL, f"objective={ensemble.name}", f"training.teacher={ensemble}", setting]
    run = experiment.prepare(load_config(base, [each.replace("=data/", f"={root}/data/") for each in settings]))
    teacher = Tagger.load(ensemble)
    labels = run.train.labels(teacher.tags, SCHEMES["BIOES"])
    scores = {
        learning: teacher.scores(teacher.first_pass(teacher.encoder.encode(run.train.text, labels, learning=learning)))
        for learning in (True, False)
    }
    assert np.abs(scores[True] - scores[False]).max() > 0.01
    np.testing.assert_array_equal(run.teacher.S, scores[learned])


def test_a_run_may_move_its_teacher_but_not_change_it(root, ensemble, tmp_path):
    def prepare(teacher):
        chosen = [f"training.teacher={teacher}"] * (teacher is not None)
        settings = [*SMALL, f"objective={ensemble.name}", *chosen]
        return experiment.prepare(load_config(root / "configs/quickstart.yaml", settings))

    checkpoint, moved = tmp_path / "m.checkpoint", tmp_path / "moved"
    run = prepare(ensemble)
    for report in run.reports():
        if isinstance(report, EpochReport):
            break
    run.save_checkpoint(checkpoint)
    shutil.copytree(ensemble, moved)
    (moved / "timings.json").write_text("{}")  # no part of what it says
    prepare(moved).resume(checkpoint)
    weights = moved / "model-2.safetensors"
    shutil.copy(moved / "model-3.safetensors", weights)
    for teacher in (moved, None):
        with pytest.raises(ModelError, match=f"{checkpoint}: was written with the SHA-256 of teacher = "):
            prepare(teacher).resume(checkpoint)


def test_the_digests_of_a_run_tell_its_teacher(root, ensemble, tmp_path):
    def digests(*settings):
        return experiment.Sources().digests(load_config(root / "configs/quickstart.yaml", settings))

    taught = digests(f"training.teacher={ensemble}")
    copy = shutil.copytree(ensemble, tmp_path / "copy")
    assert digests(f"training.teacher={copy}") == taught
    (copy / "lexicon.json").write_text("{}")
    assert digests(f"training.teacher={copy}")["teacher"] != taught.pop("teacher")
    assert taught == digests()
    with pytest.raises(ModelError, match="not a model directory"):
        digests(f"training.teacher={tmp_path}")


def test_a_teacher_is_not_replaced_by_what_it_teaches(ensemble, program):
    before = (ensemble / "model.json").read_bytes()
    failed = program("distill", ensemble, "configs/quickstart.yaml", *TINY, "--set", f"objective={ensemble.name}", "-o",
                     ensemble, "--force", code=2)  # fmt: skip
    assert f"{ensemble}: is the teacher, and would be lost; choose another output" in failed.stderr
    assert (ensemble / "model.json").read_bytes() == before
