"""The versions that numbers depend on."""

import platform

import numpy as np

import ner_window


def versions() -> dict[str, str]:
    """Return the versions that the numbers of a run depend on."""
    return {"ner_window": ner_window.__version__, "numpy": np.__version__, "python": platform.python_version()}
