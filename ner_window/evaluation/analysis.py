"""Where a tagger is wrong, and whether it knows: confusions, frequent errors with their sentences, calibration."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ner_window.evaluation.metrics import Score
from ner_window.text.entity_columns import Entities, Integers, lowest
from ner_window.text.tag_columns import TagColumn
from ner_window.text.tokens import Tokens

Floats = NDArray[np.floating[Any]]
#: An error: the types in gold and predicted, - where there is no entity, and the text.
Key = tuple[str, str, str]
#: First token and one after the last, counted through the corpus.
Span = tuple[int, int]

#: Bins of the calibration, errors listed, sentences shown, and tokens that are kept on each side of an error.
BINS, ERRORS, SENTENCES, CONTEXT = 10, 20, 20, 18


def analyse(
    text: Tokens, gold: TagColumn, predicted: TagColumn, chances: Floats | None, score: Score
) -> dict[str, Any]:
    """Return what may be learned from a comparison of gold and predicted tags, ready for JSON; fractions in 0..1.

    Parameters
    ----------
    text, gold, predicted
        The tokens and the tags of the same sentences.
    chances : (E,) floats, optional
        The probability of each entity of `predicted.entities()`; see `chances_of`. Without, `calibration` is None.
    score : Score
        Of the same comparison, made with the text; see `score_columns`.

    Returns
    -------
    dict
        - score: the figures, as ``--json`` prints them.
        - confusion: `names` of types, the last - for no entity; `counts`, a row for each type in gold, a column for
          each type predicted.
        - kinds: see `kinds_of`.
        - calibration: see `calibration`.
        - errors: the most frequent ones, each with the types in gold and predicted, the text and the count; see
          `ranked`.
        - sentences: one for each of the first of them, see `shown_sentences`.
    """
    correct, system = gold.entities(), predicted.entities()
    names, errors = [*score.types, "-"], ranked(score.errors)
    return {
        "score": score.as_dict(),
        "confusion": {"names": names, "counts": [[score.confusion[g, p] for p in names] for g in names]},
        "kinds": kinds_of(correct, system),
        "calibration": None if chances is None else calibration(chances, right_ones(correct, system)),
        "errors": [_named(key) | {"count": score.errors[key]} for key in errors[:ERRORS]],
        "sentences": list(shown_sentences(text, correct, system, errors, SENTENCES)),
    }


def chances_of(probabilities: Floats, labels: Integers, entities: Entities) -> Floats:
    """Return the probability of each entity (E,): the smallest of its tokens'.

    Parameters
    ----------
    probabilities : (T, C) floats
        Of each label of each token.
    labels : (T,) integers
        Those that were decoded.
    entities
        What they say, in whatever scheme.
    """
    return lowest(entities, probabilities[np.arange(len(labels)), labels])


def right_ones(gold: Entities, predicted: Entities) -> NDArray[np.bool_]:
    """Return which of the predicted entities are gold ones: first token, last token and type are the same."""
    known = set(_rows(gold))
    return np.array([row in known for row in _rows(predicted)], bool)


def _rows(entities: Entities) -> Iterator[tuple[int, int, str]]:
    return zip(entities.start.tolist(), entities.end.tolist(), entities.names(), strict=True)


def kinds_of(gold: Entities, predicted: Entities) -> dict[str, int]:
    """Count how entities are right or wrong.

    ======== =====================================================================
    right    a gold entity that was predicted
    type     a gold entity, where one of another type was predicted
    boundary one that overlaps with a predicted one of its type, but is not the same
    both     one that overlaps with predicted ones of other types only
    missed   one that overlaps with none
    spurious a predicted entity that overlaps with no gold one
    ======== =====================================================================

    All but the last add up to the gold entities.
    """
    kinds = dict.fromkeys(("right", "type", "boundary", "both", "missed"), 0)
    system = list(_rows(predicted))
    first, last = _overlaps(gold, predicted)
    for row, a, b in zip(_rows(gold), first.tolist(), last.tolist(), strict=True):
        kinds[_kind(row, system[a:b])] += 1
    first, last = _overlaps(predicted, gold)
    return {**kinds, "spurious": int(np.count_nonzero(first == last))}


def _overlaps(some: Entities, others: Entities) -> tuple[Integers, Integers]:
    """Return for each entity (N,) the first of the others that overlaps with it, and the one after the last."""
    return np.searchsorted(others.end, some.start, "right"), np.searchsorted(others.start, some.end, "left")


def _kind(row: tuple[int, int, str], overlapping: Sequence[tuple[int, int, str]]) -> str:
    if not overlapping:
        return "missed"
    if row in overlapping:
        return "right"
    if row[:2] == overlapping[0][:2]:
        return "type"
    return "boundary" if any(row[2] == type_ for *_, type_ in overlapping) else "both"


def calibration(chances: Floats, right: NDArray[np.bool_]) -> dict[str, Any]:
    """Compare the probabilities of predicted entities with the share of them that is right, in bins of equal width.

    ::

        ECE = sum_b n_b / n |right_b - probability_b|

    is the expected calibration error (Naeini et al. 2015), where bin b holds the n_b entities with probabilities from
    b / B, exclusive, to (b + 1) / B, inclusive (Guo et al. 2017, section 2).

    Returns
    -------
    dict
        `error`, None where nothing is predicted; `entities`, their number; `bins`, each with `low`, `high`, `count`,
        and, None where it is empty, the mean `probability` and the share `right`.
    """
    chances = np.asarray(chances, np.float64)
    places = np.clip(np.ceil(chances * BINS).astype(np.intp) - 1, 0, BINS - 1)
    bins, error = [], 0.0
    for b in range(BINS):
        inside = places == b
        n = int(inside.sum())
        probability, share = (float(x[inside].mean()) if n else None for x in (chances, right))
        bins.append({"low": b / BINS, "high": (b + 1) / BINS, "count": n, "probability": probability, "right": share})
        error += n / len(chances) * abs((share or 0.0) - (probability or 0.0)) if n else 0.0
    return {"error": error if len(chances) else None, "entities": len(chances), "bins": bins}


def ranked(errors: Counter[Key]) -> list[Key]:
    """Return the errors, the most frequent first; of equally frequent ones the kinds take turns, frequent kinds first.

    Most errors happen once: without the turns a list of them would show but one kind.
    """
    kinds: Counter[tuple[str, str]] = Counter()
    for (gold, predicted, _), n in errors.items():
        kinds[gold, predicted] += n
    turns: Counter[tuple[int, str, str]] = Counter()
    order = []
    for key in sorted(errors, key=lambda key: (-errors[key], key)):
        n, kind = errors[key], key[:2]
        order.append((-n, turns[n, *kind], -kinds[kind], key))
        turns[n, *kind] += 1
    return [key for *_, key in sorted(order)]


def _named(key: Key) -> dict[str, Any]:
    return dict(zip(("gold", "predicted", "text"), key, strict=True))


def _places(text: Tokens, gold: Entities, predicted: Entities) -> dict[Key, list[Span]]:
    """Return where each error stands, in the order of the corpus."""
    spans, others = ({(a, b): type_ for a, b, type_ in _rows(entities)} for entities in (gold, predicted))
    found: dict[Key, list[Span]] = defaultdict(list)
    for span in sorted(spans.keys() | others.keys()):
        types = spans.get(span, "-"), others.get(span, "-")
        if types[0] != types[1]:
            words = " ".join(text.forms[i] for i in text.ids[slice(*span)].tolist())
            found[*types, words].append(span)
    return found


def shown_sentences(
    text: Tokens, gold: Entities, predicted: Entities, errors: Sequence[Key], count: int
) -> Iterator[dict[str, Any]]:
    """Yield for each error, as long as there are any and `count` are not reached, the first sentence not yet shown.

    Each is a dictionary: `sentence`, its number in the corpus from 1; the `error`, as in the list of errors; `tokens`;
    `gold` and `predicted` entities as [start, end, type], counted in these tokens; `before` and `after`, how many
    tokens of a long sentence are left out. What is kept around the error cuts no entity.
    """
    places, ends, shown = _places(text, gold, predicted), np.cumsum(text.lengths), set[int]()
    for key in errors:
        for place in places.get(key, ()):
            number = int(np.searchsorted(ends, place[0], "right"))
            if number not in shown and len(shown) < count:
                shown.add(number)
                whole = int(ends[number] - text.lengths[number]), int(ends[number])
                yield {"sentence": number + 1, "error": _named(key)} | _cut(text, gold, predicted, place, whole)
                break


def _cut(text: Tokens, gold: Entities, predicted: Entities, place: Span, whole: Span) -> dict[str, Any]:
    """Return the tokens around an error and the entities in them."""
    sides = [list(_rows(_within(entities, *whole))) for entities in (gold, predicted)]
    start, end = max(whole[0], place[0] - CONTEXT), min(whole[1], place[1] + CONTEXT)
    before = (-1, -1)
    while before != (start, end):  # an entity that is taken in whole may reach into another one
        before = start, end
        cut = [(a, b) for side in sides for a, b, _ in side if a < end and b > start]
        start, end = min([start, *(a for a, _ in cut)]), max([end, *(b for _, b in cut)])
    inside = [[[a - start, b - start, type_] for a, b, type_ in side if start <= a < end] for side in sides]
    return {
        "before": start - whole[0],
        "tokens": [text.forms[i] for i in text.ids[start:end].tolist()],
        "after": whole[1] - end,
        "gold": inside[0],
        "predicted": inside[1],
    }


def _within(entities: Entities, start: int, end: int) -> Entities:
    first, last = np.searchsorted(entities.start, [start, end])
    return entities[slice(int(first), int(last))]
