"""Small graphs with real numbers, words that a user may type, experiments that were not run, and pages taken apart."""

from html.parser import HTMLParser

import numpy as np
import pytest

from ner_window.evaluation.analysis import analyse
from ner_window.evaluation.metrics import score_columns
from ner_window.nn.network import Network
from ner_window.nn.network_graph import network_graph
from ner_window.nn.network_pass import Row, Rows, run
from ner_window.sweep.folders import Outcome
from ner_window.sweep.plan import load_sweep
from ner_window.text.tag_columns import TagColumn
from ner_window.text.tokens import Tokens


def _network_of(word="Oslo", objective="softmax", l2=0.0, activation="tanh", frozen=frozenset()):
    network = Network((("word", 4, 3),), 1, 4, 3, activation, objective, l2=l2, frozen=frozen)
    generator = np.random.default_rng(1)
    parameters = {name: generator.normal(size=shape) for name, shape in network.shapes.items()}
    ids = np.array([[0, 2, 0], [0, 1, 0]])[: 1 + (objective == "margin")]
    shown = {i: Row(f"e({word})", f"E.word[{i}]", f"of {word}") for i in range(3)}
    numbers = run(network, parameters, ids[None], 2)
    return network_graph(network, [Rows("E.word", 3, ids, shown)], f"a window of {word}", numbers, "B-LOC")


@pytest.fixture(scope="session")
def network_of():
    """Return a function: a graph with numbers of a network of 3 words, a word twice in its window."""
    return _network_of


@pytest.fixture
def analysis():
    """The analysis of two sentences: a right person, a place taken for one, one that is missed; markup as a token."""
    text = Tokens.of([["Odile", "left", "<script>", "for", "Port", "&", "Pier"], ["Brevik", "rests", "."]])
    gold = TagColumn.of([["B-PER", "O", "B-LOC", "O", "B-ORG", "I-ORG", "I-ORG"], ["B-LOC", "O", "O"]])
    predicted = TagColumn.of([["B-PER", "O", "B-PER", "O", "B-ORG", "I-ORG", "O"], ["O", "O", "O"]])
    group = lambda words: ("seen" if words == ("Odile",) else "unseen",)  # noqa: E731
    score = score_columns(gold, predicted, text, ("seen", "unseen"), group)
    return analyse(text, gold, predicted, np.array([0.9, 0.4, 0.5]), score)


BASE = "base: {data: {train: t.conll, dev: t.conll}}\nseeds: [1, 2]\n"


@pytest.fixture
def experiment(tmp_path, analysis):
    """Make an experiment: the n-th run has the n-th of some values as each measure, and has failed where it is None.

    Returns the sweep, the outcomes, and what each run says of itself.
    """

    def make(text="grid: {model.activation: [relu, tanh]}\n", values=None, name="one_sweep"):
        (tmp_path / f"{name}.yaml").write_text(BASE + text)
        (tmp_path / "t.conll").touch()
        sweep = load_sweep(tmp_path / f"{name}.yaml")
        values = values or [0.5 + 0.01 * i for i in range(len(sweep.runs))]
        outcomes = [outcome_of(run, x) for run, x in zip(sweep.runs, values, strict=True)]
        return sweep, outcomes, [findings_of(outcome, analysis) for outcome in outcomes]

    return make


def outcome_of(run, x):
    if x is None:
        return Outcome(run, "epoch 2: <the loss> is not finite, got nan; lower the rate", {"dev_f1": 0.0}, [])
    lines = [{"epoch": e, "loss": x / e, "dev_loss": x, "dev_f1": x - 0.01 * (3 - e)} for e in (1, 2, 3)]
    return Outcome(run, None, {"dev_f1": x, "loss": x, "best_epoch": 3, "seconds": 1.5}, lines)


def findings_of(outcome, analysis):
    record = {
        "digests": {"dev": "0123456789ab" * 5 + "cdef"},
        "versions": {"numpy": "2.0.0"},
        "command": "ner-window x",
    }
    return record if outcome.error else {**record, "analysis": analysis}


class Page(HTMLParser):
    """A page taken apart; fails where elements do not nest, an id stands twice, a heading skips a level."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.headings, self.texts = [], [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []
        assert len(set(self.ids)) == len(self.ids)
        assert {link[1:] for link in self.links if link.startswith("#")} <= set(self.ids)
        assert self.headings[0] == 1
        assert all(b <= a + 1 for a, b in zip(self.headings, self.headings[1:], strict=False))

    @property
    def words(self):
        return " ".join("".join(self.texts).split())

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        assert tag not in ("script", "link", "img", "iframe")
        assert not {"src", "onload", "onclick"} & given.keys()
        assert tag != "th" or given["scope"] in ("row", "col")
        assert tag != "svg" or given.get("aria-label") or given.get("aria-hidden")
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if "href" in given else []
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append(int(tag[1]))
        if tag not in ("meta", "wbr"):
            self.open.append(tag)
        if tag not in ("a", "b", "i", "span", "wbr"):  # these stand within a word
            self.texts.append(" ")

    def handle_startendtag(self, tag, attributes):
        assert tag in ("path", "use", "rect", "circle", "g")
        self.handle_starttag(tag, attributes)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.texts.append(data)


@pytest.fixture
def read_page():
    return Page
