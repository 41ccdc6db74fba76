import re
import sys
from xml.etree import ElementTree

import pytest

pytest.importorskip("matplotlib")

from ner_window.errors import MissingExtraError
from ner_window.report.plots import plot_svg
from ner_window.sweep.folders import Outcome
from ner_window.sweep.plan import load_sweep

BASE = "base: {data: {train: t.conll, dev: t.conll}}\nseeds: [1, 2]\n"


@pytest.fixture
def drawn(tmp_path):
    """Draw a sweep whose n-th run has the n-th of some values as each measure; returns the SVG."""

    def draw(text, values=None, name="one_sweep"):
        (tmp_path / f"{name}.yaml").write_text(BASE + text)
        (tmp_path / "t.conll").touch()
        sweep = load_sweep(tmp_path / f"{name}.yaml")
        values = values or [0.5 + 0.01 * i for i in range(len(sweep.runs))]
        outcomes = []
        for run, x in zip(sweep.runs, values, strict=True):
            lines = (
                [{"epoch": e, "loss": x / e, "dev_loss": x, "dev_f1": x} for e in (1, 2, 3)] if x is not None else []
            )
            error = "it failed" if x is None else None
            outcomes.append(Outcome(run, error, {"dev_f1": x or 0.0, "loss": x, "gap": x}, lines))
        return plot_svg(sweep, outcomes)

    return draw


def texts(svg):
    return ["".join(node.itertext()) for node in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_a_key_with_names_has_them_on_its_axis(drawn):
    svg = drawn("grid: {model.activation: [relu, hard_tanh, prelu]}\n")
    found = texts(svg)
    assert [text for text in found if text in ("relu", "hard_tanh", "prelu")] == ["relu", "hard_tanh", "prelu"]
    assert {"one_sweep", "model.activation", "dev_f1, %"} <= set(found)


def test_two_keys_are_lines_against_the_numbers(drawn):
    found = texts(drawn("grid: {model.activation: [relu, tanh], window.radius: [0, 1, 2]}\n"))
    assert {"window.radius", "0", "1", "2", "model.activation", "relu", "tanh"} <= set(found)


def test_keys_that_vary_together_are_one_axis_and_null_comes_last(drawn):
    found = texts(
        drawn(
            "grid: {vectors.train: [freeze, fine-tune]}\n"
            "zip: {data.limit: [null, 10, 99], training.epochs: [3, 2, 1]}\n"
        )
    )
    assert [text for text in found if text in ("10", "99", "null")] == ["10", "99", "null"]
    assert {"data.limit", "vectors.train"} <= set(found)
    assert "training.epochs" not in found


def test_the_plot_that_is_asked_for_is_drawn(drawn):
    plot = "plot: {x: window.radius, y: gap, line: model.activation}\n"
    found = texts(
        drawn(f"grid: {{window.radius: [0, 1], model.hidden_units: [5, 6], model.activation: [relu, tanh]}}\n{plot}")
    )
    assert {"window.radius", "gap", "model.activation"} <= set(found)
    assert not any("hidden_units" in text for text in found)


def positions(svg, labels):
    places = {}
    for node in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):
        place = re.search(r"translate\((\S+) ", node.get("transform", "")) or re.search(r"()", "")
        places["".join(node.itertext())] = float(place[1] or node.get("x") or 0)
    return [places[label] for label in labels]


@pytest.mark.parametrize(
    ("values", "log_x", "even"),
    [
        ([0.001, 0.01, 0.1], "null", True),  # spans a factor of 100: logarithmic by default
        ([0.001, 0.01, 0.1], "false", False),
        ([1, 2, 4], "null", False),
        ([1, 2, 4], "true", True),
    ],
)
def test_numbers_that_span_much_are_on_a_logarithmic_axis(drawn, values, log_x, even):
    svg = drawn(f"grid: {{optimizer.learning_rate: {values}}}\nplot: {{log_x: {log_x}}}\n")
    a, b, c = positions(svg, [f"{value:g}" for value in values])
    assert a < b < c
    assert ((b - a) == pytest.approx(c - b, rel=0.01)) == even


def test_zero_has_a_place_on_a_logarithmic_axis(drawn):
    found = texts(drawn("grid: {optimizer.l2: [0, 0.0001, 0.01]}\n"))
    assert {"0", "0.0001", "0.01"} <= set(found)


def test_a_search_has_a_dot_for_each_run_and_an_axis_as_it_was_drawn(tmp_path):
    (tmp_path / "t.conll").touch()
    space = "{optimizer.learning_rate: {low: 0.001, high: 0.1, log: true}, model.activation: [relu, tanh]}"
    text = BASE.replace("[1, 2]", "[1]") + f"search: {{trials: 20, space: {space}}}\n"
    (tmp_path / "a_search.yaml").write_text(text)
    sweep = load_sweep(tmp_path / "a_search.yaml")
    trials = [{"optimizer.learning_rate": 0.0011 * 1.2**i, "model.activation": "relu"} for i in range(20)]
    sweep = sweep.of(sweep.plan(trials))
    outcomes = [Outcome(run, None, {"dev_f1": 0.5}, [], pruned=i > 5) for i, run in enumerate(sweep.runs)]
    found = texts(plot_svg(sweep, outcomes))
    assert {"a_search", "optimizer.learning_rate", "0.01"} <= set(found)
    assert not any("$" in text or "relu" in text for text in found)


def test_curves_by_epoch_have_training_dashed(drawn):
    svg = drawn("grid: {optimizer.l2: [0, 0.01]}\nplot: {curves: [loss, dev_loss, dev_f1]}\n")
    assert {"epoch", "train loss (dashed), dev loss (solid)", "dev_f1, %", "optimizer.l2"} <= set(texts(svg))
    assert svg.count("stroke-dasharray") == 2


def test_the_same_results_give_the_same_bytes_on_a_white_ground(drawn):
    text = "grid: {model.activation: [relu, tanh], window.radius: [0, 1, 2]}\n"
    svg = drawn(text)
    assert svg == drawn(text)
    assert "<dc:date>" not in svg
    assert re.search(r'id="patch_1">\s*<path[^>]*style="fill: #ffffff"', svg)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", None),  # no key varies
        ("grid: {model.activation: [relu, tanh]}\n", [None, None, None, None]),  # every run failed
        ("grid: {model.activation: [relu, tanh]}\nmeasures: [loss]\n", [None, None, 1.0, 1e30]),
        ("grid: {model.activation: [relu, tanh]}\nplot: {curves: [loss]}\n", [None, None, 1.0, 2.0]),
        ("grid: {data.encoding: [$x_1$, '<&>', _a]}\n", None),  # not mathematics, not markup
        ("grid: {window.radius: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], model.activation: [relu, tanh]}\n", None),
        ("grid: {features: [[], [case], [case, shape]], training.vectorized: [true, false]}\n", None),
    ],
)
def test_whatever_was_swept_can_be_drawn(drawn, text, values):
    assert ElementTree.fromstring(drawn(text, values)).tag.endswith("svg")


def test_without_matplotlib_the_extra_is_named(drawn, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match="a plot needs the extra 'plot'"):
        drawn("")


def test_a_very_long_value_is_cut_so_that_the_drawing_keeps_its_room(drawn):
    long = ", ".join(f"{{name: {kind}{n}, dropout: 0.5}}" for kind in ("prefix", "suffix") for n in (1, 2, 3, 4))
    found = texts(drawn(f"grid: {{features: [[case], [{long}]], model.hidden_units: [5, 6]}}\n"))
    assert '["case"]' in found
    assert max(map(len, found)) == 40
