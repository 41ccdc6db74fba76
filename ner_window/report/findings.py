"""Findings of `check` to text: each with its place, the line as it stands there, and what to do."""

from collections.abc import Iterator
from itertools import groupby

from ner_window.checks.characters import visible
from ner_window.checks.checking import Result
from ner_window.checks.codes import Code, codes
from ner_window.checks.facts import FileFacts
from ner_window.checks.findings import SEVERITIES, Finding, number_of
from ner_window.inspection.printable import printable

#: Characters of a line that are shown.
SHOWN = 100


def findings_text(result: Result) -> str:
    """Return all findings, file by file, and what the files are."""
    lines: list[str] = []
    for name in result.sources:
        for finding in result.findings.of(name):
            lines += finding_lines(finding)
        for code, n in result.findings.left_out(name):
            lines.append(f"{printable(name)}: {n} more {code} {codes()[code].title} (--max-findings)")
    return "\n".join([*lines, *([""] if lines else []), *summary_lines(result)])


def finding_lines(finding: Finding) -> Iterator[str]:
    """Yield ``file:line:column CODE message``, the line as it stands there with a mark below, and the fix."""
    place = f"{printable(finding.file)}:{finding.line}:{finding.column}"
    yield f"{place} {finding.code} {printable(finding.message)}"
    if finding.text:
        shown = visible(finding.text[:SHOWN].replace("\t", "\\t"))
        yield f"    | {printable(shown)}{'...' * (len(finding.text) > SHOWN)}"
    yield f"    = {printable(finding.fix)}"


def summary_lines(result: Result) -> Iterator[str]:
    """Yield a line for each file, and how many findings there are."""
    for facts in result.files:
        yield _file_line(facts, " (train)" * (facts.learned_from and len(result.files) > 1))
    if result.vectors:
        yield f"{printable(result.vectors.source)}: {result.vectors.rows} vectors of {result.vectors.dimensions}"
    yield counted(result)


def counted(result: Result) -> str:
    """Return how many findings of each severity there are."""
    totals = {name: result.findings.total(name) for name in SEVERITIES.values()}
    return ", ".join(number_of(n, name) for name, n in totals.items())


def _file_line(facts: FileFacts, role: str) -> str:
    entities = ", ".join(f"{printable(type_)} {n}" for type_, n in sorted(facts.entities.items())[:20])
    counts = (facts.tokens, "token"), (len(facts.lengths), "sentence"), (facts.documents, "document")
    parts = [*(number_of(n, what) for n, what in counts), *([f"scheme {facts.scheme.name}"] if facts.scheme else [])]
    return f"{printable(facts.source)}{role}: {', '.join(parts)}; {entities or 'no entities'}"


def codes_text() -> str:
    """Return a list of all codes."""
    rows = []
    for severity, group in groupby(sorted(codes().values(), key=_order), key=lambda code: code.severity):
        rows += [f"{severity}s", *(f"  {code.code}  {code.title}" for code in group), ""]
    return "\n".join([*rows, "ner-window check --explain CODE tells more of one."])


def _order(code: Code) -> tuple[int, str]:
    return list(SEVERITIES).index(code.code[0]), code.code


def code_text(code: Code) -> str:
    """Return the page of a code."""
    return f"{code.code} {code.title} ({code.severity})\n\n{code.page}"
