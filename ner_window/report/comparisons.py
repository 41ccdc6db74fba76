"""Settings side by side, and what may be concluded: text and JSON."""

import statistics
from collections.abc import Sequence
from typing import Any

from ner_window.comparison.settings import Setting, keys_that_differ
from ner_window.comparison.verdicts import Comparison, Found, Pair, only_found_by
from ner_window.evaluation.metrics import Counts
from ner_window.evaluation.significance import Interval
from ner_window.report.tables import resampling_text, table

#: Characters of a digest that are shown.
DIGEST = 12


def comparison_text(result: Comparison, limit: int) -> str:
    """Return the table of the settings, what was concluded, and `limit` entities that only one of a pair finds."""
    pieces = [_head(result), settings_table(result)]
    if result.pairs:
        pieces.append("\n".join(map(_sentence_of(result), result.pairs)))
    pieces.append("\n".join(rules(result)))
    if limit:
        pieces += [_only_found(one, other, limit) for pair in result.pairs for one, other in _both_ways(pair)]
    return "\n\n".join(pieces)


def _head(result: Comparison) -> str:
    system = result.settings[0].systems[0]
    text = system.corpus.text
    return (
        f"{system.corpus.corpus.source}: {len(text.lengths)} sentences, {len(text.ids)} tokens, "
        f"{len(system.gold.entities())} entities"
    )


def settings_table(result: Comparison) -> str:
    """Return a row for each setting: the keys in which they differ, F1 with interval, precision, recall, F1 by type."""
    keys = keys_that_differ(result.settings)
    names, groups = _types(result.settings), _groups(result.settings)
    head = ["", *keys, "seeds", "F1, %", f"{100 * result.how.level:g} % interval", "precision", "recall", *names]
    rows = []
    for setting, interval in zip(result.settings, result.intervals, strict=True):
        scores = [system.score for system in setting.systems]
        of_types = [[score.types.get(name, Counts()).f1 for score in scores] for name in names]
        of_groups = [[Counts(*score.subsets[name]).f1 for score in scores] for name in groups]
        figures = [[s.micro.precision for s in scores], [s.micro.recall for s in scores], *of_types, *of_groups]
        rows.append(
            [
                setting.label,
                *(_shown(key, setting.settings.get(key)) for key in keys),
                len(scores),
                _plus_minus([score.micro.f1 for score in scores]),
                f"{100 * interval.low:.2f} to {100 * interval.high:.2f}",
                *(f"{100 * statistics.fmean(values):.2f}" for values in figures),
            ]
        )
    return table([*head, *(name.replace("_", " ") for name in groups)], rows, left=range(len(keys) + 1))


#: Said where the sentences are those of dev.
OF_DEV = (
    "Dev is what each run chose its best epoch by, which flatters all of them a little; --data FILE compares on other "
    "text."
)


def _types(settings: Sequence[Setting]) -> list[str]:
    return sorted({name for setting in settings for system in setting.systems for name in system.score.types})


def _groups(settings: Sequence[Setting]) -> list[str]:
    """Return the groups of entities, such as those unseen in training, that are known of all systems."""
    known = [list(system.score.subsets) for setting in settings for system in setting.systems]
    return [name for name in known[0] if all(name in names for names in known)]


def _shown(key: str, value: Any) -> str:
    if value is None:
        return "-"
    if key.startswith("the SHA-256 of"):
        return str(value)[:DIGEST]
    if isinstance(value, list):
        return ", ".join(str(each.get("name", each)) if isinstance(each, dict) else str(each) for each in value) or "-"
    return str(value)


def _plus_minus(values: Sequence[float]) -> str:
    mean = f"{100 * statistics.fmean(values):.2f}"
    return f"{mean} ± {100 * statistics.stdev(values):.2f}" if len(values) > 1 else mean


def _sentence_of(result: Comparison) -> Any:
    """Return what says in one sentence what may be concluded of a pair."""

    def sentence(pair: Pair) -> str:
        first, other, interval = pair.first.label, pair.other.label, pair.difference.interval
        if pair.verdict == "same predictions":
            return f"{other} and {first} make the same predictions."
        if pair.verdict == "not distinguishable":
            seeds_part = pair.difference.seeds_vary and pair.p < 1 - result.how.level
            why = "; these networks differ, other seeds may not" if seeds_part else ""
            level = f"{100 * result.how.level:g} %"
            facts = _facts(interval, pair, f" ({other} minus {first})")
            return f"{other} and {first} are not distinguishable at {level}: {facts}{why}."
        if pair.verdict == "worse":
            first, other = other, first
            interval = Interval(-interval.value, -interval.high, -interval.low)
        with_one = "" if pair.difference.seeds_vary else ", as trained with one seed"
        others = "" if pair.difference.seeds_vary else "; other seeds may say otherwise"
        return f"{other} is better than {first}{with_one}: {_facts(interval, pair)}{others}."

    return sentence


def _facts(interval: Interval, pair: Pair, of_which: str = "") -> str:
    value, low, high = (f"{100 * x:+.2f}" for x in (interval.value, interval.low, interval.high))
    return (
        f"entity F1 {value} [{low}, {high}]{of_which}, {probability(pair.p)}, bootstrap {probability(pair.p_bootstrap)}"
    )


