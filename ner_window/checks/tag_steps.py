"""The steps from tag to tag of a file, by their kinds: which scheme it has, where it breaks it, its entities.

As in `text.tag_columns`, but with tags that are not known (``?``), as those of lines that lack one: steps from and to
them are never wrong. What must be known of all steps to judge one, the scheme, is known at the end of the file. So of
each kind of step all are counted, and the places of the first are kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import numpy as np

from ner_window.checks.facts import Flags, Integers
from ner_window.text.tagging import CANDIDATES, Scheme, allowed, entities_of, split_tag

#: The prefixes in the order of their numbers; ^ is the start of a sentence, ? a tag that is not known.
PREFIXES = "^OBIESLU?"
_N = len(PREFIXES)

#: Two schemes are mixed if each has so many sentences of its own, and the other one this share of all.
FEW, SHARE = 3, 0.05


def _pair(before: str, after: str, same: bool) -> tuple[str, str]:
    """Return tags that are a step of this kind."""
    first = before if before in "^O?" else f"{before}-A"
    return first, after if after in "^O?" else f"{after}-{'A' if same else 'B'}"


#: The kinds of steps, as a tag and the one after it. A kind's number is 2 (9 before + after) + same.
KINDS = [_pair(before, after, same) for before in PREFIXES for after in PREFIXES for same in (False, True)]


def _answers(question: Callable[[str, str], bool]) -> Flags:
    """Ask a question about each kind of step that is known; of the others it is false."""
    return np.array([after not in "^?" and before != "?" and question(before, after) for before, after in KINDS])


def _begins(before: str, after: str) -> bool:
    tags = [after] if before == "^" else [before, after]
    return any(entity.start == len(tags) - 1 for entity in entities_of(tags))


def _is_off(scheme: Scheme, before: str, after: str) -> bool:
    return not allowed(scheme, before, after)


#: Steps at which an entity begins; after a tag that is not known, as after O.
_BEGINS = _answers(_begins) | np.array([before == "?" and after not in "^O?" for before, after in KINDS])
_OFF = [_answers(partial(_is_off, scheme)) for scheme in CANDIDATES]
_OFF_LAST = [np.array([prefix not in f"{scheme.last}?" for prefix in PREFIXES]) for scheme in CANDIDATES]
#: For each kind of step, and each last prefix, a bit for each of CANDIDATES that does not write it so.
_BITS = np.array([flags << i for i, flags in enumerate(np.array(_OFF, np.uint8))]).sum(axis=0, dtype=np.uint8)
_LAST_BITS = np.array([flags << i for i, flags in enumerate(np.array(_OFF_LAST, np.uint8))]).sum(0, dtype=np.uint8)


class Place(NamedTuple):
    """Where a tag stands: the number of its line, the tag before it ("" at the start), and the tag."""

    line: int
    before: str
    tag: str


class Mixture(NamedTuple):
    """Another scheme in a file: how many sentences are of it alone, how many of the file's alone, its first line."""

    other: Scheme
    theirs: int
    own: int
    line: int


