"""The cheap checks, which `train` makes of what it has read anyway."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ner_window.checks.characters import SUSPECT, check_characters
from ner_window.checks.checking import Result, check_facts
from ner_window.checks.facts import facts_of
from ner_window.checks.findings import Findings, number_of
from ner_window.checks.whole_file import Placed
from ner_window.text.labelled import LabelledCorpus

#: What training tells anyway, in its ledger.
TOLD = {"W604"}

#: Codes of which the first finding is shown.
SHOWN = 4


def quick_check(train: LabelledCorpus, dev: LabelledCorpus) -> Result:
    """Check two corpora that have been read: their characters, sentences and types, and what they share."""
    result = Result(Findings(limit=1))
    for corpus, learned_from in ((train, True), (dev, False)):
        facts = facts_of(corpus, learned_from)
        result.files.append(facts)
        for placed in character_defects(corpus):
            result.add(facts, placed)
    check_facts(result)
    return result


def character_defects(labelled: LabelledCorpus) -> Iterator[Placed]:
    """Yield the defects of the characters of each distinct token, at the line where it stands first."""
    text, corpus = labelled.text, labelled.corpus
    if not SUSPECT.search("\n".join(text.forms)):
        return
    for i, form in enumerate(text.forms):
        for defect in check_characters(form) if SUSPECT.search(form) else ():
            places = np.flatnonzero(text.ids == i)
            if len(places):
                yield int(corpus.where(int(places[0])).rpartition(":")[2]), defect


def notes(train: LabelledCorpus, dev: LabelledCorpus, command: str) -> list[str]:
    """Return what the cheap checks found, in some lines: the first error or warning of a code, how many, where to look.

    Parameters
    ----------
    train, dev
        The corpora.
    command : str
        What shows all findings.
    """
    result = quick_check(train, dev)
    counts = {key: n for key, n in result.findings.counts.items() if key[1][0] != "N" and key[1] not in TOLD}
    kept = [finding for name in dict.fromkeys(result.sources) for finding in result.findings.of(name)]
    first = sorted((finding for finding in kept if (finding.file, finding.code) in counts), key=lambda f: f.code)
    lines = []
    for finding in first[:SHOWN]:  # errors before warnings
        n = counts[finding.file, finding.code]
        place = f"{Path(finding.file).name}:{finding.line}"
        lines.append(f"{place}: {finding.code} {finding.message}" + f" ({n} such)" * (n > 1))
    count = sum(counts.values())
    return [*lines, f"{number_of(count, 'finding')}; look at them with: {command}"] if count else []
