"""Features: what a token shows beside its word. Each gives a string, which gets an embedding of its own.

GloVe's words are lower-cased, so a word's vector cannot tell ``Turkey`` from ``turkey``: the case feature can. A
feature is one entry of `FEATURES`; nothing in the network knows its name.
"""

from collections.abc import Callable
from dataclasses import dataclass


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
}
