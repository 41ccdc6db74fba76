"""Training beside PyTorch: whole runs of both, an epoch of ours, an epoch of the peer, and so on, for some seeds."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch

from benchmark.epochs import epochs_of
from benchmark.rows import Row, equal_f1, speed
from benchmark.torch_peer import TorchPeer
from benchmark.workspace import Workspace, note
from ner_window.config import Config
from ner_window.experiment import prepare

SEEDS = (13, 14, 15)


@dataclass
class Side:
    """What one side of a race did: the tokens a second of every epoch, and the best dev F1 of every seed."""

    speeds: list[float] = field(default_factory=list)
    f1: list[float] = field(default_factory=list)

    @property
    def speed(self) -> float:
        """The median of all epochs."""
        return statistics.median(self.speeds)

    @property
    def mean(self) -> float:
        """The mean F1 of the seeds."""
        return statistics.fmean(self.f1)


@dataclass
class Race:
    """Ours and PyTorch with the same settings."""

    settings: Sequence[str]
    ours: Side = field(default_factory=Side)
    peer: Side = field(default_factory=Side)

    def rows(self, part: str, what: str, least: float | None = None) -> Iterator[Row]:
        """Yield the row of the speed and that of the F1."""
        yield speed(part, what, self.ours.speed, self.peer.speed, least)
        yield equal_f1(part, f"{what}: dev F1, mean of {len(SEEDS)} seeds", self.ours.mean, self.peer.mean)

    def epochs(self, work: Workspace, name: str, seed: int, once: bool) -> Iterator[None]:
        """Train both with one seed to the config's last epoch, an epoch of each in turn; scoring dev is not timed."""
        config = work.config(name, *self.settings, f"seed={seed}", "training.patience=1000")
        other, best = TorchPeer(prepare(config, work.sources), once), [0.0, 0.0]
        tokens = len(other.labels)
        for seconds, f1_now in epochs_of(prepare(config, work.sources)):
            self.ours.speeds.append(tokens / seconds)
            self.peer.speeds.append(tokens / other.epoch())
            best = [max(best[0], f1_now), max(best[1], other.dev_f1())]
            yield
        self.ours.f1.append(best[0])
        self.peer.f1.append(best[1])
        speeds = f"{self.ours.speed:,.0f} and {self.peer.speed:,.0f} tokens/s"
        note(f"{name} {' '.join(self.settings)} seed {seed}: {speeds}, F1 {best[0]:.4f} and {best[1]:.4f}")


def race(work: Workspace, name: str, variants: Mapping[str, Sequence[str]]) -> dict[str, Race]:
    """Train variants of a config, ours and PyTorch's, with each seed: an epoch of each in turn, then the next epoch."""
    torch.set_num_threads(1)
    torch.sparse.check_sparse_tensor_invariants.disable()  # type: ignore[no-untyped-call]  # as by default
    races = {key: Race(settings) for key, settings in variants.items()}
    forms = {key: faster_form(work, work.config(name, *settings)) for key, settings in variants.items()}
    for seed in SEEDS:
        running = [one.epochs(work, name, seed, forms[key]) for key, one in races.items()]
        for _ in zip(*running, strict=True):  # all have the same number of epochs
            pass
    return races


def faster_form(work: Workspace, config: Config) -> bool:
    """Return whether PyTorch is faster where it looks up each token of a batch once; two epochs of each tell."""
    peers = [TorchPeer(prepare(config, work.sources), once) for once in (False, True)]
    taken = [[peer.epoch() for peer in peers] for _ in range(2)]
    each, once = (min(column) for column in zip(*taken, strict=True))
    return bool(once < each)
