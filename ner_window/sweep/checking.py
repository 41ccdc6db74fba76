"""Files of configurations and of sweeps, checked: what is wrong in them, and what they name that is not there."""

import re
from collections.abc import Sequence
from pathlib import Path

from ner_window.config import is_sweep, missing_files, read_tree, resolve
from ner_window.errors import ConfigError
from ner_window.sweep.plan import load_sweep

#: The message that a corpus or the vectors of a sweep's runs do not exist.
ABSENT = re.compile(r": (?:data\.train|data\.dev|vectors\.source|training\.teacher): does not exist, got ")


def check_file(path: Path, overrides: Sequence[str] = ()) -> tuple[list[str], list[str]]:
    """Return a message for each thing that is wrong in a file, and for each corpus or vectors that do not exist.

    Whether it is a sweep is told by its keys. Of a sweep the configurations of all runs are checked.
    """
    try:
        if is_sweep(read_tree(path)[0]):
            load_sweep(path, overrides)
            return [], []
        config, origins = resolve(path, overrides)
    except ConfigError as error:
        lines = str(error).split("\n")
        return [line for line in lines if not ABSENT.search(line)], list(filter(ABSENT.search, lines))
    return [], list(missing_files(config, str(path), origins))
