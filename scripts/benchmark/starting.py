"""Start-up: `--help` beside a bare import of Typer, and the first tagged line beside a bare import of NumPy."""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmark.processes import NER_WINDOW, first_byte, measure
from benchmark.rows import Row, at_most, in_turn
from benchmark.workspace import Workspace

TEXT = "The mayor of Port Ellery flew to Oslo .\n"


def rows(work: Workspace) -> Iterator[Row]:
    """Yield the two rows, medians of 15."""
    predict: list[str | Path] = [*NER_WINDOW, "predict", work.model("conll2003-lecture"), "--input-format", "tokens"]
    measures: list[Callable[[], float]] = [
        lambda: measure([*NER_WINDOW, "--help"]).seconds,
        partial(importing, "typer"),
        partial(first_byte, predict, TEXT),
        partial(importing, "numpy"),
    ]
    help_, typer, line, numpy = in_turn(*measures, rounds=15)
    yield at_most("start-up", "--help; the peer is import typer", "s", help_, typer, 2.0)
    yield at_most("start-up", "first line of predict; the peer is import numpy", "s", line, numpy, 4.0)


def importing(module: str) -> float:
    """Return the seconds of a Python that imports one module."""
    return measure([sys.executable, "-c", f"import {module}"]).seconds
