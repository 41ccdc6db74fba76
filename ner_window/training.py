"""Training as a generator: it yields a report for each batch and each epoch; saving and printing are its consumer's."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from ner_window.config import Config
from ner_window.errors import TrainingError
from ner_window.nn.distillation import Teacher
from ner_window.nn.gradients import Floats, Gradients, Integers, Parameters, RowGradient, clip
from ner_window.nn.network import Network
from ner_window.nn.optimizers import Optimizer
from ner_window.nn.schedules import SCHEDULES
from ner_window.nn.unvectorized import loss_by_loop
from ner_window.text.encoding import EncodedCorpus
from ner_window.text.vocabulary import PAD, UNKNOWN


@dataclass(frozen=True)
class BatchReport:
    """A batch was learned: its epoch, from 1, its windows and loss, the windows of an epoch, and the stage if any."""

    epoch: int
    windows: int
    loss: float
    total: int
    stage: str = ""


@dataclass(frozen=True)
class EpochReport:
    """An epoch has ended. `loss` is the mean of its batches' J, weighted by their windows."""

    epoch: int
    loss: float
    learning_rate: float
    dev_f1: float
    dev_loss: float
    best: bool
    seconds: float
    tokens_per_second: float


@dataclass(frozen=True)
class Disguise:
    """How training words are shown otherwise than they are, now and then, anew in every epoch.

    Parameters
    ----------
    swap : (n,) floats
        For each row at the head of the words' table, the probability that it is shown as the unknown word: so that this
        is learned, too.
    delta : (n,) floats
        The probability that a word shows its pre-trained vector instead of the tuned one, so that the network does not
        lean on what only the words of the training corpus have. The pre-trained vectors stand in `n` rows behind the
        table's own, whose gradients are dropped.
    twins : int
        Where these rows begin.
    first_pass : float
        The probability that a document shows nothing of a first pass, as it does in the first pass itself.
    first_pass_rows : (m,) integers
        The lines that show it.
    """

    swap: Floats
    delta: Floats
    twins: int
    first_pass: float = 0.0
    first_pass_rows: Integers = field(default_factory=lambda: np.empty(0, np.intp))

    def lines(self, corpus: EncodedCorpus, generator: np.random.Generator) -> EncodedCorpus:
        """Return the corpus as one epoch shows it."""
        lines = corpus.lines.copy()
        words = lines[0, corpus.places]
        chance = generator.random((2, len(words)), dtype=np.float32)
        shown = np.where(chance[0] < self.delta[words], words + self.twins, words)
        lines[0, corpus.places] = np.where(chance[1] < self.swap[words], UNKNOWN, shown)
        if len(self.first_pass_rows):
            hidden = np.flatnonzero(generator.random(len(corpus.parts)) < self.first_pass)
            ends = np.cumsum(corpus.lengths)
            for part in (corpus.parts[i] for i in hidden.tolist()):
                tokens = slice(ends[part.start] - corpus.lengths[part.start], ends[part.stop - 1])
                lines[self.first_pass_rows[:, None], corpus.places[tokens]] = PAD
        return replace(corpus, lines=lines)

    def trained(self, gradients: Gradients) -> Gradients:
        """Return the gradients without those of the pre-trained twins."""
        g = gradients.get("E.word")
        if not isinstance(g, RowGradient):
            return gradients
        n = int(np.searchsorted(g.rows, self.twins))
        return gradients | {"E.word": RowGradient(g.rows[:n], g.values[:n])}


@dataclass
class TrainingState:
    """Everything that the next epoch depends on. Of the words' table only the first `trained_words` rows can change."""

    parameters: Parameters
    optimizer: Optimizer
    generator: np.random.Generator
    trained_words: int
    epoch: int = 0
    best_epoch: int = 0
    best_f1: float = -1.0
    best: Parameters = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)

    def changing(self) -> Parameters:
        """Return the parameters that training can change, the words' table cut to its trained rows; views."""
        return {name: self._cut(name, array) for name, array in self.parameters.items()}

    def keep_best(self) -> None:
        """Remember the present parameters as the best."""
        self.best = {name: array.copy() for name, array in self.changing().items()}

    def restore_best(self) -> None:
        """Put the best parameters in the place of the present ones."""
        for name, array in self.best.items():
            self.changing()[name][...] = array

    def to_checkpoint(self) -> tuple[dict[str, Floats], dict[str, Any]]:
        """Return what a checkpoint holds: tensors, and a state that JSON can hold."""
        tensors = {f"now/{name}": array for name, array in self.changing().items()}
        tensors |= {f"best/{name}": array for name, array in self.best.items()}
        for name, state in self.optimizer.state.items():
            tensors |= {f"optimizer/{key}/{name}": self._cut(name, array) for key, array in state.items()}
        return tensors, {
            "epoch": self.epoch,
            "best_epoch": self.best_epoch,
            "best_f1": self.best_f1,
            "steps": self.optimizer.steps,
            "generator": self.generator.bit_generator.state,
            "history": self.history,
        }

    def from_checkpoint(self, tensors: dict[str, Floats], state: dict[str, Any]) -> None:
        """Go back to where the checkpoint was written; `self` must have been set up from the same configuration."""
        now = self.changing()
        for key, array in tensors.items():
            kind, _, name = key.partition("/")
            if kind == "now":
                now[name][...] = array
            elif kind == "best":
                self.best[name] = array.copy()
            else:
                slot, _, name = name.partition("/")
                whole = self.optimizer.state_of(name, self.parameters[name])[slot]
                self._cut(name, whole)[...] = array
        self.epoch, self.best_epoch, self.best_f1 = state["epoch"], state["best_epoch"], state["best_f1"]
        self.optimizer.steps = state["steps"]
        self.generator.bit_generator.state = state["generator"]
        self.history = state["history"]

    def _cut(self, name: str, array: Floats) -> Floats:
        return array[: self.trained_words] if name == "E.word" else array


