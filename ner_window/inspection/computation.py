"""The computation graph of a tagger on a real window: which rows it looks up, and the numbers that flow."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ner_window.errors import CorpusError, TaggingError
from ner_window.nn.gradients import Floats, Integers, Parameters
from ner_window.nn.graph import Graph
from ner_window.nn.network import Network
from ner_window.nn.network_graph import network_graph, shapes_graph
from ner_window.nn.network_pass import Row, Rows, run
from ner_window.tagger import Tagger
from ner_window.text.vocabulary import PAD, UNKNOWN, Vocabulary

# controls, surrogates and what else no XML document may hold
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u2028\u2029]")


def printable(text: str) -> str:
    """Return text with what cannot be shown, or written to a file, replaced by the replacement character."""
    return _UNPRINTABLE.sub("\ufffd", text)


def shapes_of(tagger: Tagger, name: str) -> Graph:
    """Return the computation graph of a tagger's network without numbers, called by its name."""
    network = tagger.network
    words = "word" if network.width == 1 else "words"
    title = f"{printable(name)}: {network.width} {words}, {network.activation}, objective {network.objective}"
    return shapes_graph(network, title)


def window_graph(
    tagger: Tagger, sentences: Sequence[Sequence[str]], token: str | None = None, tag: str | None = None
) -> Graph:
    """Return the computation graph, with all numbers, of the window around one token.

    J is the loss of this window if `tag` were gold. All is computed in float64 on the rows that the window looks up.
    With the margin objective J is that of a pair: the corrupt window has in its centre the first token of the sentences
    that the model holds to be outside every entity, else the unknown word.

    Parameters
    ----------
    tagger : Tagger
        Trained or new.
    sentences : sequence of sequences of str
        Tokens. No window reaches into another sentence.
    token : str, optional
        A token, the first that is equal, or its position among all tokens from 0. By default the first token of the
        first entity that the model finds, else the first token.
    tag : str, optional
        A tag of the model; by default the one that it predicts, or with the margin objective, which has no score of O,
        the type of the highest score.

    Raises
    ------
    CorpusError
        No such token.
    TaggingError
        No such tag.
    """
    if tagger.network.objective == "sentence":
        raise TaggingError(
            "objective: 'sentence' has no J of a single window; leave --sentence out, or show another model"
        )
    tokens = [each for sentence in sentences for each in sentence]
    encoded = tagger.encode(sentences)
    scores = tagger.scores(encoded)
    predicted = [each for tags in tagger.decode(scores, encoded.lengths) for each in tags]
    place = _place_of(tokens, predicted, token)
    label = _label_of(tagger, predicted[place], scores[place], tag)
    windows = encoded.windows(np.array([place]), tagger.network.radius)
    words = [_window_words(sentences, place, tagger.network.radius)]
    if tagger.network.objective == "margin":
        other = next((i for i, each in enumerate(predicted) if each == "O" and i != place), None)
        corrupt, word = windows.copy(), "<unknown>" if other is None else tokens[other]
        centre = tagger.network.radius
        corrupt[:, 0, centre] = UNKNOWN if other is None else encoded.lines[:, encoded.places[other]]
        windows = np.concatenate([windows, corrupt], axis=1)
        words.append([*words[0][:centre], word, *words[0][centre + 1 :]])
    network, parameters, compact = _only_used_rows(tagger.network, tagger.parameters, windows)
    tables = _tables(tagger, windows, compact, words)
    name, how = printable(tagger.tags[label]), "" if tagger.tags[label] == predicted[place] else " if it were the tag"
    around = " ".join(f"[{word}]" if k == tagger.network.radius else word for k, word in enumerate(words[0]) if word)
    title = f"{printable(around)}: J of {name}{how}; the model predicts {printable(predicted[place])}"
    return network_graph(network, tables, title, run(network, parameters, compact, label), name)


