import io
import json
import os
import time
from pathlib import Path

import numpy as np
import pytest

from ner_window.errors import CorpusError
from ner_window.text import conll
from ner_window.text.conll import Layout, read_corpus
from ner_window.text.labelled import read_labelled

TEXT = "-DOCSTART- O\n\nMira B-PER\nsails O\n\nhome O\n" * 3


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NER_WINDOW_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(conll, "LARGE", 20)
    monkeypatch.setattr(conll, "PIECE", 16)
    return tmp_path / "cache" / "corpora"


@pytest.fixture
def path(tmp_path):
    (tmp_path / "corpus.conll").write_text(TEXT)
    return tmp_path / "corpus.conll"


@pytest.fixture
def plain(path):
    return list(read_corpus(path).sentences)


def columns(corpus):
    return corpus.text.ids, corpus.text.lengths, corpus.text.documents, corpus.tag_ids, corpus.first_lines


def is_mapped(corpus):
    return all(isinstance(column, np.memmap) for column in columns(corpus))


def test_a_large_file_is_mapped_and_only_hashed_when_it_is_read_again(plain, path, cache, monkeypatch):
    first = read_corpus(path)
    assert is_mapped(first)
    assert list(first.sentences) == plain
    assert [entry.name[:5] for entry in cache.iterdir()] != [".new-"]
    monkeypatch.setattr(conll, "LineTable", None)  # no line is looked at
    again = read_corpus(path)
    assert is_mapped(again)
    assert list(again.sentences) == plain
    assert (again.sha256, again.lines, again.documents) == (first.sha256, first.lines, first.documents)


def test_a_small_file_is_not_kept(path, cache, monkeypatch):
    monkeypatch.setattr(conll, "LARGE", 10_000)
    assert not is_mapped(read_corpus(path))
    assert not cache.exists()


def test_what_is_kept_is_that_of_the_bytes_and_the_layout(path, cache):
    read_corpus(path)
    assert read_corpus(path, Layout(tag_column=None)).sentences[0].tags == ()
    assert read_corpus(path, Layout(1, 0)).sentences[0].tokens == ("B-PER", "O")
    assert len(list(cache.iterdir())) == 3
    path.write_text(TEXT.replace("Mira", "Tove"))
    assert read_corpus(path).sentences[0].tokens == ("Tove", "sails")
    assert len(list(cache.iterdir())) == 4
    with pytest.raises(CorpusError, match="no such encoding"):
        read_corpus(path, Layout(encoding="klingon"))


@pytest.mark.parametrize("name", ["ids", "lengths", "facts.json"])
def test_an_entry_that_is_not_whole_is_written_anew(plain, path, cache, name):
    read_corpus(path)
    (entry,) = cache.iterdir()
    for content in (b"", (entry / name).read_bytes()[:-3], None):
        if content is None:
            (entry / name).unlink()
        else:
            (entry / name).write_bytes(content)
        again = read_corpus(path)
        assert is_mapped(again)
        assert list(again.sentences) == plain
        json.loads((entry / "facts.json").read_text())


def test_a_mapped_corpus_that_is_written_anew_stays_what_it_was(plain, path, cache):
    before = read_corpus(path)
    (entry,) = cache.iterdir()
    (entry / "facts.json").unlink()
    read_corpus(path)
    assert list(before.sentences) == plain


def test_an_unwritable_cache_is_no_error_but_told(plain, path, tmp_path, cache, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("NER_WINDOW_CACHE", str(tmp_path / "file"))
    corpus = read_labelled(path, Layout())
    assert not is_mapped(corpus.corpus)
    assert list(corpus.corpus.sentences) == plain
    assert corpus.counts()["notes"] == [
        f"{tmp_path / 'file' / 'corpora'}: the columns are held in memory: Not a directory"
    ]


@pytest.mark.parametrize("writes", range(1, 26, 4))
def test_a_disk_that_is_full_is_no_error_but_told(plain, path, cache, monkeypatch, writes):
    opened = []
    really = Path.open

    def until_full(self, mode="r", *more, **options):
        if mode == "ab":
            opened.append(self)
            if len(opened) > writes:
                with really(self, "ab") as file:
                    file.write(b"half a number"[:5])
                raise OSError(28, os.strerror(28))
        return really(self, mode, *more, **options)

    monkeypatch.setattr(Path, "open", until_full)
    corpus = read_corpus(path)
    assert len(opened) == writes + 1
    assert list(corpus.sentences) == plain
    assert corpus.notes == [f"{cache}: the columns are held in memory: No space left on device"]
    assert list(cache.iterdir()) == []


def test_an_entry_that_cannot_be_put_in_its_place_is_no_error_but_told(plain, path, cache, monkeypatch):
    def refuse(self, target):
        raise OSError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    corpus = read_corpus(path)
    assert list(corpus.sentences) == plain
    assert corpus.notes == [f"{cache}: the columns are held in memory: Permission denied"]
    assert list(cache.iterdir()) == []


def test_a_file_with_a_flaw_leaves_nothing_behind(path, cache):
    path.write_text(TEXT + "alone\n")
    with pytest.raises(CorpusError, match="corpus.conll:19: expected 2 columns"):
        read_corpus(path)
    assert list(cache.iterdir()) == []


def test_standard_input_is_read_once_and_mapped(plain, path, cache, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    corpus = read_corpus("-")
    assert is_mapped(corpus)
    assert [s.tokens for s in corpus.sentences] == [s.tokens for s in plain]


@pytest.mark.parametrize(
    "facts",
    [
        '"x"',
        "null",
        "[]",
        '{"columns": 5}',
        '{"columns": {}}',
        '{"columns": {"ids": ["<i4", -1]}}',
        '{"columns": {"ids": 3}}',
    ],
)
def test_damaged_facts_are_written_anew(plain, path, cache, facts):
    read_corpus(path)
    (entry,) = cache.iterdir()
    good = (entry / "facts.json").read_text()
    (entry / "facts.json").write_text(facts)
    assert list(read_corpus(path).sentences) == plain
    assert (entry / "facts.json").read_text() == good


@pytest.mark.parametrize("missing", ["forms", "tags", "lines"])
def test_facts_that_miss_something_are_written_anew(plain, path, cache, missing):
    read_corpus(path)
    (entry,) = cache.iterdir()
    facts = json.loads((entry / "facts.json").read_text())
    del facts[missing]
    (entry / "facts.json").write_text(json.dumps(facts))
    assert list(read_corpus(path).sentences) == plain
    assert missing in json.loads((entry / "facts.json").read_text())


def test_others_may_read_an_entry(path, cache):
    read_corpus(path)
    (entry,) = cache.iterdir()
    assert entry.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("name", ["ids", "tag_ids", "lengths"])
def test_a_column_whose_bytes_have_changed_is_written_anew(plain, path, cache, name):
    read_corpus(path)
    (entry,) = cache.iterdir()
    good = (entry / name).read_bytes()
    for wrong in (bytes(len(good)), b"\x7f" * len(good)):
        (entry / name).write_bytes(wrong)
        assert list(read_corpus(path).sentences) == plain
        assert (entry / name).read_bytes() == good


def test_what_killed_processes_left_is_removed_after_a_day(path, cache):
    cache.mkdir(parents=True)
    for name, age in ((".new-old", 2 * 86_400), (".new-now", 0)):
        (cache / name).mkdir()
        os.utime(cache / name, (time.time() - age,) * 2)
    read_corpus(path)
    assert sorted(entry.name for entry in cache.iterdir() if entry.name.startswith(".")) == [".new-now"]
