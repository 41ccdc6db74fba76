"""A sweep's results as text, Markdown, CSV and JSON, and in words: what the lecture says and what was measured."""

import csv
import io
import json
import re
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from ner_window.report.tables import table
from ner_window.sweep.plan import Sweep, shown
from ner_window.sweep.results import LEVEL, Finding, Side, Summary, findings_of, rows_of
from ner_window.sweep.runs import TIMES, Outcome

#: How a measure is written: a factor and a format. F1 is a fraction, shown in percent.
FORMATS = {
    "dev_f1": (100, ".2f"),
    "unseen_f1": (100, ".2f"),
    "best_epoch": (1, ".1f"),
    "loss": (1, ".4f"),
    "dev_loss": (1, ".4f"),
    "gap": (1, ".4f"),
    "rise": (1, ".4f"),
    "tokens_per_second": (1, ",.0f"),
    "distinct_units": (1, ".1f"),
    "seconds": (1, ".1f"),
}
#: Rule of the verdicts, shown beside them.
RULE = (
    f"Means are told apart by Welch's t-test at the {100 * LEVEL:g} % level, or by any difference if neither deviates; "
    "± is the sample deviation over the seeds."
)


#: Said beside the best of a search.
CHOSEN = (
    "The best of a search is chosen by these very numbers, which flatters it: what it is worth, other seeds or the "
    "test set tell."
)


def label(measure: str) -> str:
    """Return a measure's name with its unit, as heads of columns and axes show it."""
    return f"{measure}, %" if measure.endswith("_f1") else measure


def number(measure: str, value: float | None) -> str:
    """Write a value of a measure, one that is far too large in powers of ten; - where there is none."""
    factor, form = FORMATS[measure]
    if value is None:
        return "-"
    return f"{factor * value:{form if abs(value) < 1e7 else '.3g'}}"


def plus_minus(measure: str, summary: Summary) -> str:
    """Write mean ± sample deviation, the mean alone where there is but one seed."""
    mean = number(measure, summary.mean)
    return mean if summary.deviation is None else f"{mean} ± {number(measure, summary.deviation)}"


def reason(error: str) -> str:
    """Return what went wrong, without the epoch, the value and the advice that its message gives."""
    return re.sub(r"^epoch \d+: ", "", error.split("\n")[0].split(";")[0].split(", got")[0])


def failures(summary: Summary) -> str:
    """Return how many runs failed and why the first did, or how many were given up, or nothing."""
    if summary.error:
        return f"failed {summary.failed} of {summary.runs}: {reason(summary.error)}"
    return f"given up {summary.pruned} of {summary.runs}" if summary.pruned else ""


def _cells(sweep: Sweep, outcomes: Sequence[Outcome], *, times: bool = False) -> tuple[list[str], list[list[str]]]:
    """Return the head and the rows of the table: the keys that differ, seeds, measures, and failures if there are.

    With `times` the seconds of a run are among the measures.
    """
    rows = rows_of(sweep, outcomes, ["seconds"] if times else [])
    measures = tuple(rows[0].summaries) if rows else sweep.options.measures
    head = [*sweep.keys, "seeds", *map(label, measures)]
    cells = [
        [
            *(shown(key, row.settings[key]) for key in sweep.keys),
            str(len({outcome.run.seed for outcome in row.outcomes})),
            *(plus_minus(measure, row.summaries[measure]) for measure in measures),
        ]
        for row in rows
    ]
    notes = [failures(row.summaries[measures[0]]) for row in rows]
    if any(notes):
        head, cells = [*head, "failures"], [[*row, note] for row, note in zip(cells, notes, strict=True)]
    return head, cells


def sweep_table(sweep: Sweep, outcomes: Sequence[Outcome]) -> str:
    """Return the table of a sweep as text, and what may be concluded from it."""
    head, cells = _cells(sweep, outcomes, times=True)
    words = conclusions(sweep, outcomes)
    return "\n".join([table(head, cells), *[""] * bool(words), *words])


def plan_text(sweep: Sweep) -> str:
    """Return the runs that a sweep will do, a line each, or what a search may try."""
    search = sweep.options.search
    if search is None:
        return "\n".join([*(run.name for run in sweep.runs), f"{len(sweep.runs)} runs"])
    rows = [(key, json.dumps(value, ensure_ascii=False)) for key, value in search.space.items()]
    seeds = f"{len(sweep.options.seeds)} seed{'s' * (len(sweep.options.seeds) > 1)}"
    return (
        table(("key", "may be"), rows, left=(0, 1)) + f"\n{search.trials} trials ({search.method}), each with {seeds}"
    )


def test_text(scores: Mapping[str, Any]) -> str:
    """Return one sentence of the F1 on the test set; see `test_set.scores_on_test`."""
    found = [run["entities"]["micro"]["f1"] for run in scores["runs"]]
    deviation = f" ± {100 * statistics.stdev(found):.2f}" if len(found) > 1 else ""
    seeds = f"{len(found)} seed{'s' * (len(found) > 1)}"
    setting = selector_text(scores["settings"]) or "the only setting"
    return f"Test: F1 (%) {100 * statistics.fmean(found):.2f}{deviation}, {seeds}, with {setting}, the best on dev."


