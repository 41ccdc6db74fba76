"""Raw text to tokens with character offsets. NLTK's Penn Treebank word tokenizer does the work (extra ``text``)."""

import importlib
import importlib.machinery
import re
import sys
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any

from ner_window.errors import MissingExtraError

Span = tuple[int, int]

# A sentence ends after . ! ? and closing quotes or brackets, before a space and anything that may begin a sentence;
# but not after an initial or one of these abbreviations.
_END = re.compile(r"""[.!?]+["')\]\u2019\u201d]*\s+(?=["'(\[\u2018\u201c]?[^\W_a-z])""")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"'])(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|Gen|Col|Lt|Sgt|Capt|Rev|Gov|Sen|Rep|Jr|Sr|vs|No|Nos|Inc|Ltd|Corp|Co"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|[A-Za-z](?:\.[A-Za-z])+)\.$"
)


def tokenize(text: str) -> Iterator[list[Span]]:
    """Cut text into sentences and these into tokens; yield the character spans of each sentence's tokens.

    ``text[start:end]`` is the token, for every string. Lines are cut apart first: a sentence does not cross a line end.

    Raises
    ------
    MissingExtraError
        NLTK is not installed.
    """
    tokenizer = _word_tokenizer()
    for start, end in _sentences(text):
        spans = [(start + a, start + b) for a, b in _words(tokenizer, text[start:end])]
        if spans:
            yield spans


def _sentences(text: str) -> Iterator[Span]:
    for part in re.finditer(r"[^\n]+", text):
        start = part.start()
        for end in _END.finditer(part.group()):
            stop = part.start() + end.end()
            if not _ABBREVIATION.search(text[start:stop].rstrip()[-24:]):
                yield start, stop
                start = stop
        if start < part.end():
            yield start, part.end()


def _words(tokenizer: Any, sentence: str) -> list[Span]:
    try:
        spans = list(tokenizer.span_tokenize(sentence))
    except ValueError:  # NLTK rewrites quotes, and rarely cannot find them again: then cut at white space
        spans = []
    if not spans or any(a >= b for a, b in spans):
        spans = [m.span() for m in re.finditer(r"\S+", sentence)]
    return spans


@cache
def _word_tokenizer() -> Any:
    """Load NLTK's tokenizer without the rest of NLTK, whose import takes a second and draws in SciPy.

    Its module is imported under stand-ins for the packages above it, which are taken away again afterwards, so that
    another ``import nltk`` gets the whole.
    """
    before = {name: module for name, module in sys.modules.items() if name == "nltk" or name.startswith("nltk.")}
    if "nltk.tokenize.destructive" in before:
        return before["nltk.tokenize.destructive"].NLTKWordTokenizer()
    try:
        for name in ("nltk", "nltk.tokenize"):
            spec = importlib.machinery.PathFinder.find_spec(
                name, None if name == "nltk" else sys.modules["nltk"].__path__
            )
            if spec is None or spec.submodule_search_locations is None:
                raise MissingExtraError("raw text", "text")
            stand_in = ModuleType(name)
            stand_in.__path__ = list(spec.submodule_search_locations)
            sys.modules[name] = stand_in
        return importlib.import_module("nltk.tokenize.destructive").NLTKWordTokenizer()
    finally:
        for name in [name for name in sys.modules if name == "nltk" or name.startswith("nltk.")]:
            del sys.modules[name]
        sys.modules.update(before)
