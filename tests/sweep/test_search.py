import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.errors import ConfigError
from ner_window.sweep.execution import execute, one_after_another
from ner_window.sweep.folders import Outcome
from ner_window.sweep.plan import load_sweep
from ner_window.sweep.search import best_so_far, medians

SEARCH = """\
set: {training.epochs: 3}
search:
  trials: 6
  startup: 3
  METHOD
  space:
    optimizer.learning_rate: {low: 1e-4, high: 0.1, log: true}
    model.hidden_units: {low: 2, high: 10, step: 4}
    model.activation: [tanh, relu]
    model.dropout: {low: 0, high: 0.5}
seeds: [1, 2]
"""


def trials_of(sweep, directory):
    """Execute a search; returns the outcomes in the order of the plan, and the settings of each trial."""
    order, found = [], {}
    for report in execute(sweep, directory, one_after_another()):
        if isinstance(report, tuple):
            order += [run.name for run in report]
        elif isinstance(report, Outcome):
            found[report.run.name] = report
    return [found[name] for name in order]


@pytest.mark.parametrize("method", ["method: tpe", "method: random", "prune: true", "batch: 3"])
def test_a_search_stays_in_its_space_and_a_stopped_one_goes_on_to_the_same(write, tmp_path, method):
    sweep = load_sweep(write(SEARCH.replace("METHOD", method)))
    whole = trials_of(sweep, tmp_path / "whole")
    assert len(whole) == 12
    for outcome in whole:
        s = outcome.run.settings
        assert 1e-4 <= s["optimizer.learning_rate"] <= 0.1
        assert s["model.hidden_units"] in (2, 6, 10)
        assert s["model.activation"] in ("tanh", "relu")
        assert 0 <= s["model.dropout"] <= 0.5
        assert outcome.run.config.model.hidden_units == s["model.hidden_units"]
    assert len({str(outcome.run.settings) for outcome in whole}) == 6
    assert [outcome.run.seed for outcome in whole] == [1, 2] * 6
    steps = execute(sweep, tmp_path / "cut", one_after_another())
    for _ in range(5):
        next(step for step in steps if isinstance(step, Outcome))
    steps.close()
    again = trials_of(sweep, tmp_path / "cut")
    assert [outcome.reused for outcome in again] == [True] * 5 + [False] * 7
    assert [(o.run.name, o.epochs, o.pruned) for o in again] == [(o.run.name, o.epochs, o.pruned) for o in whole]


def test_another_seed_draws_others_and_a_larger_budget_draws_more(write, tmp_path):
    text = SEARCH.replace("METHOD", "method: random").replace("[1, 2]", "[1]")
    names = [o.run.name for o in trials_of(load_sweep(write(text)), tmp_path)]
    grown = [o.run.name for o in trials_of(load_sweep(write(text.replace("trials: 6", "trials: 8"))), tmp_path)]
    assert grown[:6] == names
    other = [o.run.name for o in trials_of(load_sweep(write(text.replace("startup", "seed: 7\n  startup"))), tmp_path)]
    assert not set(other) & set(names)


def test_after_startup_runs_below_the_median_are_given_up(write, tmp_path):
    text = SEARCH.replace("METHOD", "prune: true").replace("1e-4, high: 0.1", "1e-9, high: 0.5")
    outcomes = trials_of(load_sweep(write(text.replace("[1, 2]", "[1]").replace("trials: 6", "trials: 12"))), tmp_path)
    assert not any(outcome.pruned for outcome in outcomes[:3])
    assert any(outcome.pruned for outcome in outcomes)
    for i, outcome in enumerate(outcomes):
        curve, floors = best_so_far(outcome), medians([best_so_far(before) for before in outcomes[:i]])
        below = [reached < floor for reached, floor in zip(curve, floors, strict=False)]
        if outcome.pruned:
            assert below == [False] * (len(curve) - 1) + [True]
        elif i >= 3:
            assert not any(below)


def test_medians_by_hand():
    assert medians([]) == ()
    assert medians([[0.1, 0.4], [0.3], [0.2, 0.2, 0.9]]) == (0.2, pytest.approx(0.3), 0.9)


