"""What a line of a CoNLL file shows by itself: each distinct line is looked at once, and never refused."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ner_window.checks.characters import SUSPECT, check_characters
from ner_window.checks.findings import Defect
from ner_window.checks.streams import LONGEST
from ner_window.checks.tag_names import check_tag
from ner_window.text.line_rules import BLANK, DOCSTART, DOCUMENT, TOKEN, Layout, split_columns

#: What a line is marked with: how it ends, what its columns are cut at, and, if it is not ASCII, how it is encoded.
MARKS = CRLF, TABS, SPACES, UTF8, NOT_UTF8 = 1, 2, 4, 8, 16
#: The mark of lines without CRLF, which is none.
LF = 0

_CONFLICT = re.compile(r"<{7} |>{7} |={7}$|\|{7}( |$)")


@dataclass(frozen=True)
class Expected:
    """What most lines of a file are like.

    Parameters
    ----------
    layout : Layout
        Where tokens and tags stand.
    width : int
        Columns of a token's line; 0 if they have no number in common.
    line : int
        The first line that has so many.
    has_tags : bool
        Whether there is a column of tags: otherwise that is told once for the file, and not for each line.
    """

    layout: Layout
    width: int
    line: int
    has_tags: bool


class LineFacts(NamedTuple):
    """What is known of a line: its kind, token and tag (None where it has none), marks, and defects."""

    kind: int
    token: str = ""
    tag: str | None = None
    marks: int = 0
    defects: tuple[Defect, ...] = ()


def check_line(raw: bytes, expected: Expected) -> LineFacts:
    r"""Look at a line, given without its ``\n`` and, if it is a file's first one, without a byte order mark."""
    if len(raw) > LONGEST:
        return _too_long(raw)
    text, marks, defects = _decoded(raw, expected.layout.encoding)
    text = text.removesuffix("\r")
    if "\r" in text:
        at = text.index("\r") + 1
        defects.append(Defect("E108", at, "carriage return inside the line", "convert the line endings to \\n"))
        return LineFacts(TOKEN, text, None, marks, tuple(defects))
    if not text.strip(" \t\r"):
        return LineFacts(BLANK, "", None, marks, tuple(defects))
    bare = text.lstrip("\ufeff")
    if bare != text:
        defects.append(Defect("E204", 1, "byte order mark U+FEFF inside the file", "remove it: the files were joined"))
    if not bare.strip(" \t"):
        return LineFacts(TOKEN, text, None, marks, tuple(defects))
    columns = split_columns(bare)
    if columns[:1] == [DOCSTART]:
        return LineFacts(DOCUMENT, "", None, marks, tuple(defects))
    marks |= TABS if "\t" in bare else SPACES
    token, tag, more = check_columns(bare, columns, expected, decoded=not defects)
    shift = len(text) - len(bare)
    defects += [defect._replace(column=defect.column + shift) for defect in more]
    return LineFacts(TOKEN, token, tag, marks, tuple(defects))


def check_columns(
    text: str, columns: Sequence[str], expected: Expected, decoded: bool = True
) -> tuple[str, str | None, list[Defect]]:
    """Return token, tag and defects of a line that is cut to columns; the tag is None where it is not known.

    Of a line that could not be `decoded` the characters are not looked at.
    """
    if not expected.width:
        return columns[0], None, []
    if len(columns) != expected.width:
        return columns[0], None, [_wrong_width(text, columns, expected)]
    layout, defects = expected.layout, []
    token, tag, tag_column = columns[layout.token_column], None, layout.tag_column
    if "\t" in text:
        defects += _edges(text, columns, layout)
    if decoded and SUSPECT.search(token):
        start = offset(text, columns, layout.token_column)
        defects += [d._replace(column=d.column + start) for d in check_characters(token)]
    if expected.has_tags and tag_column is not None and columns[tag_column].strip(" "):
        tag = columns[tag_column]
        if wrong := check_tag(tag, 0):
            defects.append(wrong._replace(column=offset(text, columns, tag_column) + 1))
            tag = None
    return token, tag, defects


