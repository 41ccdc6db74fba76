"""A batch from its beginning, or from where it was stopped, to its end: in this process or on workers."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ner_window import storage
from ner_window.batch import places, work
from ner_window.batch.manifest import Manifest, Outcome, part_name, read_manifest
from ner_window.batch.plan import Batch, parts
from ner_window.batch.work import TRIES, Task
from ner_window.errors import MissingExtraError, ModelError, NerWindowError, OutputError
from ner_window.text.files import is_url, shown_name

if TYPE_CHECKING:
    from distributed import Client

#: Does tasks, and gives the outcome of each, or what it raised; or nothing, for now.
Runner = Callable[[Mapping[str, Task]], Iterator[tuple[str, Outcome | BaseException | None]]]


class Ended(NamedTuple):
    """A part that has ended: the number of its file, its weight, and what became of it."""

    file: int
    weight: int
    outcome: Outcome


@contextmanager
def claimed(batch: Batch) -> Iterator[None]:
    """Keep other processes from the folder of a batch, if it is on a disk of this machine.

    Raises
    ------
    OutputError
        Another process is at work in it, or it cannot be written.
    """
    folder = Path(batch.folder)
    fresh = not is_url(batch.folder) and not folder.parent.exists()
    if is_url(batch.folder):
        context: AbstractContextManager[None] = nullcontext()
    else:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{folder.parent}: cannot be written: {error.strerror}") from None
        context = storage.claimed(folder)
    with context:
        try:
            yield
        finally:
            if places.names_in(batch.folder) in ([], [storage.LOCK]):  # nothing is left to be done
                places.remove(batch.folder)
            if fresh:
                with suppress(OSError):  # not empty, if anything was done
                    folder.parent.rmdir()


def begin(batch: Batch, *, force: bool) -> tuple[Manifest, list[str]]:
    """Begin a batch, or go on with one that was stopped; return its record, and notes.

    Raises
    ------
    OutputError
        An output exists that is not of this batch, or is of another model or of other options, and `force` is not set.
    """
    manifest, notes = Manifest(batch), list[str]()
    record = None if force else read_manifest(batch.manifest)
    if record:
        _refuse_another(batch, record)
        notes = manifest.absorb(record)
    known = {entry["output"] for entry in record["files"]} if record else set()
    for file in batch.files:
        if places.is_directory(file.output):
            raise OutputError(f"{file.output}: is a directory; name a file in it")
        if not force and file.output not in known and places.exists(file.output):
            raise OutputError(f"{file.output}: exists already; choose another output, or replace it with --force")
    return manifest, notes


def _refuse_another(batch: Batch, record: dict[str, object]) -> None:
    for key, value in batch.head().items():
        before = record.get(key)
        changes = [
            f"{name} was {before.get(name)!r}, is {here!r}"
            for name, here in value.items()
            if isinstance(before, dict) and before.get(name) != here and (key, name) != ("model", "path")
        ]
        if changes or not isinstance(before, dict):
            raise OutputError(
                f"{batch.manifest}: the outputs there are of another {key}: {', '.join(changes)}; choose another "
                "output, or replace them with --force"
            )


def run(manifest: Manifest, runner: Runner) -> Iterator[Ended | None]:
    """Do what is missing; yield what has ended, and None now and then, so that the caller can stop.

    A part that goes wrong is done again, `TRIES` times in all, unless it is its text that is wrong. Then its file is
    given up, and the others go on. The record is written as the files end.

    Raises
    ------
    ModelError
        The model is gone, or another one than the batch began with.
    OutputError
        The record cannot be written.
    """
    batch = manifest.batch
    wanted = {f"{file}/{part}": (file, part) for file, part in parts(batch.files) if _is_missing(manifest, file, part)}
    whole = [number for number, done in manifest.parts.items() if len(done) == len(batch.files[number].starts)]
    manifest.write()
    try:
        for number in whole:  # it was stopped before they were joined
            yield Ended(number, 0, _join(manifest, number))
        for attempt in range(1, TRIES + 1):
            tasks = {key: _task(batch, *place) for key, place in wanted.items()}
            again: dict[str, tuple[int, int]] = {}
            for key, found in runner(tasks):
                ended = None
                if isinstance(found, BaseException) and _may_be_cured(found, attempt):
                    again[key] = wanted[key]
                elif found is not None:
                    ended = _end(manifest, *wanted[key], found)
                yield ended
            wanted = again
    finally:
        manifest.write()
    _clean(manifest)


def _is_missing(manifest: Manifest, file: int, part: int) -> bool:
    return file not in manifest.files and part not in manifest.parts.get(file, {})


def _task(batch: Batch, number: int, part: int) -> Task:
    file = batch.files[number]
    target = file.output if len(file.starts) == 1 else part_name(batch, number, part)
    return Task(batch.model, batch.options, file, part, target, batch.folder)


def _may_be_cured(error: BaseException, attempt: int) -> bool:
    """Whether to do a part again that went wrong so; what no part can do without ends the batch."""
    if isinstance(error, ModelError | MissingExtraError):
        raise error
    return attempt < TRIES and type(error).__name__ != "KilledWorker"  # of that, the scheduler has tried


def _end(manifest: Manifest, number: int, part: int, found: Outcome | BaseException) -> Ended:
    """Note what became of a part; when it was the last one of its file, of the file."""
    batch = manifest.batch
    file = batch.files[number]
    if isinstance(found, BaseException):
        found = Outcome(error=_given_up(batch, number, part, found))
    if found.error:
        manifest.errors.setdefault(number, {})[part] = found.error
    elif len(file.starts) == 1:
        manifest.files[number] = found
    else:
        manifest.parts.setdefault(number, {})[part] = found
        if len(manifest.parts[number]) == len(file.starts):
            found = _join(manifest, number)
    manifest.write(now=False)
    return Ended(number, file.weight(part), found)


def _given_up(batch: Batch, number: int, part: int, error: BaseException) -> str:
    file = batch.files[number]
    why = f"{type(error).__name__}: {error}" if not isinstance(error, OSError) else error.strerror or str(error)
    if type(error).__name__ == "KilledWorker":
        why = "the workers that had it died"
    where = shown_name(file.input)
    with suppress(NerWindowError):
        where = f"{where}:{work.first_line(file, part, batch.options)}"
    return f"{where}: given up after {TRIES} tries, the part of {file.weight(part)} bytes that begins here: {why}"


def _join(manifest: Manifest, number: int) -> Outcome:
    """Make an output of the outputs of its parts."""
    batch = manifest.batch
    file, done = batch.files[number], manifest.parts[number]
    names = [part_name(batch, number, part) for part in range(len(file.starts))]
    try:
        written = places.write(file.output, work.joined(names), batch.folder)
    except OSError as error:
        outcome = Outcome(error=f"{file.output}: cannot be written: {error.strerror or error}")
        manifest.errors.setdefault(number, {})[0] = outcome.error
        return outcome
    counts: Counter[str] = Counter()
    for each in done.values():
        counts.update(each.counts)
    outcome = manifest.files[number] = Outcome(*written, dict(counts))
    del manifest.parts[number]
    manifest.write()  # before they go
    for name in names:
        places.remove(name)
    return outcome


def _clean(manifest: Manifest) -> None:
    """Remove what is no longer needed: all, or if something failed what is half-written."""
    batch = manifest.batch
    kept = {part_name(batch, number, part) for number, done in manifest.parts.items() for part in done}
    if manifest.errors:
        kept.add(batch.manifest)
    for name in places.names_in(batch.folder):
        if places.join(batch.folder, name) not in kept and name != storage.LOCK:
            places.remove(places.join(batch.folder, name))


def one_after_another(tasks: Mapping[str, Task]) -> Iterator[tuple[str, Outcome | BaseException | None]]:
    """Do tasks in this process."""
    for key, task in tasks.items():
        try:
            yield key, work.do(task)
        except (OSError, NerWindowError) as error:
            yield key, error


def on_workers(client: "Client") -> Runner:
    """Return what does tasks on the workers of a cluster."""
    from ner_window.cluster import do_all

    def runner(tasks: Mapping[str, Task]) -> Iterator[tuple[str, Outcome | BaseException | None]]:
        if tasks:
            yield from do_all(client, work.do, {key: (task,) for key, task in tasks.items()})

    return runner


def failures(manifest: Manifest) -> Sequence[str]:
    """Return what went wrong, file by file, in their order."""
    return [error for number in sorted(manifest.errors) for error in manifest.failures(number)]