def probability(p: float) -> str:
    """Write p with four digits after the point: with less it may hide the side of a level that it is on."""
    return "p < 0.0001" if p < 0.00005 else f"p = {p:.4f}"


def rules(result: Comparison) -> list[str]:
    """Return the sentences that say how all this was judged, and what it does not say."""
    sentences = len(result.settings[0].systems[0].corpus.text.lengths)
    lines = [f"Intervals: {resampling_text(result.how, sentences)}."]
    several = [s.label for s in result.settings if len(s.systems) > 1]
    lone = [s.label for s in result.settings if len(s.systems) == 1]
    if several:
        lines.append(f"The intervals of {', '.join(several)} hold for other seeds, too; ± is the deviation over seeds.")
    if lone:
        lines.append(f"{', '.join(lone)}: one seed, which says nothing of other seeds; train three.")
    if two := [s.label for s in result.settings if len(s.systems) == 2]:
        lines.append(
            f"{', '.join(two)}: two seeds, which hardly tell how far seeds part: hence wide intervals; train three."
        )
    if result.pairs:
        lines.append(
            "[low, high] is the interval of the difference, both on the same resamples, in points of F1. p is that of "
            "approximate randomisation, beside it that of the paired bootstrap: of these networks on other text. "
            f"Better: the interval leaves out 0 and p < {1 - result.how.level:.3g}."
        )
    if len(result.pairs) > 1:
        lines.append(
            f"Each is compared with {result.settings[0].label}: for {len(result.pairs)} comparisons p is corrected "
            f"(Holm) and the intervals of differences are at {100 * result.pair_level:.4g} % (Bonferroni)."
        )
    return lines


def _both_ways(pair: Pair) -> list[tuple[Setting, Setting]]:
    return [(pair.first, pair.other), (pair.other, pair.first)]


def _only_found(one: Setting, other: Setting, limit: int) -> str:
    """Return the first entities that one setting finds and the other does not, or finds with fewer of its seeds."""
    all_ = only_found_by(one, other)
    several = len(one.systems) > 1 or len(other.systems) > 1
    what = "with a larger share of its seeds than" if several else "and not by"
    title = f"{len(all_)} {'entity' if len(all_) == 1 else 'entities'} found by {one.label} {what} {other.label}"
    if not all_:
        return title
    head = ["type", "text", "where", *((f"of {len(s.systems)} {s.label}" for s in (one, other)) if several else ())]
    rows = [[e.type, e.text, e.where, *((e.one, e.other) if several else ())] for e in all_[:limit]]
    more = f", the first {limit}" if limit < len(all_) else ""
    return f"{title}{more}\n{table(head, rows, left=(0, 1, 2))}"


def comparison_json(result: Comparison, limit: int) -> dict[str, Any]:
    """Return everything in the form that ``--json`` prints; fractions in 0..1."""
    system, keys = result.settings[0].systems[0], keys_that_differ(result.settings)
    return {
        "data": system.corpus.corpus.source,
        "sentences": len(system.corpus.text.lengths),
        "tokens": len(system.corpus.text.ids),
        "resamples": result.how.resamples,
        "seed": result.how.seed,
        "level": result.how.level,
        "keys": keys,
        "settings": [
            _setting_json(setting, interval, keys)
            for setting, interval in zip(result.settings, result.intervals, strict=True)
        ],
        "comparisons": [_pair_json(result, pair, limit) for pair in result.pairs],
        "rules": rules(result),
    }


def _setting_json(setting: Setting, interval: Interval, keys: Sequence[str]) -> dict[str, Any]:
    values = [system.score.micro.f1 for system in setting.systems]
    return {
        "label": setting.label,
        "settings": {key: setting.settings.get(key) for key in keys},
        "f1": {
            "mean": interval.value,
            "deviation": statistics.stdev(values) if len(values) > 1 else None,
            "interval": [interval.low, interval.high],
        },
        "runs": [
            {"name": system.name, "seed": system.seed, **system.score.as_dict()["entities"]}
            | {name: Counts(*counts).as_dict() for name, counts in system.score.subsets.items()}
            for system in setting.systems
        ],
    }


def _pair_json(result: Comparison, pair: Pair, limit: int) -> dict[str, Any]:
    interval = pair.difference.interval
    return {
        "first": pair.first.label,
        "other": pair.other.label,
        "difference": interval.value,
        "interval": [interval.low, interval.high],
        "level": result.pair_level,
        "p_randomization": pair.difference.p_randomization,
        "p_bootstrap": pair.difference.p_bootstrap,
        "p": pair.p,
        "p_bootstrap_corrected": pair.p_bootstrap,
        "verdict": pair.verdict,
        "sentence": _sentence_of(result)(pair),
        "found": [_found_json(one, other, limit) for one, other in _both_ways(pair)] if limit else [],
    }


def _found_json(one: Setting, other: Setting, limit: int) -> dict[str, Any]:
    all_ = only_found_by(one, other)
    shown = [_entity(found) for found in all_[:limit]]
    return {"by": one.label, "rather than": other.label, "count": len(all_), "entities": shown}


def _entity(found: Found) -> dict[str, Any]:
    return {"text": found.text, "type": found.type, "where": found.where, "by": found.one, "rather than": found.other}
