"""Prediction from file to file on one core, CoNLL columns in and out, beside CRFsuite and spaCy; and of raw text.

Ours is the whole program. Its start-up, which is what it takes for an empty file, is taken off for the comparison with
the peers, which are measured in a process that has loaded everything.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmark.file_peers import CrfsuiteFiles, SpacyFiles
from benchmark.processes import NER_WINDOW, measure
from benchmark.rows import Row, in_turn, speed
from benchmark.workspace import Workspace, note
from ner_window.text.tokenizer import tokenize

MODELS = {"conll2003-lecture": (6.0, None), "conll2003": (4.0, 30.0)}

#: Batch sizes of `nlp.pipe` that spaCy is tried with.
PIPE = (64, 256, 1000)


def rows(work: Workspace) -> Iterator[Row]:
    """Yield the rows of each model, and those of raw text."""
    source, tokens = work.to_tag
    out = work.folder / "tagged.conll"
    crfsuite = CrfsuiteFiles(work.folder / "model.crfsuite", work.training)
    spacy = SpacyFiles(work.folder / "model-spacy", work.training)
    batch_size = min(PIPE, key=lambda size: spacy.seconds(source, out, size))
    note(f"spaCy's best batch size: {batch_size}")
    ours: list[Callable[[], float]] = []
    for name in MODELS:
        ours += [partial(seconds_of, work.model(name), path, out) for path in (source, nothing(work))]
    peers = [partial(crfsuite.seconds, source, out), partial(spacy.seconds, source, out, batch_size)]
    *taken, of_crfsuite, of_spacy = in_turn(*ours, *peers)
    for (name, (over_crfsuite, over_spacy)), whole, empty in zip(MODELS.items(), taken[::2], taken[1::2], strict=True):
        speeds = {"the whole process": tokens / whole, "less start-up": tokens / (whole - empty)}
        for what, ours_now in speeds.items():
            asked = what == "less start-up"
            yield speed(
                "files",
                f"{name}, {what}, {crfsuite.name}",
                ours_now,
                tokens / of_crfsuite,
                asked * over_crfsuite or None,
            )
            yield speed(
                "files", f"{name}, {what}, {spacy.name}", ours_now, tokens / of_spacy, (asked and over_spacy) or None
            )
    yield from raw_text(work, tokens)


def raw_text(work: Workspace, tokens: int) -> Iterator[Row]:
    """Yield the rows of raw text to JSON lines, beside our tokenizer alone, and beside NLTK's."""
    text, out = work.raw_text(), work.folder / "tagged.jsonl"
    options = ("--input-format", "text", "--format", "jsonl")
    model = work.model("conll2003-lecture")
    taken = in_turn(
        lambda: seconds_of(model, text, out, *options),
        lambda: seconds_of(model, nothing(work), out, *options),
        lambda: seconds_to_tokenize(text),
        lambda: seconds_of_nltk(text),
        rounds=3,
    )
    ours, alone, nltk = tokens / (taken[0] - taken[1]), tokens / taken[2], tokens / taken[3]
    yield speed("files", "raw text to JSON lines, less start-up; the peer is our tokenizer alone", ours, alone, 0.9)
    yield speed(
        "files", "raw text to JSON lines, less start-up; the peer is NLTK's word tokenizer alone", ours, nltk, 0.9
    )
    yield speed("files", "our tokenizer; the peer is NLTK's word tokenizer, on sentences", alone, nltk)


def seconds_of(model: Path, source: Path, target: Path, *options: str) -> float:
    """Return the seconds of one `ner-window predict`."""
    chosen = options or ("--input-format", "conll")
    return measure([*NER_WINDOW, "predict", model, source, "-o", target, "--force", "-q", *chosen]).processor


def nothing(work: Workspace) -> Path:
    """Return an empty file."""
    path = work.folder / "empty"
    path.write_bytes(b"")
    return path


def seconds_to_tokenize(path: Path) -> float:
    """Return the seconds that our tokenizer takes for the lines of a file."""
    lines = path.read_text(encoding="utf-8").split("\n")
    began = time.process_time()
    for line in lines:
        for _ in tokenize(line):
            pass
    return time.process_time() - began


def seconds_of_nltk(path: Path) -> float:
    """Return the seconds that NLTK's word tokenizer takes for the lines of a file, each taken as one sentence."""
    from nltk.tokenize import NLTKWordTokenizer

    lines, tokenizer = path.read_text(encoding="utf-8").split("\n"), NLTKWordTokenizer()
    began = time.process_time()
    for line in lines:
        with contextlib.suppress(ValueError):  # it rewrites quotes, and rarely cannot find them again
            list(tokenizer.span_tokenize(line))
    return time.process_time() - began
