"""Sweeps: a grid of settings times seeds, a training run for each, and what may be concluded from all of them."""

import copy
import hashlib
import itertools
import json
import math
import re
import shlex
import shutil
import statistics
import time
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from ner_window import storage
from ner_window.config import (
    PATHS,
    Config,
    Section,
    absolute,
    dump_yaml,
    flatten,
    make_absolute,
    parse_setting,
    put,
    read_tree,
    validate,
)
from ner_window.errors import ConfigError, NerWindowError, OutputError
from ner_window.experiment import Run, Sources, prepare, versions
from ner_window.training import BatchReport, EpochReport

Measure = Literal["dev_f1", "best_epoch", "loss", "dev_loss", "gap", "tokens_per_second", "distinct_units", "seconds"]
Curve = Literal["loss", "dev_loss", "dev_f1"]
Verdict = Literal["agrees", "disagrees", "cannot be told apart"]

#: The file that tells a folder of this program's, of a sweep and of a run, from any other folder.
SWEEP_FILE, RUN_FILE = "sweep.yaml", "run.json"
#: Characters of a run's folder name; a longer one is cut and gets a digest.
LONGEST_NAME = 100


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

    A selector is settings by dotted key; it selects the runs that have them all.
    """

    measure: Measure = "dev_f1"
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
    tell what the command's options changed in the file's plan.
    """

    name: str
    options: SweepConfig
    keys: tuple[str, ...]
    runs: tuple[PlannedRun, ...]
    notes: tuple[str, ...]


class _Plan:
    """A sweep's file while options are applied to it. An axis is a dictionary of keys that vary together."""

    def __init__(self, path: Path, seeds: str | None) -> None:
        self.source, self.folder = str(path), path.resolve().parent
        tree, self.origins = read_tree(path)
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
        known = name
        while known and known not in self.origins:
            known = known.rpartition(".")[0]
        return f"{self.origins.get(known, self.source)}: {name}"

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
        return tree, origins | self.overridden


def load_sweep(path: Path, overrides: Sequence[str] = (), grids: Sequence[str] = (), seeds: str | None = None) -> Sweep:
    """Read a sweep's file, apply the options, and build the configuration of every run.

    Parameters
    ----------
    path
        The file; its keys are those of `SweepConfig`. Paths in it are relative to it.
    overrides, grids
        KEY=VALUE to fix a key, KEY=[VALUE, ...] to sweep one, in the place of what the file says of it.
    seeds
        Seeds with commas between them, in the place of the file's.

    Raises
    ------
    ConfigError
        One line for each thing that is wrong in the sweep or in the configuration of any run.
    """
    plan = _Plan(path, seeds)
    plan.apply(overrides, grids)
    tree, origins = plan.base()
    seeds_ = plan.options.seeds or (tree.get("seed", Config.model_fields["seed"].default),)
    points = [(point, seed) for point in expand(plan.axes) for seed in seeds_]
    configs = _configs(tree, points, plan.source, origins)
    named = zip(folder_names(points), points, configs, strict=True)
    runs = tuple(PlannedRun(name, point, seed, config) for name, (point, seed), config in named)
    _refuse_repeats(runs, plan.source)
    swept = [key for axis in plan.axes for key in axis]
    keys = tuple(key for key in swept if any(run.settings[key] != runs[0].settings[key] for run in runs))
    effective = {
        **{"base": tree, "set": {}, "seeds": seeds_, "measures": plan.options.measures or ("dev_f1",)},
        "grid": {key: values for axis in plan.axes for key, values in axis.items() if len(axis) == 1},
        "zip": {key: values for axis in plan.axes for key, values in axis.items() if len(axis) > 1},
        **{"plot": _checked_plot(plan, keys), "lecture": _checked_lecture(plan, runs)},
    }
    return Sweep(path.stem, plan.options.model_copy(update=effective), keys, runs, tuple(plan.notes))


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


def _checked_plot(plan: _Plan, keys: Sequence[str]) -> PlotConfig:
    """Return the plot's options; a key that does not vary is an error, but dropped if an option gave it."""
    plot = plan.options.plot
    for name in ("x", "line"):
        key = getattr(plot, name)
        if key is not None and key not in keys:
            if not plan.has_overridden([key]):
                known = ", ".join(keys) or "nothing, as no key varies"
                raise ConfigError(
                    f"{plan.where(f'plot.{name}')}: should be a key that varies, got {key!r}; known: {known}"
                )
            plot = plot.model_copy(update={name: None})
    return plot


