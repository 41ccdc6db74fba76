"""Tag schemes as transition tables; tags to entities and back; detection, conversion, repair.

A tag is ``O``, outside every entity, or a prefix, a hyphen and a type: ``B-PER``. The prefixes of the schemes:

======  =================================================================================================
IO      I: inside. Two adjacent entities of one type cannot be told apart
IOB1    I: inside; B: begins an entity right after another of the same type (Ramshaw and Marcus 1995)
IOB2    B: begins; I: goes on
BIOES   B: begins an entity of several tokens; I: goes on; E: ends it; S: an entity of a single token
BILOU   BIOES with L for E and U for S (Ratinov and Roth 2009)
======  =================================================================================================
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ner_window.errors import TaggingError
from ner_window.text.corpus import Sentence

Repair = Literal["strict", "conlleval", "discard"]


@dataclass(frozen=True, slots=True, order=True)
class Entity:
    """A span of tokens with a type: token positions from `start` up to, not including, `end`."""

    start: int
    end: int
    type: str


@dataclass(frozen=True)
class Scheme:
    """A scheme is its table: the prefixes, and for each prefix those that may follow it.

    Parameters
    ----------
    follow_same, follow_other : dict of str to str
        For a prefix, the prefixes that may come next with the same type and with another type. ``O`` is a prefix here.
        ``^`` is the start of a sentence.
    last : str
        Prefixes that may end a sentence.
    single, begin, inside, end : str
        How an entity is written: of one token, and the first, middle and last token of a longer one.
    tolerated : str
        Prefixes that are read wherever they stand, though the table does not write them there. IOB1 files use B where
        I would do, the training file of CoNLL-2003 among them; what it means is clear.
    """

    name: str
    follow_same: dict[str, str]
    follow_other: dict[str, str]
    last: str
    single: str
    begin: str
    inside: str
    end: str
    tolerated: str = ""

    @property
    def prefixes(self) -> str:
        """All prefixes but O, each once."""
        return "".join(prefix for prefix in self.follow_same if prefix not in "^O")


_BIOES_SAME = {"^": "OBS", "O": "OBS", "B": "IE", "I": "IE", "E": "OBS", "S": "OBS"}
_BIOES_OTHER = {"^": "OBS", "O": "OBS", "B": "", "I": "", "E": "OBS", "S": "OBS"}
_TO_BILOU = str.maketrans("ES", "LU")


def _renamed(table: dict[str, str]) -> dict[str, str]:
    return {before.translate(_TO_BILOU): after.translate(_TO_BILOU) for before, after in table.items()}


SCHEMES: dict[str, Scheme] = {
    scheme.name: scheme
    for scheme in (
        Scheme("IO", dict.fromkeys("^OI", "OI"), dict.fromkeys("^OI", "OI"), "OI", "I", "I", "I", "I"),
        Scheme(
            "IOB1",
            {"^": "OI", "O": "OI", "B": "OIB", "I": "OIB"},
            {"^": "OI", "O": "OI", "B": "OI", "I": "OI"},
            "OIB",
            "I",
            "I",
            "I",
            "I",
            tolerated="B",
        ),
        Scheme(
            "IOB2",
            {"^": "OB", "O": "OB", "B": "OIB", "I": "OIB"},
            {"^": "OB", "O": "OB", "B": "OB", "I": "OB"},
            "OIB",
            "B",
            "B",
            "I",
            "I",
        ),
        Scheme("BIOES", _BIOES_SAME, _BIOES_OTHER, "OES", "S", "B", "I", "E"),
        Scheme("BILOU", _renamed(_BIOES_SAME), _renamed(_BIOES_OTHER), "OLU", "U", "B", "I", "L"),
    )
}
#: The schemes in the order in which `detect` prefers them.
CANDIDATES = [SCHEMES[name] for name in ("IO", "IOB2", "IOB1", "BIOES", "BILOU")]

SchemeName = Literal["IO", "IOB1", "IOB2", "BIOES", "BILOU"]


def split_tag(tag: str) -> tuple[str, str]:
    """Return prefix and type of a tag; the type of ``O`` is empty.

    Raises
    ------
    TaggingError
        The tag is neither ``O`` nor a known prefix, a hyphen and a type.
    """
    if tag == "O":
        return "O", ""
    if len(tag) > 2 and tag[1] == "-" and tag[0] in "BIESLU":
        return tag[0], tag[2:]
    raise TaggingError(f"expected 'O' or a prefix and a type such as 'B-PER', got {tag!r}")


def allowed(scheme: Scheme, before: str, after: str) -> bool:
    """Whether the tag `after` may follow `before`. Pass ``^`` for the start of a sentence."""
    before_prefix, before_type = ("^", "") if before == "^" else split_tag(before)
    after_prefix, after_type = split_tag(after)
    table = scheme.follow_same if before_type == after_type else scheme.follow_other
    return after_prefix in table.get(before_prefix, "")


def violations(tags: Sequence[str], scheme: Scheme) -> list[int]:
    """Return the positions of tags that may not stand where they stand; len(tags) if the last may not be last."""
    steps = enumerate(zip(("^", *tags), tags, strict=False))
    bad = [i for i, (a, b) in steps if not allowed(scheme, a, b) and split_tag(b)[0] not in scheme.tolerated]
    if tags and split_tag(tags[-1])[0] not in scheme.last:
        bad.append(len(tags))
    return bad


def entities_of(tags: Sequence[str]) -> list[Entity]:
    """Return the entities of any sequence of tags, valid or broken, exactly as the script conlleval counts them.

    An entity begins at B or S, at any tag whose type is not that of the tag before, and at I or E after O, E or S; it
    ends before the next begins, before O, and after E or S. On a valid sequence of any scheme this is the scheme's own
    meaning. L and U count as E and S. (Tjong Kim Sang and De Meulder 2003, the evaluation script.)
    """
    entities: list[Entity] = []
    start, open_type, before = 0, "", "O"
    for i, tag in enumerate((*tags, "O")):
        prefix, type_ = split_tag(tag)
        begins = prefix != "O" and (prefix in "BSU" or type_ != open_type or before in "OESLU")
        if open_type and (begins or prefix == "O"):
            entities.append(Entity(start, i, open_type))
        if begins:
            start = i
        open_type, before = type_, prefix
    return entities


def tags_of(entities: Iterable[Entity], length: int, scheme: Scheme) -> list[str]:
    """Write entities, which may not overlap, as the tags of a sentence of `length` tokens."""
    tags = ["O"] * length
    last_end, last_type = -1, ""
    for entity in sorted(entities):
        start, end, type_ = entity.start, entity.end, entity.type
        if end - start == 1:
            tags[start] = f"{scheme.single}-{type_}"
        else:
            tags[start:end] = [f"{scheme.inside}-{type_}"] * (end - start)
            tags[start] = f"{scheme.begin}-{type_}"
            tags[end - 1] = f"{scheme.end}-{type_}"
        if scheme.name == "IOB1" and (last_end, last_type) == (start, type_):
            tags[start] = f"B-{type_}"
        last_end, last_type = end, type_
    return tags


def convert(tags: Sequence[str], scheme: Scheme) -> list[str]:
    """Write the entities of `tags` in another scheme."""
    return tags_of(entities_of(tags), len(tags), scheme)


def detect(sentences: Iterable[Sentence]) -> Scheme:
    """Return the scheme of a corpus: of the schemes that know all its prefixes, the one that its tags break least.

    Ties go to the simpler scheme (IO, IOB2, IOB1, BIOES, BILOU): a file without any B- is IO, which reads the same as
    IOB1. The result may still be broken; see `check_tags`.
    """
    steps: dict[tuple[str, str], int] = {}
    for sentence in sentences:
        try:
            for step in zip(("^", *sentence.tags), (*sentence.tags, "$"), strict=True):
                steps[step] = steps.get(step, 0) + 1
            for tag in set(sentence.tags):
                split_tag(tag)
        except TaggingError:
            _raise_at_tag(sentence)
    used = {split_tag(after)[0] for _, after in steps if after != "$"} - {"O"}

    def broken(scheme: Scheme) -> int:
        count = 0
        for (before, after), n in steps.items():
            if after == "$":
                fine = before == "^" or split_tag(before)[0] in scheme.last
            else:
                fine = allowed(scheme, before, after)
            count += 0 if fine else n
        return count

    known = [scheme for scheme in CANDIDATES if used <= set(scheme.prefixes)]
    return min(known or CANDIDATES, key=broken)


#: What to do about a tag where it cannot stand.
ADVICE = "repair it (data.repair, --repair), or name its scheme"


def check_tags(sentences: Iterable[Sentence], scheme: Scheme, advice: str = ADVICE) -> None:
    """Raise `TaggingError` with file:line at the first tag that cannot stand where it stands in `scheme`."""
    for sentence in sentences:
        bad = violations(sentence.tags, scheme)
        if not bad:
            continue
        position, tags = bad[0], sentence.tags
        if position == len(tags):
            raise TaggingError(
                f"{sentence.where(position - 1)}: tag {tags[-1]!r} cannot end a sentence in {scheme.name}; {advice}"
            )
        before = repr(tags[position - 1]) if position else "the start of a sentence"
        raise TaggingError(
            f"{sentence.where(position)}: tag {tags[position]!r} cannot follow {before} in {scheme.name}; {advice}"
        )


def repair(tags: Sequence[str], scheme: Scheme, method: Repair) -> list[str]:
    """Make a sequence valid in its scheme: 'conlleval' keeps each entity that conlleval counts, 'discard' drops the
    entities that are not written as their scheme writes them. 'strict' changes nothing.
    """
    bad = violations(tags, scheme) if method != "strict" else []
    if not bad:
        return list(tags)
    entities = entities_of(tags)
    if method == "discard":
        # an entity is whole if its tags would be a valid sentence
        entities = [e for e in entities if not violations(tags[e.start : e.end], scheme)]
    return tags_of(entities, len(tags), scheme)


def _raise_at_tag(sentence: Sentence) -> None:
    for i, tag in enumerate(sentence.tags):
        try:
            split_tag(tag)
        except TaggingError as error:
            raise TaggingError(f"{sentence.where(i)}: {error}; is it the right tag column?") from None
