from ner_window.report.changes import change_lines, counted, summary, tally_json, warning_lines
from ner_window.text import rewriting
from ner_window.text.line_rules import Layout
from ner_window.text.rewriting import TaggedFile, Tally
from ner_window.text.tagged_lines import read_tagged_lines
from ner_window.text.tagging import SCHEMES

BROKEN = "Mira I-PER\nsails O\nto O\nOslo B-LOC\n\nin O\n\nLars I-PER\nFoss I-LOC\n"


def file_of(text):
    lines = text.encode().splitlines(keepends=True)
    return TaggedFile("here.conll", lambda: read_tagged_lines(iter([b"".join(lines)]), "here.conll", Layout()))


def tallied(parts):
    tally, parts = Tally(), list(parts)
    for part in parts:
        tally.add(part)
    return parts, tally


def test_a_mended_sentence_stands_above_its_changes():
    (first, last), tally = tallied(rewriting.repair(file_of(BROKEN), "IOB2", "conlleval")[1])
    lines = [
        "here.conll:1-4: 1 tag changed (conlleval), entities 2 before, 2 after",
        "here.conll:1: 'I-PER' -> 'B-PER': cannot follow the start of a sentence in IOB2",
    ]
    assert list(change_lines(first)) == list(change_lines(first, 1)) == lines
    assert list(change_lines(first, 0)) == []
    assert list(change_lines(last)) == [
        "here.conll:8-9: 2 tags changed (conlleval), entities 2 before, 2 after",
        "here.conll:8: 'I-PER' -> 'B-PER': cannot follow the start of a sentence in IOB2",
        "here.conll:9: 'I-LOC' -> 'B-LOC': cannot follow 'I-PER' in IOB2",
    ]
    assert list(warning_lines(first)) == []
    assert summary(tally, "out", "repaired") == "out: repaired: 3 of 7 tags changed, in 2 of 3 sentences"


def test_discarded_entities_are_counted():
    (first, _), tally = tallied(rewriting.repair(file_of(BROKEN), "IOB2", "discard")[1])
    assert next(change_lines(first)) == "here.conll:1-4: 1 tag changed (discard), entities 2 before, 1 after"
    assert summary(tally, "out", "repaired").split("\n")[1:] == ["out: 4 entities before, 1 after"]
    assert tally_json(tally) == {
        "tokens": 7,
        "sentences": 3,
        "changed_tags": 3,
        "changed_sentences": 2,
        "entities_before": 4,
        "entities_after": 1,
        "lost_boundaries": 0,
        "unusual_tags": 0,
        "changes": [{"before": "I-PER", "after": "O", "count": 2}, {"before": "I-LOC", "after": "O", "count": 1}],
    }


def test_what_does_not_come_back_is_told():
    text = "Mira I-PER\nLars B-PER\nin O\nOslo B-LOC\n\n"
    (part,), tally = tallied(rewriting.convert(file_of(text), "IOB1", SCHEMES["IO"])[1])
    assert list(change_lines(part)) == [
        "here.conll:2: 'B-PER' -> 'I-PER': inside an entity in IO",
        "here.conll:4: 'B-LOC' -> 'I-LOC': inside an entity in IO",
    ]
    assert list(warning_lines(part)) == [
        "here.conll:2: boundary lost: IO cannot tell the entity of 'B-PER' from the one before it",
        "here.conll:4: IOB1 as defined has 'I-LOC' here, not 'B-LOC': converted back, it is 'I-LOC'",
    ]
    assert summary(tally, "out", "IOB1 to IO").split("\n") == [
        "out: IOB1 to IO: 2 of 4 tags changed, in 1 of 1 sentence",
        "out: 3 entities before, 2 after",
        "out: 1 boundary between entities lost",
        "out: 1 tag will not come back if it is converted back",
    ]


def test_numbers_have_their_nouns():
    assert [counted(n, "tag") for n in (0, 1, 2)] == ["0 tags", "1 tag", "2 tags"]
    assert [counted(n, "boundary") for n in (1, 2)] == ["1 boundary", "2 boundaries"]
