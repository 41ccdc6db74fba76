"""What became of each mutant, and the table of it."""

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

from mutation.workspace import COPY

#: Exit codes of pytest in a mutant's process after which it is not caught: no test failed, or none calls the function.
SURVIVED = (0, 5, 33)

#: A mutant that has not been run yet, or whose run was interrupted.
NOT_RUN = (None, 2)


def exit_codes(module: Path) -> dict[str, int | None]:
    """Return the exit code of each mutant of a module by the mutant's name, as mutmut keeps it."""
    kept = COPY / "mutants" / f"{module}.meta"
    return json.loads(kept.read_text("utf-8"))["exit_code_by_key"] if kept.exists() else {}


def is_caught(code: int | None) -> bool:
    """Whether a test failed, or the mutant ran out of time or memory."""
    return code not in (*SURVIVED, *NOT_RUN)


def sample(names: Sequence[str], size: int | None, seed: int) -> list[str]:
    """Return `size` of the names, drawn at random, or all of them."""
    if size is None or size >= len(names):
        return list(names)
    return sorted(random.Random(seed).sample(sorted(names), size))


def table(made: Mapping[str, int], run: Mapping[str, Sequence[int | None]]) -> str:
    """Return a Markdown table: by module how many mutants there are, were run, and were caught."""
    lines = ["| module | mutants | run | caught | caught, % |", "|---|---:|---:|---:|---:|"]
    totals = [0, 0, 0]
    for name, codes in run.items():
        figures = [made[name], len(codes), sum(map(is_caught, codes))]
        totals = [total + figure for total, figure in zip(totals, figures, strict=True)]
        lines.append(_line(name, figures))
    return "\n".join([*lines, _line("all", totals)])


def _line(name: str, figures: Sequence[int]) -> str:
    share = f"{100 * figures[2] / figures[1]:.1f}" if figures[1] else "-"
    return f"| {name} | {' | '.join(f'{figure:,}' for figure in figures)} | {share} |"
