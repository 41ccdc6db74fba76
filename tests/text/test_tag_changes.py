import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner_window.text import rewriting
from ner_window.text.line_rules import Layout
from ner_window.text.rewriting import TaggedFile
from ner_window.text.tag_changes import Change, Mended, changes_of, mended_of
from ner_window.text.tagged_lines import read_tagged_lines
from ner_window.text.tagging import SCHEMES

TAGS = ["O", *(f"{prefix}-{type_}" for prefix in "BIESLU" for type_ in ("PER", "LOC"))]


def file_of(*sentences):
    raw = "\n\n".join("\n".join(f"Mira {tag}" for tag in tags.split()) for tags in sentences).encode()
    return TaggedFile("here.conll", lambda: read_tagged_lines(io.BytesIO(raw), "here.conll", Layout()))


def repaired(scheme, method, *sentences):
    return list(rewriting.repair(file_of(*sentences), scheme, method)[1])


def reasons(parts):
    return [(change.line, change.before, change.after, change.why) for part in parts for change in changes_of(part)]


def test_what_conlleval_counts_is_kept_and_the_flaw_is_told():
    found = reasons(repaired("IOB2", "conlleval", "I-PER I-PER O I-LOC", "B-PER I-LOC", "B-PER I-PER"))
    assert found == [
        (1, "I-PER", "B-PER", "cannot follow the start of a sentence in IOB2"),
        (4, "I-LOC", "B-LOC", "cannot follow 'O' in IOB2"),
        (7, "I-LOC", "B-LOC", "cannot follow 'B-PER' in IOB2"),
    ]


def test_the_flaw_may_be_what_comes_next_or_that_nothing_does():
    found = reasons(repaired("BIOES", "conlleval", "B-PER O I-LOC", "B-PER I-PER"))
    assert found == [
        (1, "B-PER", "S-PER", "cannot stand before 'O' in BIOES"),
        (3, "I-LOC", "S-LOC", "cannot follow 'O' in BIOES"),
        (6, "I-PER", "E-PER", "cannot end a sentence in BIOES"),
    ]


def test_discarded_entities_go_as_a_whole():
    parts = repaired("IOB2", "discard", "B-LOC I-PER I-PER I-PER O", "O O", "I-LOC")
    assert reasons(parts) == [
        (2, "I-PER", "O", "cannot follow 'B-LOC' in IOB2"),
        (3, "I-PER", "O", "part of an entity that is not written as IOB2 writes it"),
        (4, "I-PER", "O", "part of an entity that is not written as IOB2 writes it"),
        (10, "I-LOC", "O", "cannot follow the start of a sentence in IOB2"),
    ]
    assert [mended for part in parts for mended in mended_of(part)] == [Mended(1, 5, 3, 2, 1), Mended(10, 10, 1, 1, 0)]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("BIOES", ["begins an entity", "inside an entity", "ends an entity", "an entity of one token"]),
        ("BILOU", ["begins an entity", "inside an entity", "ends an entity", "an entity of one token"]),
    ],
)
def test_what_a_tag_says_in_a_scheme(target, expected):
    (part,) = rewriting.convert(file_of("B-PER I-PER I-PER O B-PER"), "IOB2", SCHEMES[target])[1]
    written = [(c.line, c.why) for c in changes_of(part)]  # B- and the I- in the middle stay as they are
    assert written == [(3, f"{expected[2]} in {target}"), (5, f"{expected[3]} in {target}")]
    (part,) = rewriting.convert(file_of("I-PER I-PER I-LOC B-LOC"), "IOB1", SCHEMES["IOB2"])[1]
    assert list(changes_of(part)) == [
        Change(1, "I-PER", "B-PER", "begins an entity in IOB2"),
        Change(3, "I-LOC", "B-LOC", "begins an entity in IOB2"),
    ]
    (part,) = rewriting.convert(file_of("S-PER S-PER S-LOC"), "BIOES", SCHEMES["IOB1"])[1]
    assert [c.why for c in changes_of(part)] == [
        "inside an entity in IOB1",
        "begins an entity right after another of its type in IOB1",
        "inside an entity in IOB1",
    ]


@settings(max_examples=100)
@given(
    st.lists(st.lists(st.sampled_from(TAGS), min_size=1, max_size=6), min_size=1, max_size=4),
    st.sampled_from(["conlleval", "discard"]),
)
def test_every_change_of_a_repair_has_a_reason_and_a_sentence(sentences, method):
    parts = repaired("auto", method, *map(" ".join, sentences))
    changes = [change for part in parts for change in changes_of(part)]
    mended = [sentence for part in parts for sentence in mended_of(part)]
    assert sum(sentence.changed for sentence in mended) == len(changes) == sum(len(part.changed) for part in parts)
    for change in changes:
        assert any(sentence.first <= change.line <= sentence.last for sentence in mended)
        why = "part of an entity" if change.after == "O" else "IOB1 as defined has"
        assert change.why.startswith(("cannot ", why))


def test_a_tolerated_tag_is_written_as_defined_where_its_sentence_is_mended():
    parts = repaired("IOB1", "conlleval", "B-PER O E-PER", "B-PER")
    assert reasons(parts) == [
        (1, "B-PER", "I-PER", "IOB1 as defined has 'I-PER' here"),
        (3, "E-PER", "I-PER", "cannot follow 'O' in IOB1"),
    ]
