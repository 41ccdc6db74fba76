"""Prediction in memory with the lecture's model: from integers to labels, beside PyTorch at its best batch size.

Ours is `Tagger.scores` of an encoded text, which begins with integers as PyTorch does; and what a stream is tagged
with: a table of the products of all forms that came so far, in float32 and in int16. Such a table is new in every
round, and filling it is counted, from the forms' strings on: more than the peer does, so nothing is asked of it.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import torch

from benchmark.rows import Row, in_turn, speed
from benchmark.torch_peer import WindowNetwork, predict, window_ids
from benchmark.workspace import Workspace, note, sentences
from ner_window import Tagger
from ner_window.projections import Precision, Projections
from ner_window.text.tokens import Tokens

BATCH_SIZES = (64, 256, 1024, 4096, 16384, 65536)


def rows(work: Workspace) -> Iterator[Row]:
    """Yield a row for each of our ways, with the share of labels that are PyTorch's."""
    torch.set_num_threads(1)
    tagger = Tagger.load(work.model("conll2003-lecture"))
    path, tokens = work.to_tag
    text = Tokens.of([words for words, _ in sentences(path)])
    encoded = tagger.encode_text(text)
    peer, best = best_peer(tagger, encoded)
    ways: dict[str, Callable[[], Any]] = {
        "scores of an encoded text": lambda: tagger.scores(encoded).argmax(axis=1),
        "table of products": partial(labels, tagger, text, "float32"),
        "table of products, int16": partial(labels, tagger, text, "int16"),
    }
    *taken, of_peer = in_turn(*(partial(seconds_of, way) for way in ways.values()), partial(seconds_of, peer), rounds=9)
    same = peer().numpy()
    for (what, way), ours in zip(ways.items(), taken, strict=True):
        agreement = 100 * float(np.mean(way() == same))
        least = 2.3 if what == "scores of an encoded text" else None
        shown = f"{what}, tanh, PyTorch's best batch {best}, {agreement:.2f} % of labels the same"
        yield speed("memory", shown, tokens / ours, tokens / of_peer, least)


def best_peer(tagger: Tagger, encoded: Any) -> tuple[Callable[[], Any], int]:
    """Return prediction by PyTorch at its best batch size, and that."""
    model, windows = WindowNetwork(tagger.network, tagger.parameters), window_ids(tagger.network, encoded)
    ways = {size: partial(predict, model, windows, size) for size in BATCH_SIZES}
    best = min(ways, key=lambda size: min(seconds_of(ways[size]) for _ in range(3)))
    note(f"PyTorch's best batch size in prediction: {best}")
    return ways[best], best


def labels(tagger: Tagger, text: Tokens, precision: Precision) -> Any:
    """Return the label (T,) of each token, by a new table of products."""
    return Projections(tagger, precision).scores(text).argmax(axis=1)


def seconds_of(function: Callable[[], object]) -> float:
    """Return the processor's seconds that a function takes."""
    began = time.process_time()
    function()
    return time.process_time() - began
