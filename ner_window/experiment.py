"""The composition root: a configuration to objects, a run, and what it leaves behind."""

import json
import platform
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

import ner_window
from ner_window import storage
from ner_window.config import Config, DataConfig, dump_yaml, flatten
from ner_window.errors import ConfigError, CorpusError, ModelError, OutputError
from ner_window.nn.decoding import best_threshold
from ner_window.nn.gradients import Floats, Integers
from ner_window.nn.initialization import Initializer, distinct_rows, embedding, he, uniform, xavier, zeros
from ner_window.nn.network import Network
from ner_window.nn.optimizers import Optimizer
from ner_window.scoring import score_in
from ner_window.tagger import EncodedCorpus, Tagger
from ner_window.text.conll import Layout
from ner_window.text.features import FEATURES
from ner_window.text.labelled import LabelledCorpus, read_labelled
from ner_window.text.tagging import SCHEMES, convert, entities_of, split_tag
from ner_window.text.vectors import VectorsReport, load_vectors
from ner_window.text.vocabulary import FALLBACKS, RESERVED, UNKNOWN, Vocabulary
from ner_window.training import BatchReport, EpochReport, TrainingState, train

#: The unknown word begins as the mean of this many vectors from the rare end: unknown words are rare words.
RAREST = 20_000


