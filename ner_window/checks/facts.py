"""What is known of a file beside its defects, whoever read it: what its sentences and types are compared by."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ner_window.text.labelled import LabelledCorpus
from ner_window.text.line_rules import Layout
from ner_window.text.tagging import Scheme, split_tag

Integers = NDArray[np.integer[Any]]
Flags = NDArray[np.bool_]

_BASE = np.uint64(0x9E3779B97F4A7C15)  # odd: multiplying by it loses nothing


@dataclass(frozen=True)
class FileFacts:
    """What is known of a tagged file.

    Parameters
    ----------
    source : str
        What it is called.
    learned_from : bool
        Whether it is the training file; the others are what its tagger is used on.
    lines, documents : int
        How many there are.
    scheme : Scheme, optional
        The one that it has; None if it has no tags.
    lengths, first_lines, hashes : (S,) integers
        Of each sentence: its tokens, the line of the first, and a hash of them.
    tags : mapping of str to (int, int)
        Of each tag: how often it occurs, and its first line.
    entities : mapping of str to int
        How many entities there are of each type.
    words : mapping of (str, str) to int
        How often each token occurs within each type; the type of tokens outside is empty.
    texts : mapping of int to str
        The text of lines that may have to be shown.
    layout : Layout
        Where things stand in them.
    """

    source: str
    learned_from: bool
    lines: int
    documents: int
    scheme: Scheme | None
    lengths: Integers
    first_lines: Integers
    hashes: Integers
    tags: Mapping[str, tuple[int, int]]
    entities: Mapping[str, int]
    words: Mapping[tuple[str, str], int] = field(default_factory=dict)
    texts: Mapping[int, str] = field(default_factory=dict)
    layout: Layout = Layout()

    @property
    def tokens(self) -> int:
        """How many tokens there are."""
        return int(self.lengths.sum())

    def as_dict(self) -> dict[str, Any]:
        """Return the form that ``--json`` prints."""
        return {
            "file": self.source,
            "learned_from": self.learned_from,
            "lines": self.lines,
            "tokens": self.tokens,
            "sentences": len(self.lengths),
            "documents": self.documents,
            "scheme": self.scheme and self.scheme.name,
            "entities": dict(sorted(self.entities.items())),
        }


def hashes_of(tokens: Integers, starts: Integers) -> Integers:
    """Return a hash of each sentence (S,), from those of its tokens (T,) uint64: a polynomial, modulo 2 ** 64."""
    if not len(starts):
        return np.empty(0, np.uint64)
    lengths = np.diff(np.append(starts, len(tokens)))
    powers = np.cumprod(np.full(int(lengths.max()) + 1, _BASE, np.uint64))
    places = np.arange(len(tokens)) - np.repeat(starts, lengths)
    hashes: Integers = np.add.reduceat(tokens * powers[places], starts) + powers[lengths]
    return hashes


def facts_of(labelled: LabelledCorpus, learned_from: bool) -> FileFacts:
    """Return what is known of a corpus that was read for training."""
    corpus, text = labelled.corpus, labelled.text
    forms = np.fromiter(map(hash, text.forms), np.int64, len(text.forms)).view(np.uint64)
    numbers = np.bincount(corpus.tag_ids, minlength=len(corpus.tags)).tolist()
    seen, firsts = np.unique(corpus.tag_ids, return_index=True)
    lines = {i: int(corpus.where(int(first)).rpartition(":")[2]) for i, first in zip(seen, firsts, strict=True)}
    return FileFacts(
        corpus.source,
        learned_from,
        corpus.lines,
        corpus.documents,
        labelled.scheme,
        text.lengths,
        corpus.first_lines,
        hashes_of(forms[text.ids], text.starts),
        {tag: (n, lines[i]) for i, (tag, n) in enumerate(zip(corpus.tags, numbers, strict=True)) if n},
        labelled.entities.by_type(),
    )


def type_counts(tags: Mapping[str, tuple[int, int]]) -> Counter[str]:
    """Return how many tokens each type has."""
    counts: Counter[str] = Counter()
    for tag, (n, _) in tags.items():
        counts[split_tag(tag)[1]] += n
    del counts[""]
    return counts
