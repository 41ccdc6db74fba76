import re
from dataclasses import replace

import pytest

pytest.importorskip("matplotlib")

from matplotlib.figure import Figure

from ner_window.report.axes import (
    default_x,
    draw_curve,
    draw_measure,
    draw_trials,
    log_of,
    other_keys,
    set_scale,
    short,
)
from ner_window.sweep.plan import load_sweep


@pytest.fixture
def axes():
    return Figure().subplots()


def test_lines_are_named_after_the_values_of_the_other_keys(experiment, axes):
    sweep, outcomes, _ = experiment("grid: {model.activation: [relu, tanh], window.radius: [0, 1, 2]}\n")
    assert default_x(sweep) == "window.radius"
    assert other_keys(sweep, "window.radius") == ["model.activation"]
    assert draw_measure(axes, outcomes, "window.radius", "dev_f1", ["model.activation"]) == ["relu", "tanh"]
    means = [line.get_ydata().tolist() for line in axes.get_lines() if line.get_linestyle() == "-"]
    # runs of 50, 51 ... %: radius 0 with relu has seeds of 50 and 51, radius 1 of 52 and 53; tanh begins at 56
    assert means[0] == pytest.approx([50.5, 52.5, 54.5])
    assert means[1] == pytest.approx([56.5, 58.5, 60.5])


def test_a_search_has_a_dot_for_each_run_and_a_ring_where_it_was_given_up(experiment, axes):
    _, outcomes, _ = experiment("grid: {optimizer.learning_rate: [0.001, 0.01]}\n")
    trials = [*outcomes[:3], replace(outcomes[3], pruned=True)]
    draw_trials(axes, trials, "optimizer.learning_rate", "dev_f1", True)
    rings, dots = axes.get_lines()
    assert (rings.get_markerfacecolor(), rings.get_xdata().tolist()) == ("none", [0.01])
    assert dots.get_xdata().tolist() == [0.001, 0.001, 0.01]
    assert dots.get_ydata().tolist() == pytest.approx([50, 51, 52])
    assert axes.get_xscale() == "log"


@pytest.mark.parametrize(("values", "scale"), [(range(1, 40), "log"), (range(39), "symlog")])
def test_many_numbers_that_span_much_have_ticks_that_can_be_read(experiment, axes, values, scale):
    _, outcomes, _ = experiment(f"grid: {{model.hidden_units: {[10 * v + 1 for v in values]}}}\n")
    runs = [replace(o, run=replace(o.run, settings={"x": v})) for o, v in zip(outcomes, values, strict=False)]
    draw_trials(axes, runs, "x", "dev_f1", True)
    axes.figure.canvas.draw()
    texts = [label.get_text() for label in axes.get_xticklabels() + axes.get_xticklabels(minor=True)]
    assert axes.get_xscale() == scale
    assert {"1", "10"} <= set(texts)
    assert not any("$" in text for text in texts)


def ticks(experiment, axes, values, log_x):
    _, outcomes, _ = experiment(f"grid: {{model.hidden_units: {list(range(1, len(values) + 1))}}}\n")
    runs = [replace(o, run=replace(o.run, settings={"x": v})) for o, v in zip(outcomes[::2], values, strict=True)]
    draw_trials(axes, runs, "x", "dev_f1", log_x)
    axes.figure.canvas.draw()
    low, high = axes.get_xlim()
    found = zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
    return [label.get_text() for place, label in found if low <= place <= high]


@pytest.mark.parametrize(
    ("values", "log_x", "expected"),
    [
        ([0.00056, 0.0011, 0.0023, 0.0024, 0.019], True, ["0.001", "0.003", "0.01"]),  # 34 times: 1 and 3
        ([0.011, 0.021, 0.022, 0.049], True, ["0.02", "0.05"]),
        ([0.0031, 0.0412, 0.0424, 0.5511], False, ["0", "0.1", "0.2", "0.3", "0.4", "0.5"]),
        ([5, 6, 7, 8, 100, 200], False, ["0", "50", "100", "150", "200"]),
        ([0, 1, 2, 3, 4, 5, 6, 7], False, ["0", "1", "2", "3", "4", "5", "6", "7"]),
        ([64, 128, 256], False, ["64", "128", "256"]),
        ([0], None, ["0"]),
        ([5], None, ["5"]),
    ],
)
def test_ticks_are_round_where_values_have_no_room(experiment, axes, values, log_x, expected):
    assert ticks(experiment, axes, values, log_x) == expected


def test_an_axis_is_logarithmic_where_its_search_is(tmp_path):
    (tmp_path / "t.conll").touch()
    (tmp_path / "s.yaml").write_text(
        "base: {data: {train: t.conll, dev: t.conll}}\n"
        "search:\n  trials: 2\n  space:\n"
        "    optimizer.learning_rate: {low: 0.001, high: 0.1, log: true}\n    model.dropout: {low: 0.01, high: 0.9}\n"
        "    model.activation: [relu, tanh]\n"
    )
    sweep = load_sweep(tmp_path / "s.yaml")
    keys = ("optimizer.learning_rate", "model.dropout", "model.activation", None)
    assert [log_of(sweep, key) for key in keys] == [True, False, None, None]


def test_a_curve_is_the_mean_of_the_runs_that_reached_an_epoch(experiment, axes):
    _, outcomes, _ = experiment(values=[0.5, 0.6, 0.5, 0.5])
    outcomes[1].epochs.pop()
    draw_curve(axes, outcomes[:2], "dev_f1", "#0072B2")
    # epochs 1 to 3 have x - 2, x - 1 and x: of 50 and 60 without the last one
    assert axes.get_lines()[0].get_ydata().tolist() == pytest.approx([53, 54, 50])


def test_what_spans_much_is_on_a_logarithmic_axis_whose_numbers_can_be_read(axes):
    axes.plot([1, 2], [1, 1e6])
    set_scale(axes)
    assert axes.get_yscale() == "log"
    axes.figure.canvas.draw()
    texts = [label.get_text() for label in axes.get_yticklabels()]
    assert {"1", "100", "10000"} <= set(texts)
    assert not any(re.search(r"[$\\]", text) for text in texts)


def test_what_spans_little_or_is_not_finite_is_not(axes):
    axes.plot([1, 2, 3], [1, 100, float("inf")])
    set_scale(axes)
    assert axes.get_yscale() == "linear"


def test_a_long_name_is_cut():
    assert short("a" * 41) == "a" * 37 + "..."
    assert short("abcdefghij", 10) == "abcdefghij"
    assert short("abcdefghijk", 10) == "abcdefg..."
