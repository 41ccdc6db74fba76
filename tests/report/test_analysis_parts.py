import pytest

from ner_window.report.analysis_parts import (
    calibration_parts,
    confusion_table,
    errors_table,
    kinds_table,
    seen_table,
    sentences_list,
    types_table,
)


@pytest.fixture
def words(read_page):
    """Return the words of a part of a page."""
    return lambda part: read_page(f"<h1>x</h1>{part}").words


def test_scores_by_type(analysis, words):
    # PER: Odile right, <script> wrong; LOC: both missed; ORG: the one of three tokens missed, that of two wrong
    found = words(types_table(analysis))
    assert "LOC 0.00 0.00 0.00 2 ORG 0.00 0.00 0.00 1 PER 50.00 100.00 66.67 1" in found
    assert "all (micro) 33.33 25.00 28.57 4" in found
    assert "all (macro) 16.67 33.33 22.22 4" in found


def test_scores_of_seen_entities(analysis, words):
    # predicted and gold: Odile, the one seen; besides it two are predicted and three are gold, none of them the same
    found = words(seen_table(analysis))
    assert "seen in training 100.00 100.00 100.00 1 unseen in training 0.00 0.00 0.00 3" in found
    assert "with an unseen word" not in found  # no such group was counted


def test_confusions_have_a_row_and_a_column_for_no_entity(analysis, words):
    found = words(confusion_table(analysis))
    assert found.endswith(
        "gold \\ predicted LOC ORG PER missed LOC 0 0 1 1 ORG 0 0 0 1 PER 0 0 1 0 predicted only 0 1 0"
    )


def test_the_matrix_tells_why_it_has_more_missed_ones_than_the_kinds(analysis, words):
    # of LOC one is missed, of ORG one has a wrong boundary: the matrix has two missed ones, the kinds one
    assert "An entity with a wrong boundary counts twice here, as missed and as predicted only" in words(
        confusion_table(analysis)
    )


def test_cells_are_as_dark_as_their_share(analysis):
    found = confusion_table(analysis)
    assert found.count('class="right" style="--share:1.000">1<') == 1  # PER: all of one
    assert found.count('class="wrong" style="--share:1.000">1<') == 4  # every error happened once


def test_kinds_of_errors(analysis, words):
    expected = "right 1 right place, wrong type 1 right type, wrong boundary 1 wrong type and boundary 0 missed 1"
    assert f"{expected} predicted where there is none 0" in words(kinds_table(analysis))


def test_calibration_has_the_error_and_the_figures(analysis, words):
    found = calibration_parts(analysis, "softmax")
    # 0.9 right; 0.4 and 0.5 wrong: (0.1 + 0.4 + 0.5) / 3
    assert "Expected calibration error 33.33 %" in words(found)
    assert "0.8 to 0.9 1 90.00 100.00 0.9 to 1.0 0 - -" in words(found)


def test_calibration_of_nothing(analysis, words):
    nothing = {"error": None, "entities": 0, "bins": []}
    assert words(calibration_parts({**analysis, "calibration": nothing}, "softmax")) == "x Nothing was predicted."
    assert "The objective margin gives scores" in words(calibration_parts({**analysis, "calibration": None}, "margin"))


def test_errors_are_listed_with_what_they_are(analysis, words):
    assert "<script> LOC PER 1" in words(errors_table(analysis))
    assert "Brevik LOC none 1" in words(errors_table(analysis))
    assert errors_table({**analysis, "errors": []}) == ""


def test_entities_of_sentences_are_marked_above_and_below(analysis):
    text = sentences_list(analysis)
    first = text[text.index('<p class="sentence">') :]
    first = first[: first.index("</p>")]
    assert first == (
        '<p class="sentence">'
        '<span class="e same"><i class="gold">PER</i><span class="gold guess">Odile</span>'
        '<b class="guess">PER</b></span>'
        " left "
        '<span class="e"><i class="gold">LOC</i><span class="gold guess">&lt;script&gt;</span>'
        '<b class="guess">PER</b></span>'
        " for "
        '<span class="e"><i class="gold">ORG</i><span class="gold guess">Port </span><b class="guess">ORG</b></span>'
        '<span class="e"><i class="gold"></i><span class="gold guess">&amp; </span><b class="guess"></b></span>'
        '<span class="e"><i class="gold"></i><span class="gold">Pier</span><b class="guess"></b></span>'
    )


def test_a_cut_sentence_has_ellipses(analysis, words):
    shown = {**analysis["sentences"][0], "before": 7, "after": 1}
    text = sentences_list({**analysis, "sentences": [shown]})
    assert '<span title="7 tokens">\u2026</span> <span' in text
    assert words(text).endswith("Pier \u2026")


def test_without_errors_there_are_no_sentences(analysis):
    assert sentences_list({**analysis, "sentences": []}) == ""
