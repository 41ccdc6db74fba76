"""Why tags change: each change of a rewritten file with its reason, and each mended sentence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ner_window.text.rewriting import Rewritten
from ner_window.text.tagging import Scheme, split_tag, violations

Integers = NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class Change:
    """A tag that changes, in a line of the file, and why."""

    line: int
    before: str
    after: str
    why: str


@dataclass(frozen=True, slots=True)
class Mended:
    """A sentence whose tags change: its first and last line, and how many of its tags and entities change.

    The entities before are those that conlleval counts.
    """

    first: int
    last: int
    changed: int
    entities_before: int
    entities_after: int


def changes_of(part: Rewritten) -> Iterator[Change]:
    """Yield the changes in the order of the file."""
    before, after, starts = part.before, part.after, part.before.starts
    sentences = np.searchsorted(starts, part.changed, "right") - 1
    present, tags, bad, start = -1, [""], {0}, 0
    for token, sentence in zip(part.changed.tolist(), sentences.tolist(), strict=True):
        if sentence != present and part.method:
            present, start = sentence, int(starts[sentence])
            tags = before.select(np.array([sentence])).lists()[0]
            bad = set(violations(tags, part.scheme))
        old, new = before.names[before.ids[token]], after.names[after.ids[token]]
        why = _flaw(tags, token - start, new, bad, part.scheme) if part.method else _meaning(new, part.target)
        yield Change(part.lines.line(token), old, new, why)


def mended_of(part: Rewritten) -> Iterator[Mended]:
    """Yield the sentences with changes in the order of the file."""
    before, after = part.before, part.after
    starts, lengths = before.starts, before.lengths

    def by_sentence(tokens: Integers) -> list[int]:
        counts: list[int] = np.bincount(np.searchsorted(starts, tokens, "right") - 1, minlength=len(starts)).tolist()
        return counts

    changed = by_sentence(part.changed)
    entities = zip(by_sentence(before.entities().start), by_sentence(after.entities().start), strict=True)
    for i, (old, new) in enumerate(entities):
        if changed[i]:
            first = part.lines.line(int(starts[i]))
            yield Mended(first, first + int(lengths[i]) - 1, changed[i], old, new)


def _meaning(tag: str, scheme: Scheme) -> str:
    """Return what a tag says in a scheme."""
    prefix = split_tag(tag)[0]
    if prefix == "B":
        after = " right after another of its type" if scheme.begin != "B" else ""
        return f"begins an entity{after} in {scheme.name}"
    said = {"O": "outside of entities", "S": "an entity of one token", "U": "an entity of one token"}
    ends = dict.fromkeys("EL", "ends an entity")
    return f"{(said | ends).get(prefix, 'inside an entity')} in {scheme.name}"


def _flaw(tags: Sequence[str], i: int, new: str, bad: set[int], scheme: Scheme) -> str:
    """Return why a tag of a broken sentence becomes `new`; at the places `bad` are tags that may not stand there."""
    if i in bad:
        return f"cannot follow {repr(tags[i - 1]) if i else 'the start of a sentence'} in {scheme.name}"
    if i + 1 in bad:
        return f"cannot {'end a sentence' if i + 1 == len(tags) else f'stand before {tags[i + 1]!r}'} in {scheme.name}"
    if new != "O":  # a tag that is tolerated, in a sentence that has another flaw
        return f"{scheme.name} as defined has {new!r} here"
    return f"part of an entity that is not written as {scheme.name} writes it"
