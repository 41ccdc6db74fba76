"""Text to integers: what every form looks up, and windows over the forms of a batch."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby, pairwise
from threading import Lock

import numpy as np

from ner_window.text.documents import casing, counts_elsewhere, gather, hidden_together, same_words, share_ids
from ner_window.text.features import DOCUMENT_FEATURES
from ner_window.text.lexicon import Lexicon
from ner_window.text.tagging import split_tag
from ner_window.text.tokens import Tokens
from ner_window.text.vocabulary import PAD, Integers, Lookup
from ner_window.text.windows import line, positions, windows

Sentences = Sequence[Sequence[str]]

#: Tokens whose batches are laid out together.
_LAID_OUT = 1 << 16

#: Held while forms are looked up: look-ups remember what they found, and threads may share them.
_LOOKING_UP = Lock()


def types_of(tags: Sequence[str]) -> tuple[str, ...]:
    """Return the entity types of the tags of a model, in the order of their first tags."""
    return tuple(dict.fromkeys(split_tag(tag)[1] for tag in tags if tag != "O"))


def runs(lengths: Integers, tokens: int) -> list[Integers]:
    """Return the sentences of these lengths (S,), cut into runs of neighbors of about so many tokens."""
    before = np.cumsum(lengths) - lengths
    cuts = np.flatnonzero(np.diff(before // tokens)) + 1  # the sentences that begin a run
    return np.split(np.arange(len(lengths)), cuts)


def extents(sizes: Integers) -> Iterator[tuple[int, int]]:
    """Yield where each of some pieces, one behind the other, begins and ends."""
    return pairwise([0, *np.cumsum(sizes).tolist()])


@dataclass(frozen=True, slots=True)
class Batch:
    """The windows of some sentences, B in all, over n tokens, of which each may stand in many windows.

    Parameters
    ----------
    lengths : (S,) integers
        The number of tokens of each sentence.
    tokens : (B,) integers
        The indices of the windows' centres in the corpus.
    first : (n - 1,) integers
        Which of the B tokens was the first of each of the n; the first of these, the pad, is none of them.
    ids : (L, n) integers
        What each of the n tokens looks up.
    index : (B, K) integers
        Which of the n tokens stands in each place of a window.
    """

    lengths: Integers
    tokens: Integers
    first: Integers
    ids: Integers
    index: Integers


@dataclass(frozen=True)
class EncodedCorpus:
    """A text as integers: what each form looks up stands once, the text is a column of forms.

    Parameters
    ----------
    rows : (L, 1 + M) integers
        For each of the L look-ups of a token, the row of the pad, then of each of M different forms. Zero for the
        look-ups of features of the document, which no form has alone.
    columns : (F,) integers
        Which of these columns each form of the text has, from 1.
    forms : (T,) integers
        The form of each token; of a large corpus this column is a memory-mapped file, and is never copied whole.
    lengths : (S,) integers
        The number of tokens of each sentence.
    labels : (T,) integers
        Their labels; empty where they are not known.
    told : dict of int to (T,) integers
        For the look-ups of features of the document, the row of each token.
    composites : sequence of tuples of int
        The words that stand for the mean of others; see `Words`.
    same : (T,) integers, optional
        A number for the words of each document, where a first pass is needed.
    parts : sequence of ranges
        The sentences of each document, where a feature of documents is needed.
    """

    rows: Integers
    columns: Integers
    forms: Integers
    lengths: Integers
    labels: Integers
    told: Mapping[int, Integers]
    composites: Sequence[tuple[int, ...]] = ()
    same: Integers | None = None
    parts: Sequence[range] = ()

    @cached_property
    def starts(self) -> Integers:
        """Where each sentence begins (S,)."""
        starts: Integers = np.cumsum(self.lengths) - self.lengths
        return starts

    def merged(self) -> "EncodedCorpus":
        """Return the same corpus with forms that look up the same as one, in the order of what they look up."""
        rows, numbers = np.unique(self.rows[:, 1:], axis=1, return_inverse=True)
        columns = (1 + numbers.ravel()[self.columns - 1]).astype(np.int32)
        return replace(self, rows=np.concatenate([self.rows[:, :1], rows], axis=1), columns=columns)

    def ids(self, tokens: Integers) -> Integers:
        """Return what the tokens at these indices look up (L, B)."""
        ids = self.rows[:, self.columns[self.forms[tokens]]]
        for row, told in self.told.items():
            ids[row] = told[tokens]
        return ids

    def tokens(self, sentences: Integers) -> Integers:
        """Return the indices (B,) of the tokens of some sentences, one after another."""
        lengths = self.lengths[sentences]
        ends = np.cumsum(lengths)
        return np.arange(ends[-1] if len(ends) else 0) + np.repeat(self.starts[sentences] - ends + lengths, lengths)

    def words(self, sentences: Integers) -> Integers:
        """Return the rows of the words' table (B,) of the tokens of some sentences."""
        words: Integers = self.rows[0, self.columns[self.forms[self.tokens(sentences)]]]
        return words

    def batch(self, sentences: Integers, radius: int, kinds: Integers | None = None) -> Batch:
        """Return the windows of whole sentences, which share their tokens.

        Tokens of one form are one, but for those of different `kinds` (B,), small numbers, where the form is not shown
        alike everywhere, and where documents tell them different things: then each token stands for itself.
        """
        tokens, lengths = self.tokens(sentences), self.lengths[sentences]
        if self.told:
            first, order = np.arange(len(tokens)), np.arange(len(tokens))
        else:
            keys = self.columns[self.forms[tokens]]
            keys = keys if kinds is None else keys + len(self.rows[0]) * kinds
            _, first, order = np.unique(keys, return_index=True, return_inverse=True)
        ids = np.concatenate([self.rows[:, :1], self.ids(tokens[first])], axis=1)
        places = positions(lengths, radius)
        index = windows(line(order + 1, places, len(lengths), radius), places, radius)
        return Batch(lengths, tokens, first, ids, index)

    def batches(self, groups: Iterable[Integers], radius: int) -> Iterator[Batch]:
        """Yield the `batch` of each of some groups of sentences, in which many are laid out at a time."""
        if self.told:
            yield from (self.batch(group, radius) for group in groups)
            return
        done = 0

        def together(group: Integers) -> int:
            nonlocal done
            done += int(self.lengths[group].sum())
            return done // _LAID_OUT

        for _, some in groupby(groups, together):
            yield from self._laid_out(list(some), radius)

    def _laid_out(self, groups: Sequence[Integers], radius: int) -> Iterator[Batch]:
        """Yield the batches of groups of sentences: what `batch` does of one, done for all of them in one sort.

        What is sorted are numbers that hold batch, form and place of a token, in this order: then the forms of a batch
        stand together, each with its first place first.
        """
        sentences, sizes = np.concatenate(groups), np.array([len(group) for group in groups])
        lengths, tokens = self.lengths[sentences], self.tokens(sentences)
        B = np.bincount(np.repeat(np.arange(len(groups)), sizes), lengths, len(groups)).astype(np.intp)
        starts, bits = np.cumsum(B) - B, len(tokens).bit_length()
        keys = self.columns[self.forms[tokens]]
        numbers = np.repeat(np.arange(len(groups)) * len(self.rows[0]), B) + keys << bits
        numbers += np.arange(len(tokens))
        numbers.sort()
        places = numbers & ((1 << bits) - 1)
        numbers >>= bits
        new = np.diff(numbers, prepend=-1) > 0  # a token that is the first of its form in its batch
        first = places[new]
        n = np.bincount(numbers[new] // len(self.rows[0]), minlength=len(groups))
        ends = np.cumsum(n)
        order = np.empty(len(tokens), np.int32)  # of each token, which of the n of its batch it is, from 1
        order[places] = np.cumsum(new) - np.repeat(ends - n, B)
        columns = np.insert(keys[first], ends - n, 0)  # a pad at the head of each batch
        ids, on_line = self.rows[:, columns], positions(lengths, radius)
        index = windows(line(order, on_line, len(lengths), radius), on_line, radius)
        first -= np.repeat(starts, n)
        cuts = zip(*(extents(each) for each in (sizes, B, n, n + 1)), strict=True)
        for (s, t), (a, b), (c, d), (e, f) in cuts:
            yield Batch(lengths[s:t], tokens[a:b], first[c:d], ids[:, e:f], index[a:b])

    def index(self, sentences: Integers, radius: int) -> tuple[Integers, Integers]:
        """Return the windows of whole sentences as tokens (B,) and as columns of `rows` (B, K), 0 being the pad's."""
        tokens, lengths = self.tokens(sentences), self.lengths[sentences]
        places = positions(lengths, radius)
        columns = line(self.columns[self.forms[tokens]], places, len(lengths), radius)
        return tokens, windows(columns, places, radius)

    def windows(self, tokens: Integers, radius: int) -> Integers:
        """Return the windows (L, B, K), written out, of the tokens at these indices."""
        sentences, which = np.unique(np.searchsorted(self.starts, tokens, side="right") - 1, return_inverse=True)
        batch, lengths = self.batch(sentences, radius), self.lengths[sentences]
        before = np.cumsum(lengths) - lengths
        return batch.ids[:, batch.index[before[which] + tokens - self.starts[sentences][which]]]


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

    def encode(self, text: Tokens, labels: Integers | None = None, *, learning: bool = False) -> EncodedCorpus:
        """Turn a text into integers.

        Parameters
        ----------
        text : Tokens
            The text.
        labels : (T,) integers, optional
            The labels of its tokens: places in `tags`, or -1 for a tag that is not among them.
        learning : bool
            Whether the lexicon was built from this text: each document then does not see its own tags in it.

        The look-ups of the first pass's feature are left empty (pads); see `with_first_pass`.
        """
        rows, composites = self._look_up(text.forms)
        known = np.empty(0, np.int16) if labels is None else labels
        encoded = EncodedCorpus(
            rows, np.arange(1, rows.shape[1], dtype=np.int32), text.ids, text.lengths, known, {}, composites
        )
        return self._with_documents(encoded, text, learning) if DOCUMENT_FEATURES & set(self.vocabularies) else encoded

    def _look_up(self, forms: Sequence[str]) -> tuple[Integers, Sequence[tuple[int, ...]]]:
        """Return the rows (L, 1 + M) of the pad and of some forms, and the composites that they may be."""
        rows = np.zeros((sum(v.look_ups for v in self.vocabularies.values()), 1 + len(forms)), np.int32)
        with _LOOKING_UP:
            for name in self.vocabularies:
                if name not in DOCUMENT_FEATURES:
                    rows[self.rows_of(name), 1:] = self.vocabularies[name].encode(forms)
            return rows, getattr(next(iter(self.vocabularies.values())), "composites", ())

    def _with_documents(self, encoded: EncodedCorpus, text: Tokens, learning: bool) -> EncodedCorpus:
        """Return the corpus with what its documents tell of its words."""
        sentences, lengths, documents = list(text.sentences()), text.lengths.tolist(), text.documents.tolist()
        parts = gather(lengths, documents)
        own: list[tuple[range, Lexicon | None]] = [(part, None) for part in parts or [range(0)]]
        if learning and self.lexicon:
            tags, types = self._tags_of(encoded), self.lexicon.types
            own = [
                (part, Lexicon.build(sentences[part.start : part.stop], tags[part.start : part.stop], types))
                for part in hidden_together(lengths, documents)
            ]
        told: dict[int, Integers] = {}
        for name in self.vocabularies:
            if name in DOCUMENT_FEATURES:
                told |= dict(zip(self.rows_of(name).tolist(), self._told(name, sentences, parts, own), strict=True))
        same = same_words(sentences, parts) if "first_pass" in self.vocabularies else None
        return replace(encoded, told=told, same=same, parts=parts)

    def _told(
        self, name: str, sentences: Sentences, parts: Sequence[range], own: Sequence[tuple[range, Lexicon | None]]
    ) -> Integers:
        """Return the ids (look-ups, T) of a feature of documents; a part must not see in the lexicon its `own`."""
        vocabulary = self.vocabularies[name]
        if name == "first_pass":
            return np.full((vocabulary.look_ups, sum(map(len, sentences))), PAD, np.int32)
        if name == "casing":
            return vocabulary.encode(item for part in parts for item in casing(sentences[part.start : part.stop]))
        told = [self._from_lexicon(name, sentences[part.start : part.stop], its) for part, its in own]
        return np.concatenate(told, axis=1)

    def _tags_of(self, encoded: EncodedCorpus) -> list[list[str]]:
        """Return the tags of each sentence, all of which are known."""
        tags = [self.tags[label] for label in encoded.labels.tolist()]
        return [tags[a : a + n] for a, n in zip(encoded.starts.tolist(), encoded.lengths.tolist(), strict=True)]

    def _from_lexicon(self, name: str, document: Sentences, own: Lexicon | None) -> Integers:
        """Return the ids (look-ups, T) of what the lexicon tells of one document."""
        assert self.lexicon is not None
        if name == "gazetteer":
            return self.vocabularies[name].encode(self.lexicon.matches(document, own))
        return share_ids(self.lexicon.tag_counts(document, own))

    def without_first_pass(self, encoded: EncodedCorpus) -> EncodedCorpus:
        """Return the corpus as the first pass sees it: what the second one is told is empty."""
        empty = {int(row): np.full(len(encoded.forms), PAD, np.int32) for row in self.rows_of("first_pass")}
        return replace(encoded, told={**encoded.told, **empty})

    def with_first_pass(self, encoded: EncodedCorpus, labels: Integers) -> EncodedCorpus:
        """Return the corpus in which each token is told how a first pass has labelled (T,) the same words elsewhere."""
        assert encoded.same is not None
        kinds = ("", *types_of(self.tags))
        kind_of = np.array([kinds.index(split_tag(tag)[1]) for tag in self.tags])
        told = share_ids(counts_elsewhere(kind_of[labels], encoded.same, len(kinds)))
        rows = self.rows_of("first_pass").tolist()
        return replace(encoded, told={**encoded.told, **dict(zip(rows, told, strict=True))})

    def rows_of(self, name: str) -> Integers:
        """Return which of the L look-ups of a token are those of a table."""
        start = 0
        for each, vocabulary in self.vocabularies.items():
            if each == name:
                return np.arange(start, start + vocabulary.look_ups)
            start += vocabulary.look_ups
        raise KeyError(name)
