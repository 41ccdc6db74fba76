"""Nothing that is loaded can run code: objects of Python are neither read nor written, and a planted one is refused."""

import os
import pickle
import re

import pytest

from ner_window.errors import ModelError, VectorsError
from ner_window.storage import read_checkpoint
from ner_window.tagger import Tagger
from ner_window.text.vectors import load_vectors


class Planted:
    """An object that makes a file when it is read."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize(
    "word",
    [
        "pickle",
        "allow_" + "pickle",
        r"\beval\(",
        r"\bexec\(",
        r"yaml\.load\(",
        "unsafe_load",
        "shelve",
        "joblib",
        "marshal",
    ],
)
def test_what_could_run_is_absent_from_the_code(root, word):
    sources = [path for path in (root / "ner_window").rglob("*") if path.suffix in (".py", ".md", ".yaml")]
    assert len(sources) > 150
    assert [str(path) for path in sources if re.search(word, path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    "name", ["extra.pkl", "words.txt", "model.safetensors", "model.json", "casing.txt", "a.npy", "lexicon.json"]
)
@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_a_model_with_a_planted_object_is_refused_and_nothing_runs(program, model, tmp_path, name, protocol):
    import shutil

    shutil.copytree(model, tmp_path / "m")
    (tmp_path / "m" / name).write_bytes(pickle.dumps(Planted(tmp_path / "ran"), protocol))
    with pytest.raises(ModelError, match=name):
        Tagger.load(tmp_path / "m")
    if (name, protocol) == ("extra.pkl", 4):
        for command in (["predict", tmp_path / "m"], ["info", tmp_path / "m"]):
            assert "extra.pkl: is no file of a model" in program(*command, code=2).stderr
    assert not (tmp_path / "ran").exists()
    pickle.loads((tmp_path / "m" / name).read_bytes())
    assert (tmp_path / "ran").exists()  # it would have


def test_a_checkpoint_that_is_an_object_is_refused(tmp_path):
    (tmp_path / "c.safetensors").write_bytes(pickle.dumps(Planted(tmp_path / "ran")))
    with pytest.raises(ModelError, match=r"c\.safetensors: cannot be read"):
        read_checkpoint(tmp_path / "c.safetensors")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ["v.kv", "v.bin", "v.txt", "v.gz", "v.zip"])
def test_vectors_that_are_an_object_are_refused(tmp_path, monkeypatch, name):
    monkeypatch.setenv("NER_WINDOW_CACHE", str(tmp_path / "cache"))
    (tmp_path / name).write_bytes(pickle.dumps(Planted(tmp_path / "ran")))
    with pytest.raises(VectorsError, match=name):
        load_vectors(str(tmp_path / name))
    assert not (tmp_path / "ran").exists()


def test_links_within_a_model_are_followed(model, tmp_path):
    import shutil

    shutil.copytree(model, tmp_path / "m")
    (tmp_path / "m" / "words.txt").rename(tmp_path / "m" / "more.txt")
    (tmp_path / "m" / "words.txt").symlink_to("more.txt")
    (tmp_path / "latest").symlink_to("m")
    (tmp_path / "m" / "LICENSE").write_text("free")
    assert Tagger.load(tmp_path / "latest").tag(["Berlin"]) == Tagger.load(model).tag(["Berlin"])
