"""Epochs of our training, timed: from the first batch to the last, dev's scoring left out."""

import time
from collections.abc import Iterator

from ner_window.run import Run
from ner_window.training import EpochReport


def epochs_of(run: Run) -> Iterator[tuple[float, float]]:
    """Train, and yield the processor's seconds and the dev F1 of each epoch."""
    began = ended = time.process_time()
    for report in run.reports():
        if isinstance(report, EpochReport):
            yield ended - began, report.dev_f1
            began = time.process_time()
        else:
            ended = time.process_time()
