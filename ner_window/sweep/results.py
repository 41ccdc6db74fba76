"""From outcomes to what they say: summaries over seeds, and whether two of them can be told apart."""

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ner_window.errors import TrainingError
from ner_window.sweep.folders import Outcome
from ner_window.sweep.options import Expectation, Measure
from ner_window.sweep.plan import Sweep

Verdict = Literal["agrees", "disagrees", "cannot be told apart"]
#: Two means are told apart if p is less: of two that are the same, seeds part as far in 5 % of the cases.
LEVEL = 0.05


@dataclass(frozen=True)
class Summary:
    """A measure over seeds: mean, sample deviation, and how many seeds have a value; `failed` of `runs` failed.

    The mean is None without a value, the deviation None with less than two. `error` is that of the first failed run;
    `pruned` runs were given up.
    """

    mean: float | None
    deviation: float | None
    seeds: int
    runs: int
    failed: int
    error: str | None
    pruned: int = 0


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
    pruned = sum(outcome.pruned for outcome in outcomes)
    return Summary(mean, deviation, len(values), len(outcomes), len(errors), errors[0] if errors else None, pruned)


@dataclass(frozen=True)
class Row:
    """The runs of one setting, all its seeds, and a summary for each measure that the sweep asks for."""

    settings: dict[str, Any]
    outcomes: tuple[Outcome, ...]
    summaries: dict[str, Summary]


def rows_of(sweep: Sweep, outcomes: Sequence[Outcome], more: Sequence[Measure] = ()) -> list[Row]:
    """Group outcomes by setting, in the order of the runs; those of a search, the best dev F1 first.

    `more` measures are summarized besides those that the sweep asks for.
    """
    measures = dict.fromkeys((*sweep.options.measures, *more))
    rows = [
        Row(found[0].run.settings, tuple(found), {m: summarize(found, m) for m in measures})
        for found in _by_setting(outcomes)
    ]
    return sorted(rows, key=_rank) if sweep.options.search else rows


def _rank(row: Row) -> tuple[bool, float]:
    """Return what sorts settings: those that were given up stand behind the others, the higher dev F1 first."""
    summary = summarize(row.outcomes, "dev_f1")
    return summary.pruned > 0, -(summary.mean or 0.0)


def chosen(sweep: Sweep, outcomes: Sequence[Outcome]) -> Row:
    """Return the setting that one would go on with: the highest mean dev F1 of those that neither failed nor gave up.

    Raises
    ------
    TrainingError
        There is none.
    """
    rows = [row for row in rows_of(sweep, outcomes) if not any(o.error or o.pruned for o in row.outcomes)]
    if not rows:
        raise TrainingError(f"{sweep.name}: no setting to choose: each has runs that failed or were given up")
    return min(rows, key=_rank)


def _by_setting(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(json.dumps(outcome.run.settings), []).append(outcome)
    return list(groups.values())


@dataclass(frozen=True)
class Side:
    """One side of a comparison: a summary of the runs of a selector, or of the best of their settings.

    Where that is one of several, `best` has its values of the keys in which they differ, and `settings` their number.
    """

    summary: Summary
    settings: int = 1
    best: dict[str, Any] = field(default_factory=dict)


def side_of(outcomes: Sequence[Outcome], selector: Mapping[str, Any], expectation: Expectation) -> Side:
    """Return one side of an expectation; the best setting is the one with the highest mean, the first of equals."""
    selected = [outcome for outcome in outcomes if outcome.run.has(selector)]
    groups = _by_setting(selected)
    if expectation.take == "mean" or len(groups) < 2:
        return Side(summarize(selected, expectation.measure))
    summaries = [summarize(group, expectation.measure) for group in groups]
    means = [-math.inf if summary.mean is None else summary.mean for summary in summaries]
    i = means.index(max(means))
    settings = [group[0].run.settings for group in groups]
    best = {key: value for key, value in settings[i].items() if any(other[key] != value for other in settings)}
    return Side(summaries[i], len(groups), best)


@dataclass(frozen=True)
class Finding:
    """What was measured of an expectation: both sides, the verdict, and the p of the test, None where none was made."""

    expectation: Expectation
    higher: Side
    lower: Side
    verdict: Verdict
    p: float | None


def findings_of(sweep: Sweep, outcomes: Sequence[Outcome]) -> list[Finding]:
    """Judge each expectation of a sweep."""
    found: list[Finding] = []
    for expectation in sweep.options.lecture.expect:
        higher, lower = (side_of(outcomes, side, expectation) for side in (expectation.higher, expectation.lower))
        found.append(Finding(expectation, higher, lower, *judge(higher.summary, lower.summary)))
    return found


def judge(higher: Summary, lower: Summary) -> tuple[Verdict, float | None]:
    """Compare two means by Welch's t-test, two-sided, at the 5 % level; return the verdict and p.

    Where neither side deviates there is nothing to test and no p: any difference counts. A side of less than two seeds
    has no deviation, and nothing can be told.
    """
    if higher.mean is None or lower.mean is None or higher.deviation is None or lower.deviation is None:
        return "cannot be told apart", None
    difference, deviations = higher.mean - lower.mean, (higher.deviation, lower.deviation)
    p = _welch(difference, deviations, (higher.seeds, lower.seeds)) if any(deviations) else None
    if difference == 0 or (p is not None and p >= LEVEL):
        return "cannot be told apart", p
    return ("agrees" if difference > 0 else "disagrees"), p


def _welch(difference: float, deviations: tuple[float, float], seeds: tuple[int, int]) -> float:
    """Return p of t = difference / sqrt(s1^2 / n1 + s2^2 / n2), with Welch's (1947) degrees of freedom."""
    from scipy.stats import ttest_ind_from_stats

    unit = max(deviations)  # t has none; the squares of huge or tiny losses would leave the range of float64
    s1, s2 = (deviation / unit for deviation in deviations)
    return float(ttest_ind_from_stats(difference / unit, s1, seeds[0], 0.0, s2, seeds[1], equal_var=False).pvalue)