def batches(lengths: Integers, batch_size: int, generator: np.random.Generator) -> Iterator[tuple[Integers, Integers]]:
    """Yield the token indices of whole sentences, shuffled, about `batch_size` windows together, and their lengths."""
    order = generator.permutation(len(lengths))
    starts = (np.cumsum(lengths) - lengths)[order]
    counts = lengths[order]
    before = np.cumsum(counts) - counts  # windows before each sentence, in the shuffled order
    tokens = np.arange(int(counts.sum())) - np.repeat(before, counts) + np.repeat(starts, counts)
    cuts = np.flatnonzero(np.diff(before // batch_size)) + 1  # the sentences that begin a batch
    yield from zip(np.split(tokens, before[cuts]), np.split(counts, cuts), strict=True)


def train(
    network: Network,
    state: TrainingState,
    corpus: EncodedCorpus,
    evaluate: Callable[[], tuple[float, float]],
    config: Config,
    disguise: Disguise | None = None,
    teacher: Teacher | None = None,
) -> Iterator[BatchReport | EpochReport]:
    """Train until the last epoch, or until the dev F1 has not risen for `patience` epochs.

    Parameters
    ----------
    network, state
        Changed in place: the parameters, the optimizer's state, the generator, the best parameters so far.
    corpus : EncodedCorpus
        The training corpus, with its labels.
    evaluate : function
        Returns the dev corpus's entity F1 and loss for the parameters as they are. A tie does not count as better.
    disguise : Disguise, optional
        How words are shown otherwise than they are.
    teacher : Teacher, optional
        What is learned instead of the corpus's labels.

    Raises
    ------
    TrainingError
        The loss is not finite. `state.best` still holds the best parameters before.
    """
    options, rate = config.training, config.optimizer.learning_rate
    schedule = SCHEDULES[config.schedule.name]
    compute = network.loss if options.vectorized else partial(loss_by_loop, network)
    total = int(corpus.lengths.sum())
    targets = corpus.labels if teacher is None else teacher
    while state.epoch < options.epochs and state.epoch - state.best_epoch < options.patience:
        began, done, summed, now = time.perf_counter(), 0, 0.0, rate
        shown = disguise.lines(corpus, state.generator) if disguise else corpus
        for tokens, lengths in batches(corpus.lengths, options.batch_size, state.generator):
            now = rate * schedule(state.epoch + done / total, options.epochs, config.schedule.every)
            windows = shown.windows(tokens, network.radius)
            loss, backprop = compute(state.parameters, windows, targets[tokens], state.generator, lengths=lengths)
            if not np.isfinite(loss):
                raise TrainingError(
                    f"epoch {state.epoch + 1}: the loss is not finite, got {loss}; lower optimizer.learning_rate "
                    f"(now {now:g}) or set optimizer.clip_norm"
                )
            gradients = disguise.trained(backprop()) if disguise else backprop()
            if config.optimizer.clip_norm is not None:
                gradients = clip(gradients, config.optimizer.clip_norm)
            state.optimizer.step(state.parameters, gradients, now)
            done += len(tokens)
            summed += loss * len(tokens)
            yield BatchReport(state.epoch + 1, len(tokens), loss, total)
        seconds = time.perf_counter() - began
        state.epoch += 1
        dev_f1, dev_loss = evaluate()
        better = dev_f1 > state.best_f1
        if better:
            state.best_f1, state.best_epoch = dev_f1, state.epoch
            state.keep_best()
        report = EpochReport(state.epoch, summed / total, now, dev_f1, dev_loss, better, seconds, total / seconds)
        state.history.append({"epoch": state.epoch, "loss": report.loss, "dev_f1": dev_f1, "dev_loss": dev_loss})
        yield report
