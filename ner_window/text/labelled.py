"""Tagged corpora: a file read, its scheme found out, its tags checked or repaired, and cut to what is asked for."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ner_window.errors import CorpusError
from ner_window.text.conll import Corpus, Layout, read_corpus
from ner_window.text.entity_columns import Entities, Integers, phrases, ranges
from ner_window.text.tag_columns import TagColumn
from ner_window.text.tagging import SCHEMES, Repair, Scheme, check_tags
from ner_window.text.tokens import Tokens


@dataclass(frozen=True)
class LabelledCorpus:
    """A corpus with its scheme, its tags repaired where that was asked for, and its counts.

    `left_out` counts what `limit` and `only` took away: sentences, and entities by type.
    """

    corpus: Corpus
    scheme: Scheme
    column: TagColumn
    repaired: int
    sentences_left_out: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def text(self) -> Tokens:
        """The tokens, as a column."""
        return self.corpus.text

    @property
    def tag_ids(self) -> Integers:
        """Which of `column.names` each token has (T,)."""
        return self.column.ids

    @cached_property
    def entities(self) -> Entities:
        """The entities, as columns."""
        return self.column.entities()

    @cached_property
    def tokens(self) -> list[tuple[str, ...]]:
        """The tokens of each sentence, as strings."""
        text = self.corpus.text
        tokens = tuple(map(text.forms.__getitem__, text.ids.tolist()))
        return [tokens[a : a + n] for a, n in zip(text.starts.tolist(), text.lengths.tolist(), strict=True)]

    @cached_property
    def tags(self) -> list[list[str]]:
        """The tags of each sentence, as strings."""
        return self.column.lists()

    @property
    def documents(self) -> list[int]:
        """The number of each sentence's document."""
        documents: list[int] = self.corpus.text.documents.tolist()
        return documents

    def labels(self, tags: Sequence[str], scheme: Scheme) -> Integers:
        """Return the entities in another scheme as indices (T,) into `tags`; -1 where a tag is none of them."""
        return self.column.labels(tags, scheme)

    def select(self, chosen: Collection[int]) -> "LabelledCorpus":
        """Keep the sentences at these places, in the order of the corpus."""
        kept, corpus, text = np.array(sorted(chosen), np.intp), self.corpus, self.corpus.text
        tokens, lengths = ranges(text.starts[kept], text.lengths[kept]), text.lengths[kept]
        return self._cut(
            Tokens(text.forms, text.ids[tokens], lengths, text.documents[kept]),
            corpus.tag_ids[tokens],
            corpus.first_lines[kept],
            self.column.ids[tokens],
        )

    def limit(self, sentences: int | None) -> "LabelledCorpus":
        """Keep the first `sentences` sentences; None keeps all."""
        corpus, text = self.corpus, self.corpus.text
        left_out = 0 if sentences is None else max(0, len(text.lengths) - sentences)
        if not left_out:
            return self
        part = text.part(slice(sentences))
        tokens = slice(len(part.ids))
        cut = self._cut(
            part,
            corpus.tag_ids[tokens],
            corpus.first_lines[:sentences],
            self.column.ids[tokens],
        )
        return replace(cut, sentences_left_out=left_out)

    def _cut(self, text: Tokens, file_tags: Integers, first_lines: Integers, tags: Integers) -> "LabelledCorpus":
        """Return the corpus with columns of fewer sentences."""
        corpus = replace(self.corpus, text=text, tag_ids=file_tags, first_lines=first_lines)
        return replace(self, corpus=corpus, column=TagColumn(self.column.names, tags, text.lengths))

    def counted(self, method: Repair) -> TagColumn:
        """Return the tags to score: conlleval counts those of the file as they are, broken or not."""
        corpus, as_they_are = self.corpus, method == "conlleval" and not self.left_out
        return TagColumn(corpus.tags, corpus.tag_ids, corpus.text.lengths) if as_they_are else self.column

    def counted_tags(self, method: Repair) -> list[list[str]]:
        """Return the tags to score, as strings; see `counted`."""
        return self.counted(method).lists()

    def only(self, types: Collection[str] | None) -> "LabelledCorpus":
        """Keep the entities of these types; the tokens of the others become O. None keeps all."""
        wanted = [types is None or type_ in types for type_ in self.entities.types]
        kept = np.array(wanted, bool)[self.entities.type]
        left_out = self.entities[~kept].by_type()
        if not left_out:
            return self
        column = self.column.written(self.entities[kept], self.scheme)
        return replace(self, column=column, left_out=self.left_out + left_out)

    def entity_texts(self) -> frozenset[str]:
        """Return the texts of all entities."""
        parts = self.entities.parts()
        return frozenset(" ".join(tokens) for part in parts for tokens in phrases(self.corpus.text, part))

    def counts(self) -> dict[str, Any]:
        """Return the ledger's figures: lines that add up, sentences, documents, entities by type, the scheme."""
        corpus = self.corpus
        notes = {"notes": list(corpus.notes)} if corpus.notes else {}
        return {
            "file": Path(corpus.source).name,
            "sha256": corpus.sha256,
            "lines": corpus.lines,
            "token_lines": corpus.token_lines,
            "blank_lines": corpus.blank_lines,
            "document_lines": corpus.document_lines,
            "skipped_lines": corpus.lines - corpus.token_lines - corpus.blank_lines - corpus.document_lines,
            "tokens": len(corpus.text.ids),
            "sentences": len(corpus.text.lengths),
            "documents": corpus.documents,
            "scheme": self.scheme.name,
            "repaired_sentences": self.repaired,
            "sentences_left_out": self.sentences_left_out,
            "entities": dict(sorted(self.entities.by_type().items())),
            "entities_left_out": dict(sorted(self.left_out.items())),
            **notes,
        }


def read_labelled(path: str | Path, layout: Layout, scheme: str = "auto", method: Repair = "strict") -> LabelledCorpus:
    """Read a corpus, find out its scheme, and check or repair its tags.

    Raises
    ------
    CorpusError, TaggingError
        The file cannot be read, holds no sentence, or with 'strict' has a tag where it may not stand.
    """
    corpus = read_corpus(path, layout)
    if not len(corpus.text.lengths):
        raise CorpusError(f"{corpus.source}: no sentences, got {corpus.lines} lines; is it the right file?")
    column = TagColumn(corpus.tags, corpus.tag_ids, corpus.text.lengths)
    column.check_names(corpus.where)
    found = column.detect() if scheme == "auto" else SCHEMES[scheme]
    repaired, broken = column.repair(found, method)
    if method == "strict" and broken:
        check_tags([corpus.sentences[int(column.broken(found)[0])]], found)
    return LabelledCorpus(corpus, found, repaired, broken)


def first_difference(one: Tokens, other: Tokens) -> int | None:
    """Return the place of the first sentence that has other tokens, of those that both have; None if there is none."""
    sentences = min(len(one.lengths), len(other.lengths))
    longer = np.flatnonzero(one.lengths[:sentences] != other.lengths[:sentences])
    alike = int(longer[0]) if len(longer) else sentences  # sentences that are as long in both
    tokens = int(one.lengths[:alike].sum())
    number = {form: i for i, form in enumerate(one.forms)}
    same = np.array([number.get(form, -1) for form in other.forms], np.int32)
    different = np.flatnonzero(one.ids[:tokens] != same[other.ids[:tokens]])
    if len(different):
        return int(np.searchsorted(one.starts[:alike], different[0], "right")) - 1
    return alike if len(longer) else None
