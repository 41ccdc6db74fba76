import gzip
import io
import os
import sys
import tempfile
import threading
from collections import Counter
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner_window.errors import CorpusError, TaggingError
from ner_window.text import rewriting, tagging
from ner_window.text.line_rules import Layout
from ner_window.text.lines import whole_lines
from ner_window.text.rewriting import TaggedFile, Tally, open_tagged
from ner_window.text.tagged_lines import read_tagged_lines
from ner_window.text.tagging import SCHEMES, Entity, entities_of, tags_of, violations

TYPES = ("PER", "A-B", "Ö")
TAGS = ["O", *(f"{prefix}-{type_}" for prefix in "BIESLU" for type_ in TYPES[:2])]
BROKEN = st.lists(st.lists(st.sampled_from(TAGS), min_size=1, max_size=7), min_size=1, max_size=5)
OF_A_SCHEME = st.sampled_from([scheme.prefixes for scheme in SCHEMES.values()]).flatmap(
    lambda prefixes: st.lists(
        st.lists(st.sampled_from(["O", *(f"{p}-{t}" for p in prefixes for t in TYPES)]), min_size=1, max_size=7),
        min_size=1,
        max_size=5,
    )
)


@st.composite
def entity_sentences(draw):
    """Sentences as entities and lengths: each token begins something, goes on with it, or is outside."""
    sentences = []
    for steps in draw(
        st.lists(st.lists(st.tuples(st.booleans(), st.sampled_from([None, *TYPES])), min_size=1), min_size=1)
    ):
        entities, before = [], None
        for i, (begins, type_) in enumerate(steps):
            if type_ and type_ == before and not begins:
                entities[-1] = Entity(entities[-1].start, i + 1, type_)
            elif type_:
                entities.append(Entity(i, i + 1, type_))
            before = type_
        sentences.append((entities, len(steps)))
    return sentences


STYLES = st.fixed_dictionaries(
    {
        "separator": st.sampled_from(["\t", " ", "   "]),
        "ending": st.sampled_from(["\n", "\r\n"]),
        "mark": st.sampled_from(["", "\ufeff"]),
        "blank": st.sampled_from(["", " ", "\t "]),
        "document": st.booleans(),
        "closed": st.booleans(),
        "after": st.sampled_from(["", "x"]),
    }
)


def text_of(sentences, style):
    """A file with these tags in its second column, and its layout."""
    cut, end = style["separator"], style["ending"]
    text = style["mark"] + (f"-DOCSTART-{cut}O{cut}O{end}{end}" if style["document"] else "")
    rows = [[cut.join(["Mira", tag] + [style["after"]] * bool(style["after"])) for tag in tags] for tags in sentences]
    text += f"{end}{style['blank']}{end}".join(end.join(row) for row in rows)
    return (text + end * style["closed"]).encode(), Layout(0, 1)


def file_of(raw, layout, size=64):
    def read():
        return read_tagged_lines(whole_lines(io.BytesIO(raw).read, size), "here.conll", layout)

    return TaggedFile("here.conll", read)


def converted(raw, layout, target, scheme="auto"):
    parts = list(rewriting.convert(file_of(raw, layout), scheme, SCHEMES[target])[1])
    return b"".join(part.data() for part in parts)


def repaired(raw, layout, method, scheme="auto"):
    parts = list(rewriting.repair(file_of(raw, layout), scheme, method)[1])
    return b"".join(part.data() for part in parts)


def tags_in(raw, layout):
    return [tags for part in file_of(raw, layout).read() for tags in part.column.lists()]


def touches(sentences):
    """Whether an entity stands right after one of its type."""
    return any(a.end == b.start and a.type == b.type for es, _ in sentences for a, b in zip(es, es[1:], strict=False))


@pytest.mark.parametrize(("one", "other"), list(permutations(SCHEMES, 2)))
@settings(max_examples=8)
@given(sentences=entity_sentences(), style=STYLES)
def test_converted_and_converted_back_is_the_same_file(one, other, sentences, style):
    raw, layout = text_of([tags_of(es, n, SCHEMES[one]) for es, n in sentences], style)
    if "IO" in (one, other) and touches(sentences):
        return
    there = converted(raw, layout, other, one)
    assert there == text_of([tags_of(es, n, SCHEMES[other]) for es, n in sentences], style)[0]
    assert converted(there, layout, one, other) == raw
    assert converted(there, layout, one) == raw  # also if the scheme is found out
    assert converted(there, layout, other) == there