@dataclass
class TagSteps:
    """What is known of the tags of a file; `keep` places are kept of each kind of step."""

    keep: int
    counts: Integers = field(default_factory=lambda: np.zeros(len(KINDS), np.intp))
    last: Integers = field(default_factory=lambda: np.zeros(_N, np.intp))
    places: dict[int, list[Place]] = field(default_factory=dict)
    last_places: dict[int, list[Place]] = field(default_factory=dict)
    patterns: Integers = field(default_factory=lambda: np.zeros(32, np.intp))
    pattern_lines: dict[int, int] = field(default_factory=dict)
    entities: dict[str, int] = field(default_factory=dict)

    def add(self, tags: Sequence[str], ids: Integers, starts: Integers, lines: Integers) -> list[Place]:
        """Add whole sentences: tag ids (T,), below 0 where not known, where sentences start (S,), line numbers (T,).

        Returns
        -------
        list of Place
            The places that are kept of them.
        """
        split = [*map(split_tag, tags), ("?", ""), ("?", "")]  # the last ones for -2 and -1
        types = {type_: i for i, type_ in enumerate(dict.fromkeys(type_ for _, type_ in split))}
        prefix = np.array([PREFIXES.index(before) for before, _ in split], np.intp)[ids]
        type_ids = np.array([types[type_] for _, type_ in split], np.intp)[ids]
        before = np.roll(prefix, 1)
        before[starts] = 0
        same = np.roll(type_ids, 1) == type_ids
        same[starts] = False
        steps = 2 * (_N * before + prefix) + same
        ends = np.append(starts[1:], len(ids)) - 1
        self.counts += np.bincount(steps, minlength=len(KINDS))
        self.last += np.bincount(prefix[ends], minlength=_N)
        self._add_entities(list(types), type_ids[_BEGINS[steps]])
        self._add_patterns(steps, prefix, starts, ends, lines)

        def place(i: int) -> Place:
            known = tags[ids[i - 1]] if ids[i - 1] >= 0 else "?"
            return Place(int(lines[i]), known if before[i] else "", tags[ids[i]])

        kept = self._keep(self.places, steps, _BITS, np.arange(len(ids)), place)
        return kept + self._keep(self.last_places, prefix[ends], _LAST_BITS, ends, place)

    def _keep(
        self,
        known: dict[int, list[Place]],
        kinds: Integers,
        bits: Integers,
        tokens: Integers,
        place: Callable[[int], Place],
    ) -> list[Place]:
        """Keep the first places (of `tokens`) of each kind that some scheme does not write; return the new ones."""
        new: list[Place] = []
        for kind in np.unique(kinds).tolist():
            before = known.setdefault(kind, [])
            if bits[kind] and len(before) < self.keep:
                found = np.flatnonzero(kinds == kind)[: self.keep - len(before)]
                known[kind] = before + list(map(place, tokens[found].tolist()))
                new += known[kind][len(before) :]
        return new

    def _add_entities(self, types: Sequence[str], began: Integers) -> None:
        for type_, n in zip(types, np.bincount(began, minlength=len(types)).tolist(), strict=True):
            if n:
                self.entities[type_] = self.entities.get(type_, 0) + n

    def _add_patterns(
        self, steps: Integers, prefix: Integers, starts: Integers, ends: Integers, lines: Integers
    ) -> None:
        """Count the sentences with entities by the schemes that do not write them so."""
        if not len(starts):
            return
        off = np.bitwise_or.reduceat(_BITS[steps], starts) | _LAST_BITS[prefix[ends]]
        tagged = np.flatnonzero(np.maximum.reduceat((prefix > 1).view(np.int8), starts))
        self.patterns += np.bincount(off[tagged], minlength=32)
        for pattern in np.unique(off[tagged]).tolist():
            if pattern not in self.pattern_lines:
                first = tagged[np.argmax(off[tagged] == pattern)]
                self.pattern_lines[pattern] = int(lines[starts[first]])

    def detect(self) -> Scheme:
        """Return the scheme that the tags break least; see `tagging.detect`."""
        used = {after[0] for n, (_, after) in zip(self.counts, KINDS, strict=True) if n} - {"O", "?"}
        known = [scheme for scheme in CANDIDATES if used <= set(scheme.prefixes)]
        return min(known or CANDIDATES, key=self._broken)

    def _broken(self, scheme: Scheme) -> int:
        i = CANDIDATES.index(scheme)
        return int(self.counts[_OFF[i]].sum() + self.last[_OFF_LAST[i]].sum())

    def wrong(self, scheme: Scheme) -> tuple[list[tuple[Place, bool]], int]:
        """Return places of tags that may not stand there, or (True) may not be the last; and how many are not kept."""
        i = CANDIDATES.index(scheme)
        tolerated = np.array([after[0] in scheme.tolerated for _, after in KINDS])
        kinds, lasts = np.flatnonzero(_OFF[i] & ~tolerated).tolist(), np.flatnonzero(_OFF_LAST[i]).tolist()
        found = [(place, False) for kind in kinds for place in self.places.get(kind, [])]
        found += [(place, True) for kind in lasts for place in self.last_places.get(kind, [])]
        return sorted(found), int(self.counts[kinds].sum() + self.last[lasts].sum()) - len(found)

    def beginnings(self, prefix: str) -> tuple[int, int]:
        """Return how many entities begin with a prefix, and the line of the first one's beginning, 0 if none does."""
        kinds = [kind for kind in np.flatnonzero(_BEGINS).tolist() if KINDS[kind][1][0] == prefix]
        lines = [place.line for kind in kinds for place in self.places.get(kind, [])]
        return int(self.counts[kinds].sum()), min(lines, default=0)

    def mixed(self, scheme: Scheme) -> Mixture | None:
        """Return the other scheme that most of the sentences not in `scheme` are written in, if it is a good part."""
        main, total, kinds = CANDIDATES.index(scheme), int(self.patterns.sum()), np.arange(len(self.patterns))
        found = []
        for i, other in enumerate(CANDIDATES):
            other_alone = kinds[(kinds >> i & 1 == 0) & (kinds >> main & 1 == 1)]
            main_alone = kinds[(kinds >> i & 1 == 1) & (kinds >> main & 1 == 0)]
            theirs, own = int(self.patterns[other_alone].sum()), int(self.patterns[main_alone].sum())
            if min(theirs, own) >= FEW and theirs >= SHARE * total:
                line = min(self.pattern_lines[k] for k in other_alone.tolist() if k in self.pattern_lines)
                found.append(Mixture(other, theirs, own, line))
        return max(found, key=lambda mixture: mixture.theirs, default=None)
