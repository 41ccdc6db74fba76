"""A model's word vectors as a space: where words were before training and are now, and what lies near them."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ner_window.claims import claimed_output
from ner_window.errors import VectorsError
from ner_window.nn.geometry import cosines, distances
from ner_window.tagger import Tagger
from ner_window.text.keyed_vectors import keyed, neighbors, write_word2vec
from ner_window.text.vocabulary import RESERVED, UNKNOWN, Vocabulary

if TYPE_CHECKING:
    from ner_window.text.keyed_vectors import KeyedVectors


@dataclass(frozen=True)
class Moved:
    """A word whose vector moved: how far, the cosine of its old and new place, its neighbours before and now."""

    word: str
    distance: float
    cosine: float
    before: tuple[str, ...]
    now: tuple[str, ...]

    @property
    def changed(self) -> int:
        """How many of the neighbours before are none now."""
        return len(set(self.before) - set(self.now))

    def as_dict(self) -> dict[str, Any]:
        """Return the form that ``--json`` prints."""
        return {**vars(self), "changed": self.changed}


@dataclass(frozen=True)
class LeftBehind:
    """A word of a text that has a vector but was not in training, so that it stayed where its neighbours left.

    Parameters
    ----------
    count : int
        How often it is in the text.
    neighbors : tuple of (str, float)
        The nearest words, before training, of those that were trained, and how far each moved.
    distance : float
        The mean of these distances.
    cosine_before, cosine_now : float
        Mean cosine of the word and these neighbours.
    """

    word: str
    count: int
    neighbors: tuple[tuple[str, float], ...]
    distance: float
    cosine_before: float
    cosine_now: float

    @property
    def neighbors_moved(self) -> int:
        """How many of the neighbours moved."""
        return sum(far > 0 for _, far in self.neighbors)

    def as_dict(self) -> dict[str, Any]:
        """Return the form that ``--json`` prints."""
        figures = {**vars(self), "neighbors_moved": self.neighbors_moved}
        return figures | {"neighbors": [{"word": word, "distance": far} for word, far in self.neighbors]}


@dataclass(frozen=True)
class Neighborhood:
    """The nearest words of one word, with their cosines; `before` is there where training moved the word.

    `how` tells how the word that was asked for was found, one of `FALLBACKS`.
    """

    asked: str
    word: str
    how: str
    now: tuple[tuple[str, float], ...]
    before: tuple[tuple[str, float], ...] | None

    def as_dict(self) -> dict[str, Any]:
        """Return the form that ``--json`` prints."""
        lists = {"now": self.now, "before": self.before}
        return {"asked": self.asked, "word": self.word, "found": self.how} | {
            name: near and [{"word": word, "cosine": cosine} for word, cosine in near] for name, near in lists.items()
        }


class VectorSpace:
    """The vectors of a model before and after training, as gensim sees them, without the two reserved rows.

    `distances` and `cosines` tell how the words at the head moved, those that were trained; the others did not.
    """

    def __init__(self, tagger: Tagger) -> None:
        table, old, first = tagger.parameters["E.word"], tagger.pretrained, len(RESERVED)
        self.words = tagger.words
        self.table, self.old = table[first:], old[first:]
        self.distances = distances(self.table[: len(self.old)], self.old)
        self.cosines = cosines(self.table[: len(self.old)], self.old)
        self.reserved = dict(zip(RESERVED, distances(table[: len(old[:first])], old[:first]).tolist(), strict=False))

    @cached_property
    def now(self) -> "KeyedVectors":
        """The vectors as they are."""
        return keyed(self.words.strings, self.table)

    @cached_property
    def before(self) -> "KeyedVectors":
        """The vectors as they were."""
        return keyed(self.words.strings, np.concatenate([self.old, self.table[len(self.old) :]]))

    def moved(self, i: int, count: int) -> Moved:
        """Describe the word at place i, with so many neighbours."""
        word = self.words.strings[i]
        before, now = (tuple(w for w, _ in neighbors(space, word, count)) for space in (self.before, self.now))
        return Moved(word, float(self.distances[i]), float(self.cosines[i]), before, now)

    def left_behind(self, i: int, times: int, count: int) -> LeftBehind:
        """Describe the word at place i, which was not trained and is in the text so many times."""
        near = neighbors(self.before, self.words.strings[i], count, among=len(self.old))
        names = [name for name, _ in near]
        places = [self.before.key_to_index[name] for name in names]
        return LeftBehind(
            self.words.strings[i],
            times,
            tuple(zip(names, self.distances[places].tolist(), strict=True)),
            float(self.distances[places].mean()),
            float(np.mean([cosine for _, cosine in near])),
            float(cosines(self.table[places], self.table[[i]]).mean()),
        )

    def neighborhood(self, token: str, count: int) -> Neighborhood:
        """Return the nearest words of a token.

        Raises
        ------
        VectorsError
            The token has no vector.
        """
        id_, how = self.words.find(token)
        if id_ == UNKNOWN:
            raise VectorsError(f"vocabulary: no vector for this word, got {token!r}; {suggestion(self.words, token)}")
        i, word = id_ - len(RESERVED), self.words.string(id_)
        has_moved = i < len(self.old) and self.distances[i] > 0
        before = tuple(neighbors(self.before, word, count)) if has_moved else None
        return Neighborhood(token, word, how, tuple(neighbors(self.now, word, count)), before)


def suggestion(words: Vocabulary, token: str) -> str:
    """Return a hint with the word that is spelled most like a token, among those with its first letter."""
    lower = token.lower()
    alike: Sequence[str] = [w for w in words.strings if w[:1] == lower[:1] and abs(len(w) - len(token)) <= 2]
    near = difflib.get_close_matches(lower, alike, 1)
    return f"did you mean {near[0]!r}?" if near else "no word is spelled like it"


def export(directory: Path, output: Path) -> tuple[int, list[str]]:
    """Write the vectors of a model's words as a word2vec file; see `keyed_vectors.write_word2vec`.

    Returns
    -------
    written : int
        Words in the file: all but the pad and the unknown word, and those that the format cannot hold.
    left_out : list of str
        The latter.
    """
    tagger = Tagger.load_single(directory)
    words = tagger.words.strings
    with claimed_output(output):
        left_out = write_word2vec(output, words, tagger.parameters["E.word"][len(RESERVED) :])
    return len(words) - len(left_out), left_out
