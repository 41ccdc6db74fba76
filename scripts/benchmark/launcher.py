"""Runs a command and writes what it took into a file: ``launcher.py FILE COMMAND...``.

A program of its own, because a child begins with the peak memory of the process that started it: the benchmark's, which
holds PyTorch, would be counted as the command's.
"""

import json
import os
import sys
import time
from pathlib import Path


def main() -> None:
    """Write seconds, seconds of the processor and peak memory in bytes; leave with the command's exit code."""
    target, *command = sys.argv[1:]
    began = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - began
    Path(target).write_text(json.dumps([seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024]))
    sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
