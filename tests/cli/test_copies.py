"""What convert and repair share: where the copy goes, and where it does not."""

import gzip
import os
import subprocess
import sys

import pytest

TEXT = "Mira I-PER\nsails O\n\nOslo B-LOC\n"
COPY = TEXT.replace("I-PER", "B-PER")


@pytest.fixture(
    params=[("convert", "--from", "IOB1", "--to", "IOB2"), ("repair", "--scheme", "IOB2")], ids=lambda p: p[0]
)
def copy(request, program, tmp_path):
    """Run one of the commands from a file to another."""
    (tmp_path / "a.conll").write_text(TEXT)
    command, *options = request.param

    def run(source, target, *more, **keywords):
        return program(command, source, target, *options, *more, cwd=tmp_path, **keywords)

    return run


def test_the_input_is_never_the_output(copy, tmp_path):
    (tmp_path / "link.conll").symlink_to("a.conll")
    for source, target in (("a.conll", "a.conll"), ("a.conll", "link.conll"), ("link.conll", "./a.conll")):
        assert copy(source, target, "--force", code=2).stderr == (
            f"error: {os.path.normpath(target)}: is the input; name another file for the output\n"
        )
    assert (tmp_path / "a.conll").read_text() == TEXT
    with (tmp_path / "a.conll").open("ab") as end:
        done = subprocess.run(
            [sys.executable, "-m", "ner_window", "repair", tmp_path / "a.conll", "-"],
            stdout=end, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert "a.conll: is the input and the output; name another file for the copy" in done.stderr
    assert (tmp_path / "a.conll").read_text() == TEXT


def test_a_file_that_exists_is_only_replaced_if_asked_for(copy, tmp_path):
    (tmp_path / "b.conll").write_text("mine")
    assert copy("a.conll", "b.conll", code=2).stderr == (
        "error: b.conll: exists already; choose another output, or replace it with --force\n"
    )
    assert copy("a.conll", ".", code=2).stderr == "error: .: is a directory; name a file in it\n"
    os.mkfifo(tmp_path / "pipe")
    assert copy("a.conll", "pipe", "--force", code=2).stderr == (
        "error: pipe: is no regular file; write to standard output (-) and direct that there\n"
    )
    assert (tmp_path / "b.conll").read_text() == "mine"
    copy("a.conll", "b.conll", "--force")
    assert (tmp_path / "b.conll").read_text() == COPY


def test_compressed_in_and_out(copy, tmp_path):
    (tmp_path / "a.conll.gz").write_bytes(gzip.compress(TEXT.encode()))
    copy("a.conll.gz", "new/b.conll.gz", "-q")
    assert gzip.decompress((tmp_path / "new" / "b.conll.gz").read_bytes()).decode() == COPY
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["b.conll.gz"]


def test_a_flaw_late_in_a_file_leaves_nothing(copy, tmp_path):
    (tmp_path / "a.conll").write_text(TEXT * 1000 + "\nalone\n")
    for target in ("b.conll", "-"):
        done = copy("a.conll", target, code=2)
        assert done.stdout == ""
        assert done.stderr == "error: a.conll:4002: expected 2 columns as in line 1, got 1: 'alone'\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a.conll"]
    assert copy("none.conll", "b.conll", code=2).stderr == (
        "error: none.conll: cannot be read: No such file or directory\n"
    )


def test_from_a_pipe_to_a_pipe(copy):
    done = copy("-", "-", stdin=TEXT.replace("\n", "\r\n").encode())
    assert done.stdout == COPY.replace("\n", "\r\n")
    assert "standard input:1: 'I-PER' -> 'B-PER': " in done.stderr
    assert ": 1 of 3 tags changed, in 1 of 2 sentences\n" in done.stderr
    assert copy("-", "-", "--json", stdin=TEXT, code=2).stderr == (
        "error: --json: standard output holds the copy; name a file as OUT\n"
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")  # noqa: PTH110
def test_a_full_disk_is_said(tmp_path):
    (tmp_path / "a.conll").write_text(COPY)
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-m", "ner_window", "convert", tmp_path / "a.conll", "-", "--to", "IO", "-q"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == "error: standard output: cannot be written: No space left on device\n"
