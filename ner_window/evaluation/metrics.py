"""Precision, recall and F1 of entities, counted as the CoNLL-2003 script conlleval counts them.

An entity is right if its first token, its last token and its type are (Tjong Kim Sang and De Meulder 2003,
section 2.3). 0/0 is 0.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ner_window.text.tagging import Entity, entities_of


@dataclass(frozen=True, slots=True)
class Counts:
    """True positives, false positives and false negatives, with what follows from them."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    @property
    def support(self) -> int:
        """Entities of the gold standard."""
        return self.tp + self.fn

    @property
    def precision(self) -> float:
        """Share of the predicted entities that are right."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 0.0

    @property
    def recall(self) -> float:
        """Share of the gold entities that were found."""
        return self.tp / self.support if self.support else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 2 tp / (2 tp + fp + fn)."""
        return 2 * self.tp / (2 * self.tp + self.fp + self.fn) if self.tp else 0.0

    def as_dict(self) -> dict[str, float]:
        """All seven figures; fractions in 0..1."""
        names = ("precision", "recall", "f1", "tp", "fp", "fn", "support")
        return {name: getattr(self, name) for name in names}


@dataclass
class Score:
    """The figures of one comparison of gold and predicted tags."""

    tokens: int = 0
    right_tokens: int = 0
    sentences: int = 0
    tp: Counter[str] = field(default_factory=Counter)
    fp: Counter[str] = field(default_factory=Counter)
    fn: Counter[str] = field(default_factory=Counter)
    subsets: dict[str, list[int]] = field(default_factory=dict)
    errors: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def types(self) -> dict[str, Counts]:
        """Counts of every type that is in gold or in predicted, by name."""
        names = sorted(set(self.tp) | set(self.fp) | set(self.fn))
        return {name: Counts(self.tp[name], self.fp[name], self.fn[name]) for name in names}

    @property
    def micro(self) -> Counts:
        """Counts of all entities together: conlleval's overall figures."""
        return Counts(self.tp.total(), self.fp.total(), self.fn.total())

    @property
    def token_accuracy(self) -> float:
        """Share of tokens whose tag is right. It is high where most tags are O: F1 is the figure to quote."""
        return self.right_tokens / self.tokens if self.tokens else 0.0

    def macro(self) -> dict[str, float]:
        """Means of precision, recall and F1 over the types, and the sums of the counts."""
        types = list(self.types.values())
        means = {
            name: sum(getattr(t, name) for t in types) / len(types) if types else 0.0
            for name in ("precision", "recall", "f1")
        }
        return self.micro.as_dict() | means

    def as_dict(self) -> dict[str, Any]:
        """Return the figures in the form that ``--json`` prints."""
        return {
            "tokens": self.tokens,
            "sentences": self.sentences,
            "entities": {
                "micro": self.micro.as_dict(),
                "macro": self.macro(),
                "types": {name: counts.as_dict() for name, counts in self.types.items()},
            },
            **{name: Counts(*counts).as_dict() for name, counts in self.subsets.items()},
            "token_accuracy": self.token_accuracy,
        }


def score(
    gold: Iterable[Sequence[str]],
    predicted: Iterable[Sequence[str]],
    tokens: Iterable[Sequence[str]] | None = None,
    groups: Sequence[str] = (),
    group: Callable[[Sequence[str]], Sequence[str]] | None = None,
) -> Score:
    """Compare gold with predicted tags, sentence by sentence; both may be valid or broken sequences.

    Parameters
    ----------
    gold, predicted : sequences of tags
        As many sentences, and in each as many tags, in both.
    tokens : sequences of tokens, optional
        Needed for `group` and for the listing of errors.
    groups, group : sequence of str and function, optional
        With them entities, gold or predicted, are also counted by group: `group` maps an entity's tokens, whatever its
        type, to a sequence of those of the names `groups` that it is counted under: none, one or several. A lone string
        is no such sequence, it would be read as names of one letter.

    Raises
    ------
    ValueError
        The numbers of sentences, or of tags in a sentence, differ.
    KeyError
        `group` gives a name that is not one of `groups`.
    """
    result = Score()
    result.subsets = {name: [0, 0, 0] for name in groups}
    gold, predicted = list(gold), list(predicted)
    words: Iterable[Sequence[str] | None] = [None] * len(gold) if tokens is None else tokens
    for gold_tags, predicted_tags, sentence in zip(gold, predicted, words, strict=True):
        result.sentences += 1
        result.tokens += len(gold_tags)
        result.right_tokens += sum(a == b for a, b in zip(gold_tags, predicted_tags, strict=True))
        correct, system = entities_of(gold_tags), entities_of(predicted_tags)
        _count(result, set(correct), set(system), sentence, group)
    return result


def _count(
    result: Score,
    gold: set[Entity],
    predicted: set[Entity],
    tokens: Sequence[str] | None,
    group: Callable[[Sequence[str]], Sequence[str]] | None,
) -> None:
    """Add the entities of one sentence, to each of the groups that `group` names too; without tokens only by type."""
    result.tp.update(e.type for e in gold & predicted)
    result.fp.update(e.type for e in predicted - gold)
    result.fn.update(e.type for e in gold - predicted)
    if tokens is None:
        return
    if group is not None:
        for i, entities in enumerate((gold & predicted, predicted - gold, gold - predicted)):
            for entity in entities:
                for name in group(tokens[entity.start : entity.end]):
                    result.subsets[name][i] += 1
    spans: Callable[[set[Entity]], dict[tuple[int, int], str]] = lambda es: {(e.start, e.end): e.type for e in es}  # noqa: E731
    gold_spans, predicted_spans = spans(gold), spans(predicted)
    for span in sorted(gold_spans.keys() | predicted_spans.keys()):
        pair = gold_spans.get(span, "-"), predicted_spans.get(span, "-")
        result.confusion[pair] += 1
        if pair[0] != pair[1]:
            result.errors[(*pair, " ".join(tokens[slice(*span)]))] += 1
