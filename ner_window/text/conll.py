r"""CoNLL files: one token a line in columns, a blank line after each sentence, ``-DOCSTART-`` before each document.

Lines end at ``\n`` (one ``\r`` before it belongs to the ending), columns are cut at the tab where a line has one and at
ASCII spaces otherwise: `str.splitlines` and `str.split` also cut at characters that stand inside tokens.
"""

import codecs
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ner_window.errors import CorpusError
from ner_window.text.files import open_input, shown_name

DOCSTART = "-DOCSTART-"


@dataclass(frozen=True, slots=True)
class Sentence:
    """Tokens and, where they are known, their tags, with the place that they came from.

    `line` is the number of the first token's line, 1 for the first line of the file; the others follow it.
    """

    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    source: str
    line: int
    document: int = 0

    def where(self, token: int) -> str:
        """Return file:line of a token, given by its position."""
        return f"{self.source}:{self.line + token}"


@dataclass(frozen=True, slots=True)
class Block:
    """A run of lines: those of one sentence, or a single blank or document line (`tokens` is then empty).

    `lines` holds each line's text without, and its ending with, the characters that end it.
    """

    lines: tuple[tuple[str, str], ...]
    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    line: int
    kind: str  # "sentence", "blank" or "document"


@dataclass(frozen=True)
class Corpus:
    """A whole file: its sentences, and counts of its lines that add up to their number.

    `sha256` is that of the lines: of a compressed file, of what is in it.
    """

    source: str
    sentences: tuple[Sentence, ...]
    sha256: str
    lines: int
    token_lines: int
    blank_lines: int
    document_lines: int

    @property
    def documents(self) -> int:
        """Documents that hold a sentence."""
        return len({sentence.document for sentence in self.sentences})


@dataclass(frozen=True)
class Layout:
    """Where things stand in a file. Columns count from 0, or with negative numbers from the end."""

    token_column: int = 0
    tag_column: int | None = -1
    encoding: str = "utf-8"


@dataclass
class _Reader:
    """The columns that the lines of one file must all have, learned from its first token line."""

    source: str
    layout: Layout
    width: int = 0
    first: int = 0
    needed: int = field(init=False)

    def __post_init__(self) -> None:
        columns = (self.layout.token_column, self.layout.tag_column)
        self.needed = max(c + 1 if c >= 0 else -c for c in columns if c is not None)
        if columns == (0, -1):
            self.needed = 2  # the last column is not the first one

    def columns(self, number: int, text: str) -> list[str]:
        """Cut a line, and check that it has as many columns as the lines before it, none of them empty."""
        columns = split_columns(text)
        where = f"{self.source}:{number}"
        if not self.width:
            if len(columns) < self.needed:
                raise CorpusError(f"{where}: expected at least {self.needed} columns, got {len(columns)}: {text!r}")
            self.width, self.first = len(columns), number
        if len(columns) != self.width:
            raise CorpusError(
                f"{where}: expected {self.width} columns as in line {self.first}, got {len(columns)}: {text!r}"
            )
        for column in (self.layout.token_column, self.layout.tag_column):
            if column is not None and not columns[column].strip(" "):
                raise CorpusError(f"{where}: column {column} is empty, got {text!r}; is there a tab too many?")
        return columns


def split_columns(text: str) -> list[str]:
    """Cut a line at its tabs, or if it has none at runs of ASCII spaces."""
    return text.split("\t") if "\t" in text else [column for column in text.split(" ") if column]


