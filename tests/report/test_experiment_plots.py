import re
from dataclasses import replace

import pytest

pytest.importorskip("matplotlib")

from ner_window.report.experiment_plots import curve_figures, measure_figures


@pytest.fixture
def figures(experiment, read_page):
    """Return the figures of a sweep against its keys, and those of its curves, as pages taken apart."""

    def make(text, values=None):
        sweep, outcomes, _ = experiment(text, values)
        return [read_page(f"<h1>x</h1>{part(sweep, outcomes)}") for part in (measure_figures, curve_figures)]

    return make


def captions(page):
    return re.findall(r"(\S+, %|\S+) against (.*?); bars", page.words)


def test_every_key_has_a_figure_the_one_of_most_numbers_first(figures):
    against, _ = figures("grid: {model.activation: [relu, tanh], window.radius: [0, 1, 2]}\n")
    assert captions(against) == [("dev_f1, %", "window.radius"), ("dev_f1, %", "model.activation")]
    assert {"relu", "tanh", "0", "1", "2"} <= set(against.texts)


def test_more_lines_than_can_be_told_apart_are_their_mean(figures):
    against, curves = figures(
        "grid: {window.radius: [0, 1, 2], model.activation: [relu, tanh, prelu], model.hidden_units: [5, 6, 7]}\n"
    )
    assert ("dev_f1, %", "window.radius, mean over model.activation, model.hidden_units") in captions(against)
    assert "Of 27 settings, the 7 with the highest mean dev F1." in curves.words
    assert "2, prelu, 7" in curves.texts  # the best one, as later runs have higher values
    assert "0, relu, 5" not in curves.texts


def test_settings_that_were_given_up_have_no_curve_before_others_have(experiment, read_page):
    sweep, outcomes, _ = experiment("grid: {window.radius: [0, 1, 2, 3, 4, 5, 6, 7]}\n")
    outcomes = [replace(outcome, pruned=outcome.run.settings["window.radius"] == 7) for outcome in outcomes]
    texts = read_page(f"<h1>x</h1>{curve_figures(sweep, outcomes)}").texts
    names = texts[texts.index("window.radius") :]
    assert [name for name in names if name.isdigit()] == list("0123456")


def test_it_is_told_where_settings_that_were_given_up_stand(experiment, read_page):
    sweep, outcomes, _ = experiment("grid: {window.radius: [0, 1, 2, 3, 4, 5, 6, 7]}\n")
    outcomes = [replace(outcome, pruned=outcome.run.settings["window.radius"] > 4) for outcome in outcomes]
    words = read_page(f"<h1>x</h1>{curve_figures(sweep, outcomes)}").words
    whole = (
        "Of 8 settings, the 7 with the highest mean dev F1; the 3 with runs that were given up stand behind all others."
    )
    assert whole in words


def test_what_the_file_asks_for_is_drawn_besides_the_f1(figures):
    against, _ = figures("grid: {window.radius: [0, 1]}\nplot: {y: loss}\n")
    assert captions(against) == [("loss", "window.radius"), ("dev_f1, %", "window.radius")]


def test_keys_that_vary_together_are_drawn_once(figures):
    against, _ = figures("zip: {data.limit: [null, 9], training.epochs: [3, 2]}\n")
    assert captions(against) == [("dev_f1, %", "data.limit and training.epochs, which vary together")]


def test_curves_are_of_train_and_dev_and_have_one_legend(figures):
    _, curves = figures("grid: {window.radius: [0, 1]}\n")
    assert "train loss by epoch" in curves.words
    assert "dev loss by epoch" in curves.words
    assert curves.words.endswith("dev_f1, % by epoch window.radius 0 1")


def test_curves_of_runs_that_failed_end_where_they_did(figures):
    _, curves = figures("grid: {window.radius: [0, 1]}\n", [None, None, 0.5, 0.6])
    assert "window.radius" not in curves.texts  # one setting is left: no legend
    assert "dev loss by epoch" in curves.words


def test_nothing_varies_or_nothing_was_learned(figures):
    against, curves = figures("", [None, None])
    assert against.words == curves.words == "x"
