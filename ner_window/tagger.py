"""The tagger: vocabularies, features and network in one; where text and maths meet."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from ner_window import description, storage
from ner_window.errors import ModelError, TaggingError
from ner_window.nn.calibration import Chain, temperature_of
from ner_window.nn.decoding import best_paths
from ner_window.nn.gradients import Floats, Integers, Parameters
from ner_window.nn.network import Network
from ner_window.nn.objectives import log_softmax
from ner_window.nn.sentence import marginals
from ner_window.text.encoding import Batch, EncodedCorpus, Encoder, Sentences, runs, types_of
from ner_window.text.features import DOCUMENT_FEATURES, FEATURES, LEXICON_FEATURES
from ner_window.text.lexicon import Lexicon
from ner_window.text.raw_texts import CutText, TextEntity, cut, together
from ner_window.text.tag_columns import TagColumn
from ner_window.text.tagging import SCHEMES, Scheme, allowed, entities_of, split_tag
from ner_window.text.tokens import Tokens
from ner_window.text.vocabulary import Lookup, Vocabulary
from ner_window.text.words import WordList, Words

#: Forms that are projected together when nothing is trained, and tokens that are scored together.
CHUNK = 16_384

#: Tokens of texts that are tagged together.
TOGETHER = 4_096


@dataclass(frozen=True)
class Tagger:
    """A trained or a new tagger.

    Parameters
    ----------
    network, parameters
        The network and its numbers, float32. E.word holds every word that has a vector.
    vocabularies : tuple of Lookup
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
    lexicon : Lexicon, optional
        What the training corpus tells of words; only some features need it.
    more : tuple of Parameters
        Those of the other networks of an ensemble, whose scores are averaged with the first one's.
    words_seen : frozenset of str
        The words of the training corpus, in lower case.
    temperature : float
        What scores are divided by before they become probabilities; see `calibrated`.

    Notes
    -----
    Threads may share a tagger: whatever tags may be called by many of them at once, and gives what it gives to one. A
    generator, such as that of `pipe`, is one thread's; so are `Projections`.
    """

    network: Network
    parameters: Parameters
    vocabularies: tuple[Lookup, ...]
    tags: tuple[str, ...]
    scheme: str
    output_scheme: str
    entities_seen: frozenset[str]
    pretrained: Floats
    facts: dict[str, Any] = field(default_factory=dict)
    lexicon: Lexicon | None = None
    more: tuple[Parameters, ...] = ()
    words_seen: frozenset[str] = frozenset()
    temperature: float = 1.0

    @property
    def words(self) -> Words:
        """The words of the first table."""
        words = self.vocabularies[0]
        assert isinstance(words, Words)
        return words

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
        A, first, last = self.chain
        return start + first, step + A, end + last

    @cached_property
    def members(self) -> tuple[Parameters, ...]:
        """The parameters of each network: one, or those of an ensemble."""
        return (self.parameters, *self.more)

    @property
    def chain(self) -> Chain:
        """The learned scores of steps A (C, C), and of first and last labels (C,), of the sentence objective."""
        A, start, end = (np.mean([p[name] for p in self.members], axis=0) for name in ("A", "start", "end"))
        return A, start, end

    @cached_property
    def encoder(self) -> Encoder:
        """What turns sentences into integers."""
        names = (name for name, _, _ in self.network.tables)
        vocabularies = dict(zip(names, self.vocabularies, strict=True))
        return Encoder(vocabularies, self.tags, self.network.radius, self.lexicon)

    @property
    def reads_documents(self) -> bool:
        """Whether tags depend on the whole document that a sentence stands in."""
        return any(name in DOCUMENT_FEATURES for name in self.encoder.vocabularies)

    def encode(self, sentences: Sentences, documents: Sequence[int] | None = None) -> EncodedCorpus:
        """Turn sentences into integers, what a first pass tells of them included; see `encode_text`."""
        return self.encode_text(Tokens.of(sentences, documents))

    def encode_text(self, text: Tokens, labels: Integers | None = None) -> EncodedCorpus:
        """Turn a text into integers, what a first pass tells of it included; see `Encoder.encode`."""
        return self.first_pass(self.encoder.encode(text, labels))

    def first_pass(self, encoded: EncodedCorpus) -> EncodedCorpus:
        """Return the corpus as the second pass sees it, if the network has two: tagged once with what it sees now."""
        if encoded.same is None:
            return encoded
        empty = self.encoder.without_first_pass(encoded)
        return self.encoder.with_first_pass(empty, self.labels(empty))

    def scores(self, encoded: EncodedCorpus, parameters: Parameters | None = None) -> Floats:
        """Return the scores (T, C) of all tokens, of an ensemble their mean over its networks."""
        if parameters is None and self.more:
            scores: Floats = np.mean([self.scores(encoded, each) for each in self.members], axis=0, dtype=np.float32)
            return scores
        result = np.empty((len(encoded.forms), len(self.tags)), np.float32)
        once = not encoded.told and encoded.rows.shape[1] <= CHUNK  # then every form is projected once
        if once:
            p, ids = self.resolve(encoded, encoded.rows, parameters)
            P = self.network.project(p, ids)
        for sentences in runs(encoded.lengths, CHUNK):
            if once:
                tokens, index = encoded.index(sentences, self.network.radius)
                S = self.network.scores(p, P, index)
            else:
                batch = encoded.batch(sentences, self.network.radius)
                tokens, S = batch.tokens, self._scores_of_parts(encoded, batch, parameters)
            result[tokens] = self.network.label_scores(S)
        return result

    def _scores_of_parts(self, encoded: EncodedCorpus, batch: Batch, parameters: Parameters | None) -> Floats:
        """Return the network's scores (B, rows of U) of a batch, a part of it at a time, however long a sentence is."""
        S, size = np.empty((len(batch.index), self.network.rows), np.float32), CHUNK // 4
        for start in range(0, len(S), size):
            index = batch.index[start : start + size]
            used, cut = np.unique(index, return_inverse=True)
            p, ids = self.resolve(encoded, batch.ids[:, used], parameters)
            S[start : start + size] = self.network.scores(p, self.network.project(p, ids), cut.reshape(index.shape))
        return S

    def resolve(
        self, encoded: EncodedCorpus, ids: Integers, parameters: Parameters | None = None
    ) -> tuple[Parameters, Integers]:
        """Return parameters and ids (L, ...) of which each is a row: the means of composite words become rows.

        Where there is a composite word, the words' table is cut to the rows that are used.
        """
        p, size, words = parameters or self.parameters, len(self.words), ids[0]
        if words.max(initial=0) < size:
            return p, ids
        E = p["E.word"]
        used, cut = np.unique(words, return_inverse=True)
        means = [E[list(encoded.composites[i - size])].mean(axis=0) for i in used[used >= size].tolist()]
        rows = np.concatenate([E[used[used < size]], np.array(means, E.dtype)])
        return {**p, "E.word": rows}, np.concatenate([cut.reshape(1, *words.shape), ids[1:]])

    def probabilities(self, scores: Floats, lengths: Integers) -> Floats:
        """Return the probability of each label (T, C): softmax, or with the sentence objective over all sequences.

        The sequences are all, not only those that the scheme allows: as the objective was trained. All scores are
        divided by the temperature.
        """
        T = np.float32(self.temperature)
        if self.network.objective != "sentence":
            return np.exp(log_softmax(scores / T))
        A, start, end = self.chain
        return marginals(scores / T, lengths[lengths > 0], A / T, start / T, end / T)

    @property
    def has_probabilities(self) -> bool:
        """Whether the objective trains the scores to be log-probabilities, as hinge and margin do not."""
        return self.network.objective in ("softmax", "sentence")

    def calibrated(self, scores: Floats, labels: Integers, lengths: Integers) -> "Tagger":
        """Return the tagger with the temperature that fits held-out tokens best; see `nn.calibration`.

        Their scores (T, C) and labels (T,), -1 if training has not seen them, are those of sentences of these lengths.
        Scores that are no log-probabilities keep the temperature 1.
        """
        if not self.has_probabilities:
            return self
        chain = self.chain if self.network.objective == "sentence" else None
        return replace(self, temperature=temperature_of(scores, labels, lengths, chain))

    def decode(self, scores: Floats, lengths: Integers) -> Integers:
        """Return the labels (T,) of the best valid path of each sentence, from the scores (T, C) of their tokens."""
        return best_paths(scores, lengths, *self.transitions)

    def labels(self, encoded: EncodedCorpus) -> Integers:
        """Return the labels (T,) of the best valid path of each sentence."""
        return self.decode(self.scores(encoded), encoded.lengths)

    def tag_text(self, text: Tokens) -> TagColumn:
        """Tag a text; the tags are in the model's scheme."""
        encoded = self.encode_text(text)
        scores = finite(lambda: self.scores(encoded))
        return TagColumn(self.tags, self.decode(scores, text.lengths), text.lengths)

    def tag_sentences(
        self, sentences: Sentences, scheme: str | None = None, documents: Sequence[int] | None = None
    ) -> list[list[str]]:
        """Tag sentences in bulk. Tags come in `scheme`, by default that of the training file.

        `documents` has a number for each sentence: neighbors of one number are one document. Without it all are one.

        Raises
        ------
        TypeError
            There is a string in the place of the tokens of a sentence, or of the sentences.
        """
        string = sentences if isinstance(sentences, str) else next((s for s in sentences if isinstance(s, str)), None)
        if string is not None:
            raise TypeError(f"expected lists of tokens, got the string {string[:40]!r}; `pipe` takes raw texts")
        target = self.output(scheme)
        tagged = self.tag_text(Tokens.of(sentences, documents))
        return (tagged if target.name == self.scheme else tagged.convert(target)).lists()

    def tag_with_probabilities(
        self, sentences: Sentences, documents: Sequence[int] | None = None
    ) -> list[tuple[list[str], list[float]]]:
        """Return for each sentence its tags, in the model's scheme, and the probability of each."""
        tags, chances = self.tag_text_with_probabilities(Tokens.of(sentences, documents))
        of_tokens = iter(chances.tolist())
        return [(its, list(islice(of_tokens, len(its)))) for its in tags.lists()]

    def tag_text_with_probabilities(self, text: Tokens) -> tuple[TagColumn, Floats]:
        """Tag a text; return the tags in the model's scheme, and the probability of each (T,)."""
        encoded = self.encode_text(text)
        scores = finite(lambda: self.scores(encoded))
        labels = self.decode(scores, encoded.lengths)
        chances = self.probabilities(scores, encoded.lengths)[np.arange(len(labels)), labels]
        return TagColumn(self.tags, labels, encoded.lengths), chances

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
        if not isinstance(text, str):
            raise TypeError(f"expected a string, got {text!r:.60}; `tag` takes tokens")
        return next(self.pipe([text]))

    def pipe(self, texts: Iterable[str], *, ahead: int = TOGETHER) -> Iterator[list[TextEntity]]:
        """Yield the entities of each text, in order, as `entities` gives them: each text is a document of its own.

        Texts are tagged together, so some are read `ahead`: until they have so many tokens, one without any counting as
        one. With ``ahead=1`` each is answered before the next is read. What goes wrong with a text, or in `texts`, is
        raised after the answers to those before it.
        """
        if isinstance(texts, str):
            raise TypeError(f"expected texts, got one string {texts[:40]!r}; `entities` takes one text")
        for some in together(cut(texts), ahead):
            yield from self._entities(some)

    def _entities(self, texts: Sequence[CutText]) -> Iterator[list[TextEntity]]:
        """Yield the entities of each of some texts, which are tagged together."""
        sentences = [tokens for text in texts for tokens in text.sentences]
        documents = [number for number, text in enumerate(texts) for _ in text.spans]
        tagged = iter(self.tag_sentences(sentences, self.scheme, documents) if sentences else ())
        for text in texts:
            tags = enumerate(islice(tagged, len(text.spans)))
            yield [text.locate(sentence, entity) for sentence, its in tags for entity in entities_of(its)]

    def save(self, directory: Path | str, *, force: bool = False, others: dict[str, str] | None = None) -> None:
        """Write the model directory, with other text files in it; see `storage.write_directory`."""
        words, features = self.words, self.vocabularies[1:]
        told = {
            "format": storage.FORMAT,
            "network": {**asdict(self.network), "frozen": sorted(self.network.frozen)},
            "scheme": self.scheme,
            "output_scheme": self.output_scheme,
            "tags": self.tags,
            "lowercase": words.lowercase,
            "parts": words.parts,
            "members": len(self.members),
            "temperature": self.temperature,
            "facts": self.facts,
        }
        files: dict[str, Any] = {
            "model.json": json.dumps(told, indent=2, ensure_ascii=False) + "\n",
            "words.txt": "\n".join(words.strings),
            "training_words.txt": "\n".join(sorted(self.words_seen)),
            "entities.txt": "\n".join(sorted(self.entities_seen)),
            "model.safetensors": {**self.parameters, "E.word.pretrained": self.pretrained},
            **{f"model-{i}.safetensors": each for i, each in enumerate(self.more, 2)},
        }
        for (name, _, _), vocabulary in zip(self.network.tables[1:], features, strict=True):
            if isinstance(vocabulary, Vocabulary):
                files[f"{name}.txt"] = "\n".join(vocabulary.strings)
        if self.lexicon:
            files["lexicon.json"] = self.lexicon.to_json()
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
        told = storage.read_description(directory)
        try:
            network = description.network_in(told["network"])
            tags = description.tags_in(told, network)
            scheme, output_scheme = told["scheme"], told["output_scheme"]
            lowercase, parts = description.flag_in(told, "lowercase"), description.flag_in(told, "parts")
            facts, members = description.facts_in(told), description.members_in(told)
            temperature = description.temperature_in(told)
        except (*description.WRONG, TaggingError) as error:
            raise ModelError(f"{directory / 'model.json'}: not a description of a model: {error!r}") from None
        names = [name for name, _, _ in network.tables]
        words = Words(WordList(storage.read_text(directory / "words.txt")), lowercase=lowercase, parts=parts)
        features = [
            FEATURES[name].lookup(() if FEATURES[name].rows else storage.read_lines(directory / f"{name}.txt"))
            for name in names[1:]
        ]
        radius = f"radius {network.radius} and {network.tables[0][2]} dimensions"
        shapes = {**network.shapes, "E.word.pretrained": (-1, network.tables[0][2])}
        for (name, rows, _), vocabulary in zip(network.tables, (words, *features), strict=True):
            if rows != len(vocabulary):
                raise ModelError(
                    f"{directory}: the list of '{name}' has {len(vocabulary) - 2} lines, expected {rows - 2}"
                )
        tensors = storage.read_tensors(directory / "model.safetensors", shapes, radius)
        more = tuple(
            storage.read_tensors(directory / f"model-{i}.safetensors", network.shapes, radius)
            for i in range(2, members + 1)
        )
        pretrained = tensors.pop("E.word.pretrained")
        vocabularies = (words, *features)
        return cls(
            network,
            tensors,
            vocabularies,
            tags,
            scheme,
            output_scheme,
            entities_seen=frozenset(storage.read_lines(directory / "entities.txt")),
            pretrained=pretrained,
            facts=facts,
            lexicon=read_lexicon(directory, types_of(tags)) if LEXICON_FEATURES & set(names) else None,
            more=more,
            words_seen=frozenset(storage.read_lines(directory / "training_words.txt")),
            temperature=temperature,
        )

    @classmethod
    def load_single(cls, directory: Path | str) -> "Tagger":
        """Read a model of one network, as those need who look into it.

        Raises
        ------
        ModelError
            It is an ensemble; see `load` for what else.
        """
        tagger = cls.load(directory)
        if tagger.more:
            raise ModelError(
                f"{directory}: an ensemble of {len(tagger.members)} networks; distil it into one to look into it"
            )
        return tagger


def finite(compute: Callable[[], Floats]) -> Floats:
    """Return the scores that a function computes.

    Raises
    ------
    ModelError
        They are beyond what float32 holds: a model's numbers may all be finite, and still their products not.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        scores = compute()
    if not np.isfinite(scores).all():
        raise ModelError(
            "the model's scores are not finite, got vectors or weights that are too large; "
            "train it again with smaller ones (ner-window check --vectors)"
        )
    return scores


def read_lexicon(directory: Path, types: Sequence[str]) -> Lexicon:
    """Read the lexicon of a model directory, which is of these entity types."""
    path = directory / "lexicon.json"
    try:
        lexicon = Lexicon.from_json("\n".join(storage.read_lines(path)))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ModelError(f"{path}: not a lexicon: {error!r}; train the model again") from None
    if lexicon.types != tuple(types):
        raise ModelError(f"{path}: expected the types {', '.join(types)}, got {lexicon.types!r}; train the model again")
    return lexicon
