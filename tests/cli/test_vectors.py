import hashlib
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from gensim.models import KeyedVectors

from ner_window.tagger import Tagger


def test_export_gives_back_the_tuned_vectors(program, model, tmp_path):
    done = program("vectors", "export", model, tmp_path / "v.vec")
    assert done.stdout == ""
    tagger = Tagger.load(model)
    keyed = KeyedVectors.load_word2vec_format(str(tmp_path / "v.vec"))
    assert keyed.index_to_key == list(tagger.vocabularies[0].strings)
    np.testing.assert_array_equal(keyed.vectors, tagger.parameters["E.word"][2:])
    assert f"{len(keyed.index_to_key)} words" in done.stderr


def test_export_is_not_over_another_file(program, model, tmp_path):
    (tmp_path / "v.bin").write_text("mine")
    assert "exists already" in program("vectors", "export", model, tmp_path / "v.bin", code=2).stderr
    assert (tmp_path / "v.bin").read_text() == "mine"
    program("vectors", "export", model, tmp_path / "v.bin", "--force")
    assert (tmp_path / "v.bin").stat().st_size > 1e5


def test_words_with_a_space_are_left_out_and_counted(program, model, tmp_path):
    import shutil

    shutil.copytree(model, tmp_path / "m")
    words = (tmp_path / "m" / "words.txt").read_text().split("\n")
    words[1] = "New York"
    (tmp_path / "m" / "words.txt").write_text("\n".join(words))
    done = program("vectors", "export", tmp_path / "m", tmp_path / "v.txt")
    assert "note: left out 1 that hold a space or a tab, which the format cannot: 'New York'" in done.stderr
    assert (tmp_path / "v.txt").read_text().startswith(f"{len(words) - 1} 50\n")


def test_neighbors_as_a_table(program, model):
    assert "near in before training" in program("vectors", "neighbors", model, "in", "--limit", "3").stdout


def test_neighbors_before_and_now(program, model):
    done = program("vectors", "neighbors", model, "in", "Berlin", "--limit", "3", "--json")
    moved, other = json.loads(done.stdout)
    assert (moved["word"], len(moved["now"]), len(moved["before"])) == ("in", 3, 3)
    assert (other["asked"], other["word"], other["found"]) == ("Berlin", "berlin", "lower case")


def test_an_unknown_word_is_refused_with_the_nearest_spelling(program, model):
    done = program("vectors", "neighbors", model, "governmant", code=2)
    assert done.stderr == ("error: vocabulary: no vector for this word, got 'governmant'; did you mean 'government'?\n")


@pytest.fixture
def tiny(tmp_path):
    (tmp_path / "v.txt").write_text("quay 3 4\nOslo 0.6 0.8\nquay 1 1\n")
    return tmp_path / "v.txt"


def test_info_import_and_info_again(program, tiny):
    before = program("vectors", "info", tiny)
    assert "2 of 3; left out: 1 repeated" in before.stdout
    assert f"no; ner-window vectors import {tiny} puts it there" in before.stdout
    done = program("vectors", "import", tiny)
    assert done.stdout.startswith(f"{tiny}: put into the cache\n")
    assert done.stderr == f"note: {tiny}:3: 'quay' stands here again; the first vector stays\n"
    again = program("vectors", "import", tiny, "-q")
    assert again.stdout == done.stdout.replace("put into the cache", "in the cache already")
    assert again.stderr == ""
    after = json.loads(program("vectors", "info", tiny, "--json").stdout)
    said = json.loads(program("vectors", "import", tiny, "--json").stdout)
    assert (after["format"], after["words"], after["dimensions"], after["norms"]["max"]) == ("GloVe text", 2, 2, 5)
    assert after["cache"] == said["cache"]
    assert after["sha256"] == said["sha256"] == hashlib.sha256(tiny.read_bytes()).hexdigest()
    assert said["already"] is True


@pytest.mark.parametrize("command", [["info"], ["import"], ["coverage", "data/test.conll"]])
def test_a_bad_file_is_an_error_with_its_line(program, tiny, command):
    tiny.write_text("quay 3 4\npier 1 x\n")
    done = program("vectors", command[0], tiny, *command[1:], code=2)
    assert (done.stdout, done.stderr) == ("", f"error: {tiny}:2: expected 2 numbers, got '1 x'\n")


