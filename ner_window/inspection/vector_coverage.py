"""How much of a corpus has word vectors: of its tokens, its distinct words, and its entities, by step of fall-back."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ner_window.tables import coverage
from ner_window.text.conll import Layout
from ner_window.text.labelled import LabelledCorpus, read_labelled
from ner_window.text.tagging import split_tag
from ner_window.text.words import Words


@dataclass(frozen=True)
class CorpusCoverage:
    """What some words with vectors cover of a corpus.

    Parameters
    ----------
    file : str
        What it is called.
    tokens, words, entity_tokens : mapping of str to int
        How many were found at each step of `FALLBACKS`: of the tokens, of those that differ from each other, and of the
        tokens in entities.
    missing : sequence of (str, int, int)
        The most frequent words without a vector, how often each occurs, and how often in an entity.
    """

    file: str
    tokens: Mapping[str, int]
    words: Mapping[str, int]
    entity_tokens: Mapping[str, int]
    missing: Sequence[tuple[str, int, int]]

    @property
    def parts(self) -> dict[str, Mapping[str, int]]:
        """What was counted, by its name."""
        return {"tokens": self.tokens, "distinct words": self.words, "tokens in entities": self.entity_tokens}

    def as_dict(self) -> dict[str, Any]:
        """Return the form that ``--json`` prints."""
        missing = [{"word": word, "count": n, "in_entities": inside} for word, n, inside in self.missing]
        counts = {"tokens": self.tokens, "words": self.words, "entity_tokens": self.entity_tokens}
        return {"file": self.file, **{name: _with_totals(steps) for name, steps in counts.items()}, "missing": missing}


def _with_totals(steps: Mapping[str, int]) -> dict[str, Any]:
    total = sum(steps.values())
    return {"total": total, "with_vector": total - steps["unknown"], "steps": dict(steps)}


def coverage_of(labelled: LabelledCorpus, words: Words, top: int) -> CorpusCoverage:
    """Return what words cover of a corpus, and the `top` most frequent tokens that they do not."""
    text, names = labelled.text, labelled.column.names
    in_entity = np.array([split_tag(name)[1] != "" for name in names], bool)[labelled.tag_ids]  # (T,)
    inside = np.bincount(text.ids[in_entity], minlength=len(text.forms)).tolist()
    entity_tokens = Counter({form: n for form, n in zip(text.forms, inside, strict=True) if n})
    counts = text.counts
    missing = [form for form in counts if words.find(form)[1] == "unknown"]
    missing.sort(key=lambda form: (-counts[form], form))
    return CorpusCoverage(
        labelled.corpus.source,
        coverage(words, counts),
        coverage(words, Counter(counts.keys())),
        coverage(words, entity_tokens),
        [(form, counts[form], entity_tokens[form]) for form in missing[:top]],
    )


def coverages(corpora: Iterable[Path], layout: Layout, words: Words, top: int) -> Iterator[CorpusCoverage]:
    """Read one corpus after another and yield what words cover of it; see `coverage_of`.

    Tags that their scheme does not allow are read as conlleval reads them.

    Raises
    ------
    CorpusError, TaggingError
        A file cannot be read, or holds no sentence.
    """
    for path in corpora:
        yield coverage_of(read_labelled(path, layout, method="conlleval"), words, top)
