"""Gradient checks of the networks that people train, on their own data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, product
from pathlib import Path
from typing import Any, get_args

import numpy as np

from ner_window import experiment
from ner_window.config import Config, ModelConfig, load_config
from ner_window.errors import ConfigError, CorpusError
from ner_window.nn.equivalent import compact
from ner_window.nn.gradcheck import ParameterCheck, check_network
from ner_window.nn.gradients import Integers, Parameters
from ner_window.nn.network import Network
from ner_window.nn.optimizers import Optimizer
from ner_window.tagger import Tagger
from ner_window.text.conll import Layout
from ner_window.text.encoding import EncodedCorpus
from ner_window.text.labelled import LabelledCorpus, read_labelled
from ner_window.text.tagging import SCHEMES
from ner_window.text.vocabulary import PAD
from ner_window.training import BatchReport

ACTIVATION_NAMES: tuple[str, ...] = get_args(ModelConfig.model_fields["activation"].annotation)
OBJECTIVE_NAMES: tuple[str, ...] = get_args(Config.model_fields["objective"].annotation)

#: Rows that no window uses are in the check, too: their gradient must be zero.
SPARE = 2


@dataclass(frozen=True)
class Options:
    """How much is checked, and how strictly; see `nn.gradcheck.check_network`. `burn_in` counts batches of training."""

    entries: int = 200
    windows: int = 32
    burn_in: int = 50
    tolerance: float = 1e-6
    step: float = 1e-5
    seed: int = 13


@dataclass(frozen=True)
class Check:
    """One network at one moment, checked: what it is, on which windows, and a row for each parameter.

    `names` says what the rows of each table stand for, so that a place in it can be read.
    """

    title: str
    when: str
    objective: str
    activation: str
    batch: str
    loss: float
    rows: tuple[ParameterCheck, ...]
    names: dict[str, Sequence[str]] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every parameter is right, or frozen."""
        return all(row.verdict not in ("wrong", "not checked") for row in self.rows)

    @property
    def shows_nothing(self) -> bool:
        """Whether every gradient compared is 0, both written by hand and numerically."""
        return not any(row.numeric or row.analytic for row in self.rows)

    def place(self, row: ParameterCheck) -> str:
        """Write where in a parameter the largest error is; in a table by the string of the row."""
        if row.name in self.names and row.where:
            return f"{self.names[row.name][row.where[0]]!r}[{row.where[1]}]"
        return f"[{', '.join(map(str, row.where))}]" if row.where else ""

    def as_dict(self) -> dict[str, Any]:
        """Return the form that ``--json`` prints."""
        rows = [
            {name: getattr(row, name) for name in ParameterCheck.__dataclass_fields__} | {"place": self.place(row)}
            for row in self.rows
        ]
        shown = ("title", "when", "objective", "activation", "batch", "loss", "passed")
        return {**{name: getattr(self, name) for name in shown}, "parameters": rows}


def check_config(path: Path, overrides: Sequence[str], options: Options) -> Iterator[Check]:
    """Check a configuration's network on its training data, before and after some batches of training."""
    yield from _check_run(load_config(path, overrides), str(path), options)


def check_every(path: Path, overrides: Sequence[str], options: Options) -> Iterator[Check]:
    """Check every objective with every activation, each as `check_config` does."""
    for objective, activation in product(OBJECTIVE_NAMES, ACTIVATION_NAMES):
        settings = [*overrides, f"objective={objective}", f"model.activation={activation}"]
        yield from _check_run(load_config(path, settings), str(path), options)


def _check_run(config: Config, title: str, options: Options) -> Iterator[Check]:
    run = experiment.prepare(config)
    if run.jackknife:  # a check needs no first pass, only numbers that one could give: the tags themselves
        encoder, run.jackknife = run.tagger.encoder, None
        run.encoded_train = encoder.with_first_pass(run.encoded_train, run.encoded_train.labels)
    source = (run.train, run.encoded_train)
    yield _check_tagger(run.tagger, *source, title, "before training", options)
    if options.burn_in:
        batches = (report for report in run.reports() if isinstance(report, BatchReport))
        learned = sum(1 for _ in islice(batches, options.burn_in))
        yield _check_tagger(run.tagger, *source, title, f"after {learned} batches", options)


