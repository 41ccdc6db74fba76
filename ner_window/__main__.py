"""`python -m ner_window` is the same program as `ner-window`."""

import gc

from ner_window.interrupts import end_at_once

#: Objects that are made before the collector of cycles looks again. Modules and tables make hundreds of thousands, of
#: which none is to be collected: at Python's 700 it takes a twentieth of the time to the first line.
COLLECT_AFTER = 50_000


def main() -> None:
    """Run the program; while it is imported, Ctrl-C ends it without a traceback."""
    end_at_once()
    gc.set_threshold(COLLECT_AFTER)
    from ner_window.cli import main as run

    run()


if __name__ == "__main__":
    main()
