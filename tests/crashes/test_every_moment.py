"""Killed before each thing that is done to files: the old output is there or the new one, and then nothing else."""

import shutil
import sys
import time

import numpy as np
import pytest

from ner_window import storage
from ner_window.batch import places
from ner_window.claims import claimed_output
from ner_window.errors import ModelError
from ner_window.exchange import exchange
from ner_window.prediction import write_whole
from ner_window.storage import read_checkpoint, read_description, write_checkpoint, write_directory
from ner_window.text import vector_cache
from ner_window.text.files import remove_leftovers
from ner_window.text.vector_text import VectorsReport

OLD = {"model.json": '{"format": 2, "is": "old"}', "a.txt": "old"}
NEW = {"model.json": '{"format": 2, "is": "new"}', "b.txt": "new", "t.safetensors": {"W": np.ones(3, np.float32)}}


def contents(folder):
    """Every file below a folder, by its name, with what is in it."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def model_writer(out):
    def write():
        with claimed_output(out / "m"):
            write_directory(out / "m", NEW, force=True)

    return write


def each_kill(killed_at, prepare, action, look):
    """Kill the action before its first operation, its second ..., until it is not killed; return how often it was."""
    for number in range(1, 200):
        prepare()
        if not killed_at(action, number):
            return number - 1
        look(number)
        action()
    raise AssertionError("it never ends")


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def anew(out, before=None):
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    if before:
        write_directory(out / "m", before)


@pytest.mark.parametrize("before", [None, OLD])
def test_a_model_directory(killed_at, out, before):
    anew(out, before)
    old = contents(out / "m") if before else {}
    anew(out, NEW)
    new, states = contents(out), []

    def look(number):
        found = contents(out / "m") if (out / "m").exists() else {}
        assert found in (old, contents_of_model(new)), number
        states.append(found == old)

    kills = each_kill(killed_at, lambda: anew(out, before), model_writer(out), look)
    assert contents(out) == new
    assert [path.name for path in out.iterdir()] == ["m"]
    assert kills >= 8
    assert len(set(states)) == 2


def contents_of_model(files):
    return {name.removeprefix("m/"): content for name, content in files.items()}


def test_a_model_directory_where_names_cannot_be_exchanged(killed_at, out, monkeypatch):
    monkeypatch.setattr(storage, "exchange", lambda one, other: False)
    missing = []

    def look(number):
        if not (out / "m").exists():
            missing.append(number)
            with pytest.raises(ModelError, match=r"a process was killed while it replaced it: move .*/model back$"):
                read_description(out / "m")
            with claimed_output(out / "m"):
                assert contents(out / "m")["a.txt"] == b"old"
        assert read_description(out / "m")["is"] in ("old", "new")

    each_kill(killed_at, lambda: anew(out, OLD), model_writer(out), look)
    assert missing
    assert [path.name for path in out.iterdir()] == ["m"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux exchanges names")
def test_names_are_exchanged_in_one_step(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").write_text("b")
    assert exchange(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").is_dir()
    assert (tmp_path / "a").read_text() == "b"
    assert not exchange(tmp_path / "a", tmp_path / "none")
    assert (tmp_path / "a").read_text() == "b"


def test_a_checkpoint(killed_at, out):
    path, epochs = out / "m.checkpoint", []

    def prepare():
        anew(out)
        write_checkpoint(path, {"W": np.zeros(3, np.float32)}, {"epoch": 1})

    def write():
        with claimed_output(out / "m", path):
            write_checkpoint(path, {"W": np.ones(3, np.float32)}, {"epoch": 2})

    def look(number):
        tensors, state = read_checkpoint(path)
        assert tensors["W"].tolist() == [state["epoch"] - 1] * 3, number
        epochs.append(state["epoch"])

    assert each_kill(killed_at, prepare, write, look) >= 5
    assert set(epochs) == {1, 2}
    assert [each.name for each in out.iterdir()] == ["m.checkpoint"]


@pytest.mark.parametrize("old", [None, "old"])
def test_a_file(killed_at, out, old):
    path, seen = out / "p.conll", []

    def prepare():
        anew(out)
        if old:
            path.write_text(old)

    def look(number):
        found = path.read_text() if path.exists() else None
        assert found in (old, "new\nnew\n"), number
        seen.append(found)

    each_kill(killed_at, prepare, lambda: write_whole(path, ["new\n", "new\n"], "utf-8"), look)
    assert set(seen) == {old, "new\nnew\n"}
    assert [each.name for each in out.iterdir()] == ["p.conll"]


def test_a_file_that_was_whole_when_its_writer_was_killed_is_refused_and_tidied_up(killed_at, program, model, out):
    def write():
        write_whole(out / "p", ["new"], "utf-8")

    anew(out)
    number = 1
    while killed_at(write, number) and not (out / "p").exists():
        anew(out)
        number += 1
    assert (out / ".lock-p").exists()
    said = program("predict", model, "data/test.conll", "-o", out / "p", code=2).stderr
    assert said == f"error: {out}/p: exists already; choose another output, or replace it with --force\n"
    assert contents(out) == {"p": b"new"}


def test_an_output_of_a_batch(killed_at, out):
    path = str(out / "p")

    def look(number):
        assert not (out / "p").exists() or (out / "p").read_bytes() == b"new", number

    assert each_kill(killed_at, lambda: anew(out), lambda: places.write(path, [b"n", b"ew"], f"{out}/.parts"), look) > 3


def test_kept_vectors(killed_at, out, monkeypatch):
    monkeypatch.setenv("NER_WINDOW_CACHE", str(out))
    words, matrix = ["a", "b"], np.ones((2, 3), np.float32)

    def look(number):
        kept = vector_cache.open_kept("digest")
        assert kept is None or (kept[0], kept[1].tolist()) == (words, matrix.tolist()), number

    def keep():
        vector_cache.keep("digest", words, matrix, VectorsReport(rows=2, kept=2))

    assert each_kill(killed_at, lambda: anew(out), keep, look) > 5
    assert vector_cache.open_kept("digest")[0] == words
    later = time.time() + 2 * 86_400
    monkeypatch.setattr(time, "time", lambda: later)
    remove_leftovers(out / "vectors")
    assert [path.name for path in (out / "vectors").iterdir()] == ["digest"]


def test_what_is_of_another_output_is_left(tmp_path):
    for name in (".new-m-2-abcdefgh", ".new-m-2", ".old-m2-abcdefgh", ".new-m-abcdefg", "m.checkpoint"):
        (tmp_path / name).mkdir()
    (tmp_path / ".new-m-abcdefgh").mkdir()
    with claimed_output(tmp_path / "m", tmp_path / "m.checkpoint"):
        pass
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {".new-m-2-abcdefgh", ".new-m-2", ".old-m2-abcdefgh", ".new-m-abcdefg", "m.checkpoint"}
