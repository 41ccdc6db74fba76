"""`ner-window score` of two files of a million tokens, start-up and reading included, beside seqeval in memory."""

import time
import warnings
from collections.abc import Iterator
from pathlib import Path

from seqeval.metrics import classification_report  # type: ignore[import-untyped]

from benchmark.processes import NER_WINDOW, measure
from benchmark.rows import Row, in_turn, seconds
from benchmark.workspace import Workspace, sentences


def rows(work: Workspace) -> Iterator[Row]:
    """Yield the one row."""
    gold, predicted, tokens = work.to_score()
    columns = [[tags for _, tags in sentences(path)] for path in (gold, predicted)]
    mine, theirs = in_turn(lambda: ours(gold, predicted), lambda: seqeval(columns), rounds=3)
    what = f"two files of {tokens:,} tokens; the peer is seqeval's report on tags in memory"
    yield seconds("score", what, mine, theirs, 4.0)


def ours(gold: Path, predicted: Path) -> float:
    """Return the seconds of `ner-window score`."""
    return measure([*NER_WINDOW, "score", gold, predicted]).processor


def seqeval(columns: list[list[list[str]]]) -> float:
    """Return the seconds of seqeval's report."""
    began = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        classification_report(*columns, zero_division=0)
    return time.process_time() - began
