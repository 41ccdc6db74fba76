"""Raw texts on the way to a tagger and back: cut into tokens, some put together, entities given their characters."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ner_window.text.tagging import Entity

Span = tuple[int, int]


@dataclass(frozen=True)
class TextEntity:
    """An entity of a text: text[start:end] is `text`; characters are counted as Python does, in code points."""

    start: int
    end: int
    type: str
    text: str


class CutText(NamedTuple):
    """A text and the characters of the tokens of each of its sentences."""

    text: str
    spans: Sequence[Sequence[Span]]

    @property
    def sentences(self) -> list[list[str]]:
        """The tokens of each sentence."""
        return [[self.text[a:b] for a, b in sentence] for sentence in self.spans]

    def locate(self, sentence: int, entity: Entity) -> TextEntity:
        """Give an entity of a sentence, which is one of its tokens, its characters."""
        spans = self.spans[sentence]
        start, end = spans[entity.start][0], spans[entity.end - 1][1]
        return TextEntity(start, end, entity.type, self.text[start:end])


def cut(texts: Iterable[str]) -> Iterator[CutText]:
    """Cut texts into sentences and these into tokens; see `tokenizer.tokenize`.

    Raises
    ------
    MissingExtraError
        NLTK is not installed.
    """
    from ner_window.text.tokenizer import tokenize

    for text in texts:
        yield CutText(text, list(tokenize(text)))


def together(texts: Iterable[CutText], tokens: int) -> Iterator[list[CutText]]:
    """Put texts together until they have so many tokens, one without any counting as one.

    If an error takes the place of the next text, it is raised when those before it have been given.
    """
    some: list[CutText] = []
    size = 0
    try:
        for text in texts:
            some.append(text)
            size += max(1, sum(map(len, text.spans)))
            if size >= tokens:
                yield some
                some, size = [], 0
    except Exception:
        if some:
            yield some
        raise
    if some:
        yield some
