import pytest

from ner_window.errors import ConfigError, TrainingError
from ner_window.scoring import evaluate
from ner_window.sweep.folders import rebuild
from ner_window.sweep.plan import load_sweep
from ner_window.sweep.test_set import refuse_without_test, scores_on_test
from ner_window.text.conll import Layout

SMALL = "set: {training.epochs: 3, data.test: t.conll}\ngrid: {model.hidden_units: [1, 30]}\nseeds: [1, 2]\n"


def test_only_the_setting_that_is_best_on_dev_is_scored_for_each_of_its_seeds(write, tmp_path, outcomes_of):
    sweep = load_sweep(write(SMALL.replace("[1, 2]", "[1, 2, 3]")))
    outcomes = outcomes_of(sweep, tmp_path / "out")
    means = [sum(o.measures["dev_f1"] for o in outcomes[start : start + 3]) for start in (0, 3)]
    best = [1, 30][means.index(max(means))]
    found = scores_on_test(sweep, outcomes, tmp_path / "out")
    assert found["settings"] == {"model.hidden_units": best}
    assert [run["seed"] for run in found["runs"]] == [1, 2, 3]
    for run in found["runs"]:
        tagger = rebuild(tmp_path / f"out/runs/hidden_units={best}-seed={run['seed']}")
        _, _, score = evaluate(tagger, tmp_path / "t.conll", Layout())
        assert run["entities"]["micro"] == score.micro.as_dict()


def test_types_that_were_not_learned_are_not_counted(write, corpus, tmp_path, outcomes_of):
    sweep = load_sweep(write("set: {training.epochs: 2, data.types: [LOC], data.test: t.conll}\n"))
    (run,) = scores_on_test(sweep, outcomes_of(sweep, tmp_path / "out"), tmp_path / "out")["runs"]
    assert run["entities_left_out"] == {"PER": 2}
    assert run["entities"]["micro"]["support"] == 2


def test_a_setting_with_a_failed_seed_is_not_chosen_and_without_any_other_nothing_is(write, tmp_path, outcomes_of):
    rates = SMALL.replace("model.hidden_units: [1, 30]", "optimizer.learning_rate: [1.0e+30, 0.01]")
    sweep = load_sweep(write(rates))
    outcomes = outcomes_of(sweep, tmp_path / "out")
    assert scores_on_test(sweep, outcomes, tmp_path / "out")["settings"] == {"optimizer.learning_rate": 0.01}
    failed = [outcome for outcome in outcomes if outcome.error]
    assert len(failed) == 2
    with pytest.raises(TrainingError, match="s: no setting to choose: each has runs that failed or were given up"):
        scores_on_test(sweep, failed, tmp_path / "out")


@pytest.mark.parametrize("search", [False, True])
def test_a_test_set_that_is_not_there_is_refused_before_any_run(write, tmp_path, search):
    more = "search: {trials: 2, space: {model.hidden_units: [1, 2]}}\n" if search else ""
    with pytest.raises(ConfigError, match=r"--test: data\.test is not set; set it in the base config or with --set"):
        refuse_without_test(load_sweep(write(more)))
    sweep = load_sweep(write(more), ["data.test=/none.conll"])
    with pytest.raises(ConfigError, match=r"--test: data\.test: does not exist, got '/none.conll'; it is looked at"):
        refuse_without_test(sweep)
    refuse_without_test(load_sweep(write(more), [f"data.test={tmp_path}/t.conll"]))
