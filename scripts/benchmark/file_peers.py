"""CRFsuite and spaCy from file to file: CoNLL columns in, the same with one more column out, in one process each.

The reader and the writer are the plain ones of a short script. Loading the model is not counted.
"""

import random
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pycrfsuite  # type: ignore[import-untyped]
import spacy
from crfsuite import Peer
from spacy.tokens import Doc
from spacy.training import Example

from ner_window.text.labelled import LabelledCorpus
from ner_window.text.tagging import SCHEMES, convert

#: What CRFsuite is told of a token here: the tutorials' features, of the word and of its two neighbors.
CRFSUITE = Peer("usual", 1, "IOB2", 0.1, 0.01)

#: How many times spaCy sees the training file. Its accuracy is not compared; its speed does not depend on it.
SPACY_EPOCHS = 2

Rows = list[list[str]]


def read_rows(path: Path) -> Iterator[Rows]:
    """Yield the columns of each sentence of a file; empty lines and document lines stand between them."""
    rows: Rows = []
    with path.open(encoding="utf-8") as file:
        for line in file:
            columns = line.split()
            if columns and columns[0] != "-DOCSTART-":
                rows.append(columns)
            elif rows:
                yield rows
                rows = []
    if rows:
        yield rows


def write_rows(path: Path, sentences: Iterable[Rows], tagged: Iterable[Sequence[str]]) -> None:
    """Write sentences with the tag of each token as one more column."""
    with path.open("w", encoding="utf-8") as file:
        for rows, tags in zip(sentences, tagged, strict=True):
            file.writelines(f"{' '.join(columns)} {tag}\n" for columns, tag in zip(rows, tags, strict=True))
            file.write("\n")


class CrfsuiteFiles:
    """CRFsuite as a program that tags a file."""

    name = "CRFsuite, features of its tutorials, radius 1"

    def __init__(self, model: Path, corpus: LabelledCorpus) -> None:
        if not model.exists():
            CRFSUITE.train(corpus, model)
        self.tagger = pycrfsuite.Tagger()
        self.tagger.open(str(model))

    def seconds(self, source: Path, target: Path) -> float:
        """Tag a file; return the seconds of reading, features, search and writing."""
        began = time.process_time()
        sentences = list(read_rows(source))
        tokens = ([columns[0] for columns in rows] for rows in sentences)
        tagged = (self.tagger.tag(pycrfsuite.ItemSequence(CRFSUITE.attributes(each))) for each in tokens)
        write_rows(target, sentences, tagged)
        return time.process_time() - began


class SpacyFiles:
    """spaCy's blank English pipeline with its `ner` on tok2vec of its own, as a program that tags a file."""

    name = "spaCy, blank en with tok2vec NER"

    def __init__(self, model: Path, corpus: LabelledCorpus) -> None:
        if not model.exists():
            train_spacy(corpus).to_disk(model)
        self.nlp = spacy.load(model)

    def seconds(self, source: Path, target: Path, batch_size: int = 256) -> float:
        """Tag a file; return the seconds of reading, making documents, `nlp.pipe` and writing."""
        began = time.process_time()
        sentences = list(read_rows(source))
        docs = (Doc(self.nlp.vocab, [columns[0] for columns in rows]) for rows in sentences)
        tagged = (tags_of(doc) for doc in self.nlp.pipe(docs, batch_size=batch_size))
        write_rows(target, sentences, tagged)
        return time.process_time() - began


def tags_of(doc: Doc) -> list[str]:
    """Return the IOB2 tags of a document."""
    return [f"{token.ent_iob_}-{token.ent_type_}" if token.ent_type_ else "O" for token in doc]


def train_spacy(corpus: LabelledCorpus, seed: int = 13) -> Any:
    """Return spaCy's blank English pipeline, its `ner` with the default tok2vec (width 96, depth 4) trained briefly."""
    nlp = spacy.blank("en")
    nlp.add_pipe("ner")
    examples = [
        Example.from_dict(Doc(nlp.vocab, list(tokens)), {"entities": convert(tags, SCHEMES["BILOU"])})
        for tokens, tags in zip(corpus.tokens, corpus.tags, strict=True)
    ]
    optimizer = nlp.initialize(lambda: examples)
    shuffle = random.Random(seed)
    for _ in range(SPACY_EPOCHS):
        shuffle.shuffle(examples)
        for batch in spacy.util.minibatch(examples, 128):  # type: ignore[no-untyped-call]
            nlp.update(batch, drop=0.1, sgd=optimizer)
    return nlp
