"""A CoNLL file read as it comes, whatever is wrong with it: its findings, and what is known of it.

Memory does not grow with the file, but by 20 bytes a sentence.
"""

import codecs
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ner_window.checks.expected import learn
from ner_window.checks.facts import FileFacts, Integers, hashes_of
from ner_window.checks.findings import Defect, Findings, finding_of, number_of
from ner_window.checks.line_checks import Expected, at_tag
from ner_window.checks.line_counts import LineCounts
from ner_window.checks.line_table import CheckedLines
from ner_window.checks.streams import ShortLines
from ner_window.checks.tag_steps import TagSteps
from ner_window.checks.whole_file import mark_defects, scheme_defects
from ner_window.errors import CorpusError
from ner_window.text.files import open_input, refuse_changed, shown_name, state_of
from ner_window.text.line_rules import TOKEN, Layout, LineReader
from ner_window.text.lines import PIECE, split_lines, whole_lines
from ner_window.text.tagging import SCHEMES

#: Tokens of a sentence that are kept until its end; a longer one is looked at in parts.
LONGEST_SENTENCE = 1 << 17

#: One NUL byte in so many, and a file is no text at all: UTF-16 without its mark, or something else.
_TEXT = 20

_NOTHING = (np.empty(0, np.int32), np.empty(0, np.intp), np.empty(0, np.uint64))

#: Characters of a line that a finding keeps.
SHOWN = 200


def check_corpus(
    path: Path | str,
    layout: Layout,
    findings: Findings,
    scheme: str = "auto",
    *,
    learned_from: bool = True,
    words: bool = False,
    repaired: bool = False,
) -> FileFacts:
    """Check a file; compressed ones as what is in them, ``-`` as standard input.

    Parameters
    ----------
    path, layout, scheme
        As for `read_labelled`.
    findings
        Where to put what is found.
    learned_from, words
        See `FileFacts`; the words are counted only if they are asked for.
    repaired : bool
        Whether training will repair tags that their scheme does not allow.

    Raises
    ------
    CorpusError
        The file cannot be opened, or changes meanwhile, or the layout's encoding does not exist.
    """
    check = CorpusCheck(shown_name(path), layout, findings, words)
    before = state_of(path)
    with open_input(path) as file:
        try:
            for piece in whole_lines(ShortLines(file).read, PIECE):
                if not check.add(piece):
                    break
        except CorpusError as error:
            check.report(check.lines + 1, Defect("E002", 1, str(error).partition(": ")[2], "fetch or pack it again"))
        except OSError as error:
            raise CorpusError(f"{check.source}: cannot be read: {error.strerror}") from None
    refuse_changed(path, before)
    return check.finish(scheme, learned_from, repaired)


