"""Files side by side: sentences that two have, types that one lacks, shares that differ."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import sqrt

import numpy as np

from ner_window.checks.facts import FileFacts, Integers
from ner_window.checks.findings import Defect, number_of
from ner_window.checks.whole_file import Placed

#: Tokens from which on a sentence is no mere date or score that comes again by itself.
TELLING = 8

#: The share of a file's telling sentences that another has, from which on it is a part of that one.
PART = 0.5

#: The distance of the types' shares that is told, beside what chance gives; and the ratio of entities a token.
DISTANCE, RATIO = 0.15, 2.0

#: Entities without which shares say nothing.
ENOUGH = 30


def split_defects(files: Sequence[FileFacts]) -> Iterator[tuple[FileFacts, Placed]]:
    """Yield what files have in common that they should not, or do not have in common; each at one of the two."""
    for one, other in combinations(sorted(files, key=lambda facts: not facts.learned_from), 2):
        yield from ((other, placed) for placed in leaks(one, other))
    for train in files:
        for other in files:
            if train.learned_from and not other.learned_from and train.entities and other.entities:
                yield from ((other, placed) for placed in _types(train, other))
                yield from ((other, placed) for placed in _shares(train, other))


def leaks(one: FileFacts, other: FileFacts) -> Iterator[Placed]:
    """Yield the sentences of a file that stand in another one before it, the short ones together."""
    places = first_places(one.hashes, other.hashes)
    shared = places >= 0
    telling = other.lengths >= TELLING
    found = np.flatnonzero(shared & telling)
    if len(found) > max(1, PART * int(telling.sum())):
        what = f"{len(found)} of {int(telling.sum())} sentences of {TELLING} or more tokens stand in {one.source}"
        yield int(other.first_lines[found[0]]), Defect("E603", 1, what, "take another file: scores on it mean nothing")
    else:
        for i in found.tolist():
            what = f"this sentence also stands in {one.source}:{one.first_lines[places[i]]}"
            yield int(other.first_lines[i]), Defect("W601", 1, what, "remove it from one of them")
    short = np.flatnonzero(shared & ~telling)
    if len(short):
        what = f"{number_of(len(short), 'sentence')} of less than {TELLING} tokens also in {one.source}"
        yield int(other.first_lines[short[0]]), Defect("N602", 1, what, "nothing: such sentences repeat by themselves")


def first_places(hashes: Integers, others: Integers) -> Integers:
    """Return where each of `others` stands first among `hashes`, or -1."""
    if not len(hashes):
        return np.full(len(others), -1)
    values, firsts = np.unique(hashes, return_index=True)
    at = np.minimum(np.searchsorted(values, others), len(values) - 1)
    places: Integers = np.where(values[at] == others, firsts[at], -1)
    return places


def _types(train: FileFacts, other: FileFacts) -> Iterator[Placed]:
    """Yield the types that one of two files lacks, and schemes that differ."""
    for type_ in sorted(other.entities.keys() - train.entities.keys()):
        n = other.entities[type_]
        line = min(line for tag, (_, line) in other.tags.items() if tag[2:] == type_)
        what = f"type {type_!r} ({number_of(n, 'entity')}) is not in {train.source}: it cannot be learned"
        yield line, Defect("W604", 0, what, "add examples to the training file, or correct the type")
    if missing := sorted(train.entities.keys() - other.entities.keys()):
        what = f"types of {train.source} that are not here: {', '.join(missing)}"
        yield 1, Defect("N605", 1, what, "nothing, but they are not scored")
    if train.scheme and other.scheme and train.scheme.name != other.scheme.name:
        what = f"scheme {other.scheme.name}, that of {train.source} is {train.scheme.name}"
        yield 1, Defect("N608", 1, what, "nothing: each file is read in its own")


def _shares(train: FileFacts, other: FileFacts) -> Iterator[Placed]:
    """Yield what is said of shares of types, and of entities a token, that differ by more than chance."""
    totals = [sum(facts.entities.values()) for facts in (train, other)]
    if min(totals) < ENOUGH:
        return
    far, most = distance(train.entities, other.entities)
    if far > DISTANCE + 0.5 * sqrt(len(train.entities.keys() | other.entities.keys()) / min(totals)):
        there, here = (100 * facts.entities.get(most, 0) / n for facts, n in zip((train, other), totals, strict=True))
        what = f"types have other shares than in {train.source}: {most} {here:.0f} %, there {there:.0f} %"
        yield 1, Defect("W606", 1, what, "is it text of the same kind? F1 of types, not of all, can be compared")
    there, here = (100 * n / facts.tokens for facts, n in zip((train, other), totals, strict=True))
    if max(here, there) > RATIO * min(here, there):
        what = f"{here:.1f} entities in 100 tokens, in {train.source} {there:.1f}"
        yield 1, Defect("W607", 1, what, "is it text of the same kind, annotated by the same rules?")


def distance(one: Mapping[str, int], other: Mapping[str, int]) -> tuple[float, str]:
    """Return the total variation distance of two distributions, 0..1, and where they differ most."""
    n, m = sum(one.values()), sum(other.values())
    differences = {key: abs(one.get(key, 0) / n - other.get(key, 0) / m) for key in sorted(one.keys() | other.keys())}
    return sum(differences.values()) / 2, max(differences, key=differences.__getitem__)
