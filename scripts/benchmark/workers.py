"""Experiments: eight runs with two workers and with one, and ten thousand resamples of two runs."""

import json
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmark.pinning import unpinned
from benchmark.processes import NER_WINDOW, measure
from benchmark.rows import Row, below, in_turn, seconds
from benchmark.workspace import PROJECT, Workspace

#: Eight runs of an experiment, of the lecture's network.
SWEEP = {
    "set": {"training.epochs": 10, "training.patience": 10},
    "grid": {"model.activation": ["tanh", "relu"], "model.hidden_units": [50, 100]},
    "seeds": [13, 14],
}


def rows(work: Workspace) -> Iterator[Row]:
    """Yield a row of both numbers of workers, everything included, and one of a comparison; seconds are the clock's."""
    with tempfile.TemporaryDirectory(dir=work.folder) as directory, unpinned():
        folder = Path(directory)
        sweep = folder / "sweep.yaml"
        sweep.write_text(json.dumps({"base": str(PROJECT / "configs/conll2003-lecture.yaml"), **SWEEP}))
        two, one = in_turn(*(partial(_experiment, work, sweep, folder / str(n), n) for n in (2, 1)), rounds=3)
        yield seconds("workers", "an experiment of 8 runs, 2 workers; the peer is 1", two, one, 1.6)
        runs = [folder / "1" / "runs" / f"activation={name}-hidden_units=100-seed=13" for name in ("tanh", "relu")]
        command = [*NER_WINDOW, "compare", *runs, "--resamples", "10000", "-q"]
        (taken,) = in_turn(lambda: measure(command).seconds, rounds=3)
        yield below("workers", "compare, two runs, 10,000 resamples of dev", "s", taken, 10)


def _experiment(work: Workspace, sweep: Path, output: Path, workers: int) -> float:
    """Return the seconds of the command."""
    chosen = [part for setting in work.settings() for part in ("--set", setting)]
    command = [*NER_WINDOW, "experiment", sweep, "-o", output, "--workers", str(workers), "--force", "-q", *chosen]
    return measure(command).seconds
