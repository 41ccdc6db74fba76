"""The lecture's pitfall, measured: which word vectors moved in fine-tuning, and which were left behind.

Fine-tuning moves the vectors of the words in the training corpus. A word that has a pre-trained vector but is not in
the corpus keeps its place while its neighbours leave: TV and telly move, television stays. What the network has learned
of the neighbours then holds less well for it.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ner_window.evaluation.metrics import Counts, Score
from ner_window.inspection.drift_data import Text, dev_file, is_random, read_text, rows_of, seen_words, trained_layout
from ner_window.inspection.vector_space import LeftBehind, Moved, VectorSpace
from ner_window.nn.gradients import Floats
from ner_window.scoring import score_by, types_learned
from ner_window.tagger import Tagger
from ner_window.text.vocabulary import RESERVED, UNKNOWN

#: Words whose neighbours are compared for the share of all: they stand at even steps in the order of the distances.
SAMPLE = 100

#: The groups of entities, by the words in them: all seen in training; one unseen; one without a vector.
SEEN, UNSEEN, NO_VECTOR = "seen words", "unseen words", "no vector"

#: The group that stands for the first two where it is not known which words were seen.
ANY_VECTOR = "words with a vector"


@dataclass(frozen=True)
class TextDrift:
    """What fine-tuning means for a text: its tokens by `groups`, the words left behind, and entity scores by group."""

    source: str
    groups: tuple[str, ...]
    tokens: dict[str, int]
    words_left_behind: int
    left_behind: tuple[LeftBehind, ...]
    score: Score | None


@dataclass(frozen=True)
class Drift:
    """What fine-tuning did to the word vectors, and to a text.

    Parameters
    ----------
    words, trained, moved : int
        Words with a vector, those of them that training could change, and those whose vector is another one now.
    distances : dict
        Median and maximum Euclidean distance, median and minimum cosine, of the words that moved.
    reserved : dict
        How far the vectors of the pad and the unknown word moved.
    farthest : tuple of Moved
        The words that moved farthest, the farthest first.
    sampled : int
        Words of which `share_changed`, the share of neighbours that are none now, was found.
    """

    words: int
    trained: int
    moved: int
    neighbors: int
    distances: dict[str, float]
    reserved: dict[str, float]
    farthest: tuple[Moved, ...]
    sampled: int
    share_changed: float
    text: TextDrift
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the form that ``--json`` prints."""
        return {
            **{name: getattr(self, name) for name in ("words", "trained", "moved", "neighbors")},
            "distances": self.distances,
            "reserved": self.reserved,
            "sampled": self.sampled,
            "share_changed": self.share_changed,
            "farthest": [word.as_dict() for word in self.farthest],
            "text": _text_dict(self.text),
            "notes": self.notes,
        }


def _text_dict(text: TextDrift) -> dict[str, Any]:
    score = text.score
    return {
        "data": text.source,
        "tokens": text.tokens,
        "words_left_behind": text.words_left_behind,
        "left_behind": [word.as_dict() for word in text.left_behind],
        "entities": score
        and {
            "micro": score.micro.as_dict(),
            **{name: Counts(*counts).as_dict() for name, counts in score.subsets.items()},
        },
    }


def of_model(
    directory: Path,
    data: Path | None = None,
    layout: Mapping[str, Any] | None = None,
    limit: int = 20,
    count: int = 10,
) -> Drift:
    """Measure the drift of a model, and what it means for a text: by default the dev file that it was trained with.

    Parameters
    ----------
    layout : mapping, optional
        What is different about the layout of the text, if not as in training: fields of `Layout` that are not None.
    limit : int
        How many words to describe, of those that moved farthest and of those left behind.
    count : int
        How many neighbours of each to look at.

    Raises
    ------
    CorpusError
        There is no text, or it cannot be read.
    """
    tagger = Tagger.load_single(directory)
    notes: list[str] = []
    if data is None:
        data = dev_file(directory)
        notes.append(f"DATA is the dev file of the model's configuration, {data}")
    given = {name: value for name, value in (layout or {}).items() if value is not None}
    text = read_text(data, replace(trained_layout(directory), **given), types_learned(tagger))
    seen, more = seen_words(tagger, directory)
    return measure(tagger, text, seen, limit, count, [*notes, *more, *_notes(tagger, text)])


