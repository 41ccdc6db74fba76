import sys

import pytest
from benchmark import processes


def python(code):
    return [sys.executable, "-S", "-c", code]


def test_memory_is_that_of_the_process_and_not_of_its_parent():
    here = bytearray(150_000_000)  # as large as what a benchmark holds
    assert processes.measure(python("pass")).peak < 100_000_000
    assert 200_000_000 < processes.measure(python("bytearray(200_000_000)")).peak < 300_000_000
    del here


def test_seconds_and_those_of_the_processor():
    asleep = processes.measure(python("import time; time.sleep(0.2)"))
    assert asleep.seconds > 0.2
    assert asleep.processor < asleep.seconds


def test_a_process_that_fails_says_why():
    with pytest.raises(RuntimeError, match=r"-S -c .*: exit code 3: no such model$"):
        processes.measure(python("import sys; print('no such model', file=sys.stderr); sys.exit(3)"))


def test_first_byte_comes_before_the_end():
    code = "import sys, time; print(sys.stdin.readline(), flush=True); time.sleep(0.5)"
    assert 0 < processes.first_byte(python(code), "a\n") < 0.5


def test_no_first_byte():
    with pytest.raises(RuntimeError, match=r"exit code 0, and wrote b''"):
        processes.first_byte(python("pass"), "a\n")


def test_threads(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert processes.with_threads(2)["OMP_NUM_THREADS"] == "2"
    assert "OMP_NUM_THREADS" not in processes.with_threads(None)


def test_what_a_process_printed():
    assert processes.run_python("print(1 + 1)") == "2\n"
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        processes.run_python("1 / 0")
