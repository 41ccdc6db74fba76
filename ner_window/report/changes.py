"""Changes of tags, of `convert` and `repair`, as lines of text and as JSON."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from ner_window.text.rewriting import Rewritten, Tally
from ner_window.text.tag_changes import changes_of, mended_of


def change_lines(part: Rewritten, limit: int | None = None) -> Iterator[str]:
    """Yield a line for each of the first `limit` changes, under a line for their sentence if it was mended."""
    source = part.lines.source
    mended, last = mended_of(part), 0
    for change in islice(changes_of(part), limit):
        if part.method and change.line > last:
            sentence = next(mended)
            last = sentence.last
            entities = f"entities {sentence.entities_before} before, {sentence.entities_after} after"
            what = f"{counted(sentence.changed, 'tag')} changed ({part.method}), {entities}"
            yield f"{source}:{sentence.first}-{last}: {what}"
        yield f"{source}:{change.line}: {change.before!r} -> {change.after!r}: {change.why}"


def warning_lines(part: Rewritten) -> Iterator[str]:
    """Yield a line for each thing that converting the copy back will not bring back."""
    names, ids = part.before.names, part.before.ids
    for token in part.lost.tolist():
        where, tag = part.lines.where(token), names[ids[token]]
        yield f"{where}: boundary lost: {part.target.name} cannot tell the entity of {tag!r} from the one before it"
    for token in part.unusual.tolist():
        where, tag, scheme = part.lines.where(token), names[ids[token]], part.scheme
        usual = scheme.begin + tag[1:]
        yield f"{where}: {scheme.name} as defined has {usual!r} here, not {tag!r}: converted back, it is {usual!r}"


def summary(tally: Tally, place: str, what: str) -> str:
    """Return what was changed in a sentence or two; `what` says how, `place` is where the copy went."""
    tags = f"{tally.changed_tags} of {counted(tally.tokens, 'tag')} changed"
    sentences = f"in {tally.changed_sentences} of {counted(tally.sentences, 'sentence')}"
    lines = [f"{place}: {what}: {tags}, {sentences}"]
    if tally.entities_before != tally.entities_after:
        lines.append(f"{place}: {tally.entities_before} entities before, {tally.entities_after} after")
    if tally.lost_boundaries:
        lines.append(f"{place}: {counted(tally.lost_boundaries, 'boundary')} between entities lost")
    if tally.unusual_tags:
        lines.append(f"{place}: {counted(tally.unusual_tags, 'tag')} will not come back if it is converted back")
    return "\n".join(lines)


def tally_json(tally: Tally) -> dict[str, Any]:
    """Return the counts, and the changes by the tag before and the one after, the most frequent ones first."""
    counts = {name: value for name, value in vars(tally).items() if name != "kinds"}
    kinds = sorted(tally.kinds.items(), key=lambda item: (-item[1], item[0]))
    return {**counts, "changes": [{"before": old, "after": new, "count": n} for (old, new), n in kinds]}


def counted(number: int, what: str) -> str:
    """Return a number of things, with its noun."""
    plural = what.removesuffix("y") + "ies" if what.endswith("y") else what + "s"
    return f"{number} {what if number == 1 else plural}"
