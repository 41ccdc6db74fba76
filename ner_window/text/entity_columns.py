"""The entities of a corpus as columns of numbers, and what is needed to write them into other columns."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ner_window.text.tokens import Tokens

Integers = NDArray[np.integer[Any]]
Flags = NDArray[np.bool_]

#: Entities looked at together.
PART = 1 << 16


@dataclass(frozen=True)
class Entities:
    """The entities of a corpus in its order: the indices (N,) of first token, of one after the last, and of the type.

    Tokens are counted through the whole corpus.
    """

    start: Integers
    end: Integers
    type: Integers
    types: Sequence[str]

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, chosen: Integers | Flags | slice) -> "Entities":
        return replace(self, start=self.start[chosen], end=self.end[chosen], type=self.type[chosen])

    def parts(self) -> Iterator["Entities"]:
        """Yield the entities, `PART` at a time: what is only needed on the way does not grow with the corpus."""
        for first in range(0, len(self), PART):
            yield self[slice(first, first + PART)]

    def names(self) -> list[str]:
        """Return the type of each (N,), as strings."""
        return [self.types[i] for i in self.type.tolist()]

    def by_type(self) -> Counter[str]:
        """Return how many there are of each type that occurs."""
        counts = np.bincount(self.type, minlength=len(self.types)).tolist()
        return Counter({type_: n for type_, n in zip(self.types, counts, strict=True) if n})


def smallest(count: int) -> type[np.signedinteger[Any]]:
    """Return a type of integers that holds -1 and all numbers below `count`."""
    return np.int16 if count <= np.iinfo(np.int16).max else np.int32


def ranges(starts: Integers, lengths: Integers) -> Integers:
    """Return start, start + 1 ... of each of some ranges, one after the other."""
    before = np.cumsum(lengths) - lengths
    indices: Integers = np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths)
    return indices


def phrases(text: Tokens, entities: Entities) -> list[tuple[str, ...]]:
    """Return the tokens of each entity."""
    lengths = entities.end - entities.start
    tokens = list(map(text.forms.__getitem__, text.ids[ranges(entities.start, lengths)].tolist()))
    ends = np.cumsum(lengths).tolist()
    return [tuple(tokens[end - n : end]) for end, n in zip(ends, lengths.tolist(), strict=True)]


def lowest(entities: Entities, values: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Return the smallest value of the tokens of each entity (E,), of the values (T,) of all tokens."""
    ends = np.stack([entities.start, entities.end], axis=1).ravel()
    smallest: NDArray[np.floating[Any]] = np.minimum.reduceat(np.append(values, np.inf), ends)[::2]
    return smallest  # every other one was of what is between two entities
