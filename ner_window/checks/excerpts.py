"""The words of sentences that findings are about, read again at the end: they are not kept while a file is read."""

from collections.abc import Collection, Iterator
from contextlib import suppress

from ner_window.checks.findings import Findings
from ner_window.checks.streams import ShortLines
from ner_window.errors import CorpusError
from ner_window.text.files import is_read_once, is_url, open_input
from ner_window.text.line_rules import Layout, split_columns
from ner_window.text.lines import PIECE, split_lines, whole_lines

#: Codes of findings about a sentence; they are told at its first line.
SENTENCES = frozenset({"W501", "W502", "N504", "W601", "N602", "E603"})

#: Tokens that are shown of a sentence.
SHOWN = 20

#: Bytes of a line that are looked at for its token.
_WIDTH = 256


def add_excerpts(findings: Findings, path: str, layout: Layout) -> None:
    """Give the findings about sentences of a file their first words, unless the file is gone once it is read."""
    if is_url(path) or is_read_once(path):
        return
    lines = {finding.line for finding in findings.of(path) if finding.code in SENTENCES}
    with suppress(CorpusError, OSError):
        texts = dict(_sentences_at(path, lines, layout)) if lines else {}
        findings.give_texts(path, SENTENCES, texts)


def _sentences_at(path: str, lines: Collection[int], layout: Layout) -> Iterator[tuple[int, str]]:
    """Yield the first tokens of the sentences that begin at these lines."""
    begin, tokens = 0, list[str]()
    last = max(lines)
    for number, row in enumerate(_rows(path), 1):
        if number in lines:
            begin = number
        if begin:
            columns = split_columns(row[:_WIDTH].decode(layout.encoding, "replace").strip("\r\ufeff"))
            tokens += columns[layout.token_column :][:1] or columns[:1]
            if not columns or len(tokens) == SHOWN:
                yield begin, " ".join(tokens)
                begin, tokens = 0, []
                if number > last:
                    return
    if begin:
        yield begin, " ".join(tokens)


def _rows(path: str) -> Iterator[bytes]:
    with open_input(path) as file:
        for piece in whole_lines(ShortLines(file).read, PIECE):
            yield from split_lines(piece)
