"""The words and features of a training corpus: their vocabularies, and the words' table before the first step."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ner_window.config import VectorsConfig
from ner_window.errors import ConfigError
from ner_window.nn.gradients import Floats, Integers
from ner_window.nn.initialization import embedding
from ner_window.text.documents import document_values
from ner_window.text.features import FEATURES
from ner_window.text.vectors import Vectors, VectorsReport
from ner_window.text.vocabulary import RESERVED, UNKNOWN, Lookup
from ner_window.text.words import FALLBACKS, Words

#: The unknown word begins as the mean of this many vectors from the rare end: unknown words are rare words.
RAREST = 20_000

#: Words of `own_rows` that occur less often than this are swapped for the unknown word, if words are.
RARE = 5

#: How often each token occurs, in the order of their first places.
Counts = Mapping[str, int]


@dataclass(frozen=True)
class WordTable:
    """The words, their table (V, d) before training, and what was read.

    The words of the training corpus stand at the head, then all others that have a vector, in the file's order: so what
    training changes is one block, and a checkpoint or the optimizer's state costs what that block costs.

    Parameters
    ----------
    words, table
        The words and their vectors.
    head : int
        The rows, reserved ones included, of words of the training corpus.
    own : int
        How many of these, the last ones, have no vector in the file.
    report, sha256
        Of the file.
    """

    words: Words
    table: Floats
    head: int
    own: int
    report: VectorsReport
    sha256: str

    def counts(self, tokens: Counts) -> Integers:
        """Return how often each row at the head occurs in the training corpus (head,)."""
        counts = np.bincount(self.words.encode(tokens)[0], list(tokens.values()), minlength=self.head)
        return counts.astype(np.intp)


def random_words(options: VectorsConfig, tokens: Counts, generator: np.random.Generator) -> WordTable:
    """Return the words of the training corpus with random vectors.

    Words that occur once become the unknown word, which is learned from them, unless `own_rows` says otherwise, or
    they have parts, where `parts` allows it.
    """
    if options.own_rows:
        strings = [*own_words(Words([], lowercase=options.lowercase), tokens, options.own_rows)]
    else:
        counts: Counter[str] = Counter()
        for token, n in tokens.items():
            counts[token.lower() if options.lowercase else token] += n
        strings = [word for word, n in counts.items() if n > 1]
    strings += own_words(Words(strings, lowercase=options.lowercase, parts=options.parts), tokens, None)
    words = Words(strings, lowercase=options.lowercase, parts=options.parts)
    report = VectorsReport(rows=len(strings), kept=len(strings))
    table = embedding((len(words), options.dimensions), generator)
    return WordTable(words, table, len(words), len(strings), report, "random")


def pretrained_words(options: VectorsConfig, tokens: Counts, vectors: Vectors) -> WordTable:
    """Return the words of a file of vectors and, with `own_rows`, training words that are not in it.

    These begin as the mean of their parts, where `parts` allows it and they have some, else as the unknown word.

    Raises
    ------
    ConfigError
        The configuration says that vectors have other dimensions. Its default says nothing.
    """
    d, said = vectors.matrix.shape[1], options.dimensions
    if said not in (d, VectorsConfig.model_fields["dimensions"].default):
        raise ConfigError(
            f"vectors.dimensions: {options.source} has {d}, got {said}; leave the key out, it is for random"
        )
    found = Words(vectors.words, lowercase=options.lowercase, parts=options.parts)
    used = {found.find(token)[0] for token in tokens} - {UNKNOWN}
    head = np.array(sorted(used), np.intp) - len(RESERVED)
    rest = np.setdiff1d(np.arange(len(vectors.words)), head, assume_unique=True)
    own = own_words(found, tokens, options.own_rows)
    if options.parts and own:  # they are parts of words, too
        found = Words([*vectors.words, *own], lowercase=options.lowercase, parts=True)
        own |= own_words(found, tokens, None)
    strings = [vectors.words[i] for i in head.tolist()] + [*own] + [vectors.words[i] for i in rest.tolist()]
    words = Words(strings, lowercase=options.lowercase, parts=options.parts)
    table = np.empty((len(words), vectors.matrix.shape[1]), np.float32)
    table[0] = 0
    table[1] = _mean(vectors.matrix[-RAREST:])
    first = len(RESERVED) + len(head)
    for rows, place in ((head, table[len(RESERVED) : first]), (rest, table[first + len(own) :])):
        np.take(vectors.matrix, rows, axis=0, out=place, mode="clip")  # straight into place; "raise" makes a copy
    table[first : first + len(own)] = table[1]
    for row, token in enumerate(own.values(), first):
        if parts := words.parts_of(token):
            table[row] = _mean(table[list(parts)])
    return WordTable(words, table, first + len(own), len(own), vectors.report, vectors.sha256)


def _mean(rows: Floats) -> Floats:
    """Return the mean (d,) of vectors (n, d), also of some whose sum their type cannot hold."""
    with np.errstate(over="ignore", invalid="ignore"):
        mean: Floats = rows.mean(axis=0)
    return mean if np.isfinite(mean).all() else rows.mean(axis=0, dtype=np.float64)


def own_words(found: Words, tokens: Counts, least: int | None) -> dict[str, str]:
    """Return the training words that have no vector but get a row of their own, in the order of their first place.

    A token with digits stands as the pattern of its numbers. Words occur at least `least` times (None: no such words);
    those that have parts are always among them. With each comes one of its tokens: the first that has parts, if any.
    """
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    composite: dict[str, str] = {}
    for token, n in tokens.items():
        how = found.find(token)[1]
        if how in ("unknown", "mean of parts"):
            word = found.forms(token)[-1]
            counts[word] += n
            first.setdefault(word, token)
            if how == "mean of parts":
                composite.setdefault(word, token)
    chosen = (word for word, n in counts.items() if word in composite or (least is not None and n >= least))
    return {word: composite.get(word, first[word]) for word in chosen}


def build_feature(name: str, tokens: Counts, types: Sequence[str]) -> Lookup:
    """Return the vocabulary of a feature: its fixed values, or those that occur more than once in training."""
    feature = FEATURES[name]
    if feature.values or feature.rows:
        return feature.lookup(feature.values)
    if feature.extract is None:
        return feature.lookup(document_values(name, types))
    counts: Counter[str] = Counter()
    for token, n in tokens.items():
        for value in feature.extract(token):
            counts[value] += n
    return feature.lookup([value for value, n in counts.items() if n > 1])


def coverage(words: Words, tokens: Counts) -> dict[str, int]:
    """Count how the tokens were found among the words; the counts add up to the tokens."""
    result = dict.fromkeys(FALLBACKS, 0)
    for token, n in tokens.items():
        result[words.find(token)[1]] += n
    return result
