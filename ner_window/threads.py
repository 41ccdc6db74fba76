"""How many threads work on a matrix product."""

import os

#: The variables that the libraries of linear algebra read, once, when NumPy is imported.
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def use_one_thread() -> None:
    """Have one thread work on each matrix product, unless the user has set one of `THREADS`.

    The matrices are small: a second thread gives a few per cent where nothing else runs, costs a multiple where
    something does, and adds numbers up in another order, so that results differ in their last bits between machines.
    """
    if not any(name in os.environ for name in THREADS):
        os.environ.update(dict.fromkeys(THREADS, "1"))


def divided(workers: int) -> dict[str, str]:
    """Return the variables for each of some processes that share the threads of this one, at least one for each."""
    threads = next((os.environ[name] for name in THREADS if os.environ.get(name, "").isdecimal()), "1")
    return dict.fromkeys(THREADS, str(max(1, int(threads) // workers)))
