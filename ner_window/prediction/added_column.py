"""CoNLL out: the lines as they came, with a column added."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ner_window.prediction.marked_lines import MARKS, Integers, Lines, between
from ner_window.text.tag_columns import TagColumn

Floats = NDArray[np.floating[Any]]

#: Steps of a probability of 1: it is written with four decimals.
_STEPS = 10_000


def with_tags(lines: Lines, tags: TagColumn, chances: Floats | None, encode: Callable[[str], bytes]) -> bytes:
    """Return lines with a tag behind each token and, where they are given, the tag's chances (T,) in one more column.

    A line is not taken apart: it stays as it is, and what comes between it and the next is one of a few strings.
    """
    token = lines.form >= 0
    columns = [(tags.ids, tags.names.__getitem__)]
    if chances is not None:
        steps = np.rint(np.float64(chances) * _STEPS).astype(np.intp)
        columns.append((steps, lambda step: f"{step / _STEPS:.4f}"))
    parts = 1 + len(columns)
    result = [b""] * (len(lines) * parts)
    result[::parts] = lines.raw
    for i, (ids, name_of) in enumerate(columns, 1):
        code = lines.mark.astype(np.intp)
        code[token] += MARKS * (1 + ids.astype(np.intp))  # there may be many tags, in small integers
        result[i::parts] = _texts(code, name_of, encode, first=i == 1, last=i == len(columns))
    return b"".join(result)


def _texts(
    code: Integers, name_of: Callable[[int], str], encode: Callable[[str], bytes], *, first: bool, last: bool
) -> list[bytes]:
    """Return what stands behind each of n lines in an added column, the first or the last one: made once if alike.

    The code of a line (n,) is its mark; with a token, `MARKS` times the number of its name, from 1, is added to it.
    """
    table = np.empty(int(code.max(initial=0)) + 1, object)
    for each in np.flatnonzero(np.bincount(code)).tolist():
        number, mark = divmod(each, MARKS)
        separator, ending = between(mark)
        text = ""
        if number:
            cut = separator or " "  # a tag that holds a space is two columns
            text = (separator if first else cut) + name_of(number - 1).replace(" ", cut)
        table[each] = encode(text + ending * last)
    texts: list[bytes] = table[code].tolist()
    return texts