def _place_of(tokens: Sequence[str], predicted: Sequence[str], token: str | None) -> int:
    """Return the position of the token that was asked for, or of the first token of the first entity, or 0."""
    if token is None:
        return next((i for i, tag in enumerate(predicted) if tag != "O"), 0)
    if token in tokens:
        return tokens.index(token)
    if token.isascii() and token.isdigit() and int(token) < len(tokens):
        return int(token)
    known = ", ".join(f"{i} {word!r}" for i, word in enumerate(tokens))
    raise CorpusError(f"--token: not in the sentence, got {token!r}; its tokens are {known}")


def _label_of(tagger: Tagger, predicted: str, scores: Floats, tag: str | None) -> int:
    """Return the label of the tag that was asked for, or of the predicted one; a margin model has none for O."""
    margin = tagger.network.objective == "margin"
    known = tagger.tags[1:] if margin else tagger.tags
    if tag is None:
        return int(scores[1:].argmax()) + 1 if margin and predicted == "O" else tagger.tags.index(predicted)
    if tag not in known:
        why = "has no score in a margin model" if tag == "O" else "not a tag of the model"
        raise TaggingError(f"--tag: {why}, got {tag!r}; choose one of {', '.join(known)}")
    return tagger.tags.index(tag)


def _window_words(sentences: Sequence[Sequence[str]], place: int, radius: int) -> list[str]:
    """Return the tokens of a window; beyond the edge of the sentence the string is empty."""
    for sentence in sentences:
        if place < len(sentence):
            around = range(place - radius, place + radius + 1)
            return [sentence[i] if 0 <= i < len(sentence) else "" for i in around]
        place -= len(sentence)
    raise IndexError(place)


def _only_used_rows(
    network: Network, parameters: Parameters, windows: Integers
) -> tuple[Network, Parameters, Integers]:
    """Return the network with tables of no more than the rows in the windows (F, B, K), float64, and the new ids."""
    small: Parameters = {name: p.astype(np.float64) for name, p in parameters.items() if not name.startswith("E.")}
    compact = np.empty_like(windows)
    tables = []
    for f, (name, _, d) in enumerate(network.tables):
        used, places = np.unique(windows[f], return_inverse=True)
        small[f"E.{name}"] = parameters[f"E.{name}"][used].astype(np.float64)
        compact[f] = places.reshape(windows[f].shape)
        tables.append((name, len(used), d))
    return replace(network, tables=tuple(tables)), small, compact


def _tables(tagger: Tagger, windows: Integers, compact: Integers, words: Sequence[Sequence[str]]) -> list[Rows]:
    """Return how the rows in the windows (F, B, K) are shown: with the words that look them up."""
    tables = []
    for f, (name, _, d) in enumerate(tagger.network.tables):
        users: dict[int, list[str]] = {}
        originals = dict(zip(compact[f].ravel().tolist(), windows[f].ravel().tolist(), strict=True))
        for id_, word in zip(compact[f].ravel().tolist(), [word for row in words for word in row], strict=True):
            if word not in users.setdefault(id_, []):
                users[id_].append(word)
        frozen = name in tagger.network.frozen
        vocabulary = tagger.vocabularies[f]
        shown = {i: _row(name, originals[i], users[i], vocabulary, frozen=frozen) for i in users}
        tables.append(Rows(f"E.{name}", d, compact[f], shown))
    return tables


def _row(table: str, id_: int, words: Sequence[str], vocabulary: Vocabulary, *, frozen: bool) -> Row:
    """Return how a row is shown: a word's by the words that look it up, a feature's by its value."""
    string = vocabulary.string(id_)
    said = ["frozen: no gradient goes into it"] if frozen else []
    if id_ == PAD:
        said.insert(0, "beyond the edge of the sentence")
    elif vocabulary.key:
        said.insert(0, f"of {', '.join(words)}")
    elif id_ == UNKNOWN:
        said.insert(0, "a word without a vector of its own")
    elif words != [string]:
        said.insert(0, f"found as {string}")
    by_value = id_ == PAD or vocabulary.key
    label = f"{table if vocabulary.key else 'e'}({string if by_value else ', '.join(words)})"
    return Row(printable(label), f"E.{table}[{id_}]", printable("; ".join(said)))
