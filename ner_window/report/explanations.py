"""What decided each tag: tables of text, and a coloured page."""

import html
from collections.abc import Iterable, Sequence

from ner_window.inspection.explanation import BEYOND, Explanation, TokenExplanation
from ner_window.inspection.printable import printable
from ner_window.report.tables import table


def explanation_text(result: Explanation) -> str:
    """Return two tables for each sentence: the top tags, and what each slot and feature contributed."""
    pieces = [text for sentence in result.sentences for text in (_tags(sentence), _parts(sentence, result.features))]
    return "\n\n".join([*pieces, _check(result)])


def _tags(sentence: Sequence[TokenExplanation]) -> str:
    ranks = len(sentence[0].top)
    rows = [[token.token, *(f"{tag} {p:.4f}" for tag, p in token.top)] for token in sentence]
    return table(["token", "most probable", *([""] * (ranks - 1))], rows, left=range(ranks + 1))


def _parts(sentence: Sequence[TokenExplanation], features: Sequence[str]) -> str:
    """Return a row for each token that adds up from left to right; then, where there are features, by feature."""
    by_feature = list(features) if len(features) > 1 else []
    rows = [
        [
            token.token,
            token.tag,
            token.against,
            *map(_signed, token.slots),
            _signed(token.rest),
            _signed(token.difference),
            *([_signed(part) for part in token.features] if by_feature else []),
        ]
        for token in sentence
    ]
    header = ["token", "tag", "against", *_places(sentence[0]), "rest", "= total", *by_feature]
    return table(header, rows, left=(0, 1, 2))


def _places(token: TokenExplanation) -> list[str]:
    """Return the names of the slots: -2 -1 0 +1 +2."""
    radius = len(token.window) // 2
    return [f"{k:+d}" if k else "0" for k in range(-radius, radius + 1)]


def _signed(number: float) -> str:
    return f"{number:+.2f}"


def _check(result: Explanation) -> str:
    verdict = "they do" if result.adds_up else "THEY DO NOT"
    return (
        f"{result.meaning}.\n"
        "total = s(tag) - s(against), a difference of scores; the slots and the rest add up to it, and the features "
        f"to the same sum as the slots.\nchecked: {verdict}, largest relative difference {result.error:.1e}, "
        f"allowed {result.tolerance:.0e}"
    )


def explanation_page(result: Explanation) -> Iterable[str]:
    """Yield a page that needs no other file and no network: each token over its window, coloured by contribution."""
    yield _HEAD
    yield "".join(f'<p class="note">{_escaped(note)}</p>\n' for note in result.notes)
    for s, sentence in enumerate(result.sentences):
        links = " ".join(_link(token, f"t{s}-{i}") for i, token in enumerate(sentence))
        yield f'<section>\n<p class="sentence">{links}</p>\n'
        for i, token in enumerate(sentence):
            yield _card(token, result.features, f"t{s}-{i}")
        yield "</section>\n"
    yield f"<footer><p>{html.escape(_check(result))}</p></footer>\n</main></html>"


def _escaped(text: str) -> str:
    """Return words of a user's text as they may stand in a page."""
    return html.escape(printable(text))


def _link(token: TokenExplanation, anchor: str) -> str:
    tag = "" if token.tag == "O" else f"<small>{html.escape(token.tag)}</small>"
    return f'<a href="#{anchor}"{" class=entity" if tag else ""}>{_escaped(token.token)}{tag}</a>'


def _card(token: TokenExplanation, features: Sequence[str], anchor: str) -> str:
    """Return the block of one token: its tags, its window, and the sum."""
    chance = dict(token.top)
    first = f"{token.tag} {chance[token.tag]:.3f}" if token.tag in chance else token.tag
    others = " &middot; ".join(f"{html.escape(tag)} {p:.3f}" for tag, p in token.top if tag != token.tag)
    largest = max(map(abs, token.slots)) or 1.0
    cells = "".join(
        f"<li{_shade(part / largest, word == BEYOND)}>"
        f"<i>{place}</i><b>{_escaped(word)}</b><span>{_signed(part)}</span></li>"
        for place, word, part in zip(_places(token), token.window, token.slots, strict=True)
    )
    by_feature = "".join(
        f"<span>{html.escape(name)} <b>{_signed(part)}</b></span>"
        for name, part in zip(features, token.features, strict=True)
    )
    return (
        f'<article id="{anchor}">\n<h2>{_escaped(token.token)} <mark>{html.escape(first)}</mark>'
        f"<small>{others}</small></h2>\n<ol>{cells}</ol>\n"
        f'<p class="sum">{by_feature if len(features) > 1 else ""}<span>rest <b>{_signed(token.rest)}</b></span>'
        f"<span>{html.escape(token.tag)} against {html.escape(token.against)} "
        f"<b>{_signed(token.difference)}</b></span></p>\n</article>\n"
    )


