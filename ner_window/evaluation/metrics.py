"""Precision, recall and F1 of entities, counted as the CoNLL-2003 script conlleval counts them.

An entity is right if its first token, its last token and its type are (Tjong Kim Sang and De Meulder 2003,
section 2.3). 0/0 is 0.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import numpy as np

from ner_window.text.entity_columns import Entities, Integers, phrases
from ner_window.text.tag_columns import TagColumn
from ner_window.text.tokens import Tokens

#: From the tokens of an entity to the names of the groups that it is counted under.
Group = Callable[[Sequence[str]], Sequence[str]]


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
    group: Group | None = None,
) -> Score:
    """Compare gold with predicted tags, sentence by sentence; both may be valid or broken sequences.

    See `score_columns`, which does it, for what is raised.

    Parameters
    ----------
    gold, predicted : sequences of tags
        As many sentences, and in each as many tags, in both.
    tokens : sequences of tokens, optional
        Needed for `group` and for the listing of errors.
    groups, group : sequence of str and function, optional
        With them entities are also counted by group.
    """
    text = None if tokens is None else Tokens.of(list(tokens))
    return score_columns(TagColumn.of(list(gold)), TagColumn.of(list(predicted)), text, groups, group)


def score_columns(
    gold: TagColumn,
    predicted: TagColumn,
    text: Tokens | None = None,
    groups: Sequence[str] = (),
    group: Group | None = None,
) -> Score:
    """Compare gold with predicted tags of the same tokens; both may be valid or broken sequences.

    Parameters
    ----------
    gold, predicted : TagColumn
        As many sentences, and in each as many tags, in both.
    text : Tokens, optional
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
    for lengths in (predicted.lengths, gold.lengths if text is None else text.lengths):
        if not np.array_equal(gold.lengths, lengths):
            raise ValueError("expected sentences of the same lengths in gold, predicted and tokens")
    names = _common(gold.names, predicted.names)
    right = int(np.count_nonzero(gold.ids == names[predicted.ids]))
    result = Score(tokens=len(gold.ids), right_tokens=right, sentences=len(gold.lengths))
    result.subsets = {name: [0, 0, 0] for name in groups}
    correct, system = gold.entities(), predicted.entities()
    found, at = _same_spans(correct, system)
    same = correct.type[found] == _common(correct.types, system.types)[system.type[at]]
    hit, wrong, missed = found[same], _without(len(system), at[same]), _without(len(correct), found[same])
    result.tp, result.fp, result.fn = correct[hit].by_type(), system[wrong].by_type(), correct[missed].by_type()
    if text is None:
        return result
    if group is not None:
        for i, entities in enumerate((correct[hit], system[wrong], correct[missed])):
            for words, n in Counter(phrases(text, entities)).items():
                for name in group(words):
                    result.subsets[name][i] += n
    result.confusion.update({(type_, type_): n for type_, n in result.tp.items()})
    wrong_type, missed_span, wrong_span = (
        correct[found[~same]],
        _without(len(correct), found),
        _without(len(system), at),
    )
    _add_errors(result, wrong_type, text, wrong_type.names(), system[at[~same]].names())
    _add_errors(result, correct[missed_span], text, correct[missed_span].names(), repeat("-"))
    _add_errors(result, system[wrong_span], text, repeat("-"), system[wrong_span].names())
    return result


def _common(names: Sequence[str], others: Sequence[str]) -> Integers:
    """Return for each of `others` its place among `names`, -1 if it is not there."""
    places = {name: i for i, name in enumerate(names)}
    return np.array([places.get(name, -1) for name in others], np.intp)


def _same_spans(one: Entities, other: Entities) -> tuple[Integers, Integers]:
    """Return the places in both of the entities that stand where one of the other does, of whatever type."""
    _, i, j = np.intersect1d(one.start, other.start, assume_unique=True, return_indices=True)
    same = one.end[i] == other.end[j]
    return i[same], j[same]


def _without(count: int, places: Integers) -> Integers:
    """Return all places below `count` but these."""
    left = np.ones(count, bool)
    left[places] = False
    return np.flatnonzero(left)


def _add_errors(result: Score, spans: Entities, text: Tokens, gold: Iterable[str], predicted: Iterable[str]) -> None:
    """Add spans to the confusion and the errors, with their types in gold and predicted, which differ."""
    errors = Counter(zip(gold, predicted, map(" ".join, phrases(text, spans)), strict=False))
    result.errors.update(errors)
    for (correct, system, _), n in errors.items():
        result.confusion[correct, system] += n
