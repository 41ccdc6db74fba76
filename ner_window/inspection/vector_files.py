"""Files of word vectors as training reads them: what is in one, and how it comes into the cache."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ner_window.errors import OutputError
from ner_window.text.vector_cache import kept_folder, open_kept
from ner_window.text.vector_text import Matrix, VectorsReport
from ner_window.text.vectors import find_vectors, format_of, load_vectors, read_vectors

#: Words at the head of a file that are shown.
SHOWN = 5

_BLOCK = 1 << 14  # vectors measured together


@dataclass(frozen=True)
class VectorFile:
    """What is known of a file of vectors.

    Parameters
    ----------
    source, path, format : str
        What was asked for, the file that it is, and its format, one of those in `text.vectors`.
    bytes : int
        Its size, packed if it is.
    sha256 : str
        As runs record it: the file's, or with ``archive.zip#member`` that of the archive and this name.
    cache : str, optional
        Where its vectors are kept for next time, if they are.
    words, dimensions : int
        How many words have a vector, of how many numbers.
    first : sequence of str
        The words at its head.
    not_lower_case : int
        Words that are written otherwise than in lower case.
    norms : dict of str to float
        The smallest Euclidean length of a vector, their mean, and the largest.
    report : VectorsReport
        What was left out.
    """

    source: str
    path: str
    format: str
    bytes: int
    sha256: str
    cache: str | None
    words: int
    dimensions: int
    first: Sequence[str]
    not_lower_case: int
    norms: dict[str, float]
    report: VectorsReport

    def as_dict(self) -> dict[str, Any]:
        """Return the form that ``--json`` prints; what was left out stands beside the rest."""
        report = {name: value for name, value in asdict(self.report).items() if name != "kept"}  # are the words
        return {name: value for name, value in vars(self).items() if name != "report"} | report


@dataclass(frozen=True)
class Import:
    """Vectors that are in the cache: whether they were before, where they are, and what they are."""

    source: str
    already: bool
    cache: str
    words: int
    dimensions: int
    sha256: str
    notes: Sequence[str]

    def as_dict(self) -> dict[str, Any]:
        """Return the form that ``--json`` prints."""
        return dict(vars(self))


def describe(source: str) -> VectorFile:
    """Return what is known of a file, or of the named set; it is read, but its vectors are not put into the cache.

    Raises
    ------
    VectorsError
        See `load_vectors`.
    """
    path, digest = find_vectors(source)
    kept = open_kept(digest)
    words, matrix, report = kept or read_vectors(path)
    return VectorFile(
        source,
        str(path),
        format_of(path),
        Path(str(path).partition("#")[0]).stat().st_size,
        digest,
        str(kept_folder(digest)) if kept else None,
        len(words),
        matrix.shape[1],
        words[:SHOWN],
        sum(word != word.lower() for word in words),
        _norms(matrix),
        report,
    )


def _norms(matrix: Matrix) -> dict[str, float]:
    """Return the smallest, the mean and the largest norm of vectors (V, d), a part of which is in memory at a time."""
    blocks = (matrix[i : i + _BLOCK].astype(np.float64) for i in range(0, len(matrix), _BLOCK))
    norms = np.concatenate([np.sqrt(np.einsum("vd,vd->v", block, block)) for block in blocks])
    return {"min": float(norms.min()), "mean": float(norms.mean()), "max": float(norms.max())}


def import_vectors(source: str) -> Import:
    """Put the vectors of a file, all of them, into the cache, from where training maps them into memory.

    Raises
    ------
    VectorsError
        See `load_vectors`.
    OutputError
        The cache cannot be written.
    """
    digest = find_vectors(source)[1]
    already = open_kept(digest) is not None
    vectors = load_vectors(source)
    if open_kept(vectors.sha256) is None:
        raise OutputError(f"{vectors.report.notes[-1]}; name another folder in NER_WINDOW_CACHE")
    count, d = vectors.matrix.shape
    folder = str(kept_folder(vectors.sha256))
    return Import(source, already, folder, count, d, vectors.sha256, vectors.report.notes)
