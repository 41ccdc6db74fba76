"""One core or two: training and prediction with one and with two threads for matrices, and with our own choice."""

import json
import statistics
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmark.pinning import unpinned
from benchmark.processes import NER_WINDOW, measure, with_threads
from benchmark.rows import Row, at_most, in_turn
from benchmark.workspace import Workspace

#: None is our own choice.
THREADS = (1, 2, None)


def rows(work: Workspace) -> Iterator[Row]:
    """Yield rows of two threads and of our own choice, beside those of one: never slower, but for what chance does."""
    source, _ = work.to_tag
    command: list[str | Path] = [
        *NER_WINDOW,
        "predict",
        work.model("conll2003"),
        source,
        "-o",
        work.folder / "tagged.conll",
        "-q",
    ]
    measures = {
        "training, an epoch of the lecture's model": partial(epoch, work, "conll2003-lecture"),
        "training, an epoch of the recommended model": partial(epoch, work, "conll2003"),
        "predict, the recommended model": partial(seconds_of, [*command, "--force"]),
    }
    with unpinned():
        for what, function in measures.items():
            one, two, own = in_turn(*(partial(function, count) for count in THREADS), rounds=5)
            yield at_most("cores", f"{what}, two threads; the peer is one", "s", two, one, 1.05)
            yield at_most("cores", f"{what}, our own choice; the peer is one thread", "s", own, one, 1.05)


def seconds_of(command: list[str | Path], threads: int | None) -> float:
    """Return the seconds of a command with so many threads."""
    return measure(command, with_threads(threads)).seconds


def epoch(work: Workspace, name: str, threads: int | None) -> float:
    """Return the seconds of an epoch, the median of three, of `ner-window train` with so many threads."""
    model = work.folder / "model-cores"
    measure(work.train_command(name, model, "training.epochs=3"), with_threads(threads))
    taken: list[float] = json.loads((model / "timings.json").read_text())["seconds_of_epochs"]
    return statistics.median(taken)
