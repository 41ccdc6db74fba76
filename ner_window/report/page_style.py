"""How the pages of experiments and runs look: on a screen in light or dark, on a telephone, on paper."""

_COLORS = """
:root {
  --c0: #0067a5; --c1: #c2410c; --c2: #00795b; --c3: #a83f78; --c4: #866200; --c5: #5b4fc7; --c6: var(--ink);
  --bar: #d3e2f4; --right: #b9dfc8; --wrong: #f8c9b2;
}
@media (prefers-color-scheme: dark) { :root {
  --c0: #6cb6f0; --c1: #ff9a5c; --c2: #4fd1a5; --c3: #f09bc6; --c4: #e0bb4c; --c5: #b3a8ff;
  --bar: #264361; --right: #1d5c3d; --wrong: #7a3819;
} }
"""

_TEXT = """
main { max-width: 72rem; box-sizing: border-box }
h1 { font-size: 1.7rem; margin: .2rem 0 .4rem; letter-spacing: -.01em }
h2 { font-size: 1.2rem; margin: 2.6rem 0 .6rem; scroll-margin-top: 1rem }
a { color: var(--value); text-underline-offset: .15em }
a:hover { text-decoration-thickness: 2px }
:focus-visible { outline: 2px solid var(--value); outline-offset: 2px }
p { overflow-wrap: anywhere }
.lead { color: var(--soft); margin: 0 0 1rem }
.up { font-size: .9rem; margin: 0 }
nav { display: flex; flex-wrap: wrap; gap: .2rem 1rem; font-size: .875rem; margin: 1.2rem 0 0 }
.note { color: var(--soft); font-size: .9rem }
.error { border-left: 4px solid var(--gradient); background: var(--card); padding: .6rem .9rem; border-radius: 4px;
  white-space: pre-line }
.verdict { border-left: 3px solid var(--rule); padding-left: .8rem }
details { margin: .7rem 0 }
summary { cursor: pointer; color: var(--value); width: fit-content }
pre { background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: .7rem .9rem;
  overflow-x: auto; font-size: .8rem; line-height: 1.5; margin: .6rem 0 }
code { font-family: ui-monospace, "SF Mono", Consolas, "DejaVu Sans Mono", monospace; font-size: .92em }
"""

_FIGURES = """
.tiles { display: grid; gap: .6rem; margin: 1rem 0 0;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 8.2rem), 1fr)) }
.tiles div { background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: .55rem .8rem }
.tiles div:has(.setting) { grid-column: span 2 }
.tiles dt { color: var(--soft); font-size: .8rem }
.tiles dd { margin: 0; font-size: 1.25rem; line-height: 1.4; font-weight: 600; font-variant-numeric: tabular-nums }
.tiles small { font-size: .8rem; font-weight: 400; color: var(--soft) }
.tiles .setting { display: block; overflow-wrap: anywhere }
.facts { margin: .5rem 0; font-size: .9rem }
.facts div { display: grid; grid-template-columns: 12rem minmax(0, 1fr); gap: 0 1rem; padding: .25rem 0;
  border-bottom: 1px solid var(--rule) }
.facts dt { color: var(--soft); overflow-wrap: anywhere }
.facts dd { margin: 0; overflow-wrap: anywhere }
.wide { background: var(--card); width: fit-content; max-width: 100%; margin: .7rem 0 }
td, thead th { text-align: right }
td { white-space: nowrap }
thead th { vertical-align: bottom }
.words, tbody th { text-align: left }
td.words { white-space: normal }
tbody th { color: var(--ink); font-weight: 600 }
.long { display: inline-block; min-width: 11rem; overflow-wrap: anywhere }
tbody th a { font-weight: 500 }
.bar { display: block; min-width: 5.5rem; padding: 0 .3rem; border-radius: 3px; box-sizing: border-box;
  background: linear-gradient(var(--bar) 0 0) left / calc(100% * var(--share)) 100% no-repeat }
.matrix td { padding: .2rem }
.matrix td span { display: block; min-width: 2.4rem; padding: .2rem .5rem; border-radius: 5px;
  background: color-mix(in srgb, var(--wrong) calc(100% * var(--share)), transparent) }
.matrix td .right { background: color-mix(in srgb, var(--right) calc(100% * var(--share)), transparent);
  font-weight: 600 }
.none { color: var(--soft); font-weight: 400; font-style: italic }
.failed { color: var(--gradient) }
.narrow { display: none }
td small { display: block; color: var(--soft) }
"""

_PLOTS = """
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1.2rem }
figure { margin: .7rem 0; min-width: 0; max-width: 28rem; break-inside: avoid }
.plots figure { margin: 0 }
.plot { display: block; width: 100%; height: auto; overflow: visible; stroke-linejoin: round; fill: var(--ink) }
.plot text { font-family: system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif }
figcaption { color: var(--soft); font-size: .875rem; margin-top: .3rem; overflow-wrap: anywhere }
.legend { display: flex; flex-wrap: wrap; gap: 0 .8rem; color: var(--ink); margin-top: .3rem; font-size: .875rem }
.legend > span { color: var(--soft) }
.legend ul { display: contents; list-style: none }
.legend li { display: flex; align-items: center; gap: .35rem; overflow-wrap: anywhere; min-width: 0 }
.legend svg { width: 30px; height: 12px; flex: none }
.legend path { fill: currentColor }
.legend .line { stroke: currentColor; stroke-width: 2 }
"""

_SENTENCES = """
.sentences { list-style: none; padding: 0; margin: .8rem 0; display: grid; gap: .7rem }
.sentences li { background: var(--card); border: 1px solid var(--rule); border-radius: 12px;
  padding: .6rem .9rem .7rem; break-inside: avoid; min-width: 0 }
.head { margin: 0 0 .2rem; font-size: .85rem }
.head small { color: var(--soft); margin-left: .4rem; white-space: nowrap }
.sentence { margin: 0; max-width: none; line-height: 2 }
.e { display: inline-flex; flex-direction: column; vertical-align: middle; line-height: 1.25; max-width: 100% }
.e i, .e b { font: 600 .68rem/1.1rem system-ui, sans-serif; height: 1.1rem; white-space: pre; padding-right: .3rem }
.e span { border: solid transparent; border-width: 2.5px 0; white-space: pre-wrap }
.e span.gold { border-top-color: var(--value) }
.e span.guess { border-bottom: 2.5px dashed var(--gradient) }
i.gold { color: var(--value) }
b.guess { color: var(--gradient) }
.same i, .same b { color: var(--soft) }
.same span.gold { border-top-color: var(--line) }
.same span.guess { border-bottom-color: var(--line) }
"""

_MEDIA = """
@media (max-width: 48rem) {
  .broad { display: none }
  .narrow { display: table-cell; min-width: 9.5rem; max-width: 11rem; overflow-wrap: anywhere }
  tbody .narrow { font-size: .8rem; line-height: 1.4; font-weight: 500 }
}
@media (max-width: 34rem) {
  .facts div { grid-template-columns: 1fr }
  th, td { padding: .35rem .4rem }
  .bar { min-width: 3.1rem }
  .matrix td { padding: .15rem .1rem }
  .matrix td span { min-width: 1.7rem; padding: .2rem .3rem }
}
@media print {
  main { max-width: none; padding: 0 }
  nav { display: none }
  .wide { overflow: visible }
  pre { white-space: pre-wrap }
  details::details-content { content-visibility: visible; block-size: auto }
  * { print-color-adjust: exact }
}
"""

#: Follows the style of `document`, whose colors it uses.
STYLE = _COLORS + _TEXT + _FIGURES + _PLOTS + _SENTENCES + _MEDIA
