import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from ner_window.config import dump_yaml, load_config

QUICK = ("train", "configs/quickstart.yaml")


def digests(directory):
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.iterdir())
        if path.name != "timings.json"  # the only file with times in it
    }


def test_one_seed_gives_byte_identical_models(program, tmp_path):
    for name in ("a", "b"):
        program(*QUICK, "-o", tmp_path / name, "--set", "training.epochs=2")
    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def test_another_seed_gives_another_model(program, tmp_path, model):
    program(*QUICK, "-o", tmp_path / "c", "--set", "training.epochs=4", "--set", "seed=14")
    assert digests(tmp_path / "c")["model.safetensors"] != digests(model)["model.safetensors"]


def test_an_interrupted_run_resumes_to_identical_weights(program, tmp_path, root):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    settings = ("--set", "training.epochs=40", "--set", "training.patience=40")
    program(*QUICK, "-o", whole, *settings)
    process = subprocess.Popen(
        [sys.executable, "-m", "ner_window", *QUICK, "-o", str(cut), *settings],
        cwd=root,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    for line in process.stderr:
        if line.startswith("epoch   3"):
            break
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "--resume" in errors
    assert (cut / "model.safetensors").exists()
    program(*QUICK, "-o", cut, *settings, "--resume")
    assert digests(cut) == digests(whole)
    assert not cut.with_name("cut.checkpoint").exists()


def test_a_killed_run_leaves_the_old_model_and_can_be_resumed(program, tmp_path, root, model):
    target = tmp_path / "runs" / "m"
    settings = ("--set", "training.epochs=200", "--set", "training.patience=200")
    program(*QUICK, "-o", target, "--set", "training.epochs=1")
    before = digests(target)
    process = subprocess.Popen(
        [sys.executable, "-m", "ner_window", *QUICK, "-o", str(target), *settings, "--force"],
        cwd=root,
        stderr=subprocess.DEVNULL,
    )
    checkpoint = target.with_name("m.checkpoint")
    deadline = time.monotonic() + 60
    while not checkpoint.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert digests(target) == before
    refused = program(*QUICK, "-o", tmp_path / "runs" / "other", "--resume", code=2)
    assert "no checkpoint" in refused.stderr
    changed = program(*QUICK, "-o", target, *settings, "--resume", "--set", "model.hidden_units=7", code=2)
    assert "model.hidden_units = 100, got 7" in changed.stderr


def test_freeze_leaves_the_vectors_as_they_are(program, tmp_path, root):
    from ner_window import Tagger

    program(*QUICK, "-o", tmp_path / "m", "--freeze", "--set", "training.epochs=2")
    tagger = Tagger.load(tmp_path / "m")
    words = tagger.vocabularies[0]
    rows = dict(line.split(" ", 1) for line in (root / "data/glove.50d.txt").read_text().split("\n") if line)
    for word in ("the", "berlin", "harbour"):
        assert tagger.parameters["E.word"][words.ids[word]].tolist() == pytest.approx(
            [float(x) for x in rows[word].split()], rel=1e-7
        )


def test_fine_tuning_moves_only_the_words_that_were_seen(model):
    from ner_window import Tagger

    tagger = Tagger.load(model)
    n = len(tagger.pretrained)
    moved = (tagger.parameters["E.word"][:n] != tagger.pretrained).any(axis=1)
    assert moved[2:].all()
    assert 0 < n < len(tagger.vocabularies[0])


def test_dry_run_prints_the_ledger_and_a_loss_near_ln_c_and_writes_nothing(program, tmp_path):
    output = program(*QUICK, "-o", tmp_path / "m", "--dry-run").stdout
    loss, expected = (float(part.split()[-1]) for part in output.strip().split("\n")[-1].replace(",", " ,").split(" ,"))
    assert loss == pytest.approx(expected, rel=0.25)
    assert list(tmp_path.iterdir()) == []


def test_the_ledger_adds_up(model):
    facts = json.loads((model / "model.json").read_text())["facts"]["data"]
    for part in ("train", "dev"):
        counts = facts[part]
        assert counts["lines"] == counts["token_lines"] + counts["blank_lines"] + counts["document_lines"]
        assert counts["tokens"] == counts["token_lines"] == sum(counts["coverage"].values())


def test_an_existing_output_is_refused(program, model):
    assert "exists already" in program(*QUICK, "-o", model, code=2).stderr


def test_a_directory_that_is_no_model_is_never_replaced(program, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    assert "is not a model directory" in program(*QUICK, "-o", tmp_path, "--force", code=2).stderr
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_loss_that_is_not_finite_stops_with_the_reason(program, tmp_path):
    done = program(
        *QUICK, "-o", tmp_path / "m", "--set", "optimizer.learning_rate=1e30", "--set", "model.activation=relu", code=2
    )
    assert "the loss is not finite" in done.stderr
    assert "optimizer.learning_rate" in done.stderr


@pytest.mark.parametrize("activation", ["sigmoid", "hard_tanh", "relu", "leaky_relu", "prelu"])
def test_every_activation_trains(program, tmp_path, activation):
    program(*QUICK, "-o", tmp_path / "m", "--set", f"model.activation={activation}", "--set", "training.epochs=1")
    assert "model.safetensors" in digests(tmp_path / "m")


@pytest.mark.parametrize("name", ["sgd", "momentum", "adagrad", "rmsprop"])
def test_every_optimizer_lowers_the_loss(program, tmp_path, name):
    rate = {"sgd": 0.5, "momentum": 0.05, "adagrad": 0.05, "rmsprop": 0.002}[name]
    program(
        *QUICK, "-o", tmp_path / "m", "--set", f"optimizer.name={name}", "--set", f"optimizer.learning_rate={rate}",
        "--set", "training.epochs=3", "--set", "optimizer.clip_norm=5",
    )  # fmt: skip
    losses = [json.loads(line)["loss"] for line in (tmp_path / "m" / "metrics.jsonl").read_text().splitlines()]
    assert losses == sorted(losses, reverse=True)


def test_random_vectors_and_other_schemes(program, tmp_path):
    done = program(
        *QUICK, "-o", tmp_path / "m", "--set", "vectors.source=random", "--set", "model.scheme=IOB2",
        "--set", "features=[case, shape]", "--set", "training.epochs=2",
    )  # fmt: skip
    assert "dev F1" in done.stdout


@pytest.mark.parametrize("objective", ["hinge", "margin", "sentence"])
def test_every_objective_trains_evaluates_and_predicts(program, tmp_path, objective):
    settings = ("--set", f"objective={objective}", "--set", "training.epochs=8")
    program(*QUICK, "-o", tmp_path / "m", *settings)
    scored = json.loads(program("evaluate", tmp_path / "m", "data/test.conll", "--json").stdout)
    assert scored["entities"]["micro"]["f1"] > 0.7
    done = program(
        "predict", tmp_path / "m", "--input-format", "tokens", "--probabilities", "--format", "jsonl",
        stdin="The minister flew to Paris on Monday .\n",
    )  # fmt: skip
    assert ("LOC", "Paris") in [(e["type"], e["text"]) for e in json.loads(done.stdout)["entities"]]
    assert ("scores are no probabilities" in done.stderr) == (objective != "sentence")


def test_a_margin_model_of_one_type_keeps_its_threshold(program, tmp_path):
    settings = ("--set", "objective=margin", "--set", "data.types=[LOC]", "--set", "training.epochs=3")
    trained = program(*QUICK, "-o", tmp_path / "m", *settings)
    assert "left out: entities MISC" in trained.stderr
    assert "model.scheme is not used" in trained.stderr
    assert "chosen on dev: LOC " in program("info", tmp_path / "m").stdout
    facts = json.loads((tmp_path / "m" / "model.json").read_text())["facts"]
    assert list(facts["thresholds"]) == ["LOC"]
    # the types that the model was not trained on are left out of its score, too, and that is said
    done = program("evaluate", tmp_path / "m", "data/dev.conll", "--json")
    scored = json.loads(done.stdout)
    assert list(scored["entities"]["types"]) == ["LOC"]
    assert scored["entities_left_out"] == {"MISC": 36, "ORG": 44, "PER": 60}
    assert scored["entities"]["micro"]["f1"] == pytest.approx(facts["best"]["dev_f1"])
    assert (
        "left out, as in training (data.types): MISC 36, ORG 44, PER 60"
        in program("evaluate", tmp_path / "m", "data/dev.conll").stdout
    )


def test_the_loop_trains_to_the_same_scores(program, tmp_path):
    settings = ("--set", "training.epochs=1", "--set", "data.limit=100")
    losses = []
    for vectorized in ("true", "false"):
        program(*QUICK, "-o", tmp_path / vectorized, *settings, "--set", f"training.vectorized={vectorized}")
        (line,) = (tmp_path / vectorized / "metrics.jsonl").read_text().splitlines()
        losses.append(json.loads(line)["loss"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_there_is_nothing_to_resume_of_a_finished_run(program, model):
    done = program(*QUICK, "-o", model, "--resume", code=2)
    assert "the run is finished, there is nothing to resume" in done.stderr


def test_a_directory_without_a_model_is_not_taken_for_a_finished_run(program, tmp_path):
    assert "no checkpoint to resume from" in program(*QUICK, "-o", tmp_path, "--resume", code=2).stderr


def test_a_string_is_not_taken_for_tokens(model):
    from ner_window import Tagger

    with pytest.raises(TypeError, match="expected a list of tokens, got the string 'Elena flew'"):
        Tagger.load(model).tag("Elena flew")


EVERYTHING = """
data: {train: data/train.conll, dev: data/dev.conll, limit: 120}
vectors:
  source: data/glove.50d.txt
  rate: 0.5
  own_rows: 1
  parts: true
  swap: 0.5
  delta_dropout: true
  residual: 4
  neighbors: 3
window: {radius: 1}
features:
  - case
  - shape
  - cased_word
  - prefix2
  - suffix3
  - {name: affixes, dropout: 0.2, rate: 0.5}
  - {name: ngrams, dropout: 0.2, rate: 0.5}
  - casing
  - {name: gazetteer, dropout: 0.1}
  - tag_statistics
  - {name: first_pass, dropout: 0.3}
model: {hidden_units: 20, input_dropout: 0.1, dropout: 0.1, scheme: IOB2}
objective: sentence
optimizer: {learning_rate: 0.005, weight_decay: 0.01}
training: {epochs: 2, batch_size: 8, folds: 2}
"""


@pytest.fixture(scope="module")
def everything(program, root, tmp_path_factory):
    """A folder with copies of the data, a configuration with everything on, and a model of it in m."""
    folder = tmp_path_factory.mktemp("everything")
    shutil.copytree(root / "data", folder / "data")
    (folder / "everything.yaml").write_text(EVERYTHING)
    done = program("train", "everything.yaml", "-o", "m", cwd=folder)
    assert re.search(r"^m: dev F1 [1-9]\d\.\d\d \(epoch \d\)$", done.stdout.strip())
    parts = re.findall(
        r"^first pass, part (\d) of 2: F1 \d+\.\d\d on text that it has not learned from$", done.stderr, re.M
    )
    assert parts == ["1", "2"]
    assert not (folder / "m.checkpoint").exists()
    return folder


def test_the_folder_of_a_run_has_the_whole_configuration(everything):
    files = {path.name for path in (everything / "m").iterdir()}
    assert files >= {"config.yaml", "lexicon.json", "metrics.jsonl", "model.json", "timings.json", "words.txt"}
    resolved = load_config(everything / "m" / "config.yaml")
    assert resolved == load_config(everything / "everything.yaml")
    assert [feature.name for feature in resolved.features][-1] == "first_pass"
    assert dump_yaml(resolved) == (everything / "m" / "config.yaml").read_text()


def test_every_command_works_on_a_model_with_everything(program, everything):
    scored = json.loads(program("evaluate", "m", "data/dev.conll", "--json", cwd=everything).stdout)
    facts = json.loads((everything / "m" / "model.json").read_text())["facts"]
    assert scored["entities"]["micro"]["f1"] == pytest.approx(facts["dev_f1"])
    text = "Elena flew to Oslo. Then Elena wrote from Oslo."
    explained = json.loads(program("explain", "m", "--sentence", text, "--json", cwd=everything).stdout)
    assert [len(sentence) for sentence in explained["sentences"]] == [5, 6]
    drifted = json.loads(program("drift", "m", "--limit", "3", "--json", cwd=everything).stdout)
    assert drifted["moved"] > 0
    program("info", "m", cwd=everything)


@pytest.mark.parametrize(
    ("target", "named"), [("m", {"E.first_pass"}), ("everything.yaml", {"E.first_pass", "M", "N"})]
)
def test_the_gradients_with_everything_are_right(program, everything, target, named):
    options = ("--entries", "20", "--windows", "8", "--burn-in", "0", "--json")
    (check,) = json.loads(program("gradcheck", target, *options, cwd=everything).stdout)
    assert {row["verdict"] for row in check["parameters"]} == {"ok"}
    assert {row["name"] for row in check["parameters"]} >= {"E.word", "W", "A"} | named


def test_a_model_with_everything_needs_nothing_else(program, everything, tmp_path):
    copy = tmp_path / "elsewhere" / "m"
    shutil.copytree(everything / "m", copy)
    before = program("predict", "m", "data/test.conll", cwd=everything).stdout
    (everything / "data").rename(everything / "moved")
    try:
        after = program("predict", copy, everything / "moved" / "test.conll", cwd=tmp_path).stdout
    finally:
        (everything / "moved").rename(everything / "data")
    assert before == after
    assert after.count("\n") == before.count("\n") > 1000
    assert "B-LOC" in after


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "lexicon.json: cannot be read: No such file or directory"),
        ('{"types": ["LOC"', "lexicon.json: not a lexicon: JSONDecodeError"),
        ("[]", "lexicon.json: not a lexicon: TypeError"),
        ('{"types": ["LOC"], "entities": []}', "lexicon.json: not a lexicon: KeyError('words')"),
        ('{"types": ["LOC"], "entities": [1], "words": {}}', "lexicon.json: not a lexicon: TypeError"),
        ('{"types": ["LOC"], "entities": [], "words": {"oslo": {"LOC": "x"}}}', "lexicon.json: not a lexicon: "),
        ('{"types": ["LOC"], "entities": [], "words": ["oslo"]}', "lexicon.json: not a lexicon: "),
        ('{"types": ["LOC"], "entities": [], "words": {}}', "lexicon.json: "),  # other types than the model's
    ],
)
def test_a_damaged_lexicon_is_said(everything, tmp_path, content, message):
    from ner_window import Tagger
    from ner_window.errors import ModelError

    shutil.copytree(everything / "m", tmp_path / "m")
    path = tmp_path / "m" / "lexicon.json"
    path.unlink()
    if content is not None:
        path.write_text(content)
    with pytest.raises(ModelError) as error:
        Tagger.load(tmp_path / "m")
    assert str(error.value).startswith(f"{tmp_path}/m/{message}")


def test_a_run_interrupted_in_its_first_pass_resumes_to_identical_weights(program, root, everything):
    cut = everything / "cut"
    arguments = ("train", "everything.yaml", "-o", "cut")
    process = subprocess.Popen(
        [sys.executable, "-m", "ner_window", *arguments],
        cwd=everything,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(root)},
    )
    for line in process.stderr:
        if line.startswith("first pass, part 1 of 2"):
            break
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert (
        "stopped before the first epoch ended: go on with: ner-window train everything.yaml -o cut --resume" in errors
    )
    assert not cut.exists()
    changed = program(*arguments, "--resume", "--set", "training.folds=3", code=2, cwd=everything)
    assert "training.folds = 2, got 3" in changed.stderr
    done = program(*arguments, "--resume", cwd=everything)
    assert "part 1 of 2" not in done.stderr
    assert "part 2 of 2" in done.stderr
    assert digests(cut) == digests(everything / "m")
