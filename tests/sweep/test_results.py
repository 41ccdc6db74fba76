import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.errors import TrainingError
from ner_window.sweep.folders import Outcome
from ner_window.sweep.plan import load_sweep
from ner_window.sweep.results import Summary, chosen, findings_of, judge, rows_of, summarize


def summary(values):
    """Build a summary from values, one a seed, by the definition of the sample deviation."""
    mean = sum(values) / len(values) if values else None
    deviation = (sum((x - mean) ** 2 for x in values) / (len(values) - 1)) ** 0.5 if len(values) > 1 else None
    return Summary(mean, deviation, len(values), len(values), 0, None)


# Welch's test by hand. s = 1 and n = 3 on both sides: the error is sqrt(1/3 + 1/3) = 0.81650, the degrees of freedom
# (1/3 + 1/3)^2 / ((1/3)^2 / 2 + (1/3)^2 / 2) = 4, for which a table of t gives 2.776 at 5 % (0.05 two-sided), 4.604 at
# 1 %, 8.610 at 0.1 %. Means are told apart from 2.776 * 0.81650 = 2.2666 on.
ERROR = (2 / 3) ** 0.5


@pytest.mark.parametrize(
    ("higher", "lower", "verdict"),
    [
        ([4, 5, 6], [1, 2, 3], "agrees"),
        ([1, 2, 3], [4, 5, 6], "disagrees"),
        ([3.27, 4.27, 5.27], [1, 2, 3], "agrees"),  # 2.27 apart
        ([3.26, 4.26, 5.26], [1, 2, 3], "cannot be told apart"),  # 2.26 apart: 2.77 errors
        ([2.64, 3.64, 4.64], [1, 2, 3], "cannot be told apart"),  # 1.64 apart: more than two errors are not enough
        # s1 = 1, n1 = 3, s2 = 0, n2 = 3: the error is sqrt(1/3) = 0.57735, df = 2, t 4.303 at 5 %: from 2.484 on
        ([3.49, 4.49, 5.49], [2, 2, 2], "agrees"),  # 2.49 apart
        ([3.48, 4.48, 5.48], [2, 2, 2], "cannot be told apart"),  # 2.48 apart
        # s1 = 1, n1 = 2, s2 = 1, n2 = 2: the error is 1, df = 2: from 4.303 on
        ([4.31 - 0.5**0.5, 4.31 + 0.5**0.5], [-(0.5**0.5), 0.5**0.5], "agrees"),
        ([4.29 - 0.5**0.5, 4.29 + 0.5**0.5], [-(0.5**0.5), 0.5**0.5], "cannot be told apart"),
    ],
)
def test_the_rule_of_the_verdict_by_hand(higher, lower, verdict):
    found, p = judge(summary(higher), summary(lower))
    assert found == verdict
    assert (p < 0.05) == (verdict != "cannot be told apart")


@pytest.mark.parametrize(("t", "p"), [(2.776, 0.05), (4.604, 0.01), (8.610, 0.001), (0.0, 1.0)])
def test_p_is_that_of_a_table_of_t(t, p):
    shift = t * ERROR
    assert judge(summary([1 + shift, 2 + shift, 3 + shift]), summary([1, 2, 3]))[1] == pytest.approx(p, rel=1e-3)


@pytest.mark.parametrize(
    ("higher", "lower", "verdict"),
    [
        ([100, 100, 100], [1, 1, 1], "agrees"),  # neither deviates: any difference counts
        ([1, 1, 1], [100, 100, 100], "disagrees"),
        ([1, 1, 1], [1, 1, 1], "cannot be told apart"),
        ([9], [1, 2, 3], "cannot be told apart"),  # one seed has no deviation
        ([9, 9, 9], [1], "cannot be told apart"),
        ([], [1, 2, 3], "cannot be told apart"),
    ],
)
def test_without_a_deviation_there_is_no_test(higher, lower, verdict):
    assert judge(summary(higher), summary(lower)) == (verdict, None)


SEEDS = st.lists(st.integers(-1000, 1000), min_size=2, max_size=5)
OPPOSITE = {"agrees": "disagrees", "disagrees": "agrees", "cannot be told apart": "cannot be told apart"}


@given(SEEDS, SEEDS, st.integers(-300, 300))
def test_the_verdict_is_opposite_for_sides_exchanged_and_the_same_in_any_unit(higher, lower, exponent):
    verdict, p = judge(summary(higher), summary(lower))
    other, q = judge(summary(lower), summary(higher))
    assert other == OPPOSITE[verdict]
    assert q == (None if p is None else pytest.approx(p))
    unit = 2.0**exponent  # down to 1e-90, up to 1e+90
    scaled, r = judge(summary([unit * x for x in higher]), summary([unit * x for x in lower]))
    assert scaled == verdict
    assert r == (None if p is None else pytest.approx(p))


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_losses_whose_squares_no_float_holds_can_be_compared(unit):
    sides = (Summary(x * unit, unit, 3, 3, 0, None) for x in (5.0, 2.0))
    assert judge(*sides) == ("agrees", pytest.approx(judge(summary([4, 5, 6]), summary([1, 2, 3]))[1]))