def measure(
    tagger: Tagger, text: Text, seen: Collection[int] | None, limit: int, count: int, notes: Sequence[str] = ()
) -> Drift:
    """Measure the drift of a tagger whose training corpus held the words with the ids `seen`; None: not known."""
    space = VectorSpace(tagger)
    order = np.argsort(-space.distances, kind="stable")
    order = order[: np.count_nonzero(space.distances)]
    sample = order[np.unique(np.linspace(0, max(len(order) - 1, 0), min(SAMPLE, len(order))).astype(int))]
    sampled = [space.moved(i, count) for i in sample.tolist()]
    compared = sum(len(m.before) for m in sampled)
    return Drift(
        len(space.words.strings),
        len(space.old),
        len(order),
        count,
        _summary(space.distances[order], space.cosines[order]),
        space.reserved,
        tuple(space.moved(i, count) for i in order[:limit].tolist()),
        len(sampled),
        sum(m.changed for m in sampled) / compared if compared else 0.0,
        _of_text(tagger, space, text, seen, limit, count),
        list(notes),
    )


def _of_text(
    tagger: Tagger, space: VectorSpace, text: Text, seen: Collection[int] | None, limit: int, count: int
) -> TextDrift:
    """Find the words of a text that were left behind, and score its entities by the kinds of their words."""
    words = tagger.words
    ids = Counter(id_ for sentence in text.sentences for token in sentence for id_ in rows_of(words, token))
    group = _grouping(tagger, seen)
    groups = (SEEN, UNSEEN, NO_VECTOR) if seen is not None else (ANY_VECTOR, NO_VECTOR)
    tokens = dict.fromkeys(groups, 0)
    for sentence in text.sentences:
        for token in sentence:
            tokens[group([token])] += 1
    left = [i for i in ids if i >= len(tagger.pretrained) and len(space.old)]
    found = [space.left_behind(i - len(RESERVED), ids[i], count) for i in left]
    found = sorted((word for word in found if word.neighbors_moved), key=lambda word: -word.distance)
    score = score_by(tagger, text.corpus, groups, lambda words: (group(words),))[1] if text.corpus else None
    return TextDrift(text.source, groups, tokens, len(found), tuple(found[:limit]), score)


def _grouping(tagger: Tagger, seen: Collection[int] | None) -> Callable[[Sequence[str]], str]:
    """Return the function that names the group of some tokens: that of the least known of them."""
    words = tagger.words

    def group(tokens: Sequence[str]) -> str:
        ids = [id_ for token in tokens for id_ in rows_of(words, token)]
        if UNKNOWN in ids:
            return NO_VECTOR
        if seen is None:
            return ANY_VECTOR
        return SEEN if all(i in seen for i in ids) else UNSEEN

    return group


def _summary(far: Floats, near: Floats) -> dict[str, float]:
    """Return the figures of the words that moved, from their distances and cosines; none, none."""
    if not len(far):
        return {}
    figures = {"median": np.median(far), "max": far.max(), "median_cosine": np.median(near), "min_cosine": near.min()}
    return {name: float(figure) for name, figure in figures.items()}


def _notes(tagger: Tagger, text: Text) -> list[str]:
    """Return what one should know when reading the figures."""
    found = []
    options = tagger.facts.get("config", {})
    if options.get("vectors.residual"):
        found.append("a map shared by all words has moved every vector; only words of training are shown beside it")
    if options.get("vectors.neighbors"):
        found.append(
            "after training, words that never moved were moved like their nearest moved neighbours: none was "
            "left behind, and the neighbours before are words of training as they were, and others as they are"
        )
    if not len(tagger.pretrained) and not options.get("vectors.residual"):
        found.append("the word vectors were frozen: none moved, and no word was left behind")
    elif is_random(tagger):
        found.append(
            "the word vectors were random at first: they moved from places without a meaning, and the neighbours "
            "before are chance; only words that training has more than once have a vector: none was left behind"
        )
    if text.corpus is None:
        found.append(f"{text.source} is not tagged: no scores")
    elif text.left_out:
        found.append(f"entities of types that the model was not trained on are left out: {dict(text.left_out)}")
    return found
