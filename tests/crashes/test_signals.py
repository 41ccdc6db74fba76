"""Ctrl-C and SIGTERM at any moment: exit code 130, no traceback, nothing half."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest


@pytest.fixture
def start(root, tmp_path):
    def start(*arguments, **more):
        command = [sys.executable, "-m", "ner_window", *map(str, arguments)]
        environment = {**os.environ, "NER_WINDOW_CACHE": str(tmp_path / "cache")}
        return subprocess.Popen(command, cwd=root, env=environment, stdout=-3, stderr=-1, text=True, **more)

    return start


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_predict_to_a_file_leaves_none(start, model, root, tmp_path, number):
    (tmp_path / "long.conll").write_text((root / "data/train.conll").read_text() * 60)
    process = start("predict", model, tmp_path / "long.conll", "-o", tmp_path / "p")
    while not (tmp_path / ".new-p").exists():
        time.sleep(0.005)
        assert process.poll() is None
    process.send_signal(number)
    assert (process.communicate()[1], process.returncode) == ("", 130)
    assert [path.name for path in tmp_path.iterdir()] == ["long.conll"]


def test_sigterm_ends_training_as_ctrl_c_does_also_where_that_is_ignored(start, program, tmp_path):
    def ignore():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell does for what it starts in the background

    epochs = ("--set", "training.epochs=500", "--set", "training.patience=500")
    process = start("train", "configs/quickstart.yaml", "-o", tmp_path / "m", *epochs, preexec_fn=ignore)
    while not (tmp_path / "m.checkpoint").exists():
        time.sleep(0.01)
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    said = process.communicate()[1].splitlines()
    assert process.returncode == 130
    assert said[-1].startswith("stopped in epoch ")
    assert said[-1].endswith(" --resume")
    assert program("info", tmp_path / "m").stdout
    assert {path.name for path in tmp_path.iterdir()} == {"m", "m.checkpoint", "cache"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_no_traceback_at_any_moment(start, model, tmp_path, number):
    moments = random.Random(number)
    for trial in range(4):
        process = start("predict", model, "data/train.conll", "-o", tmp_path / f"{trial}")
        time.sleep(moments.uniform(0.1, 0.7))
        process.send_signal(number)
        said = process.communicate()[1]
        assert "Traceback" not in said
        assert process.returncode in (0, 130, -number, -signal.SIGINT)
        assert (tmp_path / f"{trial}").exists() or process.returncode
