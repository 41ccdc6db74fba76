"""The composition root: a configuration to objects, a run, and what it leaves behind."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ner_window import storage
from ner_window.config import Config, DataConfig, ineffective
from ner_window.errors import ConfigError, CorpusError, OutputError
from ner_window.nn.initialization import Initializer, he, uniform, xavier, zeros
from ner_window.nn.network import Network
from ner_window.nn.optimizers import Optimizer
from ner_window.run import Jackknife, Run
from ner_window.tables import RARE, WordTable, build_feature, coverage, pretrained_words, random_words
from ner_window.tagger import Tagger
from ner_window.teacher import teacher_digest, teacher_of
from ner_window.text.conll import Layout
from ner_window.text.documents import BLOCK, BOUND, gather, hidden_together
from ner_window.text.features import LEXICON_FEATURES
from ner_window.text.labelled import LabelledCorpus, read_labelled
from ner_window.text.lexicon import Lexicon
from ner_window.text.tagging import SCHEMES, Scheme
from ner_window.text.vectors import load_vectors
from ner_window.text.vocabulary import UNKNOWN
from ner_window.training import Disguise, TrainingState


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
        """Return the SHA-256 of what a run is made from: train, dev, vectors, and the teacher if it has one."""
        options, data = config.vectors, config.data
        vectors = "random" if options.source == "random" else self.vectors(options.source, options.limit).sha256
        files = {
            name: self.corpus(data, path).corpus.sha256 for name, path in (("train", data.train), ("dev", data.dev))
        }
        return {**files, "vectors": vectors, **teacher_digest(config)}


def prepare(config: Config, sources: Sources | None = None) -> Run:
    """Read the data and set up a run. The test file is not opened."""
    sources = sources or Sources()
    return set_up(config, *corpora_of(config, sources), sources)


def corpora_of(config: Config, sources: Sources) -> tuple[LabelledCorpus, LabelledCorpus]:
    """Return the training corpus and the dev corpus, with what the configuration leaves of them."""
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
    known = sorted(learning.entities.by_type())
    if missing := sorted(set(config.data.types or ()) - set(known)):
        raise ConfigError(f"data.types: no such type in {config.data.train}, got {missing}; it has {known}")
    learning = learning.only(config.data.types)
    return learning, corpora["dev"].only(config.data.types)


def set_up(config: Config, learning: LabelledCorpus, dev: LabelledCorpus, sources: Sources) -> Run:
    """Set up a new tagger, the state of its training, and all else that a run on these corpora needs."""
    types = sorted(learning.entities.by_type())
    if not types:
        raise CorpusError(f"{config.data.train}: no entity in it: all tags are O; is it the right tag column?")
    if names_of(config) & LEXICON_FEATURES and len(hidden_parts(learning)) < 2:
        raise ConfigError(
            f"features: gazetteer and tag_statistics need at least two documents in {config.data.train}, or "
            f"{2 * BLOCK} tokens without document lines: each learns from the others; leave them out"
        )
    generator = np.random.default_rng(config.seed)
    counts = learning.text.counts
    found = build_words(config, counts, generator, sources)
    disguise = disguise_of(config, found, counts)
    tagger = new_tagger(config, found, learning, types, generator)
    scheme = SCHEMES[tagger.scheme]
    if disguise and disguise.delta.any():
        tagger.parameters["E.word"] = np.concatenate([found.table, found.table[: len(disguise.delta)]])
    if disguise and disguise.first_pass:
        disguise = replace(disguise, first_pass_rows=tagger.encoder.rows_of("first_pass"))
    trained = len(tagger.pretrained)
    return Run(
        config,
        tagger,
        TrainingState(tagger.parameters, optimizer_of(config), generator, trained),
        learning,
        dev,
        tagger.encoder.encode(learning.text, learning.labels(tagger.tags, scheme), learning=True).merged(),
        tagger.encoder.encode(dev.text, dev.labels(tagger.tags, scheme)),
        ledger=ledger_of(config, found, trained, learning, dev, types),
        seconds=[],
        disguise=disguise,
        jackknife=jackknife_of(config, learning, dev, sources) if "first_pass" in names_of(config) else None,
        own_rows=found.own,
        teacher=teacher_of(config, tagger, learning) if config.training.teacher else None,
    )


def new_tagger(
    config: Config,
    found: WordTable,
    learning: LabelledCorpus,
    types: Sequence[str],
    generator: np.random.Generator,
) -> Tagger:
    """Return the tagger before its first step."""
    tokens = learning.text.counts
    features = [(f.name, build_feature(f.name, tokens, types), f.size) for f in config.features]
    scheme = SCHEMES["IO" if config.objective == "margin" else config.model.scheme]
    labels = ("O", *(f"{prefix}-{type_}" for type_ in types for prefix in scheme.prefixes))
    trained = found.head if config.vectors.train == "fine-tune" else 0
    words = ("word", len(found.words), found.table.shape[1])
    network = Network(
        tables=(words, *((name, len(vocabulary), size) for name, vocabulary, size in features)),
        look_ups=tuple((name, v.look_ups) for name, v, _ in features if v.look_ups > 1),
        radius=config.window.radius,
        hidden_units=config.model.hidden_units,
        labels=len(labels),
        activation=config.model.activation,
        objective=config.objective,
        dropout=config.model.dropout,
        input_dropout=config.model.input_dropout,
        residual=config.vectors.residual,
        group_dropout=tuple((f.name, f.dropout) for f in config.features if f.dropout and f.name != "first_pass"),
        l2=config.optimizer.l2,
        frozen=frozenset() if trained else frozenset({"word"}),
    )
    return Tagger(
        network,
        {"E.word": found.table, **network.initialize(initializer(config), generator)},
        (found.words, *(vocabulary for _, vocabulary, _ in features)),
        labels,
        scheme.name,
        learning.scheme.name,
        learning.entity_texts(),
        found.table[:trained].copy(),
        lexicon=lexicon_of(learning, scheme, types) if names_of(config) & LEXICON_FEATURES else None,
        words_seen=frozenset(token.lower() for token in tokens),
    )


def lexicon_of(learning: LabelledCorpus, scheme: Scheme, types: Sequence[str]) -> Lexicon:
    """Return what the training corpus tells of words, its entities being those that the model's scheme can write.

    What a document must not see of it while training is counted from labels, which are in that scheme.
    """
    return Lexicon.build(learning.tokens, learning.column.convert(scheme).lists(), types)


def optimizer_of(config: Config) -> Optimizer:
    """Return the optimizer with its constants, and the factor on the rate of each table."""
    names = set(type(config.optimizer).model_fields) & set(Optimizer.__dataclass_fields__)
    factors = {"E.word": config.vectors.rate, **{f"E.{f.name}": f.rate for f in config.features}}
    return Optimizer(**{name: getattr(config.optimizer, name) for name in names}, factors=factors)


def ledger_of(
    config: Config, found: WordTable, trained: int, learning: LabelledCorpus, dev: LabelledCorpus, types: Sequence[str]
) -> dict[str, Any]:
    """Return what was read and what becomes of it: the data ledger."""
    return {
        "train": {**learning.counts(), "coverage": coverage(found.words, learning.text.counts)},
        "dev": {**dev.counts(), "coverage": coverage(found.words, dev.text.counts)},
        "vectors": {
            **asdict(found.report),
            "sha256": found.sha256,
            "vocabulary": len(found.words),
            "own_rows": found.own,
            "trained_rows": trained,
        },
        **{name: {"sha256": digest} for name, digest in teacher_digest(config).items()},
        "notes": [*ineffective(config), *(_margin_notes(types, dev) if config.objective == "margin" else [])],
        "types_only_in_dev": sorted(dev.entities.by_type().keys() - set(types)),
    }


def names_of(config: Config) -> frozenset[str]:
    """Return the names of the features."""
    return frozenset(feature.name for feature in config.features)


def jackknife_of(config: Config, learning: LabelledCorpus, dev: LabelledCorpus, sources: Sources) -> Jackknife:
    """Return what makes the first pass's tags of the training corpus: its documents are dealt out to so many parts.

    Each goes to the part that has the fewest tokens. Text without document lines is cut finely enough for even parts.

    Raises
    ------
    ConfigError
        There are not two documents, or a part holds all entities.
    """
    lengths = learning.text.lengths
    undivided = len(set(learning.documents)) == 1
    even = min(BOUND, int(lengths.sum()) // (4 * config.training.folds))
    documents = gather(lengths.tolist(), learning.documents, even if undivided else BOUND)
    count = min(config.training.folds, len(documents))
    if count < 2:
        raise ConfigError(
            f"features: first_pass needs at least two documents in {config.data.train}, got {len(documents)}; "
            "leave it out"
        )
    folds, sizes = np.empty(len(lengths), np.intp), np.zeros(count, np.intp)
    for document in documents:
        fold = int(sizes.argmin())
        folds[document.start : document.stop] = fold
        sizes[fold] += lengths[document.start : document.stop].sum()
    if len(np.unique(np.repeat(folds, lengths)[learning.entities.start])) < 2:
        raise ConfigError(
            f"features: first_pass: all entities of {config.data.train} are in one of {count} parts, the others have "
            "nothing to learn from; leave it out"
        )
    features = tuple(feature for feature in config.features if feature.name != "first_pass")
    training = config.training.model_copy(update={"teacher": None})
    first = config.model_copy(update={"features": features, "training": training})
    return Jackknife(
        folds,
        np.full(lengths.sum(), -1, np.intp),
        lambda chosen: set_up(first, learning.select(chosen.tolist()), dev, sources),
    )


def hidden_parts(learning: LabelledCorpus) -> list[range]:
    """Return the sentences that must not see each other's tags while training; see `hidden_together`."""
    return hidden_together(learning.text.lengths.tolist(), learning.documents)


