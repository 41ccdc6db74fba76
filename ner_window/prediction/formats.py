"""The formats that text comes and goes in, and which of them a stream is in."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Literal

from ner_window.text.line_rules import DOCSTART, split_columns

Known = Literal["conll", "tokens", "text", "jsonl"]
InputFormat = Literal["auto"] | Known
OutputFormat = Literal["conll", "jsonl", "inline", "html"]

#: Bytes of a stream that are looked at.
START = 1 << 16

#: How a line of JSON begins, a tag is written, and what no label in capitals holds.
_JSON, _TAG, _SMALL = re.compile(r"\s*(\{|\[\s*(\{|$))"), re.compile(r"O|[BIESLUM]-\S+"), re.compile(r"[^\W\d_A-Z]")

_SUFFIXES: dict[str, Known] = {
    ".conll": "conll",
    ".iob": "conll",
    ".iob2": "conll",
    ".bio": "conll",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".tokens": "tokens",
}


def default_output(kind: Known) -> OutputFormat:
    """Return the format that an input of this kind is answered in, unless another one is asked for."""
    return "conll" if kind in ("conll", "tokens") else "jsonl"


def encoding_of(written: OutputFormat, encoding: str) -> str:
    """Return the encoding of an output whose input has this one: the same, but JSON and pages are UTF-8."""
    return "utf-8" if written in ("jsonl", "html") else encoding


def output_named(name: str) -> OutputFormat | None:
    """Return the format that the name of an output says, compressed or not; None if it says none."""
    for suffix in reversed(Path(name).suffixes):
        if suffix.lower() in (".html", ".htm"):
            return "html"
        if (known := _SUFFIXES.get(suffix.lower())) in ("conll", "jsonl"):
            return known
    return None


def sniff(stream: IO[bytes], source: str) -> Known:
    """Return the format of a stream: what the file's name says, or what its first lines look like.

    A first line in braces is JSON lines; a document line, tabs, or several lines of equally many columns (two to ten),
    one of which holds tags or other labels, are CoNLL; all else is text, also where lines happen to have as many words.
    """
    for suffix in reversed(Path(source).suffixes):
        if suffix in _SUFFIXES:
            return _SUFFIXES[suffix]
    start = stream.peek(START) if hasattr(stream, "peek") else b""
    lines = [line.decode(errors="replace").strip("\r\ufeff") for line in start.split(b"\n")]
    lines = [line for line in (lines[:-1] or lines) if line.strip()][:20]
    if not lines:
        return "text"
    if _JSON.match(lines[0]):
        return "jsonl"
    if lines[0].startswith(DOCSTART) or "\t" in lines[0]:
        return "conll"
    rows = [split_columns(line) for line in lines if not line.startswith(DOCSTART)]
    even = len(rows) > 1 and len({len(row) for row in rows}) == 1 and 2 <= len(rows[0]) <= 10
    return "conll" if even and any(map(_are_labels, list(zip(*rows, strict=True))[1:])) else "text"


def _are_labels(column: Sequence[str]) -> bool:
    """Whether a column holds tags alone, or labels in capitals alone, as parts of speech are, one of them twice."""
    in_capitals = len(set(column)) < len(column) and not any(map(_SMALL.search, column))
    return in_capitals or all(map(_TAG.fullmatch, column))
