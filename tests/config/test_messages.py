"""What is said of a value or key that cannot be, and what was likely meant."""

import pytest

from ner_window.config import load_config
from ner_window.errors import ConfigError

FEATURES = (
    "'case', 'shape', 'cased_word', 'prefix1', 'prefix2', 'prefix3', 'prefix4', 'suffix1', 'suffix2', 'suffix3', "
    "'suffix4', 'affixes', 'ngrams', 'casing', 'gazetteer', 'tag_statistics' or 'first_pass'"
)
KEYS_OF_TRAINING = "epochs, batch_size, patience, folds, teacher, vectorized"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # keys
        ("modl: {}", "modl: unknown key; did you mean 'model'?"),
        ("Seed: 3", "Seed: unknown key; did you mean 'seed'?"),
        ("model: {hiden_units: 3}", "model.hiden_units: unknown key; did you mean 'hidden_units'?"),
        ("hidden_units: 3", "hidden_units: unknown key; did you mean hidden_units of model?"),
        ("model.hidden_units: 3", "model.hidden_units: unknown key; did you mean hidden_units of model?"),
        ("model: {learning_rate: 1.0}", "model.learning_rate: unknown key; did you mean learning_rate of optimizer?"),
        ("name: adam", "name: unknown key; did you mean name of optimizer or schedule?"),
        ("training: {xyz: 1}", f"training.xyz: unknown key; known here: {KEYS_OF_TRAINING}"),
        ("features: [{name: case, dimension: 3}]", "features.0.dimension: unknown key; did you mean 'dimensions'?"),
        ("features: [shape, {dimensions: 3}]", "features.1.name: is missing; set it in the file"),
        # values of a list of names
        (
            "objective: sofmax",
            "objective: should be 'softmax', 'hinge', 'margin' or 'sentence', got 'sofmax'; did you mean 'softmax'?",
        ),
        (
            "schedule: {name: LINEAR}",
            "schedule.name: should be 'constant', 'halve', 'exponential', 'linear' or 'cyclic', got 'LINEAR'; did you "
            "mean 'linear'?",
        ),
        ("optimizer: {name: 3}", "optimizer.name: should be 'sgd', 'momentum', 'adagrad', 'rmsprop' or 'adam', got 3"),
        ("features: [shape, cas]", f"features.1.name: should be {FEATURES}, got 'cas'; did you mean 'case'?"),
        (
            "features: [{name: gazeteer}]",
            f"features.0.name: should be {FEATURES}, got 'gazeteer'; did you mean 'gazetteer'?",
        ),
        # other types, at each level
        ("model: 3", "model: should be keys and values, got 3"),
        ("model:", "model: should be keys and values, got nothing"),
        ("model: [tanh]", "model: should be keys and values, got ['tanh']"),
        ("features: case", "features: should be a list, got 'case'"),
        ("features: {case: 1}", "features: should be a list, got {'case': 1}"),
        (
            "features: [[case]]",
            "features.0: should be a feature's name, or keys and values with name among them, got ['case']",
        ),
        ("features: [3]", "features.0: should be a feature's name, or keys and values with name among them, got 3"),
        ("seed: 1.0", "seed: should be a valid integer, got 1.0"),
        ("seed: true", "seed: should be a valid integer, got True"),
        ("seed: '1'", "seed: should be a valid integer, got '1'"),
        ("seed: 1e3", "seed: should be a valid integer, got 1000.0"),
        ("seed: -1", "seed: should be greater than or equal to 0, got -1"),
        ("vectors: {rate: fast}", "vectors.rate: should be a valid number, got 'fast'"),
        ("vectors: {parts: 'yes'}", "vectors.parts: should be true or false, got 'yes'"),
        ("vectors: {parts: NO}", "vectors.parts: should be true or false, got 'NO'"),
        ("optimizer: {learning_rate: 1e999}", "optimizer.learning_rate: should be a finite number, got inf"),
        ("optimizer: {learning_rate: .nan}", "optimizer.learning_rate: should be a valid number, got '.nan'"),
        ("vectors: {source: ''}", "vectors.source: should not be empty, got ''"),
    ],
)
def test_a_mistake_is_named_with_its_line_key_and_what_was_meant(tmp_path, text, message):
    path = tmp_path / "c.yaml"
    path.write_text(f"data: {{train: t, dev: d}}\n\n{text}\n")
    with pytest.raises(ConfigError) as error:
        load_config(path)
    assert str(error.value) == f"{path}:3: {message}"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            "train: t, dev: d, scheme: BIO",
            "data.scheme: should be 'auto', 'IO', 'IOB1', 'IOB2', 'BIOES' or 'BILOU', got",
        ),
        ("train: '', dev: d", "data.train: should not be empty, got ''"),
        ("train: , dev: d", "data.train: should be a valid string, got nothing"),
        ("train: t, dev: d, types: PER", "data.types: should be a list, got 'PER'"),
        ("train: t, dev: d, types: []", "data.types: should not be empty, got []"),
        ("train: t, dev: d, types: [1]", "data.types.0: should be a valid string, got 1"),
        ("train: t, dev: d, encodng: x", "data.encodng: unknown key; did you mean 'encoding'?"),
        ("train: t", "data.dev: is missing; set it in the file or with --set data.dev=..."),
    ],
)
def test_a_mistake_in_the_data_is_one_line(tmp_path, data, message):
    path = tmp_path / "c.yaml"
    path.write_text(f"data: {{{data}}}\n")
    with pytest.raises(ConfigError) as error:
        load_config(path)
    assert str(error.value).startswith(f"{path}:1: {message}")
    assert "\n" not in str(error.value)


def test_everything_that_is_wrong_is_told_at_once_and_long_values_are_cut(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(f"data: {{train: t}}\nobjective: {'x' * 500}\nsead: 3\n")
    with pytest.raises(ConfigError) as error:
        load_config(path, ["model.dropout=2"])
    lines = str(error.value).split("\n")
    assert [line.partition(": ")[0] for line in lines] == [
        f"{path}:1",
        "--set model.dropout=2",
        f"{path}:2",
        f"{path}:3",
    ]
    assert lines[2].endswith("x ...")
    assert len(lines[2]) < 300
