"""Explanations: which words of its window, and which of their features, decided the tag of each token."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ner_window.errors import CorpusError
from ner_window.inspection.printable import printable
from ner_window.nn.attribution import Attribution, attribute
from ner_window.nn.decoding import best_paths
from ner_window.nn.gradients import Floats, Integers
from ner_window.tagger import Tagger
from ner_window.text.vocabulary import RESERVED

Method = Literal["gradient", "integrated"]

#: How many points on the path from 0 to x each method averages over, more and more until the parts add up; 0 is the
#: gradient at x itself.
STEPS = {"gradient": (0,), "integrated": (64, 256, 1024, 4096)}

#: The largest relative difference between the sum of the parts and what it must be. The midpoint rule is less exact.
TOLERANCES = {"gradient": 1e-5, "integrated": 1e-3}

#: What stands in a window beyond the ends of the sentence.
BEYOND = RESERVED[0]

_MEANING = {
    "gradient": "gradient x input: the parts add up to x . d(s(tag) - s(against))/dx; the rest holds what the biases "
    "and the curvature of the activation add",
    "integrated": "integrated gradients: the parts add up to the difference less that of an empty input, x = 0; "
    "the rest is the difference of the empty input",
}


@dataclass(frozen=True)
class TokenExplanation:
    """Why a token has its tag rather than the best other one.

    Parameters
    ----------
    token, found : str
        The token, and how its word was found among the vectors, one of `FALLBACKS`.
    tag, against : str
        Its tag as decoded, and the tag with the highest score of all others.
    top : tuple of (str, float)
        The most probable tags with their probabilities, the first the most probable.
    window : tuple of str
        The K tokens of its window; ``<pad>`` beyond the sentence.
    parts : (K, F) floats
        What each slot and each feature contributed to `difference`.
    rest, difference : float
        s(tag) - s(against) = sum of the parts + rest. With the softmax objective it is the log odds of the two tags.
    """

    token: str
    found: str
    tag: str
    against: str
    top: tuple[tuple[str, float], ...]
    window: tuple[str, ...]
    parts: Floats
    rest: float
    difference: float

    @property
    def slots(self) -> list[float]:
        """What each of the K slots contributed."""
        return [float(part) for part in self.parts.sum(axis=1)]

    @property
    def features(self) -> list[float]:
        """What each of the F features contributed."""
        return [float(part) for part in self.parts.sum(axis=0)]

    def as_dict(self, names: Sequence[str]) -> dict[str, Any]:
        """Return the form that ``--json`` prints, with the features' names."""
        radius = len(self.window) // 2
        return {
            "token": self.token,
            "vector": self.found,
            "tag": self.tag,
            "against": self.against,
            "top": [{"tag": tag, "probability": p} for tag, p in self.top],
            "window": [
                {"slot": k - radius, "token": word, "sum": total, **dict(zip(names, part.tolist(), strict=True))}
                for k, (word, total, part) in enumerate(zip(self.window, self.slots, self.parts, strict=True))
            ],
            "features": dict(zip(names, self.features, strict=True)),
            "rest": self.rest,
            "difference": self.difference,
        }


@dataclass(frozen=True)
class Explanation:
    """The explanations of all tokens of some sentences, and how exactly their parts add up.

    `error` is the largest relative difference between a sum of parts and what it must be, found without
    backpropagation; `steps` is the number of gradients that were averaged, 0 for the one gradient at the input itself.
    """

    sentences: tuple[tuple[TokenExplanation, ...], ...]
    features: tuple[str, ...]
    method: Method
    steps: int
    error: float
    notes: tuple[str, ...]

    @property
    def tolerance(self) -> float:
        """The largest `error` with which the parts count as adding up."""
        return TOLERANCES[self.method]

    @property
    def adds_up(self) -> bool:
        """Whether the parts add up to what they must."""
        return self.error <= self.tolerance

    @property
    def meaning(self) -> str:
        """What the parts are, and what they add up to, in one sentence."""
        return _MEANING[self.method]

    def as_dict(self) -> dict[str, Any]:
        """Return the form that ``--json`` prints."""
        return {
            "method": self.method,
            "meaning": self.meaning,
            "features": list(self.features),
            "check": {"steps": self.steps, "error": self.error, "tolerance": self.tolerance, "adds_up": self.adds_up},
            "notes": list(self.notes),
            "sentences": [[token.as_dict(self.features) for token in sentence] for sentence in self.sentences],
        }


