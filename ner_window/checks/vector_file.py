"""Files of word vectors read as they come, whatever is wrong with them: their findings, and their words."""

import io
import re
from collections.abc import Container
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ner_window.checks.findings import Defect, Findings, finding_of, number_of, quoted
from ner_window.checks.streams import LONGEST, ShortLines
from ner_window.errors import CorpusError, VectorsError
from ner_window.text.files import open_input
from ner_window.text.lines import PIECE, split_lines, whole_lines
from ner_window.text.vector_text import LOOKED_AT, VectorsReport, dimensions_of, is_binary, read_header, read_text
from ner_window.text.vectors import GLOVE, load_vectors

#: Bytes of a line that a finding keeps: the word and some numbers.
SHOWN = 80

#: What the notes of `VectorsReport` say, the code that it is here, and the count that goes with it.
_NOTES = (
    ("is not finite", "W704", "not_finite"),
    ("again", "W705", "duplicates"),
    ("a repeated word", "W705", "duplicates"),
    ("is not UTF-8", "W706", "undecodable"),
    ("with a line end", "W706", "undecodable"),
    ("cut short", "W707", "truncated"),
    ("the header promises", "W708", None),
)


@dataclass
class VectorFacts:
    """What is known of a file of vectors: how many rows of how many dimensions, and the words that were asked for."""

    source: str
    rows: int = 0
    dimensions: int = 0
    words: list[str] = field(default_factory=list)


def check_vectors(source: str, findings: Findings, wanted: Container[str], limit: int | None = None) -> VectorFacts:
    """Check a file of vectors; of its words, of the first `limit` of them, those that are `wanted` are kept.

    Text is read here, whatever is wrong with it; what is in a .zip, or is no text, as training reads it, up to the
    first error. All words are remembered, to tell those that are repeated: some 100 bytes for each.

    Raises
    ------
    VectorsError
        The file cannot be opened.
    """
    if source == GLOVE or source.partition("#")[0].endswith((".npy", ".kv", ".zip")):
        return _loaded(source, findings, wanted, limit)
    try:
        with open_input(source) as file:
            start = file.peek(1 << 12)[: 1 << 12] if isinstance(file, io.BufferedReader) else b""
            if read_header(start.split(b"\n", 1)[0]) and is_binary(start.split(b"\n", 1)[-1]):
                return _loaded(source, findings, wanted, limit)
            check = VectorCheck(source, findings, wanted, limit)
            try:
                for piece in whole_lines(ShortLines(file).read, PIECE):
                    check.add(piece)
            except CorpusError as error:  # of a compressed file
                check.begin()
                check.report(check.lines + 1, "E703", str(error).partition(": ")[2], "fetch it again", b"")
            return check.finish()
    except CorpusError as error:
        raise VectorsError(str(error)) from None
    except OSError as error:
        raise VectorsError(f"{source}: cannot be read: {error.strerror}") from None


def _loaded(source: str, findings: Findings, wanted: Container[str], limit: int | None) -> VectorFacts:
    """Read vectors that are no plain text as training does, and report what it notes."""
    if source != GLOVE and not Path(source.partition("#")[0]).exists():
        raise VectorsError(f"{source}: cannot be read: No such file or directory")
    try:
        vectors = load_vectors(source, limit)
    except VectorsError as error:
        what = str(error).removeprefix(f"{source}: ")
        findings.add(finding_of(source, 1, Defect("E703", 1, what, "correct it, or name another file")))
        return VectorFacts(source)
    for note in vectors.report.notes:
        _report_note(source, note, vectors.report, findings)
    words = [word for word in vectors.words if word in wanted]
    return VectorFacts(source, vectors.report.rows, vectors.matrix.shape[1], words)


def _report_note(source: str, note: str, report: VectorsReport, findings: Findings) -> None:
    """Turn a note of what was left out into a finding; those of one kind are counted together."""
    for phrase, code, kind in _NOTES:
        if phrase in note:
            line = re.match(rf"{re.escape(source)}:(\d+): ", note)
            what = note[line.end() :] if line else note.removeprefix(f"{source}, ")
            more = f" ({n} such)" if kind and (n := getattr(report, kind)) > 1 else ""
            defect = Defect(code, 1, what + more, "nothing: training leaves them out")
            findings.add(finding_of(source, int(line.group(1)) if line else 1, defect))
            return


