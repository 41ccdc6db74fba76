"""A tagger as a component of a spaCy pipeline, which sets the entities of documents. Needs the extra ``spacy``.

    nlp = spacy.blank("en")
    nlp.add_pipe("ner_window", config={"model": "runs/mine"})
    nlp("Elena flew to Berlin").ents

spaCy finds it by the entry point of the package. Nothing else here imports this module: spaCy takes its time.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import srsly
from spacy.language import Language
from spacy.pipeline import Pipe
from spacy.scorer import get_ner_prf
from spacy.tokens import Doc, Span, Token
from spacy.training import Example
from spacy.util import minibatch

from ner_window.prediction.threshold import threshold_for
from ner_window.tagger import Tagger
from ner_window.text.encoding import types_of
from ner_window.text.tag_columns import TagColumn
from ner_window.text.tokens import Tokens

NAME = "ner_window"


@Language.factory(
    NAME,
    default_config={"threshold": None, "overwrite_ents": False},
    assigns=["doc.ents", "token.ent_iob", "token.ent_type"],
    default_score_weights={"ents_f": 1.0, "ents_p": 0.0, "ents_r": 0.0, "ents_per_type": None},
)
def make(nlp: Language, name: str, model: str, threshold: float | None, overwrite_ents: bool) -> "EntityTagger":
    """Return the component; what is wrong with its model is told at once.

    But for a pipeline that was saved, which has a copy of the model: the directory may be gone that it came from. spaCy
    makes the components of such a pipeline before it reads them, and its `meta` tells which of them are these.

    Raises
    ------
    ModelError
        The model is missing or damaged, or has no probabilities, which a threshold needs.
    OutputError
        The threshold is no probability.
    """
    component = EntityTagger(name, model, threshold, overwrite_ents=overwrite_ents)
    saved = nlp.meta.setdefault(NAME, [])
    if name not in saved:
        component.use(Tagger.load(model))
        saved.append(name)
    return component


class EntityTagger(Pipe):
    """Sets ``doc.ents``, on spaCy's own tokens.

    Parameters
    ----------
    name : str
        What the component is called in its pipeline.
    model : str
        The model directory. It is read when it is needed, if `use`, `from_disk` and `from_bytes` were not called.
    threshold : float, optional
        The least probability of an entity, which is the smallest of its tokens'.
    overwrite_ents : bool
        As of spaCy's entity ruler: which one stays, where an entity overlaps one that the document has already.

    Notes
    -----
    Each document is one for the features of documents, too. Its sentences are those that a component before this one
    has found; without any it is one sentence. Tokens of white space are not shown to the model, so that words on both
    sides of a second space are neighbors: an entity may hold such tokens, but neither begins nor ends with one.
    """

    def __init__(self, name: str, model: str, threshold: float | None = None, *, overwrite_ents: bool = False) -> None:
        self.name = name
        self.model = model
        self.threshold = threshold
        self.overwrite_ents = overwrite_ents
        self._tagger: Tagger | None = None

    @property
    def tagger(self) -> Tagger:
        """The tagger."""
        if self._tagger is None:
            self.use(Tagger.load(self.model))
        assert self._tagger is not None
        return self._tagger

    def use(self, tagger: Tagger) -> None:
        """Take a tagger, if it can do what is asked for."""
        threshold_for(tagger, self.model, self.threshold)
        self._tagger = tagger

    @property
    def labels(self) -> tuple[str, ...]:
        """The types of entities."""
        return types_of(self._tagger.tags) if self._tagger else ()

    def __call__(self, doc: Doc) -> Doc:
        """Set the entities of a document."""
        self._annotate([doc])
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """Set the entities of documents, so many at a time, and yield them."""
        for docs in minibatch(stream, size=batch_size):
            try:
                self._annotate(docs)
            except Exception as error:
                self.get_error_handler()(self.name, self, docs, error)
            else:
                yield from docs

    def score(self, examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
        """Return precision, recall and F1 as spaCy counts them."""
        return get_ner_prf(examples)

    def _annotate(self, docs: Sequence[Doc]) -> None:
        """Set the entities of documents, which are tagged together."""
        cut = [sentences_of(doc) for doc in docs]
        tokens = [token for sentences in cut for sentence in sentences for token in sentence]
        texts = [[token.text for token in sentence] for sentences in cut for sentence in sentences]
        documents = [number for number, sentences in enumerate(cut) for _ in sentences]
        found = self._tag(Tokens.of(texts, documents)).entities()
        spans: list[list[Span]] = [[] for _ in docs]
        owners = np.repeat(np.arange(len(docs)), [sum(map(len, sentences)) for sentences in cut])
        rows = zip(found.start.tolist(), found.end.tolist(), found.names(), owners[found.start].tolist(), strict=True)
        for start, end, type_, number in rows:
            spans[number].append(Span(docs[number], tokens[start].i, tokens[end - 1].i + 1, label=type_))
        for doc, its in zip(docs, spans, strict=True):
            doc.ents = merged(doc, its, self.overwrite_ents)

    def _tag(self, text: Tokens) -> TagColumn:
        """Return the tags of a text, with what is less probable than the threshold as O."""
        tagger = self.tagger
        threshold = threshold_for(tagger, self.model, self.threshold)
        if threshold is None:
            return tagger.tag_text(text)
        return threshold.keep(*tagger.tag_text_with_probabilities(text), tagger.scheme)

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the model into a directory of the pipeline: a whole one, that `ner-window` can read, too."""
        self.tagger.save(path, force=True)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> "EntityTagger":
        """Read the model of a saved pipeline; of one that was saved without it, nothing: it is where it was."""
        if Path(path).exists():
            self.use(Tagger.load(path))
        return self

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Return the files of the model."""
        with TemporaryDirectory() as folder:
            self.tagger.save(Path(folder) / "model")
            files = {path.name: path.read_bytes() for path in (Path(folder) / "model").iterdir()}
        packed: bytes = srsly.msgpack_dumps(files)
        return packed

    def from_bytes(self, packed: bytes, *, exclude: Iterable[str] = ()) -> "EntityTagger":
        """Read the files of a model."""
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            for name, content in srsly.msgpack_loads(packed).items():
                (Path(folder) / Path(name).name).write_bytes(content)
            self.use(Tagger.load(folder))
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to another process as settings and files: `nlp.pipe` has several with ``n_process``."""
        return remade, (self.name, self.model, self.threshold, self.overwrite_ents, self.to_bytes())


def remade(name: str, model: str, threshold: float | None, overwrite_ents: bool, packed: bytes) -> EntityTagger:
    """Return a component that has come from another process."""
    return EntityTagger(name, model, threshold, overwrite_ents=overwrite_ents).from_bytes(packed)


def sentences_of(doc: Doc) -> list[list[Token]]:
    """Return the tokens of each sentence, without those of white space; a document without sentences is one."""
    parts = doc.sents if doc.has_annotation("SENT_START") else [doc[:]]
    sentences = ([token for token in part if not token.is_space] for part in parts)
    return [sentence for sentence in sentences if sentence]


def merged(doc: Doc, found: Sequence[Span], overwrite: bool) -> list[Span]:
    """Return the entities of a document that has some, with those that were found, by the entity ruler's rule.

    Of two that overlap, the old one stays, or the new one if it is to overwrite it.
    """
    if not overwrite:
        return [*doc.ents, *(span for span in found if not any(token.ent_type for token in span))]
    taken = {token.i for span in found for token in span}
    return [*(old for old in doc.ents if taken.isdisjoint(range(old.start, old.end))), *found]
