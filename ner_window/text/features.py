"""Features: what a token shows beside its word. Each gives a string, which gets an embedding of its own.

GloVe's words are lower-cased, so a word's vector cannot tell ``Turkey`` from ``turkey``: the case feature can. A
feature is one entry of `FEATURES`; nothing in the network knows its name. Most give one string for a token, some
several, whose vectors are summed.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from ner_window.text.vocabulary import HashedStrings, Lookup, Vocabulary

FeatureName = Literal[
    "case",
    "shape",
    "cased_word",
    "prefix1",
    "prefix2",
    "prefix3",
    "prefix4",
    "suffix1",
    "suffix2",
    "suffix3",
    "suffix4",
    "affixes",
    "ngrams",
    "casing",
    "gazetteer",
    "tag_statistics",
    "first_pass",
]

#: Features that look at the whole document, not at the token alone; see `documents` and `lexicon`.
DOCUMENT_FEATURES = frozenset({"casing", "gazetteer", "tag_statistics", "first_pass"})

#: Rows of a table of hashed strings.
HASHED = 1 << 14

#: The longest affixes, and the lengths and the number of the n-grams.
LONGEST = 4
NGRAMS = (3, 4)
MOST_NGRAMS = 16

_DIGIT = re.compile(r"\d")
_RUN = re.compile(r"(.)\1{2,}", re.DOTALL)


def case(token: str) -> str:
    """Return the case class of a token: one of seven (after Collobert et al. 2011, section 4.1)."""
    if token.isalpha():  # most are, and then there is neither a digit nor punctuation to look for
        return _letters(token)
    if token.isdigit():
        return "digits"
    if any(c.isdigit() for c in token):
        return "with_digit"
    if not any(c.isalpha() for c in token):
        return "punctuation"
    return _letters(token)


def _letters(token: str) -> str:
    """Return the case class of a token with letters and without digits."""
    if token.islower():
        return "lower"
    if token.isupper():
        return "upper"
    if token[0].isupper() and token[1:].islower():
        return "initial"
    return "mixed"


def shape(token: str) -> str:
    """Return the shape of a token: x, X, d for lower, upper, digit; runs cut to two: ``U.S.-born`` is ``X.X.-xx``."""
    if token.isascii() and token.isalpha():  # most are one of these two
        if token.islower():
            return "xx"[: len(token)]
        if token[1:].islower():
            return "Xxx"[: len(token)]
    return _RUN.sub(r"\1\1", token.translate(_KINDS))


class _Kinds(dict[int, str]):
    """What stands for each character in a shape, found out once for each."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        kind = "d" if character.isdigit() else "X" if character.isupper() else "x" if character.isalpha() else character
        self[code] = kind
        return kind


_KINDS = _Kinds()


def _plain(token: str) -> str:
    """Return a token in lower case with its digits set to 0: what affixes are cut from."""
    lower = token.lower()
    return lower if lower.isalpha() else _DIGIT.sub("0", lower)


def prefix(token: str, n: int) -> str:
    """Return the first n characters of a token in lower case, digits as 0; all of it if it is shorter."""
    return _plain(token)[:n]


def suffix(token: str, n: int) -> str:
    """Return the last n characters of a token in lower case, digits as 0; all of it if it is shorter."""
    return _plain(token)[-n:]


def affixes(token: str) -> tuple[str, ...]:
    """Return the prefixes and the suffixes of 1 to 4 characters, marked as what they are: ``<osl``, ``slo>``.

    Longer ones than the token are left out.
    """
    plain = _plain(token)
    lengths = range(1, min(LONGEST, len(plain)) + 1)
    return (*[f"<{plain[:n]}" for n in lengths], *[f"{plain[-n:]}>" for n in lengths])


def ngrams(token: str) -> tuple[str, ...]:
    """Return the character 3- and 4-grams of a token with its edges, ``<oslo>``; at most 16, from its beginning.

    After Bojanowski et al. 2017, section 3.2.
    """
    edged = f"<{_plain(token)}>"
    found = [edged[i : i + n] for i in range(len(edged)) for n in NGRAMS if i + n <= len(edged)]
    return tuple(found[:MOST_NGRAMS])


#: Those that need the lexicon of the training corpus.
LEXICON_FEATURES = frozenset({"gazetteer", "tag_statistics"})


@dataclass(frozen=True)
class Feature:
    """A feature of a token.

    Parameters
    ----------
    extract : function, optional
        Token to strings. A feature of the document has none.
    dimensions : int
        The default size of its embedding.
    values : tuple of str, optional
        All strings that it can give. Without them the vocabulary is built from the training corpus.
    look_ups : int
        The largest number of strings that it gives.
    rows : int
        If not 0, there is no vocabulary: strings are hashed to so many rows.
    """

    extract: Callable[[str], tuple[str, ...]] | None
    dimensions: int
    values: tuple[str, ...] = ()
    look_ups: int = 1
    rows: int = 0

    def lookup(self, strings: Sequence[str]) -> Lookup:
        """Return the look-up of tokens among these strings, or among the hashed rows."""
        if self.rows and self.extract:
            return HashedStrings(self.rows, self.extract, self.look_ups)
        return Vocabulary(strings, self.extract, self.look_ups)


def one(extract: Callable[[str], str]) -> Callable[[str], tuple[str]]:
    """Return a function that gives the string of a token as the only one."""
    return lambda token: (extract(token),)


FEATURES: dict[str, Feature] = {
    "case": Feature(one(case), 5, ("lower", "initial", "upper", "mixed", "digits", "with_digit", "punctuation")),
    "shape": Feature(one(shape), 15),
    "cased_word": Feature(one(str), 25),
    **{f"prefix{n}": Feature(one(partial(prefix, n=n)), 8) for n in (1, 2, 3, 4)},
    **{f"suffix{n}": Feature(one(partial(suffix, n=n)), 8) for n in (1, 2, 3, 4)},
    "affixes": Feature(affixes, 30, look_ups=2 * LONGEST, rows=HASHED),
    "ngrams": Feature(ngrams, 30, look_ups=MOST_NGRAMS, rows=HASHED),
    "casing": Feature(None, 6),
    "gazetteer": Feature(None, 8, look_ups=3),
    "tag_statistics": Feature(None, 12, look_ups=4),
    "first_pass": Feature(None, 12, look_ups=4),
}
