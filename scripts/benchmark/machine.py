"""What the figures depend on: the machine, Python, and the versions of everything that is measured."""

import importlib.metadata
import os
import platform
from pathlib import Path

from benchmark.processes import run_python

#: Whose versions are told.
PACKAGES = ("ner_window", "numpy", "torch", "python-crfsuite", "spacy", "seqeval", "gensim", "nltk", "typer")


def described() -> dict[str, str]:
    """Return the processor, its cores, the system, Python and the versions; of what is not installed it says so."""
    return {
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "kernels of NumPy's BLAS": kernels(),
        **{name: version(name) for name in PACKAGES},
    }


def version(package: str) -> str:
    """Return the version of an installed package."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def kernels() -> str:
    """Return for which processors the kernels were written that NumPy's matrix products are done by."""
    code = (
        "import numpy\nfrom threadpoolctl import threadpool_info\n"
        "print(*{each.get('architecture', each['internal_api']) for each in threadpool_info()})"
    )
    try:
        return run_python(code).strip() or "not known"
    except RuntimeError:  # no threadpoolctl
        return "not known"


def processor() -> str:
    """Return the name of the processor, and the widest of its vector instructions that figures hang on."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    told = dict(line.split(":", 1) for line in text.split("\n\n")[0].splitlines() if ":" in line)
    told = {name.strip(): value.strip() for name, value in told.items()}
    flags = told.get("flags", "").split()
    widest = next((name for name in ("avx512f", "avx2", "avx") if name in flags), "")
    return f"{told.get('model name', platform.machine())} {widest}".strip()