def cut(text: str, at_spaces: bool = False) -> list[list[str]]:
    """Cut a text into sentences of tokens: with the tokenizer, or each line at its spaces.

    Raises
    ------
    CorpusError
        There is no token in it, or it came from bytes that are not UTF-8.
    MissingExtraError
        The tokenizer is not installed.
    """
    if bad := re.search(r"[\ud800-\udfff]", text):
        raise CorpusError(f"sentence: character {bad.start() + 1} is not UTF-8, got {text[:60]!r}; convert the text")
    if at_spaces:
        sentences = [[token for token in line.split(" ") if token] for line in text.replace("\r\n", "\n").split("\n")]
    else:
        from ner_window.text.tokenizer import tokenize

        sentences = [[text[a:b] for a, b in spans] for spans in tokenize(text)]
    found = [sentence for sentence in sentences if sentence]
    if not found:
        raise CorpusError(f"sentence: no tokens, got {text!r}; give at least one word")
    return found


def explain(
    tagger: Tagger, sentences: Sequence[Sequence[str]], method: Method = "gradient", top: int = 3
) -> Explanation:
    """Explain the tag of every token: what each slot of its window and each feature gave to it.

    What is explained is s(tag) - s(against), the score of the token's tag as decoded less the highest score of all
    other tags: what a single score is worth shows only beside another one. It is negative where the best path gives a
    token another tag than its own best one. See `nn.attribution.attribute` for the two methods.
    """
    encoded = tagger.encode(sentences)
    windows = encoded.windows(np.arange(len(encoded.forms)), tagger.network.radius)
    parameters, windows = tagger.resolve(encoded, windows)  # (L, B, K)
    scores = tagger.scores(encoded).astype(np.float64)  # (B, C)
    labels = best_paths(scores, encoded.lengths, *tagger.transitions)
    others = _best_other(scores, labels)
    for steps in STEPS[method]:
        attribution = attribute(tagger.network, parameters, windows, labels, others, steps)
        if attribution.error <= TOLERANCES[method]:
            break
    probabilities = tagger.probabilities(scores, encoded.lengths)
    tokens = _tokens(tagger, sentences, probabilities, labels, others, attribution, top)
    ends = np.cumsum(encoded.lengths).tolist()
    return Explanation(
        tuple(tuple(tokens[a:b]) for a, b in zip([0, *ends], ends, strict=False)),
        tuple(name for name, _, _ in tagger.network.tables),
        method,
        steps,
        attribution.error,
        notes(tagger, sentences),
    )


def notes(tagger: Tagger, sentences: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return what one should know when reading an explanation."""
    objective, words = tagger.network.objective, tagger.words
    found: list[str] = []
    if objective not in ("softmax", "sentence"):
        found.append(
            f"the probabilities are the softmax of scores that the objective {objective} did not train to be "
            "probabilities: only their order counts"
        )
    if objective == "sentence":
        found.append("the tags are those of the best sequence: learned scores of the steps between tags decide, too")
    if tagger.reads_documents:
        found.append("the model reads documents: the text given is taken as its whole document")
    missing = {token: None for sentence in sentences for token in sentence if words.find(token)[1] == "unknown"}
    if missing:
        found.append(f"no vector of their own, taken as the unknown word: {printable(', '.join(missing))}")
    return tuple(found)


def _best_other(scores: Floats, labels: Integers) -> Integers:
    """Return for each token the label with the highest score (B, C) apart from `labels` (B,)."""
    others = scores.copy()
    others[np.arange(len(labels)), labels] = -np.inf
    best: Integers = others.argmax(axis=1)
    return best


def _tokens(
    tagger: Tagger,
    sentences: Sequence[Sequence[str]],
    probabilities: Floats,
    labels: Integers,
    others: Integers,
    attribution: Attribution,
    top: int,
) -> list[TokenExplanation]:
    """Put the numbers of all tokens beside their words."""
    tags, words = tagger.tags, tagger.words
    ranks = np.argsort(-probabilities, axis=1, kind="stable")[:, :top]
    windows = [window for sentence in sentences for window in _windows_of(sentence, tagger.network.radius)]
    return [
        TokenExplanation(
            window[len(window) // 2],
            words.find(window[len(window) // 2])[1],
            tags[labels[i]],
            tags[others[i]],
            tuple((tags[label], float(probabilities[i, label])) for label in ranks[i].tolist()),
            window,
            attribution.parts[i],
            float(attribution.rest[i]),
            float(attribution.difference[i]),
        )
        for i, window in enumerate(windows)
    ]


def _windows_of(sentence: Sequence[str], radius: int) -> list[tuple[str, ...]]:
    """Return the K tokens around each token of a sentence."""
    padded = [BEYOND] * radius + list(sentence) + [BEYOND] * radius
    return [tuple(padded[i : i + 2 * radius + 1]) for i in range(len(sentence))]
