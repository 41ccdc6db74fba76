"""A batch from its beginning, or from where it was stopped, to its end: in this process or on workers."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ner_window import claims
from ner_window.batch import places, work
from ner_window.batch.manifest import Manifest, Outcome, part_name, read_manifest, replay
from ner_window.batch.plan import Batch, parts
from ner_window.batch.work import TRIES, Task
from ner_window.errors import ModelError, NerWindowError, OutputError
from ner_window.text.files import is_url, shown_name
from ner_window.text.packing import packed

if TYPE_CHECKING:
    from distributed import Client

#: What the head of a record tells, in the plural.
KINDS = {"model": "models", "options": "options"}

#: Bytes, and number, of small files that a worker is given together: what is done of them counts when all are.
BUNDLE, MOST = 1 << 16, 100

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
        context = claims.claimed(folder)
    with context:
        try:
            yield
        finally:
            if places.names_in(batch.folder) in ([], [claims.LOCK]):  # nothing is left to be done
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
        notes = [*replay(record, batch.folder), *manifest.absorb(record)]
    known = {entry["output"] for entry in record["files"]} if record else set()
    for file in batch.files:
        try:
            _refuse_existing(file.output, force or file.output in known)
        except OSError as error:  # such as a name that is too long
            raise OutputError(f"{file.output}: cannot be written: {error.strerror or error}") from None
    return manifest, notes


def _refuse_existing(output: str, force: bool) -> None:
    if places.is_directory(output):
        raise OutputError(f"{output}: is a directory; name a file in it")
    if not force and places.exists(output):
        raise OutputError(f"{output}: exists already; choose another output, or replace it with --force")


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
                f"{batch.manifest}: the outputs there are of other {KINDS[key]}: {', '.join(changes)}; choose another "
                "output, or replace them with --force"
            )


def run(manifest: Manifest, runner: Runner) -> Iterator[Ended | None]:
    """Do what is missing; yield what has ended, and None now and then, so that the caller can stop.

    A part that goes wrong is done again, `TRIES` times in all, unless it is its text that is wrong. Then its file is
    given up, and the others go on. What ends is in the record before it is yielded; of a URL's, now and then.

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
    manifest.open()
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
        manifest.close()
    _clean(manifest)


def _is_missing(manifest: Manifest, file: int, part: int) -> bool:
    return file not in manifest.files and part not in manifest.parts.get(file, {})


def _task(batch: Batch, number: int, part: int) -> Task:
    file = batch.files[number]
    target = file.output if len(file.starts) == 1 else part_name(batch, number, part)
    return Task(batch.model, batch.options, replace(file, starts=()), part, file.extent(part), target, batch.folder)


def _may_be_cured(error: BaseException, attempt: int) -> bool:
    """Whether to do a part again that went wrong so; without a model no part can be done."""
    if isinstance(error, ModelError):
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
        manifest.add(number, found)
    else:
        manifest.add(number, found, part)
        if len(manifest.parts[number]) == len(file.starts):
            found = _join(manifest, number)
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
        written = places.write(file.output, packed(work.joined(names), file.output), batch.folder)
    except OSError as error:
        outcome = Outcome(error=f"{file.output}: cannot be written: {error.strerror or error}")
        manifest.errors.setdefault(number, {})[0] = outcome.error
        return outcome
    counts: Counter[str] = Counter()
    for each in done.values():
        counts.update(each.counts)
    outcome = Outcome(*written, dict(counts))
    manifest.add(number, outcome)  # before they go
    for name in names:
        places.remove(name)
    return outcome


def _clean(manifest: Manifest) -> None:
    """Remove what is no longer needed: all, or if something failed what is half-written."""
    batch = manifest.batch
    kept = {part_name(batch, number, part) for number, done in manifest.parts.items() for part in done}
    if manifest.errors:
        kept.add(batch.manifest)
    names = places.names_in(batch.folder)
    for name in sorted(names, key=lambda name: places.join(batch.folder, name) == batch.manifest):  # the record last
        if places.join(batch.folder, name) not in kept and name != claims.LOCK:
            places.remove(places.join(batch.folder, name))


def one_after_another(tasks: Mapping[str, Task]) -> Iterator[tuple[str, Outcome | BaseException | None]]:
    """Do tasks in this process."""
    for key, task in tasks.items():
        try:
            yield key, work.do(task)
        except (OSError, NerWindowError) as error:
            yield key, error


def on_workers(client: "Client") -> Runner:
    """Return what does tasks on the workers of a cluster, small ones several together, but not a second time."""
    from ner_window.cluster import do_all

    bundled = [True]

    def runner(tasks: Mapping[str, Task]) -> Iterator[tuple[str, Outcome | BaseException | None]]:
        bundles = {next(iter(bundle)): bundle for bundle in _bundles(tasks, bundled.pop() if bundled else False)}
        for key, found in do_all(client, _do_bundle, {key: (bundle,) for key, bundle in bundles.items()}):
            if not key:
                yield key, None
            elif isinstance(found, BaseException):  # the worker died of one of them
                alone = len(bundles[key]) == 1
                yield from ((each, found if alone else OSError(f"its worker died: {found}")) for each in bundles[key])
            else:
                yield from found.items()

    return runner


def _bundles(tasks: Mapping[str, Task], together: bool) -> Iterator[dict[str, Task]]:
    """Yield tasks, several small ones together: to hand one over takes as long as to tag some hundred sentences."""
    bundle, size = dict[str, Task](), 0
    for key, task in tasks.items():
        weight = (task.extent[1] or task.file.size or BUNDLE) - task.extent[0]
        if bundle and (not together or size + weight > BUNDLE or len(bundle) == MOST):
            yield bundle
            bundle, size = {}, 0
        bundle[key] = task
        size += weight
    if bundle:
        yield bundle


def _do_bundle(bundle: Mapping[str, Task]) -> dict[str, Outcome | BaseException | None]:
    return dict(one_after_another(bundle))


def failures(manifest: Manifest) -> Sequence[str]:
    """Return what went wrong, file by file, in their order."""
    return list(dict.fromkeys(error for number in sorted(manifest.errors) for error in manifest.failures(number)))
