"""From outcomes to what they say: summaries over seeds, and whether two of them can be told apart."""

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ner_window.sweep.plan import Sweep
from ner_window.sweep.runs import Outcome

Verdict = Literal["agrees", "disagrees", "cannot be told apart"]


@dataclass(frozen=True)
class Summary:
    """A measure over seeds: mean, sample deviation, and how many seeds have a value; `failed` of `runs` failed.

    The mean is None without a value, the deviation None with less than two. `error` is that of the first failed run.
    """

    mean: float | None
    deviation: float | None
    seeds: int
    runs: int
    failed: int
    error: str | None


def summarize(outcomes: Sequence[Outcome], measure: str) -> Summary:
    """Return a measure's mean over the runs of each seed, summarised over the seeds."""
    by_seed: dict[int, list[float]] = {}
    for outcome in outcomes:
        value = outcome.measures.get(measure)
        if value is not None:
            by_seed.setdefault(outcome.run.seed, []).append(value)
    values = [statistics.fmean(found) for found in by_seed.values()]
    errors = [outcome.error for outcome in outcomes if outcome.error]
    mean = statistics.fmean(values) if values else None
    deviation = statistics.stdev(values) if len(values) > 1 else None
    return Summary(mean, deviation, len(values), len(outcomes), len(errors), errors[0] if errors else None)


@dataclass(frozen=True)
class Row:
    """The runs of one setting, all its seeds, and a summary for each measure that the sweep asks for."""

    settings: dict[str, Any]
    outcomes: tuple[Outcome, ...]
    summaries: dict[str, Summary]


def rows_of(sweep: Sweep, outcomes: Sequence[Outcome]) -> list[Row]:
    """Group outcomes by setting, in the order of the runs."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(json.dumps(outcome.run.settings), []).append(outcome)
    return [
        Row(found[0].run.settings, tuple(found), {m: summarize(found, m) for m in sweep.options.measures})
        for found in groups.values()
    ]


def judge(higher: Summary, lower: Summary) -> Verdict:
    """Compare two means with twice the standard error of their difference, sqrt(s1^2 / n1 + s2^2 / n2) (Welch 1947).

    A smaller difference cannot be told from chance, nor can any where a side has less than two seeds.
    """
    if higher.mean is None or lower.mean is None or higher.deviation is None or lower.deviation is None:
        return "cannot be told apart"
    difference = higher.mean - lower.mean
    error = math.sqrt(higher.deviation**2 / higher.seeds + lower.deviation**2 / lower.seeds)
    if difference == 0 or abs(difference) < 2 * error:
        return "cannot be told apart"
    return "agrees" if difference > 0 else "disagrees"
