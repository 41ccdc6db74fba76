"""A sweep's results as text, Markdown, CSV and JSON, and its plan."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from ner_window.report.conclusions import conclusions, measured, test_text
from ner_window.report.numbers import failures, label, number, plus_minus
from ner_window.report.tables import table
from ner_window.sweep.folders import TIMES, Outcome
from ner_window.sweep.plan import Sweep, shown
from ner_window.sweep.results import Side, findings_of, rows_of

#: What `test_set.scores_on_test` gives, if it was asked for.
Test = Mapping[str, Any] | None


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


def sweep_table(sweep: Sweep, outcomes: Sequence[Outcome], test: Test = None) -> str:
    """Return the table of a sweep as text, what may be concluded from it, and the F1 on the test set, if asked for."""
    head, cells = _cells(sweep, outcomes, times=True)
    words = [*conclusions(sweep, outcomes), *([test_text(test)] if test else [])]
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


def sweep_markdown(sweep: Sweep, outcomes: Sequence[Outcome], plot: str | None, test: Test = None) -> str:
    """Return the same as a Markdown page, with the plot's file in it if there is one."""
    head, cells = _cells(sweep, outcomes)
    escaped = [[cell.replace("|", "\\|") for cell in row] for row in (head, *cells)]
    lines = [f"| {' | '.join(row)} |" for row in escaped]
    lines.insert(1, "|" + "---|" * len(sweep.keys) + "---:|" * (len(head) - len(sweep.keys)))
    paragraphs = [*conclusions(sweep, outcomes), *([test_text(test)] if test else [])]
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
    writer.writerow([*sweep.keys, "seeds", "failed", "given_up", *columns])
    for row in rows_of(sweep, outcomes):
        values = [x for m in measures for x in (row.summaries[m].mean, row.summaries[m].deviation)]
        lost = (row.summaries[measures[0]].failed, row.summaries[measures[0]].pruned)
        keys = [shown(key, row.settings[key]) for key in sweep.keys]
        writer.writerow([*keys, len({outcome.run.seed for outcome in row.outcomes}), *lost, *values])
    return stream.getvalue()


def runs_csv(sweep: Sweep, outcomes: Sequence[Outcome]) -> str:
    """Return each run as a row of CSV, to work on with: numbers in full, fractions in 0..1."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["run", *sweep.keys, "seed", "failed", "given_up", *sweep.options.measures])
    for o in outcomes:
        keys = [shown(key, o.run.settings[key]) for key in sweep.keys]
        values = [o.measures.get(measure) for measure in sweep.options.measures]
        writer.writerow([o.run.name, *keys, o.run.seed, int(bool(o.error)), int(o.pruned), *values])
    return stream.getvalue()


def timings_csv(sweep: Sweep, outcomes: Sequence[Outcome]) -> str:
    """Return as CSV what no two executions of a sweep have in common: the times of each run."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["run", "seconds", "tokens_per_second"])
    writer.writerows([o.run.name, o.measures.get("seconds"), o.measures.get("tokens_per_second")] for o in outcomes)
    return stream.getvalue()


def sweep_json(sweep: Sweep, outcomes: Sequence[Outcome], test: Test = None) -> dict[str, Any]:
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
        **({"test": test} if test else {}),
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


def sweep_files(sweep: Sweep, outcomes: Sequence[Outcome], plot: str | None, test: Test = None) -> dict[str, str]:
    """Return the texts of the files of results by name: all forms of the table, and the plot if there is one."""
    plot_file = {"plot.svg": plot} if plot is not None else {}
    return {
        "results.json": json.dumps(sweep_json(sweep, outcomes, test), indent=2, ensure_ascii=False) + "\n",
        "results.csv": sweep_csv(sweep, outcomes),
        "runs.csv": runs_csv(sweep, outcomes),
        "timings.csv": timings_csv(sweep, outcomes),
        **plot_file,
        "results.md": sweep_markdown(sweep, outcomes, next(iter(plot_file), None), test),
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
