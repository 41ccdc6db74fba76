import hashlib
import os

import fsspec
import pytest

from ner_window.batch import places
from ner_window.batch.places import Found, Stamp
from ner_window.errors import CorpusError


@pytest.fixture
def memory():
    system = fsspec.filesystem("memory")
    system.store.clear()
    yield system
    system.store.clear()


@pytest.fixture
def tree(tmp_path):
    for name in ("b.txt", "a.txt", "sub/c.txt", "sub/d.conll", ".hidden/e.txt", "sub/.f.txt"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_text(name)
    return tmp_path / "in"


def test_a_directory_stands_for_all_files_below_it(tree):
    found = places.find(str(tree))
    names = (".hidden/e.txt", "a.txt", "b.txt", "sub/.f.txt", "sub/c.txt", "sub/d.conll")
    assert found == [Found(f"{tree}/{name}", name) for name in names]


def test_names_stay_relative_if_they_were(tree, monkeypatch):
    monkeypatch.chdir(tree.parent)
    assert places.find("in")[1] == places.find("./in/")[1]._replace(name="in/a.txt") == Found("in/a.txt", "a.txt")
    monkeypatch.chdir(tree)
    assert [each.name for each in places.find("*.txt")] == ["a.txt", "b.txt"]
    assert [each.name for each in places.find(".")][1:3] == ["./a.txt", "./b.txt"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.txt", ["a.txt", "b.txt"]),
        ("**/*.txt", [".hidden/e.txt", "a.txt", "b.txt", "sub/.f.txt", "sub/c.txt"]),
        ("su?/*.*", ["sub/.f.txt", "sub/c.txt", "sub/d.conll"]),
        ("[b-z].txt", ["b.txt"]),
    ],
)
def test_a_pattern_stands_for_the_files_that_match(tree, pattern, expected):
    assert [each.relative for each in places.find(f"{tree}/{pattern}")] == expected


def test_a_file_that_is_called_like_a_pattern_is_itself(tree):
    (tree / "[b].txt").write_text("x")
    assert places.find(f"{tree}/[b].txt") == [Found(f"{tree}/[b].txt", "[b].txt")]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.txt", "none.txt: cannot be read: No such file or directory"),
        ("*.pdf", "*.pdf: no file matches; look at the pattern"),
        ("empty", "empty: no files in this directory; name one with files"),
        ("nowhere://x", "nowhere://x: cannot be reached: Protocol not known: nowhere"),
        ("memory://none", "memory://none: cannot be read: No such file or directory"),
    ],
)
def test_what_stands_for_nothing_is_an_error(tree, monkeypatch, name, message):
    (tree / "empty").mkdir()
    monkeypatch.chdir(tree)
    with pytest.raises(CorpusError) as error:
        places.find(name)
    assert str(error.value) == message


def test_urls_are_found_like_paths(memory):
    for name in ("a.txt", "sub/b.txt"):
        memory.pipe(f"/in/{name}", b"x")
    names = ["memory://in/a.txt", "memory://in/sub/b.txt"]
    assert [each.name for each in places.find("memory://in")] == names
    assert [each.name for each in places.find("memory://in/**/*.txt")] == names
    assert places.find(names[1]) == [Found(names[1], "b.txt")]
    assert places.exists(names[0])
    assert not places.exists("memory://in/none")


def test_a_stamp_tells_whether_a_file_has_changed(tree, memory):
    before = places.stamp(f"{tree}/a.txt")
    assert before.size == 5
    os.utime(tree / "a.txt", ns=(1, 1))
    assert places.stamp(f"{tree}/a.txt") not in (before, Stamp(5, None))
    os.mkfifo(tree / "pipe")
    assert places.stamp(f"{tree}/pipe") == Stamp(None, None)
    memory.pipe("/a", b"xyz")
    assert places.stamp("memory://a").size == 3


@pytest.mark.parametrize("folder", ["memory://out", None])
def test_a_file_appears_when_it_is_whole_and_replaces_another(tmp_path, memory, folder):
    folder = folder or str(tmp_path)
    name, work = places.join(folder, "deep", "a.txt"), places.join(folder, ".parts")
    for content in (b"one", b"three"):
        seen = []
        written = places.write(name, (seen.append(places.read(name)) or part for part in (content, b"!")), work)
        assert places.read(name) == content + b"!"
        assert written == (len(content) + 1, hashlib.sha256(content + b"!").hexdigest())
        assert seen[0] == seen[1] == (None if content == b"one" else b"one!")
    assert places.names_in(work) == []
    places.remove(name)
    places.remove(name)
    assert places.size_of(name) is None


def test_what_cannot_be_finished_leaves_nothing(tmp_path):
    def pieces():
        yield b"x"
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        places.write(f"{tmp_path}/a", pieces(), f"{tmp_path}/.parts")
    assert [path.name for path in tmp_path.rglob("*")] == [".parts"]