def _shade(share: float, is_pad: bool) -> str:
    """Return the attributes of a cell: its hue by the sign, its strength by the size, from 0 to 1."""
    name = ("for" if share >= 0 else "against") + " pad" * is_pad
    return f' class="{name}" style="--share:{abs(share):.2f}"'


_HEAD = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Which words decided each tag</title>
<style>
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; --for: 37 99 235; --against: 234 88 12;
  --line: light-dark(#d4d4d8, #3f3f46); --soft: light-dark(#52525b, #a1a1aa); --card: light-dark(#fff, #1c1c1f) }
body { margin: 0; background: light-dark(#f6f6f7, #111113) }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 3rem }
h1 { font-size: 1.5rem; margin: 0 0 .25rem }
.lead, .note, footer { color: var(--soft); max-width: 46rem; margin: .25rem 0 }
.note { border-left: 3px solid rgb(var(--against)); padding-left: .6rem; margin-bottom: 1rem }
footer { font-size: .85rem; margin-top: 2rem; white-space: pre-line }
.legend { display: flex; flex-wrap: wrap; gap: .5rem; margin: .75rem 0 1.5rem; font-size: .85rem }
.legend span { border-radius: .4rem; padding: .1rem .6rem }
section { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 27rem), 1fr)); gap: .75rem;
  margin-bottom: 2rem }
.sentence { grid-column: 1 / -1; font-size: 1.15rem; line-height: 2; margin: 0; overflow-wrap: anywhere }
.sentence a { color: inherit; text-decoration: none; padding: .1rem .2rem; border-radius: .3rem }
.sentence a:hover { background: var(--line) }
.sentence .entity { background: light-dark(#e4e4e7, #33333a) }
.sentence small { font-size: .65rem; color: var(--soft); margin-left: .25rem }
article { background: var(--card); border: 1px solid var(--line); border-radius: .7rem; padding: .7rem .8rem;
  min-width: 0; scroll-margin-top: 1rem }
article:target { outline: 2px solid rgb(var(--for)) }
h2 { display: flex; flex-wrap: wrap; align-items: baseline; gap: .15rem .6rem; font-size: 1.05rem; margin: 0 0 .5rem;
  overflow-wrap: anywhere }
h2 mark { font-size: .8rem; background: light-dark(#e4e4e7, #3f3f46); color: inherit; border-radius: .3rem;
  padding: .05rem .4rem }
h2 small { font-weight: normal; font-size: .75rem; color: var(--soft) }
ol { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); gap: .25rem; list-style: none;
  margin: 0; padding: 0 }
li { display: flex; flex-direction: column; align-items: center; text-align: center; border-radius: .4rem;
  padding: .2rem .15rem .3rem; min-width: 0; font-variant-numeric: tabular-nums }
li i { font-style: normal; font-size: .65rem; color: var(--soft) }
li b { font-weight: 600; font-size: .85rem; line-height: 1.25; overflow-wrap: anywhere; flex: 1 }
li span { font-size: .8rem }
.pad b { font-weight: normal; color: var(--soft) }
.for { background: rgb(var(--for) / calc(.45 * var(--share))) }
.against { background: rgb(var(--against) / calc(.5 * var(--share))) }
.sum { display: flex; flex-wrap: wrap; gap: .1rem 1rem; font-size: .8rem; color: var(--soft); margin: .5rem 0 0;
  font-variant-numeric: tabular-nums }
.sum b { color: light-dark(#18181b, #fafafa) }
.sum span:last-child { margin-left: auto }
@media (max-width: 30rem) { article { padding: .6rem .5rem } ol { gap: .15rem } li { padding: .2rem 0 .3rem }
  li b, li span { font-size: .74rem } }
</style><main>
<h1>Which words decided each tag</h1>
<p class="lead">Under each token, the words of its window: what each gave to the score of the token's tag less that of
the best other tag.</p>
<p class="legend"><span class="for" style="--share:1">+ for the tag</span><span class="against"
style="--share:1">&minus; against it</span><span>The stronger, the larger its part beside the others of the
window.</span></p>
"""
