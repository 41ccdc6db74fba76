"""Scripts are no package that is installed: their folder is where Python looks for `kills` and `kill_point`."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))


@pytest.fixture
def killed_at(tmp_path) -> Callable[[Callable[[], object], int], bool]:
    """Do something in a fork of this process, killed before its n-th operation on files; return whether it was."""
    from kill_point import arm

    def run(action: Callable[[], object], number: int) -> bool:
        child = os.fork()
        if not child:
            arm(str(tmp_path), number)
            code = 1
            try:
                action()
                code = 0
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        assert status in (0, signal.SIGKILL)
        return status == signal.SIGKILL

    return run
