"""All runs of a sweep, in this process or on workers, and what stands in its folder before any of them."""

import itertools
import shutil
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ner_window import storage
from ner_window.config import dump_yaml, flatten, parse_yaml
from ner_window.errors import NerWindowError, OutputError
from ner_window.experiment import Sources
from ner_window.sweep.folders import Outcome, Task, read_outcome
from ner_window.sweep.plan import PlannedRun, Sweep
from ner_window.sweep.runs import RunReport, do
from ner_window.training import BatchReport

if TYPE_CHECKING:
    from distributed import Client

#: The file that tells the folder of a sweep from any other.
SWEEP_FILE = "sweep.yaml"
#: What is written into it when all runs have ended, besides them.
RESULTS = ("results.json", "results.csv", "results.md", "runs.csv", "timings.csv", "plot.svg", "test.json", "page.html")

#: What a process that is killed may leave in the folder of the runs: its own unfinished files, and safetensors'.
LEFTOVERS = (".new-*", ".old-*", ".tmp*")

#: What is told: which runs come next; that a batch or an epoch was learned, or a run has ended; or nothing, for now.
Report = tuple[PlannedRun, ...] | BatchReport | RunReport | Outcome | None
#: Does tasks, and tells.
Runner = Callable[[Sequence[Task]], Iterator[Report]]


def begin(sweep: Sweep, directory: Path, *, resume: bool, force: bool) -> list[str]:
    """Make the folder of a sweep, or go on with the one that is there, if it is of the same plan; return notes.

    With `resume` it may be of another plan: what both have in common is not run again. Its record is then of the new
    one, and the results of the old one are removed. So is what a killed process left half-written.

    Raises
    ------
    OutputError
        It exists and may not be replaced, or cannot be written, or is of another plan.
    """
    text, path, notes = dump_yaml(sweep.options), directory / SWEEP_FILE, list[str]()
    if directory.is_dir() and not any(directory.iterdir()):
        directory.rmdir()
    if force or not path.exists():
        storage.refuse_existing(directory, force or resume, SWEEP_FILE)
        storage.write_directory(directory, {SWEEP_FILE: text}, force=True, marker=SWEEP_FILE)
    elif _plan_in(path) != text:
        if not resume:
            raise OutputError(
                f"{directory}: exists already, of another plan: {_changes(path, text)}; keep the runs that both have "
                "in common with --resume, or start again with --force"
            )
        gone = [name for name in RESULTS if (directory / name).exists()]
        for name in gone:
            (directory / name).unlink()
        if gone:
            notes.append(f"{directory}: the results of the plan before are removed: {', '.join(gone)}")
        if "test.json" in gone:
            notes.append("the test set was scored before: to choose by it now would make it a second dev set")
        _rewrite(path, text)
    for left in itertools.chain(*((directory / "runs").glob(pattern) for pattern in LEFTOVERS)):
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    return notes


def _changes(path: Path, text: str) -> str:
    """Return what differs between the plan in a file and another, the first few keys."""
    before, now = (flatten(parse_yaml(plan, str(path))[0] or {}) for plan in (_plan_in(path), text))
    keys = [key for key in {**now, **before} if before.get(key) != now.get(key)]
    shown = [f"{key} was {before.get(key)!r}, is {now.get(key)!r}" for key in keys[:4]]
    return ", ".join(shown) + f" and {len(keys) - 4} more" * (len(keys) > 4)


def _plan_in(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise OutputError(f"{path}: cannot be read: {why}; choose another output") from None


def _rewrite(path: Path, text: str) -> None:
    temporary = path.with_name(f".new-{path.name}")
    try:
        temporary.write_bytes(text.encode())
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from None


def task_of(run: PlannedRun, directory: Path, floors: tuple[float, ...] = ()) -> Task:
    """Return what is to be done of a run of a sweep whose folder this is."""
    return Task(run, directory.absolute() / "runs" / run.name, floors)


def execute(sweep: Sweep, directory: Path, runner: Runner) -> Iterator[Report]:
    """Do all runs; yield the reports of each, and its outcome."""
    if sweep.options.search:
        from ner_window.sweep.search import search

        yield from search(sweep, sweep.options.search, lambda run, floors: task_of(run, directory, floors), runner)
    else:
        yield sweep.runs
        yield from runner([task_of(run, directory) for run in sweep.runs])


def one_after_another(sources: Sources | None = None) -> Runner:
    """Return what does tasks in this process. Files that several of them read are read once."""
    shared = sources or Sources()

    def runner(tasks: Sequence[Task]) -> Iterator[Report]:
        for task in tasks:
            yield (yield from do(task, shared))

    return runner


def on_workers(client: "Client") -> Runner:
    """Return what does tasks on the workers of a cluster; the numbers are those of `one_after_another`.

    What is finished is not sent there. The vectors are parsed here, once, and mapped from the cache by all.
    """
    from ner_window.cluster import do_all

    shared = Sources()

    def runner(tasks: Sequence[Task]) -> Iterator[Report]:
        left: dict[str, Task] = {}
        for task in tasks:
            finished = read_outcome(task, shared)
            if finished:
                yield finished
            else:
                left[task.run.name] = task
        _fill_cache(left.values(), shared)
        for name, found in do_all(client, _do_there, {name: (task,) for name, task in left.items()}):
            if name:
                yield _received(left[name], found)
            elif found:
                yield RunReport(left[found[0]].run, *found[1:]) if found[0] in left else None
            else:
                yield None

    return runner


def _fill_cache(tasks: Iterable[Task], sources: Sources) -> None:
    """Parse each file of vectors that is not in the cache yet; what is wrong with it, the runs tell."""
    options = {(task.run.config.vectors.source, task.run.config.vectors.limit) for task in tasks}
    for source, limit in sorted(options, key=str):
        if source != "random":
            with suppress(NerWindowError):
                sources.vectors(source, limit)


def _received(task: Task, found: object) -> Outcome:
    """Return the outcome that a worker gave, or that it died, or that its folder is nowhere that can be seen here."""
    if not isinstance(found, Outcome):
        text = f"the workers that ran it died: {found}; it goes on from its last epoch when the experiment is run again"
    elif not found.error and not task.folder.exists():
        text = f"{task.folder}: a worker wrote it, but it is not here; give workers an output on a disk that all share"
    else:
        return found
    return Outcome(task.run, text, {}, [])


def _do_there(task: Task) -> Outcome:
    """Do a task on a worker, for as long as somebody waits for it."""
    from ner_window.cluster import tell

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of overflow: the loss that is not finite says it
        for report in one_after_another(_sources_of_worker())([task]):
            if isinstance(report, Outcome):
                return report
            if isinstance(report, RunReport) and not tell([task.run.name, report.epoch, report.dev_f1]):
                break
    return Outcome(task.run, "nobody waits for it", {}, [])


@cache
def _sources_of_worker() -> Sources:
    return Sources()