def check_model(
    directory: Path, data: Path | None, options: Options, layout: dict[str, Any] | None = None
) -> Iterator[Check]:
    """Check a trained model on tagged data, by default on what it was trained on.

    `layout` holds what is different about the layout of `data`: fields of `Layout` that are not None.

    Raises
    ------
    ConfigError
        `data` is not given, and the training file that the model names is not there.
    """
    tagger = Tagger.load_single(directory)
    config = load_config(directory / "config.yaml")
    path = data or Path(config.data.train)
    if not path.exists():
        raise ConfigError(f"{path}: what {directory} was trained on is not there; name other tagged data with --data")
    as_trained = Layout(config.data.token_column, config.data.tag_column, config.data.encoding)
    columns = replace(as_trained, **{name: value for name, value in (layout or {}).items() if value is not None})
    corpus = read_labelled(path, columns, config.data.scheme, config.data.repair).only(config.data.types)
    scheme = SCHEMES[tagger.scheme]
    encoded = tagger.encode_text(corpus.text, corpus.labels(tagger.tags, scheme))
    yield _check_tagger(tagger, corpus, encoded, str(directory), "as trained", options)


def _check_tagger(
    tagger: Tagger, corpus: LabelledCorpus, encoded: EncodedCorpus, title: str, when: str, options: Options
) -> Check:
    if tagger.network.objective == "sentence":
        tokens, lengths = choose_sentences(encoded, options.windows, options.seed)
    else:
        tokens, lengths = choose_tokens(encoded, tagger.network.radius, options.windows, options.seed), None
    if not len(tokens):
        raise CorpusError(f"{corpus.corpus.source}: no token with a tag that the model knows; is it the right data?")
    windows, y = encoded.windows(tokens, tagger.network.radius), encoded.labels[tokens]
    whole, resolved = tagger.resolve(encoded, windows)
    small, parameters, ids, kept = compact(tagger.network, whole, resolved, SPARE)
    if resolved is not windows:  # means of words stand among the rows that are used
        kept[0] = np.unique(windows[0])
    names: dict[str, Sequence[str]] = {
        f"E.{name}": [vocabulary.string(int(row)) for row in rows]
        for (name, _, _), vocabulary, rows in zip(tagger.network.tables, tagger.vocabularies, kept, strict=True)
    }
    batch = describe(windows, y, corpus.corpus.source)
    if unknown := int((encoded.labels < 0).sum()):
        batch += f"; {unknown} of {len(encoded.labels)} tokens left out, whose tags the model does not know"
    result = check(small, parameters, ids, y, lengths, title, when, batch, options)
    full = tagger.network.shapes
    return replace(result, names=names, rows=tuple(replace(row, shape=full[row.name]) for row in result.rows))


def check(
    network: Network,
    parameters: Parameters,
    windows: Integers,
    y: Integers,
    lengths: Integers | None,
    title: str,
    when: str,
    batch: str,
    options: Options,
) -> Check:
    """Check one network on one batch (L, B, K), of sentences of these `lengths`; `parameters` are float64."""
    keys = {name: getattr(options, name) for name in ("entries", "tolerance", "step", "seed")}
    rows = tuple(check_network(network, parameters, windows, y, lengths, **keys))
    loss = network.loss(parameters, windows, y, np.random.default_rng(options.seed), lengths=lengths)[0]
    return Check(title, when, network.objective, network.activation, batch, loss, rows)


