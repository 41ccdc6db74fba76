"""Word vectors in word2vec's binary format: a line with their count and dimensions, then words and float32 numbers.

A word ends at its first space; its d numbers follow, little-endian, and by most programs a line end. Nothing is
reserved for what the first line promises: memory grows with what is there.
"""

from io import BufferedReader

import numpy as np

from ner_window.errors import VectorsError
from ner_window.text.vector_text import Matrix, VectorsReport, add_rows, check_dimensions, read_header, read_line

#: Bytes of a word.
LONGEST_WORD = 1 << 16

_BLOCK = 1 << 20  # bytes read together


def read_binary(stream: BufferedReader, source: str) -> tuple[list[str], Matrix, VectorsReport]:
    """Read word2vec's binary format.

    Vectors with NaN or infinities, repeated words (the first stays) and words that are not UTF-8, or hold a line end,
    are left out and counted.

    Raises
    ------
    VectorsError
        The file is cut short, or not what its first line says.
    """
    line = read_line(stream, source, 1)
    header = read_header(line)
    count, d = header or (0, 0)
    check_dimensions(d, source, line)
    report, words, matrices = VectorsReport(), dict[str, None](), [np.empty((0, d), np.float32)]
    rest = b""
    while report.rows < count:
        piece = stream.read(max(_BLOCK, 4 * d))
        block = rest + piece
        names, rows, end = _whole_vectors(block, count - report.rows, d)
        if names:
            numbers = range(report.rows + 1, report.rows + len(names) + 1)
            matrices.append(add_rows(numbers, names, rows, f"{source}, vector ", words, report))
        elif not piece or len(block) > LONGEST_WORD + 4 * d:
            why = "it ends there" if not piece else "no word begins there"
            raise VectorsError(
                f"{source}: not a whole word2vec binary file: its first line promises {count} vectors of {d} numbers, "
                f"but in vector {report.rows + 1} {why}; fetch it again"
            )
        rest = block[end:]
    report.kept = len(words)
    return list(words), np.concatenate(matrices), report


def _whole_vectors(block: bytes, most: int, d: int) -> tuple[list[bytes], Matrix, int]:
    """Return the words and vectors at the head of some bytes, not more than `most`, and where what is left begins."""
    names: list[bytes] = []
    numbers: list[bytes] = []
    at = 0
    while len(names) < most:
        space = block.find(b" ", at)
        if space < 0 or space + 1 + 4 * d > len(block):
            break
        names.append(block[at:space].lstrip(b"\n"))
        at = space + 1 + 4 * d
        numbers.append(block[space + 1 : at])
    return names, np.frombuffer(b"".join(numbers), "<f4").astype(np.float32).reshape(-1, d), at