def _edges(text: str, columns: Sequence[str], layout: Layout) -> list[Defect]:
    """Return the defects of columns that are cut at tabs: one that is empty, or has spaces around it."""
    found = []
    for number in (layout.token_column, layout.tag_column):
        if number is None:
            continue
        column, start = columns[number], offset(text, columns, number) + 1
        if not column.strip(" "):
            found.append(
                Defect("E103", start, f"column {number} is empty", "remove a tab that is too many, or fill it")
            )
        elif column != column.strip(" ") and number == layout.token_column:
            found.append(Defect("W110", start, f"spaces around the token {column!r}", "remove the spaces"))
    return found


def _wrong_width(text: str, columns: Sequence[str], expected: Expected) -> Defect:
    """Return the defect of a line with too few or too many columns, with what it may have come from."""
    width, got = expected.width, len(columns)
    if _CONFLICT.match(text):
        return Defect("E106", 1, "conflict marker of a version control system", "resolve the conflict, delete the line")
    code, what = ("E101", "column missing") if got < width else ("E102", "column too many")
    column = len(text) + 1 if got < width else offset(text, columns, width) + 1
    if text.startswith("#"):
        fix = "delete the line if it is a comment: CoNLL has none"
    elif not re.search(r"\w|[!-~]", text):
        fix = "make it a blank line: it holds only invisible characters"
    elif "\xa0" in text and len(re.split(r"[ \t\xa0]+", text)) == width:
        fix = "replace the no-break space U+00A0 by a space"
    elif got > width and "" in columns:
        fix = f"delete a tab: column {columns.index('')} is empty"
    elif got < width:
        fix = "add what is missing, or delete the line"
    else:
        fix = "remove the space or tab inside a column"
    return Defect(code, column, f"{what}: expected {width} as in line {expected.line}, got {got}", fix)


def at_tag(defect: Defect, text: str, layout: Layout) -> Defect:
    """Return a defect whose column is 0 with the column of the tag in its line, or 1 if that has none."""
    columns = split_columns(text)
    if defect.column or layout.tag_column is None or not -len(columns) <= layout.tag_column < len(columns):
        return defect._replace(column=max(defect.column, 1))
    return defect._replace(column=offset(text, columns, layout.tag_column) + 1)


def offset(text: str, columns: Sequence[str], number: int) -> int:
    """Return where a column, counted as in `Layout`, begins in its line, from 0."""
    before = columns[: number % len(columns)]
    if "\t" in text:
        return sum(len(column) + 1 for column in before)
    place = 0
    for column in before:
        place = text.index(column, place) + len(column)
    return len(text) - len(text[place:].lstrip(" "))


def _decoded(raw: bytes, encoding: str) -> tuple[str, int, list[Defect]]:
    """Return a line's text, what of it could be decoded, with marks of its encoding and line ending."""
    marks = CRLF if raw.endswith(b"\r") else 0
    if raw.isascii():
        try:
            return raw.decode(encoding), marks, []
        except UnicodeDecodeError:  # of an encoding such as iso-2022-jp
            pass
    try:
        raw.decode("utf-8")
        marks |= UTF8
    except UnicodeDecodeError:
        marks |= NOT_UTF8
    try:
        return raw.decode(encoding), marks, []
    except UnicodeDecodeError as error:
        before, byte = raw[: error.start].decode(encoding, "replace"), raw[error.start : error.start + 1]
        meant = raw.decode("cp1252", "replace").strip()[:40]
        fix = f"set the encoding, as windows-1252 it reads {meant!r}, or convert the file"
        defect = Defect("E201", len(before) + 1, f"byte {error.start + 1} is not {encoding}, got {byte!r}", fix)
        return raw.decode(encoding, "replace"), marks, [defect]


def _too_long(raw: bytes) -> LineFacts:
    """Return the facts of a line of more than `LONGEST` bytes, of which only the beginning is known."""
    if b"\r" in raw:
        at = raw.index(b"\r") + 1
        defect = Defect("E108", at, "carriage returns inside the line", "convert the line endings from \\r to \\n")
    else:
        defect = Defect("E107", LONGEST, f"the line has more than {LONGEST} bytes", "is it CoNLL? a line is a token")
    return LineFacts(TOKEN, "", None, 0, (defect,))
