"""What can be fetched: facts that fit together."""

import re

import pytest

from ner_window.errors import FetchError
from ner_window.fetch.catalog import CATALOG, COMMIT, Elsewhere, Entry, RemoteFile, find

ENTRIES = [entry for entry in CATALOG if isinstance(entry, Entry)]
FILES = [file for entry in ENTRIES for file in entry.files]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_files_have_addresses_that_do_not_change_and_digests_that_are_some(file):
    assert file.url.startswith("https://")
    assert COMMIT in file.url or "/releases/download/" in file.url
    assert file.digest is None or re.fullmatch("sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}", file.digest)
    assert file.name
    assert file.size > 10_000


def test_names_are_unique():
    assert len({entry.name for entry in CATALOG}) == len(CATALOG)
    assert len({file.url for file in FILES}) == len(FILES)
    for entry in ENTRIES:
        assert len({file.name for file in entry.files}) == len(entry.files)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_file_is_of_one_split_and_every_corpus_can_be_trained_on(entry):
    parts = (*entry.train, *entry.dev, *entry.test)
    if entry.vectors:
        assert not parts
        assert len(entry.files) == 1
    else:
        assert sorted(parts) == sorted(file.name for file in entry.files)
        assert entry.train
        assert not {"train.conll", "dev.conll", "test.conll"} & set(parts)  # the names of what is made


def test_which_corpora_have_splits_that_are_made():
    assert [entry.name for entry in ENTRIES if entry.is_remade] == ["wikigold", "gum", "btc", "sec-filings"]


def test_a_commit_is_a_whole_one():
    assert re.fullmatch("[0-9a-f]{40}", COMMIT)


def test_a_file_without_a_digest_may_be_larger_than_its_characters():
    assert RemoteFile("https://a.example/b", 100, "md5:0").limit == 100
    assert RemoteFile("https://a.example/b", 100).limit == 200


def test_find():
    assert find("wnut17").name == "wnut17"
    assert isinstance(find("conll2003"), Elsewhere)
    with pytest.raises(FetchError) as caught:
        find("wnut-17")
    assert str(caught.value) == "fetch: there is nothing of this name, got 'wnut-17'; did you mean 'wnut17'?"
    with pytest.raises(FetchError, match=r"got '2'; ner-window fetch without a name lists what there is"):
        find("2")
