import itertools

import pytest
from benchmark import rows


def test_in_turn_alternates_and_takes_medians():
    order = []
    numbers = {"a": itertools.cycle([3.0, 1.0, 8.0]), "b": itertools.cycle([5.0, 5.0, 2.0])}

    def measure(name):
        order.append(name)
        return next(numbers[name])

    assert rows.in_turn(lambda: measure("a"), lambda: measure("b"), rounds=3) == [3.0, 5.0]
    assert "".join(order) == "ababab"
    assert rows.in_turn(lambda: measure("a"), rounds=3, of=min) == [1.0]


@pytest.mark.parametrize(
    ("row", "ratio", "met"),
    [
        (rows.speed("p", "w", 300_000, 100_000, 3.0), 3.0, True),
        (rows.speed("p", "w", 299_000, 100_000, 3.0), 2.99, False),
        (rows.speed("p", "w", 200_000, 100_000), 2.0, None),
        (rows.seconds("p", "w", 2.0, 12.0, 6.0), 6.0, True),  # the peer took six times as long
        (rows.seconds("p", "w", 2.0, 11.0, 6.0), 5.5, False),
        (rows.at_most("p", "w", "s", 0.2, 0.1, 2.0), 2.0, True),
        (rows.at_most("p", "w", "s", 0.3, 0.1, 2.0), 3.0, False),
    ],
)
def test_ratios_and_bounds(row, ratio, met):
    assert row.ratio == pytest.approx(ratio)
    assert row.met is met


def test_figures_without_a_peer():
    assert rows.below("p", "w", "MB", 199.0, 200).met is True
    assert rows.below("p", "w", "MB", 200.0, 200).met is False
    assert rows.below("p", "w", "MB", 1000.0).met is None
    assert rows.absent("p", "why").ours is None


def test_f1_may_be_two_tenths_lower_and_as_high_as_it_is():
    assert rows.equal_f1("p", "w", 0.8885, 0.89).met is True
    assert rows.equal_f1("p", "w", 0.8875, 0.89).met is False
    assert rows.equal_f1("p", "w", 0.95, 0.89).met is True


def test_table():
    shown = rows.markdown(
        [
            rows.speed("training", "batch 64", 1_234_560, 400_000, 3.0),
            rows.seconds("vectors", "text", 0.5, 17.09),
            rows.below("vectors", "memory", "MB", 105.4, 200),
            rows.equal_f1("training", "F1", 0.8895, 0.8883),
            rows.absent("files", "could not be measured: no spaCy"),
        ]
    )
    assert shown.splitlines() == [
        "| part | ours | peer | ratio | bound | met |",
        "|---|---|---|---|---|---|",
        "| training: batch 64 | 1,234.6 k/s | 400.0 k/s | 3.09 | at least 3 x | yes |",
        "| vectors: text | 0.500 s | 17.09 s | 34.18 |  |  |",
        "| vectors: memory | 105 MB |  |  | below 200 MB | yes |",
        "| training: F1 | 88.95 | 88.83 |  | at most 0.2 lower | yes |",
        "| files: could not be measured: no spaCy |  |  |  |  |  |",
    ]
