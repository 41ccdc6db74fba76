from ner_window.checks.line_checks import Expected
from ner_window.checks.line_table import SIZE, TAGS, WORD, CheckedLines
from ner_window.text.line_rules import Layout

TWO = Expected(Layout(), 2, 1, True)


def test_distinct_lines_are_looked_at_once_and_tags_keep_their_numbers():
    table = CheckedLines(TWO)
    assert table.ids([b"a O", b"b B-X", b"a O", b"c 0"]).tolist() == [0, 1, 0, 2]
    assert table.tag.tolist() == [0, 1, -2]
    assert table.faulty.tolist() == [False, False, True]
    table.forget()
    assert table.ids([b"z B-X", b""]).tolist() == [0, 1]
    assert table.tag.tolist() == [1, -1]
    assert (table.number("B-X"), table.number("I-X")) == (1, -2)
    assert not table.full


def test_the_table_is_full_beyond_its_bound_and_tags_beyond_theirs_are_not_known(monkeypatch):
    monkeypatch.setattr("ner_window.checks.line_table.BOUND", 2 * TAGS)
    table = CheckedLines(TWO)
    table.ids([b"w%d B-%d" % (i, i) for i in range(2 * TAGS + 1)])
    assert table.full
    assert len(table.tags) == TAGS
    assert table.tag[TAGS] == -2


def test_few_lines_fill_the_table_if_they_are_long():
    table = CheckedLines(TWO)
    table.ids([b"%d%s O" % (i, b"w" * 1_000_000) for i in range(SIZE // 1_000_000 + 1)])
    assert table.full
    assert {len(token) for token in table.tokens} == {WORD}
