"""`python -m ner_window` is the same program as `ner-window`."""

from ner_window.cli import main

main()