def _checked_lecture(plan: _Plan, runs: Sequence[PlannedRun]) -> LectureConfig:
    """Return what the lecture says, with absolute paths in the selectors.

    A selector that selects no run is an error, but its expectation is dropped if an option gave a key of it.
    """
    kept: list[Expectation] = []
    for number, expectation in enumerate(plan.options.lecture.expect):
        sides = {
            side: {key: absolute(key, value, plan.folder) for key, value in flatten(getattr(expectation, side)).items()}
            for side in ("higher", "lower")
        }
        lost = [side for side, selector in sides.items() if not any(run.has(selector) for run in runs)]
        if not lost:
            kept.append(expectation.model_copy(update=sides))
        for side in lost:
            where = plan.where(f"lecture.expect.{number}.{side}")
            if not plan.has_overridden(sides[side]):
                raise ConfigError(f"{where}: selects no run of the sweep, got {sides[side]!r}; see grid and zip")
            plan.notes.append(f"{where}: selects no run of those left; not compared")
    return plan.options.lecture.model_copy(update={"expect": tuple(kept)})


def shown(key: str, value: Any) -> str:
    """Return a setting's value as tables, plots and names show it: of a path the last part."""
    if isinstance(value, str):
        return Path(value).name if key in PATHS else value
    return json.dumps(value, ensure_ascii=False)


def folder_names(points: Sequence[tuple[Mapping[str, Any], int]]) -> list[str]:
    """Name the runs' folders after their settings and seed, unique also where file systems fold case.

    A run keeps its name when values or seeds are added, so that a sweep can grow and be resumed.
    """
    plain = [_legible(settings, seed) for settings, seed in points]
    times = Counter(name.casefold() for name in plain)
    names = []
    for name, (settings, seed) in zip(plain, points, strict=True):
        if times[name.casefold()] > 1 or len(name) > LONGEST_NAME:
            digest = hashlib.sha256(json.dumps([dict(settings), seed], sort_keys=True).encode()).hexdigest()[:12]
            name = f"{name[: LONGEST_NAME - 13]}-{digest}"
        names.append(name)
    return names


def _legible(settings: Mapping[str, Any], seed: int) -> str:
    last = Counter(key.rpartition(".")[2] for key in settings)
    parts = []
    for key, value in settings.items():
        short = key.rpartition(".")[2]
        parts.append(f"{key if last[short] > 1 or short == 'name' else short}={shown(key, value)}")
    return re.sub(r"[^A-Za-z0-9.+=_-]+", "_", "-".join([*parts, f"seed={seed}"]))


@dataclass(frozen=True)
class Outcome:
    """What a run left. `error` is why it failed, `epochs` the loss, dev loss and dev F1 of each epoch it finished.

    A measure is a number, dev_f1 a fraction, or None where there is none. A failed run has dev_f1 0.
    """

    run: PlannedRun
    error: str | None
    measures: dict[str, float | None]
    epochs: list[dict[str, Any]]
    reused: bool = False


def begin(sweep: Sweep, directory: Path, *, resume: bool, force: bool) -> None:
    """Make the folder of a sweep, or, to resume, take it as it is but for what a killed process left half-written.

    Raises
    ------
    OutputError
        It exists and may not be replaced.
    """
    if (directory / SWEEP_FILE).exists() and not (resume or force):
        raise OutputError(f"{directory}: exists already; go on with --resume, or start again with --force")
    if not (resume and directory.exists()):
        text = dump_yaml(sweep.options)
        storage.write_directory(directory, {SWEEP_FILE: text}, force=force, marker=SWEEP_FILE)
        return
    storage.refuse_existing(directory, True, SWEEP_FILE)
    for left in itertools.chain((directory / "runs").glob(".new-*"), (directory / "runs").glob(".old-*")):
        shutil.rmtree(left, ignore_errors=True)


def execute(sweep: Sweep, directory: Path, *, resume: bool) -> Iterator[BatchReport | EpochReport | Outcome]:
    """Run one after another; yield the reports of each run and then its outcome. Its folder is written whole or not.

    With `resume` a run is not run again if its folder is there, of the same configuration and the same data.
    """
    sources = Sources()
    for run in sweep.runs:
        folder = directory / "runs" / run.name
        finished = read_outcome(folder, run, sources) if resume else None
        yield finished or (yield from _run(run, folder, sources))


def _run(run: PlannedRun, folder: Path, sources: Sources) -> Generator[BatchReport | EpochReport, None, Outcome]:
    began = time.perf_counter()
    epochs: list[EpochReport] = []
    error, digests, prepared = None, {}, None
    try:
        digests = sources.digests(run.config)
        prepared = prepare(run.config, sources)
        for report in prepared.reports():
            if isinstance(report, EpochReport):
                epochs.append(report)
            yield report
    except NerWindowError as problem:
        error = str(problem)
    measures, history = {"dev_f1": 0.0}, prepared.state.history if prepared else []
    if prepared and not error:
        measures = measures_of(prepared, epochs)
    times = {
        "seconds": time.perf_counter() - began,
        "tokens_per_second": statistics.median(r.tokens_per_second for r in epochs) if epochs else None,
    }
    outcome = Outcome(run, error, _finite(measures | times), [_finite(line) for line in history])
    _write_outcome(outcome, folder, digests, [report.seconds for report in epochs])
    return outcome


