"""The window network in PyTorch, eager mode, as a competent user writes it: the peer of training and of prediction.

It begins with the same numbers as ours, sees the same ids, and its batches are made in the same way: whole sentences,
shuffled, of about `batch_size` windows. What is done for its speed: the ids of an epoch are laid out once and then cut;
the word table is sparse, so that a step costs the rows that were used; the other parameters go to a fused optimizer;
gradients are set to None; nothing is read back in the loop; prediction runs in inference mode. It can look up every
place of every window, or every token once and then gather windows from the vectors; the faster one is the peer.
"""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmark.torch_chain import chain_loss
from ner_window.nn.network import Network
from ner_window.run import Run
from ner_window.text.vocabulary import PAD, UNKNOWN


class WindowNetwork(nn.Module):
    """x = [e(w-r); ...; e(w+r)], z = W x + b, h = tanh(z), s = U h + c: a layer for each line of that.

    Parameters
    ----------
    network : Network
        Our description of it: tables, sizes, dropout, and which tables are frozen.
    parameters : dict of str to (...) float32
        The numbers to begin with.
    """

    tables: Any  # a ModuleDict: what it holds are embeddings

    def __init__(self, network: Network, parameters: dict[str, Any]) -> None:
        super().__init__()
        values = {name: torch.from_numpy(array.copy()) for name, array in parameters.items()}
        summed = dict(network.look_ups)
        self.tables = nn.ModuleDict()
        for name, _, _ in network.tables:
            frozen, E = name in network.frozen, values[f"E.{name}"]
            if summed.get(name, 1) > 1:
                self.tables[name] = nn.EmbeddingBag.from_pretrained(E, frozen, mode="sum", sparse=True)
            else:
                self.tables[name] = nn.Embedding.from_pretrained(E, frozen, sparse=True)  # type: ignore[no-untyped-call]
        self.W = nn.Linear(values["W"].shape[1], values["W"].shape[0])
        self.U = nn.Linear(values["U"].shape[1], values["U"].shape[0])
        for layer, weight, bias in ((self.W, "W", "b"), (self.U, "U", "c")):
            layer.weight.data, layer.bias.data = values[weight], values[bias]
        self.chain = nn.ParameterList([values[n] for n in ("A", "start", "end")] if "A" in values else [])
        self.width = network.width
        self.input_dropout, self.group_dropout = network.input_dropout, dict(network.group_dropout)

    def forward(self, ids: Sequence[Tensor], index: Tensor | None = None) -> Tensor:
        """Return the scores (B, C) of windows.

        `ids` has for each table the ids of all places (B K,), or (B K, m) where m rows are summed. With an `index`
        (B, K) they are those of n tokens, and the index says which of these stands in each place.
        """
        looked_up = [self.look_up(name, of_table) for name, of_table in zip(self.tables, ids, strict=True)]
        e = looked_up[0] if len(looked_up) == 1 else torch.cat(looked_up, dim=1)
        if index is not None:
            e = e.index_select(0, index.flatten())
        scores: Tensor = self.U(torch.tanh(self.W(e.view(-1, self.width * e.shape[1]))))
        return scores

    def look_up(self, name: str, ids: Tensor) -> Tensor:
        """Return the vectors (n, d) of one table, while training with dropout of elements or of whole vectors."""
        e: Tensor = self.tables[name](ids)
        if whole := self.group_dropout.get(name, 0.0):
            return e * functional.dropout(e.new_ones(len(e), 1), whole, self.training)
        return functional.dropout(e, self.input_dropout, self.training) if name == "word" and self.input_dropout else e

    def numbers(self) -> dict[str, Any]:
        """Return the parameters under our names, as arrays."""
        named = {f"E.{name}": table.weight for name, table in self.tables.items()}
        named |= {"W": self.W.weight, "b": self.W.bias, "U": self.U.weight, "c": self.U.bias}
        named |= dict(zip(("A", "start", "end"), self.chain, strict=False))
        return {name: value.detach().numpy() for name, value in named.items()}


