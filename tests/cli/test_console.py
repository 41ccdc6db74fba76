import os
import subprocess
import sys

import pytest

from ner_window.threads import THREADS

CODE = (
    "import os, sys; from ner_window.cli import main; sys.argv = ['ner-window', '--version']\n"
    "try: main()\nexcept SystemExit: pass\n"
    "assert 'numpy' not in sys.modules; import numpy\n"
    "try:\n"
    "    from threadpoolctl import threadpool_info\n"
    "    print('pools', *{pool['num_threads'] for pool in threadpool_info()})\n"
    "except ImportError: print('pools unknown')\n"
    f"print(*(os.environ.get(name, '-') for name in {THREADS}))"
)


def run(**variables):
    others = {name: value for name, value in os.environ.items() if name not in THREADS}
    done = subprocess.run(
        [sys.executable, "-c", CODE], env={**others, **variables}, capture_output=True, text=True, check=True
    )
    _, pools, threads = done.stdout.splitlines()
    return pools.removeprefix("pools "), threads.split()


def test_one_thread_works_on_a_matrix_product():
    pools, threads = run()
    assert pools in ("1", "unknown")
    assert threads == ["1"] * len(THREADS)


@pytest.mark.parametrize("name", THREADS)
def test_who_sets_a_number_of_threads_has_it(name):
    _, threads = run(**{name: "2"})
    assert threads == ["2" if name == each else "-" for each in THREADS]
