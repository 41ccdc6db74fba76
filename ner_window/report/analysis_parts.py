"""Parts of pages that show an analysis of a tagger's errors; see `evaluation.analysis.analyse`."""

from collections.abc import Mapping, Sequence
from typing import Any

from ner_window.report.inline_plots import figure
from ner_window.report.page_parts import bar, details, paragraph, percent, table, text
from ner_window.report.tables import SUBSETS

Analysis = Mapping[str, Any]


def types_table(analysis: Analysis) -> str:
    """Return precision, recall and F1 of each type and of all."""
    entities = analysis["score"]["entities"]
    rows = [_figures(text(name), counts) for name, counts in entities["types"].items()]
    rows += [_figures(name, entities[key]) for name, key in (("all (micro)", "micro"), ("all (macro)", "macro"))]
    return table("Scores by type", ("type, %", "precision", "recall", "F1", "support"), rows)


def seen_table(analysis: Analysis) -> str:
    """Return the same of entities that training has seen, and of those that it has not."""
    score = analysis["score"]
    rows = [_figures(name, score[key]) for key, name in SUBSETS.items() if key in score]
    return table("Scores of seen entities", ("entities, %", "precision", "recall", "F1", "support"), rows)


def _figures(name: str, counts: Mapping[str, Any]) -> list[str]:
    return [name, *(bar(counts[key]) for key in ("precision", "recall", "f1")), str(counts["support"])]


def confusion_table(analysis: Analysis) -> str:
    """Return the confusion matrix: right ones shaded by their share of the gold type, errors by their number."""
    names, counts = analysis["confusion"]["names"], analysis["confusion"]["counts"]
    most = max((n for g, row in enumerate(counts) for p, n in enumerate(row) if g != p), default=0) or 1
    rows = []
    for g, row in enumerate(counts):
        total = sum(row) or 1
        cells = [_shaded(n, n / total, "right") if g == p else _shaded(n, n / most, "wrong") for p, n in enumerate(row)]
        rows.append([_type(names[g], "predicted only"), *cells])
    rows[-1][-1] = ""  # what is neither in gold nor predicted is not counted
    header = ["gold \\ predicted", *(name if name != "-" else "missed" for name in names)]
    note = (
        "Rows are gold, columns predicted. Green and bold: right; orange: errors, the darker the more of them. An "
        "entity with a wrong boundary counts twice here, as missed and as predicted only; of the kinds of errors, "
        "missed is only what no predicted entity overlaps with."
    )
    return paragraph(note, "note") + table("Confusion matrix", header, rows, kind="matrix")


#: What `evaluation.analysis.kinds_of` calls the kinds, as a person does.
KINDS = {
    "right": "right",
    "type": "right place, wrong type",
    "boundary": "right type, wrong boundary",
    "both": "wrong type and boundary",
    "missed": "missed",
    "spurious": "predicted where there is none",
}


def kinds_table(analysis: Analysis) -> str:
    """Return how many entities are right, and how the others are wrong."""
    found = analysis["kinds"]
    total = sum(found.values()) or 1
    rows = [[name, bar(found[kind] / total, str(found[kind]))] for kind, name in KINDS.items()]
    return table("Kinds of errors", ("kind", "entities"), rows)


def _shaded(n: int, share: float, kind: str) -> str:
    return f'<span class="{kind}" style="--share:{share:.3f}">{n}</span>'


def _type(name: str, none: str = "none") -> str:
    """Return the name of a type, or what - stands for."""
    return text(name) if name != "-" else f'<span class="none">{none}</span>'


def calibration_parts(analysis: Analysis, objective: str) -> str:
    """Return the reliability curve with its counts and the expected calibration error, or why there are none."""
    found = analysis["calibration"]
    if found is None:
        return paragraph(
            f"The objective {objective} gives scores and no probabilities: there is nothing that could be calibrated."
        )
    if not found["entities"]:
        return paragraph("Nothing was predicted.")
    words = (
        f"Expected calibration error {percent(found['error'])} %: the mean distance, over the {found['entities']} "
        "predicted entities, between the probability (of an entity the smallest of its tokens') and the share that is "
        "right among those of about that probability."
    )
    bins = [bin_ for bin_ in found["bins"] if bin_["count"]]
    drawn = figure(
        "reliability",
        "Share of predicted entities that is right by probability. Dashed: where it lies if probabilities tell the "
        "truth. Numbers: how many entities.",
        lambda axes: _draw_reliability(axes, bins),
        numbers_only=True,
    )
    return paragraph(words) + drawn + details("The figures", _bins_table(found["bins"]))


