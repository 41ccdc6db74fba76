"""From a sweep's file and options to its planned runs: every setting with every seed, all checked before any starts."""

import copy
import hashlib
import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ner_window.config import PATHS, Config, absolute, flatten, missing_files, put, validate
from ner_window.errors import ConfigError
from ner_window.sweep.options import (
    Draft,
    Expectation,
    LectureConfig,
    PlotConfig,
    Range,
    SearchConfig,
    SweepConfig,
)

#: The paths that a run reads: the test set is looked at when all have ended, if at all.
READ = tuple(key for key in PATHS if key != "data.test")
#: Characters of a run's folder name; a longer one is cut and gets a digest.
LONGEST_NAME = 100


@dataclass(frozen=True)
class PlannedRun:
    """One run of a sweep: its folder's name, its values of the swept keys, its seed, its whole configuration."""

    name: str
    settings: dict[str, Any]
    seed: int
    config: Config

    def has(self, selector: Mapping[str, Any]) -> bool:
        """Whether the run has all settings of a selector."""
        known = flatten(self.config.model_dump(mode="json")) | self.settings
        return all(key in known and known[key] == value for key, value in flatten(dict(selector)).items())


@dataclass(frozen=True)
class Sweep:
    """A sweep with everything in it checked: each run has its configuration, each expectation selects runs.

    `options` are the file's after all options of the command, with absolute paths and the base config in them: written
    as YAML they are a sweep that gives the same runs. `keys` are the swept keys that have more than one value; `notes`
    tell what the command's options changed in the file's plan. The runs of a search are not known before: `space` is
    what may be tried of each key, and `plan` makes runs of settings, each with all seeds.
    """

    name: str
    options: SweepConfig
    keys: tuple[str, ...]
    runs: tuple[PlannedRun, ...]
    notes: tuple[str, ...]
    space: Mapping[str, list[Any] | Range]
    plan: Callable[[Sequence[dict[str, Any]]], tuple[PlannedRun, ...]]

    def of(self, runs: Iterable[PlannedRun]) -> "Sweep":
        """Return the sweep as one of these runs, which a search has come to."""
        return replace(self, runs=tuple({run.name: run for run in runs}.values()))

    @property
    def size(self) -> int:
        """How many runs it has, or can have."""
        search = self.options.search
        return search.trials * len(self.options.seeds) if search else len(self.runs)


def load_sweep(
    path: Path,
    overrides: Sequence[str] = (),
    grids: Sequence[str] = (),
    seeds: str | None = None,
    base: Path | None = None,
) -> Sweep:
    """Read a sweep's file, apply the options, and build the configuration of every run.

    Parameters
    ----------
    path
        The file; its keys are those of `SweepConfig`. Paths in it are relative to it.
    overrides, grids
        KEY=VALUE to fix a key, KEY=[VALUE, ...] to sweep one, in the place of what the file says of it.
    seeds
        Seeds with commas between them, in the place of the file's.
    base
        A config in the place of the file's base. What the file sets and sweeps still applies to it.

    Raises
    ------
    ConfigError
        One line for each thing that is wrong in the sweep or in the configuration of any run, and for each file of
        train, dev or vectors that does not exist.
    """
    draft = Draft(path, seeds, base)
    draft.apply(overrides, grids)
    tree, origins = draft.base()
    seeds_ = draft.options.seeds or (tree.get("seed", Config.model_fields["seed"].default),)

    def plan(settings: Iterable[dict[str, Any]]) -> tuple[PlannedRun, ...]:
        points = [(point, seed) for point in settings for seed in seeds_]
        configs = _configs(tree, points, draft.source, origins)
        named = zip(folder_names(points), points, configs, strict=True)
        return tuple(PlannedRun(name, point, seed, config) for name, (point, seed), config in named)

    runs: tuple[PlannedRun, ...] = ()
    if draft.options.search:
        keys = _searched(draft)
        plan(_ends(draft.space))
        draft.options = draft.options.model_copy(update={"search": _resolved(draft)})
    else:
        runs = plan(expand(draft.axes))
        _refuse_repeats(runs, draft.source)
        swept = [key for axis in draft.axes for key in axis]
        keys = tuple(key for key in swept if any(run.settings[key] != runs[0].settings[key] for run in runs))
    effective = {
        **{"base": tree, "set": {}, "seeds": seeds_, "measures": draft.options.measures or ("dev_f1",)},
        "grid": {key: values for axis in draft.axes for key, values in axis.items() if len(axis) == 1},
        "zip": {key: values for axis in draft.axes for key, values in axis.items() if len(axis) > 1},
        **{"plot": _checked_plot(draft, keys), "lecture": _checked_lecture(draft, runs)},
    }
    options = draft.options.model_copy(update=effective)
    return Sweep(path.stem, options, keys, runs, tuple(draft.notes), draft.space, plan)


def _searched(draft: Draft) -> tuple[str, ...]:
    """Return the keys of a search; what it is expected to show cannot be told of runs that are not known before."""
    if not draft.space:
        raise ConfigError(f"{draft.where('search.space')}: nothing is left to search; leave the options out, or search")
    if draft.options.lecture.expect:
        raise ConfigError(f"{draft.where('lecture.expect')}: cannot go with search, whose runs are not known before")
    return tuple(draft.space)


def _ends(space: Mapping[str, list[Any] | Range]) -> Iterator[dict[str, Any]]:
    """Yield settings in which each value, and each end of a range, stands once: what is wrong shows before any run."""
    values = {key: each if isinstance(each, list) else [each.low, each.high] for key, each in space.items()}
    first = {key: its[0] for key, its in values.items()}
    yield first
    for key, its in values.items():
        yield from ({**first, key: value} for value in its[1:])


