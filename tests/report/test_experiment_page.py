import re
import sys

import pytest

from ner_window.report.experiment_page import experiment_page
from ner_window.sweep.folders import Outcome
from ner_window.sweep.plan import load_sweep

SECTIONS = [
    "results",
    "what-may-be-concluded",
    "against-the-swept-values",
    "learning-curves",
    "f1-by-type",
    "seen-and-unseen-entities",
    "runs",
    "what-was-run",
]


def ids(page):
    return [id_ for id_ in page.ids if id_ in SECTIONS]


def test_every_section_is_there_and_every_run_has_a_link(experiment, read_page):
    sweep, outcomes, findings = experiment()
    page = read_page(experiment_page(sweep, outcomes, findings))
    assert ids(page) == SECTIONS
    names = [run.name for run in sweep.runs]
    assert [link for link in page.links if "/" in link] == [f"runs/{name}/page.html" for name in names]
    assert "4 runs: 2 settings with 2 seeds each; model.activation varied." in page.words
    # tanh has 52 and 53: mean 52.5, deviation sqrt(2 * 0.5^2) = 0.71
    assert "52.50 \u00b1 0.71" in page.words
    assert "Measured: dev_f1 (%) from 50.50" in page.words


def test_means_over_seeds_by_type_and_group(experiment, read_page):
    words = read_page(experiment_page(*experiment())).words
    # in the analysis, that of every run, PER has 1 right and 1 wrong: F1 2 / 3; the one seen entity is right, no other
    assert "LOC ORG PER relu 0.00 \u00b1 0.00 0.00 \u00b1 0.00 66.67 \u00b1 0.00" in words
    assert "seen in training unseen in training relu 100.00 \u00b1 0.00 0.00" in words


def test_data_and_versions_are_named_once_with_digests_cut(experiment, read_page):
    text = experiment_page(*experiment())
    assert text.count('<code title="0123456789ab0123456789ab') == 1
    assert ">0123456789ab</code>" in text
    assert "dev t.conll 0123456789ab numpy 2.0.0" in read_page(text).words


def test_a_sweep_with_nothing_known_of_its_runs_has_no_empty_section(experiment, read_page):
    sweep, outcomes, findings = experiment()
    page = read_page(experiment_page(sweep, outcomes, [{} for _ in findings]))
    assert ids(page) == [name for name in SECTIONS if name not in ("f1-by-type", "seen-and-unseen-entities")]
    assert not [link for link in page.links if "/" in link]  # they left no folder that could have a page


def test_failed_runs_are_shown_with_their_errors(experiment, read_page):
    text = experiment_page(*experiment(values=[None, 0.6, 0.7, 0.8]))
    page = read_page(text)
    assert "epoch 2: <the loss> is not finite, got nan; lower the rate" in page.words
    assert "failed 1 of 2: <the loss> is not finite" in page.words
    assert "4 1 failed" in page.words
    assert "75.00\u00a0\u00b1\u00a07.07" in text  # the setting that failed is not the best one


def test_all_runs_failed(experiment, read_page):
    page = read_page(experiment_page(*experiment(values=[None] * 4)))
    assert ids(page) == [name for name in SECTIONS if name.startswith(("res", "what", "against", "runs"))]


def test_no_run_at_all(experiment, read_page):
    sweep, _, _ = experiment()
    assert "0 runs" in read_page(experiment_page(sweep, [], [])).words


def test_the_same_results_give_the_same_bytes(experiment):
    made = experiment()
    assert experiment_page(*made) == experiment_page(*made)


def test_without_matplotlib_all_but_the_plots_is_there(experiment, read_page, monkeypatch):
    made = experiment()
    whole = ids(read_page(experiment_page(*made)))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = read_page(experiment_page(*made))
    assert ids(page) == [name for name in whole if name not in ("against-the-swept-values", "learning-curves")]
    assert "pip install 'ner_window[plot]'" in page.words


