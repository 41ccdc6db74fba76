"""The tagger: vocabularies, features and network in one; where text and maths meet."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ner_window import storage
from ner_window.errors import ModelError, TaggingError
from ner_window.nn.decoding import best_paths
from ner_window.nn.gradients import Floats, Integers, Parameters
from ner_window.nn.network import Network
from ner_window.nn.objectives import log_softmax
from ner_window.nn.sentence import marginals
from ner_window.text.features import FEATURES
from ner_window.text.tagging import SCHEMES, Entity, Scheme, allowed, convert, entities_of, split_tag
from ner_window.text.vocabulary import Vocabulary
from ner_window.text.windows import line, positions, windows

#: Windows scored together when nothing is trained.
CHUNK = 4096


@dataclass(frozen=True)
class EncodedCorpus:
    """Sentences as integers: lines (F, N) with pads, places (T,) of the tokens on them, lengths (S,), labels (T,)."""

    lines: Integers
    places: Integers
    lengths: Integers
    labels: Integers

    def windows(self, tokens: Any, radius: int) -> Integers:
        """Return the windows (F, B, K) of the tokens at these indices."""
        return windows(self.lines, self.places[tokens], radius)


@dataclass(frozen=True)
class TextEntity:
    """An entity of a text: text[start:end] is `text`; `probability` is the smallest of its tokens'."""

    start: int
    end: int
    type: str
    text: str


