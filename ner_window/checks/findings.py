"""Findings: what is wrong with a file, and where."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

#: What the first letter of a code says.
SEVERITIES = {"E": "error", "W": "warning", "N": "note"}


#: Characters of a word that messages quote.
QUOTED = 60


class Defect(NamedTuple):
    """A finding before its place is known; `column` counts characters from 1, and is 0 where it is the tag's."""

    code: str
    column: int
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A defect of a file and its place; lines and columns (characters) count from 1.

    `text` is the line as it stands there, or nothing where the finding is of the whole file.
    """

    file: str
    line: int
    column: int
    code: str
    message: str
    fix: str
    text: str = ""

    @property
    def severity(self) -> str:
        """One of error, warning, note."""
        return SEVERITIES[self.code[0]]

    def as_dict(self) -> dict[str, Any]:
        """Return the form that ``--json`` prints."""
        return {**asdict(self), "severity": self.severity}


def quoted(text: str) -> str:
    """Return a word in quotation marks, of a long one the beginning."""
    return repr(text if len(text) <= QUOTED else f"{text[:QUOTED]}...")


def number_of(count: int, what: str) -> str:
    """Return a number and what there are so many of: 1 line, 2 lines, 2 entities."""
    plural = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    return f"{count} {what if count == 1 else plural}"


def finding_of(file: str, line: int, defect: Defect, text: str = "") -> Finding:
    """Return the finding of a defect that is at this place."""
    return Finding(file, line, defect.column, defect.code, defect.message, defect.fix, text)


class Findings:
    """All findings: every one is counted, and of each code the first `limit` of a file are kept."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.counts: Counter[tuple[str, str]] = Counter()  # by file and code
        self._kept: list[Finding] = []

    def add(self, finding: Finding) -> None:
        """Count a finding, and keep it while there is room."""
        key = finding.file, finding.code
        self.counts[key] += 1
        if self.counts[key] <= self.limit:
            self._kept.append(finding)

    def add_uncounted(self, file: str, code: str, times: int) -> None:
        """Count findings whose places were not kept."""
        if times > 0:
            self.counts[file, code] += times

    def has_room(self, file: str, code: str) -> bool:
        """Whether one more finding of a code would be kept."""
        return self.counts[file, code] < self.limit

    def of(self, file: str) -> list[Finding]:
        """Return what was kept of a file, in the order of its lines."""
        return sorted((f for f in self._kept if f.file == file), key=lambda f: (f.line, f.column, f.code))

    def give_texts(self, file: str, codes: Collection[str], texts: Mapping[int, str]) -> None:
        """Give the findings of some codes of a file the texts of their lines."""
        self._kept = [
            replace(f, text=texts.get(f.line, "")) if f.file == file and f.code in codes else f for f in self._kept
        ]

    def left_out(self, file: str) -> Iterator[tuple[str, int]]:
        """Yield the codes of a file of which not all findings were kept, and how many were not."""
        for (name, code), count in sorted(self.counts.items()):
            if name == file and count > self.limit:
                yield code, count - self.limit

    def total(self, severity: str) -> int:
        """Return how many findings there are of a severity."""
        return sum(n for (_, code), n in self.counts.items() if SEVERITIES[code[0]] == severity)