def read_blocks(stream: Iterable[bytes], source: str, layout: Layout) -> Iterator[Block]:
    """Read lines of bytes as they come and yield each sentence when it is complete; see `Block`.

    Raises
    ------
    CorpusError
        With file:line: bytes that are not of the encoding, a missing or additional column, a stray carriage return.
    """
    _check_encoding(layout.encoding)
    reader = _Reader(source, layout)
    lines: list[tuple[str, str]] = []
    rows: list[list[str]] = []

    def sentence(end: int) -> Iterator[Block]:
        if lines:
            tag = layout.tag_column
            tokens = tuple(row[layout.token_column] for row in rows)
            tags = () if tag is None else tuple(row[tag] for row in rows)
            yield Block(tuple(lines), tokens, tags, end - len(lines), "sentence")
            lines.clear()
            rows.clear()

    number = 0
    for number, raw in enumerate(stream, 1):
        text, ending = decode_line(raw, f"{source}:{number}", layout.encoding, first=number == 1)
        if not text.strip(" \t\ufeff" if number == 1 else " \t"):
            yield from sentence(number)
            yield Block(((text, ending),), (), (), number, "blank")
        elif split_columns(text.lstrip("\ufeff"))[0] == DOCSTART:
            yield from sentence(number)
            yield Block(((text, ending),), (), (), number, "document")
        else:
            lines.append((text, ending))
            rows.append(reader.columns(number, text.removeprefix("\ufeff") if number == 1 else text))
    yield from sentence(number + 1)


def decode_line(raw: bytes, where: str, encoding: str, first: bool) -> tuple[str, str]:
    r"""Return a line's text and its ending (``\n``, ``\r\n`` or nothing); a byte order mark stays in the text."""
    if first and raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise CorpusError(f"{where}: the file is UTF-16; convert it to UTF-8")
    if first and raw.startswith(codecs.BOM_UTF8) and encoding.lower().replace("_", "-") not in ("utf-8", "utf8"):
        raise CorpusError(f"{where}: the file begins with a UTF-8 mark but is read as {encoding}; set the encoding")
    try:
        line = raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise CorpusError(
            f"{where}: byte {error.start + 1} is not {encoding}, got {raw[error.start : error.start + 1]!r}; "
            "set the encoding (data.encoding, --encoding), for example iso-8859-1"
        ) from None
    text = line.removesuffix("\n").removesuffix("\r")
    if "\r" in text:
        raise CorpusError(f"{where}: carriage return inside a line, got {text[:40]!r}; convert the line endings")
    return text, line[len(text) :]


def read_corpus(path: Path | str, layout: Layout | None = None) -> Corpus:
    """Read a whole file; compressed ones (.gz, .bz2, .xz) as what is in them, ``-`` as standard input.

    Raises
    ------
    CorpusError
        A file that cannot be opened or is damaged, or a line that cannot be read (see `read_blocks`).
    """
    layout = layout or Layout()
    source = shown_name(path)
    file_lines = _HashedLines()
    counts = {"sentence": 0, "blank": 0, "document": 0}
    sentences: list[Sentence] = []
    document = 0
    try:
        with open_input(path) as file:
            for block in read_blocks(file_lines.of(file), source, layout):
                counts[block.kind] += len(block.lines)
                document += block.kind == "document"
                if block.kind == "sentence":
                    sentences.append(Sentence(block.tokens, block.tags, source, block.line, document))
    except OSError as error:
        raise CorpusError(f"{source}: cannot be read: {error.strerror}") from None
    numbers = counts["sentence"], counts["blank"], counts["document"]
    return Corpus(source, tuple(sentences), file_lines.digest.hexdigest(), file_lines.number, *numbers)


class _HashedLines:
    """Counts and hashes lines on their way."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self.number = 0

    def of(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        for line in lines:
            self.digest.update(line)
            self.number += 1
            yield line


def _check_encoding(encoding: str) -> None:
    try:
        ascii_safe = "\t\n A".encode(encoding) == b"\t\n A"
    except LookupError:
        raise CorpusError(f"encoding: no such encoding, got {encoding!r}; for example utf-8 or iso-8859-1") from None
    if not ascii_safe:
        raise CorpusError(f"encoding: {encoding!r} does not hold ASCII as single bytes; convert the file to UTF-8")
