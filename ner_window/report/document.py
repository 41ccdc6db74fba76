"""The frame of a page: an HTML document that needs no other file, in light or dark as the reader prefers."""

from collections.abc import Iterable
from html import escape

from ner_window.report.drawing import COLORS


def document(title: str, style: str, parts: Iterable[str]) -> str:
    """Return a document of a title, its own style after the common one, and the parts of its body."""
    head = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        f"<title>{escape(title)}</title><style>{COLORS}{_STYLE}{style}</style></head><body><main>",
    ]
    return "\n".join([*head, *parts, "</main></body></html>"])


#: Nothing is loaded and no script runs, whatever words of the data a page may hold.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"

_STYLE = """
html { color-scheme: light dark; background: var(--ground); color: var(--ink) }
body { margin: 0; font: 1rem/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif }
main { max-width: 100rem; margin: 0 auto; padding: 1.5rem clamp(.8rem, 2.5vw, 2.5rem) 3rem }
h1 { font-size: 1.35rem; line-height: 1.3; overflow-wrap: anywhere } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
p { max-width: 48rem; margin: .5rem 0 }
.wide { overflow-x: auto; border: 1px solid var(--rule); border-radius: 12px }
table { border-collapse: collapse; font-size: .875rem; width: 100% }
th, td { text-align: left; padding: .35rem .8rem; vertical-align: top; border-bottom: 1px solid var(--rule) }
th { color: var(--soft); font-weight: 500 } tbody tr:last-child > * { border-bottom: 0 }
td { font-variant-numeric: tabular-nums }
"""