@dataclass(frozen=True)
class Tagger:
    """A trained or a new tagger.

    Parameters
    ----------
    network, parameters
        The network and its numbers, float32. E.word holds every word that has a vector.
    vocabularies : tuple of Vocabulary
        One for each table of the network, the words' first.
    tags : tuple of str
        The tag of each label, in the model's scheme.
    scheme, output_scheme : str
        The model's scheme, and the one that tags are given in: that of the training file.
    entities_seen : frozenset of str
        The texts of the entities of the training corpus.
    pretrained : (n, d) floats
        The vectors, as they came, of the n words at the head of the vocabulary: those that training moves.
    facts : dict
        What `ner-window info` shows: data, scores, versions. No part of tagging.
    """

    network: Network
    parameters: Parameters
    vocabularies: tuple[Vocabulary, ...]
    tags: tuple[str, ...]
    scheme: str
    output_scheme: str
    entities_seen: frozenset[str]
    pretrained: Floats
    facts: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def scheme_table(self) -> tuple[Floats, Floats, Floats]:
        """The scheme over the labels: who may start (C,), follow whom (C, C), and end (C,): 0, or -inf if not."""
        scheme = SCHEMES[self.scheme]
        tables = (
            [allowed(scheme, "^", tag) for tag in self.tags],
            [[allowed(scheme, a, b) for b in self.tags] for a in self.tags],
            [split_tag(tag)[0] in scheme.last for tag in self.tags],
        )
        start, step, end = (np.where(table, np.float32(0), np.float32(-np.inf)) for table in tables)
        return start, step, end

    @property
    def transitions(self) -> tuple[Floats, Floats, Floats]:
        """What decoding adds for a first label, a step and a last label: the scheme, and what was learned of them."""
        start, step, end = self.scheme_table
        if self.network.objective != "sentence":
            return start, step, end
        p = self.parameters
        return start + p["start"], step + p["A"], end + p["end"]

    def encode(self, sentences: Sequence[Sequence[str]], tags: Sequence[Sequence[str]] | None = None) -> EncodedCorpus:
        """Turn sentences of tokens, and their tags in the model's scheme, into integers. An unknown tag becomes -1."""
        lengths = np.array([len(tokens) for tokens in sentences], np.intp)
        radius = self.network.radius
        places = positions(lengths, radius)
        tokens = [token for sentence in sentences for token in sentence]
        lines = np.stack([line(v.encode(tokens), places, len(sentences), radius) for v in self.vocabularies])
        label = {tag: i for i, tag in enumerate(self.tags)}
        labels = [label.get(tag, -1) for sentence in tags or () for tag in sentence]
        return EncodedCorpus(lines, places, lengths, np.array(labels, np.intp))

    def scores(self, encoded: EncodedCorpus, parameters: Parameters | None = None) -> Floats:
        """Return the scores (T, C) of all tokens."""
        total = len(encoded.places)
        result = np.empty((total, len(self.tags)), np.float32)
        for start in range(0, total, CHUNK):
            batch = encoded.windows(slice(start, start + CHUNK), self.network.radius)
            scores = self.network.forward(parameters or self.parameters, batch)[0]
            result[start : start + CHUNK] = self.network.label_scores(scores)
        return result

    def probabilities(self, scores: Floats, lengths: Integers) -> Floats:
        """Return the probability of each label (T, C): softmax, or with the sentence objective over all sequences.

        The sequences are all, not only those that the scheme allows: as the objective was trained.
        """
        if self.network.objective != "sentence":
            return np.exp(log_softmax(scores))
        p = self.parameters
        return marginals(scores, lengths[lengths > 0], p["A"], p["start"], p["end"])

    def decode(self, scores: Floats, lengths: Integers) -> list[list[str]]:
        """Return the tags, in the model's scheme, of the best valid path of each sentence."""
        labels = best_paths(scores, lengths, *self.transitions)
        tags = [self.tags[label] for label in labels.tolist()]
        ends = np.cumsum(lengths).tolist()
        return [tags[end - length : end] for end, length in zip(ends, lengths.tolist(), strict=True)]

    def tag_sentences(self, sentences: Sequence[Sequence[str]], scheme: str | None = None) -> list[list[str]]:
        """Tag sentences in bulk. Tags come in `scheme`, by default that of the training file."""
        encoded = self.encode(sentences)
        target = self.output(scheme)
        tagged = self.decode(self.scores(encoded), encoded.lengths)
        return tagged if target.name == self.scheme else [convert(tags, target) for tags in tagged]

    def tag_with_probabilities(self, sentences: Sequence[Sequence[str]]) -> list[tuple[list[str], list[float]]]:
        """Return for each sentence its tags, in the model's scheme, and the probability of each."""
        encoded = self.encode(sentences)
        scores = self.scores(encoded)
        labels = best_paths(scores, encoded.lengths, *self.transitions)
        chosen = self.probabilities(scores, encoded.lengths)[np.arange(len(labels)), labels].tolist()
        tags = [self.tags[label] for label in labels.tolist()]
        result, start = [], 0
        for length in encoded.lengths.tolist():
            result.append((tags[start : start + length], chosen[start : start + length]))
            start += length
        return result

    def output(self, scheme: str | None) -> Scheme:
        """Return the scheme of that name, or the one that tags are given in by default."""
        name = scheme or self.output_scheme
        if name not in SCHEMES:
            raise TaggingError(f"scheme: no such scheme, got {name!r}; known: {', '.join(SCHEMES)}")
        return SCHEMES[name]

    def tag(self, tokens: Sequence[str], scheme: str | None = None) -> list[str]:
        """Tag one sentence of tokens; see `tag_sentences`."""
        if isinstance(tokens, str):
            raise TypeError(f"expected a list of tokens, got the string {tokens[:40]!r}; `entities` takes raw text")
        return self.tag_sentences([tokens], scheme)[0] if tokens else []

    def entities(self, text: str) -> list[TextEntity]:
        """Return the entities of raw text with character offsets. Needs the extra ``text``."""
        from ner_window.text.tokenizer import tokenize

        sentences = list(tokenize(text))
        if not sentences:
            return []
        tagged = self.tag_sentences([[text[a:b] for a, b in spans] for spans in sentences], self.scheme)
        return [
            locate(text, spans, entity)
            for spans, tags in zip(sentences, tagged, strict=True)
            for entity in entities_of(tags)
        ]

    def pipe(self, texts: Iterable[str]) -> Iterator[list[TextEntity]]:
        """Yield the entities of each text, in order."""
        return map(self.entities, texts)

    def save(self, directory: Path | str, *, force: bool = False, others: dict[str, str] | None = None) -> None:
        """Write the model directory, with other text files in it; see `storage.write_directory`."""
        words, *features = self.vocabularies
        description = {
            "format": storage.FORMAT,
            "network": {**asdict(self.network), "frozen": sorted(self.network.frozen)},
            "scheme": self.scheme,
            "output_scheme": self.output_scheme,
            "tags": self.tags,
            "lowercase": words.lowercase,
            "facts": self.facts,
        }
        n = len(self.pretrained)
        files: dict[str, Any] = {
            "model.json": json.dumps(description, indent=2, ensure_ascii=False) + "\n",
            "words.txt": "\n".join(words.strings),
            "entities.txt": "\n".join(sorted(self.entities_seen)),
            "model.safetensors": {**self.parameters, "E.word.pretrained": self.pretrained[:n]},
        }
        for (name, _, _), vocabulary in zip(self.network.tables[1:], features, strict=True):
            files[f"{name}.txt"] = "\n".join(vocabulary.strings)
        storage.write_directory(Path(directory), {**files, **(others or {})}, force=force)

    @classmethod
    def load(cls, directory: Path | str) -> "Tagger":
        """Read a model directory; it needs no other file.

        Raises
        ------
        ModelError
            A file is missing or damaged, or a tensor's name, shape or dtype is not what the network says.
        """
        directory = Path(directory)
        description = storage.read_description(directory)
        try:
            spec = description["network"]
            network = Network(
                **{
                    **spec,
                    "tables": tuple(map(tuple, spec["tables"])),
                    "group_dropout": tuple(map(tuple, spec.get("group_dropout", ()))),
                    "frozen": frozenset(spec["frozen"]),
                }
            )
            names = [name for name, _, _ in network.tables]
            words = Vocabulary(storage.read_lines(directory / "words.txt"), lowercase=description["lowercase"])
            features = [
                Vocabulary(storage.read_lines(directory / f"{name}.txt"), FEATURES[name].extract) for name in names[1:]
            ]
            parts = [tuple(description[key]) for key in ("tags",)]
            scheme, output_scheme = description["scheme"], description["output_scheme"]
            facts = description["facts"]
            radius = f"radius {network.radius} and {network.tables[0][2]} dimensions"
            shapes = {**network.shapes, "E.word.pretrained": (-1, network.tables[0][2])}
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{directory / 'model.json'}: not a description of a model: {error!r}") from None
        for (name, rows, _), vocabulary in zip(network.tables, (words, *features), strict=True):
            if rows != len(vocabulary):
                raise ModelError(
                    f"{directory}: the list of '{name}' has {len(vocabulary) - 2} lines, expected {rows - 2}"
                )
        tensors = storage.read_tensors(directory / "model.safetensors", shapes, radius)
        pretrained = tensors.pop("E.word.pretrained")
        seen = frozenset(storage.read_lines(directory / "entities.txt"))
        return cls(network, tensors, (words, *features), parts[0], scheme, output_scheme, seen, pretrained, facts)


def locate(text: str, spans: Sequence[tuple[int, int]], entity: Entity) -> TextEntity:
    """Give an entity of tokens, whose character spans in `text` are known, its characters."""
    start, end = spans[entity.start][0], spans[entity.end - 1][1]
    return TextEntity(start, end, entity.type, text[start:end])
