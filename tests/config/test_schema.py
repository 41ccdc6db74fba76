"""The schema: a sentence for every key, and it accepts what the program accepts."""

import json

import pytest
from jsonschema import Draft7Validator

from ner_window.config import Config, dump_yaml, flatten, load_config, parse_yaml, put, validate
from ner_window.config.schema import config_schema
from ner_window.errors import ConfigError

SCHEMA = config_schema()
VALIDATOR = Draft7Validator(SCHEMA)
DATA = {"train": "t", "dev": "d"}


def properties(schema):
    for name, part in [("", schema), *schema["definitions"].items()]:
        for key, value in part.get("properties", {}).items():
            yield f"{name}.{key}", value


def test_it_is_a_schema_and_has_a_sentence_for_every_key():
    Draft7Validator.check_schema(SCHEMA)
    found = dict(properties(SCHEMA))
    assert len(found) > 50
    for key, value in found.items():
        described = SCHEMA["definitions"][value["$ref"].rpartition("/")[2]] if "$ref" in value else value
        assert described.get("description"), key
        assert "title" not in value, key


def test_every_section_refuses_other_keys_and_every_key_has_its_default_or_is_required():
    for part in (SCHEMA, *SCHEMA["definitions"].values()):
        assert part["additionalProperties"] is False
    required = {f"DataConfig.{key}" for key in DATA} | {"FeatureConfig.name", ".extends"}
    without = {key for key, value in properties(SCHEMA) if "default" not in value and "$ref" not in value}
    assert without == required


def test_defaults_are_those_of_the_program():
    defaults = flatten(validate(Config, {"data": DATA}, "x", {}).model_dump(mode="json"))
    for section, part in SCHEMA["properties"].items():
        if "$ref" in part:
            for key, value in SCHEMA["definitions"][part["$ref"].rpartition("/")[2]]["properties"].items():
                assert value.get("default", DATA.get(key)) == defaults[f"{section}.{key}"], key


#: Values of many kinds, of which each key accepts some.
VALUES = [
    *(0, 1, -1, 2, 7, 50, 51, 0.0, 0.5, 0.999, 1.0, 1.5, 1e-9, True, False, None, "", "a", "random", "auto", "freeze"),
    *("fine-tune", "strict", "IOB2", "BIOES", "tanh", "xavier", "adam", "halve", "sentence", "case", [], ["case"]),
    *(["PER"], [1], ["case", "shape"], ["case", {"name": "affixes", "dropout": 0.5}], [{"name": "case"}], [{}], {}),
    *([{"name": "case", "size": 3}], [["case"]], {"name": "adam"}, {"radius": 3}, {"epochs": 1}, DATA, {"x": 1}),
]
KEYS = ["extends", *Config.model_fields, *flatten(validate(Config, {"data": DATA}, "x", {}).model_dump(mode="json"))]


@pytest.mark.parametrize("key", KEYS)
def test_it_accepts_what_the_program_accepts_and_refuses_unknown_keys(key):
    accepted = 0
    for value in VALUES:
        tree = {"data": dict(DATA)}
        put(tree, key, value)
        try:
            validate(Config, tree, "x", {})
        except ConfigError as error:
            if "unknown key" in str(error) and key != "extends":
                assert not VALIDATOR.is_valid(tree), value
        else:
            accepted += 1
            assert VALIDATOR.is_valid(tree), value
    assert accepted or key == "extends"


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("extends: a.yaml", True),
        ("extends: a.yaml\ndata: {dev: d}", True),
        ("extends: 3", False),
        ("seed: 3", False),
        ("data: {train: t}", False),
        ("data: {train: t, dev: d}\nfeatures: [cas]", False),
        ("data: {train: t, dev: d}\nvectors: {swap: 1.5}", False),
        ("data: {train: t, dev: d}\nmodel: {hidden_units: NO}", False),
    ],
)
def test_variants_need_no_corpora_and_others_do(text, right):
    assert VALIDATOR.is_valid(parse_yaml(text, "x")[0]) is right


def test_shipped_configs_are_valid_also_when_written_with_all_their_keys(root):
    for path in (*(root / "configs").glob("conll*.yaml"), root / "configs/quickstart.yaml"):
        VALIDATOR.validate(parse_yaml(dump_yaml(load_config(path)), "x")[0])


def test_what_the_shipped_files_say_is_true(root):
    """Each has the line by which editors find its schema, is valid by it, and the schema is the program's."""
    from ner_window.sweep.schema import sweep_schema

    texts = {"config": json.dumps(SCHEMA, indent=2), "sweep": json.dumps(sweep_schema(), indent=2)}
    paths = [*(root / "configs").rglob("*.yaml"), *(root / "ner_window/starter").glob("*.yaml")]
    kinds = set()
    for path in paths:
        text = path.read_text(encoding="utf-8")
        first, _, _ = text.partition("\n")
        assert first.startswith("# yaml-language-server: $schema="), path
        place = (path.parent / first.partition("=")[2]).resolve()
        kind = "sweep" if "base" in parse_yaml(text, str(path))[0] else "config"
        assert place.name == f"{kind}.json", path
        if place.is_relative_to(root / "configs"):  # the schemas of a new project are written with it
            hint = "run: ner-window config schema > configs/schema/config.json, and with --sweep for sweep.json"
            assert place.read_text(encoding="utf-8") == f"{texts[kind]}\n", hint
        errors = list(Draft7Validator(json.loads(texts[kind])).iter_errors(parse_yaml(text, str(path))[0]))
        assert not errors, path
        kinds.add(kind)
    assert kinds == {"config", "sweep"}
    assert len(paths) > 20
