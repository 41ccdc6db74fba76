"""Prediction at any size: memory that does not grow with the input, the first answer, and many files on two cores.

Memory is the peak of the whole process less that of the same command on one short line: what a file adds to the model.
The last table says what a billion tokens cost. It is computed, not measured: for one core from the seconds of the
processor on ten million tokens, less start-up; for a hundred from that, and from what a second worker adds.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmark.pinning import unpinned
from benchmark.processes import NER_WINDOW, Taken, measure
from benchmark.rows import FORMATS, Row, below, in_turn, speed
from benchmark.scale_inputs import KINDS, distinct, drawn, one_sentence, write, write_folder
from benchmark.workspace import Workspace, note

#: Tokens of a large file, of a long sentence, of a longer one that shows how memory grows, and of many files.
LARGE, LONG, LONGER, MANY = 10_000_000, 100_000, 1_000_000, (2_000_000, 10_000_000, 40_000_000)
FILES = 40

#: Megabytes that a file may take beside the model.
MOST = 300

LECTURE, RECOMMENDED, ENSEMBLE, DOCUMENTS = "conll2003-lecture", "conll2003", "5 x conll2003", "conll2003-document"

#: What is in a file: its sentences, and how many tokens they have together.
CONTENTS: dict[str, tuple[Callable[[Path, int], Iterator[list[str]]], int]] = {
    "many sentences": (drawn, LARGE),
    "one sentence": (one_sentence, LONG),
    "one long sentence": (one_sentence, LONGER),
    "no word twice": (distinct, LARGE),
}


class Case(NamedTuple):
    """A file, and the models that tag it with some options."""

    content: str
    kind: str
    models: tuple[str, ...]
    options: tuple[str, ...] = ()


CONLL, TEXT = "CoNLL, one column", "raw text"
PLAIN = [Case("many sentences", kind, (LECTURE, RECOMMENDED)) for kind in KINDS]
CASES = [
    *PLAIN,
    *(Case("one sentence", kind, (LECTURE, RECOMMENDED)) for kind in KINDS),
    *(Case("one long sentence", kind, (RECOMMENDED,)) for kind in (CONLL, TEXT)),
    *(Case("no word twice", kind, (LECTURE, RECOMMENDED)) for kind in (CONLL, TEXT)),
    *(
        Case(content, kind, (ENSEMBLE, DOCUMENTS))
        for content in ("many sentences", "one sentence")
        for kind in (CONLL, TEXT)
    ),
    *(
        Case(content, kind, (RECOMMENDED,), ("--probabilities",))
        for content in ("many sentences", "one sentence")
        for kind in (CONLL, TEXT)
    ),
    *(Case("many sentences", TEXT, (RECOMMENDED,), ("--format", name)) for name in ("inline", "html")),
]


@dataclass
class Measured:
    """Models, what each takes for a short line, and what each took for a file of the plain cases."""

    work: Workspace
    folder: Path
    short: dict[str, Taken] = field(default_factory=dict)
    large: dict[tuple[str, str], Taken] = field(default_factory=dict)

    def model(self, name: str) -> Path:
        """Return a model, trained if it is not yet."""
        if name == ENSEMBLE:
            return self._trained(RECOMMENDED, "--seeds", "5")
        return self._trained(name, "--set", "training.folds=2") if name == DOCUMENTS else self.work.model(name)

    def _trained(self, config: str, *options: str) -> Path:
        path = self.folder.parent / f"model-scale-{config}"
        if path.name not in self.work.models:
            note(f"training {path.name}")
            measure([*self.work.train_command(config, path, "training.epochs=1", "vectors.neighbors=0"), *options])
            self.work.models[path.name] = path
        return path

    def own(self, model: str) -> Taken:
        """Return what a model takes for a short line."""
        if model not in self.short:
            path = self.folder / "short"
            path.write_text("Elena flew to Oslo .\n")
            self.short[model] = measure(predict(self.model(model), path, "tokens"))
        return self.short[model]


def rows(work: Workspace) -> Iterator[Row]:
    """Yield the rows of memory, of the first answer and of many files; the table of a billion tokens is a note."""
    with TemporaryDirectory(dir=work.folder) as directory:
        measured = Measured(work, Path(directory))
        for case in CASES:
            yield from memory(measured, case)
        yield from first_answers(measured)
        *many, gain = by_workers(measured)
        yield from (row for row in many if isinstance(row, Row))
        assert isinstance(gain, float)
        note(billion(measured, gain))


def predict(model: Path, source: Path, kind: str, *options: str) -> list[str | Path]:
    """Return the command that tags a file, the output of which nobody keeps."""
    return [*NER_WINDOW, "predict", model, source, "--input-format", kind, "-q", *options]


def memory(measured: Measured, case: Case) -> Iterator[Row]:
    """Yield a row for each model of a case; the file is removed afterwards."""
    sentences, tokens = CONTENTS[case.content]
    path = write(sentences(measured.work.dev, tokens), case.kind, measured.folder / "large")
    for model in case.models:
        taken = measure(predict(measured.model(model), path, KINDS[case.kind].input_format, *case.options))
        if case in PLAIN:
            measured.large[model, case.kind] = taken
        what = f"{model}, {tokens:,} tokens, {case.content}, {case.kind}"
        most = None if case.content == "one long sentence" else MOST
        beside = (taken.peak - measured.own(model).peak) / 1e6
        yield below("scale", f"memory beside the model: {' '.join((what, *case.options))}", "MB", beside, most)
    path.unlink()


def first_answers(measured: Measured) -> Iterator[Row]:
    """Yield the clock's seconds until `cat FILE | predict | head -1` has ended, less those for a file of one line."""
    for kind in (CONLL, TEXT, "JSON lines of tokens"):
        path = write(drawn(measured.work.dev, LARGE), kind, measured.folder / "large")
        line = write([["Oslo", "is", "big", "."]], kind, measured.folder / "line")
        much, little = in_turn(*(partial(_head, measured.model(RECOMMENDED), each, kind) for each in (path, line)))
        yield below(
            "scale", f"the first answer to {LARGE:,} tokens, {kind}, less that to a line", "s", much - little, 1
        )
        path.unlink()


