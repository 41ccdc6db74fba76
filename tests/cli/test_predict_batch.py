"""Many files, workers, kills: as a user does it."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ner_window.batch.manifest import read_manifest, replay
from ner_window.text.files import open_input

#: Tokens of the corpus that workers are killed on.
TOKENS = 2_000_000


@pytest.fixture(scope="module")
def files(root, tmp_path_factory):
    """Make 40 files of CoNLL, one of them big enough to be cut: the corpus of data/, its numbers drawn anew."""
    folder, draw = tmp_path_factory.mktemp("batch") / "in", random.Random(4)
    folder.mkdir()
    sentences = (root / "data/train.conll").read_text().strip("\n").split("\n\n")
    for name in range(40):
        lines, tokens = list[str](), 0
        while tokens < (TOKENS // 40 if name else TOKENS // 2):
            sentence = draw.choice(sentences).split("\n")
            tokens += len(sentence) + 1
            lines += [*sentence, f"{draw.randrange(99999)} O", ""]
        (folder / f"{name:02}.conll").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def undisturbed(files, model, program):
    said = program("predict", model, files, "-o", files.parent / "undisturbed")
    record = json.loads((files.parent / "undisturbed" / "manifest.json").read_text())
    counts = [entry["counts"] for entry in record["files"]]
    assert sum(count["tokens"] for count in counts) >= TOKENS
    assert said.stderr.startswith(f"{files.parent / 'undisturbed'}: 40 of 40 files; ")
    return digests(files.parent / "undisturbed")


@pytest.fixture(scope="module")
def some(files):
    """Choose half of the small files."""
    folder = files.parent / "some"
    folder.mkdir()
    for path in sorted(files.iterdir())[20:]:
        (folder / path.name).symlink_to(path)
    return folder


def these(undisturbed, folder):
    return {path.name: undisturbed[path.name] for path in folder.iterdir()}


def digests(folder):
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json"]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def start(root, *arguments):
    command = [sys.executable, "-m", "ner_window", "predict", *map(str, arguments)]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def wait_for(condition, process):
    deadline = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.005)


def told(output):
    """Return the names of the outputs that the record of a batch tells of, as it is now."""
    record = read_manifest(str(output / "manifest.json"))
    assert replay(record, str(output / ".parts")) == []
    return {Path(entry["output"]).name for entry in record["files"] if "bytes" in entry}


def children(pid):
    """Return the processes that work for a process: those below it that have loaded NumPy."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            maps = Path(f"/proc/{child}/maps").read_text()
            found += [child] if "_multiarray_umath" in maps else []
    return found


def test_a_worker_and_the_client_are_killed_and_the_output_is_as_if_nothing_had_been(
    files, undisturbed, model, root, program
):
    output = files.parent / "killed"
    arguments = (model, files, "-o", output, "--workers", "2")
    process = start(root, *arguments)
    wait_for(lambda: (output / ".parts").exists() and len(list(output.glob("*.conll"))) >= 3, process)
    workers = children(process.pid)
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    wait_for(lambda: len(told(output)) >= 12, process)
    process.kill()
    process.communicate()
    done = {name: (output / name).stat().st_mtime_ns for name in told(output)}
    assert 12 <= len(done) < 40
    assert all(
        digest == undisturbed[name] for name, digest in digests(output).items() if "/" not in name
    )  # none is half
    said = program(*("predict", *arguments))
    assert digests(output) == undisturbed
    assert done == {name: (output / name).stat().st_mtime_ns for name in done}  # what was told of is not made again
    assert f"40 of 40 files, {len(done)} were there already; " in said.stderr
    again = program(*("predict", *arguments))
    assert again.stderr.startswith(f"{output}: 40 of 40 files, 40 were there already; ")  # and no workers are started


def test_one_process_is_killed_and_goes_on(some, undisturbed, model, root, program):
    output, random_ = some.parent / "one", random.Random(7)
    for share in sorted(random_.sample(range(2, 18), 3)):
        process = start(root, model, some, "-o", output)
        wait_for(lambda share=share: len(list(output.glob("*.conll"))) >= share, process)
        process.kill()
        process.communicate()
    program("predict", model, some, "-o", output)
    assert digests(output) == these(undisturbed, some)


def test_ctrl_c_says_how_to_go_on(some, undisturbed, model, root, program):
    output = some.parent / "stopped"
    for workers, more in ((1, 3), (2, 9)):
        process = start(root, model, some, "-o", output, "--workers", workers)
        wait_for(lambda more=more: len(list(output.glob("*.conll"))) >= more, process)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]
        assert process.returncode == 130
        last = said.splitlines()[-1]
        assert last.startswith("stopped: ")
        assert last.endswith(
            f"of 20 files are finished; go on with: ner-window predict {model} {some} -o {output} --workers {workers}"
        )
        assert "Traceback" not in said
    program("predict", model, some, "-o", output)
    assert digests(output) == these(undisturbed, some)


