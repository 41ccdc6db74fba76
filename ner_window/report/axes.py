"""What is drawn on axes of matplotlib: a measure of a sweep against a key, and curves by epoch.

Colors are Okabe and Ito's, which the colour-blind can tell apart; lines differ in their markers, too.
"""

import math
import statistics
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ner_window.report.numbers import FORMATS, label, selector_text
from ner_window.sweep.folders import Outcome
from ner_window.sweep.options import Curve, Range
from ner_window.sweep.plan import Sweep, shown
from ner_window.sweep.results import summarize

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = "os^Dv<>P"
#: Largest value over smallest from which on an axis is logarithmic, of a swept key and of what is measured.
WIDE_X, WIDE_Y = 20, 200
#: Characters of names that fit side by side on an inch of an axis, and those of one name for each inch.
ROOM, LONGEST = 11, 5.5
#: Digits that fit on an inch of an axis, and the part of a figure's width between the first and the last value.
DIGITS, PART = 11, 0.75


def draw_measure(
    axes: Any,
    outcomes: Sequence[Outcome],
    x: str | None,
    y: str,
    others: Sequence[str],
    log_x: bool | None = None,
) -> list[str]:
    """Draw mean and deviation of a measure against a key, a line for each value of the others, and seeds as dots.

    Returns the names of the lines, in the order of their colors.
    """
    lines = lines_of(outcomes, others)
    places, ordered = _places([_value(outcome, x) for outcome in outcomes])
    spread = 0.0 if ordered else 0.6 / len(lines)  # lines stand side by side above a name
    for i, (name, found) in enumerate(lines.items()):
        shift = spread * (i - (len(lines) - 1) / 2)
        points = [(place + shift, [o for o in found if _value(o, x) == value]) for value, place in places.items()]
        style = {"color": COLORS[i % len(COLORS)], "marker": MARKERS[i % len(MARKERS)], "label": name}
        style["linestyle"] = "-" if ordered else "none"
        _draw_line(axes, [(place, at) for place, at in points if at], y, style, aside=0.15 * spread)
    if x:
        _set_x(axes, x, places, log_x)
    _set_y(axes, y)
    return list(lines)


def draw_trials(axes: Any, outcomes: Sequence[Outcome], x: str, y: str, log_x: bool | None = None) -> None:
    """Draw a measure of each run of a search against a key; runs that were given up or have failed are rings."""
    places, factor = _places([_value(outcome, x) for outcome in outcomes])[0], FORMATS[y][0]
    for whole, style in ((False, {"markerfacecolor": "none"}), (True, {"alpha": 0.7})):
        found = [o for o in outcomes if (not o.pruned and not o.error) == whole and o.measures.get(y) is not None]
        values = [factor * (o.measures[y] or 0) for o in found]
        axes.plot([places[_value(o, x)] for o in found], values, "o", color=COLORS[0], markersize=6, **style)
    _set_x(axes, x, places, log_x)
    _set_y(axes, y)


def log_of(sweep: Sweep, x: str | None) -> bool | None:
    """Return whether the axis of a key is logarithmic, as its search or the file says; None: as its numbers ask for."""
    space = sweep.space.get(x) if x else None
    return space.log if isinstance(space, Range) else sweep.options.plot.log_x if x == sweep.options.plot.x else None


def _draw_line(
    axes: Any, points: Sequence[tuple[float, list[Outcome]]], y: str, style: dict[str, Any], aside: float
) -> None:
    factor = FORMATS[y][0]
    for place, found in points:
        seeds = [factor * value for o in found if (value := o.measures.get(y)) is not None]
        axes.plot([place + aside] * len(seeds), seeds, ".", color=style["color"], alpha=0.4, markersize=5, zorder=2)
    means = [(place, summary) for place, found in points if (summary := summarize(found, y)).mean is not None]
    axes.errorbar(
        [place for place, _ in means],
        [factor * (summary.mean or 0) for _, summary in means],
        [factor * (summary.deviation or 0) for _, summary in means],
        **style, markersize=6, capsize=3, elinewidth=1.2, zorder=3,
    )  # fmt: skip


def other_keys(sweep: Sweep, x: str | None) -> list[str]:
    """Return the keys that vary otherwise than with x."""
    together = sweep.options.zip if x in sweep.options.zip else {}
    return [key for key in sweep.keys if key != x and key not in together]


def default_x(sweep: Sweep) -> str | None:
    """Return the key with most values, of numbers before names; of keys that vary together the first."""
    leaders = [key for key in sweep.keys if key not in sweep.options.zip or key == next(iter(sweep.options.zip))]

    def rank(key: str) -> tuple[bool, int]:
        values = [run.settings[key] for run in sweep.runs]
        return all(value is None or _is_number(value) for value in values), len({shown(key, v) for v in values})

    return max(leaders or sweep.keys, key=rank, default=None)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _value(outcome: Outcome, key: str | None) -> Any:
    """Return a run's value of a key: a number, or as a name."""
    value = outcome.run.settings[key] if key else ""
    return value if _is_number(value) else shown(key or "", value)


def _places(values: Sequence[Any]) -> tuple[dict[Any, float], bool]:
    """Return where each value stands on the axis, and whether they have an order, so that a line may join them.

    Numbers stand at themselves. Where null is among them, as for all of something, they stand in a row, and it is last.
    """
    different = list(dict.fromkeys(values))
    numbers = sorted(value for value in different if _is_number(value))
    if len(numbers) > 1 and len(numbers) == len(different):
        return {value: value for value in numbers}, True
    ordered = len(numbers) > 0 and different.count("null") == len(different) - len(numbers)
    return {value: i for i, value in enumerate([*numbers, "null"][: len(different)] if ordered else different)}, ordered


