"""Training as a generator: it yields a report for each batch and each epoch; saving and printing are its consumer's."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import isfinite
from typing import Any

import numpy as np

from ner_window.config import Config
from ner_window.errors import TrainingError
from ner_window.nn.distillation import Teacher
from ner_window.nn.gradients import Array, Floats, Gradients, Integers, Parameters, RowGradient, clip
from ner_window.nn.network import Network
from ner_window.nn.optimizers import Optimizer
from ner_window.nn.schedules import SCHEDULES
from ner_window.nn.unvectorized import loss_by_loop
from ner_window.nn.windows import Windows
from ner_window.text.encoding import Batch, EncodedCorpus
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


#: How a word is shown, if not as it is.
_UNTUNED, _UNKNOWN = 1, 2


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
        The look-ups that show it.
    """

    swap: Floats
    delta: Floats
    twins: int
    first_pass: float = 0.0
    first_pass_rows: Integers = field(default_factory=lambda: np.empty(0, np.intp))

    def epoch(self, corpus: EncodedCorpus, generator: np.random.Generator) -> "Disguised":
        """Return the corpus as one epoch shows it. Which documents are without first pass is drawn at once."""
        without = np.zeros(len(corpus.lengths), bool)
        if len(self.first_pass_rows):
            for part in corpus.parts:
                without[part.start : part.stop] = generator.random() < self.first_pass
        return Disguised(self, corpus, np.repeat(without, corpus.lengths), generator)

    def trained(self, gradients: Gradients) -> Gradients:
        """Return the gradients without those of the pre-trained twins."""
        g = gradients.get("E.word")
        if not isinstance(g, RowGradient):
            return gradients
        n = int(np.searchsorted(g.rows, self.twins))
        return gradients | {"E.word": RowGradient(g.rows[:n], g.values[:n])}


@dataclass(frozen=True)
class Disguised:
    """A corpus as one epoch shows it; `without` (T,) are the tokens of documents that show no first pass."""

    disguise: Disguise
    corpus: EncodedCorpus
    without: Array
    generator: np.random.Generator

    def batches(self, groups: Iterable[Integers], radius: int) -> Iterator[Batch]:
        """Yield the batch of each of some groups of sentences, each drawn when it is asked for."""
        return (self.batch(group, radius) for group in groups)

    def batch(self, sentences: Integers, radius: int) -> Batch:
        """Return the windows of whole sentences; tokens of one form that are not shown alike are not one."""
        kinds = self._draw(self.corpus.words(sentences))
        batch = self.corpus.batch(sentences, radius, kinds)
        kinds, ids = kinds[batch.first], batch.ids[:, 1:]
        ids[0, kinds == _UNTUNED] += self.disguise.twins
        ids[0, kinds == _UNKNOWN] = UNKNOWN
        if len(self.disguise.first_pass_rows):
            without = np.flatnonzero(self.without[batch.tokens[batch.first]])
            ids[np.ix_(self.disguise.first_pass_rows, without)] = PAD
        return batch

    def _draw(self, words: Integers) -> Integers:
        """Draw how each of some words (B,), rows of the table, is shown."""
        chance = self.generator.random((2, len(words)), dtype=np.float32)
        untuned = np.where(chance[0] < self.disguise.delta[words], _UNTUNED, 0)
        return np.where(chance[1] < self.disguise.swap[words], _UNKNOWN, untuned)


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
        """Go back to where the checkpoint was written; `self` must have been set up from the same configuration.

        Raises
        ------
        KeyError, TypeError, ValueError
            It is of something else; `self` is then of no use.
        """
        now = self.changing()
        for key, array in tensors.items():
            kind, _, name = key.partition("/")
            if kind == "now":
                now[name][...] = fitted(key, array, now[name])
            elif kind == "best":
                self.best[name] = fitted(key, array, now[name]).copy()
            else:
                slot, _, name = name.partition("/")
                place = self._cut(name, self.optimizer.state_of(name, self.parameters[name])[slot])
                place[...] = fitted(key, array, place)
        if missing := now.keys() - {key.removeprefix("now/") for key in tensors}:
            raise ValueError(f"no {', '.join(sorted(missing))}")
        history, numbers = state["history"], [state[key] for key in ("epoch", "best_epoch", "steps")]
        if not all(isinstance(n, int) and n >= 0 for n in numbers) or not isinstance(state["best_f1"], int | float):
            raise TypeError(f"expected numbers, got {numbers} and {state['best_f1']!r}")
        if not isinstance(history, list) or not len(history) == state["epoch"] >= state["best_epoch"]:
            raise ValueError(f"expected the lines of {state['epoch']} epochs, up to the best one")
        self.epoch, self.best_epoch, self.best_f1 = state["epoch"], state["best_epoch"], state["best_f1"]
        self.optimizer.steps = state["steps"]
        self.generator.bit_generator.state = state["generator"]
        self.history = state["history"]

    def _cut(self, name: str, array: Floats) -> Floats:
        return array[: self.trained_words] if name == "E.word" else array


