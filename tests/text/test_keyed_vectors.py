import gzip

import numpy as np
import pytest
from gensim.models import KeyedVectors

from ner_window.errors import OutputError
from ner_window.text.keyed_vectors import keyed, neighbors, write_word2vec
from ner_window.text.vectors import load_vectors

WORDS = ["tv", "telly", "New York", "a\tb", "télé", "x", ""]
KEPT = ["tv", "telly", "télé", "x", ""]
MATRIX = np.array(
    [[1, 0], [0.1, -1e-30], [5, 5], [6, 6], [np.float32(1) / 3, 3.4e38], [-0.0, 1e-45], [123456.789, 1]], np.float32
)
KEPT_ROWS = MATRIX[[0, 1, 4, 5, 6]]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NER_WINDOW_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize("name", ["v.txt", "v.vec", "v.bin", "v.txt.gz", "v.vec.gz", "v.bin.gz"])
def test_what_is_written_is_read_again_bit_by_bit(tmp_path, name):
    path = tmp_path / "new" / name
    assert write_word2vec(path, WORDS, MATRIX) == ["New York", "a\tb"]
    assert [p.name for p in path.parent.iterdir()] == [name]
    theirs = KeyedVectors.load_word2vec_format(str(path), binary=".bin" in name)
    assert theirs.index_to_key == KEPT
    np.testing.assert_array_equal(theirs.vectors, KEPT_ROWS)
    ours = load_vectors(str(path))
    assert (ours.words, ours.report.notes) == (KEPT, [])
    np.testing.assert_array_equal(ours.matrix, KEPT_ROWS)


def test_text_has_a_header_and_the_shortest_numbers(tmp_path):
    write_word2vec(tmp_path / "v.txt", ["tv", "a"], np.array([[0.1, -2], [1e-7, 0.25]], np.float32))
    assert (tmp_path / "v.txt").read_text() == "2 2\ntv 0.1 -2.0\na 1e-07 0.25\n"


def test_packed_files_are_the_same_whenever_they_are_written(tmp_path, monkeypatch):
    write_word2vec(tmp_path / "a.txt.gz", WORDS, MATRIX)
    monkeypatch.setattr("time.time", lambda: 1e9)
    write_word2vec(tmp_path / "b.txt.gz", WORDS, MATRIX)
    assert (tmp_path / "a.txt.gz").read_bytes() == (tmp_path / "b.txt.gz").read_bytes()
    assert gzip.decompress((tmp_path / "a.txt.gz").read_bytes()).startswith(b"5 2\n")


@pytest.mark.parametrize(("name", "what"), [("v.kv", "can run code when it is read"), ("v", "got ''"), ("v.gz", "''")])
def test_other_formats_are_refused_with_those_that_are_known(tmp_path, name, what):
    with pytest.raises(OutputError, match=r"ends in \.txt, \.vec, \.bin, or in one of them and \.gz") as error:
        write_word2vec(tmp_path / name, WORDS, MATRIX)
    assert what in str(error.value)
    assert not list(tmp_path.iterdir())


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match=r"file/v\.txt: cannot be written"):
        write_word2vec(tmp_path / "file" / "v.txt", WORDS, MATRIX)
    (tmp_path / "v.txt").mkdir()
    with pytest.raises(OutputError, match=r"v\.txt: cannot be written"):
        write_word2vec(tmp_path / "v.txt", WORDS, MATRIX)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "v.txt"]


def test_neighbors_are_those_of_a_plain_loop():
    generator = np.random.default_rng(4)
    words, matrix = [f"w{i}" for i in range(40)], generator.normal(size=(40, 5)).astype(np.float32)
    vectors = keyed(words, matrix)
    for i in (0, 17):
        cosines = matrix @ matrix[i] / (np.linalg.norm(matrix, axis=1) * np.linalg.norm(matrix[i]))
        for among in (None, 10):
            best = [j for j in np.argsort(-cosines).tolist() if j != i and j < (among or 40)][:6]
            found = neighbors(vectors, words[i], 6, among)
            assert [word for word, _ in found] == [words[j] for j in best]
            assert [cosine for _, cosine in found] == pytest.approx([float(cosines[j]) for j in best], abs=1e-6)


def test_more_neighbors_than_there_are_words():
    vectors = keyed(["a", "b", "c"], np.eye(3, dtype=np.float32))
    assert sorted(word for word, _ in neighbors(vectors, "a", 10)) == ["b", "c"]


def test_a_vector_of_zeros_has_the_cosine_zero():
    vectors = keyed(["a", "zero", "c"], np.array([[1, 0], [0, 0], [-1, 0]], np.float32))
    assert neighbors(vectors, "a", 2) == [("zero", 0.0), ("c", -1.0)]
    assert [cosine for _, cosine in neighbors(vectors, "zero", 2)] == [0.0, 0.0]
