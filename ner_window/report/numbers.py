"""How measures, settings and failures are written, in all tables, plots and sentences."""

import re
from collections.abc import Mapping
from typing import Any

from ner_window.sweep.plan import shown
from ner_window.sweep.results import Summary

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


def selector_text(selector: Mapping[str, Any], *, values_only: bool = False) -> str:
    """Write settings as KEY=VALUE, or their values alone."""
    return ", ".join(
        shown(key, value) if values_only else f"{key}={shown(key, value)}" for key, value in selector.items()
    )
