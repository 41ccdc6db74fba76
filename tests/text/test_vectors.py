import gzip
import zipfile
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors

from ner_window.errors import VectorsError
from ner_window.text.vectors import find_vectors, format_of, load_vectors

WORDS = ["the", "harbour", "of"]
MATRIX = np.array([[0.25, -0.5], [1.5, 2], [1e-3, -4]], np.float32)
GLOVE = "the 0.25 -0.5\nharbour 1.5 2\nof 1e-3 -4\n"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NER_WINDOW_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "vectors"


@pytest.fixture
def load(tmp_path):
    def _load(content, name="vectors.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_vectors(str(path))

    return _load


def keyed():
    vectors = KeyedVectors(2)
    vectors.add_vectors(WORDS, MATRIX)
    return vectors


def is_whole(vectors):
    assert vectors.words == WORDS
    assert vectors.matrix.dtype == np.float32
    np.testing.assert_array_equal(vectors.matrix, MATRIX)
    return True


@pytest.mark.parametrize(
    "content",
    [
        GLOVE,
        GLOVE.rstrip("\n"),
        GLOVE.replace("\n", "\r\n"),
        GLOVE.replace("\n", " \n"),
        GLOVE.replace(" ", "\t"),
        "3 2\n" + GLOVE,
    ],
)
def test_text_in_every_form_reads_the_same(load, content):
    vectors = load(content)
    assert is_whole(vectors)
    assert (vectors.report.rows, vectors.report.kept, vectors.report.notes) == (3, 3, [])


@pytest.mark.parametrize("binary", [True, False])
def test_word2vec_files_that_gensim_writes(tmp_path, binary):
    path = tmp_path / "vectors.bin"
    keyed().save_word2vec_format(str(path), binary=binary)
    assert is_whole(load_vectors(str(path)))


def test_gensims_own_format_is_refused_and_how_it_is_written_anew_works(tmp_path, monkeypatch):
    keyed().save(str(tmp_path / "vectors.kv"))
    with pytest.raises(
        VectorsError, match="vectors.kv: is gensim's own format, which can run code when it is read"
    ) as e:
        load_vectors(str(tmp_path / "vectors.kv"))
    monkeypatch.chdir(tmp_path)
    exec(str(e.value).rpartition("in Python: ")[2], {"KeyedVectors": KeyedVectors})
    assert is_whole(load_vectors(str(tmp_path / "vectors.bin")))


def test_gzip(load):
    assert is_whole(load(gzip.compress(GLOVE.encode()), "vectors.txt.gz"))


def test_binary_in_gzip(tmp_path, load):
    keyed().save_word2vec_format(str(tmp_path / "v.bin"), binary=True)
    assert is_whole(load(gzip.compress((tmp_path / "v.bin").read_bytes()), "v.bin.gz"))


def zipped(path, **members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return str(path)


def test_zip_with_one_member(tmp_path):
    assert is_whole(load_vectors(zipped(tmp_path / "v.zip", only=GLOVE)))


def test_zip_with_two_members_wants_a_name(tmp_path):
    path = zipped(tmp_path / "v.zip", one=GLOVE, two="a 1 2 3\n")
    with pytest.raises(VectorsError, match=r"holds 2 files; name one: .*v\.zip#one"):
        load_vectors(path)
    assert is_whole(load_vectors(path + "#one"))
    assert load_vectors(path + "#two").words == ["a"]
    with pytest.raises(VectorsError, match="no such file in it; it holds one, two"):
        load_vectors(path + "#three")


def test_words_may_hold_spaces(load):
    vectors = load("the 1 2\n. . . 3 4\nat name@domain 5 6\n")
    assert vectors.words == ["the", ". . .", "at name@domain"]
    assert vectors.report.with_spaces == 2
    assert vectors.matrix.tolist() == [[1, 2], [3, 4], [5, 6]]


def test_no_break_space_is_no_separator(load):
    assert load("the 1 2\n10\u00a0000 3 4\nof 5 6\n").words == ["the", "10\u00a0000", "of"]


def test_first_of_repeated_words_stays_and_the_rest_is_counted(load):
    vectors = load("the 1 2\nof 3 4\nthe 5 6\nthe 7 8\n")
    assert vectors.words == ["the", "of"]
    assert vectors.matrix.tolist() == [[1, 2], [3, 4]]
    assert vectors.report.duplicates == 2
    assert "vectors.txt:3: 'the'" in vectors.report.notes[0]


@pytest.mark.parametrize("number", ["nan", "NaN", "inf", "-inf"])
def test_vectors_that_are_not_finite_are_left_out_and_counted(load, number):
    vectors = load(f"the 1 2\nof {number} 4\nat 5 6\n")
    assert vectors.words == ["the", "at"]
    assert vectors.matrix.tolist() == [[1, 2], [5, 6]]
    assert vectors.report.not_finite == 1
    assert "vectors.txt:2: the vector of 'of' is not finite" in vectors.report.notes[0]


def test_words_that_are_not_utf_8_are_left_out_and_counted(load):
    vectors = load(b"the 1 2\nMalm\xf6 3 4\nat 5 6\n")
    assert vectors.words == ["the", "at"]
    assert (vectors.report.undecodable, vectors.report.rows, vectors.report.kept) == (1, 3, 2)


def test_last_line_cut_short_is_left_out_and_counted(load):
    vectors = load("the 1 2\nof 3 4\nat 5 6\nby 7")
    assert vectors.words == ["the", "of", "at"]
    assert vectors.report.truncated == 1
    assert "vectors.txt:4: the last line is cut short" in vectors.report.notes[0]


@pytest.mark.parametrize("bad", ["by 7", "by 7 eight", "by", ""])
def test_a_line_that_is_wrong_in_the_middle_is_named(load, bad):
    with pytest.raises(VectorsError, match=r"vectors\.txt:4: expected "):
        load(f"the 1 2\nof 3 4\nat 5 6\n{bad}\nto 9 9\n")


def test_line_numbers_count_the_header(load):
    with pytest.raises(VectorsError, match=r"vectors\.txt:3: expected "):
        load("3 2\nthe 1 2\nof 3 four\nat 5 6\n")


def test_header_that_promises_another_count_is_noted(load):
    vectors = load("9 2\n" + GLOVE)
    assert is_whole(vectors)
    assert "the header promises 9 vectors, the file holds 3" in vectors.report.notes[0]


@pytest.mark.parametrize("name", ["vectors.txt", "vectors.kv"])
def test_empty_file_is_refused(load, name):
    with pytest.raises(VectorsError, match=name):
        load("", name)


def test_file_of_no_numbers_is_refused(load):
    with pytest.raises(VectorsError, match=r"vectors\.txt:1: expected a word and its numbers, got 'hello'"):
        load("hello\nyou\nthere\n")


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(VectorsError, match=r"nowhere\.txt: cannot be read"):
        load_vectors(str(tmp_path / "nowhere.txt"))


def test_binary_file_cut_short_is_refused(tmp_path, load):
    keyed().save_word2vec_format(str(tmp_path / "v.bin"), binary=True)
    with pytest.raises(VectorsError, match="not a whole word2vec binary file"):
        load((tmp_path / "v.bin").read_bytes()[:-6], "cut.bin")


def test_second_load_equals_the_first_and_is_mapped(load, monkeypatch):
    first = load("9 2\n" + GLOVE)
    monkeypatch.setattr("ner_window.text.vectors._read", lambda path: pytest.fail("parsed again"))
    second = load("9 2\n" + GLOVE, "elsewhere.txt")
    assert is_whole(second)
    assert (second.report, second.sha256) == (first.report, first.sha256)
    assert isinstance(second.matrix, np.memmap)


@pytest.mark.parametrize("name", ["matrix.npy", "words.txt", "report.json"])
@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_damaged_cache_is_built_again(load, cache, name, damage):
    (cache / load(GLOVE).sha256 / name).unlink() if damage == "missing" else _cut(cache / load(GLOVE).sha256 / name)
    assert is_whole(load(GLOVE))
    assert (cache / load(GLOVE).sha256 / name).stat().st_size > 5


def _cut(path):
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[:5])


def test_cache_that_cannot_be_written_is_a_note(load, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("NER_WINDOW_CACHE", str(tmp_path / "file"))
    vectors = load(GLOVE)
    assert is_whole(vectors)
    assert "could not be kept" in vectors.report.notes[0]


def test_limit_takes_the_first_words(tmp_path, load):
    load(GLOVE)
    vectors = load_vectors(str(tmp_path / "vectors.txt"), limit=2)
    assert vectors.words == WORDS[:2]
    assert vectors.matrix.shape == (2, 2)


def test_more_lines_than_one_block(load):
    vectors = load("".join(f"w{i} {i} -{i}\n" for i in range(45_000)))
    assert vectors.words[-1] == "w44999"
    assert vectors.matrix[[0, 20_003, 44_999], 0].tolist() == [0, 20_003, 44_999]


def test_a_finite_vector_after_one_that_is_not_stays(load):
    assert load("the 1 2\nof nan 1\nof 3 4\nat 5 6\n").words == ["the", "of", "at"]


@pytest.mark.parametrize("rest", ["1 -", "1 1e-"])
def test_last_line_cut_inside_a_number_is_left_out_and_counted(load, rest):
    assert load(f"the 1 2\nof 3 4\nat 5 6\nby {rest}").report.truncated == 1


def test_cache_with_an_empty_matrix_is_built_again(load, cache):
    path = cache / load(GLOVE).sha256 / "matrix.npy"
    path.unlink()
    path.write_bytes(b"")
    assert is_whole(load(GLOVE))


@pytest.mark.parametrize(
    ("content", "name"),
    [(gzip.compress(GLOVE.encode())[:-9], "v.gz"), (b"the 1 2\n", "v.gz"), (b"the 1 2\n", "v.zip")],
    ids=["gzip cut short", "no gzip", "no zip"],
)
def test_damaged_archives_are_refused_by_name(load, content, name):
    with pytest.raises(VectorsError, match=name):
        load(content, name)


@pytest.mark.parametrize("member", ["", "#only"])
def test_binary_in_zip(tmp_path, member):
    keyed().save_word2vec_format(str(tmp_path / "v.bin"), binary=True)
    assert is_whole(load_vectors(zipped(tmp_path / "v.zip", only=(tmp_path / "v.bin").read_bytes()) + member))


def test_a_header_without_vectors_is_told(tmp_path):
    path = tmp_path / "none.txt"
    path.write_text("0 3\n")
    with pytest.raises(VectorsError, match="none.txt: no vectors in it; is it a vectors file?"):
        load_vectors(str(path))


def test_the_format_of_a_file_packed_or_not(tmp_path):
    (tmp_path / "glove").write_text(GLOVE)
    (tmp_path / "text").write_text("3 2\n" + GLOVE)
    (tmp_path / "text.gz").write_bytes(gzip.compress(("3 2\n" + GLOVE).encode()))
    keyed().save_word2vec_format(str(tmp_path / "binary"), binary=True)
    archive = zipped(tmp_path / "v.zip", one=GLOVE, two=(tmp_path / "binary").read_bytes())
    assert [format_of(tmp_path / name) for name in ("glove", "text", "text.gz", "binary")] == [
        "GloVe text",
        "word2vec text",
        "word2vec text",
        "word2vec binary",
    ]
    assert [format_of(Path(f"{archive}#{name}")) for name in ("one", "two")] == ["GloVe text", "word2vec binary"]
    assert format_of(Path("matrix.npy")) == "NumPy array"


def test_a_source_is_found_with_the_digest_that_the_cache_has(load, tmp_path, cache):
    vectors = load(GLOVE)
    (kept,) = cache.iterdir()
    path, digest = find_vectors(next(str(each) for each in tmp_path.iterdir() if each.is_file()))
    assert path.is_file()
    assert digest == vectors.sha256 == kept.name