BEST = """\
grid: {model.activation: [relu, tanh], window.radius: [0, 1, 2]}
seeds: [1, 2]
lecture: {expect: [{take: best, higher: {model.activation: relu}, lower: {model.activation: tanh, window.radius: 1}}]}
"""


def test_the_best_setting_of_a_selector_has_the_highest_mean_over_seeds(write):
    sweep = load_sweep(write(BEST))
    # relu with radius 0: 0.95 and 0.05, mean 0.5; radius 1: 0.6 and 0.7, mean 0.65, the best; radius 2 failed
    values = [0.95, 0.05, 0.6, 0.7, 0.0, 0.0, 0.9, 0.9, 0.2, 0.4, 0.9, 0.9]
    errors = [None] * 4 + ["a", "b"] + [None] * 6
    outcomes = [Outcome(r, e, {"dev_f1": x}, []) for r, e, x in zip(sweep.runs, errors, values, strict=True)]
    (finding,) = findings_of(sweep, outcomes)
    assert (finding.higher.settings, finding.higher.best) == (3, {"window.radius": 1})
    assert finding.higher.summary.mean == pytest.approx(0.65)
    assert (finding.higher.summary.seeds, finding.higher.summary.failed) == (2, 0)
    assert (finding.lower.settings, finding.lower.best) == (1, {})  # its selector leaves one setting
    assert finding.lower.summary.mean == pytest.approx(0.3)
    tied = [Outcome(run, None, {"dev_f1": 0.5}, []) for run in sweep.runs]
    assert findings_of(sweep, tied)[0].higher.best == {"window.radius": 0}  # the first of equals
    empty = [Outcome(run, "it failed", {}, []) for run in sweep.runs]
    assert findings_of(sweep, empty)[0].higher.summary.mean is None


def test_the_mean_is_taken_unless_the_best_is_asked_for(write):
    sweep = load_sweep(write(BEST.replace("take: best, ", "")))
    outcomes = [Outcome(run, None, {"dev_f1": 0.1 * run.config.window.radius}, []) for run in sweep.runs]
    (finding,) = findings_of(sweep, outcomes)
    assert finding.higher.best == {}
    assert finding.higher.summary.mean == pytest.approx(0.1)  # of 0, 0.1 and 0.2


def test_a_summary_is_over_seeds_each_a_mean_over_its_runs(write):
    runs = load_sweep(write("grid: {window.radius: [0, 1]}\nseeds: [1, 2, 3]\n")).runs  # seeds fastest
    values = [0.1, 0.2, None, 0.3, 0.6, None]  # seed 1: (0.1 + 0.3) / 2 = 0.2, seed 2: (0.2 + 0.6) / 2 = 0.4
    errors = [None, None, "a: b", None, None, "c"]
    outcomes = [
        Outcome(run, error, {"loss": value}, []) for run, value, error in zip(runs, values, errors, strict=True)
    ]
    found = summarize(outcomes, "loss")
    assert found.mean == pytest.approx(0.3)
    assert found.deviation == pytest.approx(0.02**0.5)  # sqrt((0.1^2 + 0.1^2) / 1)
    assert (found.seeds, found.runs, found.failed, found.error) == (2, 6, 2, "a: b")
    assert summarize(outcomes[:1], "loss").deviation is None
    assert summarize(outcomes[:1], "gap").mean is None


def test_settings_of_a_search_stand_with_the_best_first_and_those_given_up_last(write):
    sweep = load_sweep(write("search: {trials: 3, space: {model.hidden_units: [1, 2, 3, 4]}}\nseeds: [1]\n"))
    runs = sweep.plan([{"model.hidden_units": n} for n in (1, 2, 3, 4)])
    outcomes = [
        Outcome(run, error, {"dev_f1": f1}, [], pruned=pruned)
        for run, f1, pruned, error in zip(
            runs, (0.3, 0.9, 0.8, 0.95), (False, True, False, False), (None, None, None, "it broke"), strict=True
        )
    ]
    rows = rows_of(sweep, outcomes, ["seconds"])
    assert [row.settings["model.hidden_units"] for row in rows] == [4, 3, 1, 2]
    assert list(rows[0].summaries) == ["dev_f1", "seconds"]
    assert [row.summaries["dev_f1"].pruned for row in rows] == [0, 0, 0, 1]
    assert chosen(sweep, outcomes).settings == {"model.hidden_units": 3}  # 4 failed, 2 was given up
    with pytest.raises(TrainingError, match="no setting to choose"):
        chosen(sweep, outcomes[1::2])
