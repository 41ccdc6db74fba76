import pytest

from ner_window.nn.schedules import SCHEDULES


@pytest.mark.parametrize(
    ("name", "epoch", "factor"),
    [
        ("constant", 0.0, 1.0),
        ("constant", 9.9, 1.0),
        ("halve", 0.0, 1.0),
        ("halve", 1.99, 1.0),
        ("halve", 2.0, 0.5),
        ("halve", 3.99, 0.5),
        ("halve", 4.0, 0.25),
        ("exponential", 1.0, 0.5**0.5),
        ("exponential", 2.0, 0.5),
        ("exponential", 6.0, 0.125),
        ("linear", 0.0, 1.0),
        ("linear", 2.5, 0.75),
        ("linear", 5.0, 0.5),
        ("linear", 10.0, 0.0),
        ("linear", 10.5, 0.0),  # never negative
    ],
)
def test_factor_at_a_time(name, epoch, factor):
    assert SCHEDULES[name](epoch, 10, 2) == factor


def test_cyclic_rises_and_falls_between_a_tenth_and_one_once_in_every_epochs():
    factors = [SCHEDULES["cyclic"](epoch, 10, 2) for epoch in (0, 0.5, 1, 1.5, 2, 3, 9)]
    assert factors == pytest.approx([0.1, 0.55, 1, 0.55, 0.1, 1, 1])


@pytest.mark.parametrize("name", sorted(set(SCHEDULES) - {"cyclic"}))
def test_schedules_start_at_one_and_never_rise(name):
    factors = [SCHEDULES[name](i / 8, 10, 3) for i in range(81)]
    assert factors[0] == 1
    assert factors == sorted(factors, reverse=True)
