"""Large files to tag: many sentences, one sentence without an end, and words that are all different, in each format."""

import json
import random
import string
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from benchmark.workspace import joined, sentences

#: Words of a sentence whose words are all different.
LENGTH = 15


class Kind(NamedTuple):
    """What the input is, and how a sentence is written in it."""

    input_format: str
    written: Callable[[Sequence[str]], str]


#: The formats, by what they are called in the table.
KINDS = {
    "CoNLL, one column": Kind("conll", lambda tokens: "\n".join(tokens) + "\n\n"),
    "CoNLL, four columns": Kind("conll", lambda tokens: "".join(f"{token} NN I-NP O\n" for token in tokens) + "\n"),
    "tokens": Kind("tokens", lambda tokens: " ".join(tokens) + "\n"),
    "raw text": Kind("text", lambda tokens: joined(tokens) + "\n"),
    "JSON lines of text": Kind("jsonl", lambda tokens: json.dumps({"id": 1, "text": joined(tokens)}) + "\n"),
    "JSON lines of tokens": Kind("jsonl", lambda tokens: json.dumps({"id": 1, "tokens": tokens}) + "\n"),
}


def drawn(source: Path, tokens: int) -> Iterator[list[str]]:
    """Yield sentences of a CoNLL file, drawn at random, always the same ones, until they have so many tokens."""
    known, chance, count = [words for words, _ in sentences(source)], random.Random(13), 0
    while count < tokens:
        sentence = chance.choice(known)
        count += len(sentence)
        yield sentence


def one_sentence(source: Path, tokens: int) -> Iterator[list[str]]:
    """Yield the first tokens of drawn sentences as one sentence."""
    yield list(islice(chain.from_iterable(drawn(source, tokens)), tokens))


def distinct(source: Path, tokens: int) -> Iterator[list[str]]:
    """Yield sentences of words of six letters, none of which comes twice; the source is not used."""
    for start in range(0, tokens, LENGTH):
        yield [word(7919 * n + 17) for n in range(start, min(start + LENGTH, tokens))]


def word(number: int) -> str:
    """Return the word of a number: another one for each up to 26^6, and every fifth with a capital letter."""
    letters = ""
    for _ in range(6):
        number, letter = divmod(number, len(string.ascii_lowercase))
        letters += string.ascii_lowercase[letter]
    return letters.capitalize() if sum(map(ord, letters)) % 5 == 0 else letters


def write(some: Iterable[Sequence[str]], kind: str, target: Path) -> Path:
    """Write sentences in one of the `KINDS`, and return the file."""
    with target.open("w", encoding="utf-8") as file:
        file.writelines(map(KINDS[kind].written, some))
    return target


def write_folder(source: Path, tokens: int, files: int, target: Path) -> Path:
    """Write so many files of CoNLL, which have so many tokens together, into a new folder, and return that."""
    target.mkdir()
    drawing = drawn(source, 2 * tokens)  # each file has up to a sentence more than its share
    for n in range(files):
        write(upto(drawing, tokens // files), "CoNLL, one column", target / f"{n:02}.conll")
    return target


def upto(some: Iterator[list[str]], tokens: int) -> Iterator[list[str]]:
    """Yield sentences until they have so many tokens."""
    count = 0
    while count < tokens and (sentence := next(some, None)):
        count += len(sentence)
        yield sentence
