import pytest

from ner_window.report.numbers import plus_minus, reason
from ner_window.sweep.results import Summary


@pytest.mark.parametrize(
    ("measure", "value", "text"),
    [
        ("dev_f1", 0.8514, "85.14"),
        ("loss", 0.25, "0.2500"),
        ("loss", 7.06e29, "7.06e+29"),
        ("tokens_per_second", 123456.7, "123,457"),
        ("distinct_units", 100, "100.0"),
        ("gap", None, "-"),
    ],
)
def test_numbers_are_written_by_their_measure(measure, value, text):
    assert plus_minus(measure, Summary(value, None, 1, 1, 0, None)) == text


@pytest.mark.parametrize(
    ("error", "text"),
    [
        ("epoch 2: the loss is not finite, got nan; lower optimizer.learning_rate", "the loss is not finite"),
        ("a.conll: cannot be read: No such file", "a.conll: cannot be read: No such file"),
        ("a.conll:3: expected 2 columns, got 1: 'x'", "a.conll:3: expected 2 columns"),
    ],
)
def test_the_reason_of_a_failure_is_short(error, text):
    assert reason(error) == text
