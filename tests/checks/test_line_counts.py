from collections import Counter

from ner_window.checks.line_checks import CRLF, LF, SPACES, TABS, Expected
from ner_window.checks.line_counts import LineCounts
from ner_window.checks.line_table import CheckedLines
from ner_window.text.line_rules import Layout


def test_counts_and_first_lines_over_pieces():
    table, counts = CheckedLines(Expected(Layout(), 2, 1, True)), LineCounts(Counter())
    pieces = [[b"a B-X", b"b O", b""], [b"a B-X", b"c\tI-X\r", b"d 0"]]
    new = [counts.add(table, table.ids(piece), first) for piece, first in zip(pieces, (1, 4), strict=True)]
    assert counts.tags == {"B-X": (2, 1), "O": (1, 2), "I-X": (1, 5)}
    assert counts.words == {("a", "X"): 2, ("b", ""): 1, ("c", "X"): 1, ("d", ""): 1}
    assert counts.marks == {SPACES: (4, 1), LF: (5, 1), TABS: (1, 5), CRLF: (1, 5)}
    assert [sorted(set(lines)) for lines in new] == [[1, 2], [5]]


def test_documents_that_hold_a_token():
    table, counts = CheckedLines(Expected(Layout(), 2, 1, True)), LineCounts(None)
    for piece in ([b"-DOCSTART- O", b"", b"-DOCSTART- O"], [b"", b"a O"], [b"b O", b"-DOCSTART- O", b"c O"]):
        counts.add(table, table.ids(piece), 1)
    assert counts.documents == 2
    assert counts.words is None
