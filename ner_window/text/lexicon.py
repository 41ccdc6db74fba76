"""What a training corpus tells of words: the entities in it, and how each word is tagged."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ner_window.text.documents import OUTSIDE, TOP, Sentences
from ner_window.text.tagging import entities_of, split_tag
from ner_window.text.vocabulary import Integers

Counts = Mapping[str, int]
Words = tuple[str, ...]

_NONE: Counts = {}


@dataclass(frozen=True)
class Lexicon:
    """Counts of a corpus, words in lower case.

    While training, a document must not see its own entities, or the network would learn to trust them: its own counts
    (`own`) are taken away.

    Parameters
    ----------
    types : tuple of str
        The entity types.
    entities : mapping of tuples of str to counts
        The words of each entity, and how often it is of which type.
    words : mapping of str to counts
        How often each word is inside an entity of each type, or in none (`OUTSIDE`).
    """

    types: tuple[str, ...]
    entities: Mapping[Words, Counts]
    words: Mapping[str, Counts]

    @classmethod
    def build(cls, sentences: Sentences, tags: Sequence[Sequence[str]], types: Sequence[str]) -> "Lexicon":
        """Count entities and words of tagged sentences."""
        entities: dict[Words, Counter[str]] = defaultdict(Counter)
        words: dict[str, Counter[str]] = defaultdict(Counter)
        for tokens, sentence_tags in zip(sentences, tags, strict=True):
            lower = [token.lower() for token in tokens]
            for entity in entities_of(sentence_tags):
                entities[tuple(lower[entity.start : entity.end])][entity.type] += 1
            for word, tag in zip(lower, sentence_tags, strict=True):
                words[word][split_tag(tag)[1] or OUTSIDE] += 1
        return cls(tuple(types), dict(entities), dict(words))

    @cached_property
    def longest(self) -> dict[str, int]:
        """The length of the longest entity that begins with a word."""
        lengths: dict[str, int] = {}
        for entity in self.entities:
            lengths[entity[0]] = max(lengths.get(entity[0], 0), len(entity))
        return lengths

    def matches(self, sentences: Sentences, own: "Lexicon | None" = None) -> list[tuple[str, ...]]:
        """Return, for each token, its part in an entity of the lexicon with the types of that: ``B-LOC``, ``B-ORG``.

        Of the entities that match at a place the longest is taken, from the left to the right; of its types the `TOP`
        most frequent.
        """
        result: list[tuple[str, ...]] = []
        for tokens in sentences:
            lower = [token.lower() for token in tokens]
            i = 0
            while i < len(lower):
                length, types = self._longest_match(lower, i, own)
                result += [tuple(f"{_part(k, length)}-{type_}" for type_ in types) for k in range(length)]
                i += length
        return result

    def _longest_match(self, words: Sequence[str], i: int, own: "Lexicon | None") -> tuple[int, list[str]]:
        """Return the length and the types of the longest entity that begins at word i; without one, 1 and none."""
        for length in range(min(self.longest.get(words[i], 0), len(words) - i), 0, -1):
            key = tuple(words[i : i + length])
            counts = self.entities.get(key, _NONE)
            without = own.entities.get(key, _NONE) if own else _NONE
            others = {type_: counts.get(type_, 0) - without.get(type_, 0) for type_ in self.types}
            if types := [type_ for type_, n in others.items() if n > 0]:
                return length, sorted(types, key=others.__getitem__, reverse=True)[:TOP]
        return 1, []

    def tag_counts(self, sentences: Sentences, own: "Lexicon | None" = None) -> Integers:
        """Return, for each token, how often its word is in no entity, and in one of each type (T, 1 + types)."""
        kinds = (OUTSIDE, *self.types)
        known: dict[str, list[int]] = {}
        for word in {token.lower() for tokens in sentences for token in tokens}:
            counts = self.words.get(word, _NONE)
            without = own.words.get(word, _NONE) if own else _NONE
            known[word] = [counts.get(kind, 0) - without.get(kind, 0) for kind in kinds]
        rows = [known[token.lower()] for tokens in sentences for token in tokens]
        return np.array(rows, np.intp).reshape(-1, len(kinds))

    def to_json(self) -> str:
        """Write the lexicon as JSON, sorted: the same counts give the same text."""
        entities = [[list(entity), dict(sorted(counts.items()))] for entity, counts in sorted(self.entities.items())]
        words = {word: dict(sorted(counts.items())) for word, counts in sorted(self.words.items())}
        return json.dumps({"types": self.types, "entities": entities, "words": words}, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Lexicon":
        """Read what `to_json` has written.

        Raises
        ------
        KeyError, TypeError, ValueError
            It is something else.
        """
        tree = json.loads(text)
        types = tuple(tree["types"])
        if not all(
            isinstance(string, str) for string in (*types, *(word for entity, _ in tree["entities"] for word in entity))
        ):
            raise TypeError("expected strings")
        if not all(entity for entity, _ in tree["entities"]):
            raise ValueError("expected entities with words in them")
        entities, words = {tuple(entity): counts for entity, counts in tree["entities"]}, dict(tree["words"])
        kinds = {OUTSIDE, *types}
        for counts in (*entities.values(), *words.values()):
            if not all(kind in kinds and isinstance(n, int) for kind, n in dict(counts).items()):
                raise ValueError(f"expected counts of {', '.join(sorted(kinds))}, got {counts!r}")
        return cls(types, entities, words)


def _part(k: int, length: int) -> str:
    """Return the BIOES prefix of word k of an entity of so many words."""
    if length == 1:
        return "S"
    return "B" if k == 0 else "E" if k == length - 1 else "I"
