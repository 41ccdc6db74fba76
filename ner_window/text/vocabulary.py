"""Strings to ids and back, with two reserved ids: the pad beyond a sentence's edge, and the unknown string."""

import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.integer[Any]]

PAD, UNKNOWN = 0, 1
RESERVED = ("<pad>", "<unknown>")

#: Items and their ids that a look-up remembers: some 20 MB of them.
_REMEMBERED = 1 << 18

#: The strings that are looked up for a token: one, or several whose vectors are summed.
Key = Callable[[str], tuple[str, ...]]


class Lookup(ABC):
    """From an item, which is a token or the strings that stand for it, to the ids of its `look_ups` look-ups."""

    look_ups: int = 1

    def __init__(self) -> None:
        self._seen: dict[Any, tuple[int, ...]] = {}

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def string(self, id_: int) -> str:
        """Return what an id stands for, a reserved one in angle brackets."""

    @abstractmethod
    def find_all(self, item: Any) -> tuple[int, ...]:
        """Return the ids of an item; where it has fewer than `look_ups` strings, the pad's for the rest."""

    def encode(self, items: Iterable[Any]) -> Integers:
        """Return the ids (look_ups, T). Each distinct item is looked up once; a bounded dictionary remembers it."""
        seen = self._seen
        if len(seen) * (1 + self.look_ups) > _REMEMBERED:
            self.forget()
            seen = self._seen
        result = []
        for item in items:
            ids = seen.get(item)
            if ids is None:
                ids = seen[item] = self.find_all(item)
            result.append(ids)
        count = len(result) * self.look_ups
        return np.fromiter(chain.from_iterable(result), np.int32, count).reshape(-1, self.look_ups).T

    def forget(self) -> None:
        """Forget the items that were looked up."""
        self._seen = {}


class Vocabulary(Lookup):
    """A list of distinct strings. Ids 0 and 1 are reserved, `strings[i]` has the id i + 2.

    Parameters
    ----------
    strings : sequence of str
        In the order of their ids.
    key : function, optional
        Maps a token to its strings: a feature's `extract`. Without it the items are tuples of strings.
    look_ups : int
        The number of strings of an item.
    """

    def __init__(self, strings: Sequence[str], key: Key | None = None, look_ups: int = 1) -> None:
        super().__init__()
        self.strings = strings
        self.key = key
        self.look_ups = look_ups

    @cached_property
    def ids(self) -> dict[str, int]:
        """The id of each string."""
        return dict(zip(self.strings, range(len(RESERVED), len(RESERVED) + len(self.strings)), strict=True))

    def __len__(self) -> int:
        return len(RESERVED) + len(self.strings)

    def string(self, id_: int) -> str:
        """Return the string of an id, a reserved one in angle brackets."""
        return RESERVED[id_] if id_ < len(RESERVED) else self.strings[id_ - len(RESERVED)]

    def find_all(self, item: Any) -> tuple[int, ...]:
        """Return the ids of an item's strings."""
        strings = self.key(item) if self.key else item
        ids = [self.ids.get(string, UNKNOWN) for string in strings]
        return (*ids, *(PAD,) * (self.look_ups - len(ids)))


class _Hashes(dict[str, int]):
    """The ids of strings: a hash of each, modulo the number of rows, worked out once."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self._rows = rows

    def __missing__(self, string: str) -> int:
        id_ = self[string] = len(RESERVED) + zlib.crc32(string.encode("utf-8", "surrogatepass")) % self._rows
        return id_


class HashedStrings(Lookup):
    """Strings by a hash of them: no list, `rows` ids, and now and then two strings that share one.

    "Hashing trick" of Weinberger et al. 2009. The hash is CRC-32 of the UTF-8 bytes: the same on every machine. Half a
    surrogate pair, which JSON can hold, is no character, but has a hash.
    """

    strings: Sequence[str] = ()

    def __init__(self, rows: int, key: Key, look_ups: int) -> None:
        super().__init__()
        self.rows = rows
        self.key = key
        self.look_ups = look_ups
        self._hashes = _Hashes(rows)

    def __len__(self) -> int:
        return len(RESERVED) + self.rows

    def string(self, id_: int) -> str:
        """Return a name of an id: its strings are not known."""
        return RESERVED[id_] if id_ < len(RESERVED) else f"#{id_ - len(RESERVED)}"

    def find_all(self, item: Any) -> tuple[int, ...]:
        """Return the ids of the hashed strings of a token."""
        ids = tuple(map(self._hashes.__getitem__, self.key(item)))
        return ids + (PAD,) * (self.look_ups - len(ids))

    def forget(self) -> None:
        """Forget the items and their strings."""
        super().forget()
        self._hashes.clear()