def choose_tokens(encoded: EncodedCorpus, radius: int, count: int, seed: int) -> Integers:
    """Choose the tokens whose windows are checked: of each label one, some with a repeated word, some with padding.

    The rest is random. Only tokens with a known label are chosen, ascending; fewer than `count` where there are fewer.
    """
    known = np.flatnonzero(encoded.labels >= 0)
    known = np.random.default_rng(seed).permutation(known)[:20_000]
    windows = encoded.windows(known, radius)[0]
    _, first = np.unique(encoded.labels[known], return_index=True)
    groups = [known[first], known[repeats(windows)][: count // 8], known[(windows == PAD).any(axis=1)][: count // 8]]
    ordered = np.concatenate([*groups, known])
    _, place = np.unique(ordered, return_index=True)
    return np.sort(ordered[np.sort(place)[:count]])


def choose_sentences(encoded: EncodedCorpus, count: int, seed: int) -> tuple[Integers, Integers]:
    """Choose whole sentences of about `count` tokens, first such with an entity; return their tokens and lengths.

    Only sentences all of whose labels are known are chosen; at least one, if there is any.
    """
    starts = np.cumsum(encoded.lengths) - encoded.lengths
    labels = [encoded.labels[a : a + n] for a, n in zip(starts, encoded.lengths, strict=True)]
    order = np.random.default_rng(seed).permutation(len(labels))
    known = [i for i in order.tolist() if (labels[i] >= 0).all()]
    known.sort(key=lambda i: not labels[i].any())
    sizes = np.cumsum(encoded.lengths[known])
    chosen = known[: 1 + int(np.searchsorted(sizes, count))]
    tokens = [np.arange(starts[i], starts[i] + encoded.lengths[i]) for i in chosen]
    return np.concatenate([np.empty(0, np.intp), *tokens]), encoded.lengths[chosen]


def repeats(windows: Integers) -> Any:
    """Return which windows (B, K) of words hold a word twice; pads do not count (B,)."""
    ordered = np.sort(windows, axis=1)
    return ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] != PAD)).any(axis=1)


def describe(windows: Integers, y: Integers, source: str) -> str:
    """Say what is special about a batch of windows (L, B, K)."""
    padded, repeated = (windows[0] == PAD).any(axis=1).sum(), repeats(windows[0]).sum()
    return (
        f"{len(y)} windows of {source}: {padded} with padding, {repeated} with a repeated word, "
        f"{len(np.unique(y))} different tags"
    )


def check_sample(options: Options) -> Iterator[Check]:
    """Check every objective with every activation on four windows that ship with the program.

    They hold pads, a word three times in one window, and one word in three windows; two words are in none. One table is
    frozen, the others are trained. Of the affixes two are looked up for a word, for one word the same one twice. The
    words' vectors are moved by a residual map.
    """
    words = [[0, 0, 2, 2, 2], [0, 3, 1, 4, 3], [3, 1, 4, 5, 0], [1, 4, 5, 0, 0]]
    cases = [[0, 0, 1, 1, 1], [0, 2, 1, 2, 2], [2, 1, 2, 3, 0], [1, 2, 3, 0, 0]]
    suffixes = [[0, 0, 1, 1, 1], [0, 1, 2, 1, 1], [1, 2, 1, 2, 0], [2, 1, 2, 0, 0]]
    affixes = np.array([[0, 0], [1, 2], [2, 2], [3, 1], [4, 2], [1, 4]])  # of each word
    windows, y = np.array([words, cases, suffixes, *np.moveaxis(affixes[words], 2, 0)]), np.array([0, 2, 1, 2])
    tables = (("word", 8, 3), ("case", 5, 2), ("suffix", 3, 2), ("affixes", 6, 2))
    lengths, batch = np.array([2, 2]), describe(windows, y, "the sample")
    for objective, activation in product(OBJECTIVE_NAMES, ACTIVATION_NAMES):
        network = Network(
            tables, 2, hidden_units=4, labels=3, activation=activation, objective=objective, dropout=0.2, l2=0.01,
            frozen=frozenset({"suffix"}), look_ups=(("affixes", 2),), residual=2,
        )  # fmt: skip
        generator = np.random.default_rng(options.seed)
        parameters: Parameters = {name: generator.normal(0, 0.6, shape) for name, shape in network.shapes.items()}
        yield check(network, parameters, windows, y, lengths, "sample", "before training", batch, options)
        if options.burn_in:
            optimizer = Optimizer("sgd")
            for _ in range(options.burn_in):
                gradients = network.loss(parameters, windows, y, generator, lengths=lengths)[1]()
                optimizer.step(parameters, gradients, 0.1)
            when = f"after {options.burn_in} batches"
            yield check(network, parameters, windows, y, lengths, "sample", when, batch, options)
