"""What pages are put together from: text that is safe, sections, tables, bars, tiles. All of it is strings of HTML."""

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

from ner_window.config import Config
from ner_window.inspection.printable import printable

#: Characters of a name that stands on one line anywhere.
LONG = 12
#: Head of the cells that stand in the place of several.
MERGED = "setting"


def text(value: object) -> str:
    """Return words of a user's data as they may stand in a page, in an attribute too."""
    return escape(printable(str(value)))


def breakable(name: str) -> str:
    """Return a long name, which may go on on another line after a point or an underscore."""
    return re.sub(r"([._])(?=\w)", r"\1<wbr>", text(name)) if len(name) > LONG else text(name)


def setting(value: str) -> str:
    """Return the value of a setting as a table has it: a long one gets a column that is not too narrow for it."""
    return f'<span class="long">{text(value)}</span>' if len(value) > 2 * LONG else text(value)


def section(title: str, *parts: str) -> str:
    """Return a section with a heading, which others can link to; nothing if all parts are empty."""
    if not any(parts):
        return ""
    name = anchor(title)
    inside = "\n".join(part for part in parts if part)
    return f'<section aria-labelledby="{name}">\n<h2 id="{name}">{text(title)}</h2>\n{inside}\n</section>'


def anchor(title: str) -> str:
    """Return the id of a section."""
    return re.sub(r"\W+", "-", title.lower()).strip("-")


def contents(sections: Iterable[str]) -> str:
    """Return links to sections, in a row."""
    found = [match for part in sections for match in re.findall(r'<h2 id="([^"]+)">(.*?)</h2>', part)]
    links = " ".join(f'<a href="#{name}">{title}</a>' for name, title in found)
    return f'<nav aria-label="Sections">{links}</nav>'


def paragraph(words: str, kind: str = "") -> str:
    """Return a paragraph of text."""
    return f"<p{_class(kind)}>{text(words)}</p>"


def table(
    caption: str,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    left: int = 1,
    kind: str = "",
    merged: Sequence[str] = (),
) -> str:
    """Return a table in a box that scrolls by itself where the screen is narrow.

    Parameters
    ----------
    caption
        What it shows, for who does not see it.
    header
        The names of the columns, text.
    rows
        Cells that are HTML; see `text`. The first of each row is its heading.
    left
        So many first columns hold words, the others figures.
    merged
        For each row a cell that stands in the place of all those of words where the screen is narrow, HTML.
    """
    words = "words broad" if merged else "words"
    kinds = [words if i < left else "" for i in range(len(header))]
    head = f'<th scope="col" class="words narrow">{text(MERGED)}</th>' * bool(merged) + "".join(
        f'<th scope="col"{_class(kind_)}>{breakable(name)}</th>' for name, kind_ in zip(header, kinds, strict=True)
    )
    first = [f'<th scope="row" class="narrow">{cell}</th>' for cell in merged] or [""] * len(rows)
    body = "\n".join(f"<tr>{cell}{_row(row, kinds)}</tr>" for cell, row in zip(first, rows, strict=True))
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{text(caption)}"><table{_class(kind)}>'
        f"<thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>"
    )


def _row(row: Sequence[str], kinds: Sequence[str]) -> str:
    first = f'<th scope="row"{_class("broad" * kinds[0].endswith("broad"))}>{row[0]}</th>'
    return first + "".join(f"<td{_class(kind)}>{cell}</td>" for cell, kind in zip(row[1:], kinds[1:], strict=True))


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def percent(fraction: float | None) -> str:
    """Write a fraction in percent with two digits, - where there is none."""
    return "-" if fraction is None else f"{100 * fraction:.2f}"


def bar(fraction: float | None, words: str = "") -> str:
    """Return a figure over a bar as long as the fraction, by default the fraction in percent."""
    return f'<span class="bar" style="--share:{fraction or 0:.3f}">{words or percent(fraction)}</span>'


def tiles(figures: Mapping[str, str]) -> str:
    """Return the figures that matter most, HTML by their names."""
    pairs = "".join(f"<div><dt>{text(name)}</dt><dd>{figure}</dd></div>" for name, figure in figures.items())
    return f'<dl class="tiles">{pairs}</dl>'


def facts(pairs: Mapping[str, str]) -> str:
    """Return a list of names and what they are, HTML."""
    rows = "".join(f"<div><dt>{text(name)}</dt><dd>{value}</dd></div>" for name, value in pairs.items())
    return f'<dl class="facts">{rows}</dl>'


def details(summary: str, inside: str) -> str:
    """Return something that is shown when it is asked for."""
    return f"<details><summary>{text(summary)}</summary>{inside}</details>"


def code(lines: str) -> str:
    """Return lines as they are."""
    inside = "\n".join(map(text, lines.split("\n")))
    return f'<pre tabindex="0"><code>{inside}</code></pre>'


def digest(value: str) -> str:
    """Return a SHA-256 that is cut, with the whole of it for the pointer; what is none of 64 digits stays as it is."""
    whole = text(value)
    return f'<code title="{whole}">{whole[:12]}</code>' if re.fullmatch("[0-9a-f]{64}", value) else whole


def data_facts(config: Config, digests: Mapping[str, str]) -> dict[str, str]:
    """Return what a run was made from: of each source the last part of its path, and its digest."""
    paths = {
        "train": config.data.train,
        "dev": config.data.dev,
        "vectors": config.vectors.source,
        "teacher": config.training.teacher,
    }
    names = {name: Path(paths.get(name) or "").name for name in digests}
    return {
        name: digest(value) if names[name] in ("", value) else f"{text(names[name])} {digest(value)}"
        for name, value in digests.items()
    }