def _resolved(draft: Draft) -> SearchConfig | None:
    """Return the search with what is left of its space, and absolute paths in it."""
    space = {key: each if isinstance(each, list) else each.model_dump() for key, each in draft.space.items()}
    return draft.options.search and draft.options.search.model_copy(update={"space": space})


def expand(axes: Sequence[Mapping[str, Sequence[Any]]]) -> Iterator[dict[str, Any]]:
    """Yield every combination of the axes' points as settings by key; the keys of one axis vary together."""
    rows = [[dict(zip(axis, values, strict=True)) for values in zip(*axis.values(), strict=True)] for axis in axes]
    for combination in itertools.product(*rows):
        yield {key: value for row in combination for key, value in row.items()}


def _configs(
    tree: dict[str, Any], points: Iterable[tuple[dict[str, Any], int]], source: str, origins: dict[str, str]
) -> list[Config]:
    """Build all configurations before any run starts: a typing error costs nothing."""
    configs: list[Config] = []
    problems: dict[str, None] = {}
    for point, seed in points:
        whole = copy.deepcopy(tree)
        for key, value in [*point.items(), ("seed", seed)]:
            put(whole, key, value)
        try:
            configs.append(validate(Config, whole, source, origins))
            problems |= dict.fromkeys(missing_files(configs[-1], source, origins, READ))
        except ConfigError as error:
            problems |= dict.fromkeys(str(error).split("\n"))
    if problems:
        raise ConfigError("\n".join(problems))
    return configs


def _refuse_repeats(runs: Sequence[PlannedRun], source: str) -> None:
    first: dict[str, PlannedRun] = {}
    for run in runs:
        other = first.setdefault(run.config.model_dump_json(), run)
        if other is not run:
            values = ", ".join(
                f"{key}={shown(key, value)}" for key, value in {**run.settings, "seed": run.seed}.items()
            )
            raise ConfigError(f"{source}: two runs are the same, got {values} twice; delete a repeated value or seed")


def _checked_plot(draft: Draft, keys: Sequence[str]) -> PlotConfig:
    """Return the plot's options; a key that does not vary is an error, but dropped if an option gave it."""
    plot = draft.options.plot
    for name in ("x", "line"):
        key = getattr(plot, name)
        if key is not None and key not in keys:
            if not draft.has_overridden([key]):
                known = ", ".join(keys) or "nothing, as no key varies"
                raise ConfigError(
                    f"{draft.where(f'plot.{name}')}: should be a key that varies, got {key!r}; known: {known}"
                )
            plot = plot.model_copy(update={name: None})
    return plot


def _checked_lecture(draft: Draft, runs: Sequence[PlannedRun]) -> LectureConfig:
    """Return what the lecture says, with absolute paths in the selectors.

    A selector that selects no run is an error, but its expectation is dropped if an option gave a key of it.
    """
    kept: list[Expectation] = []
    for number, expectation in enumerate(draft.options.lecture.expect):
        sides = {
            side: {
                key: absolute(key, value, draft.folder) for key, value in flatten(getattr(expectation, side)).items()
            }
            for side in ("higher", "lower")
        }
        lost = [side for side, selector in sides.items() if not any(run.has(selector) for run in runs)]
        if not lost:
            kept.append(expectation.model_copy(update=sides))
        for side in lost:
            where = draft.where(f"lecture.expect.{number}.{side}")
            if not draft.has_overridden(sides[side]):
                raise ConfigError(f"{where}: selects no run of the sweep, got {sides[side]!r}; see grid and zip")
            draft.notes.append(f"{where}: selects no run of those left; not compared")
    return draft.options.lecture.model_copy(update={"expect": tuple(kept)})


def shown(key: str, value: Any) -> str:
    """Return a setting's value as tables, plots and names show it: of a path the last part."""
    if isinstance(value, str):
        return Path(value).name if key in PATHS else value
    return json.dumps(value, ensure_ascii=False)


def folder_names(points: Sequence[tuple[Mapping[str, Any], int]]) -> list[str]:
    """Name the runs' folders after their settings and seed, unique also where file systems fold case.

    A name that does not tell all, as it is cut, or leaves out characters or the folder of a path, gets a digest. It
    hangs on nothing but the run, but for two that differ in case alone: so a sweep can grow, and a search be resumed.
    """
    plain = [_legible(settings, seed) for settings, seed in points]
    times = Counter(name.casefold() for name, _ in plain)
    names = []
    for (name, whole), (settings, seed) in zip(plain, points, strict=True):
        if not whole or times[name.casefold()] > 1 or len(name) > LONGEST_NAME:
            digest = hashlib.sha256(json.dumps([dict(settings), seed], sort_keys=True).encode()).hexdigest()[:12]
            name = f"{name[: LONGEST_NAME - 13]}-{digest}"
        names.append(name)
    return names


def _legible(settings: Mapping[str, Any], seed: int) -> tuple[str, bool]:
    """Return a name that every file system can hold, and whether it tells all."""
    last = Counter(key.rpartition(".")[2] for key in settings)
    parts = []
    for key, value in settings.items():
        short = key.rpartition(".")[2]
        parts.append(f"{key if last[short] > 1 or short == 'name' else short}={shown(key, value)}")
    text = "-".join([*parts, f"seed={seed}"])
    name = re.sub(r"[^A-Za-z0-9.+=_-]+", "_", text)
    paths = any(key in PATHS and shown(key, value) != value for key, value in settings.items())
    return name, name == text and not paths
