"""What is shown: a row for each figure, beside its peer's, with the bound that was asked for, as a Markdown table."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

#: How a number of each unit is written.
FORMATS: dict[str, Callable[[float], str]] = {
    "tokens/s": lambda x: f"{x / 1000:,.1f} k/s",
    "s": lambda x: f"{x:.3f} s" if x < 1 else f"{x:.2f} s",
    "ns/token": lambda x: f"{x:,.0f} ns",
    "MB": lambda x: f"{x:,.0f} MB",
    "F1": lambda x: f"{100 * x:.2f}",
}


@dataclass(frozen=True)
class Row:
    """One figure of ours, and perhaps a peer's.

    Parameters
    ----------
    part, what : str
        The part of the benchmark, and what was measured.
    unit : str
        A key of `FORMATS`.
    ours, peer : float, optional
        Medians, or for F1 means. Without `ours` the row says in `what` why there is none.
    ratio : float, optional
        How many times as good as the peer, or, where a bound is "at most", how many times its figure.
    bound : str
        What was asked for.
    met : bool, optional
        Whether it was met; None where nothing was asked for.
    """

    part: str
    what: str
    unit: str = ""
    ours: float | None = None
    peer: float | None = None
    ratio: float | None = None
    bound: str = ""
    met: bool | None = None


def speed(part: str, what: str, ours: float, peer: float, least: float | None = None) -> Row:
    """Compare tokens a second: the ratio is ours to the peer's, at least `least`."""
    return _at_least(Row(part, what, "tokens/s", ours, peer, ours / peer), least)


def seconds(part: str, what: str, ours: float, peer: float, least: float | None = None) -> Row:
    """Compare seconds: the ratio is the peer's to ours, at least `least`."""
    return _at_least(Row(part, what, "s", ours, peer, peer / ours), least)


def at_most(part: str, what: str, unit: str, ours: float, peer: float, most: float) -> Row:
    """Compare with something smaller: the ratio is ours to the peer's, at most `most`."""
    ratio = ours / peer
    return Row(part, what, unit, ours, peer, ratio, f"at most {most:g} x", ratio <= most)


def below(part: str, what: str, unit: str, ours: float, most: float | None = None) -> Row:
    """Show a figure of ours alone, which is to be below `most`."""
    bound = "" if most is None else f"below {FORMATS[unit](most)}"
    return Row(part, what, unit, ours, bound=bound, met=None if most is None else ours < most)


def equal_f1(part: str, what: str, ours: float, peer: float, most: float = 0.002) -> Row:
    """Compare F1: ours may be lower by `most`, and higher by as much as it is."""
    return Row(part, what, "F1", ours, peer, bound=f"at most {100 * most:.1f} lower", met=ours >= peer - most)


def absent(part: str, why: str) -> Row:
    """Say that something could not be measured."""
    return Row(part, why)


def _at_least(row: Row, least: float | None) -> Row:
    if least is None or row.ratio is None:
        return row
    bound, met = f"at least {least:g} x", row.ratio >= least
    return Row(row.part, row.what, row.unit, row.ours, row.peer, row.ratio, bound, met)


def in_turn(
    *measures: Callable[[], float], rounds: int = 5, of: Callable[[Sequence[float]], float] = statistics.median
) -> list[float]:
    """Measure each in turn, A B A B ..., and return the median of each: what slows the machine slows them alike.

    With `of` another figure than the median is taken of the rounds.
    """
    taken = [[measure() for measure in measures] for _ in range(rounds)]
    return [of(column) for column in zip(*taken, strict=True)]


def markdown(rows: Iterable[Row]) -> str:
    """Return the table."""
    lines = ["| part | ours | peer | ratio | bound | met |", "|---|---|---|---|---|---|"]
    return "\n".join([*lines, *map(line, rows)])


def line(row: Row) -> str:
    """Return one line of the table."""
    write = FORMATS.get(row.unit, str)
    numbers = ["" if x is None else write(x) for x in (row.ours, row.peer)]
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    met = {True: "yes", False: "no", None: ""}[row.met]
    return "| " + " | ".join([f"{row.part}: {row.what}", *numbers, ratio, row.bound, met]) + " |"