def optimizers_of(model: WindowNetwork, name: str, factors: dict[str, float]) -> list[torch.optim.Optimizer]:
    """Return PyTorch's two optimizers of a name: the fused one, and the one that takes sparse gradients.

    `factors` are those on the learning rate of tables. The constants are PyTorch's, which are ours; but for Adagrad's
    epsilon, which is 1e-10 there and 1e-8 here.
    """
    sparse, fused = {
        "adam": (torch.optim.SparseAdam, torch.optim.Adam),
        "adagrad": (torch.optim.Adagrad, torch.optim.Adagrad),
        "sgd": (torch.optim.SGD, torch.optim.SGD),
    }[name]
    tables = [
        {"params": [table.weight], "factor": factors.get(f"E.{key}", 1.0)}
        for key, table in model.tables.items()
        if table.weight.requires_grad
    ]
    dense = [*model.W.parameters(), *model.U.parameters(), *model.chain]
    found: list[torch.optim.Optimizer] = [fused([{"params": dense, "factor": 1.0}], lr=1e-3, fused=True)]
    return [*found, sparse(tables, lr=1e-3)] if tables else found


class TorchPeer:
    """Training of `WindowNetwork` from where a run of ours begins, an epoch at a time.

    Parameters
    ----------
    run : Run
        A new run, whose numbers, corpus and configuration are taken. The schedule must be "linear".
    once : bool
        Whether every token of a batch is looked up once, and not in every window that it stands in.
    """

    def __init__(self, run: Run, once: bool) -> None:
        torch.manual_seed(run.config.seed)
        self.run, self.once, self.done = run, once, 0
        self.generator = np.random.default_rng(run.config.seed)
        self.model = WindowNetwork(run.tagger.network, run.state.parameters)
        name, factors = run.config.optimizer.name, run.state.optimizer.factors
        self.optimizers = optimizers_of(self.model, name, factors)
        self.labels = torch.from_numpy(run.encoded_train.labels.astype(np.int64))
        self.ids = token_ids(run.tagger.network, run.encoded_train)

    def epoch(self) -> float:
        """Train for one epoch; return its seconds, those of showing rare words otherwise not among them."""
        ids, config = self.disguised(), self.run.config
        self.model.train()
        began, seen = time.process_time(), 0
        for batch, y, lengths in self.batches(ids, config.training.batch_size):
            now = self.done + seen / len(self.labels)
            self.step(batch, y, lengths, config.optimizer.learning_rate * (1 - now / config.training.epochs))
            seen += len(y)
        self.done += 1
        return time.process_time() - began

    def disguised(self) -> list[Any]:
        """Return the ids of the tokens as one epoch shows them: now and then an unknown word, or a pre-trained twin."""
        disguise = self.run.disguise
        if disguise is None:
            return self.ids
        words = self.ids[0]
        chance = self.generator.random((2, len(words)))
        shown = np.where(chance[0] < disguise.delta[words], words + disguise.twins, words)
        return [np.where(chance[1] < disguise.swap[words], UNKNOWN, shown), *self.ids[1:]]

    def batches(self, ids: Sequence[Any], batch_size: int) -> Any:
        """Yield the arguments of the network, the labels, and the lengths of the sentences of each batch."""
        radius, lengths = self.run.tagger.network.radius, self.run.encoded_train.lengths
        order, places, counts, sizes = layout(lengths, batch_size, radius, self.generator)
        y = self.labels[torch.from_numpy(order)].split_with_sizes([int(each.sum()) for each in counts])
        lines = [torch.from_numpy(line(each[order], places, radius)) for each in ids]
        windows = torch.from_numpy(places[:, None] + np.arange(-radius, radius + 1))  # (T, K)
        index = windows.split_with_sizes([len(each) for each in y])
        if not self.once:
            whole = [each[windows.flatten()] for each in lines]
            sizes = [self.model.width * len(each) for each in y]
            parts = zip(*(each.split_with_sizes(sizes) for each in whole), strict=True)
            yield from zip(((part, None) for part in parts), y, counts, strict=True)
            return
        starts = np.cumsum(sizes) - sizes
        for labels, of_windows, start, size, n in zip(y, index, starts.tolist(), sizes.tolist(), counts, strict=True):
            part = [each[start : start + size + radius] for each in lines]
            yield (part, of_windows - start), labels, n

    def step(self, batch: tuple[Sequence[Tensor], Tensor | None], y: Tensor, lengths: Any, rate: float) -> None:
        """Go forward, backward and one step on."""
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
            for group in optimizer.param_groups:
                group["lr"] = rate * group["factor"]
        scores = self.model(*batch)
        if self.run.config.objective == "sentence":
            loss = chain_loss(scores, y, torch.from_numpy(lengths), *self.model.chain)
        else:
            loss = functional.cross_entropy(scores, y)
        loss.backward()  # type: ignore[no-untyped-call]
        if self.run.disguise:
            self.drop_twins(self.run.disguise.twins)
        for optimizer in self.optimizers:
            optimizer.step()

    def drop_twins(self, first: int) -> None:
        """Leave the pre-trained twins of words, which stand behind the table's own rows, as they are."""
        weight = self.model.tables["word"].weight
        g = weight.grad.coalesce()
        n = int(torch.searchsorted(g.indices()[0], first))
        weight.grad = torch.sparse_coo_tensor(g.indices()[:, :n], g.values()[:n], g.shape, is_coalesced=True)

    def dev_f1(self) -> float:
        """Return the entity F1 on dev of what was learned, decoded and counted by our code."""
        for name, value in self.model.numbers().items():
            self.run.state.parameters[name][...] = value
        return self.run.evaluate()[0]


