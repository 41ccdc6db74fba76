"""How matrix products are done: with how many threads, and by which of the library's kernels."""

import os
from pathlib import Path

#: The variables that the libraries of linear algebra (BLAS) read, once, when NumPy is imported.
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

#: The variable that names the kernels of OpenBLAS, and those for AVX-512 with the extensions that they need.
KERNELS, WIDE = "OPENBLAS_CORETYPE", "SkylakeX"
EXTENSIONS = {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}

#: The first family of AMD's processors, Zen 5, that OpenBLAS 0.3.31 takes for ones without AVX-512.
FAMILY = 26


def choose() -> None:
    """Choose threads and kernels for the matrix products of this process, and of those that it starts.

    It must be called before NumPy is imported. What the user has chosen stays.
    """
    if not any(name in os.environ for name in THREADS):
        # The matrices are small: a second thread gives a few per cent where nothing else runs, costs a multiple where
        # something does, and adds numbers up in another order, so that results differ in their last bits.
        os.environ.update(dict.fromkeys(THREADS, "1"))
    if KERNELS not in os.environ and is_wide(_processor()):
        os.environ[KERNELS] = WIDE  # products in half the time


def is_wide(processor: dict[str, str]) -> bool:
    """Whether this is a processor, as `/proc/cpuinfo` tells of it, whose AVX-512 OpenBLAS does not know of."""
    family = processor.get("cpu family", "")
    known = processor.get("vendor_id") != "AuthenticAMD" or not family.isdecimal() or int(family) < FAMILY
    return not known and set(processor.get("flags", "").split()) >= EXTENSIONS


def _processor() -> dict[str, str]:
    """Return what Linux tells of the first processor; elsewhere nothing."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as file:
            first = file.read(1 << 13).partition("\n\n")[0]
    except OSError:
        return {}
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def divided(workers: int) -> dict[str, str]:
    """Return the variables for each of some processes that share the threads of this one, at least one for each."""
    threads = next((os.environ[name] for name in THREADS if os.environ.get(name, "").isdecimal()), "1")
    return dict.fromkeys(THREADS, str(max(1, int(threads) // workers)))