def fitted(name: str, array: Array, place: Array) -> Array:
    """Return an array that is to go where there is one of the same shape; `ValueError` if it is of another one."""
    if array.shape != place.shape or not np.isfinite(array).all():
        raise ValueError(f"{name}: expected finite numbers of the shape {place.shape}, got {array.shape}")
    return array


def batches(lengths: Integers, batch_size: int, generator: np.random.Generator) -> Iterator[Integers]:
    """Yield whole sentences, shuffled, about `batch_size` windows together."""
    order = generator.permutation(len(lengths))
    before = np.cumsum(lengths[order]) - lengths[order]  # windows before each sentence, in the shuffled order
    cuts = np.flatnonzero(np.diff(before // batch_size)) + 1  # the sentences that begin a batch
    yield from np.split(order, cuts)


def overflow_allowed() -> np.errstate:
    """Return a context in which an overflow is no warning: what comes of it is looked at, and is an error."""
    return np.errstate(over="ignore", invalid="ignore")


def _check_finite(what: str, value: float, state: TrainingState, rate: float) -> None:
    """Raise `TrainingError` if a number is not finite: what may be done about it, if there was a step or none yet."""
    if isfinite(value):
        return
    if not state.optimizer.steps:
        raise TrainingError(
            f"{what} is not finite before the first step, got {value}; look for vectors that are too large "
            "(ner-window check --vectors), or lower model.range"
        )
    raise TrainingError(
        f"{what} is not finite, got {value}; lower optimizer.learning_rate (now {rate:g}) or set optimizer.clip_norm"
    )


def doubts(history: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return why one may doubt that anything was learned, from the loss and the dev F1 of each epoch."""
    first, last, found = history[0]["loss"], history[-1]["loss"], []
    if len(history) > 1 and last == 0 == first:
        found.append("the loss is 0 from the first epoch on: there is nothing in the training corpus to be learned")
    elif len(history) > 1 and last >= first:
        found.append(
            f"the loss did not fall, it was {first:.4g} in epoch 1 and {last:.4g} in epoch {len(history)}; try a lower "
            "optimizer.learning_rate or optimizer.l2, or look for what is too large: model.range, vectors"
        )
    if not any(epoch["dev_f1"] for epoch in history):
        found.append("no entity of dev was found in any epoch")
    return found


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
        The loss, that of dev, or a parameter is not finite. `state.best` still holds the best parameters before.
    """
    options, rate = config.training, config.optimizer.learning_rate
    schedule = SCHEDULES[config.schedule.name]
    compute = network.loss if options.vectorized else partial(loss_by_loop, network)
    total = int(corpus.lengths.sum())
    targets = corpus.labels if teacher is None else teacher
    while state.epoch < options.epochs and state.epoch - state.best_epoch < options.patience:
        began, done, summed, now = time.perf_counter(), 0, 0.0, rate
        shown = disguise.epoch(corpus, state.generator) if disguise else corpus
        groups = batches(corpus.lengths, options.batch_size, state.generator)
        for batch in shown.batches(groups, network.radius):
            now = rate * schedule(state.epoch + done / total, options.epochs, config.schedule.every)
            y, windows = targets[batch.tokens], Windows(batch.ids, batch.index)
            with overflow_allowed():
                loss, backprop = compute(state.parameters, windows, y, state.generator, lengths=batch.lengths)
                _check_finite(f"epoch {state.epoch + 1}: the loss", loss, state, now)
                gradients = disguise.trained(backprop()) if disguise else backprop()
                if config.optimizer.clip_norm is not None:
                    gradients = clip(gradients, config.optimizer.clip_norm)
                state.optimizer.step(state.parameters, gradients, now)
            done += len(windows)
            summed += loss * len(windows)
            yield BatchReport(state.epoch + 1, len(windows), loss, total)
        seconds = time.perf_counter() - began
        with overflow_allowed():
            sums = {name: float(array.sum(dtype=np.float64)) for name, array in state.changing().items()}
            for name, value in sums.items():
                _check_finite(f"epoch {state.epoch + 1}: a value of {name}", value, state, now)
            dev_f1, dev_loss = evaluate()
            _check_finite(f"epoch {state.epoch + 1}: the loss of dev", dev_loss, state, now)
        state.epoch += 1
        better = dev_f1 > state.best_f1
        if better:
            state.best_f1, state.best_epoch = dev_f1, state.epoch
            state.keep_best()
        report = EpochReport(state.epoch, summed / total, now, dev_f1, dev_loss, better, seconds, total / seconds)
        state.history.append({"epoch": state.epoch, "loss": report.loss, "dev_f1": dev_f1, "dev_loss": dev_loss})
        yield report