def test_words_of_the_user_are_text(experiment, read_page):
    page = read_page(experiment_page(*experiment("grid: {data.encoding: ['<script>', '&\"id=']}\n", name="a<b>&c")))
    assert {"<script>", '&"id='} <= set(page.texts)
    assert "a<b>&c" in page.texts


def test_nothing_varies(experiment, read_page):
    page = read_page(experiment_page(*experiment("")))
    assert "2 runs: 1 setting with 2 seeds each; nothing varied." in page.words
    assert "against-the-swept-values" not in page.ids


def test_a_search_has_its_trials_as_settings(tmp_path, analysis, read_page):
    (tmp_path / "t.conll").touch()
    (tmp_path / "s.yaml").write_text(
        "base: {data: {train: t.conll, dev: t.conll}}\n"
        "search: {trials: 2, space: {optimizer.learning_rate: {low: 0.001, high: 0.1, log: true}}}\n"
    )
    sweep = load_sweep(tmp_path / "s.yaml")
    sweep = sweep.of(sweep.plan([{"optimizer.learning_rate": 0.01}, {"optimizer.learning_rate": 0.05}]))
    line = {"epoch": 1, "loss": 1.0, "dev_loss": 1.0, "dev_f1": 0.5}
    outcomes = [
        Outcome(run, None, {"dev_f1": 0.5 + i / 10, "best_epoch": 1}, [line], pruned=not i)
        for i, run in enumerate(sweep.runs)
    ]
    page = read_page(experiment_page(sweep, outcomes, [{}, {"analysis": analysis}]))
    assert "a search (tpe) over optimizer.learning_rate" in page.words
    assert re.search(r"given up 1 of 1", page.words)
    assert "highest mean dev F1, % 60.00 optimizer.learning_rate=0.05" in page.words


def test_the_highest_mean_f1_says_so_in_words(experiment, read_page):
    # tanh has 60 and 70 %, relu 50 and 51 %, prelu 80 % and a run that failed: it is not the highest
    made = experiment("grid: {model.activation: [relu, tanh, prelu]}\n", [0.5, 0.51, 0.6, 0.7, 0.8, None])
    text = experiment_page(*made)
    assert text.count("<small>highest</small>") == 1
    assert "tanh 2 65.00 \u00b1 7.07 highest" in read_page(text).words


def test_equals_are_both_the_highest_and_a_lone_setting_is_not(experiment):
    assert experiment_page(*experiment(values=[0.5, 0.6, 0.6, 0.5])).count("<small>highest</small>") == 2
    assert "<small>highest</small>" not in experiment_page(*experiment(""))


def test_several_keys_have_one_cell_by_their_last_parts(experiment):
    text = experiment_page(*experiment("grid: {model.activation: [relu, tanh], window.radius: [0, 1]}\n"))
    assert text.count('<th scope="row" class="narrow">activation=tanh, radius=1</th>') == 3  # in as many tables


def test_that_the_highest_is_chosen_by_its_number_is_told(experiment, read_page):
    made = experiment("grid: {window.radius: [0, 1, 2]}\n")
    words = read_page(experiment_page(*made)).words
    assert words.count("chosen by these very numbers") == words.count("ner-window compare") == 1


def test_the_score_on_the_test_set_is_told_if_there_is_one(experiment, read_page):
    sweep, outcomes, findings = experiment()
    scores = {"settings": {"model.activation": "relu"}, "runs": [{"entities": {"micro": {"f1": 0.5}}}]}
    assert "Test: F1 (%) 50.00" in read_page(experiment_page(sweep, outcomes, findings, scores)).words


@pytest.mark.parametrize(
    "text", ["grid: {data.types: [[LOC], null]}\n", "grid: {training.vectorized: [true, false]}\n"]
)
def test_whatever_was_swept_has_a_page(experiment, read_page, text):
    assert ids(read_page(experiment_page(*experiment(text)))) == SECTIONS
