import csv
import io
from dataclasses import replace

import pytest

from ner_window.report.conclusions import CHOSEN
from ner_window.report.sweeps import (
    plan_text,
    run_line,
    runs_csv,
    sweep_csv,
    sweep_json,
    sweep_markdown,
    sweep_table,
    timings_csv,
)
from ner_window.sweep.folders import Outcome
from ner_window.sweep.plan import load_sweep
from ner_window.sweep.results import summarize

SWEEP = """\
base: {data: {train: t.conll, dev: t.conll}}
grid: {model.initialization: [xavier, zeros]}
seeds: [1, 2, 3]
measures: [dev_f1, loss]
lecture:
  says: Zeros cannot break the symmetry.
  expect:
    - {measure: dev_f1, higher: {model.initialization: xavier}, lower: {model.initialization: zeros}}
"""


NOT_FINITE = "epoch 2: the loss is not finite, got nan; lower optimizer.learning_rate"


@pytest.fixture(autouse=True)
def corpus(tmp_path):
    (tmp_path / "t.conll").touch()


@pytest.fixture
def results(tmp_path):
    """Xavier with F1 80, 82, 84 (mean 82, deviation 2), zeros with 10, 10 and a failed run: 0."""
    (tmp_path / "symmetry.yaml").write_text(SWEEP)
    sweep = load_sweep(tmp_path / "symmetry.yaml")
    values = [(0.80, 0.5), (0.82, 0.6), (0.84, 0.7), (0.1, 2.0), (0.1, 3.0), (0.0, None)]
    errors = [None] * 5 + [NOT_FINITE]
    outcomes = [
        Outcome(run, error, {"dev_f1": f1, "loss": loss}, [{"epoch": 1, "loss": loss, "dev_f1": f1, "dev_loss": loss}])
        for run, (f1, loss), error in zip(sweep.runs, values, errors, strict=True)
    ]
    return sweep, outcomes


def test_the_table_has_what_differs_and_says_what_was_measured(results):
    # zeros: mean of 10, 10, 0 is 6.67, deviation sqrt((3.33^2 + 3.33^2 + 6.67^2) / 2) = 5.77; loss of two seeds.
    # t = 75.33 / sqrt(2^2 / 3 + 5.77^2 / 3) = 21.4; for df = 2, fewer than there are, a table gives 31.6 at 0.1 % and
    # for 3 it gives 12.9. df = 12.44^2 / (1.333^2 / 2 + 11.11^2 / 2) = 2.47, between them
    assert [" ".join(line.split()) for line in sweep_table(*results).split("\n")] == [
        "model.initialization seeds dev_f1, % loss seconds failures",
        "xavier 3 82.00 ± 2.00 0.6000 ± 0.1000 -",
        "zeros 3 6.67 ± 5.77 2.5000 ± 0.7071 - failed 1 of 3: the loss is not finite",
        "",
        "The lecture: Zeros cannot break the symmetry.",
        "Measured: dev_f1 (%) 82.00 ± 2.00 with model.initialization=xavier against 6.67 ± 5.77 with "
        "model.initialization=zeros (failed 1 of 3: the loss is not finite), 3 seeds each, p < 0.001: agrees.",
        "Means are told apart by Welch's t-test at the 5 % level, or by any difference if neither deviates; ± is the "
        "sample deviation over the seeds.",
    ]


def test_csv_holds_numbers_in_full_and_fractions(results):
    rows = list(csv.reader(io.StringIO(sweep_csv(*results))))
    assert rows[0] == [
        "model.initialization", "seeds", "failed", "given_up", "dev_f1", "dev_f1_deviation", "loss", "loss_deviation",
    ]  # fmt: skip
    assert rows[1][:4] == ["xavier", "3", "0", "0"]
    assert [float(cell) for cell in rows[1][4:]] == pytest.approx([0.82, 0.02, 0.6, 0.1])
    assert rows[2][:4] == ["zeros", "3", "1", "0"]
    runs = list(csv.reader(io.StringIO(runs_csv(*results))))
    assert runs[0] == ["run", "model.initialization", "seed", "failed", "given_up", "dev_f1", "loss"]
    assert runs[2] == ["initialization=xavier-seed=2", "xavier", "2", "0", "0", "0.82", "0.6"]
    assert runs[6] == ["initialization=zeros-seed=3", "zeros", "3", "1", "0", "0.0", ""]


def test_markdown_is_the_same_table_and_names_the_plot_if_there_is_one(results):
    page = sweep_markdown(*results, "plot.svg")
    assert page.startswith("# symmetry\n\n| model.initialization | seeds | dev_f1, % | loss | failures |\n|---|---:|")
    assert "| xavier | 3 | 82.00 ± 2.00 | 0.6000 ± 0.1000 |  |" in page
    assert page.endswith("![symmetry](plot.svg)\n")
    assert "plot.svg" not in sweep_markdown(*results, None)


