"""All checks of some corpora, and of the vectors that go with them, in one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ner_window.checks.corpus_file import check_corpus
from ner_window.checks.coverage import Coverage, coverage_defects, coverage_of, looked_for, words_of
from ner_window.checks.excerpts import add_excerpts
from ner_window.checks.facts import FileFacts, type_counts
from ner_window.checks.findings import Findings, finding_of
from ner_window.checks.line_checks import at_tag
from ner_window.checks.splits import split_defects
from ner_window.checks.vector_file import VectorFacts, check_vectors
from ner_window.checks.whole_file import Placed, sentence_defects, type_defects
from ner_window.config import load_config
from ner_window.errors import CorpusError
from ner_window.text.files import is_read_once, is_url
from ner_window.text.line_rules import Layout

#: Findings of one code and file that are kept.
LIMIT = 10


@dataclass(frozen=True)
class Plan:
    """What is to be checked, and how it is read.

    Parameters
    ----------
    files : sequence of str
        Corpora; see `train` for the one that is learned from.
    layout, scheme
        As for `read_labelled`.
    vectors : str, optional
        A file of word vectors.
    rows : int, optional
        How many of them, from the first on, are used; None is all.
    lowercase, parts : bool
        How words are looked up in it; see `Words`.
    repaired : bool
        Whether training will repair tags that their scheme does not allow.
    limit : int
        Findings of one code and file that are kept.
    in_order : bool
        Whether the first file is the one that is learned from, whatever the names are.
    """

    files: Sequence[str]
    layout: Layout = Layout()
    scheme: str = "auto"
    vectors: str | None = None
    rows: int | None = None
    lowercase: bool = True
    parts: bool = False
    repaired: bool = False
    limit: int = LIMIT
    in_order: bool = False

    @property
    def train(self) -> int:
        """The place of the file that is learned from: that of the only one with *train* in its name, or the first."""
        if self.in_order:
            return 0
        named = [i for i, name in enumerate(self.files) if "train" in Path(name).name.lower()]
        return named[0] if len(named) == 1 else 0


@dataclass
class Result:
    """What was found, in which files, and what is known of these beside."""

    findings: Findings
    files: list[FileFacts] = field(default_factory=list)
    vectors: VectorFacts | None = None
    coverage: list[Coverage] = field(default_factory=list)

    @property
    def sources(self) -> list[str]:
        """The names of all files, in the order in which they were checked."""
        return [facts.source for facts in self.files] + ([self.vectors.source] if self.vectors else [])

    def passed(self, strict: bool) -> bool:
        """Whether there is no error, and if `strict`, no warning."""
        return not self.findings.total("error") and not (strict and self.findings.total("warning"))

    def add(self, facts: FileFacts, placed: Placed) -> None:
        """Add a finding of a whole file."""
        line, defect = placed
        text = facts.texts.get(line, "") if defect.column == 0 else ""
        self.findings.add(finding_of(facts.source, line, at_tag(defect, text, facts.layout), text))

    def as_dict(self) -> dict[str, Any]:
        """Return the form that ``--json`` prints."""
        findings, vectors = self.findings, self.vectors
        counts = {
            name: {code: n for (file, code), n in sorted(findings.counts.items()) if file == name}
            for name in self.sources
        }
        return {
            "errors": findings.total("error"),
            "warnings": findings.total("warning"),
            "notes": findings.total("note"),
            "files": [{**facts.as_dict(), "counts": counts[facts.source]} for facts in self.files],
            "vectors": vectors
            and {
                "file": vectors.source,
                "rows": vectors.rows,
                "dimensions": vectors.dimensions,
                "counts": counts[vectors.source],
            },
            "coverage": [coverage.as_dict() for coverage in self.coverage],
            "findings": [finding.as_dict() for name in self.sources for finding in findings.of(name)],
        }


def plan_of(config_path: Path, overrides: Sequence[str] = ()) -> Plan:
    """Return what a configuration says is to be checked: its corpora, and its vectors unless they are random.

    Raises
    ------
    ConfigError
        The configuration is wrong.
    """
    config = load_config(config_path, overrides)
    data, vectors = config.data, config.vectors
    return Plan(
        [path for path in (data.train, data.dev, data.test) if path],
        Layout(data.token_column, data.tag_column, data.encoding),
        data.scheme,
        None if vectors.source == "random" else vectors.source,
        vectors.limit,
        vectors.lowercase,
        vectors.parts,
        data.repair != "strict",
        in_order=True,
    )


def check(plan: Plan) -> Result:
    """Check all files of a plan.

    Raises
    ------
    CorpusError, VectorsError
        A file cannot be opened, or is named twice.
    """
    if repeated := [name for name, n in Counter(plan.files).items() if n > 1]:
        raise CorpusError(f"{repeated[0]}: named twice; name each file once")
    if plan.vectors and plan.vectors in plan.files:
        raise CorpusError(f"{plan.vectors}: named as a corpus and as vectors; name each file once")
    for name in plan.files:  # before the work begins
        if not is_url(name) and not is_read_once(name) and not Path(name).is_file():
            raise CorpusError(f"{name}: cannot be read: no such file; name files, not directories")
    result = Result(Findings(plan.limit))
    for i, name in enumerate(plan.files):
        result.files.append(
            check_corpus(
                name,
                plan.layout,
                result.findings,
                plan.scheme,
                learned_from=i == plan.train,
                words=plan.vectors is not None,
                repaired=plan.repaired,
            )
        )
    check_facts(result)
    for name in plan.files:
        add_excerpts(result.findings, name, plan.layout)
    if plan.vectors is not None:
        _check_vectors(plan, plan.vectors, result)
    return result


def check_facts(result: Result) -> None:
    """Check what is known of whole files, each by itself and side by side."""
    everywhere: Counter[str] = Counter()
    for facts in result.files:
        everywhere.update(type_counts(facts.tags))
    for facts in result.files:
        for placed in (*sentence_defects(facts), *type_defects(facts, everywhere)):
            result.add(facts, placed)
    for facts, placed in split_defects(result.files):
        result.add(facts, placed)


def _check_vectors(plan: Plan, source: str, result: Result) -> None:
    """Check the vectors, and what they have of the corpora."""
    result.vectors = check_vectors(source, result.findings, looked_for(result.files, plan.lowercase), plan.rows)
    words = words_of(result.vectors.words, lowercase=plan.lowercase, parts=plan.parts)
    for facts in result.files if result.vectors.rows else ():
        found = coverage_of(facts, words)
        result.coverage.append(found)
        for placed in coverage_defects(found, source):
            result.add(facts, placed)