def _draw_reliability(axes: Any, bins: Sequence[Mapping[str, Any]]) -> None:
    probability, right = ([bin_[key] for bin_ in bins] for key in ("probability", "right"))
    axes.bar([bin_["low"] + 0.05 for bin_ in bins], right, width=0.094, color="#0072B2", alpha=0.25)
    axes.plot([0, 1], [0, 1], color="#D55E00", linestyle="--", linewidth=1.2)
    axes.plot(probability, right, "o-", color="#0072B2")
    for bin_ in bins:
        axes.text(bin_["low"] + 0.05, 0.02, bin_["count"], ha="center", fontsize=9)
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="probability", ylabel="share right")


def _bins_table(bins: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        [
            f"{bin_['low']:.1f} to {bin_['high']:.1f}",
            str(bin_["count"]),
            percent(bin_["probability"]),
            percent(bin_["right"]),
        ]
        for bin_ in bins
    ]
    return table("Calibration", ("probability", "entities", "mean probability, %", "right, %"), rows)


def errors_table(analysis: Analysis) -> str:
    """Return the most frequent errors."""
    rows = [
        [text(error["text"]), _type(error["gold"]), _type(error["predicted"]), str(error["count"])]
        for error in analysis["errors"]
    ]
    return table("The most frequent errors", ("text", "gold", "predicted", "count"), rows, left=3) if rows else ""


def sentences_list(analysis: Analysis) -> str:
    """Return the sentences of the most frequent errors, gold entities marked above and predicted ones below."""
    if not analysis["sentences"]:
        return ""
    key = (
        '<p class="key">Above the word, solid: <span class="e"><i class="gold">gold</i><span class="gold">word</span>'
        '<b></b></span>. Below it, dashed: <span class="e"><i></i><span class="guess">word</span>'
        '<b class="guess">predicted</b></span>. Grey: both agree.</p>'
    )
    return key + f'<ol class="sentences">{"".join(map(_sentence, analysis["sentences"]))}</ol>'


def _sentence(shown: Mapping[str, Any]) -> str:
    error = shown["error"]
    head = f"{_type(error['gold'])} \u2192 {_type(error['predicted'])}"
    return (
        f'<li><p class="head"><b>{text(error["text"])}</b> {head} <small>sentence {shown["sentence"]}</small></p>'
        f'<p class="sentence">{_left_out(shown["before"])}{_marked(shown)}{_left_out(shown["after"])}</p></li>'
    )


def _left_out(tokens: int) -> str:
    return f' <span title="{tokens} tokens">\u2026</span> ' if tokens else ""


def _marked(shown: Mapping[str, Any]) -> str:
    """Return the tokens with a space between them, those of entities with their marks, which are not interrupted."""
    sides = [{i: entity for entity in shown[side] for i in range(*entity[:2])} for side in ("gold", "predicted")]
    pieces = []
    for i, token in enumerate(shown["tokens"]):
        here = [side.get(i) for side in sides]
        goes_on = any(entity and entity[1] > i + 1 for entity in here)
        pieces.append(_marks(i, token + " " * goes_on, *here) if any(here) else text(token))
        pieces.append("" if goes_on else " ")
    return "".join(pieces).rstrip()


def _marks(i: int, token: str, gold: list[Any] | None, guess: list[Any] | None) -> str:
    """Return a token of an entity, with the types at the entities' first tokens."""
    names = [text(side[2]) if side and side[0] == i else "" for side in (gold, guess)]
    kinds = " ".join(name for name, side in (("gold", gold), ("guess", guess)) if side)
    same = " same" if gold == guess else ""
    return (
        f'<span class="e{same}"><i class="gold">{names[0]}</i><span class="{kinds}">{text(token)}</span>'
        f'<b class="guess">{names[1]}</b></span>'
    )
