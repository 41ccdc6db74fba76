import gzip
import math
import zipfile
from pathlib import Path

import pytest

from ner_window.errors import OutputError, VectorsError
from ner_window.inspection.vector_files import describe, import_vectors
from ner_window.text.vectors import load_vectors

TEXT = "quay 3 4\nOslo 0.6 0.8\nNew York 0 0\nquay 1 1\nlost nan 1\n"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NER_WINDOW_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "vectors"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "v.txt"
    path.write_text(TEXT)
    return path


def test_what_is_in_a_file(file):
    found = describe(str(file))
    assert (found.source, found.path, found.format) == (str(file), str(file), "GloVe text")
    assert (found.words, found.dimensions, found.bytes) == (3, 2, len(TEXT))
    assert found.first == ["quay", "Oslo", "New York"]
    assert found.not_lower_case == 2
    assert found.norms == {"min": 0, "mean": pytest.approx(2), "max": 5}  # of 5, 1 and 0
    assert (found.report.rows, found.report.duplicates, found.report.not_finite) == (5, 1, 1)


def test_only_the_first_words_are_shown(file):
    file.write_text("".join(f"w{i} {i} 0\n" for i in range(9)))
    assert describe(str(file)).first == ["w0", "w1", "w2", "w3", "w4"]


def test_norms_of_more_vectors_than_are_measured_together(file):
    count = 20_000
    file.write_text("".join(f"w{i} 0 {i}\n" for i in range(count)))
    assert describe(str(file)).norms == {"min": 0, "mean": pytest.approx((count - 1) / 2), "max": count - 1}


def test_the_norm_of_what_float32_cannot_square(file):
    file.write_text("far 3e38 0\nnear 1 0\n")
    assert math.isclose(describe(str(file)).norms["max"], 3e38, rel_tol=1e-6)


def test_the_form_for_json_has_all_counts_once(file):
    document = describe(str(file)).as_dict()
    assert (document["words"], document["rows"], document["duplicates"], document["with_spaces"]) == (3, 5, 1, 1)
    assert len(document["notes"]) == 2
    assert not document.keys() & {"report", "kept"}


def test_to_look_at_a_file_does_not_keep_it(file, cache):
    assert describe(str(file)).cache is None
    assert not cache.exists()
    load_vectors(str(file))
    (folder,) = cache.iterdir()
    kept = describe(str(file))
    assert kept.cache == str(folder)
    assert (kept.words, kept.norms["max"], kept.report.rows) == (3, 5, 5)


def test_a_packed_file_and_one_in_an_archive(file, tmp_path):
    (tmp_path / "v.gz").write_bytes(gzip.compress(b"1 2\nquay 3 4\n"))
    packed = describe(str(tmp_path / "v.gz"))
    assert (packed.format, packed.bytes) == ("word2vec text", (tmp_path / "v.gz").stat().st_size)
    with zipfile.ZipFile(tmp_path / "v.zip", "w") as archive:
        archive.write(file, "one")
        archive.writestr("two", "sea 1 2 3\n")
    one, two = (describe(f"{tmp_path}/v.zip#{name}") for name in ("one", "two"))
    assert (one.dimensions, two.dimensions) == (2, 3)
    assert one.bytes == two.bytes == (tmp_path / "v.zip").stat().st_size
    assert one.sha256 != two.sha256


def test_an_import_is_what_training_finds(file, cache):
    first, second = import_vectors(str(file)), import_vectors(str(file))
    assert (first.already, second.already) == (False, True)
    (folder,) = cache.iterdir()
    assert first.cache == second.cache == str(folder)
    assert (second.words, second.dimensions) == (3, 2)
    assert len(first.notes) == len(second.notes) == 2
    before = (folder / "matrix.npy").stat().st_ino
    vectors = load_vectors(str(file))
    assert (vectors.sha256, len(vectors.words)) == (first.sha256, 3)
    assert (folder / "matrix.npy").stat().st_ino == before  # mapped, not written anew


def test_another_content_under_the_same_name_is_another_import(file, cache):
    import_vectors(str(file))
    file.write_text(TEXT + "pier 1 2\n")
    again = import_vectors(str(file))
    assert (again.already, again.words) == (False, 4)
    assert len(list(cache.iterdir())) == 2


def test_what_is_half_in_the_cache_is_imported_anew(file):
    (Path(import_vectors(str(file)).cache) / "words.txt").write_text("quay")
    assert not import_vectors(str(file)).already
    assert import_vectors(str(file)).already


def test_an_import_into_a_cache_that_cannot_be_written_is_an_error(file, cache):
    cache.parent.write_text("a file")
    with pytest.raises(OutputError) as error:
        import_vectors(str(file))
    digest = describe(str(file)).sha256
    assert str(error.value) == (
        f"{cache / digest}: the vectors could not be kept for next time: Not a directory; "
        "name another folder in NER_WINDOW_CACHE"
    )


@pytest.mark.parametrize("look", [describe, import_vectors])
def test_bad_files_are_refused_as_in_training(look, tmp_path, cache):
    for name, content in (("v.txt", b"quay 1 2\npier 1 x\n"), ("v.gz", b"quay 1 2\n"), ("v.kv", b""), ("none", None)):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(VectorsError) as expected:
            load_vectors(str(path))
        with pytest.raises(VectorsError) as error:
            look(str(path))
        assert str(error.value) == str(expected.value)
        assert str(path) in str(error.value)
    assert not cache.exists()
