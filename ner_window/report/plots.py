"""The plot of a sweep, as SVG: a measure against the swept keys, or curves by epoch.

It needs matplotlib, the extra ``plot``. The same results give the same bytes. Colours are Okabe and Ito's, which the
colour-blind can tell apart; lines differ in their markers, too.
"""

import io
import itertools
import math
import statistics
from collections.abc import Sequence
from typing import Any

from ner_window.errors import MissingExtraError
from ner_window.report.sweeps import FORMATS, label, selector_text
from ner_window.sweep.options import Curve
from ner_window.sweep.plan import Sweep, shown
from ner_window.sweep.results import rows_of, summarize
from ner_window.sweep.runs import Outcome

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = "os^Dv<>P"
#: Text stays text in the SVG; ids come from a fixed salt, not from chance.
STYLE: Any = {
    "text.parse_math": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "ner_window",
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.7,
    "axes.axisbelow": True,
    "axes.edgecolor": "#666666",
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "legend.fontsize": 9,
}
#: Largest value over smallest from which on an axis is logarithmic, of a swept key and of what is measured.
WIDE_X, WIDE_Y = 20, 200


def plot_svg(sweep: Sweep, outcomes: Sequence[Outcome]) -> str:
    """Return the plot that the sweep's file asks for; by default its first measure against the key with most values.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    """
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("a plot", "plot") from None
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 4.4), facecolor="white", layout="constrained")
        if sweep.options.plot.curves:
            _draw_curves(figure, sweep, outcomes, sweep.options.plot.curves)
        else:
            _draw_measure(figure.subplots(), sweep, outcomes)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None})
    return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().splitlines())


def _draw_measure(axes: Any, sweep: Sweep, outcomes: Sequence[Outcome]) -> None:
    """Draw mean and deviation of a measure against a key, a line for each value of the others, and seeds as dots."""
    plot = sweep.options.plot
    x, y = plot.x or _default_x(sweep), plot.y or sweep.options.measures[0]
    together = sweep.options.zip if x in sweep.options.zip else {}
    others = [plot.line] if plot.line else [key for key in sweep.keys if key != x and key not in together]
    lines = _lines(outcomes, others)
    places, ordered = _places([_value(outcome, x) for outcome in outcomes])
    spread = 0.0 if ordered else 0.6 / len(lines)  # lines stand side by side above a name
    for i, (name, found) in enumerate(lines.items()):
        shift = spread * (i - (len(lines) - 1) / 2)
        points = [(place + shift, [o for o in found if _value(o, x) == value]) for value, place in places.items()]
        style = {"color": COLOURS[i % len(COLOURS)], "marker": MARKERS[i % len(MARKERS)], "label": name}
        style["linestyle"] = "-" if ordered else "none"
        _draw_line(axes, [(place, at) for place, at in points if at], y, style, aside=0.15 * spread)
    if x:
        _set_x(axes, x, places, plot.log_x)
    _set_y(axes, y)
    axes.set_title(sweep.name)
    if len(lines) > 1:
        _add_legend(axes, others[0] if len(others) == 1 else None, len(lines))


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


def _default_x(sweep: Sweep) -> str | None:
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
    return {value: i for i, value in enumerate([*numbers, "null"] if ordered else different)}, ordered


def _lines(outcomes: Sequence[Outcome], keys: Sequence[str]) -> dict[str, list[Outcome]]:
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
    if len(places) <= 10:
        axes.set_xticks(list(places), [f"{v:g}" for v in places])
        axes.set_xticks([], minor=True)


def _name_ticks(axes: Any, names: Sequence[str]) -> None:
    """Write names below their places, slanted where they would overlap."""
    names = [_short(name) for name in names]
    slanted = sum(len(name) + 2 for name in names) > 80
    axes.set_xticks(range(len(names)), names, **({"rotation": 30, "ha": "right"} if slanted else {}))
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.grid(visible=False, axis="x")


def _set_y(axes: Any, y: str) -> None:
    """Label the axis of a measure; make it logarithmic where it spans much, as the losses of rates far too high do."""
    axes.set_ylabel(label(y))
    if y.endswith("_f1"):
        low, high = axes.get_ylim()
        axes.set_ylim(max(low, -2), min(high, 102))
        return
    if y == "tokens_per_second":
        axes.yaxis.set_major_formatter("{x:,.0f}")
    values = [float(v) for line in axes.get_lines() for v in line.get_ydata() if math.isfinite(v)]
    if values and min(values) > 0 and max(values) / min(values) >= WIDE_Y:
        axes.set_yscale("log")


def _add_legend(axes: Any, title: str | None, lines: int) -> None:
    where = {"loc": "best"} if lines <= 4 else {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)}
    handles, names = axes.get_legend_handles_labels()
    axes.legend(handles, [_short(name) for name in names], title=title, title_fontsize=9, alignment="left", **where)


def _short(name: str) -> str:
    """Cut a name that would leave the drawing no room; the tables have it whole."""
    return name if len(name) <= 40 else f"{name[:37]}..."


def _draw_curves(figure: Any, sweep: Sweep, outcomes: Sequence[Outcome], curves: Sequence[Curve]) -> None:
    """Draw means by epoch, a colour for each setting: training dashed, dev solid; the F1 in a panel of its own."""
    rows = rows_of(sweep, outcomes)
    panels: list[list[Curve]] = [[c for c in curves if c != "dev_f1"], [c for c in curves if c == "dev_f1"]]
    panels = [panel for panel in panels if panel]
    for number, (axes, panel) in enumerate(zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True)):
        for row, colour in zip(rows, itertools.cycle(COLOURS), strict=False):
            name = selector_text({key: row.settings[key] for key in sweep.keys}, values_only=len(sweep.keys) == 1)
            for curve in panel:
                _draw_curve(axes, row.outcomes, curve, colour, name if curve == panel[-1] else None)
        axes.set(title=sweep.name if number == 0 else "", xlabel="epoch", ylabel=_curve_label(panel))
        axes.xaxis.get_major_locator().set_params(integer=True)
        if number == len(panels) - 1 and sweep.keys:
            _add_legend(axes, sweep.keys[0] if len(sweep.keys) == 1 else None, len(rows))


def _draw_curve(axes: Any, outcomes: Sequence[Outcome], curve: Curve, colour: str, name: str | None) -> None:
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
    axes.plot(epochs, means, color=colour, linestyle="--" if curve == "loss" else "-", label=name)
    low, high = ([m + side * s for m, s in zip(means, spans, strict=True)] for side in (-1, 1))
    axes.fill_between(epochs, low, high, color=colour, alpha=0.12, linewidth=0)


def _curve_label(panel: Sequence[Curve]) -> str:
    names = {"loss": "train loss (dashed)", "dev_loss": "dev loss (solid)", "dev_f1": label("dev_f1")}
    return ", ".join(names[curve] for curve in panel)
