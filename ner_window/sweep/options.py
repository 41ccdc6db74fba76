"""The keys of a sweep's file, and the command's options applied to them."""

import copy
import itertools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from ner_window.config import Section, absolute, flatten, make_absolute, parse_setting, put, read_tree, validate
from ner_window.errors import ConfigError

Measure = Literal[
    "dev_f1",
    "unseen_f1",
    "best_epoch",
    "loss",
    "dev_loss",
    "gap",
    "rise",
    "tokens_per_second",
    "distinct_units",
    "seconds",
]
Curve = Literal["loss", "dev_loss", "dev_f1"]


def _path_or_tree(value: object) -> object:
    if not isinstance(value, str | dict):
        raise ValueError("should be the path of a config, or a config")
    return value


class PlotConfig(Section):
    """What is drawn: a measure against a key, a line for each value of another; or curves by epoch."""

    x: str | None = None
    y: Measure | None = None
    line: str | None = None
    log_x: bool | None = None
    curves: tuple[Curve, ...] = Field((), strict=False)


class Expectation(Section):
    """A comparison that the results can contradict: the measure is higher in the runs of one selector than of another.

    A selector is settings by dotted key; it selects the runs that have them all. Where they differ in other keys,
    `take` says what is compared: the mean of all, or, on each side, the best setting: the one with the highest mean
    over the seeds. It is chosen by the numbers that are then compared, so its mean is a little flattered.
    """

    measure: Measure = "dev_f1"
    take: Literal["mean", "best"] = "mean"
    higher: dict[str, Any] = Field(min_length=1)
    lower: dict[str, Any] = Field(min_length=1)


class LectureConfig(Section):
    """What the lecture says, in one sentence, and what should be measured if it is right."""

    says: str = ""
    expect: tuple[Expectation, ...] = Field((), strict=False)


class SweepConfig(Section):
    """The keys of a sweep's file."""

    base: Annotated[Any, BeforeValidator(_path_or_tree)]
    set: dict[str, Any] = {}
    grid: dict[str, Any] = {}
    zip: dict[str, Any] = {}
    seeds: tuple[Annotated[int, Field(strict=True, ge=0)], ...] = Field((), strict=False)
    measures: tuple[Measure, ...] = Field((), strict=False)
    plot: PlotConfig = PlotConfig()
    lecture: LectureConfig = LectureConfig()


def place_of(name: str, source: str, origins: Mapping[str, str]) -> str:
    """Return where a dotted key is given, or the key that it is a part of, and the key: the head of a message on it."""
    known = name
    while known and known not in origins:
        known = known.rpartition(".")[0]
    return f"{origins.get(known, source)}: {name}"


