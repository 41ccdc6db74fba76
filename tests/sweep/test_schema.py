"""The schema of sweeps: keys of a configuration wherever a sweep may name them."""

import pytest
from jsonschema import Draft7Validator

from ner_window.config import parse_yaml
from ner_window.errors import ConfigError
from ner_window.sweep.plan import load_sweep
from ner_window.sweep.schema import sweep_schema

SCHEMA = sweep_schema()
VALIDATOR = Draft7Validator(SCHEMA)


def test_it_is_a_schema_and_has_a_sentence_for_every_key():
    Draft7Validator.check_schema(SCHEMA)
    parts = [SCHEMA, *(part for name, part in SCHEMA["definitions"].items() if "Config" in name or name == "Range")]
    for part in (*parts, SCHEMA["definitions"]["Expectation"]):
        assert part["additionalProperties"] is False
        for key, value in part["properties"].items():
            described = SCHEMA["definitions"][value["$ref"].rpartition("/")[2]] if "$ref" in value else value
            assert value.get("description") or described.get("description"), key


@pytest.fixture
def folder(tmp_path):
    for name in ("t.conll", "v.txt"):
        (tmp_path / name).touch()
    (tmp_path / "base.yaml").write_text("data: {train: t.conll, dev: t.conll}\nvectors: {source: v.txt}\n")
    return tmp_path


INLINE = "base: {data: {train: t.conll, dev: t.conll}, vectors: {source: v.txt}}\n"
GRID = "base: base.yaml\ngrid: {window.radius: [1, 2]}\n"


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("base: base.yaml\n", True),
        (INLINE, True),
        ("base: {extends: base.yaml, seed: 4}\n", True),
        ("base: {data: {train: t.conll}}\nset: {data.dev: t.conll, vectors.source: v.txt}\n", True),
        ("base: base.yaml\nset: {model: {dropout: 0.5}, training.epochs: 3, features: [case]}\n", True),
        ("base: base.yaml\ngrid: {features: [[], [case], [{name: affixes, dropout: 0.5}]]}\n", True),
        ("base: base.yaml\ngrid: {model: {activation: [relu, tanh]}}\n", True),
        ("base: base.yaml\ngrid: {schedule: [{name: linear}, {name: halve, every: 3}]}\n", True),
        ("base: base.yaml\ngrid: {data.limit: [1, null]}\nseeds: [1, 2]\nmeasures: [dev_f1, seconds]\n", True),
        ("base: base.yaml\nzip: {data.limit: [1, 2], training.epochs: [3, 4]}\n", True),
        (GRID + "plot: {x: window.radius, y: loss}\n", True),
        (GRID + "plot: {curves: [loss]}\n", True),
        (GRID + "lecture: {expect: [{higher: {window.radius: 1}, lower: {window.radius: 2, seed: 13}}]}\n", True),
        ("base: base.yaml\nsearch: {trials: 3, space: {model.dropout: {low: 0.1, high: 0.5}}}\n", True),
        ("base: base.yaml\nsearch: {trials: 3, space: {model.activation: [relu, tanh]}, seed: 3}\n", True),
        ("seeds: [1]\n", False),
        ("base: 3\n", False),
        ("base: base.yaml\ngird: {}\n", False),
        ("base: {modl: {}}\n", False),
        ("base: base.yaml\nset: {seed: 3}\n", False),
        ("base: base.yaml\nset: {model.dropot: 0.1}\n", False),
        ("base: base.yaml\ngrid: {model.dropot: [0.1]}\n", False),
        ("base: base.yaml\ngrid: {model: {dropot: [0.1]}}\n", False),
        ("base: base.yaml\ngrid: {model.activation: relu}\n", False),
        ("base: base.yaml\ngrid: {model.activation: []}\n", False),
        ("base: base.yaml\ngrid: {model.activation: [rely]}\n", False),
        ("base: base.yaml\nmeasures: [f1]\n", False),
        ("base: base.yaml\nsearch: {trials: 0, space: {model.activation: [relu]}}\n", False),
        ("base: base.yaml\nsearch: {trials: 3, space: {model.activaton: [relu]}}\n", False),
    ],
)
def test_it_accepts_what_the_program_accepts_and_refuses_what_it_refuses(folder, text, right):
    (folder / "s.yaml").write_text(text)
    try:
        load_sweep(folder / "s.yaml")
    except ConfigError:
        assert not right
    else:
        assert right
    assert VALIDATOR.is_valid(parse_yaml(text, "x")[0]) is right