def _head(model: Path, path: Path, kind: str) -> float:
    program = " ".join(map(str, predict(model, Path("-"), KINDS[kind].input_format)))
    return measure(["bash", "-c", f'test -n "$(cat {path} | {program} | head -1)"']).seconds  # something came


def by_workers(measured: Measured) -> Iterator[Row | float]:
    """Yield the speeds of many files by two workers and by one process, and, last, what the second one gains."""
    model, gain = measured.model(RECOMMENDED), 1.0
    nothing = write_folder(measured.work.dev, 2, 2, measured.folder / "nothing")
    with unpinned():
        for tokens in MANY:
            files = write_folder(measured.work.dev, tokens, FILES, measured.folder / "files")
            ways = [partial(_folder, measured, model, each, n) for each in (files, nothing) for n in (2, 1)]
            two, one, start_two, start_one = in_turn(*ways, rounds=3)
            what = f"{FILES} files of CoNLL, {tokens:,} tokens, 2 workers; the peer is 1 process"
            yield speed("scale", f"{what}, whole commands", tokens / two, tokens / one, 1.7)
            less = tokens / (two - start_two), tokens / (one - start_one)
            yield speed("scale", f"{what}, less start-up", *less, 1.7)
            gain = less[0] / less[1]
            shutil.rmtree(files)
    yield gain


def _folder(measured: Measured, model: Path, files: Path, workers: int) -> float:
    """Return the clock's seconds for a folder of files."""
    target = measured.folder / "tagged"
    command: list[str | Path] = [*NER_WINDOW, "predict", model, files, "-o", target, "--workers", str(workers), "-q"]
    seconds = measure(command).seconds
    shutil.rmtree(target)
    return seconds


def billion(measured: Measured, gain: float) -> str:
    """Return the table of what a billion tokens cost, of which `gain` is what two workers gain over one."""
    lines = [
        "| model, input | a core | memory | of it the model | 10^9 tokens, 1 core "
        f"| 100 cores, each {50 * gain:.0f} % as fast |",
        "|---|---|---|---|---|---|",
    ]
    for (model, kind), taken in measured.large.items():
        own = measured.own(model)
        each = (taken.processor - own.processor) / LARGE
        hours = 1e9 * each / 3600
        numbers = [FORMATS["tokens/s"](1 / each), *(FORMATS["MB"](size / 1e6) for size in (taken.peak, own.peak))]
        hundred = hours * 60 / (100 * gain / 2)
        lines.append(f"| {model}, {kind} | {' | '.join(numbers)} | {hours:.1f} h | {hundred:.1f} min |")
    return "\n".join(lines)
