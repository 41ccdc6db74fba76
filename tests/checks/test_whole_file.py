import numpy as np
import pytest

from ner_window.checks.facts import FileFacts, hashes_of
from ner_window.checks.line_checks import CRLF, LF, NOT_UTF8, SPACES, TABS, UTF8
from ner_window.checks.tag_steps import TagSteps
from ner_window.checks.whole_file import mark_defects, scheme_defects, sentence_defects, type_defects
from ner_window.text.tagging import SCHEMES


def facts(sentences=(("a", "b"),), tags=None, entities=None, learned_from=True):
    """What is known of sentences that stand behind each other with a blank line between them."""
    lengths = np.array([len(tokens) for tokens in sentences], np.intp)
    starts = np.cumsum(lengths) - lengths
    tokens = np.array([hash(token) for tokens in sentences for token in tokens], np.int64).view(np.uint64)
    hashes = hashes_of(tokens, starts)
    lines = starts + np.arange(len(lengths)) + 1
    return FileFacts("f", learned_from, 9, 1, SCHEMES["IOB2"], lengths, lines, hashes, tags or {}, entities or {})


def told(defects):
    return [(line, defect.code, defect.message) for line, defect in defects]


def test_mixed_line_endings_and_separators_are_told_at_the_rarer_ones():
    marks = {CRLF: (2, 40), LF: (98, 1), TABS: (90, 1), SPACES: (10, 7)}
    assert told(mark_defects(marks, "utf-8")) == [
        (40, "W111", "line endings are mixed: 2 lines otherwise than 98, this one first"),
        (7, "W109", "columns are cut at tabs and at spaces: 10 lines otherwise than 90, this one first"),
    ]
    assert told(mark_defects({CRLF: (0, 1), LF: (5, 1), TABS: (5, 1)}, "utf-8")) == []


@pytest.mark.parametrize("encoding", ["iso-8859-1", "cp1252"])
def test_utf8_that_is_read_otherwise(encoding):
    (defect,) = told(mark_defects({UTF8: (3, 5), NOT_UTF8: (0, 1)}, encoding))
    assert defect == (5, "E203", f"the file is read as {encoding}, but what is not ASCII is UTF-8, on 3 lines")


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "utf_8", "utf-8-sig"])
def test_utf8_that_is_read_as_utf8(encoding):
    assert told(mark_defects({UTF8: (3, 5)}, encoding)) == []


def test_two_encodings_are_told_where_the_second_begins():
    (defect,) = told(mark_defects({UTF8: (3, 50), NOT_UTF8: (1, 2)}, "utf-8"))
    assert defect == (50, "E202", "two encodings: 3 lines in UTF-8, 1 not")


def test_lines_of_another_encoding_alone_are_fine_if_they_are_read_so():
    assert told(mark_defects({NOT_UTF8: (9, 2)}, "iso-8859-1")) == []


def steps(*sentences):
    found, names = TagSteps(10), ["O", "B-X", "I-X", "B-Y", "E-X"]
    line = 1
    for tags in sentences:
        ids = np.array([names.index(tag) for tag in tags])
        found.add(names, ids, np.array([0]), np.arange(line, line + len(tags)))
        line += len(tags) + 1
    return found


def test_a_tag_that_may_not_stand_there_and_its_fix():
    defects, more = scheme_defects(steps(["B-Y", "I-X"], ["I-X"]), SCHEMES["IOB2"], repaired=False)
    assert told(defects) == [
        (2, "E401", "tag 'I-X' cannot follow 'B-Y' in IOB2"),
        (4, "E401", "tag 'I-X' cannot follow the start of a sentence in IOB2"),
    ]
    assert more == 0
    assert [defect.fix for _, defect in defects] == [
        "correct it, or repair the file",
        "correct it, or repair the file; is a blank line before it that does not belong there?",
    ]


def test_a_tag_that_may_not_be_the_last():
    defects, _ = scheme_defects(steps(["B-X"]), SCHEMES["BIOES"], repaired=True)
    assert told(defects) == [(1, "W403", "tag 'B-X' cannot end a sentence in BIOES")]


def test_iob1_is_noted_with_its_beginnings():
    defects, _ = scheme_defects(steps(["O", "I-X", "B-X"]), SCHEMES["IOB1"], repaired=False)
    assert told(defects) == [(2, "N404", "scheme IOB1: entities begin with I- (1) or B- (1)")]


def test_very_long_sentences():
    long = facts([["a"] * 513, ["b"] * 512, ["c"] * 600])
    assert told(sentence_defects(long)) == [
        (1, "W501", "a sentence of 513 tokens"),
        (1 + 513 + 1 + 512 + 1, "W501", "a sentence of 600 tokens"),
    ]


def test_a_file_of_one_sentence():
    found = told(sentence_defects(facts([["a"] * 1000])))
    assert found == [(1, "W502", "the whole file is one sentence of 1000 tokens")]
    assert told(sentence_defects(facts([["a"] * 99]))) == []


def test_sentences_of_one_token():
    many = [[f"w{i}"] for i in range(9)]
    assert told(sentence_defects(facts([*many, ["a", "b"]]))) == [(1, "W503", "9 of 10 sentences have one token")]
    assert told(sentence_defects(facts(many))) == []  # too few to say


def test_repeated_sentences():
    found = told(sentence_defects(facts([["a", "b"], ["c"], ["a", "b"], ["c"], ["b", "a"]])))
    assert found == [(6, "N504", "repeated sentences: 2 of 5, the first of them here")]


def test_a_file_without_entities():
    tags = {"O": (5, 1)}
    assert told(type_defects(facts(tags=tags), {}))[0][:2] == (1, "E312")
    assert told(type_defects(facts(tags=tags, learned_from=False), {}))[0][:2] == (1, "W313")
    assert told(type_defects(facts(), {})) == []  # no tags at all: that is told otherwise


def test_odd_types_are_told_once_with_their_first_line():
    tags = {"O": (5, 1), "B--ORG": (2, 9), "I--ORG": (1, 4), "B-MISS1": (1, 7), "B-MISC": (30, 2), "B-misc": (3, 5)}
    everywhere = {"-ORG": 3, "MISS1": 1, "MISC": 30, "misc": 3}
    assert told(type_defects(facts(tags=tags, entities={"X": 1}), everywhere)) == [
        (4, "E308", "type '-ORG' (on 3 lines, this one first) begins or ends with punctuation"),
        (7, "W309", "type 'MISS1' (on 1 line, this one first) is close to 'MISC' (on 30 lines)"),
        (5, "W310", "type 'misc' (on 3 lines, this one first) is not in the case of the others"),
    ]


def test_a_type_that_is_seldom_here_and_frequent_elsewhere_is_no_slip():
    tags = {"B-MISS1": (1, 7), "B-MISC": (30, 2)}
    assert told(type_defects(facts(tags=tags, entities={"X": 1}), {"MISS1": 90, "MISC": 300})) == []
