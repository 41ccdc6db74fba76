"""Gigabytes that must not be held: the program runs in a process of its own, whose memory is measured by the system."""

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import threading
import zipfile
from contextlib import suppress

import pytest

from ner_window.errors import CorpusError, VectorsError
from ner_window.text import files
from ner_window.text.conll import read_corpus
from ner_window.text.vectors import read_vectors

#: MB that a command may hold that reads what it refuses; most of it Python and NumPy.
MOST = 150


#: Starts the program from a small process: the system counts what the one held that started it, too.
LAUNCHER = """
import subprocess, sys, time
process, peak = subprocess.Popen(sys.argv[2:]), 0
while process.poll() is None:
    try:
        with open(f"/proc/{process.pid}/status") as file:
            peak = max(peak, int(file.read().split("VmHWM:")[1].split()[0]))
    except (OSError, IndexError):
        pass  # it has just ended
    time.sleep(0.002)
with open(sys.argv[1], "w") as file:
    file.write(f"{process.returncode} {peak >> 10}")
"""


@pytest.fixture
def measured(root, tmp_path):
    """Run the program, fed with pieces until it reads no more; return exit code, messages, MB, and MB that it took."""

    def run(*arguments, pieces=()):
        environment = {**os.environ, "NER_WINDOW_CACHE": str(tmp_path / "cache"), "PYTHONPATH": str(root)}
        errors = tmp_path / "errors"
        with errors.open("wb") as file:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-c", LAUNCHER, tmp_path / "measured"),
                    *(sys.executable, "-m", "ner_window", *map(str, arguments)),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=file,
                bufsize=0,
                env=environment,
            )
        fed = [0]

        def feed():
            with suppress(BrokenPipeError), process.stdin:
                for piece in pieces:
                    fed[0] += process.stdin.write(piece)

        thread = threading.Thread(target=feed)
        thread.start()
        process.wait()
        thread.join()
        code, memory = map(int, (tmp_path / "measured").read_text().split())
        return code, errors.read_text(), memory, fed[0] >> 20

    return run


GIGABYTE = [b"x" * (1 << 20)] * 1024


@pytest.mark.parametrize("kind", ["conll", "tokens", "text", "jsonl"])
def test_a_line_of_a_gigabyte_is_refused_after_eight_megabytes(measured, model, kind):
    code, said, memory, fed = measured("predict", model, "--input-format", kind, pieces=GIGABYTE)
    assert code == 2
    assert said.startswith("error: standard input:1: a line of more than 8 MB, got b'xxx")
    assert memory < MOST
    assert fed < 20


@pytest.mark.parametrize("command", ["convert", "score"])
def test_a_corpus_of_one_line_of_half_a_gigabyte_is_refused(measured, tmp_path, command):
    path = tmp_path / "a.conll"
    with path.open("wb") as file:
        file.write(b"a O\n\n")
        file.truncate(1 << 29)  # NUL bytes that take no room on the disk
    more = [tmp_path / "out.conll", "--to", "IOB1"] if command == "convert" else [path]
    code, said, memory, _ = measured(command, path, *more)
    assert code == 2
    assert f"error: {path}:3: a line of more than 8 MB, got b'\\x00" in said
    assert memory < MOST


@pytest.mark.parametrize("command", ["predict", "convert"])
def test_a_sentence_that_does_not_end_is_refused_after_a_million_tokens(measured, model, tmp_path, command):
    lines = [b"Mira B-PER\n\n", *[b"river O\n" * 100_000] * 40]  # 32 MB
    path = tmp_path / "a.conll"
    if command == "convert":
        path.write_bytes(b"".join(lines))
        arguments = ["convert", path, tmp_path / "out.conll", "--to", "BIOES"]
    else:
        arguments = ["predict", model, "--input-format", "conll"]
    code, said, memory, _ = measured(*arguments, pieces=lines if command == "predict" else ())
    assert code == 2
    name = "standard input" if command == "predict" else path
    assert f"error: {name}:3: a sentence of more than 1000000 tokens begins here, got no blank line" in said
    assert memory < MOST
    assert not (tmp_path / "out.conll").exists()


