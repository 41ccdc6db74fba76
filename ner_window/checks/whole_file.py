"""What only a whole file shows: mixed endings, encodings and schemes, odd sentences, types that are seldom."""

from collections.abc import Iterator, Mapping

import numpy as np

from ner_window.checks.facts import FileFacts, type_counts
from ner_window.checks.findings import Defect, number_of
from ner_window.checks.line_checks import CRLF, LF, NOT_UTF8, SPACES, TABS, UTF8
from ner_window.checks.tag_names import are_phrases, near_type, odd_edges, other_case
from ner_window.checks.tag_steps import TagSteps
from ner_window.text.tagging import Scheme, split_tag

#: A defect, and the line that it is told at.
Placed = tuple[int, Defect]

#: Tokens from which on a sentence is very long, and from which on a file should not be a single one.
LONG, SINGLE = 512, 100

#: The share of sentences of one token, and the least number of sentences, from which on blank lines are too many.
LONELY, SOME = 0.9, 10


def mark_defects(marks: Mapping[int, tuple[int, int]], encoding: str) -> Iterator[Placed]:
    """Yield the defects of a file whose lines differ in what they should have in common."""

    def rarer(one: int, other: int) -> tuple[int, int, int] | None:
        (n, line), (m, line_of_other) = marks.get(one, (0, 0)), marks.get(other, (0, 0))
        return ((n, m, line) if n <= m else (m, n, line_of_other)) if n and m else None

    if found := rarer(CRLF, LF):
        n, m, line = found
        what = f"line endings are mixed: {number_of(n, 'line')} otherwise than {m}, this one first"
        yield line, Defect("W111", 1, what, "convert the line endings to \\n")
    if found := rarer(TABS, SPACES):
        n, m, line = found
        what = f"columns are cut at tabs and at spaces: {number_of(n, 'line')} otherwise than {m}, this one first"
        yield line, Defect("W109", 1, what, "use one of them")
    utf8, other = marks.get(UTF8, (0, 0)), marks.get(NOT_UTF8, (0, 0))
    reads_utf8 = "".join(encoding.lower().split("-")).replace("_", "") in ("utf8", "utf8sig")
    if utf8[0] and other[0]:
        what = f"two encodings: {number_of(utf8[0], 'line')} in UTF-8, {other[0]} not"
        yield max(utf8[1], other[1]), Defect("E202", 1, what, "convert each part to UTF-8 from its own encoding")
    elif utf8[0] and not reads_utf8:
        what = f"the file is read as {encoding}, but what is not ASCII is UTF-8, on {number_of(utf8[0], 'line')}"
        yield utf8[1], Defect("E203", 1, what, "set the encoding to utf-8")


def scheme_defects(steps: TagSteps, scheme: Scheme, repaired: bool) -> tuple[list[Placed], int]:
    """Return the defects of tags that a scheme does not allow, and how many there are of which no place is kept."""
    found: list[Placed] = []
    if mixture := steps.mixed(scheme):
        what = f"two schemes: {mixture.theirs} sentences are {mixture.other.name}, {mixture.own} are {scheme.name}"
        found.append((mixture.line, Defect("W402", 1, what, "convert each part to one scheme")))
    inside, line = steps.beginnings("I")
    if scheme.name in ("IO", "IOB1") and inside:
        what = f"scheme {scheme.name}: entities begin with I- ({inside}) or B- ({steps.beginnings('B')[0]})"
        found.append((line, Defect("N404", 0, what, "read right here; other tools may want it converted to IOB2")))
    code, fix = (
        ("W403", "nothing: data.repair says how it is read") if repaired else ("E401", "correct it, or repair the file")
    )
    wrong, more = steps.wrong(scheme)
    for place, at_end in wrong:
        before = repr(place.before) if place.before else "the start of a sentence"
        what = "cannot end a sentence" if at_end else f"cannot follow {before}"
        cut = "; is a blank line before it that does not belong there?" if not (place.before or at_end) else ""
        found.append((place.line, Defect(code, 0, f"tag {place.tag!r} {what} in {scheme.name}", fix + cut)))
    return found, more


def sentence_defects(facts: FileFacts) -> Iterator[Placed]:
    """Yield what is odd about the lengths of a file's sentences, and those that it repeats."""
    lengths, lines = facts.lengths, facts.first_lines
    count = len(lengths)
    if count == 1 and lengths[0] >= SINGLE:
        what = f"the whole file is one sentence of {lengths[0]} tokens"
        yield int(lines[0]), Defect("W502", 1, what, "put a blank line after each sentence")
    else:
        for i in np.flatnonzero(lengths > LONG).tolist():
            what = f"a sentence of {lengths[i]} tokens"
            yield int(lines[i]), Defect("W501", 1, what, "is a blank line missing?")
    if count >= SOME and (alone := int((lengths == 1).sum())) >= LONELY * count:
        what = f"{alone} of {count} sentences have one token"
        yield int(lines[0]), Defect("W503", 1, what, "remove the blank lines within sentences")
    distinct, firsts = np.unique(facts.hashes, return_index=True)
    if repeated := count - len(distinct):
        again = int(lines[np.setdiff1d(np.arange(count), firsts)[0]])
        what = f"repeated sentences: {repeated} of {count}, the first of them here"
        yield again, Defect("N504", 1, what, "nothing, if it is meant: they count double")


def type_defects(facts: FileFacts, everywhere: Mapping[str, int]) -> Iterator[Placed]:
    """Yield what is odd about a file's types; `everywhere` tells how many tokens each has in all files together."""
    if facts.tags and not facts.entities:
        code = "E312" if facts.learned_from else "W313"
        yield 1, Defect(code, 1, "no entity: all tags are O", "is it the right tag column?")
    if are_phrases(facts.entities):
        some = ", ".join(sorted(facts.entities)[:6])
        yield 1, Defect("W311", 1, f"types are those of chunks, not of names: {some}", "is it the right tag column?")
    first: dict[str, int] = {}
    for tag, (_, line) in facts.tags.items():
        first[split_tag(tag)[1]] = min(line, first.get(split_tag(tag)[1], line))
    for type_, n in type_counts(facts.tags).items():
        if defect := _type_defect(type_, n, everywhere):
            yield first[type_], defect


def _type_defect(type_: str, n: int, everywhere: Mapping[str, int]) -> Defect | None:
    """Return what is odd about a type that a file has n times."""
    here = f"type {type_!r} (on {number_of(n, 'line')}, this one first)"
    if bare := odd_edges(type_):
        return Defect("E308", 0, f"{here} begins or ends with punctuation", f"is it {bare!r}?")
    if other := other_case(type_, everywhere):
        return Defect("W310", 0, f"{here} is not in the case of the others", f"write {other!r}")
    if other := near_type(type_, everywhere):
        return Defect(
            "W309", 0, f"{here} is close to {other!r} (on {number_of(everywhere[other], 'line')})", f"is it {other!r}?"
        )
    return None
