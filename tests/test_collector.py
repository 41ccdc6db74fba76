import gc
import subprocess
import sys

import pytest

from ner_window.batch import plan, work
from ner_window.collector import COLLECT_AFTER


@pytest.fixture(autouse=True)
def threshold():
    """Give the collector of this process back what it had."""
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


def test_the_program_looks_seldom(root):
    code = (
        "import gc, sys\nfrom ner_window.__main__ import main\nsys.argv = ['ner-window', '--version']\n"
        "try:\n    main()\nexcept SystemExit:\n    print(gc.get_threshold()[0])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.splitlines()[-1] == str(COLLECT_AFTER)


def test_a_worker_that_reads_a_model_looks_seldom_from_then_on(model):
    identity, _ = work.model_at(model, plan.Options())
    work._loaded.key = None  # as in a worker
    work._table(identity, plan.Options())
    assert gc.get_threshold()[0] == COLLECT_AFTER
