"""The words that have vectors, and what a token without one of its own falls back to."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from ner_window.text.vocabulary import RESERVED, UNKNOWN, Integers, Vocabulary

_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"0+")

#: How a token was found among the words, in the order of trying.
FALLBACKS = ("exact", "lower case", "digits folded", "digit pattern", "mean of parts", "unknown")

#: How often the text of a `WordList` is gone over in search of a word before its words are put into a dictionary.
SEARCHES = 16

#: How many texts of more than `FEW` new tokens are looked up by going over all words, a fifth of a dictionary's time.
TEXTS, FEW = 4, 64


class WordList(Sequence[str]):
    """The words of a text, one on each line, that is cut apart when it is worth the while.

    To cut 400,000 lines apart and to put them into a dictionary takes a tenth of a second; to search the text for one
    of them a fiftieth of that, or less. So who tags a sentence does not wait for the dictionary, and who tags a corpus
    has it soon.
    """

    def __init__(self, text: str) -> None:
        self._text = f"\n{text}\n" if text else "\n"
        self._length = self._text.count("\n") - 1

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, i: Any) -> Any:
        return self._strings[i]

    def __iter__(self) -> Iterator[str]:
        return iter(self._strings)

    @cached_property
    def _strings(self) -> list[str]:
        return self._text[1:-1].split("\n") if len(self) else []

    def lines_of(self, strings: Collection[str]) -> dict[str, int]:
        """Return the numbers of the lines that are one of these strings, which goes over the words once."""
        return {word: line for line, word in enumerate(self._strings) if word in strings}

    def line_of(self, string: str) -> int | None:
        """Return the number, from 0, of the line that is this string, found by a search, or nothing."""
        at = -1 if "\n" in string else self._text.find(f"\n{string}\n")
        return None if at < 0 else self._text.count("\n", 0, at)


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
        self._lines_left = SEARCHES * len(strings) if isinstance(strings, WordList) else 0
        self._texts_left = TEXTS
        self._looked_for: set[str] = set()
        self._found: dict[str, int] = {}
        self.composites: list[tuple[int, ...]] = []

    def string(self, id_: int) -> str:
        """Return the string of an id, a reserved one in angle brackets, of a composite the parts."""
        if id_ < len(self):
            return super().string(id_)
        return "-".join(map(self.string, self.composites[id_ - len(self)]))

    def id_of(self, string: str) -> int:
        """Return the id of a word, or the unknown word's."""
        if string in self._looked_for:
            return self._found.get(string, UNKNOWN)
        if self._lines_left > 0 and isinstance(self.strings, WordList):
            line = self.strings.line_of(string)
            self._lines_left -= len(self.strings) if line is None else line
            return UNKNOWN if line is None else len(RESERVED) + line
        return self.ids.get(string, UNKNOWN)

    def encode(self, items: Iterable[str]) -> Integers:
        """Return the ids (1, T) of tokens; the first texts' words are looked for all at once, without a dictionary."""
        tokens = list(items)
        new = {token for token in tokens if token not in self._seen}
        if isinstance(self.strings, WordList) and len(new) > FEW and self._texts_left and "ids" not in self.__dict__:
            self._texts_left -= 1
            parts = {part for token in new if self.parts for part in token.split("-")}
            strings = {form for token in new | parts for form in self.forms(token)} - self._looked_for
            self._looked_for |= strings
            self._found |= {word: len(RESERVED) + i for word, i in self.strings.lines_of(strings).items()}
        return super().encode(tokens)

    def forms(self, token: str) -> tuple[str, str, str, str]:
        """Return the strings that a token is looked up as, in the order of the first four `FALLBACKS`."""
        lower = token.lower() if self.lowercase else token
        if lower.isalpha():  # no digits in it
            return token, lower, lower, lower
        folded = _DIGIT.sub("0", lower)
        return token, lower, folded, pattern(folded)

    def find(self, token: str) -> tuple[int, str]:
        """Return the id of a token and how it was found, one of `FALLBACKS`; the unknown word's for a mean of parts."""
        before = None
        for string, how in zip(self.forms(token), FALLBACKS, strict=False):
            if string != before and (id_ := self.id_of(string)) != UNKNOWN:
                return id_, how
            before = string
        return UNKNOWN, "mean of parts" if self.parts_of(token) else "unknown"

    def parts_of(self, token: str) -> tuple[int, ...]:
        """Return the ids of the parts of a hyphenated token, or nothing if one of them has none, or is no word."""
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