def test_json_holds_everything(results):
    document = sweep_json(*results)
    assert document["settings"][0]["settings"] == {"model.initialization": "xavier"}
    assert document["settings"][0]["measures"]["dev_f1"]["mean"] == pytest.approx(0.82)
    assert [run["seed"] for run in document["runs"]] == [1, 2, 3, 1, 2, 3]
    assert document["runs"][5]["error"] == NOT_FINITE
    assert document["runs"][0]["epochs"][0]["dev_f1"] == 0.80
    finding = document["lecture"]["findings"][0]
    assert finding["verdict"] == "agrees"
    assert 0 < finding["p"] < 0.05
    assert finding["take"] == "mean"
    assert finding["measured"]["lower"]["failed"] == 1


def test_one_seed_has_no_deviation_and_no_verdict(results):
    sweep, outcomes = results
    text = sweep_table(sweep, [outcomes[0], outcomes[3]])
    assert "80.00  " in text
    assert "1 seed each: cannot be told apart (a deviation takes two seeds)." in text


def test_both_sides_are_said_in_full_also_what_they_share(tmp_path):
    (tmp_path / "s.yaml").write_text(
        SWEEP.replace("zeros]", "zeros], window.radius: [0, 1]")
        .replace("higher: {", "higher: {window.radius: 1, ")
        .replace("lower: {", "lower: {window.radius: 1, ")
    )
    sweep = load_sweep(tmp_path / "s.yaml")
    outcomes = [Outcome(run, None, {"dev_f1": 0.5}, []) for run in sweep.runs]
    assert (
        "Measured: dev_f1 (%) 50.00 ± 0.00 with window.radius=1, model.initialization=xavier "
        "against 50.00 ± 0.00 with window.radius=1, model.initialization=zeros, 3 seeds each: cannot be told apart."
    ) in sweep_table(sweep, outcomes)


def test_unequal_numbers_of_seeds_are_said(results):
    sweep, outcomes = results
    assert "3 and 2 seeds, p < 0.001: agrees." in sweep_table(sweep, outcomes[:5])


def _outcomes(tmp_path, text, measure, values):
    """Write a sweep; return it, and outcomes of which the n-th has the n-th value."""
    (tmp_path / "s.yaml").write_text(text)
    sweep = load_sweep(tmp_path / "s.yaml")
    return sweep, [Outcome(run, None, {measure: x}, []) for run, x in zip(sweep.runs, values, strict=True)]


def test_the_best_setting_is_named_with_how_many_it_was_chosen_from(tmp_path):
    text = SWEEP.replace("zeros]", "zeros], window.radius: [0, 1]").replace("{measure: dev_f1", "{take: best")
    values = [0.1, 0.1, 0.1, 0.8, 0.82, 0.84, 0.7, 0.7, 0.7, 0.2, 0.2, 0.2]
    sweep, outcomes = _outcomes(tmp_path, text, "dev_f1", values)
    assert (
        "Measured: dev_f1 (%) 82.00 ± 2.00 with model.initialization=xavier (best of 2: window.radius=1) "
        "against 70.00 ± 0.00 with model.initialization=zeros (best of 2: window.radius=0), 3 seeds each, p = 0.009: "
        "agrees."  # t = 12 / sqrt(2^2 / 3) = 10.39 for df = 2, where p = 1 - t / sqrt(2 + t^2) = 0.0091
    ) in sweep_table(sweep, outcomes)
    measured = sweep_json(sweep, outcomes)["lecture"]["findings"][0]["measured"]
    assert measured["lower"]["best"] == {"of": 2, "settings": {"window.radius": 0}}


def test_speeds_are_said_with_their_ratio(tmp_path):
    text = SWEEP.replace("dev_f1", "tokens_per_second")
    sweep, outcomes = _outcomes(tmp_path, text, "tokens_per_second", [9000, 9000, 9000, 300, 330, 360])
    assert (  # 9000 / 330 = 27.27
        "with model.initialization=zeros, 27.3 times as many, 3 seeds each, p < 0.001: agrees."
    ) in sweep_table(sweep, outcomes)
    sweep, outcomes = _outcomes(tmp_path, text, "tokens_per_second", [9000, 9000, 9000, None, None, None])
    assert "times as many" not in sweep_table(sweep, outcomes)


