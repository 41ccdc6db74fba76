"""A training and a development file of a corpus that has none, or is in pieces."""

import codecs
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ner_window.text.conll import Corpus, read_corpus

#: The share of the tokens that training keeps where a development file is cut from its end.
KEPT = 0.9

#: Shares between which the cut goes to where a document begins, if one does there.
BETWEEN = (0.8, 0.95)


def joined(paths: Sequence[Path]) -> bytes:
    """Return several files as one, with a blank line between them."""
    pieces = []
    for path in paths:
        text = path.read_bytes().removeprefix(codecs.BOM_UTF8)
        pieces.append(text.rstrip(b"\r\n") + b"\n\n")
    return b"".join(pieces)


def cut(path: Path) -> tuple[bytes, bytes]:
    """Cut a file in two where a document begins, or else a sentence, nearest to nine tenths of its tokens.

    Returns
    -------
    train, dev : bytes
        The lines before the cut and those from there on.

    Raises
    ------
    CorpusError
        It is no CoNLL file.
    """
    corpus = read_corpus(path)
    lines = path.read_bytes().split(b"\n")
    place = _cut_line(corpus)
    return b"\n".join(lines[:place]) + b"\n", b"\n".join(lines[place:])


def _cut_line(corpus: Corpus) -> int:
    """Return how many lines stand before the cut: the blank line behind a sentence is the last of them."""
    text = corpus.text
    before = np.cumsum(text.lengths) / max(1, int(np.sum(text.lengths)))  # (S,) shares, with the sentence itself
    last_of_document = np.append(np.diff(text.documents) != 0, False)
    good = last_of_document & (before > BETWEEN[0]) & (before < BETWEEN[1])
    distance = np.where(good if good.any() else True, np.abs(before - KEPT), np.inf)
    sentence = int(np.argmin(distance))
    return int(corpus.first_lines[sentence]) + int(text.lengths[sentence])
