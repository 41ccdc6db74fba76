"""Features: what a token shows beside its word. Each gives a string, which gets an embedding of its own.

GloVe's words are lower-cased, so a word's vector cannot tell ``Turkey`` from ``turkey``: the case feature can. A
feature is one entry of `FEATURES`; nothing in the network knows its name.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

FeatureName = Literal[
    "case", "shape", "prefix1", "prefix2", "prefix3", "prefix4", "suffix1", "suffix2", "suffix3", "suffix4"
]

_DIGIT = re.compile(r"\d")


def case(token: str) -> str:
    """Return the case class of a token: one of seven (after Collobert et al. 2011, section 4.1)."""
    if token.isdigit():
        return "digits"
    if any(c.isdigit() for c in token):
        return "with_digit"
    if not any(c.isalpha() for c in token):
        return "punctuation"
    if token.islower():
        return "lower"
    if token.isupper():
        return "upper"
    if token[0].isupper() and token[1:].islower():
        return "initial"
    return "mixed"


def shape(token: str) -> str:
    """Return the shape of a token: x, X, d for lower, upper, digit; runs cut to two: ``U.S.-born`` is ``X.X.-xx``."""
    runs: list[str] = []
    for character in token:
        kind = "d" if character.isdigit() else "X" if character.isupper() else "x" if character.isalpha() else character
        if runs[-2:] != [kind, kind]:
            runs.append(kind)
    return "".join(runs)


def _plain(token: str) -> str:
    """Return a token in lower case with its digits set to 0: what affixes are cut from."""
    return _DIGIT.sub("0", token.lower())


def prefix(token: str, n: int) -> str:
    """Return the first n characters of a token in lower case, digits as 0; all of it if it is shorter."""
    return _plain(token)[:n]


def suffix(token: str, n: int) -> str:
    """Return the last n characters of a token in lower case, digits as 0; all of it if it is shorter."""
    return _plain(token)[-n:]


@dataclass(frozen=True)
class Feature:
    """A feature of a token.

    Parameters
    ----------
    extract : function
        Token to string.
    dimensions : int
        The default size of its embedding.
    values : tuple of str, optional
        All strings that it can give. Without them the vocabulary is built from the training corpus.
    """

    extract: Callable[[str], str]
    dimensions: int
    values: tuple[str, ...] = ()


FEATURES: dict[str, Feature] = {
    "case": Feature(case, 5, ("lower", "initial", "upper", "mixed", "digits", "with_digit", "punctuation")),
    "shape": Feature(shape, 15),
    **{f"prefix{n}": Feature(partial(prefix, n=n), 8) for n in (1, 2, 3, 4)},
    **{f"suffix{n}": Feature(partial(suffix, n=n), 8) for n in (1, 2, 3, 4)},
}
