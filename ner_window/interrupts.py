"""Ctrl-C where there is nothing to save: while the program starts, and while Python ends."""

import signal


def end_at_once() -> None:
    """Let Ctrl-C end the process without a word, as it does other programs. Where it is ignored, it stays so."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def raise_again() -> None:
    """Let Ctrl-C raise `KeyboardInterrupt`, as Python does."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
