from hypothesis import given
from hypothesis import strategies as st

from ner_window.checks.expected import learn
from ner_window.checks.line_checks import Expected, check_line
from ner_window.errors import CorpusError
from ner_window.text.line_rules import Layout, LineReader


def learned(text, layout=None, needed=2):
    return learn(text.encode().split(b"\n"), layout or Layout(), needed)


def test_the_columns_are_those_of_most_lines():
    expected, defects = learned("a O\n\nb X O\n-DOCSTART- O\nc X O\n")
    assert (expected.width, expected.line, expected.has_tags, defects) == (3, 3, True, [])


def test_a_file_without_tags_names_the_column_that_has_some():
    _, ((line, defect),) = learned("\n" + "Mara B-PER NNP\nrows O VBZ\n" * 6)
    assert line == 2
    assert (defect.code, defect.message) == ("E307", "column -1 holds no tags, got 'NNP', 'VBZ'")
    assert defect.fix == "column 1 does: --tag-column 1"


def test_nothing_can_be_learned_of_no_lines():
    assert learned("\n\n") == (Expected(Layout(), 2, 1, True), [])


LINES = st.lists(
    st.sampled_from([b"a O", b"b\tB-X", b"c", b"", b"-DOCSTART- O", b"d X O", b"\xff O", b"e\rf O", b"g\t"])
)


@given(LINES)
def test_a_line_that_training_refuses_has_an_error(lines):
    reader = LineReader("f", Layout())
    try:
        for number, line in enumerate(lines, 1):
            reader.read(number, line + b"\n")
    except CorpusError:
        expected, defects = learn(lines, Layout(), reader.needed)
        assert defects or any(check_line(line, expected).defects for line in lines)
