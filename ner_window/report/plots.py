"""The plot of a sweep, as SVG: a measure against the swept keys, or curves by epoch.

It needs matplotlib, the extra ``plot``. The same results give the same bytes.
"""

import io
import itertools
import os
from collections.abc import Sequence
from typing import Any

from ner_window.errors import MissingExtraError
from ner_window.report.axes import COLORS, default_x, draw_curve, draw_measure, draw_trials, log_of, other_keys, short
from ner_window.report.numbers import label, selector_text
from ner_window.sweep.folders import Outcome
from ner_window.sweep.options import Curve
from ner_window.sweep.plan import Sweep
from ner_window.sweep.results import rows_of
from ner_window.text.files import cache_folder

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


def imported() -> Any:
    """Import matplotlib; what it keeps for next time is kept in this program's cache, not in the user's home.

    Raises
    ------
    ImportError
        It is not installed.
    """
    os.environ.setdefault("MPLCONFIGDIR", str(cache_folder("matplotlib")))
    import matplotlib

    return matplotlib


def plot_svg(sweep: Sweep, outcomes: Sequence[Outcome]) -> str:
    """Return the plot that the sweep's file asks for; by default its first measure against the key with most values.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    """
    try:
        matplotlib = imported()
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("a plot", "plot") from None
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 4.4), facecolor="white", layout="constrained")
        if sweep.options.plot.curves:
            _draw_curves(figure, sweep, outcomes, sweep.options.plot.curves)
        else:
            _draw_measure(figure, sweep, outcomes)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None})
    return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().splitlines())


def _draw_measure(figure: Any, sweep: Sweep, outcomes: Sequence[Outcome]) -> None:
    plot, axes = sweep.options.plot, figure.subplots()
    x, y = plot.x or default_x(sweep), plot.y or sweep.options.measures[0]
    log_x = plot.log_x if plot.log_x is not None else log_of(sweep, x)
    axes.set_title(sweep.name)
    if sweep.options.search and x:
        draw_trials(axes, outcomes, x, y, log_x)
        return
    others = [plot.line] if plot.line else other_keys(sweep, x)
    names = draw_measure(axes, outcomes, x, y, others, log_x)
    if len(names) > 1:
        _add_legend(axes, others[0] if len(others) == 1 else None, len(names))


def _add_legend(axes: Any, title: str | None, lines: int) -> None:
    where = {"loc": "best"} if lines <= 4 else {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)}
    handles, names = axes.get_legend_handles_labels()
    axes.legend(handles, [short(name) for name in names], title=title, title_fontsize=9, alignment="left", **where)


def _draw_curves(figure: Any, sweep: Sweep, outcomes: Sequence[Outcome], curves: Sequence[Curve]) -> None:
    """Draw means by epoch, a color for each setting: training dashed, dev solid; the F1 in a panel of its own."""
    rows = rows_of(sweep, outcomes)
    panels: list[list[Curve]] = [[c for c in curves if c != "dev_f1"], [c for c in curves if c == "dev_f1"]]
    panels = [panel for panel in panels if panel]
    for number, (axes, panel) in enumerate(zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True)):
        for row, color in zip(rows, itertools.cycle(COLORS), strict=False):
            name = selector_text({key: row.settings[key] for key in sweep.keys}, values_only=len(sweep.keys) == 1)
            for curve in panel:
                draw_curve(axes, row.outcomes, curve, color, label=name if curve == panel[-1] else None)
        axes.set(title=sweep.name if number == 0 else "", xlabel="epoch", ylabel=_curve_label(panel))
        axes.xaxis.get_major_locator().set_params(integer=True)
        if number == len(panels) - 1 and sweep.keys:
            _add_legend(axes, sweep.keys[0] if len(sweep.keys) == 1 else None, len(rows))


def _curve_label(panel: Sequence[Curve]) -> str:
    names = {"loss": "train loss (dashed)", "dev_loss": "dev loss (solid)", "dev_f1": label("dev_f1")}
    return ", ".join(names[curve] for curve in panel)
