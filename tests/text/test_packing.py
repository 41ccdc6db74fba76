import sys

import pytest

from ner_window.errors import MissingExtraError
from ner_window.text.files import open_input
from ner_window.text.packing import packed

PIECES = [b"Mira B-PER\n", b"", b"sails O\n" * 1000]


@pytest.mark.parametrize("name", ["a.conll", "a.conll.gz", "a.bz2", "a.XZ", "a.zst"])
def test_what_is_packed_is_what_is_read(name, tmp_path):
    if name.endswith(".zst"):
        pytest.importorskip("backports.zstd")
    (tmp_path / name).write_bytes(b"".join(packed(PIECES, tmp_path / name)))
    with open_input(tmp_path / name) as stream:
        assert stream.read() == b"".join(PIECES)
    assert (tmp_path / name).stat().st_size < 200 or name == "a.conll"
    assert list(packed(PIECES, name)) == list(packed(PIECES, name))


def test_nothing_is_packed_to_an_empty_file_that_can_be_read(tmp_path):
    (tmp_path / "a.gz").write_bytes(b"".join(packed([], "a.gz")))
    with open_input(tmp_path / "a.gz") as stream:
        assert stream.read() == b""


def test_a_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "backports", None)
    monkeypatch.setitem(sys.modules, "compression", None)
    with pytest.raises(MissingExtraError, match=r"^writing \.zst needs the extra 'zst'"):
        list(packed(PIECES, "a.zst"))
