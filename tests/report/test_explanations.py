import re
from html.parser import HTMLParser

import numpy as np
import pytest

from ner_window.inspection.explanation import Explanation, TokenExplanation
from ner_window.report.explanations import explanation_page, explanation_text


def make(token="Oslo", features=("word", "case"), error=1e-9, window=("<pad>", "in", "Oslo", ".", "<pad>"), notes=()):
    parts = np.array([[0.5, 0.25], [-1, 0], [3, 1], [0, 0], [0.1, 0.1]])[:, : len(features)]
    rest, top = 0.3, (("S-LOC", 0.9), ("O", 0.08))
    explained = TokenExplanation(
        token, "exact", "S-LOC", "O", top, tuple(window), parts, rest, float(parts.sum()) + rest
    )
    return Explanation(((explained,), (explained,)), tuple(features), "gradient", 0, error, tuple(notes))


def test_rows_add_up_from_left_to_right():
    rows = [line.split() for line in explanation_text(make()).split("\n") if line.count("+") > 5]
    # slots .75 -1 4 0 .2, rest .3, total 4.25, features 2.6 and 1.35
    expected = ["Oslo", "S-LOC", "O", "+0.75", "-1.00", "+4.00", "+0.00", "+0.20", "+0.30", "+4.25", "+2.60", "+1.35"]
    assert rows == [expected, expected]


def test_text_shows_the_top_tags_the_slots_and_the_check():
    text = explanation_text(make())
    assert "Oslo   S-LOC 0.9000   O 0.0800" in text
    assert re.search(r"-2 +-1 +0 +\+1 +\+2 +rest +\D+total +word +case\n", text)
    assert text.endswith("checked: they do, largest relative difference 1.0e-09, allowed 1e-05")
    assert "THEY DO NOT" in explanation_text(make(error=0.1))


def test_one_feature_alone_has_no_column():
    assert "word" not in explanation_text(make(features=("word",))).split("\n\n")[1]


class Balance(HTMLParser):
    """Collects the texts of a page, and complains where elements do not nest."""

    def __init__(self):
        super().__init__()
        self.open, self.texts, self.references = [], [], []

    def handle_starttag(self, tag, attributes):
        self.references += [value for name, value in attributes if name in ("src", "href")]
        if tag not in ("meta", "html"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert tag == "html" or self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def parsed(result):
    page = Balance()
    page.feed("".join(explanation_page(result)))
    assert page.open == []
    return page


def test_page_is_whole_and_needs_nothing_else():
    page = parsed(make(notes=("a note",)))
    assert all(reference.startswith("#") for reference in page.references)
    assert {"S-LOC 0.900", "+4.00", "-1.00", "a note", "+4.25", "O 0.080"} <= set(page.texts)
    assert "url(" not in "".join(explanation_page(make()))


@pytest.mark.parametrize("token", ["<script>alert(1)</script>", '"><b>', "&amp;", "'"])
def test_page_escapes_what_comes_from_the_text(token):
    page = parsed(make(token, window=(token, "in", token, token, "."), notes=(token,)))
    assert "script" not in page.open
    assert sum(text.strip() == token for text in page.texts) >= 6  # three cells and a note, of two sentences' cells


def test_page_tells_for_from_against_and_how_much():
    page = "".join(explanation_page(make()))
    assert '<li class="for" style="--share:1.00"><i>0</i><b>Oslo</b><span>+4.00</span></li>' in page
    assert '<li class="against" style="--share:0.25"><i>-1</i><b>in</b><span>-1.00</span></li>' in page
    assert '<li class="for pad" style="--share:0.19">' in page  # .75 of 4


def test_a_window_that_gave_nothing_is_no_division_by_zero():
    result = make()
    for sentence in result.sentences:
        sentence[0].parts[:] = 0
    assert "+0.00" in "".join(explanation_page(result))