@settings(max_examples=50)
@given(entity_sentences(), STYLES, st.sampled_from([*SCHEMES]))
def test_in_io_each_boundary_that_is_lost_is_told(sentences, style, one):
    if one == "IO":
        return
    raw, layout = text_of([tags_of(es, n, SCHEMES[one]) for es, n in sentences], style)
    parts = list(rewriting.convert(file_of(raw, layout), one, SCHEMES["IO"])[1])
    lost = [part.line(token) for part, tokens in ((p.lines, p.lost.tolist()) for p in parts) for token in tokens]
    line, expected = 1 + 2 * style["document"], []
    for entities, length in sentences:
        expected += [
            line + b.start
            for a, b in zip(entities, entities[1:], strict=False)
            if a.end == b.start and a.type == b.type
        ]
        line += length + 1
    assert lost == expected
    tally = Tally()
    for part in parts:
        tally.add(part)
    assert (tally.lost_boundaries, tally.entities_before - tally.entities_after) == (len(lost), len(lost))


@settings(max_examples=50)
@given(
    st.one_of(BROKEN, OF_A_SCHEME),
    STYLES,
    st.sampled_from(["conlleval", "discard"]),
    st.sampled_from(["auto", *SCHEMES]),
)
def test_repair_does_what_tagging_does_and_the_second_time_nothing(sentences, style, method, scheme):
    raw, layout = text_of(sentences, style)
    found, parts = rewriting.repair(file_of(raw, layout), scheme, method)
    mended = b"".join(part.data() for part in parts)
    expected = [tagging.repair(tags, found, method) for tags in sentences]
    assert mended == text_of(expected, style)[0]
    assert not any(violations(tags, found) for tags in expected)
    assert repaired(mended, layout, method, scheme) == mended
    assert repaired(mended, layout, method, found.name) == mended
    converted(mended, layout, "IO", found.name)  # is not refused


@settings(max_examples=50)
@given(st.one_of(BROKEN, OF_A_SCHEME), STYLES, st.sampled_from([*SCHEMES]), st.sampled_from(["auto", *SCHEMES]))
def test_convert_refuses_what_its_scheme_does_not_allow_and_is_idempotent(sentences, style, target, scheme):
    raw, layout = text_of(sentences, style)
    found = tagging.detect([tagging.Sentence((), tuple(t), "", 1) for t in sentences])
    found = found if scheme == "auto" else SCHEMES[scheme]
    if any(violations(tags, found) for tags in sentences):
        with pytest.raises(
            TaggingError, match=r"^here\.conll:\d+: tag .*; repair it \(ner-window repair\), or name its"
        ):
            rewriting.convert(file_of(raw, layout), scheme, SCHEMES[target])
        return
    once = converted(raw, layout, target, scheme)
    assert tags_in(once, layout) == [tagging.convert(tags, SCHEMES[target]) for tags in sentences]
    assert converted(once, layout, target) == converted(once, layout, target, target) == once


@settings(max_examples=50)
@given(st.one_of(BROKEN, OF_A_SCHEME), STYLES, st.sampled_from(["conlleval", "discard"]), st.integers(1, 30))
def test_counts_are_those_of_lists(sentences, style, method, size):
    raw, layout = text_of(sentences, style)
    found, parts = rewriting.repair(file_of(raw, layout, size), "auto", method)
    tally = Tally()
    for part in parts:
        tally.add(part)
    after = [tagging.repair(tags, found, method) for tags in sentences]
    kinds = Counter(
        (a, b) for old, new in zip(sentences, after, strict=True) for a, b in zip(old, new, strict=True) if a != b
    )
    assert tally.kinds == kinds
    assert tally.tokens == sum(map(len, sentences))
    assert tally.sentences == len(sentences)
    assert tally.changed_tags == kinds.total()
    assert tally.changed_sentences == sum(old != new for old, new in zip(sentences, after, strict=True))
    assert tally.entities_before == sum(len(entities_of(tags)) for tags in sentences)
    assert tally.entities_after == sum(len(entities_of(tags)) for tags in after)
    assert tally.unusual_tags == 0


def test_a_tag_that_iob1_reads_but_does_not_write_is_told():
    raw = b"Mira B-PER\nNorth I-PER\nBay I-LOC\nOslo B-LOC\nin O\nOslo B-LOC\n"
    found, parts = rewriting.convert(file_of(raw, Layout()), "IOB1", SCHEMES["IOB2"])
    (part,) = parts
    assert found.name == "IOB1"
    assert part.unusual.tolist() == [0, 5]  # B where nothing of its type stands before; that of line 4 is as it must be
    back = b"Mira I-PER\nNorth I-PER\nBay I-LOC\nOslo B-LOC\nin O\nOslo I-LOC\n"
    assert converted(part.data(), Layout(), "IOB1") == back
    (part,) = rewriting.convert(file_of(raw, Layout()), "IOB1", SCHEMES["IOB1"])[1]
    assert (part.data(), part.unusual.tolist(), part.changed.tolist()) == (back, [], [0, 5])


