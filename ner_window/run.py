"""A training run: everything it consists of, from its first step to the model directory it leaves behind."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ner_window import storage
from ner_window.config import Config, dump_yaml, flatten
from ner_window.errors import ModelError
from ner_window.evaluation.metrics import Counts, Score, score_columns
from ner_window.nn.decoding import best_paths, best_threshold
from ner_window.nn.distillation import Teacher
from ner_window.nn.equivalent import fold_residual
from ner_window.nn.geometry import neighbors_moves
from ner_window.nn.gradients import Floats, Integers
from ner_window.nn.initialization import distinct_rows
from ner_window.nn.windows import Windows
from ner_window.scoring import GROUPS, groups_of
from ner_window.tagger import Tagger
from ner_window.text.encoding import EncodedCorpus
from ner_window.text.labelled import LabelledCorpus
from ner_window.text.tag_columns import TagColumn
from ner_window.text.tagging import split_tag
from ner_window.text.vocabulary import RESERVED
from ner_window.training import BatchReport, Disguise, EpochReport, TrainingState, fitted, overflow_allowed, train
from ner_window.versions import versions


@dataclass(frozen=True)
class FoldReport:
    """A part of the training corpus was tagged by a tagger that had learned from the others: its entity F1 there."""

    fold: int
    folds: int
    f1: float


@dataclass
class Jackknife:
    """What a first pass says of the training corpus, each document tagged by a tagger that has not learned from it.

    "Stacking" of Wolpert 1992: trained on what a tagger says of its own training data, the second pass would trust it.

    Parameters
    ----------
    folds : (S,) integers
        The part that each sentence belongs to, from 0.
    labels : (T,) integers
        The labels predicted, -1 where they are not known yet.
    prepare : function
        From the sentences to learn from to a run.
    """

    folds: Integers
    labels: Integers
    prepare: Callable[[Integers], "Run"]

    def reports(self, corpus: LabelledCorpus, tags: Sequence[str]) -> Iterator[BatchReport | FoldReport]:
        """Train a tagger for each part that has no labels yet, and let it tag the part."""
        count = int(self.folds.max()) + 1
        tokens = np.repeat(self.folds, corpus.text.lengths)
        for fold in range(count):
            if (self.labels[tokens == fold] >= 0).all():
                continue
            run = self.prepare(np.flatnonzero(self.folds != fold))
            for report in run.reports():
                if isinstance(report, BatchReport):
                    yield replace(report, stage=f"first pass, part {fold + 1} of {count}, ")
            run.state.restore_best()
            left_out = corpus.select(np.flatnonzero(self.folds == fold).tolist())
            predicted = run.tagger.tag_text(left_out.text)
            self.labels[tokens == fold] = np.array([tags.index(tag) for tag in predicted.names])[predicted.ids]
            result = score_columns(left_out.column, predicted.convert(corpus.scheme))
            yield FoldReport(fold + 1, count, result.micro.f1)


@dataclass(frozen=True)
class Finished:
    """A trained tagger as it is used, and what it says of dev.

    Parameters
    ----------
    tagger
        With the best parameters.
    scores : (T, C) floats
        Of dev's tokens.
    predicted : TagColumn
        The tags of dev, in the scheme of its file.
    score : Score
        With errors and `scoring.GROUPS`.
    """

    tagger: Tagger
    scores: Floats
    predicted: TagColumn
    score: Score


@dataclass
class Run:
    """Everything that a training run consists of, ready to go.

    With `fixed_length` it cannot be gone on with for more or fewer epochs than it was begun with.
    """

    config: Config
    tagger: Tagger
    state: TrainingState
    train: LabelledCorpus
    dev: LabelledCorpus
    encoded_train: EncodedCorpus
    encoded_dev: EncodedCorpus
    ledger: dict[str, Any]
    seconds: list[float]
    disguise: Disguise | None = None
    jackknife: Jackknife | None = None
    own_rows: int = 0
    teacher: Teacher | None = None
    fixed_length: bool = False

    def evaluate(self) -> tuple[float, float]:
        """Return entity F1 and loss of the dev corpus; tags that training has not seen have no loss, but count."""
        scores = self.tagger.scores(self.tagger.first_pass(self.encoded_dev))
        loss = self.dev_loss(scores)
        if self.config.objective == "margin":
            scores[:, 1:] += self.choose_thresholds(scores[:, 1:])
            if self.jackknife:  # the thresholds are the first pass's, too
                scores = self.tagger.scores(self.tagger.first_pass(self.encoded_dev))
        labels = best_paths(scores, self.encoded_dev.lengths, *self.tagger.transitions)
        return score_columns(self.dev.column, self.dev_tags(labels)).micro.f1, loss

    def dev_tags(self, labels: Integers) -> TagColumn:
        """Return the labels (T,) of the dev corpus as tags, in the scheme of its file."""
        return TagColumn(self.tagger.tags, labels, self.dev.text.lengths).convert(self.dev.scheme)

    def dev_loss(self, scores: Floats) -> float:
        """Return J, regulariser included, for the dev corpus's scores (T, C): a mean over parts as large as a batch."""
        network, gold, lengths = self.tagger.network, self.encoded_dev.labels, self.encoded_dev.lengths
        known = gold >= 0  # tags that training has not seen have no loss
        lengths = np.add.reduceat(known.astype(np.intp), np.cumsum(lengths) - lengths)
        scores, gold, lengths = scores[known, network.labels - network.rows :], gold[known], lengths[lengths > 0]
        before = np.cumsum(lengths) - lengths  # tokens before each sentence
        cuts = np.flatnonzero(np.diff(before // self.config.training.batch_size)) + 1
        parts = (np.split(scores, before[cuts]), np.split(gold, before[cuts]), np.split(lengths, cuts))
        costs = (
            network.cost(self.state.parameters, s, y, n)[0] * len(y) for s, y, n in zip(*parts, strict=True) if len(y)
        )
        J = sum(costs)
        return J / max(len(gold), 1) + network.regularizer(self.state.parameters)

    def choose_thresholds(self, scores: Floats) -> Floats:
        """Set c = -threshold for each type, with the thresholds that are best on dev for the scores (T, types).

        The margin loss leaves c open: it cancels out of 1 - s + s_c. Returns by how much each score changes.
        """
        c = self.state.parameters["c"]
        before = c.copy()
        for t, tag in enumerate(self.tagger.tags[1:]):
            lengths, spans, column = self.encoded_dev.lengths, spans_of(self.dev, split_tag(tag)[1]), scores[:, t]
            if not len(spans):  # dev cannot tell: the ledger notes it
                lengths, spans = self.encoded_train.lengths, spans_of(self.train, split_tag(tag)[1])
                column = self.tagger.scores(self.encoded_train)[:, 1 + t]
            c[t] -= best_threshold(column, lengths, spans)
        return c - before

    def reports(self) -> Iterator[BatchReport | EpochReport | FoldReport]:
        """Train; see `training.train`. Before a network of two passes, those that make what its second pass sees."""
        if self.jackknife:
            yield from self.jackknife.reports(self.train, self.tagger.tags)
            self.encoded_train = self.tagger.encoder.with_first_pass(self.encoded_train, self.jackknife.labels)
        steps = train(
            self.tagger.network, self.state, self.encoded_train, self.evaluate, self.config, self.disguise, self.teacher
        )
        for report in steps:
            if isinstance(report, EpochReport):
                self.seconds.append(report.seconds)
            yield report

    def initial_loss(self) -> tuple[float, float]:
        """Return the loss of the first sentences before any step, and that of equal scores, which it should be near to.

        With softmax that is ln C.
        """
        lengths = self.encoded_train.lengths
        lengths = lengths[: 1 + np.searchsorted(np.cumsum(lengths), self.config.training.batch_size)]
        tokens = np.arange(lengths.sum())
        network, y = self.tagger.network, self.encoded_train.labels[tokens]
        batch = self.encoded_train.batch(np.arange(len(lengths)), network.radius)
        windows = Windows(batch.ids, batch.index)
        loss, backprop = network.loss(self.state.parameters, windows, y, lengths=lengths)
        backprop()
        return loss, network.cost(self.state.parameters, np.zeros((len(y), network.rows)), y, lengths)[0]

    def distinct_units(self) -> int:
        """Return how many of the H hidden units compute something of their own at present; see `distinct_rows`."""
        return distinct_rows(self.state.parameters["W"])

    def save_checkpoint(self, path: Path) -> None:
        """Write all that `resume` needs."""
        tensors, state = self.state.to_checkpoint()
        if self.jackknife:
            tensors["first_pass"] = self.jackknife.labels.astype(np.float32)  # exact: labels are small
        storage.write_checkpoint(path, tensors, {**state, "seconds": self.seconds, "identity": self.identity()})

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint of the same configuration and data; only the number of epochs may have changed."""
        tensors, state = storage.read_checkpoint(path)
        before, now = state.pop("identity", {}), self.identity()
        for key in now:
            if not isinstance(before, dict) or before.get(key) != now[key]:
                raise ModelError(
                    f"{path}: was written with {key} = {dict(before).get(key)!r}, got {now[key]!r}; "
                    "set it back, or start again with --force"
                )
        try:
            if self.jackknife:
                labels = tensors.pop("first_pass").astype(np.intp)
                self.jackknife.labels = fitted("first_pass", labels, self.jackknife.labels)
            self.seconds[:] = [float(seconds) for seconds in state["seconds"]]
            self.state.from_checkpoint(tensors, state)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
            raise ModelError(f"{path}: damaged: {error!r}; start again with --force") from None

    def identity(self) -> dict[str, Any]:
        """Return what must be the same for a run to be gone on with."""
        length = set() if self.fixed_length else {"training.epochs", "training.patience"}
        free = length | {"data.test", "data.train", "data.dev", "vectors.source"}
        free |= {"training.teacher"}  # who the teacher is, its digest tells
        flat = {key: value for key, value in flatten(self.config.model_dump(mode="json")).items() if key not in free}
        if self.config.schedule.name == "linear":
            flat["training.epochs"] = self.config.training.epochs
        names = ("train", "dev", "vectors", "teacher")
        files = {f"the SHA-256 of {name}": self.ledger.get(name, {}).get("sha256") for name in names}
        return flat | files

    def finished(self) -> Finished:
        """Put the best parameters in place; return the tagger as it is used, and what it says of dev.

        The pre-trained twins of words are gone, words that never moved are moved like their neighbors, if that was
        asked for, and then the residual map, which moves all alike, is folded into the words' table. Its probabilities
        are calibrated on dev.
        """
        self.state.restore_best()
        own = self.tagger.parameters
        words = self._with_neighbors_moves(own["E.word"][: len(self.tagger.words)])
        network, parameters = fold_residual(self.tagger.network, {**own, "E.word": words})
        pretrained = self.tagger.pretrained
        if self.config.vectors.neighbors or self.config.vectors.residual:  # more words have moved than training saw
            pretrained = np.concatenate([pretrained, own["E.word"][len(pretrained) : len(words)]])
        tagger = replace(self.tagger, network=network, parameters=parameters, pretrained=pretrained)
        with overflow_allowed():
            encoded = tagger.first_pass(self.encoded_dev)
            scores = tagger.scores(encoded)
            predicted = self.dev_tags(tagger.decode(scores, encoded.lengths))
            calibrated = tagger.calibrated(scores, encoded.labels, encoded.lengths)
        score = score_columns(self.dev.column, predicted, self.dev.text, GROUPS, partial(groups_of, tagger))
        return Finished(calibrated, scores, predicted, score)

    def _with_neighbors_moves(self, table: Floats) -> Floats:
        """Return the words' table (V, d) in which words that never moved did as their nearest moved neighbors did.

        Rows of a word's own, which began nowhere near it, are nobody's neighbors. Frozen vectors did not move.
        """
        before, count = self.tagger.pretrained, self.config.vectors.neighbors
        if not count or not len(before):
            return table
        pretrained = slice(len(RESERVED), len(before) - self.own_rows)
        moved = np.any(table[pretrained] != before[pretrained], axis=1)
        moves = neighbors_moves(before[pretrained][moved], table[pretrained][moved], table[len(before) :], count)
        return np.concatenate([table[: len(before)], table[len(before) :] + moves])

    def finish(self, directory: Path, command: str, *, force: bool) -> float:
        """Write the model directory with everything that tells how it came; return the dev F1."""
        finished = self.finished()
        best = self.state.history[self.state.best_epoch - 1]
        facts = {
            "versions": versions(),
            "data": self.ledger,
            "epochs": self.state.epoch,
            "best": best,
            **dev_facts(finished.score),
            "config": flatten(self.config.model_dump(mode="json", exclude={"data", "vectors"}))
            | {f"vectors.{key}": value for key, value in self.config.vectors.model_dump(exclude={"source"}).items()},
        }
        if self.config.objective == "margin":
            c = self.state.parameters["c"].tolist()
            facts["thresholds"] = {split_tag(tag)[1]: -x for tag, x in zip(self.tagger.tags[1:], c, strict=True)}
        tagger = replace(finished.tagger, facts=facts)
        others = {
            "config.yaml": dump_yaml(self.config),
            "metrics.jsonl": "".join(json.dumps(line) + "\n" for line in self.state.history),
            "timings.json": json.dumps({"seconds_of_epochs": self.seconds, "command": command}, indent=2) + "\n",
        }
        tagger.save(directory, force=force, others=others)
        return finished.score.micro.f1


def spans_of(corpus: LabelledCorpus, type_: str) -> Integers:
    """Return the entities of a type as indices (G, 2) of tokens, counted through the corpus: first, one after last."""
    entities = corpus.entities
    chosen = np.array([name == type_ for name in entities.types], bool)[entities.type]
    return np.stack([entities.start[chosen], entities.end[chosen]], axis=1)


def dev_facts(score: Score) -> dict[str, float]:
    """Return what a model tells of its score on dev."""
    return {"dev_f1": score.micro.f1, "dev_unseen_words_f1": Counts(*score.subsets["unseen_words"]).f1}
