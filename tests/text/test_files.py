import bz2
import gzip
import io
import lzma
import os

import pytest
from backports import zstd

from ner_window.errors import CorpusError
from ner_window.text.files import is_read_once, open_input, refuse_changed, state_of, unpacked_name

TEXT = "".join(f"Tove{i} sings in Ørsta\n" for i in range(20_000)).encode()  # more than is unpacked at once


def pack_zst(content):
    return zstd.compress(content, options={zstd.CompressionParameter.checksum_flag: 1})  # as the command zstd does


PACK = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": pack_zst}


@pytest.mark.parametrize("ending", ["", ".gz", ".bz2", ".xz", ".zst", ".GZ"])
def test_what_is_in_a_file_is_read_whole_by_line_and_by_piece(tmp_path, ending):
    path = tmp_path / f"a.txt{ending}"
    path.write_bytes(PACK[ending.lower()](TEXT) if ending else TEXT)
    with open_input(path) as stream:
        assert stream.peek(10)[:4] == b"Tove"
        assert stream.read() == TEXT
    with open_input(str(path)) as stream:
        assert list(stream) == TEXT.splitlines(keepends=True)
    with open_input(path) as stream:
        assert b"".join(iter(lambda: stream.read1(1000), b"")) == TEXT


@pytest.mark.parametrize("ending", sorted(PACK))
def test_damage_is_an_error_of_the_file(tmp_path, ending):
    packed = PACK[ending](TEXT)
    middle = len(packed) // 2
    damaged = {
        "cut short": packed[:middle],
        "not compressed": TEXT,
        "changed": packed[:middle] + bytes(255 - byte for byte in packed[middle : middle + 40]) + packed[middle + 40 :],
    }
    for name, content in damaged.items():
        path = tmp_path / f"{name}{ending}"
        path.write_bytes(content)
        with pytest.raises(CorpusError) as error, open_input(path) as stream:
            stream.read()
        assert str(error.value).startswith(f"{path}: not a whole compressed file: ")


def test_an_empty_file_is_empty(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(b""))
    with open_input(tmp_path / "a.gz") as stream:
        assert list(stream) == []


@pytest.mark.parametrize("name", ["none", "none.gz", "."])
def test_what_cannot_be_opened_is_named(tmp_path, name):
    with pytest.raises(CorpusError) as error, open_input(tmp_path / name):
        pass
    assert str(error.value).startswith(f"{tmp_path / name}: cannot be read: ")


def test_standard_input_stays_open(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a\n")))
    for expected in (b"a\n", b""):
        with open_input("-") as stream:
            assert stream.read() == expected


def test_pipes_are_read_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    names = ["-", tmp_path / "pipe", tmp_path / "file", tmp_path / "none"]
    assert [is_read_once(name) for name in names] == [True, True, False, False]


def test_the_name_of_what_is_in_a_file():
    assert [unpacked_name(f"d/{name}") for name in ("a.conll.gz", "a.conll", "a.XZ", "a.zip")] == [
        "a.conll", "a.conll", "a", "a.zip"
    ]  # fmt: skip


def test_a_file_that_has_changed_is_refused(tmp_path):
    path, other = tmp_path / "a.txt", tmp_path / "b.txt"
    path.write_text("one")
    before = state_of(path)
    refuse_changed(path, before)
    refuse_changed("-", state_of("-"))
    refuse_changed(tmp_path, state_of(tmp_path))
    other.write_text("two")
    for change in (
        lambda: path.open("a").close() or path.write_text("more"),
        lambda: other.replace(path),
        path.unlink,
        path.mkdir,
    ):
        change()
        with pytest.raises(CorpusError) as error:
            refuse_changed(path, before)
        assert str(error.value) == (f"{path}: changed while it was read; run the same command again when it is written")
