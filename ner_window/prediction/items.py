"""Lines of tokens, of raw text and of JSON as they come: each line is an item, which holds sentences."""

import codecs
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ner_window.errors import CorpusError
from ner_window.prediction.documents import Parts
from ner_window.text.line_rules import Layout, decode_line
from ner_window.text.lines import split_lines
from ner_window.text.tokens import Tokens

Integers = NDArray[np.integer[Any]]
Span = tuple[int, int]

#: What a file may begin with that is no text.
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


#: Levels of lists and objects in each other that a JSON object may have: what is deeper could not be written again.
DEEPEST = 100


class Item(NamedTuple):
    """A unit of the input and its sentences.

    `text` and `spans`, the characters of the tokens of each sentence, are set for raw text, `record` for JSON.
    """

    sentences: Sequence[Sequence[str]]
    text: str | None = None
    spans: Sequence[Sequence[Span]] = ()
    record: dict[str, Any] | None = None

    @property
    def size(self) -> int:
        """The number of its tokens."""
        return sum(map(len, self.sentences))


@dataclass(frozen=True)
class Items:
    """Some items, and a number for each (n,) that never falls: those of one number are of one document."""

    items: list[Item]
    document: Integers

    @classmethod
    def of(cls, items: list[Item]) -> "Items":
        """Return items of which each is a document of its own."""
        return cls(items, np.arange(len(items)))

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, part: slice) -> "Items":
        return Items(self.items[part], self.document[part])

    def __add__(self, other: "Items") -> "Items":
        return Items(self.items + other.items, np.concatenate([self.document, other.document]))

    def numbered(self, parts: Parts) -> "Items":
        """Return the items, which follow those that the parts have counted, with the numbers of their parts."""
        return replace(self, document=np.array([parts.next(item.size, False) for item in self.items], np.intp))

    def text(self) -> Tokens:
        """Return the tokens as numbers."""
        numbers = zip(self.items, self.document.tolist(), strict=True)
        documents = [number for item, number in numbers for _ in item.sentences]
        return Tokens.of([sentence for item in self.items for sentence in item.sentences], documents)


def items_of(text: Tokens) -> list[Item]:
    """Return sentences as items."""
    return [Item((tokens,)) for tokens in text.sentences()]


def read_items(
    pieces: Iterable[bytes], source: str, layout: Layout, kind: Literal["tokens", "text", "jsonl"], lines: int = 0
) -> Iterator[Items]:
    """Yield the items of a stream, which comes in pieces of whole lines, and before which the file has so many lines.

    Raises
    ------
    CorpusError
        With file:line, when the items before it were given out: bytes that are not of the encoding, or no JSON object.
    MissingExtraError
        The text is raw, and the tokenizer is not installed.
    """
    read: Callable[[str], Item | None] = {"tokens": _tokens, "text": _text, "jsonl": _json}[kind]
    number = lines
    for piece in pieces:
        items: list[Item] = []
        error = None
        try:
            for line in _decoded(piece, source, number, layout.encoding, returns=kind == "text"):
                number += 1
                if item := read(line):
                    items.append(item)
        except CorpusError as wrong:
            error = wrong
        except _NoItem as wrong:
            error = CorpusError(f"{source}:{number}: {wrong}")
        if items:
            yield Items.of(items)
        if error:
            raise error


class _NoItem(Exception):
    """A line that holds no item, with what is wrong about it."""


def _decoded(piece: bytes, source: str, before: int, encoding: str, *, returns: bool = False) -> Iterable[str]:
    """Return the lines of a piece, with so many lines before it, as text, without a byte order mark; see `decode_line`.

    They are decoded all at once if that is the same, and one by one, for its place, if one of them cannot be.
    """
    if encoding.lower() in ("utf-8", "utf8") and b"\r" not in piece and not piece.startswith(_MARKS):
        with suppress(UnicodeDecodeError):
            return piece.decode().removesuffix("\n").split("\n")
    return _decoded_lines(piece, source, before, encoding, returns)


def _decoded_lines(piece: bytes, source: str, before: int, encoding: str, returns: bool = False) -> Iterator[str]:
    for number, raw in enumerate(split_lines(piece), before + 1):
        line, _ = decode_line(raw, f"{source}:{number}", encoding, number == 1, returns=returns)
        yield line.removeprefix("\ufeff") if number == 1 else line


def _tokens(line: str) -> Item:
    tokens = [token for token in line.split(" ") if token]
    return Item((tokens,) if tokens else ())


def _text(line: str, record: dict[str, Any] | None = None) -> Item:
    from ner_window.text.tokenizer import tokenize

    spans = list(tokenize(line))
    return Item([[line[a:b] for a, b in sentence] for sentence in spans], line, spans, record)


def _json(line: str) -> Item | None:
    if not line.strip():
        return None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _NoItem(f"not JSON, of which a line holds one object: {error}") from None
    if line.count("[") + line.count("{") > DEEPEST and _depth(record) > DEEPEST:
        raise _NoItem(f"more than {DEEPEST} levels of lists and objects in each other, got {line[:40]!r}")
    if not isinstance(record, dict):
        raise _NoItem(f"expected an object, one on each line, got {line[:40]!r}")
    tokens, text = record.get("tokens"), record.get("text")
    if isinstance(tokens, list) and all(isinstance(token, str) for token in tokens):
        return Item((tokens,) if tokens else (), record=record)
    if isinstance(text, str):
        return _text(text, record)
    raise _NoItem(f"expected a key 'text' (a string) or 'tokens' (strings), got {line[:60]!r}")


def _depth(value: Any) -> int:
    """Return how many levels of lists and objects are in each other."""
    depth, level = 0, [value]
    while level := [each for each in level if isinstance(each, list | dict)]:
        depth += 1
        level = [inner for each in level for inner in (each.values() if isinstance(each, dict) else each)]
    return depth
