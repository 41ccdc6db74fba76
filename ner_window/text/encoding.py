"""Sentences to integers: the ids of every feature of every token, on lines that windows are cut from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ner_window.text.documents import casing, counts_elsewhere, gather, hidden_together, same_words, share_ids
from ner_window.text.lexicon import Lexicon
from ner_window.text.tagging import split_tag
from ner_window.text.vocabulary import PAD, Integers, Lookup
from ner_window.text.windows import line, positions, windows

Sentences = Sequence[Sequence[str]]


def types_of(tags: Sequence[str]) -> tuple[str, ...]:
    """Return the entity types of the tags of a model, in the order of their first tags."""
    return tuple(dict.fromkeys(split_tag(tag)[1] for tag in tags if tag != "O"))


@dataclass(frozen=True)
class EncodedCorpus:
    """Sentences as integers: lines (L, N) with pads, places (T,) of the tokens on them, lengths (S,), labels (T,).

    `composites` are the words that stand for the mean of others; see `Words`. `same` (T,) numbers the words of each
    document, where a first pass is needed; `parts` are the sentences of each document.
    """

    lines: Integers
    places: Integers
    lengths: Integers
    labels: Integers
    composites: Sequence[tuple[int, ...]] = ()
    same: Integers | None = None
    parts: Sequence[range] = ()

    def windows(self, tokens: Any, radius: int) -> Integers:
        """Return the windows (L, B, K) of the tokens at these indices."""
        return windows(self.lines, self.places[tokens], radius)


@dataclass(frozen=True)
class Encoder:
    """What turns sentences into integers.

    Parameters
    ----------
    vocabularies : dict of str to Lookup
        For each table of the network, in its order, the look-up of its ids; that of the words first.
    tags : tuple of str
        The tag of each label.
    radius : int
        Pads between sentences.
    lexicon : Lexicon, optional
        What the training corpus tells of words, for the features that need it.
    """

    vocabularies: dict[str, Lookup]
    tags: tuple[str, ...]
    radius: int
    lexicon: Lexicon | None = None

    def encode(
        self,
        sentences: Sentences,
        tags: Sentences | None = None,
        documents: Sequence[int] | None = None,
        *,
        learning: bool = False,
    ) -> EncodedCorpus:
        """Turn sentences of tokens into integers.

        Parameters
        ----------
        sentences : sequence of sequences of str
            Their tokens.
        tags : sequence of sequences of str, optional
            Their tags, in the scheme of `tags`. An unknown one becomes the label -1.
        documents : sequence of int, optional
            A number for each sentence: neighbors of one number are one document. Without it all are one document.
        learning : bool
            Whether the lexicon was built from these sentences: each document then does not see its own tags in it.

        The lines of the first pass's feature are left empty (pads); see `with_first_pass`.

        Raises
        ------
        ValueError
            There are not as many numbers in `documents` as there are sentences.
        """
        documents = [0] * len(sentences) if documents is None else documents
        if len(documents) != len(sentences):
            raise ValueError(
                f"documents: expected a number for each of {len(sentences)} sentences, got {len(documents)}"
            )
        lengths = np.array([len(tokens) for tokens in sentences], np.intp)
        places = positions(lengths, self.radius)
        parts = gather(lengths.tolist(), documents)
        hidden = hidden_together(lengths.tolist(), documents) if learning else parts
        own = self._own_lexicons(sentences, tags if learning else None, hidden)
        ids = [self._ids(name, sentences, parts, own) for name in self.vocabularies]
        lines = np.stack([line(row, places, len(sentences), self.radius) for rows in ids for row in rows])
        label = {tag: i for i, tag in enumerate(self.tags)}
        labels = np.array([label.get(tag, -1) for sentence in tags or () for tag in sentence], np.intp)
        same = same_words(sentences, parts) if "first_pass" in self.vocabularies else None
        composites = getattr(next(iter(self.vocabularies.values())), "composites", ())
        return EncodedCorpus(lines, places, lengths, labels, composites, same, parts)

    def _own_lexicons(
        self, sentences: Sentences, tags: Sentences | None, parts: Sequence[range]
    ) -> list[tuple[range, Lexicon | None]]:
        """Return each part with what it tells the lexicon, which it must not see; None where nothing is hidden."""
        if self.lexicon is None or tags is None:
            return [(part, None) for part in parts or [range(0)]]
        types = self.lexicon.types
        return [(part, Lexicon.build([sentences[i] for i in part], [tags[i] for i in part], types)) for part in parts]

    def _ids(
        self, name: str, sentences: Sentences, parts: Sequence[range], own: Sequence[tuple[range, Lexicon | None]]
    ) -> Integers:
        """Return the ids (look-ups, T) of one table; a part must not see in the lexicon what is its `own`."""
        vocabulary = self.vocabularies[name]
        match name:
            case "first_pass":
                return np.zeros((vocabulary.look_ups, sum(map(len, sentences))), np.int32)
            case "casing":
                return vocabulary.encode(item for part in parts for item in casing([sentences[i] for i in part]))
            case "gazetteer" | "tag_statistics":
                told = [self._from_lexicon(name, [sentences[i] for i in part], its) for part, its in own]
                return np.concatenate(told, axis=1)
        return vocabulary.encode(token for sentence in sentences for token in sentence)

    def _from_lexicon(self, name: str, document: Sentences, own: Lexicon | None) -> Integers:
        """Return the ids (look-ups, T) of what the lexicon tells of one document."""
        assert self.lexicon is not None
        if name == "gazetteer":
            return self.vocabularies[name].encode(self.lexicon.matches(document, own))
        return share_ids(self.lexicon.tag_counts(document, own))

    def without_first_pass(self, encoded: EncodedCorpus) -> EncodedCorpus:
        """Return the corpus as the first pass sees it: its own lines are empty."""
        lines = encoded.lines.copy()
        lines[self.rows_of("first_pass")] = PAD
        return replace(encoded, lines=lines)

    def with_first_pass(self, encoded: EncodedCorpus, labels: Integers) -> EncodedCorpus:
        """Return the corpus with the lines that show how a first pass has labelled (T,) the same words elsewhere."""
        assert encoded.same is not None
        kinds = ("", *types_of(self.tags))
        kind_of = np.array([kinds.index(split_tag(tag)[1]) for tag in self.tags])
        lines = encoded.lines.copy()
        told = share_ids(counts_elsewhere(kind_of[labels], encoded.same, len(kinds)))
        lines[self.rows_of("first_pass")[:, None], encoded.places] = told
        return replace(encoded, lines=lines)

    def rows_of(self, name: str) -> Integers:
        """Return which lines belong to a table."""
        start = 0
        for each, vocabulary in self.vocabularies.items():
            if each == name:
                return np.arange(start, start + vocabulary.look_ups)
            start += vocabulary.look_ups
        raise KeyError(name)
