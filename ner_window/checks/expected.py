"""What most lines of a file are like, learned from its first ones."""

from collections import Counter
from collections.abc import Sequence

from ner_window.checks.findings import Defect
from ner_window.checks.line_checks import Expected
from ner_window.checks.streams import LONGEST
from ner_window.checks.tag_names import is_tag, meant_by
from ner_window.text.line_rules import DOCSTART, Layout, split_columns

#: Lines from which is learned how many columns a file has.
SAMPLE = 10_000

#: Lines with columns without which a file is taken as it is.
FEW = 10


def learn(lines: Sequence[bytes], layout: Layout, needed: int) -> tuple[Expected, list[tuple[int, Defect]]]:
    """Return what most of a file's first lines are like; and by line number what is wrong with all of them."""
    rows = []
    for number, raw in enumerate(lines[:SAMPLE], 1):
        text = raw[:LONGEST].decode(layout.encoding, "replace").rstrip("\r").lstrip("\ufeff")
        columns = split_columns(text) if text.strip(" \t") else []
        if columns and columns[0] != DOCSTART and "\r" not in text:
            rows.append((number, columns))
    if not rows:
        return Expected(layout, needed, 1, True), []
    (width, times), *others = Counter(len(columns) for _, columns in rows).most_common()
    first = next(number for number, columns in rows if len(columns) == width)
    if len(rows) >= FEW and times < len(rows) / 2:
        what = f"lines have {len(others) + 1} different numbers of columns, none of them most often"
        return Expected(layout, 0, first, False), [
            (rows[0][0], Defect("E105", 1, what, "is it CoNLL, a token a line? tag text with predict"))
        ]
    if width < needed:
        what = f"expected at least {needed} columns, a token and its tag, got {width}"
        return Expected(layout, 0, first, False), [
            (first, Defect("E104", 1, what, "name the columns: --token-column, --tag-column; or use predict"))
        ]
    found = _no_tags([columns for _, columns in rows if len(columns) == width], layout)
    return Expected(layout, width, first, not found), [(first, defect) for defect in found]


def _no_tags(rows: Sequence[Sequence[str]], layout: Layout) -> list[Defect]:
    """Return a defect if hardly any line of these holds a tag, with a column that does."""

    def share(column: int) -> float:
        return sum(is_tag(columns[column]) for columns in rows) / len(rows)

    if layout.tag_column is None or len(rows) < FEW or share(layout.tag_column) > 0.05:
        return []
    values = Counter(columns[layout.tag_column] for columns in rows)
    if sum(n for value, n in values.items() if is_tag(meant_by(value)[1])) > len(rows) / 2:
        return []  # such as 0 for all: told line by line
    best = max(range(len(rows[0])), key=share)
    fix = (
        f"column {best} does: --tag-column {best}"
        if share(best) > 0.5
        else "is it the right file? raw text is for predict"
    )
    some = ", ".join(map(repr, [value for value, _ in values.most_common(3)]))
    return [Defect("E307", 1, f"column {layout.tag_column} holds no tags, got {some}", fix)]
