"""A YAML text to values, and the line of each key in it. Only what JSON has, too: no tags, no merge keys."""

import re
from typing import Any, ClassVar

import yaml

from ner_window.config.sections import Section
from ner_window.errors import ConfigError

#: Levels of keys and lists in each other, and values in all, of a file that is no mistake and no attack.
DEEPEST = 20
MOST = 50_000

#: Characters of a key.
LONGEST_KEY = 100


class _Loader(yaml.SafeLoader):
    """YAML 1.2's plain scalars: 1e-3 is a number, NO a string, 010 is ten and 12:30 a string."""

    yaml_implicit_resolvers: dict[str, Any] = {}
    yaml_constructors: ClassVar[dict[Any, Any]] = {
        tag: construct
        for tag, construct in yaml.SafeLoader.yaml_constructors.items()
        if tag is None or tag.rpartition(":")[2] in ("str", "seq", "map")
    }


def _int(loader: yaml.SafeLoader, node: Any) -> int:
    return int(_matched(node, "int"))


def _float(loader: yaml.SafeLoader, node: Any) -> float:
    return float(_matched(node, "float"))


def _bool(loader: yaml.SafeLoader, node: Any) -> bool:
    return _matched(node, "bool").lower() == "true"


def _null(loader: yaml.SafeLoader, node: Any) -> None:
    _matched(node, "null")


_PATTERNS = {
    "bool": (re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), "tTfF", _bool),
    "null": (re.compile(r"(?:~|null|Null|NULL|)$"), "~nN", _null),
    "int": (re.compile(r"[-+]?[0-9]{1,400}$"), "-+0123456789", _int),
    "float": (
        re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"),
        "-+.0123456789",
        _float,
    ),
}
for _name, (_pattern, _first, _construct) in _PATTERNS.items():
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", _pattern, [*_first, *[""] * (_name == "null")])
    _Loader.add_constructor(f"tag:yaml.org,2002:{_name}", _construct)


def _matched(node: Any, name: str) -> str:
    """Return the text of a scalar; one with a tag, such as !!int x, need not be what its tag says."""
    if not isinstance(node, yaml.ScalarNode) or not _PATTERNS[name][0].match(node.value):
        raise yaml.constructor.ConstructorError(None, None, f"this is no {name}", node.start_mark)
    return str(node.value)


def parse_yaml(text: str, source: str) -> tuple[Any, dict[str, int]]:
    """Return the value of a YAML text and the line of each dotted key in it; items of lists are keys 0, 1 ...

    Raises
    ------
    ConfigError
        The text is not YAML, or has a key twice or one that is no word, or is endless.
    """
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            lines: dict[str, int] = {}
            _note_lines(node, (), source, lines)
            return (None if node is None else loader.construct_document(node)), lines
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise ConfigError(_explain(error, text, source)) from None
    except RecursionError:
        raise ConfigError(f"{source}: {_TOO_DEEP}") from None


_TOO_DEEP = f"more than {DEEPEST} levels of keys and lists in each other; a configuration has four"


def _explain(error: Any, text: str, source: str) -> str:
    """Say where and why a text is not YAML."""
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return f"{source}:{line}: not YAML: the character U+{ord(text[error.position]):04X} is not allowed; delete it"
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return f"{source}: not YAML: {error}"
    line, problem = error.problem_mark.line + 1, error.problem or ""
    if "another document" in problem:
        return f"{source}:{line}: not YAML: a second document begins here; give it a file of its own"
    if error.context_mark and error.context_mark.line + 1 < line:
        problem += f" {error.context} that began in line {error.context_mark.line + 1}"
    hint = next((hint for sign, hint in _HINTS.items() if sign in problem), "")
    return f"{source}:{line}: not YAML: {problem}{hint}"


#: What is likely meant, by a part of the parser's message.
_HINTS = {
    r"'\t'": "; indent with spaces, not with tabs",
    "constructor for the tag": "; leave the tag out, or quote a text that begins with !",
    "mapping values are not allowed": "; quote a text in which a colon and a space stand",
    "got ':'": "; quote a text in which a colon and a space stand",
    "cannot start any token": "; quote a text that begins with it",
    "stream end": "; close the bracket",
    "end of stream": "; close the quote",
}


def _note_lines(node: Any, above: tuple[str, ...], source: str, lines: dict[str, int]) -> None:
    """Note the line of each key at and below a node, and refuse what is no tree of keys, or is no file of a person."""
    if isinstance(node, yaml.ScalarNode) or node is None:
        return
    where = f"{source}:{node.start_mark.line + 1}"
    if len(above) > DEEPEST:
        raise ConfigError(f"{where}: {_TOO_DEEP}")
    if len(lines) > MOST:
        raise ConfigError(f"{where}: more than {MOST:,} values; write less, or without aliases")
    for number, child in enumerate(node.value):
        key, value = (str(number), child) if isinstance(node, yaml.SequenceNode) else (_key(child[0], source), child[1])
        line = (child if isinstance(node, yaml.SequenceNode) else child[0]).start_mark.line + 1
        name = ".".join((*above, key))
        if name in lines:
            raise ConfigError(f"{source}:{line}: {name}: stands here again, first in line {lines[name]}; delete one")
        lines[name] = line
        _note_lines(value, (*above, key), source, lines)


def _key(node: Any, source: str) -> str:
    """Return the text of a key; a number, null or a list is none."""
    where = f"{source}:{node.start_mark.line + 1}"
    if not isinstance(node, yaml.ScalarNode):
        raise ConfigError(f"{where}: keys should be words, got a list or keys; quote a text in which {{ or [ begins")
    if node.value == "<<":
        raise ConfigError(f"{where}: merge keys are not read; write the keys, or extends: with the path of a file")
    if len(node.value) > LONGEST_KEY:  # it would stand before each key in it, wherever keys are named
        raise ConfigError(f"{where}: a key of more than {LONGEST_KEY} characters, got {node.value[:40]!r}; shorten it")
    if node.tag != "tag:yaml.org,2002:str":
        raise ConfigError(f"{where}: keys should be words, got {node.value or 'nothing'}; see ner-window config schema")
    return str(node.value)


def dump_yaml(config: Section) -> str:
    """Write a configuration with every value in it, in the order of the sections."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
