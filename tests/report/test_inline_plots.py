import re
import sys

import pytest

pytest.importorskip("matplotlib")

from ner_window.report.axes import COLORS, MARKERS
from ner_window.report.inline_plots import can_draw, figure, legend


def draw(axes, word="epoch"):
    axes.plot([1, 2, 3], [1, 4, 9], color=COLORS[0], marker="o")
    axes.fill_between([1, 2], [0, 1], color="#000000", alpha=0.1)
    axes.set_xlabel(word)


def test_colors_are_those_of_the_page():
    text = figure("a", "squares", draw)
    assert not re.search("#[0-9a-fA-F]{6}", text)
    assert {"var(--c0)", "var(--ink)", "var(--rule)"} <= set(re.findall(r"var\(--\w+\)", text))
    assert "#ffffff" not in text


def test_two_figures_share_no_id_and_every_reference_is_to_its_own(read_page):
    both = figure("a", "squares", draw) + figure("b", "squares", draw)
    found = re.findall(r' id="([^"]+)"', both)
    assert len(set(found)) == len(found)
    references = set(re.findall(r'(?:url\(|href=")#([^")]+)', both))
    assert references == set(found)
    assert {name[:2] for name in found} == {"a-", "b-"}
    read_page(f"<h1>x</h1>{both}")


def test_words_of_the_user_stay_as_they_are(read_page):
    word = '<b> & id="x" url(#y) #000000 1.23456'
    assert word in read_page(f"<h1>x</h1>{figure('a', word, lambda axes: draw(axes, word))}").texts


def test_the_same_drawing_gives_the_same_bytes():
    assert figure("a", "squares", draw) == figure("a", "squares", draw)


def test_it_is_a_part_of_a_page_and_no_file():
    text = figure("a", "squares", draw)
    assert text.startswith('<figure><svg class="plot" viewBox="0 0 345.6 230.4" role="img" aria-label="squares">')
    assert not re.search("xml|DOCTYPE|metadata|<style|http|DejaVu", text)


def test_a_letter_that_the_drawing_has_no_font_for_is_no_warning():
    assert "\u6771" in figure("a", "east", lambda axes: draw(axes, "\u6771"))


def test_without_matplotlib_there_is_none(monkeypatch):
    assert can_draw()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert not can_draw()
    assert figure("a", "squares", draw) == ""


def test_a_legend_has_the_colors_and_markers_of_the_lines(read_page):
    text = legend("a key", [f"value {i}<" for i in range(9)])
    assert re.findall(r"color: var\(--c(\d)\)", text) == list("012345601")
    marks = re.findall(r'<path d="([^"]+)"', text)
    assert len(set(marks)) == len(MARKERS) == 8
    assert marks[8] == marks[0]
    assert "value 8<" in read_page(f"<h1>x</h1>{text}").texts
