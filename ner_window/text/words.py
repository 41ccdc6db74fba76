"""The words that have vectors, and what a token without one of its own falls back to."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ner_window.text.vocabulary import RESERVED, UNKNOWN, Integers, Vocabulary

_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"0+")

#: How a token was found among the words, in the order of trying.
FALLBACKS = ("exact", "lower case", "digits folded", "digit pattern", "mean of parts", "unknown")

#: How many times words are looked for in a `WordList` before they are put into a dictionary, which takes as long.
SEARCHES = 32

#: Strings that were looked for, 20 MB of them, after which the dictionary takes less memory than to remember more.
MOST = 1 << 17

#: Bytes at either end of a line that its mark is made of, the numbers that they are multiplied with, and a mark's bits.
_ENDS, _FACTORS, _BITS = 8, (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)), 20

#: Lines that are marked together: what is noted of them stays in a core's cache.
_LINES = 1 << 13


class WordList(Sequence[str]):
    """The words of a text, one on each line, that is cut apart when it is worth the while.

    To cut 400,000 lines apart and to put them into a dictionary takes a tenth of a second. Instead, each line gets a
    mark, a small number that its bytes determine, and words are looked for where their marks are: twenty times faster,
    for all words of a text at once. So who tags a sentence, or a file, does not wait for the dictionary.
    """

    def __init__(self, text: str) -> None:
        self._bytes = text.encode("utf-8", "surrogatepass")
        self._length = self._bytes.count(b"\n") + 1 if text else 0

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, i: Any) -> Any:
        return self._strings[i]

    def __iter__(self) -> Iterator[str]:
        return iter(self._strings)

    @cached_property
    def _strings(self) -> list[str]:
        return self._bytes.decode("utf-8", "surrogatepass").split("\n") if len(self) else []

    @cached_property
    def _lines(self) -> tuple[Integers, Integers, Integers]:
        return _marked_lines(self._bytes)

    def lines_of(self, strings: Collection[str]) -> dict[str, int]:
        """Return the numbers of the lines, from 0, that are one of these strings."""
        if not (strings and len(self)):
            return {}
        begins, ends, marks = self._lines
        sought = {string.encode("utf-8", "surrogatepass"): string for string in strings}
        is_sought = np.zeros(1 << _BITS, bool)
        is_sought[_marked_lines(b"\n".join(sought))[2]] = True
        places = np.flatnonzero(is_sought[marks])
        words = map(self._bytes.__getitem__, map(slice, begins[places].tolist(), ends[places].tolist()))
        found = zip(map(sought.get, words), places.tolist(), strict=True)
        return {word: line for word, line in found if word is not None}


def _marked_lines(text: bytes) -> tuple[Integers, Integers, Integers]:
    """Return where each line of a text begins and ends, and its mark, which lines of the same bytes share."""
    padded = b"\0" * _ENDS + text + b"\n" + b"\0" * _ENDS
    eights = np.ndarray(len(padded) - _ENDS + 1, "<u8", padded, strides=(1,))  # eight bytes from each place on
    ends = np.flatnonzero(np.frombuffer(padded, np.uint8)[_ENDS:-_ENDS] == ord("\n"))
    begins = np.concatenate([[0], ends[:-1] + 1])
    marks = np.empty(len(ends), np.uint32)
    for start in range(0, len(ends), _LINES):
        some = slice(start, start + _LINES)
        bits = (8 * np.minimum(ends[some] - begins[some], _ENDS)).astype(np.uint64)
        others = np.uint64(8 * _ENDS) - bits  # of the eight bytes, those that are not the line's
        first, last = eights[begins[some] + _ENDS] << others, eights[ends[some]] >> others
        marks[some] = (first * _FACTORS[0] ^ last * _FACTORS[1] ^ bits) >> np.uint64(64 - _BITS)
    return begins, ends, marks


class Words(Vocabulary):
    """The words of the table of vectors, and words made of several of them.

    A token is looked up as it is, then in lower case, then with its digits set to 0 (``1,914`` as ``0,000``), then with
    each of its numbers as one 0 behind a mark (``#0,0``). A token that is still not found, but whose parts between
    hyphens are words, all of them, is their mean (``Oslo-based``): it has an id at the end of the list, one of
    `composites`.

    Parameters
    ----------
    strings : sequence of str
        In the order of their ids. Look-ups in a `WordList` do at first without a dictionary.
    lowercase : bool
        Whether words are looked up in lower case, too.
    parts : bool
        Whether a hyphenated word may be the mean of its parts.
    """

    def __init__(self, strings: Sequence[str], *, lowercase: bool = True, parts: bool = False) -> None:
        super().__init__(strings)
        self.lowercase = lowercase
        self.parts = parts
        self._searches_left = SEARCHES if isinstance(strings, WordList) else 0
        self._looked_for: dict[str, int] = {}  # strings without the dictionary: their ids, or the unknown word's
        self.composites: list[tuple[int, ...]] = []

    def string(self, id_: int) -> str:
        """Return the string of an id, a reserved one in angle brackets, of a composite the parts."""
        if id_ < len(self):
            return super().string(id_)
        return "-".join(map(self.string, self.composites[id_ - len(self)]))

    def id_of(self, string: str) -> int:
        """Return the id of a word, or the unknown word's."""
        id_ = self._looked_for.get(string)
        return self.ids.get(string, UNKNOWN) if id_ is None else id_

    def encode(self, items: Iterable[str]) -> Integers:
        """Return the ids (1, T) of tokens."""
        tokens = list(items)
        self._look_for({token for token in tokens if token not in self._seen})
        return super().encode(tokens)

    def _look_for(self, tokens: Collection[str]) -> None:
        """Look for all that some tokens are looked up as, while there is no dictionary."""
        if not self._searches_left or len(self._looked_for) > MOST:
            self._searches_left = 0
            self._looked_for.clear()
            return
        new = {token for token in tokens if token not in self._looked_for}
        if new and isinstance(self.strings, WordList):
            self._searches_left -= 1
            parts = {part for token in new if self.parts for part in token.split("-")}
            strings = {form for token in parts.union(new) for form in self.forms(token)}
            strings.difference_update(self._looked_for)
            found = self.strings.lines_of(strings)
            self._looked_for |= {
                string: len(RESERVED) + found[string] if string in found else UNKNOWN for string in strings
            }

    def forms(self, token: str) -> tuple[str, str, str, str]:
        """Return the strings that a token is looked up as, in the order of the first four `FALLBACKS`."""
        lower = token.lower() if self.lowercase else token
        if lower.isalpha():  # no digits in it
            return token, lower, lower, lower
        folded = _DIGIT.sub("0", lower)
        return token, lower, folded, pattern(folded)

    def find(self, token: str) -> tuple[int, str]:
        """Return the id of a token and how it was found, one of `FALLBACKS`; the unknown word's for a mean of parts."""
        if token not in self._looked_for:
            self._look_for((token,))
        before = None
        for string, how in zip(self.forms(token), FALLBACKS, strict=False):
            if string != before and (id_ := self.id_of(string)) != UNKNOWN:
                return id_, how
            before = string
        return UNKNOWN, "mean of parts" if self.parts_of(token) else "unknown"

    def parts_of(self, token: str) -> tuple[int, ...]:
        """Return the ids of the parts of a hyphenated token, or nothing if one of them has none, or is no word."""
        if token not in self._looked_for:
            self._look_for((token,))
        parts = [part for part in token.split("-") if part] if self.parts else []
        if len(parts) < 2:
            return ()
        found = [map(self.id_of, dict.fromkeys(self.forms(part))) for part in parts]
        ids = [next((id_ for id_ in part if id_ != UNKNOWN), UNKNOWN) for part in found]
        return () if UNKNOWN in ids else tuple(ids)

    def find_all(self, item: str) -> tuple[int, ...]:
        """Return the id of a token, of a composite one the id of its place in `composites`."""
        id_, how = self.find(item)
        if how == "mean of parts":
            id_ = len(self) + len(self.composites)
            self.composites.append(self.parts_of(item))
        return (id_,)

    def forget(self) -> None:
        """Forget the items and the composites; who has encoded before keeps the old list."""
        super().forget()
        self.composites = []


def pattern(folded: str) -> str:
    """Return a string, whose digits are 0, with each of its numbers as one 0 and a mark: ``0000-00-00`` as ``#0-0-0``.

    The mark keeps it apart from words of the vectors' file. A string without a digit stays as it is.
    """
    return f"#{_NUMBER.sub('0', folded)}" if "0" in folded else folded
