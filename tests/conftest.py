"""Tiny real objects: the quickstart's model, trained once for all tests, and a way to run the program."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from ner_window.threads import use_one_thread

use_one_thread()  # before NumPy comes: two on a busy machine take a multiple of the time
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # hundreds of processes would compile the package anew

settings.register_profile("project", deadline=None)  # a busy machine is no failure
settings.load_profile("project")

ROOT = Path(__file__).resolve().parent.parent
Program = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Run `ner-window` as a user does, in a process of its own."""
    cache = tmp_path_factory.mktemp("cache")

    def run(*arguments: object, stdin: str | bytes = "", code: int | None = 0, cwd: Path = ROOT):
        done = subprocess.run(
            [sys.executable, "-m", "ner_window", *map(str, arguments)],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            cwd=cwd,
            env={**os.environ, "NER_WINDOW_CACHE": str(cache), "PYTHONPATH": str(ROOT)},
            timeout=120,
        )
        result = subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(errors="surrogateescape"), done.stderr.decode()
        )
        assert code is None or result.returncode == code, result.stderr
        return result

    return run


@pytest.fixture(scope="session")
def model(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model trained for a few epochs on data/."""
    directory = tmp_path_factory.mktemp("runs") / "model"
    program("train", "configs/quickstart.yaml", "-o", directory, "--set", "training.epochs=4")
    return directory


@pytest.fixture(scope="session")
def reader(program: Program, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose tags depend on the whole document."""
    folder = tmp_path_factory.mktemp("documents")
    (folder / "c.yaml").write_text(f"""
data: {{train: {root}/data/train.conll, dev: {root}/data/dev.conll, limit: 120}}
vectors: {{source: {root}/data/glove.50d.txt}}
features: [case, casing, gazetteer, tag_statistics, first_pass]
optimizer: {{learning_rate: 0.005}}
training: {{epochs: 2, folds: 2, batch_size: 8}}
""")
    program("train", folder / "c.yaml", "-o", folder / "model")
    return folder / "model"
