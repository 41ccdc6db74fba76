import hashlib
import os

import pytest

from ner_window.errors import VectorsError
from ner_window.text import vector_cache
from ner_window.text.vector_cache import file_digest


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NER_WINDOW_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(vector_cache, "_SETTLED", -(10**9))  # files of this moment are told apart well enough here
    return tmp_path / "cache"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "v.txt"
    path.write_text("the 1 2\n")
    return path


@pytest.fixture
def computed(monkeypatch):
    """The files whose digests were computed, not remembered."""
    files = []
    compute = vector_cache._computed_digest
    monkeypatch.setattr(
        vector_cache, "_computed_digest", lambda path, member: files.append(path.name) or compute(path, member)
    )
    return files


def test_a_file_that_stays_is_read_once_for_its_digest(file, computed):
    assert file_digest(file) == file_digest(file) == hashlib.sha256(file.read_bytes()).hexdigest()
    assert computed == ["v.txt"]


@pytest.mark.parametrize("change", ["content", "length", "time", "replaced"])
def test_a_file_that_changes_is_read_again(file, computed, change):
    file_digest(file)
    if change == "time":
        os.utime(file, ns=(1, 1))
    elif change == "replaced":
        (file.parent / "new").write_text("the 3 4\n")
        os.utime(file.parent / "new", ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
        (file.parent / "new").replace(file)
    else:
        file.write_text("the 3 4\n" if change == "content" else "the 3 4 5\n")
        os.utime(file, ns=(2, 2))
    assert file_digest(file) == hashlib.sha256(file.read_bytes()).hexdigest()
    assert computed == ["v.txt", "v.txt"]


def test_what_changed_just_now_is_not_remembered(file, computed, monkeypatch, cache):
    monkeypatch.setattr(vector_cache, "_SETTLED", 3600 * 10**9)
    file_digest(file)
    file_digest(file)
    assert computed == ["v.txt", "v.txt"]
    assert not (cache / "digests").exists()


@pytest.mark.parametrize("note", ["", "{", "[]", '{"state": []}', '{"sha256": "x"}'])
def test_a_damaged_note_is_written_again(file, computed, cache, note):
    digest = file_digest(file)
    (path,) = (cache / "digests").iterdir()
    path.write_text(note)
    assert file_digest(file) == file_digest(file) == digest
    assert computed == ["v.txt", "v.txt"]


def test_members_of_an_archive_have_digests_of_their_own(file):
    whole = file_digest(file)
    assert len({whole, file_digest(file.with_name("v.txt#one")), file_digest(file.with_name("v.txt#two"))}) == 3


def test_a_cache_that_cannot_be_written_changes_nothing(file, monkeypatch, tmp_path):
    monkeypatch.setenv("NER_WINDOW_CACHE", str(file))
    assert file_digest(file) == hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(VectorsError) as error:
        file_digest(tmp_path / "none.txt")
    assert str(error.value) == f"{tmp_path / 'none.txt'}: cannot be read: No such file or directory"
