"""A file, what it extends, and the settings of a command, in one configuration; where each of its values comes from."""

import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ner_window.config.keys import (
    PATHS,
    absolute,
    at_home,
    flatten,
    get,
    keys_below,
    make_absolute,
    merge,
    parse_setting,
    put,
)
from ner_window.config.messages import place_of, shown, validate
from ner_window.config.sections import Config
from ner_window.config.yaml_text import parse_yaml
from ner_window.errors import ConfigError

#: Bytes of a file of keys and values.
LARGEST = 1 << 20


def load_config(path: Path | str, overrides: Sequence[str] = ()) -> Config:
    """Read a file, apply overrides of the form key=value, make paths absolute and check everything.

    Raises
    ------
    ConfigError
        One line for each thing that is wrong, with file, line and dotted key.
    """
    return resolve(path, overrides)[0]


def resolve(path: Path | str, overrides: Sequence[str] = ()) -> tuple[Config, dict[str, str]]:
    """Return the configuration and, by dotted key, where each value that is no default comes from."""
    tree, origins = read_config(path)
    for override in overrides:
        _override(tree, origins, override)
    return validate(Config, tree, str(path), origins), origins


def _override(tree: dict[str, Any], origins: dict[str, str], override: str) -> None:
    """Put the value of --set into a tree, and where it comes from among the origins of all that it replaces."""
    key, value = parse_setting(override)
    *sections, _ = itertools.accumulate(key.split("."), "{}.{}".format)
    replaced = [section for section in sections if not isinstance(get(tree, section), dict)]
    put(tree, key, absolute(key, value, Path.cwd()))
    for name in (*replaced, key):
        _forget(origins, name)
    origins |= dict.fromkeys([*replaced, *keys_below(value, key)], f"--set {override}")


def read_config(path: Path | str) -> tuple[dict[str, Any], dict[str, str]]:
    """Read a configuration and what it extends, unchecked; return it with absolute paths, and file:line of each key.

    Raises
    ------
    ConfigError
        A file cannot be read, or is a sweep, or the file that it extends extends another.
    """
    tree, origins = read_tree(path)
    if is_sweep(tree):
        raise ConfigError(
            f"{path}: is a sweep, not a configuration; ner-window experiment {path} --dry-run lists its runs"
        )
    return with_extended(tree, origins, Path(path))


def with_extended(tree: dict[str, Any], origins: dict[str, str], path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Put the keys of a configuration that stands in the file `path` on top of those of the one that it extends.

    Sections are merged key by key; lists and all else are replaced. Paths become absolute: they are relative to the
    file that they stand in.
    """
    own = {key: value for key, value in tree.items() if key != "extends"}
    make_absolute(own, path.resolve().parent)
    if "extends" not in tree:
        return own, origins
    below, lines = _read_extended(tree["extends"], path, f"{origins.get('extends', path)}: extends")
    for key in flatten(own):
        _forget(lines, key)
    return merge(below, own), lines | origins


def _read_extended(name: Any, path: Path, where: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Read the configuration that `extends` of a file names, with absolute paths; refuse what cannot be extended."""
    what = f"{where}: should be the path of a configuration, got {shown(name)}"
    if not isinstance(name, str) or not name:
        raise ConfigError(what)
    try:
        base = _beside(path, name)
        exists = base.exists()
    except (OSError, ValueError) as error:  # a name that is too long, or holds what none can
        raise ConfigError(f"{what}: {getattr(error, 'strerror', None) or error}") from None
    if not exists:
        raise ConfigError(f"{where}: does not exist, got {name!r}; a path is relative to the file that it stands in")
    if base.is_dir():
        raise ConfigError(f"{what}, a directory")
    tree, lines = read_tree(base)
    if is_sweep(tree):
        raise ConfigError(f"{what}, a sweep")
    if "extends" in tree:
        raise ConfigError(
            f"{where}: got {name!r}, which extends a file itself ({lines['extends']}); extends goes one level: extend "
            "that file, or write its keys here"
        )
    make_absolute(tree, base.resolve().parent)
    return tree, lines


def _forget(origins: dict[str, str], key: str) -> None:
    """Drop where a key and the keys in it came from: it is replaced as a whole."""
    for name in [name for name in origins if name == key or name.startswith(f"{key}.")]:
        del origins[name]


def _beside(path: Path, name: str) -> Path:
    """Return a path that is relative to a file: short where no symbolic link stands between them."""
    short = Path(os.path.normpath(path.parent / at_home(name)))
    true = path.resolve().parent / at_home(name)
    return short if os.path.realpath(short) == os.path.realpath(true) else true


def is_sweep(tree: Mapping[str, Any]) -> bool:
    """Tell whether these are keys of a sweep, which a configuration does not have."""
    return any(key in tree for key in ("base", "grid", "zip", "search"))


def read_tree(path: Path | str) -> tuple[dict[str, Any], dict[str, str]]:
    """Read a file of keys and values; return them, and file:line of each dotted key."""
    tree, lines = parse_yaml(_read_text(path), str(path))
    if not isinstance(tree, dict):
        found = "nothing" if tree is None else type(tree).__name__
        raise ConfigError(f"{path}: expected keys and values, got {found}; see ner-window config schema")
    return tree, {key: f"{path}:{line}" for key, line in lines.items()}


def _read_text(path: Path | str) -> str:
    try:
        with Path(path).open("rb") as file:
            raw = file.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise ConfigError(f"{path}: more than {LARGEST >> 20} MB; is it a configuration?")
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        byte = error.object[error.start]
        raise ConfigError(f"{path}:{line}: is not UTF-8, got the byte 0x{byte:02x}; save the file as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None
    except ValueError as error:  # a null character in the path
        raise ConfigError(f"{path!r}: cannot be read: {error}") from None


def missing_files(
    config: Config, source: str, origins: Mapping[str, str], keys: Sequence[str] = PATHS
) -> Iterator[str]:
    """Yield a message for each file, and for the teacher, that a configuration names and that does not exist."""
    for key in keys:
        section, _, name = key.partition(".")
        value = getattr(getattr(config, section), name)
        if value is not None and Path(value).is_absolute() and not _exists(Path(value)):  # random is not made absolute
            yield (
                f"{place_of(key, source, origins)}: does not exist, got {value!r}; "
                "a path is relative to the file that it stands in, that of an option to the working directory"
            )


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # it cannot be looked at: training will tell why
        return True