def predict(model: WindowNetwork, windows: Sequence[Tensor], batch_size: int) -> Tensor:
    """Return the labels (T,) of windows, each the one with the highest score, `batch_size` windows at a time.

    `windows` has for each table the ids (T K,) or (T K, m) of the places of all windows.
    """
    model.eval()
    with torch.inference_mode():
        batches = zip(*(torch.split(ids, batch_size * model.width) for ids in windows), strict=True)
        return torch.cat([model(ids).argmax(dim=1) for ids in batches])


def window_ids(network: Network, encoded: Any) -> list[Tensor]:
    """Return for each table the ids (T K,) of the places of all windows, or (T K, m) where m rows are summed."""
    windows = encoded.windows(np.arange(int(encoded.lengths.sum())), network.radius)  # (L, T, K)
    flat = windows.reshape(len(windows), -1).astype(np.int64)
    return [torch.from_numpy(_of_table(flat, own)) for own in network.lines]


def token_ids(network: Network, encoded: Any) -> list[Any]:
    """Return for each table the ids (T,) of the tokens, or (T, m) where m rows are summed."""
    windows = encoded.windows(np.arange(int(encoded.lengths.sum())), network.radius)  # (L, T, K)
    flat = windows[:, :, network.radius].astype(np.int64)
    return [_of_table(flat, own) for own in network.lines]


def _of_table(ids: Any, own: slice) -> Any:
    """Cut the lines of one table out of ids (L, n): (n,), or (n, m)."""
    return np.ascontiguousarray(ids[own][0] if own.stop - own.start == 1 else ids[own].T)


def layout(lengths: Any, batch_size: int, radius: int, generator: np.random.Generator) -> tuple[Any, Any, Any, Any]:
    """Lay shuffled sentences on one line with `radius` pads before, between and after them, and cut it into batches.

    Returns the token at each turn (T,), its place on the line (T,), and for each batch the lengths of its sentences and
    how much of the line it takes.
    """
    order = generator.permutation(len(lengths))
    starts, n = (np.cumsum(lengths) - lengths)[order], lengths[order]
    before = np.cumsum(n) - n
    tokens = np.arange(int(n.sum())) + np.repeat(starts - before, n)
    places = np.arange(len(tokens)) + radius * (np.repeat(np.arange(len(n)), n) + 1)
    counts = np.split(n, np.flatnonzero(np.diff(before // batch_size)) + 1)
    return tokens, places, counts, np.array([int(each.sum()) + radius * len(each) for each in counts])


def line(ids: Any, places: Any, radius: int) -> Any:
    """Set the ids (T,) or (T, m) of tokens on a line of pads."""
    result = np.full((int(places[-1]) + radius + 1, *ids.shape[1:]), PAD, np.int64)
    result[places] = ids
    return result
