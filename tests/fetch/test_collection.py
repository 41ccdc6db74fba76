"""All files of an entry into a directory: checked, and moved there together."""

import hashlib
import os
from dataclasses import replace

import pytest

from ner_window.errors import FetchError, MissingExtraError, OutputError
from ner_window.fetch.catalog import Entry, RemoteFile
from ner_window.fetch.collection import fetch

TRAIN = b"".join(b"Ana%d\tB-PER\nsings\tO\n\n" % i for i in range(10))
TEST = b"Bo\tB-PER\ndances\tO\n\n"


def sha256(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def entry(server):
    """A corpus of two files: the digest of one is known."""
    files = (
        RemoteFile(server.answer("/a/train.txt", server.with_ranges(TRAIN)), len(TRAIN), f"sha256:{sha256(TRAIN)}"),
        RemoteFile(server.answer("/a/test.txt", server.with_ranges(TEST)), len(TEST)),
    )
    return Entry("tiny", "a corpus", "CC0", files, train=("train.txt",), test=("test.txt",))


@pytest.fixture
def vectors(server):
    content = b"\x1f\x8b vectors"
    url = server.answer("/v.gz", server.with_ranges(content))
    md5 = hashlib.md5(content).hexdigest()
    return Entry("v", "vectors", "CC0", (RemoteFile(url, len(content), f"md5:{md5}"),), vectors=True)


def content(directory):
    return {str(p.relative_to(directory)): p.read_bytes() for p in directory.rglob("*") if p.is_file()}


def fails(error, *arguments, **options):
    with pytest.raises(error) as caught:
        fetch(*arguments, **options)
    return str(caught.value)


def test_files_are_checked_and_made_ready_for_training(entry, tmp_path):
    fetched = fetch(entry, tmp_path / "d")
    train, dev = TRAIN[: TRAIN.index(b"Ana9")], TRAIN[TRAIN.index(b"Ana9") :]
    expected = {"train.txt": TRAIN, "test.txt": TEST, "train.conll": train, "dev.conll": dev}
    assert content(tmp_path / "d") == expected
    assert [(f.path.name, f.size, f.sha256, f.how) for f in fetched.files] == [
        ("train.txt", len(TRAIN), sha256(TRAIN), "SHA-256 as known"),
        ("test.txt", len(TEST), sha256(TEST), "not known"),
        ("train.conll", len(train), sha256(train), "made"),
        ("dev.conll", len(dev), sha256(dev), "made"),
    ]
    paths = (fetched.train, fetched.dev, fetched.test, fetched.vectors)
    assert paths == (*(tmp_path / "d" / name for name in ("train.conll", "dev.conll", "test.txt")), None)
    assert (tmp_path / "d" / "train.txt").stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask():
    os.umask(mask := os.umask(0))
    return mask


def test_what_is_there_is_not_fetched_again(entry, server, tmp_path):
    first = fetch(entry, tmp_path)
    asked = len(server.seen)
    counted = []
    assert fetch(entry, tmp_path, advance=counted.append) == first
    assert len(server.seen) == asked
    assert sum(counted) == entry.size
    (tmp_path / "test.txt").unlink()
    assert fetch(entry, tmp_path) == first
    assert len(server.seen) == asked + 1


def test_pieces_of_a_split_are_put_together(entry, tmp_path):
    whole = replace(entry, train=("test.txt", "train.txt"), dev=("test.txt",), test=())
    fetched = fetch(whole, tmp_path)
    assert (tmp_path / "train.conll").read_bytes() == TEST + TRAIN
    assert (fetched.train, fetched.dev, fetched.test) == (tmp_path / "train.conll", tmp_path / "test.txt", None)


@pytest.mark.parametrize("wrong", [TRAIN[::-1], TRAIN[:-5], b""], ids=["other", "shorter", "empty"])
def test_a_wrong_digest_leaves_nothing_behind(entry, server, tmp_path, wrong):
    """Also where the server gives the length of what it sends, so that nothing else shows that it is another file."""
    url = server.answer("/a/train.txt", server.with_ranges(wrong))
    assert fails(FetchError, entry, tmp_path / "new" / "d") == (
        f"{url}: not the file that is known, its digest is '{sha256(wrong)}', expected 'sha256:{sha256(TRAIN)}'; "
        "nothing was kept, try again, and if it stays so, do not use the file"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_a_digest_is_not_less_than_its_characters(entry, server, tmp_path):
    url = server.answer("/a/test.txt", server.with_ranges(b"<html>"))
    assert fails(FetchError, entry, tmp_path / "d") == (
        f"{url}: not the file that is known, got 6 bytes, expected at least {len(TEST)}; "
        "nothing was kept, try again, and if it stays so, do not use the file"
    )
    assert list(tmp_path.iterdir()) == []


def test_after_a_failure_whole_files_are_not_fetched_again(entry, server, tmp_path):
    server.answer("/a/test.txt", lambda request: request.send(b"", 500))
    assert "500" in fails(FetchError, entry, tmp_path / "d")
    assert content(tmp_path / "d") == {".fetch/train.txt": TRAIN, ".fetch/.lock": b""}
    server.answer("/a/test.txt", server.with_ranges(TEST))
    fetch(entry, tmp_path / "d")
    assert [path for path, _ in server.seen] == ["/a/train.txt", "/a/test.txt", "/a/test.txt"]
    assert sorted(content(tmp_path / "d")) == ["dev.conll", "test.txt", "train.conll", "train.txt"]


def test_a_failure_at_the_beginning_leaves_nothing(entry, server, tmp_path):
    server.answer("/a/train.txt", lambda request: request.send(b"", 404))
    fails(FetchError, entry, tmp_path / "d")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_used_and_removed(entry, server, tmp_path):
    stage = tmp_path / ".fetch"
    stage.mkdir()
    (stage / "train.txt.part").write_bytes(TRAIN[:50])
    (stage / "train.txt.part.version").write_text('"one"')
    (stage / "tmpabcdef").touch()
    fetch(entry, tmp_path)
    assert server.seen[0][1]["Range"] == "bytes=50-"
    assert sorted(content(tmp_path)) == ["dev.conll", "test.txt", "train.conll", "train.txt"]


@pytest.mark.parametrize("name", ["train.txt", "test.txt", "train.conll"])
def test_another_file_of_the_name_is_replaced_only_by_force(entry, tmp_path, name):
    (tmp_path / name).write_bytes(b"mine")
    what = "what is made here" if name == "train.conll" else "the file that is known"
    assert fails(OutputError, entry, tmp_path) == (
        f"{tmp_path / name}: is there, but is not {what}; choose another output, or use --force"
    )
    assert (tmp_path / name).read_bytes() == b"mine"
    assert {path.name for path in tmp_path.iterdir()} <= {name, ".fetch"}
    fetch(entry, tmp_path, force=True)
    assert (tmp_path / name).read_bytes() != b"mine"


def test_a_directory_is_in_the_way(entry, tmp_path):
    (tmp_path / "train.txt").mkdir()
    assert fails(OutputError, entry, tmp_path, force=True) == (
        f"{tmp_path / 'train.txt'}: is a directory, where a file is to be; choose another output"
    )


def test_a_mirror(entry, server, tmp_path):
    server.answer("/m/tiny/train.txt", server.with_ranges(TRAIN))
    server.answer("/m/tiny/test.txt", server.with_ranges(TEST))
    fetch(entry, tmp_path, mirror=f"{server.url}/m/")
    assert [path for path, _ in server.seen] == ["/m/tiny/train.txt", "/m/tiny/test.txt"]
    assert fails(FetchError, entry, tmp_path / "d", mirror="mirror.example") == (
        "mirror.example: not an address of the web; let it begin with https:// or http://"
    )
    assert not (tmp_path / "d").exists()


def test_vectors_are_checked_by_the_publishers_digest(vectors, tmp_path):
    fetched = fetch(vectors, tmp_path)
    assert fetched.vectors == tmp_path / "v.gz"
    assert [file.how for file in fetched.files] == ["MD5 as known"]


@pytest.mark.parametrize("right", [True, False])
def test_a_copy_of_gensims_downloader_is_taken_if_it_is_right(vectors, server, tmp_path, monkeypatch, right):
    monkeypatch.setenv("GENSIM_DATA_DIR", str(tmp_path / "gensim"))
    (tmp_path / "gensim" / "v").mkdir(parents=True)
    (tmp_path / "gensim" / "v" / "v.gz").write_bytes(b"\x1f\x8b vectors" if right else b"\x1f\x8b")
    fetched = fetch(vectors, tmp_path / "d")
    assert fetched.vectors.read_bytes() == b"\x1f\x8b vectors"
    assert len(server.seen) == (0 if right else 1)


def test_without_pooch(entry, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pooch", None)
    message = "fetch needs the extra 'fetch'; pip install 'ner_window[fetch]'"
    assert fails(MissingExtraError, entry, tmp_path) == message
