"""Items out: as rows of CoNLL, as JSON lines, and as text in which entities are marked."""

import html
import json
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, chain, pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ner_window.prediction.items import Item, Span
from ner_window.text.entity_columns import lowest as lowest_of
from ner_window.text.tag_columns import TagColumn

Floats = NDArray[np.floating[Any]]


class Shown(NamedTuple):
    """An entity as it is shown. `probability` is the smallest of its tokens', rounded."""

    start: int
    end: int
    type: str
    text: str
    probability: float | None


#: Half a pair, which JSON can hold and no encoding writes: it stays as it can be written.
_SURROGATE = re.compile("[\ud800-\udfff]")

_JSON = json.JSONEncoder(ensure_ascii=False)
_string = json.encoder.encode_basestring

HTML_HEAD = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Entities</title>
<style>
:root { color-scheme: light dark; font: 1.05rem/1.7 system-ui, sans-serif }
main { max-width: 45rem; margin: 2rem auto; padding: 0 1rem }
mark { color: inherit; background: #8883; border-radius: .3em; padding: .1em .3em }
mark.PER { background: #3b82f640 } mark.LOC { background: #22c55e40 }
mark.ORG { background: #f59e0b40 } mark.MISC { background: #a855f740 }
mark b { font-size: .65em; opacity: .8 }
</style><main>
"""
HTML_END = "</main></html>\n"


def as_rows(items: Sequence[Item], tags: TagColumn, chances: Floats | None) -> str:
    """Write token and tag on a line each, an empty line after each sentence, and one for an item without any."""
    added = list(map([f" {name}" for name in tags.names].__getitem__, tags.ids.tolist()))
    if chances is not None:
        added = [f"{tag} {chance:.4f}" for tag, chance in zip(added, chances.tolist(), strict=True)]
    endings = ["\n"] * len(added)
    for i in (np.cumsum(tags.lengths) - 1).tolist():
        endings[i] = "\n\n"
    tokens = chain.from_iterable(sentence for item in items for sentence in item.sentences)
    rows = list(map("".join, zip(tokens, added, endings, strict=True)))
    places = pairwise([0, *accumulate(item.size for item in items)])
    empty = ["\n" if item.text is None else "" for item in items]
    return "".join("".join(rows[a:b]) if a < b else other for (a, b), other in zip(places, empty, strict=True))


def as_jsonl(items: Sequence[Item], tags: TagColumn, chances: Floats | None) -> str:
    """Write a JSON object for each item: its text or tokens, what its record held, and its entities."""
    found = _entities(items, tags, chances)
    text = "".join([_json(item, its) for item, its in zip(items, found, strict=True)])
    return text if text.isascii() else _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", text)


def as_inline(items: Sequence[Item], tags: TagColumn, chances: Floats | None) -> str:
    """Write the text of each item on a line, entities as ``[TYPE text]``."""
    lines = _marked(items, tags, None, lambda entity: f"[{entity.type} {entity.text}]", str)
    return "".join([f"{line}\n" for line in lines])


def as_html(items: Sequence[Item], tags: TagColumn, chances: Floats | None) -> str:
    """Write each item as a paragraph of a page, with its entities marked; the pointer on one tells its probability."""

    def mark(entity: Shown) -> str:
        type_ = html.escape(entity.type)
        title = "" if entity.probability is None else f' title="{entity.probability:.4f}"'
        return f'<mark class="{type_}"{title}>{html.escape(entity.text)} <b>{type_}</b></mark>'

    return "".join([f"<p>{line}</p>\n" for line in _marked(items, tags, chances, mark, html.escape)])


def _json(item: Item, entities: Sequence[Shown]) -> str:
    """Return an item and its entities as a line of JSON.

    What the encoder would write of strings and numbers is put together here: it takes some microseconds to set out.
    """
    if item.record is not None and "entities" in item.record:  # they are replaced where they stand
        shown = [{key: value for key, value in each._asdict().items() if value is not None} for each in entities]
        return _JSON.encode({**item.record, "entities": shown}) + "\n"
    if item.record is not None:
        head = _JSON.encode(item.record)[1:-1]
    elif item.text is not None:
        head = f'"text": {_string(item.text)}'
    else:
        head = f'"tokens": [{", ".join(map(_string, _flat(item.sentences)))}]'
    return f'{{{head}, "entities": [{", ".join(map(_json_entity, entities))}]}}\n'


def _json_entity(entity: Shown) -> str:
    start, end, type_, text, chance = entity
    more = "" if chance is None else f', "probability": {chance!r}'
    return f'{{"start": {start}, "end": {end}, "type": {_string(type_)}, "text": {_string(text)}{more}}}'


def _entities(items: Sequence[Item], tags: TagColumn, chances: Floats | None) -> list[list[Shown]]:
    """Return the entities of each item: character offsets for text, token positions otherwise."""
    found = tags.entities()
    starts, ends, types = found.start.tolist(), found.end.tolist(), found.names()
    lowest: list[float | None] = [None] * len(starts)
    if chances is not None:
        lowest = [round(chance, 6) for chance in lowest_of(found, chances).tolist()]
    rows = list(zip(starts, ends, types, lowest, strict=True))
    sizes = np.array([item.size for item in items], np.intp)
    after = np.cumsum(sizes)
    first, last = (np.searchsorted(found.start, places).tolist() for places in (after - sizes, after))
    result: list[list[Shown]] = []
    for item, n, a, b in zip(items, (after - sizes).tolist(), first, last, strict=True):
        spans = _flat(item.spans) if a < b else []
        result.append([_shown(item, spans, s - n, e - n, type_, chance) for s, e, type_, chance in rows[a:b]])
    return result


def _shown(item: Item, spans: Sequence[Span], start: int, end: int, type_: str, chance: float | None) -> Shown:
    """Return an entity of an item, given as places of its tokens, as it is shown; `spans` are those of all of them."""
    if item.text is None:
        return Shown(start, end, type_, " ".join(item.sentences[0][start:end]), chance)
    first, last = spans[start][0], spans[end - 1][1]
    return Shown(first, last, type_, item.text[first:last], chance)


def _flat(parts: Sequence[Sequence[Any]]) -> list[Any]:
    return list(chain.from_iterable(parts))


def _marked(
    items: Sequence[Item],
    tags: TagColumn,
    chances: Floats | None,
    mark: Callable[[Shown], str],
    plain: Callable[[str], str],
) -> Iterator[str]:
    """Yield each item as text in which `mark` has been put on every entity, and `plain` on the rest."""
    for item, entities in zip(items, _entities(items, tags, chances), strict=True):
        text, places = _places(item, entities)
        pieces, at = [], 0
        for (start, end), entity in zip(places, entities, strict=True):
            pieces += [plain(text[at:start]), mark(entity)]
            at = end
        yield "".join([*pieces, plain(text[at:])])


def _places(item: Item, entities: Sequence[Shown]) -> tuple[str, list[tuple[int, int]]]:
    """Return the text of an item, of tokens with a space between them, and the characters of its entities."""
    places = [(entity.start, entity.end) for entity in entities]
    if item.text is not None:
        return item.text, places
    tokens = item.sentences[0] if item.sentences else ()
    starts = [0, *accumulate(len(token) + 1 for token in tokens)] if places else []  # of what would come next, too
    return " ".join(tokens), [(starts[start], starts[end] - 1) for start, end in places]
