"""Text as numbers: each distinct token, a form, stands once; the text is a column of the forms' numbers."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Tokens:
    """The tokens of sentences, as a column of numbers.

    Parameters
    ----------
    forms : sequence of str
        The distinct tokens. A text of a million tokens has some ten thousand, so what is known of a token alone, such
        as its word, its case or its shape, is found out once for each form.
    ids : (T,) integers
        Which form each token is, sentence after sentence.
    lengths : (S,) integers
        The number of tokens of each sentence.
    documents : (S,) integers
        A number for each sentence: neighbors of one number are one document.
    """

    forms: Sequence[str]
    ids: Integers
    lengths: Integers
    documents: Integers

    @classmethod
    def of(cls, sentences: Sequence[Sequence[str]], documents: Sequence[int] | None = None) -> "Tokens":
        """Count through the tokens of sentences; without `documents` all are one.

        Raises
        ------
        ValueError
            There are not as many numbers in `documents` as there are sentences.
        """
        numbers = [0] * len(sentences) if documents is None else documents
        if len(numbers) != len(sentences):
            raise ValueError(f"documents: expected a number for each of {len(sentences)} sentences, got {len(numbers)}")
        forms = list(dict.fromkeys(chain.from_iterable(sentences)))
        number = dict(zip(forms, range(len(forms)), strict=True))
        ids = np.array(list(map(number.__getitem__, chain.from_iterable(sentences))), np.int32)
        lengths = np.array([len(tokens) for tokens in sentences], np.intp)
        return cls(forms, ids, lengths, np.array(numbers, np.intp))

    @cached_property
    def starts(self) -> Integers:
        """Where each sentence begins (S,)."""
        starts: Integers = np.cumsum(self.lengths) - self.lengths
        return starts

    @property
    def counts(self) -> Counter[str]:
        """How often each form occurs, in the order of `forms`; those that do not occur are left out."""
        numbers = np.bincount(self.ids, minlength=len(self.forms)).tolist()
        return Counter({form: n for form, n in zip(self.forms, numbers, strict=True) if n})

    def part(self, sentences: slice) -> "Tokens":
        """Return the text of neighboring sentences."""
        lengths = self.lengths[sentences]
        start = int(self.lengths[: sentences.start].sum()) if sentences.start else 0
        ids = self.ids[start : start + int(lengths.sum())]
        return Tokens(self.forms, ids, lengths, self.documents[sentences])

    def sentence(self, i: int) -> tuple[str, ...]:
        """Return the tokens of one sentence."""
        start = int(self.starts[i])
        return tuple(self.forms[id_] for id_ in self.ids[start : start + int(self.lengths[i])].tolist())

    def sentences(self) -> Iterator[tuple[str, ...]]:
        """Yield the tokens of each sentence."""
        return map(self.sentence, range(len(self.lengths)))
