"""What may be concluded from a sweep, in sentences: what the lecture says and what was measured."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from ner_window.report.numbers import failures, plus_minus, selector_text
from ner_window.sweep.folders import Outcome
from ner_window.sweep.plan import Sweep
from ner_window.sweep.results import LEVEL, Finding, Side, findings_of, rows_of

#: Rule of the verdicts, shown beside them.
RULE = (
    f"Means are told apart by Welch's t-test at the {100 * LEVEL:g} % level, or by any difference if neither deviates; "
    "± is the sample deviation over the seeds."
)


#: Said beside the best of several settings.
CHOSEN = (
    "The best is chosen by these very numbers, which flatters it: what it is worth, other seeds or the test set tell, "
    "and `ner-window compare` on the folder of the experiment which settings differ by more than chance."
)


def test_text(scores: Mapping[str, Any]) -> str:
    """Return one sentence of the F1 on the test set; see `test_set.scores_on_test`."""
    found = [run["entities"]["micro"]["f1"] for run in scores["runs"]]
    deviation = f" ± {100 * statistics.stdev(found):.2f}" if len(found) > 1 else ""
    seeds = f"{len(found)} seed{'s' * (len(found) > 1)}"
    setting = selector_text(scores["settings"]) or "the only setting"
    return f"Test: F1 (%) {100 * statistics.fmean(found):.2f}{deviation}, {seeds}, with {setting}, the best on dev."


def conclusions(sweep: Sweep, outcomes: Sequence[Outcome]) -> list[str]:
    """Return what the lecture says, a sentence of what was measured for each expectation, and the rule of judging.

    Where nothing is expected, one sentence tells between what the first measure lies.
    """
    says = sweep.options.lecture.says
    findings = findings_of(sweep, outcomes)
    sentences = [measured(finding) for finding in findings] or span(sweep, outcomes)
    chosen_of = [CHOSEN] * (not findings and len(rows_of(sweep, outcomes)) > 1)
    return [f"The lecture: {says}"] * bool(says) + sentences + chosen_of + [RULE] * bool(findings)


def span(sweep: Sweep, outcomes: Sequence[Outcome]) -> list[str]:
    """Return one sentence of the lowest and the highest setting of the first measure, none if there are not two."""
    measure = sweep.options.measures[0]
    found = [(row.summaries[measure], row.settings) for row in rows_of(sweep, outcomes)]
    found = [pair for pair in found if not pair[0].pruned]
    ordered = sorted((pair for pair in found if pair[0].mean is not None), key=lambda pair: pair[0].mean or 0.0)
    if len(ordered) < 2:
        return []
    ends = []
    for summary, settings in (ordered[0], ordered[-1]):
        setting = selector_text({key: settings[key] for key in sweep.keys})
        failed = f"; {failures(summary)}" if summary.failed else ""
        ends.append(f"{plus_minus(measure, summary)} ({setting}{failed})")
    return [f"Measured: {_quantity(measure)} from {ends[0]} to {ends[1]}."]


def measured(finding: Finding) -> str:
    """Write one sentence: both sides with mean, deviation and failures, the ratio of two speeds, seeds, p, verdict."""
    measure, selectors = finding.expectation.measure, (finding.expectation.higher, finding.expectation.lower)
    high, low = finding.higher.summary, finding.lower.summary
    sides = [_side(measure, *side) for side in zip((finding.higher, finding.lower), selectors, strict=True)]
    facts = [f"{_quantity(measure)} {sides[0]} against {sides[1]}"]
    if measure == "tokens_per_second" and high.mean and low.mean:
        facts.append(f"{high.mean / low.mean:.1f} times as many")
    facts.append(_seeds(high.seeds, low.seeds))
    if finding.p is not None:
        facts.append(probability(finding.p))
    few = " (a deviation takes two seeds)" if min(high.seeds, low.seeds) < 2 else ""
    return f"Measured: {', '.join(facts)}: {finding.verdict}{few}."


def _side(measure: str, side: Side, selector: Mapping[str, Any]) -> str:
    best = f" (best of {side.settings}: {selector_text(side.best)})" if side.best else ""
    failed = f" ({failures(side.summary)})" if side.summary.failed else ""
    return f"{plus_minus(measure, side.summary)} with {selector_text(selector)}{best}{failed}"


def _quantity(measure: str) -> str:
    return f"{measure} (%)" if measure.endswith("_f1") else measure


def _seeds(high: int, low: int) -> str:
    if high != low:
        return f"{high} and {low} seeds"
    return f"{high} seed{'s' * (high != 1)}{' each' * (high > 0)}"


def probability(p: float) -> str:
    """Write p with three digits after the point, with more where they would hide the side of the level it is on."""
    if p < 0.001:
        return "p < 0.001"
    return f"p = {p:.3f}" if abs(p - LEVEL) > 0.0006 else f"p = {p:.6f}"
