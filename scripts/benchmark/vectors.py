"""Loading glove.6B.50d as text: the first time, beside gensim; and from the cache, with the dictionary of words."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmark.processes import run_python
from benchmark.rows import Row, below, in_turn, seconds
from benchmark.workspace import Workspace, note
from ner_window.text.vectors import load_vectors

#: Loads a file as ours does, builds the dictionary, and tells the processor's seconds of
#: loading, the clock's of both, and the peak memory of the process.
#: VmHWM and not getrusage: the latter begins with the peak of the process that started this one.
OURS = """
import json, os, pathlib, time
os.environ["NER_WINDOW_CACHE"] = {cache!r}
from ner_window.text.vectors import load_vectors
from ner_window.text.words import Words
began, worked = time.perf_counter(), time.process_time()
vectors = load_vectors({path!r})
loaded = time.process_time()
words = Words(vectors.words)
assert words.find("the")[0] > 1
done = time.perf_counter()
status = pathlib.Path("/proc/self/status").read_text()
peak = int(status.split("VmHWM:")[1].split()[0]) * 1024
print(json.dumps([loaded - worked, done - began, peak]))
"""

GENSIM = """
import time
from gensim.models import KeyedVectors
began = time.process_time()
KeyedVectors.load_word2vec_format({path!r}, no_header=True)
print(time.process_time() - began)
"""


def rows(work: Workspace) -> Iterator[Row]:
    """Yield the rows of the first time and of the cache."""
    path, cache = glove_text(work), work.folder / "empty-cache"

    def first() -> float:
        shutil.rmtree(cache, ignore_errors=True)
        return float(ours(path, cache)[0])

    mine, theirs = in_turn(first, lambda: float(run_python(GENSIM.format(path=str(path)))), rounds=3)
    yield seconds("vectors", "text, the first time; the peer is gensim", mine, theirs, 6.0)
    cached = [ours(path, cache) for _ in range(9)]
    middle = [sorted(column)[len(column) // 2] for column in zip(*cached, strict=True)]
    yield below("vectors", "from the cache, with the dictionary of words", "s", middle[1], 0.4)
    yield below("vectors", "from the cache, peak memory of the process", "MB", middle[2] / 1e6, 200)


def ours(path: Path, cache: Path) -> list[float]:
    """Return the processor's seconds to load, the clock's with the dictionary built, and the peak memory in bytes."""
    told: list[float] = json.loads(run_python(OURS.format(path=str(path), cache=str(cache))))
    return told


def glove_text(work: Workspace) -> Path:
    """Write the vectors of glove-6b-50d as text, once."""
    path = work.folder.parent / "glove.6B.50d.txt"
    if not path.exists():
        note("writing glove.6B.50d as text")
        vectors = load_vectors("glove-6b-50d")
        whole = path.with_suffix(".new")
        with whole.open("w", encoding="utf-8") as file:
            for word, vector in zip(vectors.words, vectors.matrix.tolist(), strict=True):
                file.write(f"{word} {' '.join(f'{x:.5g}' for x in vector)}\n")
        whole.rename(path)
    return path