def test_coverage_is_that_of_training(program):
    done = program("vectors", "coverage", "data/glove.50d.txt", "data/train.conll", "data/dev.conll", "--json")
    ledger = program("train", "configs/quickstart.yaml", "--dry-run").stdout
    said = re.findall(r"tokens by vector: (.*)", ledger)
    found = json.loads(done.stdout)
    assert [file["file"] for file in found] == ["data/train.conll", "data/dev.conll"]
    assert [", ".join(f"{how} {n}" for how, n in file["tokens"]["steps"].items()) for file in found] == said
    assert len(said) == 2


def test_coverage_with_the_options_of_a_configuration(program, tiny):
    corpus = "O quay\nB-LOC Oslo\nI-LOC oslo\nO Quay\nO Oslo-quay\n"
    columns = ("--token-column", 1, "--tag-column", 0, "--json")

    def steps(*options):
        (file,) = json.loads(program("vectors", "coverage", tiny, "-", *columns, *options, stdin=corpus).stdout)
        assert file["file"] == "standard input"
        return {step: n for step, n in file["tokens"]["steps"].items() if n}, [each["word"] for each in file["missing"]]

    assert steps() == ({"exact": 2, "lower case": 1, "unknown": 2}, ["Oslo-quay", "oslo"])
    assert steps("--top", 1) == (steps()[0], ["Oslo-quay"])
    assert steps("--no-lowercase") == ({"exact": 2, "unknown": 3}, ["Oslo-quay", "Quay", "oslo"])
    assert steps("--parts")[0] == {"exact": 2, "lower case": 1, "mean of parts": 1, "unknown": 1}
    assert steps("--limit", 1)[0] == {"exact": 1, "lower case": 1, "unknown": 3}


def test_coverage_as_tables(program, tiny):
    (tiny.parent / "c.conll").write_text("Quay B-LOC\nPier I-LOC\nPier O\n")
    done = program("vectors", "coverage", tiny, tiny.parent / "c.conll")
    rows = [line.split() for line in done.stdout.split("\n")]
    assert ["tokens", "3", "33.33", "0.00", "33.33", "0.00", "66.67"] in rows
    assert ["Pier", "2", "1"] in rows
    assert "stands here again" in done.stderr


@pytest.mark.parametrize("command", ["info", "import", "coverage"])
def test_help_imports_neither_gensim_nor_numpy(command):
    code = (
        f"import sys; sys.argv = ['ner-window', 'vectors', {command!r}, '--help']\n"
        "from ner_window.cli import app\n"
        "try: app()\nexcept SystemExit: pass\nprint('MODULES', *sorted({m.partition('.')[0] for m in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.rpartition("MODULES")[2].split())
    assert "typer" in loaded
    assert not loaded & {"gensim", "scipy", "numpy"}


@pytest.mark.parametrize("command", ["info", "import", "coverage"])
def test_neither_gensim_nor_scipy_is_imported_where_the_words_are_only_counted(tiny, command):
    arguments = [str(tiny)] + (["data/test.conll"] if command == "coverage" else [])
    code = (
        f"import sys; sys.argv = ['ner-window', 'vectors', {command!r}, *{arguments!r}]\n"
        "from ner_window.cli import app\n"
        "try: app()\nexcept SystemExit: pass\nprint('MODULES', *sorted({m.partition('.')[0] for m in sys.modules}))"
    )
    environment = {**os.environ, "NER_WINDOW_CACHE": str(tiny.parent / "cache")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    loaded = set(done.stdout.rpartition("MODULES")[2].split())
    assert "numpy" in loaded
    assert not loaded & {"gensim", "scipy", "matplotlib"}


@pytest.mark.parametrize("command", ["export", "neighbors", "info", "import", "coverage"])
def test_help_has_an_example(program, command):
    assert f"Example: ner-window vectors {command}" in program("vectors", command, "--help").stdout
