"""The page of an experiment: what was run, what came out, and what may be concluded. It needs no network."""

import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ner_window.config import dump_yaml
from ner_window.report.conclusions import conclusions, test_text
from ner_window.report.document import document
from ner_window.report.experiment_plots import curve_figures, measure_figures
from ner_window.report.inline_plots import MISSING, can_draw
from ner_window.report.numbers import failures, label, number, plus_minus, reason, selector_text
from ner_window.report.page_parts import (
    bar,
    breakable,
    code,
    contents,
    data_facts,
    details,
    facts,
    paragraph,
    percent,
    section,
    setting,
    table,
    text,
    tiles,
)
from ner_window.report.page_style import STYLE
from ner_window.report.tables import SUBSETS
from ner_window.sweep.folders import Outcome
from ner_window.sweep.plan import Sweep, shown
from ner_window.sweep.results import Row, rows_of, summarize

#: What `sweep.runs.read_findings` gives of each run.
Findings = Sequence[Mapping[str, Any]]


def experiment_page(
    sweep: Sweep, outcomes: Sequence[Outcome], findings: Findings, test: Mapping[str, Any] | None = None
) -> str:
    """Return the page of an experiment; links lead to the runs' pages, ``runs/<name>/page.html``.

    Parameters
    ----------
    findings
        For each outcome what its run.json says, and its analysis as `analysis` if it has one; what is not there is not
        shown.
    test
        The scores on the test set, if it was asked for; see `test_set.test_scores`.
    """
    analyses = [found.get("analysis") for found in findings]
    sections = [
        section("Results", _results(sweep, outcomes), paragraph(test_text(test), "verdict") if test else ""),
        section("What may be concluded", *(paragraph(words, "verdict") for words in conclusions(sweep, outcomes))),
        section("Against the swept values", measure_figures(sweep, outcomes)),
        section("Learning curves", curve_figures(sweep, outcomes)),
        section("F1 by type", _by_type(sweep, outcomes, analyses)),
        section("Seen and unseen entities", _by_group(sweep, outcomes, analyses)),
        section("Runs", _runs(outcomes, findings)),
        section("What was run", *_what(sweep, outcomes, findings)),
    ]
    head = [f"<h1>{text(sweep.name)}</h1>", paragraph(_lead(sweep, outcomes), "lead"), _tiles(sweep, outcomes)]
    note = [] if can_draw() else [paragraph(MISSING, "note")]
    return document(sweep.name, STYLE, [*head, contents(sections), *note, *sections])


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'s' * (n != 1)}"


def _lead(sweep: Sweep, outcomes: Sequence[Outcome]) -> str:
    """Say in a sentence what was run."""
    settings, seeds = len(rows_of(sweep, outcomes)), len({outcome.run.seed for outcome in outcomes})
    search = sweep.options.search
    varied = ", ".join(sweep.keys)
    how = f"a search ({search.method}) over {varied}" if search else f"{varied} varied" if varied else "nothing varied"
    return f"{_count(len(outcomes), 'run')}: {_count(settings, 'setting')} with {_count(seeds, 'seed')} each; {how}."


def _tiles(sweep: Sweep, outcomes: Sequence[Outcome]) -> str:
    """Return the best setting, how many runs ended how, and the time."""
    figures = {}
    for row in _highest(rows_of(sweep, outcomes))[:1]:
        name = selector_text({key: row.settings[key] for key in sweep.keys})
        words = plus_minus("dev_f1", summarize(row.outcomes, "dev_f1")).replace(" ", "\u00a0")
        figures["highest mean dev F1, %"] = f'{words} <small class="setting">{breakable(name)}</small>'
    failed, pruned = sum(bool(o.error) for o in outcomes), sum(o.pruned for o in outcomes)
    figures["runs"] = str(len(outcomes)) + f" <small>{failed} failed</small>" * bool(failed)
    if pruned:
        figures["given up"] = str(pruned)
    seconds = [s for o in outcomes if (s := o.measures.get("seconds")) is not None]
    if seconds:
        figures["seconds of a run"] = f"{statistics.median(seconds):.1f} <small>median</small>"
    return tiles(figures)