def test_a_single_big_file_is_shared_by_workers(files, undisturbed, model, program, tmp_path):
    said = program("predict", model, files / "00.conll", "-o", tmp_path / "a.conll", "--workers", "2")
    assert hashlib.sha256((tmp_path / "a.conll").read_bytes()).hexdigest() == undisturbed["00.conll"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.conll"]
    assert said.stderr.splitlines()[1].startswith(f"{tmp_path}/a.conll: 1 of 1 files; ")
    refused = program("predict", model, files / "00.conll", "-o", tmp_path / "a.conll", "--workers", "2", code=2)
    assert "a.conll: exists already; choose another output, or replace it with --force" in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.conll"]


def test_what_fails_is_reported_and_the_exit_code_is_one(model, program, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.conll").write_text("Ana N\nsings\n")
    (tmp_path / "in" / "b.tokens").write_text("In Berlin\n")
    (tmp_path / "in" / ".c").write_text("In Berlin\n")
    said = program("predict", model, tmp_path / "in", "-o", tmp_path / "out", code=1)
    assert said.stderr.splitlines() == [
        f"{tmp_path}/in: 1 hidden files are left out",
        f"error: {tmp_path}/in/a.conll:2: expected 2 columns as in line 1, got 1: 'sings'",
        f"{tmp_path}/out: 1 of 2 files, 1 failed; 2 tokens in 1 sentences",
    ]
    (tmp_path / "in" / "a.conll").write_text("Ana N\nsings V\n")
    said = program("predict", model, tmp_path / "in", "-o", tmp_path / "out")
    assert said.stderr.endswith(f"{tmp_path}/out: 2 of 2 files, 1 were there already; 4 tokens in 2 sentences\n")


def test_wrong_use_is_refused(model, program, tmp_path):
    (tmp_path / "a.txt").write_text("In Berlin.\n")
    for arguments, message in (
        ((tmp_path / "a.txt", "--workers", "2"), "--workers and --scheduler need an output"),
        (
            (tmp_path / "a.txt", "-o", tmp_path / "out", "--workers", "2", "--scheduler", "tcp://127.0.0.1:9"),
            "choose one of --workers and --scheduler",
        ),
        (("-", "-o", tmp_path / "out", "--workers", "2"), "standard input: cannot be read by workers; name a file"),
        ((tmp_path / "*.pdf",), "*.pdf: no file matches; look at the pattern"),
        ((tmp_path / "a.txt", "-o", tmp_path / "a.txt" / "x" / "y/"), "cannot be written: Not a directory"),
    ):
        said = program("predict", model, *arguments, code=2)
        assert message in " ".join(said.stderr.split()), said.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_an_existing_cluster_does_the_work(files, undisturbed, model, program, tmp_path):
    from distributed import LocalCluster

    (tmp_path / "in").mkdir()
    for name in ("01.conll", "02.conll"):
        (tmp_path / "in" / name).symlink_to(files / name)
    with LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address="127.0.0.1:0") as cluster:
        address = cluster.scheduler_address
        program("predict", model, tmp_path / "in", "-o", tmp_path / "out", "--scheduler", address)
    assert digests(tmp_path / "out") == {name: undisturbed[name] for name in ("01.conll", "02.conll")}


def test_an_output_is_compressed_if_its_name_says_so(model, program, tmp_path):
    (tmp_path / "a.tokens").write_text("In Berlin\n" * 50)
    program("predict", model, tmp_path / "a.tokens", "-o", tmp_path / "a.conll")
    program("predict", model, tmp_path / "a.tokens", "-o", tmp_path / "b.conll.gz")
    program("predict", model, tmp_path / "a.tokens", "-o", tmp_path / "c.conll.zst", "--workers", "2")
    for name in ("b.conll.gz", "c.conll.zst"):
        with open_input(tmp_path / name) as stream:
            assert stream.read() == (tmp_path / "a.conll").read_bytes()


def test_a_full_disk_behind_standard_output_is_an_error(model, root):
    command = [sys.executable, "-m", "ner_window", "predict", model, "--input-format", "tokens"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, input="In Berlin\n", stdout=full, stderr=subprocess.PIPE, text=True, cwd=root)
    assert done.stderr == "error: standard output: cannot be written: No space left on device\n"
    assert done.returncode == 2