class CorpusCheck:
    """The state of a file that is being read: the lines so far, and the sentence that has not ended yet."""

    def __init__(self, source: str, layout: Layout, findings: Findings, words: bool) -> None:
        self._needed = LineReader(source, layout).needed
        self.source = source
        self.lines = 0
        self._layout = layout
        self._findings = findings
        self._counts = LineCounts(Counter() if words else None)
        self._table = CheckedLines(Expected(layout, 0, 1, True))
        self._steps = TagSteps(findings.limit)
        self._texts: dict[int, str] = {}
        self._sentences: list[tuple[Integers, ...]] = []  # their lengths, first lines and hashes
        self._open: tuple[Integers, ...] = (np.empty(0, np.uint64), np.empty(0, np.int32), np.empty(0, np.intp))
        self._raw: Sequence[bytes] = ()  # the lines that may have to be shown
        self._raw_first = 1  # the number of the first of them
        self._failed = False  # nothing can be said of the file as a whole

    def add(self, piece: bytes) -> bool:
        """Look at whole lines; return whether the file is to be read on."""
        if not self.lines:
            piece = self._begin(piece)
            if self._failed:
                return False
        lines = split_lines(piece)
        if lines and not piece.endswith(b"\n"):  # the last line has no ending: not another one than that before it
            before = lines[-2] if len(lines) > 1 else self._raw[-1] if self._raw else b""
            lines[-1] += b"\r" * before.endswith(b"\r")
        if not self.lines:
            expected, defects = learn(lines, self._layout, self._needed)
            self._table.expected = expected
            self._raw = lines
            for number, defect in defects:
                self.report(number, defect)
        self._remember(lines)
        ids = self._table.ids(lines)
        self._report_lines(ids)
        for line in self._counts.add(self._table, ids, self.lines + 1):
            self._texts[line] = self._text(line)
        self.lines += len(lines)
        self._add_tokens(ids)
        if self._table.full:
            self._table.forget()
        return True

    def report(self, line: int, defect: Defect) -> None:
        """Add a finding at a line."""
        if self._findings.has_room(self.source, defect.code):
            text = self._texts.get(line) or self._text(line, defect.column)
            self._findings.add(finding_of(self.source, line, at_tag(defect, text, self._layout), text))
        else:
            self._findings.add_uncounted(self.source, defect.code, 1)

    def fail(self, line: int, defect: Defect) -> None:
        """Add a finding after which nothing more can be said of the file as a whole."""
        self._failed = True
        self.report(line, defect)

    def _begin(self, piece: bytes) -> bytes:
        """Look at the first bytes, and take a byte order mark away."""
        wide, start = piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)), piece[:4096]
        if wide or start.count(0) > 1 + len(start) // _TEXT:
            what = "UTF-16" if wide else "not text: it holds NUL bytes"
            self.fail(1, Defect("E003", 1, f"the file is {what}", "convert it to UTF-8, or name the right file"))
        if not piece.startswith(codecs.BOM_UTF8):
            return piece
        encoding = self._layout.encoding.lower().replace("_", "-")
        if encoding in ("utf-8", "utf8"):
            self.report(
                1, Defect("N205", 1, "the file begins with a UTF-8 mark; it is dropped here", "save it without")
            )
        else:
            what = f"the file begins with a UTF-8 mark but is read as {self._layout.encoding}"
            self.report(1, Defect("E203", 1, what, "set the encoding to utf-8"))
        return piece.removeprefix(codecs.BOM_UTF8)

    def _remember(self, lines: Sequence[bytes]) -> None:
        """Keep lines that may have to be shown: these, and those of the sentence that has not ended yet."""
        pending = len(self._open[0])
        before = self._raw[len(self._raw) - pending :] if pending else ()
        self._raw = [*(line[: 4 * SHOWN] for line in before), *lines]
        self._raw_first = self.lines + 1 - pending

    def _text(self, line: int, column: int = 1) -> str:
        """Return a line, of a long one the beginning, or what is around a column."""
        i = line - self._raw_first
        raw = self._raw[i] if 0 <= i < len(self._raw) else b""
        text = raw[: SHOWN + 4 * column].decode(self._layout.encoding, "replace").rstrip("\r")
        return text[max(0, column - SHOWN // 2) :][:SHOWN] if column > SHOWN else text[:SHOWN]

    def _report_lines(self, ids: Integers) -> None:
        """Report the defects of lines one by one while findings of their codes are kept, then only count them."""
        places, defects = np.flatnonzero(self._table.faulty[ids]), self._table.defects
        distinct, counts = np.unique(ids[places], return_counts=True)
        codes = {defect.code for id_ in distinct.tolist() for defect in defects[id_]}
        if any(self._findings.has_room(self.source, code) for code in codes):
            for i in places.tolist():
                for defect in defects[ids[i]]:
                    self.report(self.lines + 1 + i, defect)
            return
        for id_, n in zip(distinct.tolist(), counts.tolist(), strict=True):
            for defect in defects[id_]:
                self._findings.add_uncounted(self.source, defect.code, n)

    def _add_tokens(self, ids: Integers) -> None:
        """Put the tokens of a piece behind those of the open sentence, and look at the sentences that have ended."""
        table = self._table
        token = np.flatnonzero(table.kind[ids] == TOKEN)
        numbers = self.lines - len(ids) + 1 + token
        new = (table.hash[ids[token]], table.tag[ids[token]], numbers)
        columns = tuple(np.concatenate(pair) for pair in zip(self._open, new, strict=True))
        starts = self._starts(columns[2])
        goes_on = len(ids) and len(token) and token[-1] == len(ids) - 1
        end = int(starts[-1]) if goes_on else len(columns[2])
        if len(columns[2]) - end > LONGEST_SENTENCE:  # cut where nothing hangs on it: behind a token that is outside
            outside = np.flatnonzero(columns[1] == self._table.number("O"))
            end = int(outside[-1]) + 1 if len(outside) and outside[-1] >= end else len(columns[2])
        self._open = tuple(column[end:] for column in columns)
        if end:
            self._add_sentences(tuple(column[:end] for column in columns))

    def _starts(self, numbers: Integers) -> Integers:
        """Return where sentences begin: tokens whose line does not follow the one before."""
        return np.flatnonzero(np.diff(numbers, prepend=-1) > 1) if len(numbers) else numbers

    def _add_sentences(self, columns: tuple[Integers, ...]) -> None:
        hashes, tags, numbers = columns
        starts = self._starts(numbers)
        lengths = np.diff(np.append(starts, len(numbers)))
        self._sentences.append((lengths.astype(np.int32), numbers[starts], hashes_of(hashes, starts)))
        for place in self._steps.add(self._table.tags, tags, starts, numbers):
            self._texts[place.line] = self._text(place.line)

    def finish(self, scheme: str, learned_from: bool, repaired: bool) -> FileFacts:
        """Report what is known at the end, and return what is known of the file."""
        if len(self._open[0]):
            self._add_sentences(self._open)
        found = SCHEMES.get(scheme) or self._steps.detect()
        if not self._sentences and not self._failed:
            self.report(
                1, Defect("E001", 1, f"no sentences, got {number_of(self.lines, 'line')}", "is it the right file?")
            )
        for line, defect in mark_defects(self._counts.marks, self._layout.encoding):
            self.report(line, defect)
        defects, more = scheme_defects(self._steps, found, repaired)
        for line, defect in defects:
            self.report(line, defect)
        self._findings.add_uncounted(self.source, "W403" if repaired else "E401", more)
        lengths, first_lines, hashes = self._whole_sentences()
        return FileFacts(
            self.source,
            learned_from,
            self.lines,
            self._counts.documents,
            found if self._counts.tags else None,
            lengths,
            first_lines,
            hashes,
            self._counts.tags,
            self._steps.entities,
            self._counts.words or {},
            self._texts,
            self._layout,
        )

    def _whole_sentences(self) -> tuple[Integers, Integers, Integers]:
        """Return lengths, first lines and hashes of all sentences; those looked at in parts are one again."""
        lengths, lines, hashes = (np.concatenate(parts) for parts in zip(_NOTHING, *self._sentences, strict=True))
        begins = np.flatnonzero(np.append(True, lines[1:] != lines[:-1] + lengths[:-1])[: len(lines)])
        whole = np.add.reduceat(lengths, begins) if len(begins) else lengths
        return whole, lines[begins], hashes[begins]