def _highest(rows: Sequence[Row]) -> list[Row]:
    """Return the setting with the highest mean dev F1, and its equals; none with runs that failed or were given up."""
    means = [
        (summarize(row.outcomes, "dev_f1").mean or 0.0, row)
        for row in rows
        if not any(outcome.error or outcome.pruned for outcome in row.outcomes)
    ]
    best = max((mean for mean, _ in means), default=0.0)
    return [row for mean, row in means if mean == best]


def _merged(sweep: Sweep, rows: Sequence[Row]) -> list[str]:
    """Return for each setting the cell that has all its keys, by their last parts; none if one column holds them."""
    last = Counter(key.rpartition(".")[2] for key in sweep.keys)
    names = {key: name if last[name := key.rpartition(".")[2]] == 1 else key for key in sweep.keys}
    if len(names) < 2:
        return []
    pairs = [[(name, shown(key, row.settings[key])) for key, name in names.items()] for row in rows]
    return [", ".join(f"{breakable(name)}={text(value)}" for name, value in line) for line in pairs]


def _key_cells(sweep: Sweep, row: Row) -> list[str]:
    """Return the cells that name a setting; where nothing varies there is but one."""
    return [setting(shown(key, row.settings[key])) for key in sweep.keys] or ["all"]


def _key_names(sweep: Sweep) -> list[str]:
    return list(sweep.keys) or ["setting"]


def _results(sweep: Sweep, outcomes: Sequence[Outcome]) -> str:
    rows = rows_of(sweep, outcomes, ["seconds"])
    measures = list(rows[0].summaries) if rows else []
    notes = [failures(row.summaries[measures[0]]) for row in rows]
    marked = _highest(rows) if len(rows) > 1 else []
    cells = [
        [
            *_key_cells(sweep, row),
            str(len({outcome.run.seed for outcome in row.outcomes})),
            *(_mean(measure, row, marked=row in marked) for measure in measures),
            *([f'<span class="failed">{text(note)}</span>'] if any(notes) else []),
        ]
        for row, note in zip(rows, notes, strict=True)
    ]
    keys = _key_names(sweep)
    header = [*keys, "seeds", *map(label, measures), *(["failures"] if any(notes) else [])]
    caption = "Means and sample deviations over the seeds"
    return table(caption, header, cells, left=len(keys), merged=_merged(sweep, rows))


def _mean(measure: str, row: Row, *, marked: bool) -> str:
    """Return the cell of a measure; the F1 that is the highest says so."""
    words = text(plus_minus(measure, row.summaries[measure]))
    return f"<b>{words} <small>highest</small></b>" if marked and measure == "dev_f1" else words


def _over_seeds(
    sweep: Sweep, outcomes: Sequence[Outcome], analyses: Sequence[Mapping[str, Any] | None]
) -> list[tuple[Row, list[Mapping[str, Any]]]]:
    """Return each setting with the scores of its runs that have an analysis."""
    by_run = dict(zip((outcome.run.name for outcome in outcomes), analyses, strict=True))
    found = [(row, [by_run[outcome.run.name] for outcome in row.outcomes]) for row in rows_of(sweep, outcomes)]
    return [(row, [a["score"] for a in some if a]) for row, some in found if any(some)]


def _f1_table(
    caption: str,
    sweep: Sweep,
    scores: Sequence[tuple[Row, list[Mapping[str, Any]]]],
    columns: Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]],
) -> str:
    """Return the mean F1 of each setting in each column, which picks counts of a score."""
    if not scores or not columns:
        return ""
    cells = []
    for row, found in scores:
        picked = [[counts["f1"] for score in found if (counts := pick(score))] for pick in columns.values()]
        cells.append([*_key_cells(sweep, row), *(_mean_bar(values) for values in picked)])
    keys = _key_names(sweep)
    return table(caption, [*keys, *columns], cells, left=len(keys), merged=_merged(sweep, [row for row, _ in scores]))


