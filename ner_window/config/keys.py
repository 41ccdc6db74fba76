"""Dotted keys in trees of dictionaries, and the paths among the values."""

import os
from pathlib import Path
from typing import Any

from ner_window.config.yaml_text import parse_yaml
from ner_window.errors import ConfigError
from ner_window.text.vectors import GLOVE

#: Keys that hold paths.
PATHS = ("data.train", "data.dev", "data.test", "vectors.source", "training.teacher")


def parse_setting(text: str, option: str = "--set", example: str = "model.hidden_units=200") -> tuple[str, Any]:
    """Cut KEY=VALUE into the dotted key and the value, which is read as YAML."""
    key, equals, value = text.partition("=")
    if not equals or not all(key.strip().split(".")):
        raise ConfigError(f"{option}: expected KEY=VALUE, got {text!r}; for example {example}")
    return key.strip(), parse_yaml(value, f"{option} {key}")[0]


def put(tree: dict[str, Any], key: str, value: Any) -> None:
    """Set the value of a dotted key in a nested dictionary."""
    *parents, last = key.split(".")
    for parent in parents:
        below = tree.get(parent)
        if not isinstance(below, dict):
            below = tree[parent] = {}
        tree = below
    tree[last] = value


def get(tree: Any, key: str) -> Any:
    """Return the value of a dotted key in a nested dictionary, or None."""
    for part in key.split("."):
        tree = tree.get(part) if isinstance(tree, dict) else None
    return tree


def flatten(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the values of a nested dictionary by their dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        flat |= flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat


def merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Return one tree with another on top: sections are merged key by key, all else is replaced."""
    merged = dict(below)
    for key, value in above.items():
        under = below.get(key)
        merged[key] = merge(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return merged


def keys_below(tree: Any, key: str) -> list[str]:
    """Return the dotted keys of a value and of all that is in it; items of lists are keys 0, 1 ..."""
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [key, *(name for part, value in inner for name in keys_below(value, f"{key}.{part}"))]


def absolute(key: str, value: Any, base: Path) -> Any:
    """Return the value of a dotted key with the paths in it made absolute: they are relative to `base`."""
    branch: dict[str, Any] = {}
    put(branch, key, value)
    make_absolute(branch, base)
    return get(branch, key)


def make_absolute(tree: dict[str, Any], base: Path) -> None:
    """Make the paths of a configuration absolute, in place: they are relative to `base`."""
    for key in PATHS:
        value = get(tree, key)
        if isinstance(value, str) and value and not (key == "vectors.source" and value in (GLOVE, "random")):
            put(tree, key, os.path.normpath((base / at_home(value)).absolute()))


def at_home(path: str) -> Path:
    """Return a path with its ``~``, if that is a home, written out."""
    try:
        return Path(path).expanduser()
    except RuntimeError:  # ~somebody, whom the machine does not know: a name like any other
        return Path(path)