def build_words(
    config: Config, tokens: Mapping[str, int], generator: np.random.Generator, sources: Sources
) -> WordTable:
    """Return the words and their table, from a file of vectors or random; see `tables`."""
    options = config.vectors
    if options.source == "random":
        return random_words(options, tokens, generator)
    return pretrained_words(options, tokens, sources.vectors(options.source, options.limit))


def disguise_of(config: Config, found: WordTable, tokens: Mapping[str, int]) -> Disguise | None:
    """Return how often training words are shown otherwise than they are; None: never.

    A word of n training occurrences shows its pre-trained vector with probability 2 / (2 + n), if delta dropout is on.
    """
    options = config.vectors
    hidden = {f.name: f.dropout for f in config.features}.get("first_pass", 0.0)
    n = found.counts(tokens)
    rows = np.arange(found.head)
    own = rows >= found.head - found.own
    swap = np.where(own & (n < RARE), options.swap, 0.0)
    tuned = options.delta_dropout and options.train == "fine-tune"
    delta = np.where(tuned & ~own & (rows > UNKNOWN), 2 / (2 + n), 0.0)
    if not (swap.any() or delta.any() or hidden):
        return None
    return Disguise(swap, delta, len(found.words), hidden)


def _margin_notes(types: Sequence[str], dev: LabelledCorpus) -> list[str]:
    notes = ["objective margin: the model's scheme is IO, one row of U for each type; model.scheme is not used"]
    missing = sorted(set(types) - dev.entities.by_type().keys())
    if missing:
        notes.append(f"types only in train, whose thresholds are therefore chosen on it: {', '.join(missing)}")
    return notes


def initializer(config: Config) -> Initializer:
    """Return the initial values of W and U that the configuration names."""
    if config.model.initialization == "uniform":
        return lambda shape, generator: uniform(shape, generator, config.model.range)
    return {"xavier": xavier, "he": he, "zeros": zeros}[config.model.initialization]


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
    teacher = run.config.training.teacher
    if teacher and Path(teacher).resolve() == directory.resolve():
        raise OutputError(f"{directory}: is the teacher, and would be lost; choose another output")
    storage.refuse_existing(directory, force)
    if checkpoint.exists() and not force:
        raise OutputError(f"{checkpoint}: an unfinished run; go on with --resume, or start again with --force")
    checkpoint.unlink(missing_ok=True)
