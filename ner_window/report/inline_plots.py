"""Plots of matplotlib as a part of a page: they take its colors, light or dark, and do without an id of another's.

matplotlib is the extra ``plot``. The same results give the same bytes.
"""

import io
import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from ner_window.report.axes import COLORS, MARKERS
from ner_window.report.page_parts import text
from ner_window.report.plots import STYLE, imported

#: Inches: small, so that on a telephone the words of a plot are about as large as those around it.
SIZE = (4.8, 3.2)
#: Where axes stand that have numbers only, in parts of the drawing.
MARGINS = {"left": 0.18, "right": 0.98, "bottom": 0.17, "top": 0.97}
#: What plots are drawn with, and the variable of the page's style that takes its place.
_VARIABLES = {
    **{color.lower(): f"var(--c{i})" for i, color in enumerate(COLORS)},
    "#000000": "var(--ink)",
    "#dddddd": "var(--rule)",
    "#666666": "var(--line)",
}
_MARKS = dict(
    zip(
        MARKERS,
        ("M11 6a4 4 0 1 0 8 0a4 4 0 1 0-8 0z", "M11 2h8v8h-8z", "M15 2l4 8h-8z", "M15 1l4 5-4 5-4-5z")
        + ("M15 10l4-8h-8z", "M11 6l8-4v8z", "M19 6l-8-4v8z", "M13 2h4v2h2v4h-2v2h-4v-2h-2v-4h2z"),
        strict=True,
    )
)
#: What the page says where plots are missing.
MISSING = "Plots are drawn with matplotlib, the extra plot, which was not there: pip install 'ner_window[plot]'"


def can_draw() -> bool:
    """Whether matplotlib is installed."""
    try:
        imported()
    except ImportError:
        return False
    return True


def figure(
    name: str, caption: str, draw: Callable[[Any], object], legend: str = "", *, numbers_only: bool = False
) -> str:
    """Return a figure with a plot, which `draw` draws on axes, and its caption; nothing without matplotlib.

    `name` tells it from the other figures of the page; `legend` is HTML. Where there are `numbers_only` at its axes,
    what they need is known, and it is drawn in half the time.
    """
    if not can_draw():
        return ""
    inside = _in_page(_drawn(draw, numbers_only), name, caption)
    return f"<figure>{inside}<figcaption>{text(caption)}{legend}</figcaption></figure>"


def _drawn(draw: Callable[[Any], object], numbers_only: bool) -> str:
    matplotlib = imported()
    from matplotlib.figure import Figure

    style = {**STYLE, "font.size": 11, "axes.labelsize": 11, "axes.facecolor": "none"}
    with matplotlib.rc_context(style), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)  # the browser has other fonts
        drawing = Figure(figsize=SIZE, facecolor="none", layout=None if numbers_only else "constrained")
        draw(drawing.subplots(gridspec_kw=MARGINS if numbers_only else None))
        stream = io.StringIO()
        drawing.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()


def _in_page(svg: str, name: str, caption: str) -> str:
    """Return the drawing without what makes it a file, its colors those of the page, its ids its own."""
    view, inside = re.search(r'viewBox="([^"]+)"', svg), svg[svg.index("</metadata>") + len("</metadata>") :]
    assert view
    inside = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", inside, count=1, flags=re.DOTALL)
    inside = re.sub(r"<\w[^>]*>", lambda tag: _tag(tag[0], name), inside)  # not in what the user's words may hold
    used = set(re.findall(r"(?:url\(|href=\")#([^\")]+)", inside))
    inside = re.sub(r' id="([^"]+)"(?=[^<]*>)', lambda id_: id_[0] if id_[1] in used else "", inside)
    inside = re.sub(r"\s*\n\s*", "\n", inside).strip()
    return f'<svg class="plot" viewBox="{view[1]}" role="img" aria-label="{text(caption)}">{inside}'


def _tag(tag: str, name: str) -> str:
    """Return a tag of the drawing as it is in the page."""
    tag = re.sub(r"#[0-9a-f]{6}\b", lambda color: _VARIABLES.get(color[0], color[0]), tag).replace("xlink:href", "href")
    tag = re.sub(r"font-family: [^;\"]*;? ?", "", tag)  # that of the page
    tag = re.sub(r' transform="rotate\(-0[^"]*"', "", tag)
    tag = re.sub(r"\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", tag)
    return re.sub(r'( id="|url\(#|href="#)', rf"\1{name}-", tag)


def legend(title: str, names: Sequence[str], *, lines: bool = True) -> str:
    """Return the legend of a plot: for each name the color and the marker that it has in the drawing."""
    rows = []
    for i, name in enumerate(names):
        line = '<path class="line" d="M0 6h30"/>' if lines else ""
        mark = f'<path d="{_MARKS[MARKERS[i % len(MARKERS)]]}"/>'
        drawn = (
            f'<svg viewBox="0 0 30 12" aria-hidden="true" style="color: var(--c{i % len(COLORS)})">{line}{mark}</svg>'
        )
        rows.append(f"<li>{drawn}{text(name)}</li>")
    head = f"<span>{text(title)}</span>" if title else ""
    return f'<div class="legend">{head}<ul>{"".join(rows)}</ul></div>'
