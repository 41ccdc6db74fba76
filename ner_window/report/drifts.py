"""Which word vectors moved, and what lies near a word: tables of text."""

from collections.abc import Sequence

from ner_window.evaluation.metrics import Counts, Score
from ner_window.inspection.drift import Drift, TextDrift
from ner_window.inspection.vector_space import Neighborhood
from ner_window.report.tables import table


def drift_text(result: Drift, shown: int = 5) -> str:
    """Return the tables of `drift`; of each word's neighbours, the `shown` nearest."""
    text = result.text
    pieces = [_movement(result)]
    if result.farthest:
        pieces.append(_farthest(result, shown))
    if text.left_behind:
        pieces.append(_left_behind(text, result.neighbors, shown))
    if text.score:
        pieces.append(_by_group(text, text.score))
    return "\n\n".join(pieces)


def _movement(result: Drift) -> str:
    """Return how many words moved, how far, and the groups of the text's tokens."""
    lines = [f"{result.moved} of {result.words} word vectors moved in training, {result.trained} could"]
    if result.distances:
        d = result.distances
        lines += [
            f"  distance (Euclidean): median {d['median']:.3f}, largest {d['max']:.3f}",
            f"  cosine of old and new: median {d['median_cosine']:.3f}, smallest {d['min_cosine']:.3f}",
            f"  of their {result.neighbors} nearest neighbours, {100 * result.share_changed:.1f} % are none any more "
            f"({result.sampled} words at even steps in the order of the distances)",
        ]
    if result.reserved:
        lines.append("  beside them: " + ", ".join(f"{word} moved {d:.3f}" for word, d in result.reserved.items()))
    tokens = ", ".join(f"{n} {name}" for name, n in result.text.tokens.items())
    lines.append(f"{result.text.source}: tokens by kind: {tokens}")
    return "\n".join(lines)


def _farthest(result: Drift, shown: int) -> str:
    rows = [
        [
            moved.word,
            f"{moved.distance:.3f}",
            f"{moved.cosine:.3f}",
            f"{moved.changed} of {len(moved.before)}",
            " ".join(moved.before[:shown]),
            " ".join(moved.now[:shown]),
        ]
        for moved in result.farthest
    ]
    header = ("moved farthest", "distance", "cosine", "neighbours new", "nearest before", "nearest now")
    return table(header, rows, left=(0, 4, 5))


def _left_behind(text: TextDrift, count: int, shown: int) -> str:
    rows = [
        [
            left.word,
            left.count,
            f"{left.neighbors_moved} of {len(left.neighbors)}",
            f"{left.distance:.3f}",
            f"{left.cosine_before:.3f}",
            f"{left.cosine_now:.3f}",
            ", ".join(f"{word} {d:.2f}" for word, d in left.neighbors[:shown]),
        ]
        for left in text.left_behind
    ]
    title = (
        f"{text.words_left_behind} words of the text were left behind: never in training, while some of the {count} "
        "trained words nearest to them moved"
    )
    header = ("left behind", "in text", "moved", "mean distance", "cosine before", "now", "nearest, and how far")
    return f"{title}\n{table(header, rows, left=(0, 6))}"


def _by_group(text: TextDrift, score: Score) -> str:
    """Return the scores of the entities of each group, and of all."""
    groups = [(name, Counts(*counts)) for name, counts in score.subsets.items()]
    rows = [
        [name, *(f"{100 * x:.2f}" for x in (counts.precision, counts.recall, counts.f1)), counts.support]
        for name, counts in [*groups, ("all", score.micro)]
    ]
    rule = "an entity belongs to the last group that any of its words belongs to; repair conlleval"
    return f"{table(('entities with, %', 'precision', 'recall', 'F1', 'support'), rows)}\n{rule}"


def neighborhoods_text(found: Sequence[Neighborhood]) -> str:
    """Return the neighbours of each word, side by side where training moved it."""
    pieces = []
    for near in found:
        how = "" if near.how == "exact" else f" ({near.asked!r}, {near.how})"
        now = [[f"{word} {cosine:.3f}"] for word, cosine in near.now]
        if near.before is None:
            pieces.append(table([f"near {near.word}{how}"], now))
        else:
            rows = [[f"{word} {cosine:.3f}", *row] for (word, cosine), row in zip(near.before, now, strict=True)]
            pieces.append(table([f"near {near.word}{how} before training", "now"], rows, left=(0, 1)))
    return "\n\n".join(pieces)