def test_other_encodings_stay():
    raw = "Zoë B-PER\nSøren B-ÅNE\n".encode("iso-8859-1")
    layout = Layout(encoding="iso-8859-1")
    assert converted(raw, layout, "BIOES") == "Zoë S-PER\nSøren S-ÅNE\n".encode("iso-8859-1")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "here.conll: no sentences, got 0 lines; is it the right file?"),
        (b"\n-DOCSTART- O\n\n", "here.conll: no sentences, got 3 lines; is it the right file?"),
        (b"Mira B-PER\nsails O O\n", "here.conll:2: expected 2 columns as in line 1, got 3: 'sails O O'"),
        (
            b"Mira O\n\nsails VB\n",
            "here.conll:3: expected 'O' or a prefix and a type such as 'B-PER', got 'VB'; is it the right tag column?",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_before_anything_is_given_out(raw, message):
    for rewrite in (
        lambda f: rewriting.convert(f, "auto", SCHEMES["IO"]),
        lambda f: rewriting.repair(f, "auto", "discard"),
    ):
        with pytest.raises((CorpusError, TaggingError)) as error:
            rewrite(file_of(raw, Layout(), 8))
        assert str(error.value) == message


def test_a_broken_tag_is_told_with_its_line_wherever_it_stands():
    raw = b"Mira B-PER\n\n" * 30 + b"sails O\nhome I-LOC\n"
    with pytest.raises(TaggingError) as error:
        rewriting.convert(file_of(raw, Layout()), "auto", SCHEMES["BIOES"])
    assert str(error.value) == (
        "here.conll:62: tag 'I-LOC' cannot follow 'O' in IOB2; "
        "repair it (ner-window repair), or name its scheme (--from)"
    )
    with pytest.raises(TaggingError, match=r"^here\.conll:1: tag 'B-PER' cannot end a sentence in BIOES; repair it"):
        rewriting.convert(file_of(raw, Layout()), "BIOES", SCHEMES["IO"])


def test_a_file_that_changes_meanwhile_is_checked_again():
    contents = iter([b"Mira B-PER\n", b"Mira I-PER\n"])

    def read():
        return read_tagged_lines(iter([next(contents)]), "here.conll", Layout())

    _, parts = rewriting.convert(TaggedFile("here.conll", read), "IOB2", SCHEMES["IO"])
    with pytest.raises(TaggingError, match=r"^here\.conll:1: tag 'I-PER' cannot follow"):
        next(parts)


def test_files_pipes_and_standard_input_are_read_twice(tmp_path, monkeypatch):
    raw = b"Mira B-PER\n\nsails O"
    (tmp_path / "a.conll").write_bytes(raw)
    (tmp_path / "a.conll.gz").write_bytes(gzip.compress(raw))
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(raw,))
    writer.start()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    for path, name in (
        (tmp_path / "a.conll", None),
        (tmp_path / "a.conll.gz", None),
        (tmp_path / "pipe", None),
        ("-", "standard input"),
    ):
        with open_tagged(path, Layout()) as file:
            assert file.name == (name or str(path))
            for _ in range(2):
                assert b"".join(part.with_tags(part.tokens[:0], []) for part in file.read()) == raw
    writer.join()


def test_what_cannot_be_opened_read_or_copied_is_said(tmp_path, monkeypatch):
    def failing(*_):
        raise OSError(5, "Input/output error")

    def error_of(path):
        with pytest.raises(CorpusError) as error, open_tagged(path, Layout()) as file:
            next(file.read())
        return str(error.value)

    path = tmp_path / "a.conll"
    assert error_of(path) == f"{path}: cannot be read: No such file or directory"
    assert error_of(tmp_path) == f"{tmp_path}: cannot be read: Is a directory"
    path.write_bytes(b"Mira O\n")
    monkeypatch.setattr(rewriting, "whole_lines", failing)
    assert error_of(path) == f"{path}: cannot be read: Input/output error"
    monkeypatch.setattr(rewriting.shutil, "copyfileobj", failing)
    assert error_of("-") == f"standard input: cannot be copied to {tempfile.gettempdir()}: Input/output error"
