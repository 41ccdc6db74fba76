"""What gensim does for the project: named sets are downloaded, and nearest neighbours are found.

Importing gensim takes two seconds, so every function imports it for itself.
"""

import gzip
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ner_window.errors import OutputError

if TYPE_CHECKING:
    from gensim.models import KeyedVectors as KeyedVectors  # for those who annotate with it

Floats = NDArray[np.floating[Any]]

#: The formats of `write_word2vec`: by the end of the file's name, whether it is binary.
FORMATS = {".txt": False, ".vec": False, ".bin": True}


def download(name: str) -> Path:
    """Return the file of one of gensim's named sets, downloaded unless it is there."""
    import gensim.downloader

    return Path(gensim.downloader.load(name, return_path=True))


def keyed(words: Sequence[str], matrix: Floats) -> "KeyedVectors":
    """Return gensim's view of words (V,) and their vectors (V, d), which are not copied."""
    from gensim.models import KeyedVectors

    result = KeyedVectors(matrix.shape[1])
    result.index_to_key = list(words)
    result.key_to_index = {word: i for i, word in enumerate(words)}
    result.vectors = matrix
    result.fill_norms()
    result.norms[result.norms == 0] = 1  # a vector of zeros has the cosine 0 to every other, not 0/0
    return result


def neighbors(vectors: "KeyedVectors", word: str, limit: int, among: int | None = None) -> list[tuple[str, float]]:
    """Return the `limit` nearest other words and their cosines, nearest first; `among`: of the first so many."""
    found: list[tuple[str, float]] = vectors.most_similar(word, topn=limit, clip_end=among)
    return [(str(name), float(cosine)) for name, cosine in found]


def write_word2vec(path: Path, words: Sequence[str], matrix: Floats) -> list[str]:
    """Write words and their vectors (V, d), float32, in word2vec's format, text or binary as the name says.

    The name ends in .txt, .vec or .bin, and after that in .gz to be compressed. Numbers of the text format are the
    shortest that give the same float32 again. The format ends a word at its first space: words that hold one, or a
    tab, cannot be written.

    Returns
    -------
    left_out : list of str
        The words that cannot be written.

    Raises
    ------
    OutputError
        The name ends otherwise, or the file cannot be written.
    """
    binary = _is_binary(path)
    written = [i for i, word in enumerate(words) if " " not in word and "\t" not in word]
    temporary = path.with_name(f".new-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as plain, _packed(plain) if path.suffix == ".gz" else plain as file:
            file.write(f"{len(written)} {matrix.shape[1]}\n".encode())
            for i in written:
                row = np.asarray(matrix[i], "<f4")
                numbers = row.tobytes() if binary else " ".join(map(str, row)).encode()
                file.write(words[i].encode() + b" " + numbers + b"\n")
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return [word for word in words if " " in word or "\t" in word]


def _packed(file: IO[bytes]) -> IO[bytes]:
    """Return a file that compresses what is written to it; the same content gives the same bytes, whatever the day."""
    return gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0)  # type: ignore[return-value]


def _is_binary(path: Path) -> bool:
    """Return what a name says of the format."""
    suffix = Path(path.name.removesuffix(".gz")).suffix
    if suffix not in FORMATS:
        why = ", gensim's own format, which can run code when it is read" if suffix == ".kv" else ""
        known = ", ".join(FORMATS)
        raise OutputError(
            f"{path}: expected a name that ends in {known}, or in one of them and .gz, got {suffix!r}{why}; "
            "choose one of these, which gensim reads with KeyedVectors.load_word2vec_format"
        )
    return FORMATS[suffix]