class Draft:
    """A sweep's file while options are applied to it. An axis is a dictionary of keys that vary together."""

    def __init__(self, path: Path, seeds: str | None, base: Path | None) -> None:
        self.source, self.folder = str(path), path.resolve().parent
        tree, self.origins = read_tree(path)
        if base is not None:
            tree["base"] = str(base.absolute())
            self.origins = {key: where for key, where in self.origins.items() if not key.startswith("base.")}
            self.origins["base"] = f"--base {base}"
        if seeds is not None:
            tree["seeds"] = parse_setting(f"seeds=[{seeds}]", "--seeds")[1]
            self.origins["seeds"] = f"--seeds {seeds}"
        self.options = validate(SweepConfig, tree, self.source, self.origins)
        self.notes: list[str] = []
        self.overridden: dict[str, str] = {}
        self.fixed = {key: absolute(key, value, self.folder) for key, value in flatten(self.options.set).items()}
        grid, together = (self._lists(kind) for kind in ("grid", "zip"))
        self.axes = [{key: values} for key, values in grid.items()] + [together] * bool(together)
        self._refuse_overlaps([*self.fixed, *grid, *together])

    def _lists(self, kind: Literal["grid", "zip"]) -> dict[str, list[Any]]:
        lists = flatten(getattr(self.options, kind))
        for key, values in lists.items():
            if not isinstance(values, list) or not values:
                raise ConfigError(f"{self.where(f'{kind}.{key}')}: should be a list of values, got {values!r}")
        if kind == "zip" and len({len(values) for values in lists.values()}) > 1:
            found = ", ".join(f"{key} {len(values)}" for key, values in lists.items())
            raise ConfigError(f"{self.where('zip')}: lists should be equally long, got {found}")
        return {key: [absolute(key, value, self.folder) for value in values] for key, values in lists.items()}

    def where(self, name: str) -> str:
        """Return file:line: name of a key of the sweep's own, or of the key that it is a part of."""
        return place_of(name, self.source, self.origins)

    def _places(self, key: str) -> list[str]:
        """Return the options, or else the lines, that set or sweep a key of the config."""
        names = [f"{kind}.{key}" for kind in ("set", "grid", "zip")]
        in_file = [self.origins[name] for name in names if name in self.origins] or [self.source]
        return [self.overridden[key]] if key in self.overridden else in_file

    def _refuse_overlaps(self, keys: Sequence[str]) -> None:
        """Refuse a key that stands twice in set, grid and zip, or beside a section of which it is a part."""
        for first, second in itertools.permutations(keys, 2):
            if first == second or second.startswith(f"{first}."):
                places = {place for key in (first, second) for place in self._places(key)}
                raise ConfigError(f"{', '.join(sorted(places))}: {second}: given more than once; leave one of them")
        if "seed" in keys:
            raise ConfigError(f"{self._places('seed')[0]}: seed: cannot be set or swept; write seeds: [13, 14, 15]")

    def apply(self, overrides: Sequence[str], grids: Sequence[str]) -> None:
        """Apply --set and then --grid. Their paths are relative to the working directory."""
        for text in overrides:
            key, value = parse_setting(text)
            self._release(key, f"--set {text}")
            self.fixed[key] = absolute(key, value, Path.cwd())
        for text in grids:
            key, values = parse_setting(text, "--grid", "model.activation=[tanh, relu]")
            if not isinstance(values, list) or not values:
                raise ConfigError(f"--grid {key}: should be a list of values, got {values!r}; write {key}=[a, b]")
            self._release(key, f"--grid {text}")
            self.fixed.pop(key, None)
            self.axes.append({key: [absolute(key, value, Path.cwd()) for value in values]})
        self._refuse_overlaps([*self.fixed, *(key for axis in self.axes for key in axis)])

    def _release(self, key: str, option: str) -> None:
        """Take a key out of the axes, because an option gives it."""
        self.overridden[key] = option
        for axis in self.axes:
            if axis.pop(key, None) is not None:
                self.notes.append(f"{option}: in the place of the values that the file gives to {key}")
        self.axes = [axis for axis in self.axes if axis]

    def has_overridden(self, keys: Iterable[str]) -> bool:
        """Whether an option gave one of these keys, or a section of it, or a part of it."""
        pairs = itertools.product(keys, self.overridden)
        return any(f"{a}.".startswith(f"{b}.") or f"{b}.".startswith(f"{a}.") for a, b in pairs)

    def base(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the base config as a tree, with absolute paths and the fixed settings, and where each key is given."""
        if isinstance(self.options.base, dict):
            tree, origins = copy.deepcopy(self.options.base), dict[str, str]()
            make_absolute(tree, self.folder)
        else:
            path = self.folder / self.options.base
            tree, origins = read_tree(path)
            make_absolute(tree, path.resolve().parent)
        for key, value in self.fixed.items():
            put(tree, key, value)
        for section in ("base", "set", "grid", "zip"):
            places = [(key.partition("."), where) for key, where in self.origins.items()]
            origins |= {key: where for (first, _, key), where in places if first == section and key}
        if "seeds" in self.origins:
            origins["seed"] = self.origins["seeds"]
        origins |= self.overridden
        whole = tuple(f"{key}." for key in itertools.chain(self.fixed, *self.axes))  # no part of these is the base's
        return tree, {key: where for key, where in origins.items() if not key.startswith(whole)}
