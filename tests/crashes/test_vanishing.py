"""Inputs that are cut, replaced or removed while they are read, and names that last: one error, and nothing half."""

import os
import subprocess
import sys

import pytest

from ner_window import exchange
from ner_window.prediction import write_whole
from ner_window.storage import write_checkpoint, write_directory

#: Runs the program; when it opens a file the n-th time, something is done to that file just before.
MEDDLER = """
import os, runpy, sys
path, number, deed, *arguments = sys.argv[1:]
left = [int(number)]

def watch(event, details):
    if event == "open" and isinstance(details[0], (str, os.PathLike)) and os.fspath(details[0]) == path:
        left[0] -= 1
        if left[0] == 0:
            if deed == "cut":
                os.truncate(path, os.path.getsize(path) // 2)
            elif deed == "replace":
                os.replace(path + ".other", path)
            else:
                os.unlink(path)

sys.addaudithook(watch)
sys.argv = ["ner-window", *arguments]
runpy.run_module("ner_window", run_name="__main__", alter_sys=True)
"""

SENTENCE = "Mira O B-PER\nlives O O\nin O O\nTours O B-LOC\n\n"
COMMANDS = {
    "check": ("check", "{text}"),
    "evaluate": ("evaluate", "{model}", "{text}"),
    "score": ("score", "{text}"),
    "convert": ("convert", "{text}", "{out}", "--to", "BIOES"),
    "repair": ("repair", "{text}", "{out}", "--method", "discard"),
    "predict": ("predict", "{model}", "{text}", "-o", "{out}"),
    "predict to a folder": ("predict", "{model}", "{text}", "{more}", "-o", "{out}"),
}


@pytest.fixture
def meddled(tmp_path, root):
    def run(path, number, deed, *arguments):
        command = [sys.executable, "-c", MEDDLER, str(path), str(number), deed, *map(str, arguments)]
        environment = {**os.environ, "PYTHONPATH": str(root), "NER_WINDOW_CACHE": str(tmp_path / "cache")}
        return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=120)

    return run


@pytest.mark.parametrize("deed", ["cut", "replace", "remove"])
@pytest.mark.parametrize("command", COMMANDS)
def test_an_input_that_changes_as_it_is_opened(meddled, model, tmp_path, command, deed):
    text, out, more = tmp_path / "text.conll", tmp_path / "out", tmp_path / "more.conll"
    text.write_text(SENTENCE * 20)
    more.write_text(SENTENCE)
    (tmp_path / "text.conll.other").write_text(SENTENCE * 3)
    number = 2 if command in ("score", "convert") else 1
    arguments = [each.format(text=text, out=out, more=more, model=model) for each in COMMANDS[command]]
    done = meddled(text, number, deed, *arguments)
    assert done.returncode == (1 if command == "predict to a folder" else 2)
    assert f"{text}: {'' if deed == 'remove' else 'changed while it was '}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.is_file()
    assert not (out / "text.conll").exists()
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("deed", ["cut", "remove"])
def test_a_corpus_that_changes_while_a_model_is_trained(meddled, root, tmp_path, deed):
    text = tmp_path / "train.conll"
    text.write_bytes((root / "data/train.conll").read_bytes())
    few = ("--set", "training.epochs=1", "--set", f"data.train={text}", "-q")
    done = meddled(text, 1, deed, "train", "configs/quickstart.yaml", *few, "-o", tmp_path / "m")
    assert done.returncode == 2
    assert f"{text}: {'' if deed == 'remove' else 'changed while it was '}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not [path for path in tmp_path.iterdir() if path.name not in ("train.conll", "cache")]


@pytest.fixture
def calls():
    """Tell in which order a function calls those of the system that give names and wait for the disk."""

    def told(function, *arguments, **options):
        names = []

        def watch(frame, event, called):
            is_call = event == "c_call" and called.__module__ in ("posix", "nt")
            if is_call and called.__name__ in ("fsync", "replace", "rename"):
                names.append(called.__name__)

        sys.setprofile(watch)
        try:
            function(*arguments, **options)
        finally:
            sys.setprofile(None)
        return names

    return told


def test_a_file_is_on_the_disk_before_its_name_and_the_name_before_all_else(calls, tmp_path):
    (tmp_path / "new").write_text("all")
    assert calls(exchange.put, tmp_path / "new", tmp_path / "it") == ["fsync", "replace", "fsync"]
    assert (tmp_path / "it").read_text() == "all"
    assert calls(write_whole, tmp_path / "p", ["all"], "utf-8") == ["fsync", "replace", "fsync"]
    found = calls(write_checkpoint, tmp_path / "c", {}, {"epoch": 1})
    assert (found[0], found[-1]) == ("fsync", "fsync")
    assert calls(write_directory, tmp_path / "m", {"model.json": "{}"})[-1] == "fsync"
    assert calls(write_directory, tmp_path / "m", {"model.json": "{}"}, force=True)[-1] == "fsync"


def test_a_folder_that_cannot_be_opened_is_left_to_the_system(tmp_path):
    exchange.sync_folder(tmp_path / "none")
    exchange.sync_all()
