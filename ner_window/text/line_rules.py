r"""What one line of a CoNLL file may hold.

Lines end at ``\n`` (one ``\r`` before it belongs to the ending), columns are cut at the tab where a line has one and at
ASCII spaces otherwise: `str.splitlines` and `str.split` also cut at characters that stand inside tokens.
"""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass, field

from ner_window.errors import CorpusError

DOCSTART = "-DOCSTART-"

#: Encodings in which a line end need not be the byte of one, or that byte not a line end.
HIDING = {"utf-7", "hz", "raw-unicode-escape", "unicode-escape"}

#: What a line is.
TOKEN, BLANK, DOCUMENT = range(3)


@dataclass(frozen=True)
class Layout:
    """Where things stand in a file. Columns count from 0, or with negative numbers from the end."""

    token_column: int = 0
    tag_column: int | None = -1
    encoding: str = "utf-8"


@dataclass
class LineReader:
    """Reads the lines of one file; the columns that they must all have are learned from its first token line.

    Raises
    ------
    CorpusError
        The encoding does not exist, or does not hold ASCII as single bytes.
    """

    source: str
    layout: Layout
    width: int = 0
    first: int = 0
    needed: int = field(init=False)
    is_utf8: bool = field(init=False)

    def __post_init__(self) -> None:
        _check_encoding(self.layout.encoding)
        self.is_utf8 = codecs.lookup(self.layout.encoding).name == "utf-8"
        columns = (self.layout.token_column, self.layout.tag_column)
        self.needed = max(c + 1 if c >= 0 else -c for c in columns if c is not None)
        if columns == (0, -1):
            self.needed = 2  # the last column is not the first one

    def read(self, number: int, raw: bytes) -> tuple[int, tuple[str, str], list[str]]:
        """Return what a line is, its text and ending, and of a token line the columns.

        Raises
        ------
        CorpusError
            With file:line: bytes that are not of the encoding, a missing or additional column, a stray carriage return.
        """
        first = number == 1
        text, ending = decode_line(raw, f"{self.source}:{number}", self.layout.encoding, first)
        if not text.strip(" \t\ufeff" if first else " \t"):
            return BLANK, (text, ending), []
        if DOCSTART in text and split_columns(text.lstrip("\ufeff"))[:1] == [DOCSTART]:
            return DOCUMENT, (text, ending), []
        return TOKEN, (text, ending), self._columns(number, text.removeprefix("\ufeff") if first else text)

    def token_and_tag(self, columns: Sequence[str]) -> tuple[str, str | None]:
        """Return the token and, where the layout has a column for it, the tag."""
        tag = self.layout.tag_column
        return columns[self.layout.token_column], None if tag is None else columns[tag]

    def _columns(self, number: int, text: str) -> list[str]:
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


def decode_line(raw: bytes, where: str, encoding: str, first: bool, *, returns: bool = False) -> tuple[str, str]:
    r"""Return a line's text and its ending (``\n``, ``\r\n`` or nothing); a byte order mark stays in the text.

    With `returns` it may hold carriage returns, as raw text may: there they are white space.
    """
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
    if "\r" in text and not returns:
        raise CorpusError(f"{where}: carriage return inside a line, got {text[:40]!r}; convert the line endings")
    return text, line[len(text) :]


def _check_encoding(encoding: str) -> None:
    probe = "\t\n " + "A" * 100  # longer than a name of the Internet, which is all that idna holds
    try:
        if codecs.lookup(encoding).name in HIDING:
            raise CorpusError(f"encoding: {encoding!r} can write a line end in other bytes; convert the file to UTF-8")
        ascii_safe = probe.encode(encoding) == probe.encode("ascii")
    except LookupError:
        raise CorpusError(f"encoding: no such encoding, got {encoding!r}; for example utf-8 or iso-8859-1") from None
    except UnicodeError:
        ascii_safe = False
    except ValueError:  # a NUL in the name
        raise CorpusError(f"encoding: no such encoding, got {encoding!r}; for example utf-8 or iso-8859-1") from None
    if not ascii_safe:
        raise CorpusError(
            f"encoding: {encoding!r} does not hold ASCII as single bytes; convert the file to UTF-8, "
            "which may begin with a mark, and is read as utf-8"
        )
