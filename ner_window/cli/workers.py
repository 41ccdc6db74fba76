"""What the commands share that hand work to other processes: the options, and the client of the cluster."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from ner_window.cli.console import note

if TYPE_CHECKING:
    from distributed import Client

Workers = Annotated[int, typer.Option(min=1, help="Processes that work side by side (extra cluster).", metavar="N")]
Scheduler = Annotated[
    str | None, typer.Option(help="Work on a Dask cluster that is running (extra cluster).", metavar="ADDRESS")
]


def elsewhere(workers: int, scheduler: str | None) -> bool:
    """Whether the options ask for other processes than this one.

    Raises
    ------
    BadParameter
        They ask for both: for processes of this machine, and for those of a cluster.
    """
    if scheduler and workers > 1:
        raise typer.BadParameter("choose one of --workers and --scheduler")
    return bool(scheduler) or workers > 1


@contextmanager
def clients(workers: int, scheduler: str | None) -> Iterator["Client | None"]:
    """Give the client of a cluster that is running, or of processes of this machine; None if one process is enough."""
    from ner_window.cluster import local, remote

    if not elsewhere(workers, scheduler):
        yield None
        return
    note(f"at work on {scheduler}" if scheduler else f"starting {workers} workers")
    with remote(scheduler) if scheduler else local(workers) as client:
        if find_spec("bokeh"):  # without it the dashboard is empty
            note(f"Dask's dashboard: {client.dashboard_link}")
        yield client