def measures_of(run: Run, epochs: Sequence[EpochReport]) -> dict[str, float]:
    """Return the measures of a finished run, all but its times; losses are those of the last epoch."""
    last = epochs[-1]
    return {
        "dev_f1": run.state.best_f1,
        "best_epoch": run.state.best_epoch,
        "loss": last.loss,
        "dev_loss": last.dev_loss,
        "gap": last.dev_loss - last.loss,
        "distinct_units": run.distinct_units(),
    }


def _finite(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Replace what JSON has no number for by None."""
    return {name: None if isinstance(x, float) and not math.isfinite(x) else x for name, x in numbers.items()}


def _write_outcome(outcome: Outcome, folder: Path, digests: dict[str, str], seconds: list[float]) -> None:
    run = outcome.run
    times = {name: outcome.measures[name] for name in ("seconds", "tokens_per_second")}
    record = {
        "settings": run.settings,
        "seed": run.seed,
        "error": outcome.error,
        "measures": {name: value for name, value in outcome.measures.items() if name not in times},
        "config": _portable(run.config),
        "digests": digests,
        "versions": versions(),
        "command": shlex.join(["ner-window", "train", str(folder / "config.yaml"), "-o", str(folder / "model")]),
    }
    files = {
        "config.yaml": dump_yaml(run.config),
        "metrics.jsonl": "".join(json.dumps(line) + "\n" for line in outcome.epochs),
        "timings.json": json.dumps({"measures": times, "seconds_of_epochs": seconds}, indent=2) + "\n",
        RUN_FILE: json.dumps(record, indent=2, ensure_ascii=False) + "\n",
    }
    storage.write_directory(folder, files, force=True, marker=RUN_FILE)


def _portable(config: Config) -> dict[str, Any]:
    """Return a configuration without its paths: digests tell better what the files are."""
    return {key: value for key, value in flatten(config.model_dump(mode="json")).items() if key not in PATHS}


def read_outcome(folder: Path, run: PlannedRun, sources: Sources) -> Outcome | None:
    """Return what a run left, or None if it has not run, or was of another configuration or other data."""
    try:
        record, times = (json.loads((folder / name).read_text("utf-8")) for name in (RUN_FILE, "timings.json"))
        epochs = [json.loads(line) for line in (folder / "metrics.jsonl").read_text("utf-8").splitlines()]
        if record["config"] != _portable(run.config) or record["digests"] != sources.digests(run.config):
            return None
        return Outcome(run, record["error"], record["measures"] | times["measures"], epochs, reused=True)
    except (OSError, ValueError, KeyError, TypeError, NerWindowError):
        return None


@dataclass(frozen=True)
class Summary:
    """A measure over seeds: mean, sample deviation, and how many seeds have a value; `failed` of `runs` failed.

    The mean is None without a value, the deviation None with less than two. `error` is that of the first failed run.
    """

    mean: float | None
    deviation: float | None
    seeds: int
    runs: int
    failed: int
    error: str | None


def summarize(outcomes: Sequence[Outcome], measure: str) -> Summary:
    """Return a measure's mean over the runs of each seed, summarised over the seeds."""
    by_seed: dict[int, list[float]] = {}
    for outcome in outcomes:
        value = outcome.measures.get(measure)
        if value is not None:
            by_seed.setdefault(outcome.run.seed, []).append(value)
    values = [statistics.fmean(found) for found in by_seed.values()]
    errors = [outcome.error for outcome in outcomes if outcome.error]
    mean = statistics.fmean(values) if values else None
    deviation = statistics.stdev(values) if len(values) > 1 else None
    return Summary(mean, deviation, len(values), len(outcomes), len(errors), errors[0] if errors else None)


def judge(higher: Summary, lower: Summary) -> Verdict:
    """Compare two means with twice the standard error of their difference, sqrt(s1^2 / n1 + s2^2 / n2) (Welch 1947).

    A smaller difference cannot be told from chance, nor can any where a side has less than two seeds.
    """
    if higher.mean is None or lower.mean is None or higher.deviation is None or lower.deviation is None:
        return "cannot be told apart"
    difference = higher.mean - lower.mean
    error = math.sqrt(higher.deviation**2 / higher.seeds + lower.deviation**2 / lower.seeds)
    if difference == 0 or abs(difference) < 2 * error:
        return "cannot be told apart"
    return "agrees" if difference > 0 else "disagrees"
