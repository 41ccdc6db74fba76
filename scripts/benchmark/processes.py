"""Processes that are measured: what they took, and how long the first byte of their output took."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

#: The program itself, in the environment of the benchmark.
NER_WINDOW = (sys.executable, "-m", "ner_window")

#: Variables that say how many threads a library for matrices may use.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


@dataclass(frozen=True)
class Taken:
    """What a process took: seconds, seconds of the processor (user and system), and peak memory in bytes."""

    seconds: float
    processor: float
    peak: int


def measure(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> Taken:
    """Run a command to its end, its standard output thrown away, and return what it took.

    Raises
    ------
    RuntimeError
        It failed; with the last line that it wrote on standard error.
    """
    with tempfile.TemporaryDirectory() as directory:
        told = Path(directory) / "taken.json"
        launcher = [sys.executable, "-I", "-S", str(Path(__file__).with_name("launcher.py")), str(told)]
        done = subprocess.run(
            [*launcher, *map(str, command)],
            env=None if environment is None else dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        if done.returncode:
            last = done.stderr.strip().rsplit("\n", 1)[-1]
            raise RuntimeError(f"{shown(command)}: exit code {done.returncode}: {last}")
        return Taken(*json.loads(told.read_text()))


def first_byte(command: Sequence[str | Path], text: str) -> float:
    """Return the seconds until a command that reads `text` from a pipe writes the first byte to another."""
    began = time.perf_counter()
    with subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(text.encode())
        process.stdin.close()
        first = process.stdout.read(1)
        seconds = time.perf_counter() - began
        process.stdout.read()
    if process.returncode or not first:
        raise RuntimeError(f"{shown(command)}: exit code {process.returncode}, and wrote {first!r}")
    return seconds


def shown(command: Sequence[str | Path]) -> str:
    """Return a command as short as it can be told from others: the names of its files without their folders."""
    return " ".join(Path(part).name for part in map(str, command))


def run_python(code: str) -> str:
    """Run code in a new interpreter and return what it printed, as when its imports or its memory are measured."""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"a Python process failed: {done.stderr.strip().rsplit(chr(10), 1)[-1]}")
    return done.stdout


def with_threads(count: int | None) -> dict[str, str]:
    """Return the environment with so many threads for matrices, or, with None, as many as the program likes."""
    environment = {name: value for name, value in os.environ.items() if name not in THREADS}
    return environment if count is None else environment | dict.fromkeys(THREADS, str(count))
