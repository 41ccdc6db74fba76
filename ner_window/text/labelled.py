"""Tagged corpora: a file read, its scheme found out, its tags checked or repaired, and cut to what is asked for."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ner_window.errors import CorpusError
from ner_window.text.conll import Corpus, Layout, read_corpus
from ner_window.text.tagging import (
    SCHEMES,
    Repair,
    Scheme,
    check_tags,
    detect,
    entities_of,
    repair,
    tags_of,
    violations,
)


@dataclass(frozen=True)
class LabelledCorpus:
    """A corpus with its scheme, its tags repaired where that was asked for, and its counts.

    `left_out` counts what `limit` and `only` took away: sentences, and entities by type.
    """

    corpus: Corpus
    scheme: Scheme
    tags: list[list[str]]
    repaired: int
    sentences_left_out: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def tokens(self) -> list[tuple[str, ...]]:
        """The tokens of each sentence."""
        return [sentence.tokens for sentence in self.corpus.sentences]

    @property
    def documents(self) -> list[int]:
        """The number of each sentence's document."""
        return [sentence.document for sentence in self.corpus.sentences]

    def select(self, chosen: Collection[int]) -> "LabelledCorpus":
        """Keep the sentences at these places, in the order of the corpus."""
        kept = sorted(chosen)
        corpus = replace(self.corpus, sentences=tuple(self.corpus.sentences[i] for i in kept))
        return replace(self, corpus=corpus, tags=[self.tags[i] for i in kept])

    def counted_tags(self, method: Repair) -> Sequence[Sequence[str]]:
        """Return the tags to score: conlleval counts those of the file as they are, broken or not."""
        as_they_are = method == "conlleval" and not self.left_out
        return [sentence.tags for sentence in self.corpus.sentences] if as_they_are else self.tags

    def limit(self, sentences: int | None) -> "LabelledCorpus":
        """Keep the first `sentences` sentences; None keeps all."""
        left_out = 0 if sentences is None else max(0, len(self.tags) - sentences)
        if not left_out:
            return self
        corpus = replace(self.corpus, sentences=self.corpus.sentences[:sentences])
        return replace(self, corpus=corpus, tags=self.tags[:sentences], sentences_left_out=left_out)

    def only(self, types: Collection[str] | None) -> "LabelledCorpus":
        """Keep the entities of these types; the tokens of the others become O. None keeps all."""
        entities = [entities_of(tags) for tags in self.tags]
        left_out = Counter(e.type for found in entities for e in found if types is not None and e.type not in types)
        if not left_out:
            return self
        kept = [[e for e in found if e.type not in left_out] for found in entities]
        tags = [tags_of(found, len(old), self.scheme) for found, old in zip(kept, self.tags, strict=True)]
        return replace(self, tags=tags, left_out=self.left_out + left_out)

    def entity_texts(self) -> frozenset[str]:
        """Return the texts of all entities."""
        return frozenset(
            " ".join(tokens[e.start : e.end])
            for tokens, tags in zip(self.tokens, self.tags, strict=True)
            for e in entities_of(tags)
        )

    def counts(self) -> dict[str, Any]:
        """Return the ledger's figures: lines that add up, sentences, documents, entities by type, the scheme."""
        corpus = self.corpus
        entities = Counter(e.type for tags in self.tags for e in entities_of(tags))
        return {
            "file": Path(corpus.source).name,
            "sha256": corpus.sha256,
            "lines": corpus.lines,
            "token_lines": corpus.token_lines,
            "blank_lines": corpus.blank_lines,
            "document_lines": corpus.document_lines,
            "skipped_lines": corpus.lines - corpus.token_lines - corpus.blank_lines - corpus.document_lines,
            "tokens": sum(len(sentence.tokens) for sentence in corpus.sentences),
            "sentences": len(corpus.sentences),
            "documents": corpus.documents,
            "scheme": self.scheme.name,
            "repaired_sentences": self.repaired,
            "sentences_left_out": self.sentences_left_out,
            "entities": dict(sorted(entities.items())),
            "entities_left_out": dict(sorted(self.left_out.items())),
        }


def read_labelled(path: str | Path, layout: Layout, scheme: str = "auto", method: Repair = "strict") -> LabelledCorpus:
    """Read a corpus, find out its scheme, and check or repair its tags.

    Raises
    ------
    CorpusError, TaggingError
        The file cannot be read, holds no sentence, or with 'strict' has a tag where it may not stand.
    """
    corpus = read_corpus(path, layout)
    if not corpus.sentences:
        raise CorpusError(f"{corpus.source}: no sentences, got {corpus.lines} lines; is it the right file?")
    found = detect(corpus.sentences)
    if scheme != "auto":
        found = SCHEMES[scheme]
    if method == "strict":
        check_tags(corpus.sentences, found)
    tags = [repair(sentence.tags, found, method) for sentence in corpus.sentences]
    repaired = sum(bool(violations(sentence.tags, found)) for sentence in corpus.sentences)
    return LabelledCorpus(corpus, found, tags, repaired)
