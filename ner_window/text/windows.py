"""Sentences to windows: one flat line of ids with pads between sentences, and windows cut from it by one gather."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ner_window.text.vocabulary import PAD

Integers = NDArray[np.integer[Any]]


def positions(lengths: Integers, radius: int) -> Integers:
    """Return the place (T,) of each token on a line that has `radius` pads before, between and after the sentences."""
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    return np.arange(len(sentence)) + radius * (sentence + 1)


def line(ids: Sequence[int] | Integers, places: Integers, sentences: int, radius: int) -> Integers:
    """Set the ids (T,) of all tokens on a line (N,) of pads; N = T + radius * (sentences + 1)."""
    result = np.full(len(places) + radius * (sentences + 1), PAD, np.int32)
    result[places] = ids
    return result


def windows(line: Integers, places: Integers, radius: int) -> Integers:
    """Cut the windows (B, K) around B places out of a line (N,). No window reaches into another sentence."""
    index: Integers = line[places[:, None] + np.arange(-radius, radius + 1)]
    return index
