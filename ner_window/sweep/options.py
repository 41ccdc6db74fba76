"""The keys of a sweep's file, and the command's options applied to them."""

import copy
import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from ner_window.config import (
    Section,
    absolute,
    flatten,
    is_sweep,
    parse_setting,
    place_of,
    put,
    read_config,
    read_tree,
    validate,
    with_extended,
)
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
    if not isinstance(value, str | dict) or not value:
        raise ValueError("should be the path of a config, or a config")
    return value


class PlotConfig(Section):
    """What is drawn: a measure against a key, a line for each value of another; or curves by epoch."""

    x: str | None = Field(None, description="key that varies, from left to right; null: the one with most values")
    y: Measure | None = Field(None, description="measure, from bottom to top; null: the first of measures")
    line: str | None = Field(None, description="key that varies, with a line for each of its values")
    log_x: bool | None = Field(
        None, description="whether each power of ten is as wide as the next; null: where it fits"
    )
    curves: tuple[Curve, ...] = Field((), strict=False, description="what is drawn by epoch, in the place of x and y")


class Expectation(Section):
    """A comparison that the results can contradict: the measure is higher in the runs of one selector than of another.

    A selector is settings by dotted key; it selects the runs that have them all. Where they differ in other keys,
    `take` says what is compared: the mean of all, or, on each side, the best setting: the one with the highest mean
    over the seeds. It is chosen by the numbers that are then compared, so its mean is a little flattered.
    """

    measure: Measure = Field("dev_f1", description="what is compared")
    take: Literal["mean", "best"] = Field(
        "mean", description="of the settings on a side: the mean of all, or the best over the seeds"
    )
    higher: dict[str, Any] = Field(
        min_length=1, description="settings by dotted key: of these runs it should be higher"
    )
    lower: dict[str, Any] = Field(min_length=1, description="settings by dotted key: of these runs it should be lower")


class LectureConfig(Section):
    """What the lecture says, in one sentence, and what should be measured if it is right."""

    says: str = Field("", description="one sentence")
    expect: tuple[Expectation, ...] = Field((), strict=False, description="comparisons that the results can contradict")


class Range(Section):
    """Numbers that a search may try: from low to high, both included; whole ones if both are."""

    low: int | float = Field(description="the least number")
    high: int | float = Field(description="the greatest number")
    step: int | float | None = Field(None, gt=0, description="between one number and the next; null: any")
    log: bool = Field(False, description="whether each power of ten is as likely as the next, as for learning rates")

    @model_validator(mode="after")
    def _is_a_range(self) -> "Range":
        if self.low >= self.high:
            raise ValueError("should have low below high")
        if isinstance(self.low, int) and isinstance(self.high, int) and isinstance(self.step, float):
            raise ValueError("should have a whole step, as low and high are whole; write low: 1.0")
        if self.log and (self.low <= 0 or self.step is not None):
            raise ValueError("should be above 0 and without a step, being logarithmic")
        return self


class SearchConfig(Section):
    """A search in the place of a grid: settings drawn from a space, each with all seeds, for the best mean dev F1."""

    method: Literal["tpe", "random"] = Field(
        "tpe", description="tpe learns from the trials before where to look (Bergstra et al. 2011); random does not"
    )
    trials: int = Field(ge=1, description="the budget: how many settings are tried")
    space: dict[str, Any] = Field(
        min_length=1, description="by dotted key: a list of values, or {low, high, step, log} of numbers"
    )
    seed: int = Field(13, ge=0, le=2**32 - 1, description="of what is drawn; the runs have the seeds of the sweep")
    startup: int = Field(
        10, ge=1, description="so many trials are drawn at random, and none is given up, before anything is learned"
    )
    prune: bool = Field(
        False,
        description="give up a run whose best dev F1 so far is below the median of the trials before, at that epoch",
    )
    batch: int = Field(
        1,
        ge=1,
        description="trials that are drawn together, and can run side by side; which they are depends on it, but not "
        "on the number of workers",
    )


