"""What drift is measured on: a text, and which words a model has seen in training."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from ner_window.config import load_config
from ner_window.errors import CorpusError, NerWindowError
from ner_window.prediction.formats import sniff
from ner_window.tagger import Tagger
from ner_window.text.conll import Layout, read_corpus
from ner_window.text.files import is_read_once, open_input
from ner_window.text.labelled import LabelledCorpus, read_labelled
from ner_window.text.tokenizer import tokenize
from ner_window.text.vocabulary import RESERVED, UNKNOWN
from ner_window.text.words import Words


@dataclass(frozen=True)
class Text:
    """Sentences of tokens; `corpus` is there where they are tagged."""

    source: str
    sentences: Sequence[Sequence[str]]
    corpus: LabelledCorpus | None = None

    @property
    def left_out(self) -> Counter[str]:
        """The entities, by type, that do not count."""
        return self.corpus.left_out if self.corpus else Counter()


def read_text(path: Path, layout: Layout, types: Collection[str] | None = None) -> Text:
    """Read a tagged CoNLL file, of whose entities only those of `types` count, or a raw text.

    Raises
    ------
    CorpusError, TaggingError
        The file cannot be read twice, is empty, or has tags that are none.
    MissingExtraError
        It is a raw text, and the tokenizer is not installed.
    """
    if is_read_once(path):
        raise CorpusError(f"{path}: drift reads its text twice; give a file")
    with open_input(path) as stream:
        kind = sniff(stream, str(path))
        raw = stream.read() if kind == "text" else b""
    if kind == "conll":
        corpus = read_labelled(path, layout, method="conlleval").only(types)
        return Text(str(path), corpus.tokens, corpus)
    if kind != "text":
        raise CorpusError(f"{path}: expected tagged CoNLL or raw text, got {kind}; convert it")
    try:
        text = raw.decode(layout.encoding)
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path}: byte {error.start + 1} is not {layout.encoding}; set the encoding") from None
    sentences = [[text[a:b] for a, b in spans] for spans in tokenize(text)]
    if not sentences:
        raise CorpusError(f"{path}: no sentences, got {len(raw)} bytes; is it the right file?")
    return Text(str(path), sentences)


def dev_file(directory: Path) -> Path:
    """Return the dev file that a model's configuration names.

    Raises
    ------
    CorpusError
        There is none.
    """
    where = directory / "config.yaml"
    if not where.exists():
        raise CorpusError(f"{where}: not there, so that no dev file is known; name a text as DATA")
    data = load_config(where).data
    if not Path(data.dev).exists():
        raise CorpusError(f"{where}: its dev file is not there any more, got {data.dev!r}; name a text as DATA")
    return Path(data.dev)


def trained_layout(directory: Path) -> Layout:
    """Return the layout of the files that a model was trained with; the usual one where the model does not tell."""
    where = directory / "config.yaml"
    if not where.exists():
        return Layout()
    data = load_config(where).data
    return Layout(data.token_column, data.tag_column, data.encoding)


def is_random(tagger: Tagger) -> bool:
    """Whether a model's vectors were random before training."""
    return bool(tagger.facts.get("data", {}).get("vectors", {}).get("sha256") == "random")


def seen_words(tagger: Tagger, directory: Path) -> tuple[Collection[int] | None, list[str]]:
    """Return the ids of the words that were in training, None if that cannot be known, and notes about it.

    Random vectors are of training words only. Fine-tuning changes the rows of the training words, which are the head of
    the vocabulary. Where the vectors were frozen the model does not record it: then the training file is read again, if
    it is still there and still the same.
    """
    words = tagger.words
    if is_random(tagger):
        return range(len(RESERVED), len(words)), []
    if len(tagger.pretrained) == len(words):  # a map, or their neighbours, moved all words
        return {id_ for token in tagger.words_seen for id_ in rows_of(words, token)} - {UNKNOWN}, []
    if len(tagger.pretrained):
        return range(len(RESERVED), len(tagger.pretrained)), []
    try:
        data = load_config(directory / "config.yaml").data
        corpus = read_corpus(data.train, trained_layout(directory))
    except NerWindowError as error:
        return None, [_CANNOT_TELL.format(error)]
    if corpus.sha256 != tagger.facts.get("data", {}).get("train", {}).get("sha256"):
        return None, [_CANNOT_TELL.format(f"{data.train}: it has changed since")]
    tokens = {token for sentence in corpus.sentences[: data.limit] for token in sentence.tokens}
    ids = {id_ for token in tokens for id_ in rows_of(words, token)}
    return ids - {UNKNOWN}, [f"a frozen model does not record the words of training; they were read from {data.train}"]


def rows_of(words: Words, token: str) -> tuple[int, ...]:
    """Return the ids of the rows that a token's vector is made of: its own, or those of its parts."""
    id_, how = words.find(token)
    return words.parts_of(token) if how == "mean of parts" else (id_,)


_CANNOT_TELL = (
    "a frozen model does not record the words of training, and the training file cannot tell: {}; "
    "seen and unseen words are taken together"
)
