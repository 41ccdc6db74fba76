"""What the figures depend on: the machine, Python, and the versions of everything that is measured."""

import importlib.metadata
import os
import platform
from pathlib import Path

#: Whose versions are told.
PACKAGES = ("ner_window", "numpy", "torch", "python-crfsuite", "spacy", "seqeval", "gensim", "nltk", "typer")


def described() -> dict[str, str]:
    """Return the processor, its cores, the system, Python and the versions; of what is not installed it says so."""
    return {
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


def version(package: str) -> str:
    """Return the version of an installed package."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


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
