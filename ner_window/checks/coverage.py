"""Which entities have word vectors: the share of each type that has none, and the most frequent words without one."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ner_window.checks.facts import FileFacts
from ner_window.checks.findings import Defect, quoted
from ner_window.checks.whole_file import Placed
from ner_window.text.vocabulary import UNKNOWN
from ner_window.text.words import Words

#: How many words without a vector are listed.
LISTED = 20

#: The share of tokens without a vector from which on something is wrong with the vectors.
MOST = 0.4


@dataclass(frozen=True)
class Coverage:
    """What the vectors have of one file.

    Parameters
    ----------
    file : str
        Its name.
    tokens, without : int
        How many there are, and how many of them have no vector.
    types : dict of str to (int, int)
        The same of the tokens of entities, by type.
    words : sequence of (str, int)
        The most frequent tokens of entities that have none.
    """

    file: str
    tokens: int
    without: int
    types: dict[str, tuple[int, int]]
    words: Sequence[tuple[str, int]]

    def as_dict(self) -> dict[str, Any]:
        """Return the form that ``--json`` prints."""
        return {
            "file": self.file,
            "tokens": self.tokens,
            "without_vector": self.without,
            "types": {type_: {"tokens": n, "without_vector": m} for type_, (n, m) in self.types.items()},
            "words": [{"word": word, "count": n} for word, n in self.words],
        }


def looked_for(files: Iterable[FileFacts], lowercase: bool) -> set[str]:
    """Return the strings that the tokens of files, and the parts of hyphenated ones, are looked up as."""
    words = Words([], lowercase=lowercase)
    tokens = {token for facts in files for token, _ in facts.words}
    parts = {part for token in tokens if "-" in token for part in token.split("-")}
    return {form for token in tokens | parts for form in words.forms(token)}


def coverage_of(facts: FileFacts, words: Words) -> Coverage:
    """Return what the vectors of these words have of a file."""
    known = {token: words.find(token)[0] != UNKNOWN or bool(words.parts_of(token)) for token, _ in facts.words}
    total: Counter[str] = Counter()
    without: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    for (token, type_), n in facts.words.items():
        total[type_] += n
        if not known[token]:
            without[type_] += n
            missing[token] += n if type_ else 0
    types = {type_: (total[type_], without[type_]) for type_ in sorted(total) if type_}
    listed = sorted((item for item in missing.items() if item[1]), key=lambda item: (-item[1], item[0]))[:LISTED]
    return Coverage(facts.source, total.total(), without.total(), types, listed)


def words_of(strings: Collection[str], *, lowercase: bool, parts: bool) -> Words:
    """Return the words that have vectors."""
    return Words(list(strings), lowercase=lowercase, parts=parts)


def coverage_defects(coverage: Coverage, vectors: str) -> Iterator[Placed]:
    """Yield what is to be said of a file's coverage."""
    if coverage.tokens and coverage.without >= MOST * coverage.tokens:
        share = 100 * coverage.without / coverage.tokens
        what = f"{share:.0f} % of the tokens have no vector in {vectors}"
        yield 1, Defect("W802", 1, what, "are they of this language? does vectors.lowercase fit them?")
    shares = [
        f"{type_} {100 * without / tokens:.1f} %" for type_, (tokens, without) in coverage.types.items() if without
    ]
    if shares:
        some = ", ".join(f"{quoted(word)} {n}" for word, n in coverage.words)
        what = f"tokens of entities without a vector: {', '.join(shares)}; most often {some}"
        yield 1, Defect("N801", 1, what, "nothing, or other vectors; see vectors.own_rows and vectors.parts")
