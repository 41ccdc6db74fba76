"""The words that have vectors, and what a token without one of its own falls back to."""

import re
from collections.abc import Sequence

from ner_window.text.vocabulary import UNKNOWN, Vocabulary

_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"0+")

#: How a token was found among the words, in the order of trying.
FALLBACKS = ("exact", "lower case", "digits folded", "digit pattern", "mean of parts", "unknown")


class Words(Vocabulary):
    """The words of the table of vectors, and words made of several of them.

    A token is looked up as it is, then in lower case, then with its digits set to 0 (``1,914`` as ``0,000``), then with
    each of its numbers as one 0 behind a mark (``#0,0``). A token that is still not found, but whose parts between
    hyphens are words, all of them, is their mean (``Oslo-based``): it has an id at the end of the list, one of
    `composites`.

    Parameters
    ----------
    strings : sequence of str
        In the order of their ids.
    lowercase : bool
        Whether words are looked up in lower case, too.
    parts : bool
        Whether a hyphenated word may be the mean of its parts.
    """

    def __init__(self, strings: Sequence[str], *, lowercase: bool = True, parts: bool = False) -> None:
        super().__init__(strings)
        self.lowercase = lowercase
        self.parts = parts
        self.composites: list[tuple[int, ...]] = []

    def string(self, id_: int) -> str:
        """Return the string of an id, a reserved one in angle brackets, of a composite the parts."""
        if id_ < len(self):
            return super().string(id_)
        return "-".join(map(self.string, self.composites[id_ - len(self)]))

    def forms(self, token: str) -> tuple[str, str, str, str]:
        """Return the strings that a token is looked up as, in the order of the first four `FALLBACKS`."""
        lower = token.lower() if self.lowercase else token
        folded = _DIGIT.sub("0", lower)
        return token, lower, folded, pattern(folded)

    def find(self, token: str) -> tuple[int, str]:
        """Return the id of a token and how it was found, one of `FALLBACKS`; the unknown word's for a mean of parts."""
        for string, how in zip(self.forms(token), FALLBACKS, strict=False):
            if (id_ := self.ids.get(string, UNKNOWN)) != UNKNOWN:
                return id_, how
        return UNKNOWN, "mean of parts" if self.parts_of(token) else "unknown"

    def parts_of(self, token: str) -> tuple[int, ...]:
        """Return the ids of the parts of a hyphenated token, or nothing if one of them has none, or is no word."""
        parts = [part for part in token.split("-") if part] if self.parts else []
        if len(parts) < 2:
            return ()
        ids = [next((self.ids[form] for form in self.forms(part) if form in self.ids), UNKNOWN) for part in parts]
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
