import json

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


@pytest.mark.parametrize("command", ["export", "neighbors"])
def test_help_has_an_example(program, command):
    assert f"Example: ner-window vectors {command}" in program("vectors", command, "--help").stdout
