"""Nothing is written outside the output that was named, but what is kept for next time in the cache that was named."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def world(root, tmp_path, model):
    """Run the program in a home, a working directory and a temporary one of its own; return what is new afterwards."""
    places = {name: tmp_path / name for name in ("home", "work", "tmp", "cache")}
    for place in places.values():
        place.mkdir()

    def files():
        return {str(path.relative_to(tmp_path)): path.lstat().st_mtime_ns for path in tmp_path.rglob("*")}

    def run(*arguments, stdin=""):
        before = files()
        environment = {key: value for key, value in os.environ.items() if not key.startswith("XDG_")}
        environment |= {"HOME": str(places["home"]), "TMPDIR": str(places["tmp"]), "PYTHONPATH": str(root)}
        environment |= {"NER_WINDOW_CACHE": str(places["cache"]), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "ner_window", *map(str, arguments)]
        done = subprocess.run(command, input=stdin, text=True, capture_output=True, env=environment, cwd=places["work"])
        assert done.returncode == 0, done.stderr
        after = files()
        assert before.keys() <= after.keys()
        top = {"/".join(Path(name).parts[:2]) for name in after.keys() - before.keys()}
        return {name for name in top if not name.startswith("cache")}

    return run


def commands(root, model, folder):
    data, out = root / "data", folder / "work" / "out"
    config = root / "configs/quickstart.yaml"
    return {
        "train": ("train", config, "-o", out, "--set", "training.epochs=1"),
        "dry run": ("train", config, "--dry-run"),
        "predict": ("predict", model, data / "test.conll", "-o", out),
        "predict to standard output": ("predict", model, data / "test.conll"),
        "batch": ("predict", model, data / "test.conll", data / "dev.conll", "-o", out),
        "convert": ("convert", data / "test.conll", out, "--to", "BIOES"),
        "repair": ("repair", data / "test.conll", out, "--method", "conlleval"),
        "evaluate": ("evaluate", model, data / "test.conll", "--predictions", out),
        "check": ("check", data / "test.conll"),
        "score": ("score", data / "test.conll", data / "test.conll"),
        "init": ("init", out),
        "export": ("vectors", "export", model, out.with_name("out.txt")),
        "info": ("info", model),
        "config": ("config", "show", config),
    }


NAMES = list(commands(*(Path("/"),) * 3))


@pytest.mark.parametrize("name", NAMES)
def test_a_command_writes_what_was_named_and_nothing_else(world, root, model, tmp_path, name):
    new = world(*commands(root, model, tmp_path)[name])
    assert new <= {"work/out", "work/out.txt"}
    assert bool(new) == any(
        "out" in str(argument) and str(tmp_path) in str(argument) for argument in commands(root, model, tmp_path)[name]
    )


def test_an_experiment_writes_into_its_folder(world, root, tmp_path):
    (tmp_path / "work" / "s.yaml").write_text(
        f"base: {root}/configs/quickstart.yaml\nset: {{training.epochs: 1}}\ngrid: {{window.radius: [0, 1]}}\n"
    )
    assert world("experiment", "s.yaml", "-o", "out") == {"work/out"}