def _mean_bar(values: Sequence[float]) -> str:
    if not values:
        return "-"
    deviation = f" \u00b1 {percent(statistics.stdev(values))}" if len(values) > 1 else ""
    return bar(statistics.fmean(values), percent(statistics.fmean(values)) + deviation)


def _by_type(sweep: Sweep, outcomes: Sequence[Outcome], analyses: Sequence[Mapping[str, Any] | None]) -> str:
    scores = _over_seeds(sweep, outcomes, analyses)
    names = sorted({name for _, found in scores for score in found for name in score["entities"]["types"]})

    def pick(name: str) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
        return lambda score: score["entities"]["types"].get(name, {})

    return _f1_table("Mean F1 in percent by type", sweep, scores, {name: pick(name) for name in names})


def _by_group(sweep: Sweep, outcomes: Sequence[Outcome], analyses: Sequence[Mapping[str, Any] | None]) -> str:
    scores = _over_seeds(sweep, outcomes, analyses)
    keys = [key for key in SUBSETS if any(key in score for _, found in scores for score in found)]

    def pick(key: str) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
        return lambda score: score.get(key, {})

    return _f1_table(
        "Mean F1 in percent of groups of entities", sweep, scores, {SUBSETS[key]: pick(key) for key in keys}
    )


def _runs(outcomes: Sequence[Outcome], findings: Findings) -> str:
    """Return a row for each run, and the errors of those that failed."""
    rows = [_run_cells(outcome, found) for outcome, found in zip(outcomes, findings, strict=True)]
    header = ["run", label("dev_f1"), "seconds", "epochs", "best epoch", "failed"]
    if not any(outcome.error or outcome.pruned for outcome in outcomes):
        header, rows = header[:-1], [row[:-1] for row in rows]
    errors = "".join(_error(outcome) for outcome in outcomes if outcome.error)
    return table("Runs", header, rows) + errors


def _run_cells(outcome: Outcome, found: Mapping[str, Any]) -> list[str]:
    """Return the row of a run; its name links to its page, if it left a folder that has one."""
    name, best = text(outcome.run.name), outcome.measures.get("best_epoch")
    if found:
        name = f'<a href="{quote(f"runs/{outcome.run.name}/page.html", safe="/+=")}">{name}</a>'
    figures = [text(number(measure, outcome.measures.get(measure))) for measure in ("dev_f1", "seconds")]
    epochs = [str(len(outcome.epochs)), "-" if best is None else f"{best:g}"]
    ended = reason(outcome.error) if outcome.error else "given up" if outcome.pruned else ""
    return [name, *figures, *epochs, f'<span class="failed">{text(ended)}</span>']


def _error(outcome: Outcome) -> str:
    return f'<p class="error"><b>{text(outcome.run.name)}</b>\n{text(outcome.error)}</p>'


def _what(sweep: Sweep, outcomes: Sequence[Outcome], findings: Findings) -> list[str]:
    """Return what varied and with what values, the seeds, the data, the versions, and the whole plan."""
    values: dict[str, dict[str, None]] = {key: {} for key in sweep.keys}
    for outcome in outcomes:
        for key in sweep.keys:
            values[key].setdefault(shown(key, outcome.run.settings[key]))
    pairs = {key: text(", ".join(found)) for key, found in values.items()}
    pairs["seeds"] = text(", ".join(map(str, dict.fromkeys(outcome.run.seed for outcome in outcomes))))
    pairs |= _shared([data_facts(o.run.config, f.get("digests", {})) for o, f in zip(outcomes, findings, strict=True)])
    pairs |= _shared([{name: text(value) for name, value in found.get("versions", {}).items()} for found in findings])
    plan = details("The whole plan, as sweep.yaml has it", code(dump_yaml(sweep.options)))
    return [facts(pairs), plan]


def _shared(parts: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return all different values, HTML, that the runs give to each name."""
    found: dict[str, dict[str, None]] = {}
    for part in parts:
        for name, value in part.items():
            found.setdefault(name, {}).setdefault(value)
    return {name: ", ".join(values) for name, values in found.items()}