class VectorCheck:
    """The state of a text file of vectors that is being read."""

    def __init__(self, source: str, findings: Findings, wanted: Container[str], limit: int | None = None) -> None:
        self.facts = VectorFacts(source)
        self.lines = 0
        self._findings = findings
        self._wanted = wanted
        self._limit = limit
        self._first = b""  # the first lines, until there are enough of them
        self._header: tuple[int, int] | None = None
        self._known: set[str] = set()
        self._spaces = [0, 0]  # words that hold spaces: how many, the first one's line
        self._wrong = 0  # lines that are no vectors

    def add(self, piece: bytes) -> None:
        """Look at whole lines; the first ones tell the dimensions, so they are waited for."""
        if self.lines:
            self._add(piece)
        else:
            self._first += piece
            if self._first.count(b"\n") >= LOOKED_AT:
                self._add(self._first)

    def begin(self) -> None:
        """Look at the first lines, if they are still waited for."""
        if not self.lines and self._first:
            self._add(self._first)

    def _add(self, piece: bytes) -> None:
        """Look at whole lines: all at once, and one by one where that fails."""
        lines = split_lines(piece)
        if not self.lines:
            self._begin(lines)
        skipped = int(self.lines == 0 and self._header is not None)
        first = self.lines + 1 + skipped
        self.lines += len(lines)
        block = piece.partition(b"\n")[2] if skipped else piece
        if not self._at_once(block, len(lines) - skipped):
            for number, line in enumerate(lines[skipped:], first):
                self._one(number, line, whole=number < self.lines or piece.endswith(b"\n"))

    def _begin(self, lines: list[bytes]) -> None:
        """Find out the dimensions, as `read_text` does."""
        self._header = read_header(lines[0])
        self.facts.dimensions = self._header[1] if self._header else dimensions_of(lines[:LOOKED_AT])

    def _at_once(self, block: bytes, count: int) -> bool:
        """Take lines without a defect; return whether they are such ones."""
        if not block:
            return True
        try:
            words, matrix, report = read_text(io.BytesIO(block), "")
        except VectorsError:
            return False
        fine = len(words) == count and report.rows == count and matrix.shape[1] == self.facts.dimensions
        if not fine or report.notes or report.with_spaces or not self._known.isdisjoint(words):
            return False
        self._take(words)
        return True

    def _take(self, words: list[str]) -> None:
        room = None if self._limit is None else max(self._limit - len(self._known), 0)
        self._known.update(words)
        self.facts.rows += len(words)
        self.facts.words += [word for word in words[:room] if word in self._wanted]

    def _one(self, number: int, line: bytes, *, whole: bool) -> None:
        """Look at one line; `whole` is false for a last one without an end."""
        d = self.facts.dimensions
        cut = b"\t" if b"\t" in line else b" "
        word, *numbers = line.rstrip(cut + b"\r").rsplit(cut, max(d, 0))
        row = _row(numbers) if len(numbers) == d > 0 else None
        if row is None and not whole:
            self.report(number, "W707", "the last line is cut short", "fetch the file again", line)
        elif row is None:
            self._wrong += 1
            self._wrong_line(number, line, len(numbers))
        else:
            self.facts.rows += 1
            self._word(number, line, word, bool(np.isfinite(row).all()))

    def _wrong_line(self, number: int, line: bytes, got: int) -> None:
        d = self.facts.dimensions
        if len(line) > LONGEST:
            self.report(number, "E703", f"the line has more than {LONGEST} bytes", "is it a vectors file?", line)
        elif got != d:
            fix = "resolve the conflict" if re.match(rb"[<=>]{7}", line) else "correct or delete the line"
            what = f"expected a word and {d} numbers, got {got + 1} fields"
            self.report(number, "E701", what, fix, line)
        else:
            self.report(number, "E702", f"expected {d} numbers behind a word", "correct or delete the line", line)

    def _word(self, number: int, line: bytes, word: bytes, finite: bool) -> None:
        try:
            name = word.decode()
        except UnicodeDecodeError:
            self.report(number, "W706", f"the word is not UTF-8, got {word[:40]!r}", "convert the file to UTF-8", line)
            return
        if not finite:
            self.report(number, "W704", f"the vector of {quoted(name)} is not finite", "it is left out", line)
        elif name in self._known:
            self.report(number, "W705", f"{quoted(name)} stands here again", "the first vector stays", line)
        else:
            self.facts.rows -= 1
            self._take([name])
            if " " in name:
                self._spaces = [self._spaces[0] + 1, self._spaces[1] or number]

    def report(self, line: int, code: str, message: str, fix: str, raw: bytes) -> None:
        """Add a finding at a line."""
        source, text = self.facts.source, raw[:SHOWN].decode("utf-8", "replace")
        if self._findings.has_room(source, code):
            text += "..." if len(raw) > SHOWN else ""
            self._findings.add(finding_of(source, line, Defect(code, 1, message, fix), text))
        else:
            self._findings.add_uncounted(source, code, 1)

    def finish(self) -> VectorFacts:
        """Report what is known at the end."""
        self.begin()
        rows, header = self.facts.rows, self._header
        if not self._known:
            self.report(1, "E703", f"no vectors, got {number_of(self.lines, 'line')}", "is it a vectors file?", b"")
        if header and header[0] != rows + self._wrong:
            what = f"the header promises {header[0]} vectors, the file holds {rows + self._wrong}"
            self.report(1, "W708", what, "was it cut short? fetch it again", b"%d %d" % header)
        if self._spaces[0]:
            what = f"words that hold a space: {self._spaces[0]}, this one first"
            self.report(self._spaces[1], "N709", what, "nothing: they are read right, but not by all tools", b"")
        return self.facts


def _row(numbers: list[bytes]) -> "np.ndarray[tuple[int], np.dtype[np.float32]] | None":
    """Return numbers, or None if one of them is none."""
    try:
        with np.errstate(over="ignore"):
            return np.array(list(map(float, numbers)), dtype=np.float32)
    except ValueError:
        return None
