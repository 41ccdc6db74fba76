"""The codes of findings: what each means, as it is written in codes.md."""

import difflib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ner_window.checks.findings import SEVERITIES
from ner_window.errors import ConfigError


@dataclass(frozen=True)
class Code:
    """A code, its title, and a page of help."""

    code: str
    title: str
    page: str

    @property
    def severity(self) -> str:
        """One of error, warning, note."""
        return SEVERITIES[self.code[0]]


@cache
def codes() -> dict[str, Code]:
    """Return all codes, in the order of codes.md: each is a heading there, ``## E101 a column is missing``."""
    text = (files("ner_window.checks") / "codes.md").read_text(encoding="utf-8")
    found = {}
    for part in text.split("\n## ")[1:]:
        heading, _, page = part.partition("\n")
        if heading[:1] in SEVERITIES and heading[1:4].isdigit():
            code, _, title = heading.partition(" ")
            found[code] = Code(code, title, page.strip())
    return found


def explained(code: str) -> Code:
    """Return the code of this name.

    Raises
    ------
    ConfigError
        There is no such code.
    """
    known = codes()
    name = code.upper()
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise ConfigError(f"--explain: no such code, got {code!r}; {hint}'all' lists them")
    return known[name]
