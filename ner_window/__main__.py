"""`python -m ner_window` is the same program as `ner-window`."""

from ner_window.collector import collect_seldom
from ner_window.interrupts import end_at_once


def main() -> None:
    """Run the program; while it is imported, Ctrl-C ends it without a traceback."""
    end_at_once()
    collect_seldom()
    from ner_window.cli import main as run

    run()


if __name__ == "__main__":
    main()
