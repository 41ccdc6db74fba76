"""Disks that are full, or may not be written, and inputs that go away: one line, exit code 2 or 1, and nothing half."""

import os
import shutil
import subprocess
import sys

import pytest

TRAIN = ("train", "configs/quickstart.yaml", "--set", "training.epochs=1", "-q")


def mounted(folder, size):
    """Mount a small disk; return whether that may be done here."""
    folder.mkdir()
    if shutil.which("mount") is None or os.geteuid() != 0:
        return False
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True)
    return done.returncode == 0


@pytest.fixture
def full(tmp_path, root):
    """Run a command whose output is on a disk of 96 kB; where none can be mounted, no file may grow beyond that."""
    disk = tmp_path / "disk"
    is_disk = mounted(disk, "96k")
    limit = [] if is_disk else ["bash", "-c", 'ulimit -f 96; exec "$@"', "bash"]
    environment = {**os.environ, "PYTHONPATH": str(root), "NER_WINDOW_CACHE": str(tmp_path / "cache")}

    def run(*arguments):
        command = [*limit, sys.executable, "-m", "ner_window", *map(str, arguments)]
        return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)

    run.disk, run.environment, run.why = disk, environment, "No space left on device" if is_disk else "File too large"
    yield run
    if is_disk:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_model_that_does_not_fit_leaves_the_old_one(full):
    (full.disk / "m").mkdir()
    (full.disk / "m/model.json").write_text("old")
    done = full(*TRAIN, "-o", full.disk / "m", "--force")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(f"error: {full.disk}/m")
    assert "cannot be written: " in done.stderr
    assert full.why in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in full.disk.iterdir()] == ["m"]
    assert (full.disk / "m/model.json").read_text() == "old"


def test_predictions_that_do_not_fit_leave_the_old_ones(full, model, root, tmp_path):
    (tmp_path / "long.conll").write_text((root / "data/train.conll").read_text() * 4)
    (full.disk / "p").write_text("old")
    done = full("predict", model, tmp_path / "long.conll", "-o", full.disk / "p", "--force")
    assert (done.returncode, done.stderr) == (2, f"error: {full.disk}/p: cannot be written: {full.why}\n")
    assert {path.name: path.read_text() for path in full.disk.iterdir()} == {"p": "old"}


def test_vectors_that_do_not_fit_are_no_import(full, tmp_path):
    full.environment["NER_WINDOW_CACHE"] = str(full.disk)
    done = full("vectors", "import", "data/glove.50d.txt")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the vectors could not be kept for next time: " in done.stderr
    assert "None" not in done.stderr  # NumPy does not say why it could not write, but how much it could
    assert "Traceback" not in done.stderr
    assert list((full.disk / "vectors").iterdir()) == []
    looked = full("vectors", "info", "data/glove.50d.txt")
    assert (looked.returncode, "no; ner-window vectors import" in looked.stdout) == (0, True)


def test_of_many_predictions_those_that_fit_are_there(full, model, root, tmp_path):
    (tmp_path / "long.conll").write_text((root / "data/train.conll").read_text() * 4)
    done = full("predict", model, root / "data/test.conll", tmp_path / "long.conll", "-o", full.disk / "d")
    assert done.returncode in (1, 2)
    assert "long.conll:1: given up after 3 tries, the part of " in done.stderr
    assert full.why in done.stderr
    assert "Traceback" not in done.stderr
    assert (full.disk / "d/test.conll").stat().st_size > (root / "data/test.conll").stat().st_size
    assert not (full.disk / "d/long.conll").exists()


def test_an_experiment_on_a_full_disk_says_so_for_each_run(full, tmp_path):
    (tmp_path / "s.yaml").write_text("base: c.yaml\ngrid: {training.epochs: [1]}\n")
    done = full("experiment", tmp_path / "s.yaml", "--base", "configs/quickstart.yaml", "-o", full.disk / "e", "-q")
    assert done.returncode in (1, 2)
    assert full.why in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert not list((full.disk / "e").glob("runs/*/weights.safetensors"))


def test_vectors_that_cannot_be_kept_are_used_all_the_same(full):
    full.environment["NER_WINDOW_CACHE"] = str(full.disk)
    done = full("train", "configs/quickstart.yaml", "--dry-run")
    assert done.returncode == 0
    assert "the vectors could not be kept for next time: " in done.stdout + done.stderr
    assert not list(full.disk.glob("vectors/*"))


@pytest.fixture
def read_only(tmp_path):
    """Make a folder that may not be written; where root cannot mount one, a file in its place has to do."""
    place = tmp_path / "ro"
    is_disk = mounted(place, "1m")
    if is_disk:
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
    elif os.geteuid():
        place.chmod(0o500)
    else:
        place.rmdir()
        place.touch()
    yield place
    if is_disk:
        subprocess.run(["umount", "-l", str(place)], check=True)
    elif place.is_dir():
        place.chmod(0o700)


@pytest.mark.parametrize("command", ["train", "predict to a file", "predict to a folder"])
def test_what_may_not_be_written_is_one_line(program, model, read_only, command):
    arguments = {
        "train": (*TRAIN, "-o", read_only / "m"),
        "predict to a file": ("predict", model, "data/test.conll", "-o", read_only / "p"),
        "predict to a folder": ("predict", model, "data/test.conll", "data/dev.conll", "-o", read_only / "d"),
    }[command]
    said = program(*arguments, code=2).stderr
    assert len(said.splitlines()) == 1
    assert said.startswith(f"error: {read_only}")
    assert "cannot be written: " in said


def test_inputs_that_vanish(program, model, root, tmp_path):
    shutil.copytree(root / "data", tmp_path / "data")
    shutil.copy(root / "configs/quickstart.yaml", tmp_path / "c.yaml")
    config = (tmp_path / "c.yaml").read_text().replace("../data", "data")
    (tmp_path / "c.yaml").write_text(config)
    (tmp_path / "data/dev.conll").unlink()
    said = program("train", tmp_path / "c.yaml", "-o", tmp_path / "m", code=2).stderr
    assert f"{tmp_path}/data/dev.conll: cannot be read: No such file or directory" in said
    assert not (tmp_path / "m").exists()
    said = program("predict", model, tmp_path / "data/dev.conll", "-o", tmp_path / "p", code=2).stderr
    assert said == f"error: {tmp_path}/data/dev.conll: cannot be read: No such file or directory\n"
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".") or path.name == "p"]
