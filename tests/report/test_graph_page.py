import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner_window.nn.graph import max_example, square_example
from ner_window.nn.network import Network
from ner_window.nn.network_graph import shapes_graph
from ner_window.report.graph_page import page

# any character that computation.printable lets through
WORD = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufffe\uffff"),
    min_size=1,
    max_size=60,
)
KNOWN = "html head meta title style body main h1 h2 p span b div table thead tbody tr th td"
DRAWN = "svg defs marker path rect g text tspan"


class Reader(HTMLParser):
    """Takes a page apart; fails where an element is closed that is not the last one opened, or is not one of ours."""

    def __init__(self):
        super().__init__()
        self.open, self.cells, self.title = [], [], ""

    def handle_starttag(self, tag, attributes):
        assert tag in f"{KNOWN} {DRAWN}".split()
        assert not {name for name, _ in attributes} & {"src", "href", "onload", "onclick"}
        if tag != "meta":
            self.open.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_startendtag(self, tag, attributes):
        assert tag in ("path", "rect")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "td":
            self.cells[-1] += data
        if self.open and self.open[-1] == "h1":
            self.title += data


def read(graph):
    reader = Reader()
    reader.feed(page(graph))
    reader.close()
    assert not reader.open
    return reader


@settings(deadline=None, max_examples=50)
@given(word=WORD)
def test_page_is_well_formed_for_every_word(network_of, word):
    reader = read(network_of(word))
    assert reader.title == f"a window of {word}"
    assert reader.cells[0] == f"e({word})"


def test_page_needs_nothing_from_elsewhere(network_of):
    text = page(network_of())
    assert not re.search(r"(?:src|href)=|@import|<script|<link", text)
    assert re.findall(r"https?://[^\"' ]+", text) == ["http://www.w3.org/2000/svg"]
    assert "prefers-color-scheme: dark" in text


def test_tables_hold_every_node_and_edge():
    cells = read(max_example()).cells
    at = cells.index("y")
    assert cells[at : at + 5] == ["y", "an input", "2", "df/dy = 5", "a branch: 2 + 3 = 5"]
    at = cells.index("a \u2192 f")
    assert cells[at : at + 4] == ["a \u2192 f", "b = 2", "1", "1 \u00b7 2 = 2"]


def test_shapes_have_no_columns_of_numbers():
    text = page(shapes_graph(Network((("word", 4, 3),), 1, 4, 3), "shapes"))
    assert "<th>upstream</th>" not in text
    assert "<th>downstream</th>" in text
    assert "W\u1d40 \u03b4" in text
    assert "Rest the pointer" not in text


@pytest.mark.parametrize("graph", [square_example(), max_example()])
def test_examples_have_no_column_of_shapes(graph):
    assert "<th>shape</th>" not in page(graph)


def test_frozen_rows_say_that_no_gradient_goes_there(network_of):
    assert "none: it is frozen" in page(network_of(frozen=frozenset({"word"})))
