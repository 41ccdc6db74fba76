"""Runs ner_window and kills it (SIGKILL) before one of the things that it does to files in a folder.

    python kill_point.py FOLDER NUMBER COUNT ARGUMENT...

FOLDER holds the files, NUMBER says before which operation on them, from 1, and COUNT names a file for the number of
operations that there were, if it was not killed. Operations are what Python tells its audit hooks: files opened to be
written, folders made, names changed and removed. What is written to an open file, or by a library in another language,
is not among them.
"""

import os
import runpy
import signal
import sys
from pathlib import Path

_CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate", "os.chmod"}


def arm(folder: str, number: int) -> list[int]:
    """Kill this process before the operation of that number on files in a folder; return the count, which grows."""
    count = [0]

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if not (event in _CHANGES or (event == "open" and _writes(arguments))):
            return
        names = [os.fsdecode(each) for each in arguments if isinstance(each, str | bytes | os.PathLike)]
        if any(name.startswith(folder) or "/" not in name for name in names):  # without a folder: of `shutil.rmtree`
            count[0] += 1
            if count[0] == number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    return count


def _writes(arguments: tuple[object, ...]) -> bool:
    flags = arguments[2]
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def main() -> None:
    """Run ner_window with the arguments, and note how many operations there were if it was not killed."""
    folder, number, noted, *arguments = sys.argv[1:]
    count = arm(folder, int(number))
    sys.argv = ["ner-window", *arguments]
    try:
        runpy.run_module("ner_window", run_name="__main__", alter_sys=True)
    finally:
        total = count[0]
        Path(noted).write_text(str(total))


if __name__ == "__main__":
    main()