def test_vectors_of_one_line_of_half_a_gigabyte_are_refused(measured, tmp_path):
    path = tmp_path / "v.txt"
    with path.open("wb") as file:
        file.write(b"the 1 2\nof 3 4\n")
        file.truncate(1 << 29)  # its digest is computed first, which takes a second
    with pytest.raises(VectorsError, match=r"v\.txt:3: a line of more than 4 MB, got '.x00"):
        read_vectors(path)
    (tmp_path / "c.yaml").write_text("data: {train: a.conll, dev: a.conll}\nvectors: {source: v.txt}\n")
    (tmp_path / "a.conll").write_text("Oslo B-LOC\n")
    code, said, memory, _ = measured("train", tmp_path / "c.yaml", "-o", tmp_path / "out")
    assert code == 2
    assert "v.txt:3: a line of more than 4 MB" in said
    assert memory < MOST


def test_a_configuration_without_an_end_is_refused(measured):
    code, said, memory, _ = measured("config", "show", "/dev/zero")
    assert (code, said) == (2, "error: /dev/zero: more than 1 MB; is it a configuration?\n")
    assert memory < MOST


def test_a_bomb_of_a_gigabyte_is_refused_after_a_quarter(measured, model, tmp_path):
    member = gzip.compress(
        (b"x" * 999_990 + b" O\n\n") * 16
    )  # 16 MB in 16 KB; members one behind the other are one file
    (tmp_path / "a.conll.gz").write_bytes(member * 64)
    code, said, memory, _ = measured("predict", model, tmp_path / "a.conll.gz")
    assert code == 2
    assert "a.conll.gz: unpacks to more than 200 times its size, got 25" in said
    assert memory < MOST


PACKED = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}
BOMB = (b"x" * 99_990 + b" O\n\n") * 20


@pytest.mark.parametrize("ending", PACKED)
def test_bombs_of_every_kind_are_refused(tmp_path, monkeypatch, ending):
    monkeypatch.setattr(files, "UNSUSPECTED", 1 << 20)
    path = tmp_path / f"a{ending}"
    path.write_bytes(PACKED[ending](BOMB))
    with pytest.raises(
        CorpusError, match=rf"a{ending}: unpacks to more than 200 times its size, got 1 MB so far; if it"
    ):
        read_corpus(path)
    monkeypatch.setattr(files, "UNSUSPECTED", 1 << 22)
    assert read_corpus(path).lines == 40


@pytest.mark.parametrize("ending", [".gz", ".zip"])
def test_bombs_of_vectors_are_refused(tmp_path, monkeypatch, ending):
    monkeypatch.setattr(files, "UNSUSPECTED", 1 << 20)
    content = b"the " + b" ".join([b"0"] * 1000) + b"\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("v.txt", content * 1000)
    path = tmp_path / f"v{ending}"
    path.write_bytes(gzip.compress(content * 1000) if ending == ".gz" else packed.getvalue())
    with pytest.raises(VectorsError, match=rf"v{ending}: unpacks to more than 200 times its size"):
        read_vectors(path)


def test_text_that_repeats_itself_is_no_bomb(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "UNSUSPECTED", 1 << 16)
    path = tmp_path / "a.conll.gz"
    path.write_bytes(gzip.compress("".join(f"word{i % 50} O\n\n" for i in range(20_000)).encode()))
    assert read_corpus(path).token_lines == 20_000


def test_a_promise_of_a_trillion_vectors_reserves_nothing(measured, tmp_path):
    for name, start in (("v.bin", b"1000000000000 50\nthe " + b"\0" * 200), ("v.txt", b"1000000000000 2\nthe 1 2\n")):
        (tmp_path / name).write_bytes(start)
        (tmp_path / "c.yaml").write_text(f"data: {{train: a.conll, dev: a.conll}}\nvectors: {{source: {name}}}\n")
        (tmp_path / "a.conll").write_text("the O\nOslo B-LOC\n")
        code, said, memory, _ = measured(
            "train", tmp_path / "c.yaml", "-o", tmp_path / name / ".." / f"m-{name}", "--dry-run"
        )
        assert memory < MOST
        if name == "v.bin":
            assert code == 2
            assert "promises 1000000000000 vectors of 50 numbers, but in vector 2 it ends there" in said
        else:
            assert code == 0
