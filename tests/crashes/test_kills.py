"""A small `scripts/kills`: ten kills, and the same commands end as if nothing had been."""

import random

import pytest
from kills import Case, Tally, Trials, Workshop, table


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return Workshop(tmp_path_factory.mktemp("kills"))


@pytest.mark.parametrize(
    ("name", "kills"),
    [("train --force", 3), ("predict -o FILE --force", 3), ("train --dry-run, no cache", 2), ("vectors import", 2)],
)
def test_killed_at_any_moment_a_command_ends_as_if_nothing_had_been(shop, name, kills):
    case = next(case for case in shop.cases() if case.name == name)
    trials, moments = Trials(shop, case), random.Random(8)
    for number in range(kills):
        trials.kill(moments, at_operation=bool(number % 2))
    assert trials.tally.wrong == []
    assert trials.tally.counts["kills"] >= 1


def test_the_table_tells_of_losses():
    tally = Tally(wrong=["half"], seconds=[0.5], operations=[3, 3])
    tally.counts.update(kills=3, old=3)
    last = table({"train": tally}).splitlines()
    assert last[2] == "| `train` | 3 | 1, 0.50 to 0.50 s | 2, 1 of them | 3 | 0 | 0 | 1 |"
    assert last[-1] == "3 kills, 1 losses"


def test_what_is_half_is_found(shop):
    case = next(case for case in shop.cases() if case.name == "predict -o FILE --force")
    trials = Trials(shop, case)
    trials._prepare()
    (trials.place / "p").write_text("ha")
    (trials.place / ".old-p-abcdefg").touch()
    said = trials._look()
    assert said == ["p is neither the old nor the new one", "then .old-p-abcdefg was left"]
    assert isinstance(case, Case)
