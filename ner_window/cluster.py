"""Work in other processes: a Dask cluster of this machine, or one that is running elsewhere. The extra ``cluster``."""

import logging
import os
import queue
import signal
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Any

from ner_window.errors import ClusterError, MissingExtraError
from ner_window.threads import divided
from ner_window.versions import versions

if TYPE_CHECKING:
    from distributed import Client, Future

#: Results of workers of other versions would not be those of this process.
SAME_VERSIONS = ("ner_window", "numpy")
#: Where workers tell of their progress.
TOPIC = "ner_window"
#: Workers that may die of a task before it is given up.
TRIES = 3
#: Dask's settings for processes of this machine. A worker looks 100 times a second where it is, for a picture of that,
#: and 50 times whether it is late: that is a fifteenth of its time.
SETTINGS = {
    "distributed.nanny.pre-spawn-environ": {},
    "distributed.scheduler.allowed-failures": TRIES - 1,
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "500ms",
}
#: Seconds to wait for a scheduler, and for workers when all have gone.
PATIENCE = 10


@contextmanager
def local(workers: int) -> Iterator["Client"]:
    """Give processes of this machine, among which the threads for matrix products are divided.

    They end with this process, however it ends.
    """
    distributed = _distributed("--workers")
    import dask  # its default gives memory back with each release, which makes NumPy twice as slow

    options = {
        "threads_per_worker": 1,
        "memory_limit": 0,
        "dashboard_address": "127.0.0.1:0",
        "silence_logs": logging.CRITICAL,
    }
    with (
        _environment(divided(workers)),
        tempfile.TemporaryDirectory(prefix="ner_window-", ignore_cleanup_errors=True) as scratch,
    ):
        with _no_interrupts(), dask.config.set(SETTINGS):
            cluster = distributed.LocalCluster(n_workers=workers, local_directory=scratch, **options)
        with cluster, distributed.Client(cluster) as client:
            yield client


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables for the processes that are started within; also for one that takes the place of a dead one."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Hold Ctrl-C back. The processes that are started within inherit that for good: it is this process that ends them.

    What came meanwhile comes at the end.
    """
    resource_tracker.ensure_running()  # started later, it would let the signal through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def remote(address: str) -> Iterator["Client"]:
    """Give the workers of a scheduler that is running.

    Raises
    ------
    ClusterError
        None answers there, it has no workers, or they are of other versions.
    """
    distributed = _distributed("--scheduler")
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client = distributed.Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise ClusterError(f"{address}: no scheduler answers: {error}; start one with: dask scheduler") from None
    with client:
        _check(client, address)
        yield client


def _distributed(purpose: str) -> Any:
    try:
        import distributed
    except ImportError:
        raise MissingExtraError(purpose, "cluster") from None
    return distributed


def _check(client: "Client", address: str) -> None:
    try:
        found: Mapping[str, dict[str, str]] = client.run(versions, on_error="return")
    except (OSError, ValueError) as error:
        raise ClusterError(f"{address}: its workers do not answer: {error}") from None
    if not found:
        raise ClusterError(f"{address}: the scheduler has no workers; start some with: dask worker {address}")
    own = versions()
    for worker, theirs in found.items():
        if isinstance(theirs, BaseException):
            raise ClusterError(f"{worker}: cannot import ner_window: {theirs}; install it there")
        for name in SAME_VERSIONS:
            if theirs[name] != own[name]:
                raise ClusterError(
                    f"{worker}: expected {name} {own[name]} as here, got {theirs[name]}; install it there"
                )


def do_all(client: "Client", work: Callable[..., Any], tasks: Mapping[str, Sequence[Any]]) -> Iterator[tuple[str, Any]]:
    """Do `work(*arguments)` for each task, whose key is unique, on the workers; yield what they tell and give.

    Yields
    ------
    key, result
        As they end. A result is an exception if the work raised one, or if the workers that had it died.
    "", message
        What a worker has told with `tell` meanwhile, or None now and then: so that the caller can stop.
    """
    events: queue.Queue[tuple[str, Any]] = queue.Queue()
    client.subscribe_topic(TOPIC, lambda event: events.put(("", event[1]["message"])))
    unique = uuid.uuid4().hex  # a key that stood for something before may still be being cancelled
    futures = {
        key: client.submit(work, *arguments, key=f"{TOPIC}/{key}/{unique}", pure=False)
        for key, arguments in tasks.items()
    }
    for key, future in futures.items():
        future.add_done_callback(lambda future, key=key: events.put((key, future)))
    left, alone = len(futures), 0.0
    try:
        while left:
            key, found = _next(events)
            alone = _time_without_workers(client, alone) if found is None else 0.0
            left -= bool(key)
            yield key, _result(found) if key else found
    finally:
        client.cancel(list(futures.values()), force=True)
        client.unsubscribe_topic(TOPIC)


def _time_without_workers(client: "Client", since: float) -> float:
    """Return since when there have been no workers, 0 if there are some.

    Raises
    ------
    ClusterError
        It has been too long.
    """
    if client.scheduler_info().get("workers"):
        return 0.0
    since = since or time.monotonic()
    if time.monotonic() - since > PATIENCE:
        raise ClusterError(f"no workers are left for {PATIENCE} seconds; start some, and the same command goes on")
    return since


def _next(events: "queue.Queue[tuple[str, Any]]") -> tuple[str, Any]:
    try:
        return events.get(timeout=0.2)
    except queue.Empty:
        return "", None


def _result(future: "Future[Any]") -> Any:
    error = future.exception()
    return future.result() if error is None else error


def tell(message: Any) -> bool:
    """Tell the process that waits for this task something that JSON could hold; return whether it still waits."""
    from distributed import get_worker

    worker = get_worker()
    worker.log_event(TOPIC, {"message": message})
    task = worker.state.tasks.get(worker.get_current_task())
    return task is not None and task.state == "executing"