def test_a_sweep_that_expects_nothing_says_between_what_its_first_measure_lies(tmp_path):
    text = SWEEP.partition("lecture")[0].replace("[xavier, zeros]", "[he, xavier, zeros]")
    values = [0.7] * 3 + [0.80, 0.82, 0.84] + [0.5] * 3
    sweep, outcomes = _outcomes(tmp_path, text, "dev_f1", values)
    assert sweep_table(sweep, outcomes).split("\n")[1:] == [
        "he                        3  70.00 ± 0.00     -        -",
        "xavier                    3  82.00 ± 2.00     -        -",
        "zeros                     3  50.00 ± 0.00     -        -",
        "",
        "Measured: dev_f1 (%) from 50.00 ± 0.00 (model.initialization=zeros) to 82.00 ± 2.00 "
        "(model.initialization=xavier).",
        CHOSEN,
    ]
    (tmp_path / "s.yaml").write_text(text + "lecture: {says: Begin well.}\n")
    sweep = load_sweep(tmp_path / "s.yaml")
    assert sweep_table(sweep, outcomes).split("\n")[-3] == "The lecture: Begin well."


def test_failures_are_said_where_nothing_is_expected(results):
    sweep, outcomes = results
    lecture = sweep.options.lecture.model_copy(update={"expect": ()})
    sweep = replace(sweep, options=sweep.options.model_copy(update={"lecture": lecture}))
    assert (
        "from 6.67 ± 5.77 (model.initialization=zeros; failed 1 of 3: the loss is not finite) to 82.00"
        in sweep_table(sweep, outcomes)
    )


@pytest.mark.parametrize("measures", ["dev_f1, loss", "loss, dev_f1"])
def test_one_setting_or_no_values_are_a_table_alone(tmp_path, measures):
    text = SWEEP.partition("lecture")[0].replace("dev_f1, loss", measures)
    sweep, outcomes = _outcomes(tmp_path, text.replace(", zeros", ""), "dev_f1", [0.1, 0.2, 0.3])
    assert "Measured" not in sweep_table(sweep, outcomes)
    sweep, outcomes = _outcomes(tmp_path, text, "best_epoch", range(6))
    assert "Measured" not in sweep_table(sweep, outcomes)


def test_rows_are_summarized_as_a_summary_is(results):
    sweep, outcomes = results
    measured = sweep_json(sweep, outcomes)["settings"][1]["measures"]["loss"]
    assert measured == vars(summarize(outcomes[3:], "loss"))


def test_times_stand_by_themselves_unless_the_sweep_asks_for_them(results):
    sweep, outcomes = results
    timed = [replace(o, measures={**o.measures, "seconds": 1.5, "tokens_per_second": None}) for o in outcomes]
    assert timings_csv(sweep, timed).split("\n")[:2] == [
        "run,seconds,tokens_per_second",
        "initialization=xavier-seed=1,1.5,",
    ]
    assert "seconds" not in str(sweep_json(sweep, timed))
    assert "seconds" not in sweep_csv(sweep, timed)
    asked = replace(sweep, options=sweep.options.model_copy(update={"measures": ("dev_f1", "seconds")}))
    assert sweep_json(asked, timed)["runs"][0]["measures"]["seconds"] == 1.5


SEARCH = """\
base: {data: {train: t.conll, dev: t.conll}}
search: {trials: 5, space: {model.hidden_units: [10, 20], model.dropout: {low: 0, high: 0.5}}}
seeds: [1, 2]
"""


def test_a_search_is_said_to_flatter_its_best_and_what_was_given_up_is_not_the_worst(tmp_path):
    (tmp_path / "s.yaml").write_text(SEARCH)
    sweep = load_sweep(tmp_path / "s.yaml")
    assert plan_text(sweep).split("\n") == [
        "key                 may be",
        "model.hidden_units  [10, 20]",
        'model.dropout       {"low": 0, "high": 0.5, "step": null, "log": false}',
        "5 trials (tpe), each with 2 seeds",
    ]
    runs = sweep.plan([{"model.hidden_units": n, "model.dropout": 0.5} for n in (10, 20)])
    outcomes = [
        Outcome(r, None, {"dev_f1": x, "best_epoch": 1, "seconds": 2.0}, [{}], pruned=x < 0.5)
        for r, x in zip(runs, (0.6, 0.7, 0.1, 0.2), strict=True)
    ]
    found = sweep.of(run for run in runs)
    lines = sweep_table(found, outcomes).split("\n")
    assert lines[2].endswith("given up 2 of 2")
    assert lines[-1].startswith("The best is chosen by these very numbers, which flatters it")
    assert not any(line.startswith("Measured") for line in lines)  # there is nothing to compare it with
    assert run_line(outcomes[2], 3, 10).endswith("dev F1 10.00 (epoch 1), given up after epoch 1  2.0 s")
