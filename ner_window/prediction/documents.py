"""Where documents, and parts of long ones, begin in a stream."""

from collections import Counter
from dataclasses import dataclass

from ner_window.text.documents import BOUND


@dataclass
class Parts:
    """Counts the tokens of a stream and numbers its documents; one that holds `BOUND` tokens is cut.

    Parameters
    ----------
    source : str
        What the stream is called.
    cut : Counter
        How often documents were cut, by the source.
    number, tokens : int
        The number of the present part, and its tokens so far.
    """

    source: str
    cut: Counter[str]
    number: int = 0
    tokens: int = 0

    def next(self, tokens: int, begins: bool) -> int:
        """Return the number of the document, or of the part, that something with so many tokens belongs to.

        It stands behind all that was asked for before, and is not cut itself; `begins` says that a document begins.
        """
        full = self.tokens >= BOUND and tokens > 0
        if begins or full:
            self.cut[self.source] += not begins
            self.number, self.tokens = self.number + 1, 0
        self.tokens += tokens
        return self.number
