"""Standard input is answered as it comes, and a reader that goes away ends the program quietly."""

import os
import pty
import select
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import pytest

#: Seconds that an answer may take on a busy machine, before it counts as none.
PATIENCE = 60

#: For each format a piece that is a sentence, and what stands at the end of its answer in each output format.
PIECES = {
    "conll": b"In\nBerlin\n\n",
    "tokens": b"In Berlin\n",
    "text": b"She lives in Berlin.\n",
    "jsonl": b'{"text": "In Berlin."}\n',
}
ENDS = {"conll": b"\n\n", "jsonl": b"]}\n", "inline": b"\n", "html": b"</p>\n"}


@contextmanager
def running(root, model, *options, stdin=subprocess.PIPE):
    """Start `predict`; end it if the test has not."""
    command = [sys.executable, "-m", "ner_window", "predict", str(model), *options]
    pipes = {"stdin": stdin, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=root, bufsize=0, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def answer(process, end):
    """Return what has been written up to an end, for which no more is sent."""
    got, until = b"", time.monotonic() + PATIENCE
    while not got.endswith(end):
        ready, _, _ = select.select([process.stdout], [], [], max(0, until - time.monotonic()))
        piece = os.read(process.stdout.fileno(), 1 << 16) if ready else b""
        assert piece, f"no answer ending in {end!r} came, only {got!r}; {process.poll()}"
        got += piece
    return got


@pytest.mark.parametrize("output_format", ENDS)
@pytest.mark.parametrize("input_format", PIECES)
def test_what_is_sent_is_answered_before_more_is_sent(root, model, input_format, output_format):
    options = ("--input-format", input_format, "--format", output_format)
    with running(root, model, *options) as process:
        for _ in range(3):
            process.stdin.write(PIECES[input_format])
            assert b"Berlin" in answer(process, ENDS[output_format])
        process.stdin.close()
        rest = process.stdout.read()
        assert process.wait() == 0
        assert process.stderr.read() == b""
    assert (b"</html>" in rest) == (output_format == "html")
    assert b"Berlin" not in rest


@pytest.mark.parametrize("kind", ["text", "jsonl"])
def test_the_format_is_found_out_from_the_first_line_alone(root, model, kind):
    with running(root, model) as process:
        for _ in range(2):
            process.stdin.write(PIECES[kind])
            assert b"Berlin" in answer(process, ENDS["jsonl"])


def test_a_sentence_of_a_column_waits_for_its_end_and_half_a_line_for_the_rest(root, model):
    with running(root, model, "--input-format", "conll") as process:
        for piece in (b"In\nBer", b"lin\n", b"\nShe"):
            process.stdin.write(piece)
        assert answer(process, b"\n\n").startswith(b"In O\nBerlin ")
        process.stdin.write(b"\n\n")
        assert answer(process, b"\n\n") == b"She O\n\n"


def test_a_line_typed_at_a_terminal_is_a_line_tagged(root, model):
    keyboard, terminal = pty.openpty()
    try:
        with running(root, model, "--input-format", "text", "--format", "inline", stdin=terminal) as process:
            for name in (b"Berlin", b"Oslo"):
                os.write(keyboard, b"She lives in " + name + b".\n")
                assert name in answer(process, b"\n")
            os.write(keyboard, b"\x04")  # Ctrl-D on an empty line: the end
            assert process.wait(PATIENCE) == 0
            assert process.stderr.read() == b""
    finally:
        os.close(keyboard)
        os.close(terminal)


@pytest.mark.parametrize("output_format", ENDS)
@pytest.mark.parametrize("input_format", ["conll", "text"])
def test_a_reader_that_goes_away_ends_it_quietly(root, model, input_format, output_format):
    with running(root, model, "--input-format", input_format, "--format", output_format) as process:
        process.stdin.write(PIECES[input_format])
        answer(process, ENDS[output_format])
        process.stdout.close()
        with suppress(BrokenPipeError):  # it may be gone before all has been sent
            for _ in range(1000):
                process.stdin.write(PIECES[input_format] * 20)
        process.stdin.close()
        assert process.wait(PATIENCE) in (0, -13)  # at its end, or by the signal SIGPIPE
        assert process.stderr.read() == b""


def test_the_first_lines_of_much_come_before_its_end(root, model):
    with running(root, model, "--input-format", "tokens") as process:
        os.set_blocking(process.stdin.fileno(), False)
        sent = 0
        while not select.select([process.stdout], [], [], 0)[0]:  # an answer is there while more could be sent
            select.select([process.stdout], [process.stdin], [], PATIENCE)
            with suppress(BlockingIOError):
                sent += process.stdin.write(PIECES["tokens"] * 100) or 0
            assert sent < 200_000_000
        assert answer(process, b"\n").startswith(b"In O\nBerlin ")
