import os
import subprocess
import sys

import pytest

from ner_window.blas import EXTENSIONS, KERNELS, THREADS, WIDE, divided, is_wide

FLAGS = "fpu sse avx avx2 " + " ".join(sorted(EXTENSIONS))
ZEN_5 = {"vendor_id": "AuthenticAMD", "cpu family": "26", "flags": FLAGS}


@pytest.mark.parametrize(
    ("processor", "expected"),
    [
        (ZEN_5, True),
        ({**ZEN_5, "cpu family": "27"}, True),
        ({**ZEN_5, "cpu family": "25"}, False),  # Zen 4: known
        ({**ZEN_5, "cpu family": "?"}, False),
        ({**ZEN_5, "vendor_id": "GenuineIntel"}, False),
        ({**ZEN_5, "flags": "fpu sse avx avx2 avx512f"}, False),
        ({}, False),  # no Linux
    ],
)
def test_which_processors_are_told_which_kernels_to_take(processor, expected):
    assert is_wide(processor) == expected


def chosen(**variables):
    names = (*THREADS, KERNELS)
    code = f"import os; from ner_window import blas; blas.choose(); print(*(os.environ.get(n, '-') for n in {names}))"
    environment = {name: value for name, value in os.environ.items() if name not in names}
    done = subprocess.run([sys.executable, "-c", code], env=environment | variables, capture_output=True, check=True)
    *threads, kernels = done.stdout.decode().split()
    return threads, kernels


def test_one_thread_and_the_kernels_of_this_processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        lines = file.read().partition("\n\n")[0].splitlines()
    processor = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    assert chosen() == (["1"] * len(THREADS), WIDE if is_wide(processor) else "-")


def test_what_the_user_has_chosen_stays():
    threads, kernels = chosen(OMP_NUM_THREADS="2", OPENBLAS_CORETYPE="Haswell")
    assert threads == ["2" if name == "OMP_NUM_THREADS" else "-" for name in THREADS]
    assert kernels == "Haswell"


def test_workers_share_the_threads_that_the_user_gave(monkeypatch):
    for name in THREADS:
        monkeypatch.delenv(name, raising=False)
    assert divided(2) == dict.fromkeys(THREADS, "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    assert divided(3) == dict.fromkeys(THREADS, "2")
    assert divided(9) == dict.fromkeys(THREADS, "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert divided(2) == dict.fromkeys(THREADS, "1")
