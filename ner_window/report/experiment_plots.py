"""The figures of an experiment's page: measures against the swept values, and learning curves."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from ner_window.report.axes import (
    COLORS,
    MARKERS,
    default_x,
    draw_curve,
    draw_measure,
    draw_trials,
    lines_of,
    log_of,
    other_keys,
    set_scale,
)
from ner_window.report.inline_plots import can_draw, figure, legend
from ner_window.report.numbers import label, selector_text
from ner_window.report.page_parts import paragraph
from ner_window.sweep.folders import Outcome
from ner_window.sweep.options import Curve
from ner_window.sweep.plan import Sweep
from ner_window.sweep.results import Row, rows_of, summarize

#: More lines than this cannot be told apart.
MOST = len(COLORS)
_CURVES: dict[Curve, str] = {"loss": "train loss", "dev_loss": "dev loss", "dev_f1": label("dev_f1")}


def measure_figures(sweep: Sweep, outcomes: Sequence[Outcome]) -> str:
    """Return a figure for each swept key and measure: mean, deviation over the seeds, and the runs as dots."""
    if not can_draw() or not sweep.keys or not outcomes:
        return ""
    together = [key for key in sweep.options.zip if key in sweep.keys][1:]  # keys that vary with another one
    keys = sorted((key for key in sweep.keys if key not in together), key=lambda key: key != default_x(sweep))
    measures = dict.fromkeys((sweep.options.plot.y or sweep.options.measures[0], "dev_f1"))
    drawn = [
        _measure_figure(f"m{i}-{y.replace('_', '-')}", sweep, outcomes, key, y)
        for i, key in enumerate(keys)
        for y in measures
    ]
    return f'<div class="plots">{"".join(drawn)}</div>'


def _measure_figure(name: str, sweep: Sweep, outcomes: Sequence[Outcome], x: str, y: str) -> str:
    log_x = log_of(sweep, x)
    if sweep.options.search:
        words = f"{label(y)} against {x}: a dot for each run, a ring for one that was given up or failed"
        return figure(name, words, lambda axes: draw_trials(axes, outcomes, x, y, log_x))
    others, rest = other_keys(sweep, x), _together(sweep, x)
    names = list(lines_of(outcomes, others))
    if len(names) > MOST:
        names, others, rest = [], [], f"{rest}, mean over {', '.join(others)}"
    return figure(
        name,
        f"{label(y)} against {x}{rest}; bars: one deviation over the seeds, dots: runs",
        lambda axes: draw_measure(axes, outcomes, x, y, others, log_x),
        legend(others[0] if len(others) == 1 else "", names) if len(names) > 1 else "",
    )


def _together(sweep: Sweep, x: str) -> str:
    """Say which keys vary together with one, so that what is seen may be due to any of them."""
    others = [key for key in sweep.keys if key != x and x in sweep.options.zip and key in sweep.options.zip]
    return f" and {' and '.join(others)}, which vary together" if others else ""


def curve_figures(sweep: Sweep, outcomes: Sequence[Outcome]) -> str:
    """Return the curves by epoch of each setting: mean over the seeds, and a band of one deviation."""
    rows = [row for row in rows_of(sweep, outcomes) if any(outcome.epochs for outcome in row.outcomes)]
    if not can_draw() or not rows:
        return ""
    shown = _best(rows)
    names = [selector_text({key: row.settings[key] for key in sweep.keys}, values_only=True) for row in shown]
    title = ", ".join(sweep.keys)
    figures = [
        figure(f"curve-{curve.replace('_', '-')}", f"{words} by epoch", partial(_draw, rows=shown, curve=curve))
        for curve, words in _CURVES.items()
    ]
    note = paragraph(_which(rows, shown), "note") if len(rows) > len(shown) else ""
    return f'{note}<div class="plots">{"".join(figures)}</div>{legend(title, names) if len(names) > 1 else ""}'


def _which(rows: Sequence[Row], shown: Sequence[Row]) -> str:
    """Say which settings are shown, as `_best` chooses them."""
    words = f"Of {len(rows)} settings, the {len(shown)} with the highest mean dev F1"
    given_up = sum(any(outcome.pruned for outcome in row.outcomes) for row in rows)
    return words + f"; the {given_up} with runs that were given up stand behind all others" * bool(given_up) + "."


def _best(rows: Sequence[Row]) -> list[Row]:
    """Return so many settings as can be told apart, those of the highest mean F1; given up ones come last."""

    def rank(row: Row) -> tuple[bool, float]:
        summary = summarize(row.outcomes, "dev_f1")
        return summary.pruned > 0, -(summary.mean or 0.0)

    limit = sorted(map(rank, rows))[:MOST][-1]
    return [row for row in rows if rank(row) <= limit][:MOST]


def _draw(axes: Any, rows: Sequence[Row], curve: Curve) -> None:
    longest = max(len(outcome.epochs) for row in rows for outcome in row.outcomes)
    for i, row in enumerate(rows):
        style = {"marker": MARKERS[i % len(MARKERS)], "markersize": 5, "markevery": max(1, longest // 8)}
        draw_curve(axes, row.outcomes, curve, COLORS[i], linestyle="-", **style)
    axes.set(xlabel="epoch", ylabel=_CURVES[curve])
    axes.xaxis.get_major_locator().set_params(integer=True)
    if curve != "dev_f1":
        set_scale(axes)
