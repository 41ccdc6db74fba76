"""The page of a run: what it was, how it learned, where it is wrong, and how to do it again. It needs no network."""

from collections.abc import Mapping
from typing import Any

from ner_window.config import dump_yaml
from ner_window.report.analysis_parts import (
    calibration_parts,
    confusion_table,
    errors_table,
    kinds_table,
    seen_table,
    sentences_list,
    types_table,
)
from ner_window.report.axes import COLORS, draw_curve, set_scale
from ner_window.report.document import document
from ner_window.report.inline_plots import MISSING, can_draw, figure, legend
from ner_window.report.numbers import FORMATS, label, number, selector_text
from ner_window.report.page_parts import (
    code,
    contents,
    data_facts,
    details,
    facts,
    paragraph,
    percent,
    section,
    table,
    text,
    tiles,
)
from ner_window.report.page_style import STYLE
from ner_window.sweep.folders import Outcome


def run_page(outcome: Outcome, findings: Mapping[str, Any], sweep: str = "") -> str:
    """Return the page of a run, which stands in its folder; `sweep` is the name of the experiment that it belongs to.

    Parameters
    ----------
    outcome
        What the run left. Of one that failed the page has the error and the epochs that it finished.
    findings
        What its run.json says, and its analysis as `analysis` if it has one; see `sweep.runs.read_findings`. What is
        not there is not shown.
    """
    analysis = findings.get("analysis")
    sections = [
        section("Learning curves", *_curves(outcome)),
        *(_analysed(analysis, outcome) if analysis else []),
        section("How to reproduce it", *_again(outcome, findings)),
    ]
    name = outcome.run.name
    up = f'<p class="up"><a href="../../page.html">\u2191 {text(sweep)}</a></p>' if sweep else ""
    settings = selector_text({**outcome.run.settings, "seed": outcome.run.seed})
    head = [up, f"<h1>{text(name)}</h1>", paragraph(settings, "lead"), *_state(outcome), _tiles(outcome, analysis)]
    note = [] if can_draw() else [paragraph(MISSING, "note")]
    return document(f"{name} \u00b7 {sweep}" if sweep else name, STYLE, [*head, contents(sections), *note, *sections])


def _analysed(analysis: Mapping[str, Any], outcome: Outcome) -> list[str]:
    objective = outcome.run.config.objective
    return [
        section("F1 by type", types_table(analysis)),
        section("Seen and unseen entities", seen_table(analysis)),
        section("Confusions", kinds_table(analysis), confusion_table(analysis)),
        section("Calibration", calibration_parts(analysis, objective)),
        section("Frequent errors", errors_table(analysis)),
        section("Sentences with these errors", sentences_list(analysis)),
    ]


def _state(outcome: Outcome) -> list[str]:
    """Return why a run has not come to its end, if it has not."""
    if outcome.error:
        return [f'<p class="error"><b>The run failed.</b>\n{text_lines(outcome.error)}</p>']
    if outcome.pruned:
        words = f"The search gave the run up after epoch {len(outcome.epochs)}: the figures are of the best until then."
        return [paragraph(words, "error")]
    return []


def text_lines(words: str) -> str:
    """Return words of several lines as they may stand in a page."""
    return "\n".join(map(text, words.split("\n")))


def _tiles(outcome: Outcome, analysis: Mapping[str, Any] | None) -> str:
    measures, figures = outcome.measures, {}
    if not outcome.error:
        figures["dev F1, %"] = text(number("dev_f1", measures.get("dev_f1")))
    if analysis:
        micro = analysis["score"]["entities"]["micro"]
        figures |= {f"{name}, %": percent(micro[name]) for name in ("precision", "recall")}
        found = analysis["calibration"]
        if found and found["error"] is not None:
            figures["calibration error, %"] = percent(found["error"])
    if (best := measures.get("best_epoch")) is not None:
        figures["best epoch"] = f"{best:g} <small>of {len(outcome.epochs)}</small>"
    else:
        figures["epochs finished"] = str(len(outcome.epochs))
    if measures.get("seconds") is not None:
        figures["seconds"] = number("seconds", measures["seconds"])
    return tiles(figures)


def _curves(outcome: Outcome) -> list[str]:
    """Return the losses and the dev F1 by epoch, drawn and as a table."""
    if not outcome.epochs:
        return []
    names = legend("", ["train loss (dashed)", "dev loss"])
    drawn = figure("losses", "Losses by epoch", lambda axes: _draw_losses(axes, outcome), names, numbers_only=True)
    drawn += figure("f1", "Entity F1 on dev by epoch", lambda axes: _draw_f1(axes, outcome), numbers_only=True)
    rows = [
        [str(line["epoch"]), *(text(number(key, line.get(key))) for key in ("loss", "dev_loss", "dev_f1"))]
        for line in outcome.epochs
    ]
    header = ("epoch", "train loss", "dev loss", label("dev_f1"))
    return [f'<div class="plots">{drawn}</div>' if drawn else "", details("The figures", table("Epochs", header, rows))]


def _draw_losses(axes: Any, outcome: Outcome) -> None:
    draw_curve(axes, [outcome], "loss", COLORS[0], marker="o", markersize=4)
    draw_curve(axes, [outcome], "dev_loss", COLORS[1], marker="s", markersize=4)
    axes.set(xlabel="epoch", ylabel="loss")
    axes.xaxis.get_major_locator().set_params(integer=True)
    set_scale(axes)


def _draw_f1(axes: Any, outcome: Outcome) -> None:
    """Draw the F1; the best epoch has a ring, and a name."""
    draw_curve(axes, [outcome], "dev_f1", COLORS[2], marker="o", markersize=4)
    axes.set(xlabel="epoch", ylabel=label("dev_f1"))
    axes.xaxis.get_major_locator().set_params(integer=True)
    best = outcome.measures.get("best_epoch")
    at = [line for line in outcome.epochs if line["epoch"] == best and line.get("dev_f1") is not None]
    for line in at:
        axes.plot(best, 100 * line["dev_f1"], "o", markersize=11, markerfacecolor="none", color=COLORS[1])
        axes.annotate("best", (best, 100 * line["dev_f1"]), (0, -18), textcoords="offset points", ha="center")


def _again(outcome: Outcome, findings: Mapping[str, Any]) -> list[str]:
    """Return the command, the configuration, the data's digests, the versions, and what was measured."""
    parts = []
    if command := findings.get("command"):
        parts.append(
            paragraph("This trains the same model, bit for bit, on the same data and versions:") + code(command)
        )
    pairs = data_facts(outcome.run.config, findings.get("digests", {}))
    pairs |= {name: text(value) for name, value in findings.get("versions", {}).items()}
    measures = {name: text(number(name, value)) for name, value in outcome.measures.items() if name in FORMATS}
    rows = [[text(label(name)), value] for name, value in measures.items()]
    config = details("Configuration", code(dump_yaml(outcome.run.config)))
    measured = details("All measures", table("Measures", ("measure", "value"), rows))
    return [*parts, facts(pairs) if pairs else "", config, measured]
