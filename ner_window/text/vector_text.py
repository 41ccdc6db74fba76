"""Word vectors as text, GloVe's (Pennington et al. 2014) and word2vec's: a word and d numbers a line."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO

import numpy as np
from numpy.typing import NDArray

from ner_window.errors import VectorsError
from ner_window.text.decimals import parse_decimals

Matrix = NDArray[np.float32]

#: The line numbers (n,), the words (n,) and their vectors (n, d) of some lines.
Rows = tuple[Sequence[int], list[bytes], Matrix]

_BLOCK = 1 << 18  # bytes parsed together: what is found in them fits into a core's cache

#: Bytes of a line, and numbers of a vector.
LONGEST = 1 << 22
MOST_DIMENSIONS = 100_000

#: Lines that tell how many numbers a vector has.
LOOKED_AT = 10

#: Digits of a number in a header.
_DIGITS = 18


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


def read_text(stream: IO[bytes], source: str) -> tuple[list[str], Matrix, VectorsReport]:
    """Read GloVe or word2vec text. A word is all that stands before the last d fields, so it may hold spaces.

    A header line, rows with NaN or infinities, repeated words (the first stays), words that are not UTF-8 and a last
    line cut short are left out and counted. Any other line that is not a word and d numbers stops the reading.
    """
    report = VectorsReport()
    lines = [line for number in range(1, LOOKED_AT + 1) if (line := read_line(stream, source, number))]
    if not lines:
        return [], np.empty((0, 0), np.float32), report
    header = read_header(lines[0])
    first = 2 if header else 1
    d = header[1] if header else dimensions_of(lines)
    check_dimensions(d, source, lines[0])
    words: dict[str, None] = {}
    matrices: list[Matrix] = []
    block = b"".join(lines[1:] if header else lines)
    while block := _block(stream, block, source, first):
        whole = block.rfind(b"\n") + 1  # the last line may have no end
        for part in filter(None, (block[:whole], block[whole:])):
            rows = _rows_at_once(part, first, d) or _rows_by_line(part, first, d, source, report)
            matrices.append(add_rows(*rows, f"{source}:", words, report))
            first += part.count(b"\n")
        block = b""
    if header and header[0] != report.rows:
        report.notes.append(f"{source}:1: the header promises {header[0]} vectors, the file holds {report.rows}")
    report.kept = len(words)
    report.with_spaces = sum(" " in word for word in words)
    return list(words), np.concatenate(matrices) if matrices else np.empty((0, 0), np.float32), report


def read_line(stream: IO[bytes], source: str, number: int) -> bytes:
    """Return the next line, or nothing at the end of the stream.

    Raises
    ------
    VectorsError
        With file:line: it is longer than `LONGEST`.
    """
    line = stream.readline(LONGEST + 1)
    if len(line) > LONGEST:
        raise VectorsError(
            f"{source}:{number}: a line of more than {LONGEST >> 20} MB, got {_shown(line)}; is it a vectors file?"
        )
    return line


def dimensions_of(lines: Sequence[bytes]) -> int:
    """Return how many numbers stand behind the word in most of the first lines, `LOOKED_AT` if there are as many.

    Of equally frequent numbers it is the lowest: words may hold spaces. The last line counts if there are two at most.
    """
    counts = Counter(len(line.split()) - 1 for line in (lines[:-1] if len(lines) > 2 else lines))
    return min(counts, key=lambda n: (-counts[n], n))


def check_dimensions(d: int, source: str, line: bytes) -> None:
    """Raise `VectorsError` if a first line says that vectors have so many numbers that there are none, or too many."""
    if not 1 <= d <= MOST_DIMENSIONS:
        raise VectorsError(f"{source}:1: expected a word and its numbers, got {_shown(line)}")


def _block(stream: IO[bytes], before: bytes, source: str, first: int) -> bytes:
    """Return what comes next, whole lines, behind what was read `before`; the first of them has the number `first`."""
    block = before + stream.read(_BLOCK)
    return block + read_line(stream, source, first + block.count(b"\n"))


def _rows_at_once(block: bytes, first: int, d: int) -> Rows | None:
    """Parse lines of words, spaces and numbers, or nothing if one is of another form.

    What stands before the last d spaces of a line is its word. All spaces, line ends and dots are found in one go, so
    that a number's dot, and its beginning, is what was found before its end.
    """
    if b"\t" in block:
        return None
    for ending in (b"\r\n", b" \n"):  # of all lines, if of the first one
        if block.startswith(ending, max(block.find(b"\n") - 1, 0)):
            block = block.replace(ending, b"\n")
    characters = np.frombuffer(block, np.uint8)
    marks = np.flatnonzero((characters == ord(" ")) | (characters == ord("\n")) | (characters == ord(".")))
    kinds = characters[marks]
    cuts = np.flatnonzero(kinds != ord("."))  # indices of marks, as the two below
    last = np.flatnonzero(kinds[cuts] == ord("\n"))  # indices of cuts: the end of each line
    if not len(last) or marks[-1] != len(block) - 1 or np.diff(last, prepend=-1).min() <= d:
        return None
    numbers = (last[:, None] + np.arange(1 - d, 1)).ravel()  # (n * d,)
    ends, before = cuts[numbers], cuts[numbers - 1]
    dots = np.where(ends - before == 2, marks[ends - 1], marks[ends])  # of two dots, and none, the parser is told none
    try:
        values = parse_decimals(block, marks[before] + 1, dots, marks[ends])
    except ValueError:
        return None
    word_starts = [0, *(marks[cuts[last[:-1]]] + 1).tolist()]
    word_ends = marks[cuts[last - d]].tolist()
    words = [block[a:b] for a, b in zip(word_starts, word_ends, strict=True)]
    with np.errstate(over="ignore"):  # what float32 cannot hold is told as what is not finite
        return range(first, first + len(words)), words, values.astype(np.float32).reshape(-1, d)


def _rows_by_line(block: bytes, first: int, d: int, source: str, report: VectorsReport) -> Rows:
    """Parse lines one by one: cut at tabs or spaces, and with the line in the message if one is wrong."""
    rows: list[bytes] = []
    numbers: list[int] = []
    words: list[bytes] = []
    for number, line in enumerate(block.removesuffix(b"\n").split(b"\n"), first):
        cut = b"\t" if b"\t" in line else b" "
        fields = line.rstrip(cut + b"\r").rsplit(cut, d)
        where = f"{source}:{number}"
        if not block.endswith(b"\n") and not _is_row(fields, d):  # only the last line of a file ends so
            report.note("truncated", where, f"the last line is cut short and left out: {_shown(line)}")
            continue
        if len(fields) != d + 1:
            raise VectorsError(f"{where}: expected a word and {d} numbers, got {len(fields)} fields: {_shown(line)}")
        words.append(fields[0])
        numbers.append(number)
        rows.append(b" ".join(fields[1:]))
    return numbers, words, _numbers(rows, numbers, source, d)


def add_rows(
    numbers: Sequence[int],
    words: list[bytes],
    matrix: Matrix,
    place: str,
    known: dict[str, None],
    report: VectorsReport,
) -> Matrix:
    """Add words to the known ones and return the matrix of those that were new and whole.

    A row's number stands behind the `place` in messages.
    """
    report.rows += len(words)
    keep = np.atleast_1d(np.isfinite(matrix).all(axis=1))
    try:
        names = b"\n".join(words).decode().split("\n") if words else []
    except UnicodeDecodeError:
        names = []
    if len(names) == len(words) == len(set(names)) and keep.all() and known.keys().isdisjoint(names):
        known.update(dict.fromkeys(names))
        return matrix
    kept: list[int] = []
    for i, (number, word) in enumerate(zip(numbers, words, strict=True)):
        where = f"{place}{number}"
        name = _decoded(word)
        if b"\n" in word:
            report.note("undecodable", where, f"a word with a line end is left out: {_shown(word)}")
        elif name is None:
            report.note("undecodable", where, f"the word is not UTF-8 and left out: {_shown(word)}")
        elif not keep[i]:
            report.note("not_finite", where, f"the vector of {name!r} is not finite; left out")
        elif name in known:
            report.note("duplicates", where, f"{name!r} stands here again; the first vector stays")
        else:
            known[name] = None
            kept.append(i)
    return matrix[kept]


def _decoded(word: bytes) -> str | None:
    """Return a word, or None if it is not UTF-8."""
    try:
        return word.decode()
    except UnicodeDecodeError:
        return None


def _is_row(fields: list[bytes], d: int) -> bool:
    """Whether fields are a word and d numbers."""
    try:
        return len(_row(fields[1:])) == d
    except ValueError:
        return False


def _row(numbers: list[bytes]) -> Matrix:
    """Return numbers as float32, those that it cannot hold as infinities; `ValueError` if one is none."""
    with np.errstate(over="ignore"):
        return np.array(
            list(map(float, numbers)), dtype=np.float32
        )  # of strings NumPy makes each as long as the longest


def _numbers(rows: list[bytes], numbers: list[int], source: str, d: int) -> Matrix:
    """Turn rows of d numbers into a matrix, one by one to find the row that is wrong."""
    matrix = np.empty((len(rows), d), np.float32)
    for i, (number, row) in enumerate(zip(numbers, rows, strict=True)):
        try:
            matrix[i] = _row(row.split(b" ")).reshape(d)
        except ValueError:
            raise VectorsError(f"{source}:{number}: expected {d} numbers, got {_shown(row)}") from None
    return matrix


def read_header(line: bytes) -> tuple[int, int] | None:
    """Return count and dimensions if a first line is word2vec's header."""
    fields = line.split()
    if len(fields) == 2 and all(field.isdigit() and len(field) <= _DIGITS for field in fields):
        return int(fields[0]), int(fields[1])
    return None


def is_binary(start: bytes) -> bool:
    """Whether bytes hold control characters that no text has."""
    return any(byte < 9 or 13 < byte < 32 for byte in start[:4096])


def _shown(line: bytes) -> str:
    text = line[:60].decode(errors="replace").rstrip("\n")
    return repr(text + ("..." if len(line) > 60 else ""))