def lines_of(outcomes: Sequence[Outcome], keys: Sequence[str]) -> dict[str, list[Outcome]]:
    """Group runs into lines by their values of some keys, which are the lines' names."""
    lines: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        chosen = {key: outcome.run.settings[key] for key in keys}
        lines.setdefault(selector_text(chosen, values_only=len(keys) == 1), []).append(outcome)
    return lines


def _set_x(axes: Any, x: str, places: dict[Any, float], log_x: bool | None) -> None:
    """Label the axis of a key; it is logarithmic where that is asked for or its numbers span much. Zero has a place."""
    axes.set_xlabel(x)
    if not all(value == place for value, place in places.items()):
        _name_ticks(axes, [shown(x, value) for value in places])
        return
    positive = [v for v in places.values() if v > 0]
    if log_x is None:
        log_x = len(positive) > 1 and min(places) >= 0 and max(positive) / min(positive) >= WIDE_X
    if log_x and positive and min(places) > 0:
        axes.set_xscale("log")
    elif log_x and positive:
        axes.set_xscale("symlog", linthresh=min(positive), linscale=0.5)
    axes.xaxis.set_major_formatter("{x:g}")  # by default it writes TeX, or takes a factor out
    axes.xaxis.set_minor_formatter("")
    if _have_room(axes, sorted(places)):
        axes.set_xticks(list(places), [f"{v:g}" for v in places])
        axes.set_xticks([], minor=True)
    else:
        _set_round_ticks(axes, sorted(places))


def _have_room(axes: Any, values: Sequence[float]) -> bool:
    """Whether the numbers, ascending, fit side by side below their places on the axis."""
    places = axes.xaxis.get_transform().transform(values)
    digits, span = DIGITS * PART * axes.get_figure().get_figwidth(), places[-1] - places[0]
    widths = [len(f"{value:g}") + 0.5 for value in values]
    gaps = zip(pairwise(places), pairwise(widths), strict=True)
    return all(digits * (b - a) >= span * (left + right) / 2 for (a, b), (left, right) in gaps)


def _set_round_ticks(axes: Any, values: Sequence[float]) -> None:
    """Put a few ticks at round numbers, for values that are too many or too close to have one each."""
    from matplotlib.ticker import LogLocator, MaxNLocator

    if axes.get_xscale() == "log":
        ratio = values[-1] / values[0]
        steps = (1, 2, 5) if ratio < 30 else (1, 3) if ratio < 300 else (1,)
        axes.xaxis.set_major_locator(LogLocator(subs=steps))
    elif axes.get_xscale() == "linear":
        whole = all(float(value).is_integer() for value in values)
        axes.xaxis.set_major_locator(MaxNLocator(7, steps=(1, 2, 5, 10), integer=whole))


def _name_ticks(axes: Any, names: Sequence[str]) -> None:
    """Write names below their places, slanted where they would overlap."""
    width = axes.get_figure().get_figwidth()
    names = [short(name, round(LONGEST * width)) for name in names]
    slanted = sum(len(name) + 2 for name in names) > ROOM * width
    axes.set_xticks(range(len(names)), names, **({"rotation": 30, "ha": "right"} if slanted else {}))
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.grid(visible=False, axis="x")


def _set_y(axes: Any, y: str) -> None:
    """Label the axis of a measure, and choose its scale."""
    axes.set_ylabel(label(y))
    if y.endswith("_f1"):
        low, high = axes.get_ylim()
        axes.set_ylim(max(low, -2), min(high, 102))
        return
    if y == "tokens_per_second":
        axes.yaxis.set_major_formatter("{x:,.0f}")
    set_scale(axes)


def set_scale(axes: Any) -> None:
    """Make the axis of what is measured logarithmic where it spans much, as the losses of rates far too high do."""
    values = [float(v) for line in axes.get_lines() for v in line.get_ydata() if math.isfinite(v)]
    if values and min(values) > 0 and max(values) / min(values) >= WIDE_Y:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("")


def draw_curve(axes: Any, outcomes: Sequence[Outcome], curve: Curve, color: str, **style: Any) -> None:
    """Draw the mean over the seeds that reached an epoch, with a band of one deviation."""
    factor = 100 if curve == "dev_f1" else 1
    longest = max((len(outcome.epochs) for outcome in outcomes), default=0)
    by_epoch = [
        [factor * o.epochs[i][curve] for o in outcomes if i < len(o.epochs) and o.epochs[i][curve] is not None]
        for i in range(longest)
    ]
    epochs = [i + 1 for i, values in enumerate(by_epoch) if values]
    means = [statistics.fmean(values) for values in by_epoch if values]
    spans = [statistics.stdev(values) if len(values) > 1 else 0.0 for values in by_epoch if values]
    axes.plot(epochs, means, color=color, **{"linestyle": "--" if curve == "loss" else "-", **style})
    low, high = ([m + side * s for m, s in zip(means, spans, strict=True)] for side in (-1, 1))
    axes.fill_between(epochs, low, high, color=color, alpha=0.12, linewidth=0)


def short(name: str, longest: int = 40) -> str:
    """Cut a name that would leave the drawing no room; the tables have it whole."""
    return name if len(name) <= longest else f"{name[: longest - 3]}..."
