"""The distinct lines of a file, each looked at once."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ner_window.checks.facts import Flags, Integers
from ner_window.checks.findings import Defect
from ner_window.checks.line_checks import Expected, check_line
from ner_window.text.line_rules import TOKEN
from ner_window.text.lines import BOUND

#: Bytes of distinct lines that are remembered.
SIZE = 1 << 25

#: Characters of a token that are kept, and of a tag: what is longer is no word, and no tag.
WORD = 256

#: Distinct tags that are told apart; a column with more holds something else.
TAGS = 4096


@dataclass
class CheckedLines(dict[bytes, int]):
    r"""The distinct lines of one file, given without their ``\n``, numbered; each is looked at once.

    What is known of them stands in arrays, by their numbers. Beyond `BOUND` lines the table begins anew, see `ids`.

    Attributes
    ----------
    tags : list of str
        The distinct tags, each with the number that `tag` has for it. -1 is none, -2 one that is not known.
    tokens, defects : list
        The token of each distinct line, and its defects.
    """

    expected: Expected
    tags: list[str] = field(default_factory=list)
    _tag_ids: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Forget the lines; the numbers of tags stay."""
        self.clear()
        self.tokens: list[str] = []
        self.defects: list[tuple[Defect, ...]] = []
        self._kinds, self._hashes, self._tags, self._marks = array("b"), array("q"), array("i"), array("b")
        self._faulty = array("b")
        self._size = 0

    def ids(self, lines: Sequence[bytes]) -> Integers:
        """Return the numbers (n,) of lines; they hold until `forget`, to be called when the table is `full`."""
        return np.fromiter(map(self.__getitem__, lines), np.intp, len(lines))

    @property
    def full(self) -> bool:
        """Whether there are more lines than are to be remembered."""
        return len(self) > BOUND or self._size > SIZE

    @property
    def kind(self) -> Integers:
        """TOKEN, BLANK or DOCUMENT."""
        return np.array(self._kinds, np.int8)

    @property
    def hash(self) -> Integers:
        """A hash of the token: 64 bits."""
        return np.array(self._hashes, np.int64).view(np.uint64)

    @property
    def tag(self) -> Integers:
        """Which of `tags` the line holds."""
        return np.array(self._tags, np.int32)

    @property
    def marks(self) -> Integers:
        """CRLF, TABS ... of the line, added up."""
        return np.array(self._marks, np.int8)

    @property
    def faulty(self) -> Flags:
        """Whether the line has defects."""
        return np.array(self._faulty, bool)

    def __missing__(self, key: bytes) -> int:
        facts = check_line(key, self.expected)
        self._kinds.append(facts.kind)
        self._hashes.append(hash(facts.token))
        self._tags.append(self._tag_id(facts.tag) if facts.kind == TOKEN else -1)
        self._marks.append(facts.marks)
        self._faulty.append(bool(facts.defects))
        self.tokens.append(facts.token[:WORD])
        self.defects.append(facts.defects)
        self._size += len(key)
        self[key] = len(self)
        return len(self) - 1

    def number(self, tag: str) -> int:
        """Return the number of a tag, -2 if it has none."""
        return self._tag_ids.get(tag, -2)

    def _tag_id(self, tag: str | None) -> int:
        if tag is None or len(tag) > WORD or (tag not in self._tag_ids and len(self.tags) >= TAGS):
            return -2
        number = self._tag_ids.setdefault(tag, len(self.tags))
        if number == len(self.tags):
            self.tags.append(tag)
        return number
