"""Python's collector of cycles, which looks less often here."""

import gc

#: Objects that are made before it looks. Modules, words and their features are hundreds of thousands of objects, none
#: of which is to be collected: at Python's 700 it takes a twentieth of the time to tag a file.
COLLECT_AFTER = 50_000


def collect_seldom() -> None:
    """Have the collector of this process look after `COLLECT_AFTER` new objects."""
    gc.set_threshold(COLLECT_AFTER)
