"""A corpus: a whole file as columns of numbers, its sentences made of them when they are asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from ner_window.text.tokens import Tokens

Integers = NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class Sentence:
    """Tokens and, where they are known, their tags, with the place that they came from.

    `line` is the number of the first token's line, 1 for the first line of the file; the others follow it.
    """

    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    source: str
    line: int
    document: int = 0

    def where(self, token: int) -> str:
        """Return file:line of a token, given by its position."""
        return f"{self.source}:{self.line + token}"


@dataclass(frozen=True)
class Corpus:
    """A whole file as columns of numbers, and counts of its lines that add up to their number.

    Parameters
    ----------
    source : str
        What the file is called.
    text : Tokens
        The tokens, sentence after sentence.
    tags : sequence of str
        The distinct tags.
    tag_ids : (T,) integers
        Which of `tags` each token has; (0,) if the file was read without tags.
    first_lines : (S,) integers
        The number of the line of each sentence's first token, 1 for the first line of the file.
    sha256 : str
        That of the lines: of a compressed file, of what is in it.
    lines, token_lines, blank_lines, document_lines : int
        How many lines there are, and of which kind.
    notes : sequence of str
        What else is to be told of the reading.
    """

    source: str
    text: Tokens
    tags: Sequence[str]
    tag_ids: Integers
    first_lines: Integers
    sha256: str
    lines: int
    token_lines: int
    blank_lines: int
    document_lines: int
    notes: Sequence[str] = ()

    @property
    def documents(self) -> int:
        """Documents that hold a sentence."""
        return len(np.unique(self.text.documents))

    @cached_property
    def sentences(self) -> "Sentences":
        """The sentences as strings, each made when it is asked for."""
        return Sentences(self)

    def where(self, token: int) -> str:
        """Return file:line of a token, given by its place in the whole text."""
        starts = self.text.starts
        i = int(np.searchsorted(starts, token, "right")) - 1
        return f"{self.source}:{int(self.first_lines[i]) + token - int(starts[i])}"


class Sentences(Sequence[Sentence]):
    """The sentences of a corpus, which holds numbers: a sentence of strings is made when it is asked for."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus

    def __len__(self) -> int:
        return len(self._corpus.text.lengths)

    @overload
    def __getitem__(self, i: int) -> Sentence: ...

    @overload
    def __getitem__(self, i: slice) -> tuple[Sentence, ...]: ...

    def __getitem__(self, i: int | slice) -> Sentence | tuple[Sentence, ...]:
        if isinstance(i, slice):
            return tuple(self[j] for j in range(*i.indices(len(self))))
        i = range(len(self))[i]
        corpus = self._corpus
        start = int(corpus.text.starts[i])
        ids = corpus.tag_ids[start : start + int(corpus.text.lengths[i])].tolist()
        tags = tuple(corpus.tags[id_] for id_ in ids)
        line, document = int(corpus.first_lines[i]), int(corpus.text.documents[i])
        return Sentence(corpus.text.sentence(i), tags, corpus.source, line, document)
