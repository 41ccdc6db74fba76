"""Tags that are none, and what was meant; types that look like others."""

import difflib
import re
from collections.abc import Collection, Mapping

from ner_window.checks.findings import Defect, quoted
from ner_window.errors import TaggingError
from ner_window.text.tagging import split_tag

#: What is written for O: a zero, small letters, letters of other alphabets that look alike.
_OUTSIDE = {"0", "o", "OO", "oo", "Oo", "O-", "O.", "_", "-", "\u039f", "\u041e", "none", "None", "NONE", "OUT"}
_PREFIXED = re.compile(r"([BIESLUMWbieslumw])([-_.:/|\u2010-\u2015]?)(\S+)$")
_SUFFIXED = re.compile(r"(\S+)[-_]([BIESLU])$")

#: How often a type is seen that may be a slip, and how many times as often the one that it is near to.
SELDOM, OFTEN = 2, 20


def is_tag(tag: str) -> bool:
    """Whether a tag is ``O``, or a known prefix, a hyphen and a type."""
    try:
        split_tag(tag)
    except TaggingError:
        return False
    return True


def check_tag(tag: str, column: int) -> Defect | None:
    """Return what is wrong with a tag that stands in this column of its line, or nothing."""
    if is_tag(tag):
        return None
    code, meant = meant_by(tag)
    fix = f"write {quoted(meant)}" if meant else "write 'O', or a prefix and a type such as 'B-PER'"
    wrong = {
        "E302": "is not 'O'",
        "E303": "has no hyphen between prefix and type",
        "E304": "is outside, but has a type",
        "E305": "has a lower-case prefix",
        "E306": "has a prefix of a scheme that is not read",
    }.get(code, "is neither 'O' nor a prefix and a type")
    return Defect(code, column, f"tag {quoted(tag)} {wrong}", fix)


def meant_by(tag: str) -> tuple[str, str]:
    """Return the code of a tag that is none, and the tag that it may stand for."""
    bare = tag.strip()
    if bare != tag and is_tag(bare):
        return "E301", bare
    if bare in _OUTSIDE:
        return "E302", "O"
    if bare[:2] in ("O-", "O_", "o-"):
        return "E304", "O"
    if found := _PREFIXED.match(bare):
        prefix, hyphen, type_ = found.groups()
        if hyphen == "-":
            new = {"M": "I", "W": "S"}.get(prefix.upper(), prefix.upper())
            return ("E306" if prefix.upper() in "MW" else "E305"), f"{new}-{type_}"
        if hyphen and prefix in "BIESLU":
            return "E303", f"{prefix}-{type_}"
    if (found := _SUFFIXED.match(bare)) and is_tag(meant := f"{found.group(2)}-{found.group(1)}"):
        return "E303", meant
    return "E301", ""


def odd_edges(type_: str) -> str | None:
    """Return a type without the punctuation that it begins or ends with, or nothing if it has none."""
    bare = type_.strip("-_.,:;`'\"*~^ ")
    return bare if bare != type_ else None


def other_case(type_: str, counts: Mapping[str, int]) -> str | None:
    """Return a more frequent type that differs in nothing but case, or a small type in capitals if all others are."""
    others = [name for name in counts if name != type_]
    if type_.islower() and others and all(name.isupper() for name in others):
        return type_.upper()
    alike = [name for name in others if name.casefold() == type_.casefold() and counts[name] > counts[type_]]
    return max(alike, key=counts.__getitem__, default=None)


def near_type(type_: str, counts: Mapping[str, int]) -> str | None:
    """Return a frequent type that a rare one may be a slip for: it is spelled alike, and begins alike."""
    if counts[type_] > SELDOM:
        return None
    frequent = [
        name
        for name, n in counts.items()
        if n >= OFTEN * counts[type_] and (name[0] == type_[0] or sorted(name) == sorted(type_))
    ]
    near = difflib.get_close_matches(type_, frequent, 1, 0.65)
    return near[0] if near else None


def are_phrases(types: Collection[str]) -> bool:
    """Whether types are those of the chunk column of CoNLL-2000 and 2003: noun phrases, verb phrases ..."""
    return len({"NP", "VP", "PP", "ADJP", "ADVP", "SBAR"} & set(types)) >= 2
