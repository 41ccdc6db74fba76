"""Raw text to tokens with character offsets. NLTK's Penn Treebank word tokenizer does the work (extra ``text``).

Its forty regular expressions go over a whole sentence, but see no further than from one space to the next, except at
the ends of the sentence. So each distinct piece between spaces is cut once, and most need none of these expressions.
"""

import importlib
import importlib.machinery
import re
import sys
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import accumulate
from threading import Lock
from types import ModuleType
from typing import Any

from ner_window.errors import MissingExtraError

Span = tuple[int, int]

#: Quotation marks that NLTK rewrites.
_MARKS = ("``", "''", '"')
_MARK = re.compile("|".join(_MARKS))

# Pieces that need no more than a look: a word or a number, perhaps in brackets or quotation marks, with 's or one mark
# behind it. Parts of it are joined by single hyphens, dots and slashes, by a comma or colon before a digit, or by the
# apostrophe of O'Brien. A period is a token at the end of a sentence, and part of the word anywhere else.
_JOINED = r"[-./]|[,:](?=[0-9])|(?<=[A-Za-z])'(?=[A-Za-z]{{3}})"
_WORD = r"([(\[$\"]?)([^\W_]+(?:(?:" + _JOINED + r")[^\W_]+)*{dot})((?:'s)?)([)\]%]?)"
_PLAIN = re.compile(_WORD.format(dot=r"\.?") + r"([,;:?!]?)(\"?)")
_PLAIN_LAST = re.compile(_WORD.format(dot="") + r"([,;:?!.]?)(\"?) *")

#: Words that are two tokens, in any case of their letters, and letters that are others of them in another case.
_NOT_PLAIN = re.compile("(?i:cannot|gimme|gonna|gotta|lemme|wanna)|[\u0130\u0131]")

#: What may stand between the last period of a sentence and its end.
_CLOSING = " ])}>\"'\u00bb\u201d\u2019"

#: Held while NLTK's module is imported, which changes what is known of modules for a moment.
_IMPORTING = Lock()

#: Characters of a piece that is remembered.
_LONGEST = 50

#: Characters that NLTK is given at once: its expressions give up after five seconds.
_AT_ONCE = 1 << 20

# A sentence ends after . ! ? and closing quotes or brackets, before a space and anything that may begin a sentence;
# but not after an initial or one of these abbreviations. It is looked for only where a run of . ! ? begins: from the
# middle of a run the same would be found, and a line of a million dots would be gone through half a million times.
_END = re.compile(r"""(?<![.!?])[.!?]+["')\]\u2019\u201d]*\s+(?=["'(\[\u2018\u201c]?[^\W_a-z])""")
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
    _word_tokenizer()
    for start, end in _sentences(text):
        spans = _words(text[start:end], start)
        if spans:
            yield spans


def _sentences(text: str) -> Iterator[Span]:
    for part in re.finditer(r"[^\n]+", text):
        start = part.start()
        for end in _END.finditer(part.group()):
            stop = part.start() + end.end()
            bare = part.start() + end.start() + len(end.group().rstrip())
            if not _ABBREVIATION.search(text[max(start, bare - 24) : bare]):
                yield start, stop
                start = stop
        if start < part.end():
            yield start, part.end()


def _words(sentence: str, start: int) -> list[Span]:
    """Return the spans of the tokens of a sentence that begins at `start`, piece by piece if that gives the same.

    A piece is what stands between two spaces. It is cut in the same way wherever it stands, but for the first one, as a
    quotation mark before it opens, and the last one, as a period at its end is a token. If the last one holds nothing
    but what closes quotations and brackets, the period may stand before it. A sentence longer than NLTK is given is
    cut piece by piece in any case.
    """
    bare = sentence.rstrip(" ")
    pieces = bare.split(" ")
    pieces[-1] += sentence[len(bare) :]
    short = len(sentence) <= _AT_ONCE
    if short and not pieces[-1].strip(_CLOSING):
        return _words_at_once(sentence, start)
    if len(pieces) == 1:
        cuts = [_piece(sentence, "", "")]
    else:
        cuts = [_piece(pieces[0], "", " a"), *map(_piece, pieces[1:-1]), _piece(pieces[-1], "a ", "")]
    spans: list[Span] = []
    at = start
    for piece, cut in zip(pieces, cuts, strict=True):
        if cut is None and short:
            return _words_at_once(sentence, start)
        spans += _words_at_once(piece, at) if cut is None else [(at + a, at + b) for a, b in cut]
        at += len(piece) + 1
    return spans


def _words_at_once(sentence: str, start: int) -> list[Span]:
    """Return the spans of the tokens of a sentence that begins at `start`, as NLTK gives them of the whole of it."""
    try:
        spans = list(_word_tokenizer().span_tokenize(sentence)) if len(sentence) <= _AT_ONCE else []
    except ValueError:  # NLTK rewrites quotes, and rarely cannot find them again: then cut at white space
        spans = []
    if not spans or any(a >= b for a, b in spans):
        spans = [m.span() for m in re.finditer(r"\S+", sentence)]
    return [(start + a, start + b) for a, b in spans]


def _piece(piece: str, before: str = "a ", after: str = " a") -> tuple[Span, ...] | None:
    """Do what `_cut` does; a long piece, which will hardly come again, is not remembered, and a giant one not cut."""
    if len(piece) <= _LONGEST:
        return _cut(piece, before, after)
    return _cut.__wrapped__(piece, before, after) if len(piece) <= _AT_ONCE else None


@lru_cache(maxsize=1 << 16)
def _cut(piece: str, before: str = "a ", after: str = " a") -> tuple[Span, ...] | None:
    """Return the spans of the tokens of a piece of a sentence, or None if they depend on the rest of it.

    The rest does not matter if tokens are the piece's characters, and each quotation mark is one: NLTK rewrites the
    marks, and puts those of the sentence back in their order.
    """
    plain = (_PLAIN if after else _PLAIN_LAST).fullmatch(piece)
    if plain and not _NOT_PLAIN.search(piece):
        return tuple(plain.span(i) for i in range(1, 7) if plain[i])
    tokens = _word_tokenizer().tokenize(before + piece + after)[bool(before) : -1 if after else None]
    marks = _MARK.findall(piece)
    if len(marks) != sum(token in _MARKS for token in tokens):
        return None
    originals = iter(marks)
    tokens = [next(originals) if token in _MARKS else token for token in tokens]
    ends = list(accumulate(map(len, tokens)))
    return tuple(zip([0, *ends], ends, strict=False)) if "".join(tokens) == piece.rstrip(" ") else None


@cache
def _word_tokenizer() -> Any:
    """Load NLTK's tokenizer without the rest of NLTK, whose import takes a second and draws in SciPy.

    Its module is imported under stand-ins for the packages above it, which are taken away again afterwards, so that
    another ``import nltk`` gets the whole.
    """
    with _IMPORTING:
        return _import_word_tokenizer()


def _import_word_tokenizer() -> Any:
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
