"""Strings to ids and back, with two reserved ids: the pad beyond a sentence's edge, and the unknown string."""

import re
from collections.abc import Callable, Iterable, Sequence

PAD, UNKNOWN = 0, 1
RESERVED = ("<pad>", "<unknown>")
_CACHE_SIZE = 1_000_000
_DIGIT = re.compile(r"\d")

#: How a token was found among the words, in the order of trying.
FALLBACKS = ("exact", "lower case", "digits folded", "unknown")


class Vocabulary:
    """A list of distinct strings. Ids 0 and 1 are reserved, `strings[i]` has the id i + 2.

    Parameters
    ----------
    strings : sequence of str
        In the order of their ids.
    key : function, optional
        Maps a token to the string that is looked up: a feature's `extract`. Without it the vocabulary is of words, and
        a token is looked up as it is, then in lower case, then with its digits set to 0.
    lowercase : bool
        Whether words are looked up in lower case, too.
    """

    def __init__(
        self, strings: Sequence[str], key: Callable[[str], str] | None = None, *, lowercase: bool = True
    ) -> None:
        self.strings = strings
        self.key = key
        self.lowercase = lowercase
        self.ids = dict(zip(strings, range(len(RESERVED), len(RESERVED) + len(strings)), strict=True))
        self._seen: dict[str, int] = {}

    def __len__(self) -> int:
        return len(RESERVED) + len(self.strings)

    def string(self, id_: int) -> str:
        """Return the string of an id, a reserved one in angle brackets."""
        return RESERVED[id_] if id_ < len(RESERVED) else self.strings[id_ - len(RESERVED)]

    def find(self, token: str) -> tuple[int, str]:
        """Return the id of a token and how it was found, one of `FALLBACKS`."""
        if self.key:
            id_ = self.ids.get(self.key(token), UNKNOWN)
            return id_, "unknown" if id_ == UNKNOWN else "exact"
        lower = token.lower() if self.lowercase else token
        for string, how in ((token, "exact"), (lower, "lower case"), (_DIGIT.sub("0", lower), "digits folded")):
            if (id_ := self.ids.get(string, UNKNOWN)) != UNKNOWN:
                return id_, how
        return UNKNOWN, "unknown"

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """Return the ids of tokens. Each distinct token is looked up once; a bounded dictionary remembers it."""
        seen = self._seen
        if len(seen) > _CACHE_SIZE:
            self._seen = seen = {}
        result = []
        for token in tokens:
            id_ = seen.get(token)
            if id_ is None:
                id_ = seen[token] = self.find(token)[0]
            result.append(id_)
        return result
