"""Gradient checks as tables."""

from collections.abc import Sequence

from ner_window.inspection.checking import Check
from ner_window.nn.gradcheck import ParameterCheck
from ner_window.report.tables import table


def check_text(check: Check, tolerance: float) -> str:
    """Return one check: what was checked, and a row for each parameter."""
    head = (
        f"{check.title}: {check.objective}, {check.activation}, {check.when}: J = {check.loss:.6f} in float64\n"
        f"{check.batch}\n"
    )
    header = ("parameter", "shape", "checked", "kinks", "rel. error", "where", "numeric", "analytic", "verdict", "rule")
    return (
        f"{head}\n{table(header, [_row(check, row) for row in check.rows], left=(0, 9))}\n\n{verdict(check, tolerance)}"
    )


def _row(check: Check, row: ParameterCheck) -> tuple[str, ...]:
    shape = " x ".join(map(str, row.shape))
    if row.verdict == "frozen":
        return (row.name, shape, "0", "", "", "", "", "", row.verdict, row.rule)
    figures = (f"{row.error:.1e}", check.place(row), f"{row.numeric:+.3e}", f"{row.analytic:+.3e}")
    return (row.name, shape, str(row.checked), str(row.kinks), *figures, row.verdict, row.rule)


def verdict(check: Check, tolerance: float) -> str:
    """Say in a sentence how a check ended, kinks and frozen tables included."""
    wrong = [row.name for row in check.rows if row.verdict == "wrong"]
    unchecked = [row.name for row in check.rows if row.verdict == "not checked"]
    kinks, left_out = sum(row.kinks for row in check.rows), sum(row.left_out for row in check.rows)
    if wrong:
        sentence = f"wrong over the tolerance of {tolerance:g}: {', '.join(wrong)}"
    elif unchecked:
        sentence = f"not checked, as every entry stands on a kink: {', '.join(unchecked)}"
    elif check.shows_nothing:
        sentence = "nothing is shown: every gradient is 0, for no window breaks the margin; take other windows or more"
    else:
        sentence = "all gradients are right"
    if kinks:
        sentence += f"; {kinks} entries have a kink within the step, {kinks - left_out} were compared beside it"
    return sentence + (f" and {left_out} left out" if left_out else "")


def _word(check: Check) -> str:
    return "wrong" if not check.passed else "all 0" if check.shows_nothing else "ok"


def summary_text(checks: Sequence[Check]) -> str:
    """Return one row for each check: the worst of its parameters."""
    rows = []
    for check in checks:
        worst = max(check.rows, key=lambda row: row.error)
        entries, kinks = sum(row.checked for row in check.rows), sum(row.kinks for row in check.rows)
        figures = (entries, kinks, f"{worst.error:.1e}", f"{worst.name}{check.place(worst)}")
        rows.append((check.objective, check.activation, check.when, *figures, _word(check)))
    header = ("objective", "activation", "when", "checked", "kinks", "rel. error", "in", "verdict")
    return f"{checks[0].batch}\n\n{table(header, rows, left=(0, 1, 2))}"
