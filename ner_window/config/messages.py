"""What is wrong with a tree of keys and values, each with its line, its dotted key and what was likely meant."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from ner_window.config.sections import Config, Section
from ner_window.errors import ConfigError

SectionType = TypeVar("SectionType", bound=Section)

#: The longest value that a message shows in full.
LONGEST = 120

#: Pydantic's kinds of findings, in the words of a YAML file.
WORDS = {
    "tuple_type": "should be a list",
    "dict_type": "should be keys and values",
    "model_type": "should be keys and values",
    "int_type": "should be a valid integer",
    "int_from_float": "should be a valid integer",
    "float_type": "should be a valid number",
    "bool_type": "should be true or false",
    "string_too_short": "should not be empty",
    "too_short": "should not be empty",
    "finite_number": "should be a finite number",
}


def validate(model: type[SectionType], tree: dict[str, Any], source: str, origins: Mapping[str, str]) -> SectionType:
    """Check a tree against a model of it; `origins` tells by dotted key where each value comes from.

    Raises
    ------
    ConfigError
        One line for each thing that is wrong, with its origin and dotted key.
    """
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        problems = [problem for problem in error.errors() if problem["type"] != "too_short" or not problem["input"]]
        raise ConfigError("\n".join(_explain(problem, model, source, origins) for problem in problems)) from None


def place_of(name: str, source: str, origins: Mapping[str, str]) -> str:
    """Return where a dotted key is given, or the key that it is a part of, and the key: the head of a message on it."""
    known = name
    while known and known not in origins:
        known = known.rpartition(".")[0]
    return f"{origins.get(known, source)}: {name}"


def _explain(problem: Any, model: type[BaseModel], source: str, origins: Mapping[str, str]) -> str:
    """Write one of pydantic's findings as where: key: what; hint."""
    location = [str(part) for part in problem["loc"]]
    head = place_of(".".join(location), source, origins)
    if problem["type"] == "extra_forbidden":
        return f"{head}: unknown key; {_likely_key(location, model)}"
    if problem["type"] == "missing":
        settable = model is Config and not any(part.isdigit() for part in location)
        option = f" or with --set {'.'.join(location)}=..." if settable else ""
        return f"{head}: is missing; set it in the file{option}"
    message = WORDS.get(problem["type"]) or problem["msg"].removeprefix("Input ").removeprefix("Value error, ")
    message, semicolon, hint = message.partition("; ")
    if problem["type"] == "literal_error":
        semicolon, hint = _likely_value(problem["input"], problem["ctx"]["expected"])
    return f"{head}: {message}, got {shown(problem['input'])}{semicolon}{hint}"


def shown(value: Any) -> str:
    """Return a value as messages show it: YAML's null as nothing, and not more than `LONGEST` characters."""
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 4]} ..."


def _likely_value(value: Any, expected: str) -> tuple[str, str]:
    """Return a hint at the nearest of the values that pydantic lists as 'a', 'b' or 'c'."""
    names = expected.replace(" or ", ", ").replace("'", "").split(", ")
    near = difflib.get_close_matches(str(value).lower(), names, 1)
    return ("; ", f"did you mean {near[0]!r}?") if near else ("", "")


def _likely_key(location: Sequence[str], model: type[BaseModel]) -> str:
    """Return a hint at the key that was meant: one of its section that is near, or of its name in another section."""
    if location == ["extends"]:
        return "extends can stand at the top of a configuration's file only"
    names = _fields(model, location[:-1])
    if near := difflib.get_close_matches(location[-1], names, 1):
        return f"did you mean {near[0]!r}?"
    last = location[-1].rpartition(".")[2]
    sections = [name for name, field in model.model_fields.items() if last in _keys(field.annotation)]
    return f"did you mean {last} of {' or '.join(sections)}?" if sections else f"known here: {', '.join(names)}"


def _keys(annotation: Any) -> Iterable[str]:
    """Return the keys of a section, or none if it is something else."""
    return annotation.model_fields if isinstance(annotation, type) and issubclass(annotation, BaseModel) else ()


def _fields(model: type[BaseModel], location: Sequence[str]) -> list[str]:
    """Return the keys of the section at a location, in which numbers are places in lists."""
    for part in location:
        if part in model.model_fields:
            model = _section(model.model_fields[part].annotation) or model
    return list(model.model_fields)


def _section(annotation: Any) -> type[BaseModel] | None:
    """Find the section in an annotation such as tuple[Section, ...]."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_section, get_args(annotation))), None)
