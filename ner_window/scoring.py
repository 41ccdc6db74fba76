"""Tagged files and what was predicted for them, to figures."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ner_window.errors import CorpusError
from ner_window.evaluation.metrics import Group, Score, score_columns
from ner_window.text.conll import Layout
from ner_window.text.corpus import Corpus
from ner_window.text.documents import gather
from ner_window.text.files import is_read_once, refuse_changed, state_of
from ner_window.text.labelled import LabelledCorpus, first_difference, read_labelled
from ner_window.text.tag_columns import TagColumn
from ner_window.text.tagging import Repair, Scheme, split_tag
from ner_window.text.tokens import Tokens

if TYPE_CHECKING:  # to score files needs no network
    from ner_window.tagger import Tagger

#: The groups of `groups_of`.
GROUPS = ("seen", "unseen", "unseen_words")


def score_in(
    scheme: Scheme,
    gold: Sequence[Sequence[str]],
    predicted: Sequence[Sequence[str]],
    tokens: Sequence[Sequence[str]] | None = None,
    groups: Sequence[str] = (),
    group: Group | None = None,
) -> Score:
    """Compare with gold what was predicted, written in the gold file's scheme, as a file of it would be."""
    text = None if tokens is None else Tokens.of(tokens)
    return score_columns(TagColumn.of(gold), TagColumn.of(predicted).convert(scheme), text, groups, group)


def evaluate(
    tagger: "Tagger", path: str | Path, layout: Layout, method: Repair = "conlleval"
) -> tuple[LabelledCorpus, list[list[str]], Score]:
    """Tag a labelled file and score the result; returns the corpus, the predicted tags in its scheme, and the score."""
    corpus = read_labelled(path, layout, method=method).only(types_learned(tagger))
    predicted, result = score_by(
        tagger,
        corpus,
        GROUPS,
        partial(groups_of, tagger),
        method,
    )
    return corpus, predicted, result


def groups_of(tagger: "Tagger", tokens: Sequence[str]) -> tuple[str, ...]:
    """Name the groups of an entity: seen in training or not, and whether it holds a word that training has not seen.

    Words are compared in lower case.
    """
    groups = ("seen" if " ".join(tokens) in tagger.entities_seen else "unseen",)
    new = any(token.lower() not in tagger.words_seen for token in tokens)
    return (*groups, "unseen_words") if new else groups


def types_learned(tagger: "Tagger") -> set[str] | None:
    """Return the entity types of a model that was trained with others left out (data.types); None if with all."""
    left_out = tagger.facts.get("data", {}).get("train", {}).get("entities_left_out")
    return {split_tag(tag)[1] for tag in tagger.tags if tag != "O"} if left_out else None


def score_by(
    tagger: "Tagger",
    corpus: LabelledCorpus,
    groups: Sequence[str],
    group: Group,
    method: Repair = "conlleval",
) -> tuple[list[list[str]], Score]:
    """Tag a labelled corpus; returns the predicted tags in its scheme, and the score, counted by group, too."""
    text = corpus.text
    parts = together(gather(text.lengths.tolist(), corpus.documents))
    labels = np.concatenate([tagger.tag_text(text.part(some)).ids for some in parts])
    column = TagColumn(tagger.tags, labels, text.lengths).convert(corpus.scheme)
    return column.lists(), score_columns(corpus.counted(method), column, text, groups, group)


def together(parts: Sequence[range], count: int = 1000) -> Iterator[slice]:
    """Yield runs of whole documents of at least `count` sentences, but for the last one."""
    start = 0
    for part in parts:
        if part.stop - start >= count or part is parts[-1]:
            yield slice(start, part.stop)
            start = part.stop


def evaluation_json(corpus: LabelledCorpus, result: Score, method: str) -> dict[str, Any]:
    """Return the document that ``evaluate --json`` prints."""
    return {
        "data": corpus.corpus.source,
        "documents": corpus.corpus.documents,
        "scheme": corpus.scheme.name,
        "repair": method,
        "repaired_sentences": corpus.repaired,
        "entities_left_out": dict(sorted(corpus.left_out.items())),
        **result.as_dict(),
    }


def score_files(
    gold: str | Path, predicted: str | Path | None, layout: Layout, method: Repair = "conlleval"
) -> tuple[LabelledCorpus, Score, TagColumn]:
    """Compare two labelled files, or the last two columns of one; returns gold, the score, and the predicted tags.

    Raises
    ------
    CorpusError
        The files do not hold the same tokens in the same sentences, or a single one is no file but a pipe.
    """
    second = layout
    if predicted is None:
        if is_read_once(gold):
            raise CorpusError(f"{gold}: score reads a single file twice; give a file, or two inputs")
        predicted, layout = gold, Layout(layout.token_column, -2, layout.encoding)
        second = Layout(layout.token_column, -1, layout.encoding)
    before = state_of(gold)
    correct = read_labelled(gold, layout, method=method)
    system = read_labelled(predicted, second, method=method)
    refuse_changed(gold, before)
    _check_same_tokens(correct.corpus, system.corpus)
    numbers = len(correct.text.lengths), len(system.text.lengths)
    if numbers[0] != numbers[1]:
        raise CorpusError(f"{predicted}: expected {numbers[0]} sentences as in {gold}, got {numbers[1]}")
    tags = system.counted(method)
    if system.scheme != correct.scheme:
        tags = tags.convert(correct.scheme)
    return correct, score_columns(correct.counted(method), tags, correct.text), tags


def _check_same_tokens(gold: Corpus, predicted: Corpus) -> None:
    """Raise `CorpusError` with file:line at the first token that is not the same; the longer file may go on."""
    number = first_difference(gold.text, predicted.text)
    if number is None:
        return
    a, b = gold.sentences[number], predicted.sentences[number]
    i = next((i for i, (x, y) in enumerate(zip(a.tokens, b.tokens, strict=False)) if x != y), None)
    i = min(len(a.tokens), len(b.tokens)) - 1 if i is None else i
    raise CorpusError(
        f"{b.where(i)}: the tokens differ from {a.where(i)}, got {b.tokens[i]!r}, expected {a.tokens[i]!r}"
        f" in a sentence of {len(a.tokens)} tokens; score the same text"
    )


def merged_lines(corpus: LabelledCorpus, predicted: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield lines of token, gold tag and predicted tag, with a blank line after each sentence: conlleval's input."""
    cut = "\t" if any(" " in token for tokens in corpus.tokens for token in tokens) else " "
    for sentence, tags in zip(corpus.corpus.sentences, predicted, strict=True):
        for row in zip(sentence.tokens, sentence.tags, tags, strict=True):
            yield cut.join(row) + "\n"
        yield "\n"
