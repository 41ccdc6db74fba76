"""A configuration as a table: every value as a file would give it, and where it comes from."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ner_window.config import PATHS, parse_yaml
from ner_window.config.values import Value
from ner_window.errors import ConfigError
from ner_window.report.tables import table

#: Columns of a value, and of the place that it comes from; longer values push the place to a line of its own.
WIDEST_VALUE = 40
WIDEST_PLACE = 32


def config_table(values: Sequence[Value]) -> str:
    """Return the table of `config show`: key, value and place in at most 100 columns, but for long values."""
    long = {value.key: text for value in values if len(text := _written(value)) > WIDEST_VALUE}
    rows = []
    for value in values:
        if value.key in long:
            rows += [(value.key, "", ""), ("", "", _place(value))]
        else:
            rows.append((value.key, _written(value), _place(value)))
    lines = table(("key", "value", "from"), rows, left=(0, 1, 2)).split("\n")
    at = lines[0].index("value")
    return "\n".join(line.ljust(at) + long[line] if line in long else line for line in lines)


def config_json(values: Sequence[Value]) -> dict[str, Any]:
    """Return each value with its default and its place, by dotted key."""
    return {
        value.key: {
            "value": value.value,
            **({} if value.required else {"default": value.default}),
            "changed": value.changed,
            "from": value.place,
        }
        for value in values
    }


def _written(value: Value) -> str:
    """Write a value as a file would; a path below the working directory is relative to that."""
    plain = value.value
    if value.key in PATHS and isinstance(plain, str) and Path(plain).is_relative_to(Path.cwd()):
        plain = os.path.relpath(plain)
    return _flow(plain)


def _flow(value: Any) -> str:
    """Write a value in one line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    quoted = json.dumps(value, ensure_ascii=False)
    return value if isinstance(value, str) and _is_plain(value) else quoted


def _is_plain(text: str) -> bool:
    """Whether YAML reads a text as itself, also in a list."""
    try:
        return bool(parse_yaml(f"[{text}]", "")[0] == [text])
    except ConfigError:
        return False


def _place(value: Value) -> str:
    """Shorten a place: the last part of a long path; the key of an option that is not the value's own."""
    option, _, setting = value.place.partition(" ")
    if option == "--set":
        key = setting.partition("=")[0].strip()
        return option if key == value.key else f"{option} {key}"
    path, _, line = value.place.rpartition(":")
    return f".../{Path(path).name}:{line}" if len(value.place) > WIDEST_PLACE else value.place