@dataclass
class Run:
    """Everything that a training run consists of, ready to go."""

    config: Config
    tagger: Tagger
    state: TrainingState
    train: LabelledCorpus
    dev: LabelledCorpus
    encoded_train: EncodedCorpus
    encoded_dev: EncodedCorpus
    ledger: dict[str, Any]
    seconds: list[float]

    def evaluate(self) -> tuple[float, float]:
        """Return entity F1 and loss of the dev corpus; tags that training has not seen have no loss, but count."""
        scores = self.tagger.scores(self.encoded_dev)
        loss = self.dev_loss(scores)
        if self.config.objective == "margin":
            scores[:, 1:] += self.choose_thresholds(scores[:, 1:])
        predicted = self.tagger.decode(scores, self.encoded_dev.lengths)
        return score_in(self.dev.scheme, self.dev.tags, predicted).micro.f1, loss

    def dev_loss(self, scores: Floats) -> float:
        """Return J, regulariser included, for the dev corpus's scores (T, C): a mean over parts as large as a batch."""
        network, gold, lengths = self.tagger.network, self.encoded_dev.labels, self.encoded_dev.lengths
        known = gold >= 0  # tags that training has not seen have no loss
        lengths = np.add.reduceat(known.astype(np.intp), np.cumsum(lengths) - lengths)
        scores, gold, lengths = scores[known, network.labels - network.rows :], gold[known], lengths[lengths > 0]
        before = np.cumsum(lengths) - lengths  # tokens before each sentence
        cuts = np.flatnonzero(np.diff(before // self.config.training.batch_size)) + 1
        parts = (np.split(scores, before[cuts]), np.split(gold, before[cuts]), np.split(lengths, cuts))
        J = sum(network.cost(self.state.parameters, s, y, n)[0] * len(y) for s, y, n in zip(*parts, strict=True))
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

    def reports(self) -> Iterator[BatchReport | EpochReport]:
        """Train; see `training.train`."""
        for report in train(self.tagger.network, self.state, self.encoded_train, self.evaluate, self.config):
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
        windows = self.encoded_train.windows(tokens, self.tagger.network.radius)
        network, y = self.tagger.network, self.encoded_train.labels[tokens]
        loss, backprop = network.loss(self.state.parameters, windows, y, lengths=lengths)
        backprop()
        return loss, network.cost(self.state.parameters, np.zeros((len(y), network.rows)), y, lengths)[0]

    def distinct_units(self) -> int:
        """Return how many of the H hidden units compute something of their own at present; see `distinct_rows`."""
        return distinct_rows(self.state.parameters["W"])

    def save_checkpoint(self, path: Path) -> None:
        """Write all that `resume` needs."""
        tensors, state = self.state.to_checkpoint()
        storage.write_checkpoint(path, tensors, {**state, "identity": self.identity()})

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint of the same configuration and data; only the number of epochs may have changed."""
        tensors, state = storage.read_checkpoint(path)
        before, now = state.pop("identity", {}), self.identity()
        for key in now:
            if before.get(key) != now[key]:
                raise ModelError(
                    f"{path}: was written with {key} = {before.get(key)!r}, got {now[key]!r}; "
                    "set it back, or start again with --force"
                )
        self.state.from_checkpoint(tensors, state)

    def identity(self) -> dict[str, Any]:
        """Return what must be the same for a run to be gone on with."""
        free = {"training.epochs", "training.patience", "data.test", "data.train", "data.dev", "vectors.source"}
        flat = {key: value for key, value in flatten(self.config.model_dump(mode="json")).items() if key not in free}
        if self.config.schedule.name == "linear":
            flat["training.epochs"] = self.config.training.epochs
        files = {f"the SHA-256 of {name}": self.ledger[name]["sha256"] for name in ("train", "dev", "vectors")}
        return flat | files

    def finish(self, directory: Path, command: str, *, force: bool) -> Tagger:
        """Put the best parameters in place and write the model directory with everything that tells how it came."""
        self.state.restore_best()
        best = self.state.history[self.state.best_epoch - 1]
        facts = {
            "versions": versions(),
            "data": self.ledger,
            "epochs": self.state.epoch,
            "best": best,
            "config": flatten(self.config.model_dump(mode="json", exclude={"data", "vectors"}))
            | {"vectors.train": self.config.vectors.train},
        }
        if self.config.objective == "margin":
            c = self.state.parameters["c"].tolist()
            facts["thresholds"] = {split_tag(tag)[1]: -x for tag, x in zip(self.tagger.tags[1:], c, strict=True)}
        tagger = Tagger(**{**vars_of(self.tagger), "facts": facts})
        others = {
            "config.yaml": dump_yaml(self.config),
            "metrics.jsonl": "".join(json.dumps(line) + "\n" for line in self.state.history),
            "timings.json": json.dumps({"seconds_of_epochs": self.seconds, "command": command}, indent=2) + "\n",
        }
        tagger.save(directory, force=force, others=others)
        return tagger


def spans_of(corpus: LabelledCorpus, type_: str) -> Integers:
    """Return the entities of a type as indices (G, 2) of tokens, counted through the corpus: first, one after last."""
    lengths = np.array([len(tags) for tags in corpus.tags], np.intp)
    starts = (np.cumsum(lengths) - lengths).tolist()
    found: list[tuple[int, int]] = [
        (start + e.start, start + e.end)
        for start, tags in zip(starts, corpus.tags, strict=True)
        for e in entities_of(tags)
        if e.type == type_
    ]
    return np.array(found, np.intp).reshape(-1, 2)


def vars_of(tagger: Tagger) -> dict[str, Any]:
    """Return the fields of a tagger by name."""
    return {name: getattr(tagger, name) for name in tagger.__dataclass_fields__}


def versions() -> dict[str, str]:
    """Return the versions that the numbers of a run depend on."""
    return {"ner_window": ner_window.__version__, "numpy": np.__version__, "python": platform.python_version()}


class Sources:
    """Corpora and vectors as they are in their files. The last two and the last one are kept for who asks again.

    A sweep that reads the same files for every run reads them once. Nothing that is read is ever changed.
    """

    def __init__(self) -> None:
        self._labelled = lru_cache(maxsize=2)(read_labelled)
        self.vectors = lru_cache(maxsize=1)(load_vectors)

    def corpus(self, data: DataConfig, path: str) -> LabelledCorpus:
        """Return the corpus of a file, read as a configuration says."""
        layout = Layout(data.token_column, data.tag_column, data.encoding)
        return self._labelled(path, layout, data.scheme, data.repair)

    def digests(self, config: Config) -> dict[str, str]:
        """Return the SHA-256 of what a run is made from: train, dev and vectors."""
        options, data = config.vectors, config.data
        vectors = "random" if options.source == "random" else self.vectors(options.source, options.limit).sha256
        files = {
            name: self.corpus(data, path).corpus.sha256 for name, path in (("train", data.train), ("dev", data.dev))
        }
        return {**files, "vectors": vectors}


def prepare(config: Config, sources: Sources | None = None) -> Run:
    """Read the data and the vectors and set up a new tagger and its training state. The test file is not opened."""
    sources = sources or Sources()
    corpora = {
        name: sources.corpus(config.data, path)
        for name, path in (("train", config.data.train), ("dev", config.data.dev))
    }
    if config.objective in ("margin", "sentence") and not config.training.vectorized:
        raise ConfigError(
            f"training.vectorized: false cannot go with objective {config.objective}, which compares the windows of a "
            "batch with each other; set it to true"
        )
    learning = corpora["train"].limit(config.data.limit)
    known = sorted({e.type for tags in learning.tags for e in entities_of(tags)})
    if missing := sorted(set(config.data.types or ()) - set(known)):
        raise ConfigError(f"data.types: no such type in {config.data.train}, got {missing}; it has {known}")
    learning = learning.only(config.data.types)
    dev = corpora["dev"].only(config.data.types)
    generator = np.random.default_rng(config.seed)
    words, table, trained, report, digest = build_words(config, learning.tokens, generator, sources)
    features = [(f.name, build_feature(f.name, learning.tokens), f.size) for f in config.features]
    types = sorted({e.type for tags in learning.tags for e in entities_of(tags)})
    if not types:
        raise CorpusError(f"{config.data.train}: no entity in it: all tags are O; is it the right tag column?")
    scheme = SCHEMES["IO" if config.objective == "margin" else config.model.scheme]
    tags = ("O", *(f"{prefix}-{type_}" for type_ in types for prefix in scheme.prefixes))
    network = Network(
        tables=(
            ("word", len(words), table.shape[1]),
            *((name, len(vocabulary), size) for name, vocabulary, size in features),
        ),
        radius=config.window.radius,
        hidden_units=config.model.hidden_units,
        labels=len(tags),
        activation=config.model.activation,
        objective=config.objective,
        dropout=config.model.dropout,
        input_dropout=config.model.input_dropout,
        group_dropout=tuple((f.name, f.dropout) for f in config.features if f.dropout),
        l2=config.optimizer.l2,
        frozen=frozenset() if trained else frozenset({"word"}),
    )
    parameters = {"E.word": table, **network.initialize(initializer(config), generator)}
    tagger = Tagger(
        network,
        parameters,
        (words, *(vocabulary for _, vocabulary, _ in features)),
        tags,
        scheme.name,
        learning.scheme.name,
        learning.entity_texts(),
        table[:trained].copy(),
    )
    names = set(type(config.optimizer).model_fields) & set(Optimizer.__dataclass_fields__)
    factors = {"E.word": config.vectors.rate, **{f"E.{f.name}": f.rate for f in config.features}}
    optimizer = Optimizer(**{name: getattr(config.optimizer, name) for name in names}, factors=factors)
    state = TrainingState(parameters, optimizer, generator, trained)
    ledger = {
        "train": {**learning.counts(), "coverage": coverage(words, learning.tokens)},
        "dev": {**dev.counts(), "coverage": coverage(words, dev.tokens)},
        "vectors": {**asdict(report), "sha256": digest, "vocabulary": len(words), "trained_rows": trained},
        "notes": _margin_notes(types, dev) if config.objective == "margin" else [],
        "types_only_in_dev": sorted({e.type for tags_ in dev.tags for e in entities_of(tags_)} - set(types)),
    }
    in_scheme = [[convert(tags_, scheme) for tags_ in corpus.tags] for corpus in (learning, dev)]
    return Run(
        config,
        tagger,
        state,
        learning,
        dev,
        tagger.encode(learning.tokens, in_scheme[0]),
        tagger.encode(dev.tokens, in_scheme[1]),
        ledger,
        [],
    )


def _margin_notes(types: Sequence[str], dev: LabelledCorpus) -> list[str]:
    notes = ["objective margin: the model's scheme is IO, one row of U for each type; model.scheme is not used"]
    missing = sorted(set(types) - {e.type for tags in dev.tags for e in entities_of(tags)})
    if missing:
        notes.append(f"types only in train, whose thresholds are therefore chosen on it: {', '.join(missing)}")
    return notes


def initializer(config: Config) -> Initializer:
    """Return the initial values of W and U that the configuration names."""
    if config.model.initialization == "uniform":
        return lambda shape, generator: uniform(shape, generator, config.model.range)
    return {"xavier": xavier, "he": he, "zeros": zeros}[config.model.initialization]


def build_words(
    config: Config, sentences: Sequence[Sequence[str]], generator: np.random.Generator, sources: Sources
) -> tuple[Vocabulary, Floats, int, VectorsReport, str]:
    """Return the words, their table (V, d), how many rows at its head training changes, and what was read.

    The words of the training corpus stand at the head, then all others that have a vector, in the file's order: so what
    training changes is one block, and a checkpoint or the optimizer's state costs what that block costs.
    """
    options = config.vectors
    if options.source == "random":
        counts = Counter(token.lower() if options.lowercase else token for s in sentences for token in s)
        # words that occur once become the unknown word, which is learned from them
        strings = [word for word, n in counts.items() if n > 1]
        words = Vocabulary(strings, lowercase=options.lowercase)
        report = VectorsReport(rows=len(strings), kept=len(strings))
        trained = len(words) if options.train == "fine-tune" else 0
        return words, embedding((len(words), options.dimensions), generator), trained, report, "random"
    vectors = sources.vectors(options.source, options.limit)
    found = Vocabulary(vectors.words, lowercase=options.lowercase)
    used = {found.find(token)[0] for token in {token for s in sentences for token in s}} - {UNKNOWN}
    head = np.array(sorted(used), np.intp) - len(RESERVED)
    rest = np.setdiff1d(np.arange(len(vectors.words)), head, assume_unique=True)
    order = np.concatenate([head, rest])
    words = Vocabulary([vectors.words[i] for i in order.tolist()], lowercase=options.lowercase)
    table = np.empty((len(words), vectors.matrix.shape[1]), np.float32)
    table[0] = 0
    table[1] = vectors.matrix[-RAREST:].mean(axis=0)
    np.take(vectors.matrix, order, axis=0, out=table[len(RESERVED) :])
    trained = len(RESERVED) + len(head) if options.train == "fine-tune" else 0
    return words, table, trained, vectors.report, vectors.sha256


def build_feature(name: str, sentences: Sequence[Sequence[str]]) -> Vocabulary:
    """Return the vocabulary of a feature: its fixed values, or those that occur more than once in training."""
    feature = FEATURES[name]
    if feature.values:
        return Vocabulary(feature.values, feature.extract)
    counts = Counter(feature.extract(token) for sentence in sentences for token in sentence)
    return Vocabulary([value for value, n in counts.items() if n > 1], feature.extract)


def coverage(words: Vocabulary, sentences: Sequence[Sequence[str]]) -> dict[str, int]:
    """Count how the tokens were found among the words; the counts add up to the tokens."""
    tokens = Counter(token for sentence in sentences for token in sentence)
    result = dict.fromkeys(FALLBACKS, 0)
    for token, n in tokens.items():
        result[words.find(token)[1]] += n
    return result


def output_of(config_path: Path, output: Path | None) -> Path:
    """Return the model directory of a run: the one asked for, or runs/<name of the config>."""
    return output or Path("runs") / config_path.stem


def checkpoint_of(directory: Path) -> Path:
    """Return the checkpoint's file, beside the model directory; it is there until the run has ended."""
    return directory.with_name(f"{directory.name}.checkpoint")


def begin(run: Run, directory: Path, *, resume: bool, force: bool) -> None:
    """Start a run or go on with one; refuse outputs that would be lost.

    Raises
    ------
    OutputError, ConfigError
        The output, or the checkpoint of an unfinished run, exists; or there is nothing to resume.
    """
    checkpoint = checkpoint_of(directory)
    if resume:
        if not checkpoint.exists() and (directory / "model.json").exists():
            raise ConfigError(f"{directory}: the run is finished, there is nothing to resume; --force trains it again")
        if not checkpoint.exists():
            raise ConfigError(f"{checkpoint}: no checkpoint to resume from; leave --resume out to start")
        run.resume(checkpoint)
        return
    storage.refuse_existing(directory, force)
    if checkpoint.exists() and not force:
        raise OutputError(f"{checkpoint}: an unfinished run; go on with --resume, or start again with --force")
