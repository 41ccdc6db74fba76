"""Training the recommended model of CoNLL-2003 beside PyTorch: case, shape and affixes, dropout, whole tag sequences.

Affixes are hashed and summed (nn.EmbeddingBag). The chain's log-likelihood is the usual batched one: padded sentences
and a loop over time of logsumexp. What rare words are shown as is drawn outside PyTorch's time, but within ours.
"""

from collections.abc import Iterator

from benchmark.races import race
from benchmark.rows import Row
from benchmark.workspace import Workspace


def rows(work: Workspace) -> Iterator[Row]:
    """Yield the rows of the speed and of the F1."""
    yield from race(work, "conll2003", {"adam": ()})["adam"].rows("recommended", "training, batch 464, adam", 2.0)