@given(st.lists(st.floats(0, 1), max_size=6))
def test_the_best_so_far_never_falls(values):
    curve = best_so_far(Outcome(None, None, {}, [{"dev_f1": value} for value in values]))
    assert curve == [max(values[: i + 1]) for i in range(len(values))]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("search: {trials: 2}\n", "s.yaml:2: search.space: is missing; set it in the file"),
        ("search: {space: {window.radius: [1]}}\n", "s.yaml:2: search.trials: is missing; set it in the file"),
        ("search: {trials: 2, space: {}}\n", "search.space: should not be empty, got {}"),
        ("search: {trials: 2, space: {window.radius: 3}}\n", "should be a list of values or {low, high}, got 3"),
        (
            "search: {trials: 2, space: {window.radius: {low: 3}}}\n",
            "s.yaml:2: search.space.window.radius: high: is missing",
        ),
        ("search: {trials: 2, space: {window.radius: {low: 3, high: 1}}}\n", "should have low below high"),
        (
            "search: {trials: 2, space: {window.radius: {lo: 3, high: 1}}}\n",
            "s.yaml:2: search.space.window.radius: lo: unknown key; did you mean 'low'?",
        ),
        (
            "search: {trials: 2, space: {model.dropout: {low: 0, high: 0.5, log: true}}}\n",
            "should be above 0 and without",
        ),
        (
            "search: {trials: 2, space: {window.radius: {low: 1, high: 9, step: 0.5}}}\n",
            "should have a whole step, as low",
        ),
        (
            "search: {trials: 2, seed: 99999999999, space: {window.radius: [1]}}\n",
            "search.seed: should be less than or",
        ),
        ("search: {trials: 2, space: {window.raduis: [1]}}\n", "s.yaml:2: window.raduis: unknown key; did you mean"),
        (
            "search: {trials: 2, space: {model.dropout: {low: 0.5, high: 1}}}\n",
            "model.dropout: should be less than 1, got 1",
        ),
        ("search: {trials: 2, space: {window.radius: [1, x]}}\n", "window.radius: should be a valid integer, got 'x'"),
        ("search: {trials: 2, space: {window.radius: [1]}}\ngrid: {data.limit: [1]}\n", "cannot go with grid or zip"),
        ("search: {trials: 2, space: {window.radius: [1]}}\nset: {window.radius: 2}\n", "given more than once"),
    ],
)
def test_a_search_that_is_wrong_is_refused_before_any_run(write, text, message):
    with pytest.raises(ConfigError) as error:
        load_sweep(write(text))
    assert message in str(error.value)


def test_options_take_keys_out_of_the_space(write):
    text = "search: {trials: 2, space: {window.radius: [1, 2], model.dropout: {low: 0, high: 0.5}}}\n"
    sweep = load_sweep(write(text), ["window.radius=3"])
    assert sweep.keys == ("model.dropout",)
    assert sweep.plan([{"model.dropout": 0.25}])[0].config.window.radius == 3
    assert sweep.notes == ("--set window.radius=3: in the place of what the file's search may try of window.radius",)
    with pytest.raises(ConfigError, match="nothing is left to search"):
        load_sweep(write(text), ["window.radius=3", "model.dropout=0"])
    with pytest.raises(ConfigError, match="--grid window.radius: cannot go with search"):
        load_sweep(write(text), [], ["window.radius=[1]"])


def test_settings_that_differ_in_a_folder_alone_are_two_runs(write, corpus, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "t.conll").write_text(corpus + "\n" + corpus if name == "b" else corpus)
    space = "search: {method: random, trials: 8, batch: 4, space: {data.train: [a/t.conll, b/t.conll]}}\nseeds: [1]\n"
    outcomes = trials_of(load_sweep(write("set: {training.epochs: 1}\n" + space)), tmp_path / "out")
    assert {o.run.config.data.train for o in outcomes} == {f"{tmp_path}/{name}/t.conll" for name in ("a", "b")}
    assert len({o.run.name for o in outcomes}) == 2
    assert len({o.epochs[0]["loss"] for o in outcomes}) == 2


def test_a_setting_that_is_drawn_again_is_not_run_again_and_the_search_comes_to_rest(write, tmp_path):
    text = (
        "set: {training.epochs: 3}\nseeds: [1]\nsearch: {trials: 12, startup: 2, prune: true, "
        "space: {optimizer.learning_rate: [1e-6, 0.01, 0.1]}}\n"
    )
    first = trials_of(load_sweep(write(text)), tmp_path)
    assert not any(outcome.reused for outcome in first)
    assert len({outcome.run.name for outcome in first}) == 3
    again = trials_of(load_sweep(write(text)), tmp_path)
    assert all(outcome.reused for outcome in again)
    assert [(o.run.name, o.epochs, o.pruned) for o in again] == [(o.run.name, o.epochs, o.pruned) for o in first]
