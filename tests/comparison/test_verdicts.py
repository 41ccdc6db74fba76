import pytest

from ner_window.comparison.settings import group
from ner_window.comparison.verdicts import compare, only_found_by
from ner_window.evaluation.significance import Resampling

HOW = Resampling(resamples=400, seed=1)
TOKENS = [["Odile", "left", "Brevik"]] * 40
BOTH, PERSON, PLACE, NONE = "B-PER O B-LOC", "B-PER O O", "O O B-LOC", "O O O"


@pytest.fixture
def settings(run_folder, read):
    """Settings of 40 sentences, each given as a list of its seeds' predictions."""

    def build(*all_):
        folders = [
            run_folder(f"{i}-{seed}", predicted, [BOTH] * 40, TOKENS, seed=seed, optimizer_l2=float(i))
            for i, seeds in enumerate(all_)
            for seed, predicted in enumerate(seeds)
        ]
        return group(read(*folders))[0]

    return build


def verdicts(settings):
    return [pair.verdict for pair in compare(settings, HOW).pairs]


def test_a_large_difference_is_told_both_ways(settings):
    good, bad = [BOTH] * 39 + [NONE], [PERSON] * 40
    assert verdicts(settings([bad], [good])) == ["better"]


def test_the_first_may_be_the_better_one(settings):
    pair = compare(settings([[BOTH] * 40], [[PERSON] * 40]), HOW).pairs[0]
    assert pair.verdict == "worse"
    # recall 1/2, precision 1: F1 2/3
    assert pair.difference.interval.value == pytest.approx(2 / 3 - 1)
    assert pair.difference.interval.high < 0
    assert pair.p < 0.01


def test_a_small_difference_is_not(settings):
    assert verdicts(settings([[BOTH] * 38 + [NONE] * 2], [[BOTH] * 39 + [NONE]])) == ["not distinguishable"]


def test_the_same_predictions_are_called_so(settings):
    assert verdicts(settings([[BOTH] * 40], [[BOTH] * 40])) == ["same predictions"]


def test_seeds_that_part_as_far_leave_it_open(settings):
    good, bad = [BOTH] * 40, [PERSON] * 30 + [NONE] * 10
    (pair,) = compare(settings([bad, good], [good, [BOTH] * 39 + [NONE]]), HOW).pairs
    assert pair.p < 0.05  # these networks differ
    assert pair.verdict == "not distinguishable"
    assert pair.difference.seeds_vary


def test_of_several_each_is_compared_with_the_first_at_a_higher_level(settings):
    result = compare(settings([[PERSON] * 40], [[BOTH] * 40], [[PERSON] * 39 + [BOTH]], [[PLACE] * 40]), HOW)
    assert [(pair.first.label, pair.other.label) for pair in result.pairs] == [("A", "B"), ("A", "C"), ("A", "D")]
    assert [pair.verdict for pair in result.pairs] == ["better", "not distinguishable", "not distinguishable"]
    assert result.pair_level == pytest.approx(1 - 0.05 / 3)
    least = result.pairs[0]
    assert least.p == pytest.approx(3 * least.difference.p_randomization)
    wider, alone = result.pairs[1], compare([result.settings[0], result.settings[2]], HOW).pairs[0]
    assert wider.difference.interval.high > alone.difference.interval.high
    assert alone.p == alone.difference.p_randomization


def test_what_is_said_of_a_setting_does_not_depend_on_the_others(settings):
    all_ = settings([[PERSON] * 30 + [BOTH] * 10], [[BOTH] * 40])
    assert compare(all_[:1], HOW).intervals[0] == compare(all_, HOW).intervals[0]
    assert compare(all_[:1], HOW).pairs == []


def test_entities_that_only_one_finds(settings):
    one, other = settings([[BOTH, PLACE] + [BOTH] * 38], [[PERSON, BOTH] + [BOTH] * 38])
    (place,) = only_found_by(one, other)
    assert (place.text, place.type, place.one, place.other) == ("Brevik", "LOC", 1, 0)
    assert place.where.endswith("0-0/predictions.conll:3")
    (person,) = only_found_by(other, one)
    assert (person.text, person.type, person.where[-2:]) == ("Odile", "PER", ":5")
    assert only_found_by(one, one) == []


def test_entities_that_a_larger_share_of_the_seeds_finds_come_first(settings):
    all_ = [BOTH] * 38
    one, other = settings([[PLACE, BOTH, *all_], [BOTH, BOTH, *all_]], [[PLACE, NONE, *all_]])
    found = [(f.text, f.where.rsplit(":")[-1], f.one, f.other) for f in only_found_by(one, other)]
    # both in line 5 and 7 are found by 2 of 2, the person in line 1 by 1 of 2; the other setting's only seed finds none
    assert found == [("Odile", "5", 2, 0), ("Brevik", "7", 2, 0), ("Odile", "1", 1, 0)]
