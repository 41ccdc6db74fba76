"""Small graphs with real numbers, and words that a user may type."""

import numpy as np
import pytest

from ner_window.nn.network import Network
from ner_window.nn.network_graph import network_graph
from ner_window.nn.network_pass import Row, Rows, run


def _network_of(word="Oslo", objective="softmax", l2=0.0, activation="tanh", frozen=frozenset()):
    network = Network((("word", 4, 3),), 1, 4, 3, activation, objective, l2=l2, frozen=frozen)
    generator = np.random.default_rng(1)
    parameters = {name: generator.normal(size=shape) for name, shape in network.shapes.items()}
    ids = np.array([[0, 2, 0], [0, 1, 0]])[: 1 + (objective == "margin")]
    shown = {i: Row(f"e({word})", f"E.word[{i}]", f"of {word}") for i in range(3)}
    numbers = run(network, parameters, ids[None], 2)
    return network_graph(network, [Rows("E.word", 3, ids, shown)], f"a window of {word}", numbers, "B-LOC")


@pytest.fixture(scope="session")
def network_of():
    """Return a function: a graph with numbers of a network of 3 words, a word twice in its window."""
    return _network_of
