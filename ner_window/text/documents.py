"""What a document tells of its words: how else they are cased in it, and how else they are tagged.

Nothing here needs labels: it is computed from the text, and from tags that were predicted for it.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from ner_window.text.features import case
from ner_window.text.vocabulary import RESERVED, Integers

Sentences = Sequence[Sequence[str]]

#: Tokens of a document that are looked at together. A longer one, such as a file without document lines, is cut into
#: parts of about so many, so that a stream can be tagged in bounded memory.
BOUND = 10_000

#: Tokens of text without document lines that are hidden from each other, where a document would be from itself.
BLOCK = 1_000

#: The cases that are told of a word's other places.
CASES = ("lower", "initial", "upper")

#: What stands in the place of a type for words in no entity: ``O`` could be one.
OUTSIDE = "<outside>"

#: How many of its tags, the most frequent first, are told of a word.
TOP = 3
_TOTALS = {"never": 1, "once": 2, "2 or 3 times": 4, "4 to 10 times": 11}
_SHARES = {"rarely": 0.2, "sometimes": 0.5, "mostly": 0.8, "nearly always": 1.0}
TOTALS = (*_TOTALS, "often")
SHARES = (*_SHARES, "always")


def gather(lengths: Sequence[int], documents: Sequence[int], bound: int = BOUND) -> list[range]:
    """Return the sentences of each document, as ranges of them: neighbors with the same number are one document.

    A part ends where `bound` tokens are reached.
    """
    parts: list[range] = []
    start = tokens = 0
    for i, length in enumerate(lengths):
        if i > start and (documents[i] != documents[i - 1] or tokens >= bound):
            parts.append(range(start, i))
            start, tokens = i, 0
        tokens += length
    return [*parts, range(start, len(lengths))] if len(lengths) else []


def hidden_together(lengths: Sequence[int], documents: Sequence[int]) -> list[range]:
    """Return sentences that must not see each other's tags while training: documents, or `BLOCK`s of a single one."""
    return gather(lengths, documents, BOUND if len(set(documents)) > 1 else BLOCK)


def casing(sentences: Sentences) -> list[tuple[str, ...]]:
    """Return, for each token of a document, how else its word is cased in it: ``lower+initial``, or nothing.

    Only places that tell something count: a capital at the beginning of a sentence does not, and neither do capitals in
    a sentence without any lower-case letter.
    """
    kinds = [kind for sentence in sentences for kind in _kinds(sentence)]
    words = [token.lower() for sentence in sentences for token in sentence]
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for word, kind in zip(words, kinds, strict=True):
        counts[word][kind] += 1
    result: list[tuple[str, ...]] = []
    for word, kind in zip(words, kinds, strict=True):
        others = [each for each in CASES if counts[word][each] > (each == kind)]
        result.append(("+".join(others),) if others else ())
    return result


def _kinds(sentence: Sequence[str]) -> list[str]:
    """Return how the tokens of a sentence are cased, where that tells something. A single capital is an initial."""
    capitals = not any(character.islower() for token in sentence for character in token)
    kinds = []
    for i, token in enumerate(sentence):
        kind = case(token)
        if kind == "upper" and len(token) == 1:
            kind = "initial"
        silent = kind == "initial" and i == 0 or kind in ("initial", "upper") and capitals
        kinds.append("" if silent else kind)
    return kinds


def same_words(sentences: Sentences, parts: Sequence[range]) -> Integers:
    """Return a number for each token (T,): tokens of one number are the same word, cased alike or not, in one part."""
    numbers: dict[tuple[int, str], int] = {}
    keys = [(n, token.lower()) for n, part in enumerate(parts) for i in part for token in sentences[i]]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.intp)


def counts_elsewhere(labels: Integers, same: Integers, kinds: int) -> Integers:
    """Count how the other tokens of the same number are labelled: labels (T,), numbers (T,) -> (T, kinds)."""
    table = np.zeros((int(same.max(initial=-1)) + 1, kinds), np.intp)
    np.add.at(table, (same, labels), 1)
    others = table[same]
    others[np.arange(len(labels)), labels] -= 1
    return others


def document_values(feature: str, types: Sequence[str]) -> tuple[str, ...]:
    """Return all strings that a feature of documents can give, if these are the entity types."""
    if feature == "casing":
        return tuple("+".join(some) for n in (1, 2, 3) for some in combinations(CASES, n))
    if feature == "gazetteer":
        return tuple(f"{part}-{type_}" for part in "BIES" for type_ in types)
    return share_values((OUTSIDE, *types))


def share_values(names: Sequence[str]) -> tuple[str, ...]:
    """Return all strings that `share_ids` has ids for."""
    return (*TOTALS, *(f"{name} {share}" for name in names for share in SHARES))


def share_ids(counts: Integers) -> Integers:
    """Return what is told of counts (T, n) by kind, as ids of `share_values` (1 + TOP, T).

    The first is of their sum; the others are of the most frequent kinds, each with its share of the sum. A kind that
    was not counted is not told: there the id is the pad's.
    """
    total = counts.sum(axis=1)
    ids = np.zeros((1 + TOP, len(counts)), np.int32)
    ids[0] = len(RESERVED) + np.searchsorted(list(_TOTALS.values()), total, side="right")
    order = np.argsort(-counts, axis=1, kind="stable")[:, :TOP]
    chosen = np.take_along_axis(counts, order, axis=1)
    share = np.searchsorted(list(_SHARES.values()), chosen / np.maximum(total, 1)[:, None], side="right")
    first = len(RESERVED) + len(TOTALS)
    ids[1 : 1 + order.shape[1]] = np.where(chosen > 0, first + order * len(SHARES) + share, 0).T
    return ids
