import sys
from dataclasses import replace

import pytest

from ner_window.report.run_page import run_page

SECTIONS = [
    "learning-curves",
    "f1-by-type",
    "seen-and-unseen-entities",
    "confusions",
    "calibration",
    "frequent-errors",
    "sentences-with-these-errors",
    "how-to-reproduce-it",
]


def ids(page):
    return [id_ for id_ in page.ids if id_ in SECTIONS]


@pytest.fixture
def run(experiment):
    _, outcomes, findings = experiment()
    return outcomes[0], findings[0]


def test_every_section_is_there(run, read_page):
    page = read_page(run_page(*run, "one_sweep"))
    assert ids(page) == SECTIONS
    assert [link for link in page.links if "/" in link] == ["../../page.html"]
    assert "activation=relu-seed=1 \u00b7 one_sweep" in page.texts
    assert "model.activation=relu, seed=1" in page.words
    assert "dev F1, % 50.00" in page.words
    assert "best epoch 3 of 3" in page.words


def test_a_run_of_no_experiment_has_no_way_up(run, read_page):
    assert not [link for link in read_page(run_page(*run)).links if "/" in link]


def test_an_objective_without_probabilities_says_so(experiment, read_page):
    _, outcomes, findings = experiment("set: {objective: hinge}\n")
    analysis = {**findings[0]["analysis"], "calibration": None}
    words = read_page(run_page(outcomes[0], {**findings[0], "analysis": analysis})).words
    assert "The objective hinge gives scores and no probabilities: there is nothing that could be calibrated." in words
    assert "calibration error" not in words


def test_nothing_is_wrong(run, read_page):
    outcome, findings = run
    analysis = {**findings["analysis"], "errors": [], "sentences": []}
    page = read_page(run_page(outcome, {**findings, "analysis": analysis}))
    assert ids(page) == [name for name in SECTIONS if "errors" not in name]


def test_a_failed_run_shows_its_error_and_the_epochs_it_finished(experiment, read_page):
    _, outcomes, findings = experiment(values=[None, 0.5, 0.5, 0.5])
    outcome = replace(outcomes[0], epochs=[{"epoch": 1, "loss": 9.0, "dev_loss": None, "dev_f1": 0.1}])
    page = read_page(run_page(outcome, findings[0], "one_sweep"))
    assert "The run failed. epoch 2: <the loss> is not finite, got nan; lower the rate" in page.words
    assert ids(page) == ["learning-curves", "how-to-reproduce-it"]
    assert "1 9.0000 - 10.00" in page.words
    assert "dev F1, %" not in page.words


def test_a_run_that_failed_before_its_first_epoch(experiment, read_page):
    _, outcomes, _ = experiment(values=[None, 0.5, 0.5, 0.5])
    page = read_page(run_page(outcomes[0], {}))
    assert ids(page) == ["how-to-reproduce-it"]
    assert "epochs finished 0" in page.words


def test_a_run_that_was_given_up_says_so(run, read_page):
    outcome, findings = run
    assert "gave the run up after epoch 3" in read_page(run_page(replace(outcome, pruned=True), findings)).words


def test_the_configuration_and_the_command_can_be_copied(run, read_page):
    text = run_page(*run)
    assert "<code>ner-window x</code>" in text
    assert "\nmodel:\n  hidden_units: 100\n  activation: relu\n" in text


def test_without_matplotlib_the_figures_are_in_tables(run, read_page, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = read_page(run_page(*run))
    assert ids(page) == SECTIONS
    assert "1 0.5000 0.5000 48.00" in page.words
    assert "pip install 'ner_window[plot]'" in page.words


def test_the_same_run_gives_the_same_bytes(run):
    assert run_page(*run) == run_page(*run)
