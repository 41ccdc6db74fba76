"""Tags as a column of numbers: what `tagging` says of one sentence, for all sentences of a corpus at once.

All that a scheme says of a tag depends on one step, from the tag before: on both prefixes, and on whether the types are
the same. Of such steps there are 128 kinds. So the column is turned into one of kinds of steps, and a question about it
into a table of 128 answers, which the plain functions of `tagging` give.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

import numpy as np

from ner_window.errors import TaggingError
from ner_window.text.entity_columns import Entities, Flags, Integers, ranges, smallest
from ner_window.text.tagging import CANDIDATES, Repair, Scheme, allowed, entities_of, split_tag

#: The prefixes in the order of their numbers; ^ is the start of a sentence.
PREFIXES = "^OBIESLU"

#: Tokens looked at together, so that what is only needed on the way does not grow with the corpus.
BLOCK = 1 << 20


def _pair(before: str, after: str, same: bool) -> tuple[str, str]:
    """Return tags that are a step of this kind."""
    first = before if before in "^O" else f"{before}-A"
    return first, after if after in "^O" else f"{after}-{'A' if same else 'B'}"


#: The kinds of steps, as a tag and the one after it. A kind's number is 16 before + 2 after + same.
KINDS = [_pair(before, after, same) for before in PREFIXES for after in PREFIXES for same in (False, True)]


def _answers(question: Callable[[str, str], bool]) -> Flags:
    """Ask a question about each kind of step; of those to the start of a sentence, which do not exist, it is false."""
    return np.array([after != "^" and question(before, after) for before, after in KINDS])


def _begins(before: str, after: str) -> bool:
    tags = [after] if before == "^" else [before, after]
    return any(entity.start == len(tags) - 1 for entity in entities_of(tags))


_INSIDE = _answers(lambda before, after: after != "O")
_BEGINS = _answers(_begins)
_GOES_ON = _INSIDE & ~_BEGINS


@dataclass(frozen=True)
class TagColumn:
    """The tags of a corpus. All but `of`, `lists`, `select` and `check_names` needs names that are tags.

    Parameters
    ----------
    names : sequence of str
        Distinct tags.
    ids : (T,) integers
        Which of `names` each token has, sentence after sentence.
    lengths : (S,) integers
        The number of tokens of each sentence.
    """

    names: Sequence[str]
    ids: Integers
    lengths: Integers

    @classmethod
    def of(cls, sentences: Sequence[Sequence[str]]) -> "TagColumn":
        """Return the column of tags that are strings."""
        names = list(dict.fromkeys(chain.from_iterable(sentences)))
        numbers = {name: i for i, name in enumerate(names)}
        ids = np.array(list(map(numbers.__getitem__, chain.from_iterable(sentences))), np.int32)
        return cls(names, ids, np.array([len(tags) for tags in sentences], np.intp))

    @cached_property
    def starts(self) -> Integers:
        """Where each sentence begins (S,)."""
        starts: Integers = np.cumsum(self.lengths) - self.lengths
        return starts

    @cached_property
    def types(self) -> list[str]:
        """The types of the names, in their order."""
        return list(dict.fromkeys(type_ for _, type_ in map(split_tag, self.names) if type_))

    def lists(self) -> list[list[str]]:
        """Return the tags of each sentence as strings."""
        tags = list(map(self.names.__getitem__, self.ids.tolist()))
        return [tags[a : a + n] for a, n in zip(self.starts.tolist(), self.lengths.tolist(), strict=True)]

    def select(self, sentences: Integers) -> "TagColumn":
        """Return the column of some sentences, given by their places."""
        lengths = self.lengths[sentences]
        return TagColumn(self.names, self.ids[ranges(self.starts[sentences], lengths)], lengths)

    def entities(self) -> Entities:
        """Return the entities, exactly as the script conlleval counts them; see `tagging.entities_of`."""
        starts, ends = [np.empty(0, np.intp)], [np.empty(0, np.intp)]
        for _, offset, block in self._blocks():
            steps = block._steps()
            goes_on = np.append(_GOES_ON[steps[1:]], False)  # into the next token: never into another sentence's
            starts.append(offset + np.flatnonzero(_BEGINS[steps]))
            ends.append(offset + np.flatnonzero(_INSIDE[steps] & ~goes_on) + 1)
        start = np.concatenate(starts)
        return Entities(start, np.concatenate(ends), self._types[self.ids[start]], self.types)

    def broken(self, scheme: Scheme) -> Integers:
        """Return the places of the sentences with a tag where it may not stand; see `tagging.violations`."""
        found, bad, bad_last = [np.empty(0, np.intp)], _bad(scheme), _bad_last(scheme)
        for first, _, block in self._blocks():
            ends = np.cumsum(block.lengths)
            last = ends[block.lengths > 0] - 1
            wrong = bad[block._steps()]
            wrong[last] |= bad_last[block._prefixes[block.ids[last]]]
            found.append(first + np.unique(np.searchsorted(ends, np.flatnonzero(wrong), "right")))
        return np.concatenate(found)

    def step_counts(self) -> "StepCounts":
        """Count the steps from tag to tag, by their kinds, and how sentences end."""
        counts = StepCounts()
        for _, _, block in self._blocks():
            ends = np.cumsum(block.lengths)[block.lengths > 0] - 1
            steps = np.bincount(block._steps(), minlength=len(KINDS))
            counts += StepCounts(steps, np.bincount(block._prefixes[block.ids[ends]], minlength=len(PREFIXES)))
        return counts

    def detect(self) -> Scheme:
        """Return the scheme that the tags break least; see `tagging.detect`."""
        return self.step_counts().detect()

    def check_names(self, where: Callable[[int], str]) -> None:
        """Raise `TaggingError` at the first token, whose file:line `where` tells, with a tag that is none."""
        wrong = [i for i, name in enumerate(self.names) if not _is_tag(name)]
        places = np.flatnonzero(np.isin(self.ids, wrong)).tolist() if wrong else []
        if places:
            try:
                split_tag(self.names[self.ids[places[0]]])
            except TaggingError as error:
                raise TaggingError(f"{where(places[0])}: {error}; is it the right tag column?") from None

    def convert(self, scheme: Scheme) -> "TagColumn":
        """Write the entities in another scheme."""
        return self.written(self.entities(), scheme)

    def written(self, entities: Entities, scheme: Scheme) -> "TagColumn":
        """Return the column of these entities, which may not overlap, in a scheme; see `tagging.tags_of`."""
        names = ["O", *(f"{prefix}-{type_}" for type_ in entities.types for prefix in scheme.prefixes)]
        return TagColumn(names, self._numbered(entities, scheme, names), self.lengths)

    def labels(self, tags: Sequence[str], scheme: Scheme) -> Integers:
        """Return the entities in a scheme as indices (T,) into `tags`; -1 where a tag is none of them."""
        return self._numbered(self.entities(), scheme, tags)

    def repair(self, scheme: Scheme, method: Repair) -> tuple["TagColumn", int]:
        """Make the sentences valid, as `tagging.repair` does; return with them how many were not."""
        broken = self.broken(scheme)
        if not len(broken) or method == "strict":
            return self, len(broken)
        part = self.select(broken)
        entities = part.entities()
        if method == "discard":
            entities = entities[part._whole(entities, scheme)]
        fixed = part.written(entities, scheme)
        names = list(dict.fromkeys((*self.names, *fixed.names)))
        number = np.array([names.index(name) for name in fixed.names])
        ids = self.ids.astype(smallest(len(names)))
        ids[ranges(self.starts[broken], part.lengths)] = number[fixed.ids]
        return TagColumn(names, ids, self.lengths), len(broken)

    @cached_property
    def _prefixes(self) -> Integers:
        """The number of each name's prefix (n,)."""
        return np.array([PREFIXES.index(split_tag(name)[0]) for name in self.names], np.uint8)

    @cached_property
    def _types(self) -> Integers:
        """Which of `types` each name has (n,), -1 for O."""
        number = {type_: i for i, type_ in enumerate(self.types)}
        return np.array([number.get(split_tag(name)[1], -1) for name in self.names], smallest(len(number)))

    def _blocks(self) -> Iterator[tuple[int, int, "TagColumn"]]:
        """Yield whole sentences of about `BLOCK` tokens, and their first sentence's and first token's place."""
        cuts = np.flatnonzero(np.diff(self.starts // BLOCK)) + 1
        sentence = token = 0
        for lengths in np.split(self.lengths, cuts):
            count = int(lengths.sum())
            yield sentence, token, TagColumn(self.names, self.ids[token : token + count], lengths)
            sentence, token = sentence + len(lengths), token + count

    def _steps(self) -> Integers:
        """Return the kind of the step to each tag (T,), a number of `KINDS`."""
        prefix, type_ = self._prefixes[self.ids], self._types[self.ids]
        first = self.starts[self.lengths > 0]
        steps = prefix * np.uint8(2)
        steps[1:] += prefix[:-1] * np.uint8(16) + (type_[1:] == type_[:-1])
        steps[first] = prefix[first] * np.uint8(2)  # ^ is prefix 0
        return steps

    def _whole(self, entities: Entities, scheme: Scheme) -> Flags:
        """Return which entities are written as their scheme writes them: would be valid as sentences of their own."""
        first, last = (self._prefixes[self.ids[i]] for i in (entities.start, entities.end - 1))
        whole: Flags = ~(_bad(scheme)[first * np.uint8(2)] | _bad_last(scheme)[last])  # a wrong step ends an entity
        return whole

    def _right_after_another(self, entities: Entities) -> Entities:
        """Return the entities that stand right after another of the same type in their sentence."""
        touching = (entities.start[1:] == entities.end[:-1]) & (entities.type[1:] == entities.type[:-1])
        second = entities[1 + np.flatnonzero(touching)]
        return second[~np.isin(second.start, self.starts)]

    def _numbered(self, entities: Entities, scheme: Scheme, names: Sequence[str]) -> Integers:
        """Return entities in a scheme as indices (T,) into `names`, -1 where one is missing."""
        number, dtype = {name: i for i, name in enumerate(names)}, smallest(len(names))

        def written(prefix: str) -> Integers:
            return np.array([number.get(f"{prefix}-{type_}", -1) for type_ in entities.types], dtype)

        single, begin, inside, end = map(written, (scheme.single, scheme.begin, scheme.inside, scheme.end))
        ids = np.full(len(self.ids), number.get("O", -1), dtype)
        for part in entities.parts():
            lengths = part.end - part.start
            ids[ranges(part.start, lengths)] = np.repeat(inside[part.type], lengths)
            ids[part.end - 1] = end[part.type]
            ids[part.start] = np.where(lengths == 1, single[part.type], begin[part.type])
        if scheme.name == "IOB1":
            second = self._right_after_another(entities)
            ids[second.start] = written("B")[second.type]
        return ids


def _no_counts(length: int) -> Callable[[], Integers]:
    return lambda: np.zeros(length, np.intp)


@dataclass(frozen=True)
class StepCounts:
    """How often tags follow tags: of a text of any size, all that says which scheme it is in.

    Parameters
    ----------
    steps : (128,) integers
        How often each kind of step, of `KINDS`, occurs.
    last : (8,) integers
        How often each prefix, of `PREFIXES`, ends a sentence.
    """

    steps: Integers = field(default_factory=_no_counts(len(KINDS)))
    last: Integers = field(default_factory=_no_counts(len(PREFIXES)))

    def __add__(self, other: "StepCounts") -> "StepCounts":
        return StepCounts(self.steps + other.steps, self.last + other.last)

    def detect(self) -> Scheme:
        """Return the scheme that the tags break least; see `tagging.detect`."""
        used = {split_tag(after)[0] for n, (_, after) in zip(self.steps, KINDS, strict=True) if n} - {"O"}

        def broken(scheme: Scheme) -> int:
            fine = _answers(lambda before, after: allowed(scheme, before, after))
            return int(self.steps[~fine].sum() + self.last[_bad_last(scheme)].sum())

        known = [scheme for scheme in CANDIDATES if used <= set(scheme.prefixes)]
        return min(known or CANDIDATES, key=broken)

    def broken(self, scheme: Scheme) -> int:
        """Return how many tags stand where they may not; see `tagging.violations`."""
        return int(self.steps[_bad(scheme)].sum() + self.last[_bad_last(scheme)].sum())


def _is_tag(name: str) -> bool:
    try:
        split_tag(name)
    except TaggingError:
        return False
    return True


def _bad(scheme: Scheme) -> Flags:
    """Return the kinds of steps to a tag that may not stand where it stands."""
    return _answers(
        lambda before, after: not allowed(scheme, before, after) and split_tag(after)[0] not in scheme.tolerated
    )


def _bad_last(scheme: Scheme) -> Flags:
    """Return the prefixes that may not end a sentence."""
    return np.array([prefix not in scheme.last for prefix in PREFIXES])
