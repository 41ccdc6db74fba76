"""Files of word vectors: what one is, how it came into the cache, and what it covers of corpora."""

import shlex
from collections.abc import Sequence

from ner_window.inspection.printable import printable
from ner_window.inspection.vector_coverage import CorpusCoverage
from ner_window.inspection.vector_files import Import, VectorFile
from ner_window.report.tables import table

#: Steps that have a column only where one is found so.
_RARE = ("digit pattern", "mean of parts")

#: What is left out of a file, by its name in `VectorsReport`.
_LEFT_OUT = {
    "duplicates": "repeated",
    "not_finite": "not finite",
    "undecodable": "not UTF-8",
    "truncated": "cut short",
}


def file_text(file: VectorFile) -> str:
    """Return what is known of a file of vectors, a line each."""
    left_out = ", ".join(f"{n:,} {what}" for name, what in _LEFT_OUT.items() if (n := getattr(file.report, name)))
    rows = [
        ("format", file.format),
        ("words", f"{file.words:,}" + (f" of {file.report.rows:,}; left out: {left_out}" if left_out else "")),
        ("dimensions", f"{file.dimensions:,}"),
        ("first words", " ".join(map(repr, file.first))),
        ("words not in lower case", f"{file.not_lower_case:,}"),
        ("words with a space", f"{file.report.with_spaces:,}"),
        ("norm", "mean {mean:.3f}, smallest {min:.3f}, largest {max:.3f}".format(**file.norms)),
        ("bytes", f"{file.bytes:,}"),
        ("SHA-256", file.sha256 + (" of the archive and the name in it" if "#" in file.path else "")),
        ("in the cache", file.cache or f"no; ner-window vectors import {shlex.quote(file.source)} puts it there"),
    ]
    if file.path != file.source:
        rows.insert(0, ("file", file.path))
    rows += [("note", note) for note in file.report.notes]
    width = max(len(key) for key, _ in rows)
    return "\n".join([printable(file.source), *(f"  {key.ljust(width)}  {printable(value)}" for key, value in rows)])


def import_text(done: Import) -> str:
    """Return where vectors are in the cache, and what they are."""
    how = "in the cache already" if done.already else "put into the cache"
    what = f"words {done.words:,}, dimensions {done.dimensions:,}, SHA-256 {done.sha256}"
    return "\n".join(map(printable, (f"{done.source}: {how}", f"  {done.cache}", f"  {what}")))


def coverage_text(corpora: Sequence[CorpusCoverage]) -> str:
    """Return the shares of each corpus that have a vector, by step of fall-back, and the words without one."""
    steps = [
        step
        for step in corpora[0].tokens
        if step not in _RARE or any(steps[step] for corpus in corpora for steps in corpus.parts.values())
    ]
    return "\n\n".join(piece for corpus in corpora for piece in _corpus_pieces(corpus, steps))


def _corpus_pieces(corpus: CorpusCoverage, steps: Sequence[str]) -> list[str]:
    """Return the tables of one corpus; that of the words without a vector only if there are any to list."""
    names = ["none" if step == "unknown" else step for step in steps]
    rows = []
    for name, counts in corpus.parts.items():
        total = sum(counts.values())
        shares = [_percent(n, total) for n in (total - counts["unknown"], *(counts[step] for step in steps))]
        rows.append([name, f"{total:,}", *shares])
    pieces = [table((f"{corpus.file}, %", "all", "with a vector", *names), rows)]
    if corpus.missing:
        pieces.append(table(("most frequent without a vector", "count", "in entities"), corpus.missing))
    return pieces


def _percent(n: int, total: int) -> str:
    return f"{100 * n / total:.2f}" if total else "-"
