"""Training the lecture's model: 5 words x 50 dimensions, 100 tanh units, softmax over BIOES tags, beside PyTorch.

Fine-tuned, the table of 400,000 words is sparse on both sides. PyTorch is tried with those of its optimizers that take
sparse gradients; ours has the same one at the same rate. The fastest that comes near the best F1 of them is the peer.
SGD is faster than both, and is left out: at the best of three rates it was three points of F1 behind on CoNLL-2003.
"""

from collections.abc import Iterator

from benchmark.races import race
from benchmark.rows import Row
from benchmark.workspace import Workspace

#: The optimizers, each at the best rate of those that were tried with PyTorch on CoNLL-2003, batch 256.
OPTIMIZERS = {"adam": "0.003", "adagrad": "0.1"}

#: What is trained: how word vectors are, the batch size, and the ratio that was asked for.
SETTINGS = (("fine-tune", 64, 3.0), ("fine-tune", 256, 3.0), ("fine-tune", 1024, None), ("freeze", 256, 2.2))

#: An optimizer whose F1 is lower than the best one's by more is no peer.
NEAR = 0.005


def rows(work: Workspace) -> Iterator[Row]:
    """Yield for each setting the rows of PyTorch's best optimizer, with its bound, then those of the others."""
    for vectors, batch_size, least in SETTINGS:
        what = f"{vectors}, batch {batch_size}"
        races = race(work, "conll2003-lecture", {name: settings(name, vectors, batch_size) for name in OPTIMIZERS})
        needed = max(one.peer.mean for one in races.values()) - NEAR
        best = max((name for name in races if races[name].peer.mean >= needed), key=lambda n: races[n].peer.speed)
        yield from races.pop(best).rows("training", f"{what}, {best} (PyTorch's fastest)", least)
        for name, other in races.items():
            yield from other.rows("training", f"{what}, {name}")


def settings(optimizer: str, vectors: str, batch_size: int) -> list[str]:
    """Return the settings of the lecture's model with one optimizer at one batch size."""
    rate = f"optimizer.learning_rate={OPTIMIZERS[optimizer]}"
    return [f"optimizer.name={optimizer}", rate, f"vectors.train={vectors}", f"training.batch_size={batch_size}"]
