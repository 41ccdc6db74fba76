"""What a worker does: a part of a file is read, tagged and written, and its lines are named if it cannot be."""

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from ner_window.batch import places
from ner_window.batch.manifest import Outcome
from ner_window.batch.parts import Extent, before
from ner_window.batch.plan import File, Model, Options
from ner_window.collector import collect_seldom
from ner_window.errors import CorpusError, MissingExtraError, ModelError, NerWindowError
from ner_window.prediction import predict
from ner_window.prediction.threshold import threshold_for
from ner_window.projections import Projections
from ner_window.tagger import Tagger
from ner_window.text.files import open_as_it_is, open_input, shown_name
from ner_window.text.packing import packed

#: How often a part is begun before it is given up, where it is not its text that is wrong.
TRIES = 3

#: What digests of models leave out: it differs between two runs of one seed.
_TIMINGS = "timings.json"

_PIECE = 1 << 20

#: The tagger of each thread: it is read once, and its products are kept from part to part.
_loaded = threading.local()


@dataclass(frozen=True)
class Task:
    """A part of a file that is to be tagged, where its output goes, and the folder where that stands until it is whole.

    `file` tells nothing of the other parts: there may be thousands.
    """

    model: Model
    options: Options
    file: File
    part: int
    extent: tuple[int, int | None]
    target: str
    folder: str


def model_at(path: Path, options: Options) -> tuple[Model, Tagger]:
    """Return what identifies a model, and the tagger, which this thread then has.

    Raises
    ------
    ModelError
        There is none, or it cannot be read, or it has no probabilities, which the options ask for.
    """
    tagger = Tagger.load(path)
    threshold_for(tagger, str(path), options.threshold)
    model = Model(str(path.absolute()), digest_of(path), tagger.reads_documents)
    _loaded.table, _loaded.key = Projections(tagger, options.precision), (model, options.precision)
    return model, tagger


def digest_of(model: Path) -> str:
    """Return the digest of the files of a model directory."""
    digest = hashlib.sha256()
    for path in sorted(model.iterdir()):
        if path.is_file() and path.name != _TIMINGS:
            digest.update(f"{path.name}\n{path.stat().st_size}\n".encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def do(task: Task) -> Outcome:
    """Do a task. What is wrong with the text is an outcome, with file and line; what else goes wrong is raised.

    Raises
    ------
    OSError
        The input cannot be read any more, or the output not be written.
    ModelError
        The model is not there, or another one.
    """
    table = _table(task.model, task.options)
    try:
        return _done(task, table, counted=False)
    except (MissingExtraError, ModelError) as error:
        return Outcome(error=f"{shown_name(task.file.input)}: {error}")
    except NerWindowError as error:
        if not task.part:
            return Outcome(error=str(error))
    try:  # again, to tell its line: counting those before it would cost every part a reading of the whole file
        return _done(task, table, counted=True)
    except NerWindowError as error:
        return Outcome(error=str(error))


def _done(task: Task, table: Projections, *, counted: bool) -> Outcome:
    counts: Counter[str] = Counter()
    answer = _answer(task, table, counts, counted=counted)
    written = places.write(task.target, packed(answer, task.target), task.folder)
    return Outcome(*written, dict(+counts))


def _answer(task: Task, table: Projections, counts: Counter[str], *, counted: bool) -> Iterator[bytes]:
    options, file = task.options, task.file
    source, tagger = shown_name(file.input), table.tagger
    threshold = threshold_for(tagger, task.model.path, options.threshold)
    cut: Counter[str] = Counter()
    start, end = task.extent
    with ExitStack() as stack:
        if (start, end) == (0, None):
            stream, ahead = stack.enter_context(open_input(file.input)), None
        else:
            whole = stack.enter_context(open_as_it_is(file.input))
            kind = file.kind or "conll"
            ahead = before(whole, start, kind, source, options.layout, counted=counted) if start else None
            stream = cast(IO[bytes], Extent(whole, start, end))
        yield from predict(
            *(tagger, stream, source),
            **options.arguments(file.kind),
            cut=cut,
            target=file.output,
            table=table,
            threshold=threshold,
            counts=counts,
            before=ahead,
            first=task.part == 0,
            last=end is None,
        )
    if places.stamp(file.input) != (file.size, file.modified):
        raise CorpusError(f"{source}: changed while it was tagged; run the same command again when it is written")
    counts["cuts"] = cut.total()
    if threshold:
        counts["entities"], counts["left_out"] = threshold.found, threshold.left_out


def _table(model: Model, options: Options) -> Projections:
    """Return a tagger, with its products, as this thread has it already, or as it reads it now."""
    key = (model, options.precision)
    if getattr(_loaded, "key", None) != key:
        collect_seldom()  # in a worker, too
        found = digest_of(Path(model.path)) if Path(model.path).is_dir() else "no directory"
        if found != model.sha256:
            raise ModelError(
                f"{model.path}: expected the model that the batch began with, got another one here ({found[:12]}); "
                "keep models on a disk that all workers share"
            )
        _loaded.table, _loaded.key = Projections(Tagger.load(model.path), options.precision), key
    return _loaded.table  # type: ignore[no-any-return]


def joined(names: list[str]) -> Iterator[bytes]:
    """Yield what is in files, one after another."""
    for name in names:
        with open_as_it_is(name) as stream:
            while piece := stream.read(_PIECE):
                yield piece


def first_line(file: File, part: int, options: Options) -> int:
    """Return the line at which a part of a file begins.

    Raises
    ------
    CorpusError
        It cannot be read any more.
    """
    start, _ = file.extent(part)
    if not start:
        return 1
    try:
        with open_as_it_is(file.input) as stream:
            return before(stream, start, "text", file.input, options.layout, counted=True).lines + 1
    except OSError as error:
        raise CorpusError(f"{file.input}: cannot be read: {error.strerror or error}") from None
