"""What the shell completes after --set: dotted keys, and then their values."""

from collections.abc import Iterator
from typing import Any


def complete_setting(incomplete: str) -> list[tuple[str, str]]:
    """Return what KEY=VALUE may be, with a sentence for each: keys, or, of the only key that is left, its values.

    A shell puts a space behind the only completion, so that KEY= alone is none: its default goes with it.
    """
    known = _keys()
    key = incomplete.partition("=")[0]
    keys = [key] if key in known else [name for name in known if name.startswith(incomplete)]
    if len(keys) != 1:
        return [(f"{name}=", known[name].get("description", "")) for name in keys]
    (name,) = keys
    return [(f"{name}={value}", known[name].get("description", "")) for value in _values(known[name])]


def _keys() -> dict[str, dict[str, Any]]:
    """Return the schemas of all dotted keys."""
    from ner_window.config.schema import config_schema

    schema = config_schema()
    found: dict[str, dict[str, Any]] = {}
    for name, value in schema["properties"].items():
        if "$ref" in value:
            section = schema["definitions"][value["$ref"].rpartition("/")[2]]
            found |= {f"{name}.{key}": below for key, below in section["properties"].items()}
        elif name != "extends":
            found[name] = value
    return found


def _values(schema: dict[str, Any]) -> Iterator[str]:
    """Yield the values of a key that has few, the default of another, or nothing."""
    import json

    default = schema.get("default")
    if schema.get("type") == "boolean":
        yield from ("true", "false")
    elif "enum" in schema:
        yield from schema["enum"]
    elif default is None:
        yield ""
    else:
        yield default if isinstance(default, str) else json.dumps(default)
