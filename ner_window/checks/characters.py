"""Characters that do not belong into a token: spaces that are none, invisible ones, mojibake, lost ones."""

import re
import unicodedata
from collections.abc import Iterator

from ner_window.checks.findings import Defect, quoted

_SPACES = "\x0b\x0c\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_JOINERS = "\u200c\u200d"  # Persian and Indic scripts and emoji need them: only beside plain letters are they suspect
_INVISIBLE = "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"

#: What is looked at more closely: all of the above, the replacement character, and what mojibake begins with.
SUSPECT = re.compile(f"[{_SPACES}{_JOINERS}{_INVISIBLE}\ufffd\xc2-\xc5\xd0\xd1\xe2\xef\xf0]")

_SPACE = re.compile(f"[{_SPACES}]")
_HIDDEN = re.compile(f"[{_INVISIBLE}]|(?<![^\x00-\u024f])[{_JOINERS}](?![^\x00-\u024f])")
_LATIN = re.compile("[\xc2-\xc5\xe2\xef\xf0][\x80-\u2122]+")
_CYRILLIC = re.compile("(?:[\xd0\xd1][\x80-\u2122]){2,}")


def check_characters(token: str) -> Iterator[Defect]:
    """Yield the defects of a token's characters; columns count within the token, from 1."""
    if not SUSPECT.search(token):
        return
    shown = quoted(token)
    if found := _SPACE.search(token):
        what, fix = f"{_named(found.group())} inside the token {shown}", "other tools cut here: remove the character"
        yield Defect("W206", found.start() + 1, what, fix)
    if found := _HIDDEN.search(token):
        what, fix = f"invisible {_named(found.group())} in the token {shown}", "the word has no vector: remove it"
        yield Defect("W207", found.start() + 1, what, fix)
    if (at := token.find("\ufffd")) >= 0:
        fix = "take the word from where the file came from"
        yield Defect("W209", at + 1, f"a character of {shown} is lost", fix)
    if (meant := mojibake(token)) is not None:
        at = next(i for i, (a, b) in enumerate(zip(token, meant + "\0", strict=False)) if a != b)
        what = f"{shown} looks like {quoted(meant)}, decoded wrongly"
        yield Defect("W208", at + 1, what, "convert the file from its true encoding")


def mojibake(token: str) -> str | None:
    """Return what a token would be if its UTF-8 had not been read as Windows-1252 or Latin-1; None if it is fine."""
    meant = _LATIN.sub(_decoded, token)
    meant = _CYRILLIC.sub(_decoded, meant)
    return None if meant == token else meant


def _decoded(found: "re.Match[str]") -> str:
    """Return characters decoded again, or as they are if they are no UTF-8."""
    text = found.group()
    for encoding in ("cp1252", "latin-1"):
        try:
            return text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return text


def visible(text: str) -> str:
    """Return text with spaces that are none of ASCII, and what cannot be seen, as code points in angle brackets."""
    return re.sub(f"[{_SPACES}{_JOINERS}{_INVISIBLE}]", lambda found: f"<U+{ord(found.group()):04X}>", text)


def _named(character: str) -> str:
    """Return the code point of a character, and its name if it has one."""
    name = unicodedata.name(character, "control character").lower()
    return f"U+{ord(character):04X} ({name})"
