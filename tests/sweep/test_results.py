import pytest

from ner_window.sweep.plan import load_sweep
from ner_window.sweep.results import Summary, judge, summarize
from ner_window.sweep.runs import Outcome


def summary(values):
    """Build a summary from values, one a seed, by the definition of the sample deviation."""
    mean = sum(values) / len(values) if values else None
    deviation = (sum((x - mean) ** 2 for x in values) / (len(values) - 1)) ** 0.5 if len(values) > 1 else None
    return Summary(mean, deviation, len(values), len(values), 0, None)


@pytest.mark.parametrize(
    ("higher", "lower", "verdict"),
    [
        # s = 1 and n = 3 on both sides: 2 sqrt(1/3 + 1/3) = 1.633
        ([4, 5, 6], [1, 2, 3], "agrees"),
        ([1, 2, 3], [4, 5, 6], "disagrees"),
        ([2.64, 3.64, 4.64], [1, 2, 3], "agrees"),  # 1.64 apart
        ([2.62, 3.62, 4.62], [1, 2, 3], "cannot be told apart"),  # 1.62 apart
        # s1 = 1, n1 = 3, s2 = 2, n2 = 2: 2 sqrt(1/3 + 4/2) = 3.055
        ([5.1, 6.1, 7.1], [3 - 2**0.5, 3 + 2**0.5], "agrees"),  # 3.1 apart
        ([5.0, 6.0, 7.0], [3 - 2**0.5, 3 + 2**0.5], "cannot be told apart"),  # 3.0 apart
        ([100, 100, 100], [1, 1, 1], "agrees"),  # no deviation: any difference counts
        ([1, 1, 1], [1, 1, 1], "cannot be told apart"),
        ([9], [1, 2, 3], "cannot be told apart"),  # one seed has no deviation
        ([], [1, 2, 3], "cannot be told apart"),
    ],
)
def test_the_rule_of_the_verdict_by_hand(higher, lower, verdict):
    assert judge(summary(higher), summary(lower)) == verdict


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
