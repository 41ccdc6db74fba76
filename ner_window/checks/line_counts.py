"""How often a file has each kind of line, each tag, each word, and where first."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from ner_window.checks.facts import Flags, Integers
from ner_window.checks.line_checks import CRLF, LF, MARKS
from ner_window.checks.line_table import CheckedLines
from ner_window.text.line_rules import BLANK, DOCUMENT, TOKEN
from ner_window.text.tagging import split_tag

Key = TypeVar("Key")

#: How many lines have something, and the number of the first one.
Counted = tuple[int, int]


@dataclass
class LineCounts:
    """Counts over the lines of a file, piece by piece.

    Attributes
    ----------
    documents : int
        Documents that hold a token.
    marks, tags : dict
        By mark, and by tag: how many lines have it, and the first one's number.
    words : Counter, optional
        How often each token occurs within each type, if that is wanted; see `FileFacts`.
    """

    words: Counter[tuple[str, str]] | None
    documents: int = 0
    marks: dict[int, Counted] = field(default_factory=dict)
    tags: dict[str, Counted] = field(default_factory=dict)
    _last_kind: int = DOCUMENT

    def add(self, table: CheckedLines, ids: Integers, first: int) -> list[int]:
        """Count lines, the first of which has the number `first`; return the lines that have something first."""
        self._add_documents(table.kind[ids])
        marks, tags = table.marks[ids], table.tag[ids]
        new: list[int] = []
        for mark in MARKS:
            _count(self.marks, mark, marks & mark > 0, first, new)
        _count(self.marks, LF, marks & CRLF == 0, first, new)
        for tag in np.unique(tags[tags >= 0]).tolist():
            _count(self.tags, table.tags[tag], tags == tag, first, new)
        if self.words is not None:
            self._add_words(self.words, table, ids)
        return new

    def _add_documents(self, kinds: Integers) -> None:
        """Count the documents that hold a token: it is the first line behind a document line that is not blank."""
        written = np.append(self._last_kind, kinds[kinds != BLANK])
        self.documents += int(((written[1:] == TOKEN) & (written[:-1] == DOCUMENT)).sum())
        self._last_kind = int(written[-1])

    def _add_words(self, words: Counter[tuple[str, str]], table: CheckedLines, ids: Integers) -> None:
        tags, counts = table.tag, np.bincount(ids, minlength=len(table))
        for i in np.flatnonzero((counts > 0) & (table.kind == TOKEN)).tolist():
            tag = table.tags[tags[i]] if tags[i] >= 0 else "O"
            words[table.tokens[i], split_tag(tag)[1]] += int(counts[i])


def _count(counts: dict[Key, Counted], key: Key, has: Flags, first: int, new: list[int]) -> None:
    """Add the lines that have something to a count; where it is new, its line goes to `new`."""
    if n := int(np.count_nonzero(has)):
        if key not in counts:
            new.append(first + int(np.argmax(has)))
            counts[key] = (0, new[-1])
        counts[key] = counts[key][0] + n, counts[key][1]