def sweep_markdown(sweep: Sweep, outcomes: Sequence[Outcome], plot: str | None) -> str:
    """Return the same as a Markdown page, with the plot's file in it if there is one."""
    head, cells = _cells(sweep, outcomes)
    escaped = [[cell.replace("|", "\\|") for cell in row] for row in (head, *cells)]
    lines = [f"| {' | '.join(row)} |" for row in escaped]
    lines.insert(1, "|" + "---|" * len(sweep.keys) + "---:|" * (len(head) - len(sweep.keys)))
    paragraphs = conclusions(sweep, outcomes)
    return (
        "\n\n".join([f"# {sweep.name}", "\n".join(lines), *paragraphs, *([f"![{sweep.name}]({plot})"] * bool(plot))])
        + "\n"
    )


def sweep_csv(sweep: Sweep, outcomes: Sequence[Outcome]) -> str:
    """Return the table as CSV: numbers in full, fractions in 0..1, a column for each mean and each deviation."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    measures = sweep.options.measures
    columns = [column for measure in measures for column in (measure, f"{measure}_deviation")]
    writer.writerow([*sweep.keys, "seeds", "failed", *columns])
    for row in rows_of(sweep, outcomes):
        values = [x for m in measures for x in (row.summaries[m].mean, row.summaries[m].deviation)]
        failed = row.summaries[measures[0]].failed
        keys = [shown(key, row.settings[key]) for key in sweep.keys]
        writer.writerow([*keys, len({outcome.run.seed for outcome in row.outcomes}), failed, *values])
    return stream.getvalue()


def timings_csv(sweep: Sweep, outcomes: Sequence[Outcome]) -> str:
    """Return as CSV what no two executions of a sweep have in common: the times of each run."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["run", "seconds", "tokens_per_second"])
    writer.writerows([o.run.name, o.measures.get("seconds"), o.measures.get("tokens_per_second")] for o in outcomes)
    return stream.getvalue()


def sweep_json(sweep: Sweep, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return everything: the settings' summaries, each run with its epochs, and the findings. Fractions in 0..1.

    Times are in it only if they are among the measures that the sweep asks for: without them, whoever executes a sweep
    gets the same, byte for byte.
    """
    dropped = set(TIMES) - set(sweep.options.measures)
    return {
        "name": sweep.name,
        "keys": list(sweep.keys),
        "measures": list(sweep.options.measures),
        "settings": [
            {"settings": row.settings, "measures": {name: vars(summary) for name, summary in row.summaries.items()}}
            for row in rows_of(sweep, outcomes)
        ],
        "runs": [
            {
                **{"name": o.run.name, "settings": o.run.settings, "seed": o.run.seed},
                **{"error": o.error, "given_up": o.pruned},
                **{"measures": {m: value for m, value in o.measures.items() if m not in dropped}, "epochs": o.epochs},
            }
            for o in outcomes
        ],
        "lecture": {
            "says": sweep.options.lecture.says,
            "findings": [
                {
                    **finding.expectation.model_dump(),
                    **{"verdict": finding.verdict, "p": finding.p, "sentence": measured(finding)},
                    "measured": {"higher": _side_json(finding.higher), "lower": _side_json(finding.lower)},
                }
                for finding in findings_of(sweep, outcomes)
            ],
        },
    }


def _side_json(side: Side) -> dict[str, Any]:
    return vars(side.summary) | ({"best": {"of": side.settings, "settings": side.best}} if side.best else {})


def sweep_files(sweep: Sweep, outcomes: Sequence[Outcome], plot: str | None) -> dict[str, str]:
    """Return the texts of the files of results by name: all forms of the table, and the plot if there is one."""
    plot_file = {"plot.svg": plot} if plot is not None else {}
    return {
        "results.json": json.dumps(sweep_json(sweep, outcomes), indent=2, ensure_ascii=False) + "\n",
        "results.csv": sweep_csv(sweep, outcomes),
        "timings.csv": timings_csv(sweep, outcomes),
        **plot_file,
        "results.md": sweep_markdown(sweep, outcomes, next(iter(plot_file), None)),
    }


def run_line(outcome: Outcome, position: int, total: int) -> str:
    """Write one line of a run that has ended: its place among all, its name, and its dev F1 or why it failed."""
    head = f"{position:{len(str(total))}}/{total}  {outcome.run.name}  "
    if outcome.error:
        return f"{head}failed: {outcome.error}"
    what = f"dev F1 {number('dev_f1', outcome.measures['dev_f1'])} (epoch {outcome.measures['best_epoch']})"
    what += f", given up after epoch {len(outcome.epochs)}" if outcome.pruned else ""
    took = "finished before" if outcome.reused else f"{number('seconds', outcome.measures['seconds'])} s"
    return f"{head}{what}  {took}"


def conclusions(sweep: Sweep, outcomes: Sequence[Outcome]) -> list[str]:
    """Return what the lecture says, a sentence of what was measured for each expectation, and the rule of judging.

    Where nothing is expected, one sentence tells between what the first measure lies.
    """
    says = sweep.options.lecture.says
    findings = findings_of(sweep, outcomes)
    sentences = [measured(finding) for finding in findings] or span(sweep, outcomes)
    chosen_of = [CHOSEN] * bool(sweep.options.search)
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


def selector_text(selector: Mapping[str, Any], *, values_only: bool = False) -> str:
    """Write settings as KEY=VALUE, or their values alone."""
    return ", ".join(
        shown(key, value) if values_only else f"{key}={shown(key, value)}" for key, value in selector.items()
    )
