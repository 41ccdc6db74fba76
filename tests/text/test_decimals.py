import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.text.decimals import parse_decimals

DIGITS = st.text("0123456789", max_size=10)
PLAIN = st.builds(lambda sign, whole, rest: sign + whole + rest, st.sampled_from(["", "-"]), DIGITS, DIGITS)
DOTTED = st.builds("{}.{}".format, PLAIN, st.text("0123456789", max_size=18))
WRITTEN = st.floats(-1e6, 1e6).map("{:.5g}".format) | st.floats(width=32).map(str) | st.floats().map(repr)


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def parsed(numbers):
    text = "x " + " ".join(numbers)
    starts = [2]
    for number in numbers[:-1]:
        starts.append(starts[-1] + len(number) + 1)
    ends = [start + len(number) for start, number in zip(starts, numbers, strict=True)]
    dots = [start + (n.index(".") if "." in n else len(n)) for start, n in zip(starts, numbers, strict=True)]
    return parse_decimals(text.encode(), *(np.array(places) for places in (starts, dots, ends)))


@given(st.lists(PLAIN.filter(is_number) | DOTTED.filter(is_number) | WRITTEN, min_size=1))
def test_numbers_are_what_python_reads_to_the_last_bit(numbers):
    assert parsed(numbers).tobytes() == np.array([float(number) for number in numbers]).tobytes()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0.0),
        ("-0.0", -0.0),
        ("7", 7.0),
        ("-.5", -0.5),
        ("5.", 5.0),
        ("+3", 3.0),
        ("12345678.1234567", 12345678.1234567),  # 15 digits: what is added up at once
        ("123456789.1234567", 123456789.1234567),  # 16, and 9 before the dot: left to Python
        ("90071992.54740993", 90071992.54740993),  # 16 digits that add up to 2^53 + 1: left to Python
        ("99999999.99999999", 99999999.99999999),
        ("0.12345678901234567", 0.12345678901234567),
        ("6.6e-05", 6.6e-05),
        ("inf", np.inf),
    ],
)
def test_numbers_of_every_form(text, number):
    assert parsed([text, "1.5"]).tolist() == [number, 1.5]
    assert str(parsed([text])[0]) == str(np.float64(number))


def test_no_numbers():
    none = np.array([], np.intp)
    assert parse_decimals(b"", none, none, none).shape == (0,)


@pytest.mark.parametrize(
    "text", ["", "-", ".", "four", "1x", "x1", "1.2.3", "1-2", "--1", "1:2", "1/2", "12e", "\xe9.5"]
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(ValueError, match="could not convert"):
        parsed(["1.5", text])
