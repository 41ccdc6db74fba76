"""The folder in which files wait."""

import shutil
from collections import namedtuple
from pathlib import Path

import pytest
from filelock import FileLock

from ner_window.errors import FetchError, OutputError
from ner_window.fetch.staging import check_room, kept_bytes, staged, write


def fails(directory, **files):
    """Write files into the folder, and fail; return its path."""
    with staged(directory) as stage:
        for name, content in files.items():
            (stage / name.replace("_", ".")).write_bytes(content)
        raise FetchError(str(stage))


def test_what_was_made_for_nothing_is_removed(tmp_path):
    with pytest.raises(FetchError) as caught:
        fails(tmp_path / "a" / "b", f_part=b"", f_part_version=b'"one"')
    assert str(caught.value) == str(tmp_path / "a" / "b" / ".fetch")
    assert list(tmp_path.iterdir()) == []


def test_what_is_of_use_stays(tmp_path):
    with pytest.raises(FetchError):
        fails(tmp_path / "a", f_part=b"123", f_part_version=b'"one"')
    assert kept_bytes(tmp_path / "a") == 3


def test_a_directory_that_was_there_stays(tmp_path):
    with staged(tmp_path):
        pass
    assert tmp_path.is_dir()
    assert list(tmp_path.iterdir()) == []


def test_one_process_at_a_time(tmp_path):
    (tmp_path / ".fetch").mkdir()
    with FileLock(tmp_path / ".fetch" / ".lock"), pytest.raises(OutputError) as caught, staged(tmp_path):
        pass
    assert str(caught.value) == f"{tmp_path}: another process fetches into it; wait for it"


def test_a_file_is_no_directory(tmp_path):
    (tmp_path / "f").touch()
    with pytest.raises(OutputError, match=r"f/d: cannot be written: Not a directory"), staged(tmp_path / "f" / "d"):
        pass


def test_a_disk_that_is_too_full(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(0, 0, 1000))
    stage = tmp_path / ".fetch"
    stage.mkdir()
    with pytest.raises(OutputError) as caught:
        check_room(stage, 1300)
    assert str(caught.value) == (
        f"{tmp_path}: the disk is too full: 1,300 bytes are needed, 1,000 are free; make room, or choose another output"
    )
    (stage / "f.part").write_bytes(bytes(300))  # what is there need not come
    check_room(stage, 1300)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_what_there_is_no_room_for_is_removed(tmp_path):
    (tmp_path / "f").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left on device"):
        write(tmp_path / "f", bytes(100_000))
    assert list(tmp_path.iterdir()) == []
    write(tmp_path / "f", b"12")
    assert (tmp_path / "f").read_bytes() == b"12"


def test_a_disk_that_fills_up_meanwhile(tmp_path):
    with pytest.raises(OutputError) as caught, staged(tmp_path / "d"):
        raise OSError(28, "No space left on device")
    assert str(caught.value) == f"{tmp_path / 'd'}: cannot be written: No space left on device; choose another output"
    assert list(tmp_path.iterdir()) == []
