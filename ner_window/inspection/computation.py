"""The computation graph of a tagger on a real window: which rows it looks up, and the numbers that flow."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ner_window.errors import CorpusError, TaggingError
from ner_window.inspection.printable import printable
from ner_window.nn.equivalent import compact, fold_residual
from ner_window.nn.gradients import Floats, Integers
from ner_window.nn.graph import Graph
from ner_window.nn.network_graph import network_graph, shapes_graph
from ner_window.nn.network_pass import Row, Rows, run
from ner_window.tagger import Tagger
from ner_window.text.encoding import EncodedCorpus
from ner_window.text.vocabulary import PAD, UNKNOWN

_FROZEN = "frozen: no gradient goes into it"


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
    With the margin objective J is that of a pair. The corrupt window has another word in its centre: of all tokens that
    the model holds to be outside every entity the one with which it scores highest, as in training the hardest are
    compared; the unknown word where there is no such token.

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
    predicted = [tagger.tags[label] for label in tagger.labels(encoded).tolist()]
    place = _place_of(tokens, predicted, token)
    label = _label_of(tagger, predicted[place], scores[place], tag)
    windows = encoded.windows(np.array([place]), tagger.network.radius)
    words = [_window_words(sentences, place, tagger.network.radius)]
    if tagger.network.objective == "margin":
        outside = [i for i, each in enumerate(predicted) if each == "O" and i != place]
        corrupt, chosen = _hardest(tagger, encoded, windows, encoded.ids(np.array(outside, np.intp)), label)
        windows = np.concatenate([windows, corrupt], axis=1)
        words.append(list(words[0]))
        words[1][tagger.network.radius] = tokens[outside[chosen]] if outside else "<unknown>"
    network, parameters, ids, rows = compact(tagger.network, *tagger.resolve(encoded, windows))
    rows[0] = np.unique(windows[0])  # where means of words stand among the rows, compact does not know their ids
    tables = _tables(tagger, ids, rows, words)
    if network.residual:  # the inputs are the mapped vectors e': they have a gradient even where e is frozen
        network, parameters = fold_residual(network, parameters)
        network = replace(network, frozen=network.frozen - {network.tables[0][0]})
    name, how = printable(tagger.tags[label]), "" if tagger.tags[label] == predicted[place] else " if it were the tag"
    around = " ".join(f"[{word}]" if k == tagger.network.radius else word for k, word in enumerate(words[0]) if word)
    title = f"{printable(around)}: J of {name}{how}; the model predicts {printable(predicted[place])}"
    return network_graph(network, tables, title, run(network, parameters, ids, label), name)


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


def _hardest(
    tagger: Tagger, encoded: EncodedCorpus, window: Integers, centres: Integers, label: int
) -> tuple[Integers, int]:
    """Return the copy of a window (L, 1, K) with that of some centres (L, N) which scores highest, and its place.

    Without centres it is the unknown word's.
    """
    if not centres.shape[1]:
        centres = np.full((len(window), 1), UNKNOWN)
    copies = np.repeat(window, centres.shape[1], axis=1)
    copies[:, :, tagger.network.radius] = centres
    scores = tagger.network.forward(*tagger.resolve(encoded, copies))[0]
    best = int(scores[:, label - 1].argmax())
    return copies[:, [best]], best


def notes(graph: Graph) -> list[str]:
    """Return what one should know when reading the numbers of a window's graph: whether it has nothing to teach."""
    nodes = {node.name: node for node in graph.nodes}
    loss = nodes.get("L", graph.output).value
    if loss is None or loss > 0:
        return []
    why = "the true window scores at least 1 above the corrupt one" if "s_c" in nodes else "no tag comes within 1 of it"
    rest = " but the regularizer's" if "R" in nodes else ""
    return [f"every gradient{rest} is 0: {why}; choose another --token or --tag"]


def _window_words(sentences: Sequence[Sequence[str]], place: int, radius: int) -> list[str]:
    """Return the tokens of a window; beyond the edge of the sentence the string is empty."""
    for sentence in sentences:
        if place < len(sentence):
            around = range(place - radius, place + radius + 1)
            return [sentence[i] if 0 <= i < len(sentence) else "" for i in around]
        place -= len(sentence)
    raise IndexError(place)


def _tables(tagger: Tagger, ids: Integers, rows: Sequence[Integers], words: Sequence[Sequence[str]]) -> list[Rows]:
    """Return how the rows with the ids (L, B, K) are shown: with the words that look them up.

    `rows` holds, for each table, the place in the whole table of each id.
    """
    tables = []
    flat = [word for row in words for word in row]
    for f, ((name, _, d), own) in enumerate(zip(tagger.network.tables, tagger.network.lines, strict=True)):
        users: dict[int, list[str]] = {}
        for line in ids[own]:
            for id_, word in zip(line.ravel().tolist(), flat, strict=True):
                if word not in users.setdefault(id_, []):
                    users[id_].append(word)
        shown = {i: _row(tagger, f, int(rows[f][i]), users[i]) for i in users}
        tables.append(Rows(f"E.{name}", d, ids[own], shown))
    return tables


def _row(tagger: Tagger, f: int, id_: int, words: Sequence[str]) -> Row:
    """Return how what stands in a place is shown: a row of table f, or the mean of several, and a word mapped."""
    name = tagger.network.tables[f][0]
    frozen = name in tagger.network.frozen
    if f == 0 and id_ >= len(tagger.words):
        row = _mean(tagger, id_, words, frozen=frozen)
    else:
        row = _plain("" if f == 0 else name, id_, words, tagger.vocabularies[f].string(id_), frozen=frozen)
    return _mapped(row, frozen=frozen) if f == 0 and tagger.network.residual else row


def _plain(feature: str, id_: int, words: Sequence[str], string: str, *, frozen: bool) -> Row:
    """Return how a row is shown: a word's by the words that look it up, a feature's by its value.

    Where a feature has fewer strings for a word than look-ups, the pad's row is looked up for the rest.
    """
    said = []
    if "" in words:
        said.append("beyond the edge of the sentence")
    if found := [word for word in words if word]:
        if feature:
            said.append(f"of {', '.join(found)}")
        elif id_ == UNKNOWN:
            said.append("a word without a vector of its own")
        elif found != [string]:
            said.append(f"found as {string}")
    said += [_FROZEN] * frozen
    label = f"{feature or 'e'}({string if feature or id_ == PAD else ', '.join(words)})"
    return Row(printable(label), f"E.{feature or 'word'}[{id_}]", printable("; ".join(said)))


def _mean(tagger: Tagger, id_: int, words: Sequence[str], *, frozen: bool) -> Row:
    """Return how the vector of a word is shown that is the mean of other words' rows."""
    parts = tagger.words.composites[id_ - len(tagger.words)]
    note = f"the mean of its parts, {', '.join(map(tagger.words.string, parts))}"
    note += f"; {_FROZEN}" * frozen
    formula = f"mean of {', '.join(f'E.word[{part}]' for part in parts)}"
    return Row(printable(f"e({', '.join(words)})"), formula, printable(note))


def _mapped(row: Row, *, frozen: bool) -> Row:
    """Return how the vector e' of a word is shown, to which the residual map moves its row e."""
    note = row.note.replace(_FROZEN, "the row is frozen") if frozen else row.note
    note = "; ".join(filter(None, [note, "dJ/de' goes on into M and N" + ("" if frozen else " and into the row")]))
    return Row(f"e'{row.label.removeprefix('e')}", f"e + tanh(e M) N, e = {row.formula}", note)
