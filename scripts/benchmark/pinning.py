"""The one core that everything is measured on, where the system can be told so."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

#: The cores that the benchmark was given.
GIVEN = frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset[int]()


def pin() -> None:
    """Keep this process, and those that it will start, to the first core that it was given."""
    if GIVEN:
        os.sched_setaffinity(0, {min(GIVEN)})


@contextmanager
def unpinned() -> Iterator[None]:
    """Let processes that are started within run on all cores that the benchmark was given."""
    if GIVEN:
        os.sched_setaffinity(0, GIVEN)
    try:
        yield
    finally:
        pin()
