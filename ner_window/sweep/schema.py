"""The JSON Schema of sweeps, from which editors complete: keys of a configuration wherever a sweep names them."""

from collections.abc import Callable
from typing import Any

from ner_window.config.schema import config_schema, schema_of
from ner_window.sweep.options import Range, SweepConfig

#: A schema, or a part of one.
Schema = dict[str, Any]


def sweep_schema() -> Schema:
    """Return the JSON Schema of a sweep's file, whose base is the path of a configuration or one that stands there."""
    config, schema, tried = config_schema(), schema_of(SweepConfig), schema_of(Range)
    for name in ("$schema", "if", "then"):  # a base need not be whole: the sweep may set what it lacks
        del config[name]
    del tried["$schema"]
    parts = {**schema["definitions"], **config.pop("definitions"), "Config": config, "Range": tried}
    settings = _of_keys(parts, lambda value: value)
    parts["Settings"] = {"description": "Values by dotted key.", **settings}
    parts["Lists"] = {"description": "Lists of values by dotted key.", **_of_keys(parts, _list)}
    space = _of_keys(parts, lambda value: {"anyOf": [_list(value), _at("Range")]}, nested=False)
    parts["Space"] = {"description": "What may be tried of each dotted key.", **space}
    with_seed = {**settings["properties"], "seed": _at("Config/properties/seed")}
    parts["Selector"] = {"description": "Settings that runs have.", **settings, "properties": with_seed}
    properties = schema["properties"]
    properties["base"]["anyOf"] = [{"type": "string", "minLength": 1}, _at("Config")]
    for name, place, part in (
        *((name, properties, "Lists") for name in ("grid", "zip")),
        *((name, parts["Expectation"]["properties"], "Selector") for name in ("higher", "lower")),
        ("set", properties, "Settings"),
        ("space", parts["SearchConfig"]["properties"], "Space"),
    ):
        place[name] = {**_at(part), "description": place[name]["description"]}
    return {**schema, "definitions": parts}


def _at(place: str) -> Schema:
    return {"$ref": f"#/definitions/{place}"}


def _named(schema: Schema) -> str:
    """Return the name of the part that a schema refers to."""
    return str(schema["$ref"]).rpartition("/")[2]


def _list(value: Schema) -> Schema:
    return {"type": "array", "minItems": 1, "items": value}


def _of_keys(parts: Schema, form: Callable[[Schema], Schema], nested: bool = True) -> Schema:
    """Return the schema of what is said of keys of a configuration: dotted ones, whole sections, and keys below these.

    `form` makes, of the schema of a key's value, that of what is said of the key: the value, or a list of values.
    """
    keys: Schema = {}
    for name, value in parts["Config"]["properties"].items():
        if name in ("seed", "extends"):
            continue
        section = parts[_named(value)] if "$ref" in value else value
        keys[name] = {"description": section["description"], **form(_at(f"Config/properties/{name}"))}
        if "$ref" in value:
            below = {
                key: {"description": each["description"], **form(_at(f"{_named(value)}/properties/{key}"))}
                for key, each in section["properties"].items()
            }
            if nested:
                inner = {"type": "object", "properties": below, "additionalProperties": False}
                keys[name] = {"description": section["description"], "anyOf": [keys[name], inner]}
            keys |= {f"{name}.{key}": value for key, value in below.items()}
    return {"type": "object", "properties": keys, "additionalProperties": False}