class SweepConfig(Section):
    """The keys of a sweep's file."""

    base: Annotated[Any, BeforeValidator(_path_or_tree)] = Field(
        description="a configuration: a path relative to this file, or its keys"
    )
    set: dict[str, Any] = Field({}, description="what all runs share, by dotted key")
    grid: dict[str, Any] = Field({}, description="by dotted key a list of values: every combination is run")
    zip: dict[str, Any] = Field({}, description="by dotted key lists of equal length: keys that vary together")
    search: SearchConfig | None = Field(None, description="settings drawn from a space, in the place of grid and zip")
    seeds: tuple[Annotated[int, Field(strict=True, ge=0)], ...] = Field(
        (), strict=False, description="every setting is run with each; by default the one of the base"
    )
    measures: tuple[Measure, ...] = Field((), strict=False, description="columns of the table; by default dev_f1")
    plot: PlotConfig = PlotConfig()
    lecture: LectureConfig = LectureConfig()


class Draft:
    """A sweep's file while options are applied to it. An axis is a dictionary of keys that vary together."""

    def __init__(self, path: Path, seeds: str | None, base: Path | None) -> None:
        self.source, self.folder = str(path), path.resolve().parent
        tree, self.origins = read_tree(path)
        if "data" in tree and not is_sweep(tree):
            raise ConfigError(
                f"{path}: is a configuration, not a sweep; a sweep has base: {path.name} and seeds: [13, 14, 15]"
            )
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
        self.space = self._space()
        self._refuse_overlaps([*self.fixed, *grid, *together, *self.space])

    def _lists(self, kind: Literal["grid", "zip"]) -> dict[str, list[Any]]:
        lists = flatten(getattr(self.options, kind))
        for key, values in lists.items():
            if not isinstance(values, list) or not values:
                raise ConfigError(f"{self.where(f'{kind}.{key}')}: should be a list of values, got {values!r}")
        if kind == "zip" and len({len(values) for values in lists.values()}) > 1:
            found = ", ".join(f"{key} {len(values)}" for key, values in lists.items())
            raise ConfigError(f"{self.where('zip')}: lists should be equally long, got {found}")
        return {key: [absolute(key, value, self.folder) for value in values] for key, values in lists.items()}

    def _space(self) -> dict[str, list[Any] | Range]:
        """Return what a search may try of each key: some values, or a range of numbers."""
        space: dict[str, list[Any] | Range] = {}
        for key, value in (self.options.search.space if self.options.search else {}).items():
            place = f"search.space.{key}"
            if isinstance(value, dict):
                space[key] = validate(Range, value, self.where(place), {})
            elif isinstance(value, list) and value:
                space[key] = [absolute(key, each, self.folder) for each in value]
            else:
                raise ConfigError(f"{self.where(place)}: should be a list of values or {{low, high}}, got {value!r}")
        if space and self.axes:
            raise ConfigError(f"{self.where('search')}: cannot go with grid or zip; a list in search.space is a grid's")
        return space

    def where(self, name: str) -> str:
        """Return file:line: name of a key of the sweep's own, or of the key that it is a part of."""
        return place_of(name, self.source, self.origins)

    def _places(self, key: str) -> list[str]:
        """Return the options, or else the lines, that set or sweep a key of the config."""
        names = [f"{kind}.{key}" for kind in ("set", "grid", "zip", "search.space")]
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
            if self.space:
                raise ConfigError(f"--grid {key}: cannot go with search; write it as a list in search.space")
            self._release(key, f"--grid {text}")
            self.fixed.pop(key, None)
            self.axes.append({key: [absolute(key, value, Path.cwd()) for value in values]})
        self._refuse_overlaps([*self.fixed, *(key for axis in self.axes for key in axis)])

    def _release(self, key: str, option: str) -> None:
        """Take a key out of the axes or of the space, because an option gives it."""
        self.overridden[key] = option
        if self.space.pop(key, None) is not None:
            self.notes.append(f"{option}: in the place of what the file's search may try of {key}")
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
            inline = {key.removeprefix("base."): at for key, at in self.origins.items() if key.startswith("base.")}
            tree, origins = with_extended(copy.deepcopy(self.options.base), inline, Path(self.source))
        else:
            tree, origins = read_config(self.folder / self.options.base)
        for key, value in self.fixed.items():
            put(tree, key, value)
        for section in ("base", "set", "grid", "zip", "search.space"):
            head = f"{section}."
            origins |= {key.removeprefix(head): at for key, at in self.origins.items() if key.startswith(head)}
        if "seeds" in self.origins:
            origins["seed"] = self.origins["seeds"]
        origins |= self.overridden
        keys = itertools.chain(self.fixed, self.space, *self.axes)
        whole = tuple(f"{key}." for key in keys)  # no part of these is the base's
        return tree, {key: where for key, where in origins.items() if not key.startswith(whole)}
