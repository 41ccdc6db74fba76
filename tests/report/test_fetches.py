"""What can be fetched, and what was, as text and JSON."""

from pathlib import Path

import pytest
import yaml

from ner_window.fetch.catalog import Elsewhere, Entry, RemoteFile
from ner_window.fetch.collection import Fetched, FetchedFile
from ner_window.report.fetches import catalog_json, catalog_text, config_text, elsewhere_text, fetched_json, file_line

CORPUS = Entry(
    "tiny",
    "a corpus: of two",
    "CC0",
    (RemoteFile("https://a.example/t", 1_250_000, "sha256:00"), RemoteFile("https://a.example/u", 250_000)),
    train=("t",),
    test=("u",),
)
VECTORS = Entry("v", "vectors", "PDDL 1.0", (RemoteFile("https://a.example/v.gz", 69_000_000, "md5:11"),), vectors=True)
OTHER = Elsewhere("other", "a corpus of others", "by agreement", ("Ask.",), ("Sign.", "Unpack."), "a", "b", "c")


def test_catalog_text():
    assert catalog_text([CORPUS, VECTORS, OTHER]).split("\n") == [
        "name      size  splits            licence       what",
        "tiny    1.5 MB  train (dev) test  CC0           a corpus: of two",
        "v      69.0 MB  -                 PDDL 1.0      vectors",
        "other        -  train dev test    by agreement  a corpus of others",
    ]


def test_catalog_json():
    corpus, other = catalog_json([CORPUS, OTHER])
    assert corpus == {
        "name": "tiny",
        "what": "a corpus: of two",
        "license": "CC0",
        "files": [
            {"url": "https://a.example/t", "size": 1_250_000, "digest": "sha256:00"},
            {"url": "https://a.example/u", "size": 250_000, "digest": None},
        ],
    }
    assert (other["terms"], other["steps"]) == (["Ask."], ["Sign.", "Unpack."])


@pytest.mark.parametrize("folder", ["data/tiny", "my data: 1, 'two' # \"three\"", "données"])
def test_the_lines_of_a_configuration_are_yaml_whatever_the_folder_is_called(folder):
    fetched = Fetched(CORPUS, (), Path(folder, "t"), Path(folder, "d"), Path(folder, "u"))
    text = config_text(fetched)
    assert text.startswith("# a corpus: of two\n# licence: CC0\ndata:\n")
    assert yaml.safe_load(text) == {"data": {"train": f"{folder}/t", "dev": f"{folder}/d", "test": f"{folder}/u"}}
    fetched = Fetched(VECTORS, (), vectors=Path(folder, "v.gz"))
    assert yaml.safe_load(config_text(fetched)) == {"vectors": {"source": f"{folder}/v.gz"}}


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("SHA-256 as known", "which is as it should be"),
        ("MD5 as known", "and its MD5 is the publisher's"),
        ("not known", "which is not known here: compare it with that of another copy"),
        ("made", "made here"),
    ],
)
def test_file_line(how, told):
    assert file_line(FetchedFile(Path("d/f"), 1234, "ab", how)) == f"d/f: 1,234 bytes, SHA-256 ab, {told}"


def test_fetched_json():
    file = FetchedFile(Path("d/t"), 12, "ab", "not known", "https://a.example/t")
    assert fetched_json(Fetched(CORPUS, (file,), train=Path("d/t"))) == {
        "name": "tiny",
        "license": "CC0",
        "train": "d/t",
        "files": [{"path": "d/t", "size": 12, "sha256": "ab", "known": "not known", "url": "https://a.example/t"}],
    }


def test_elsewhere_text():
    assert elsewhere_text(OTHER, Path("data/other")).split("\n") == [
        "a corpus of others",
        "licence: by agreement",
        "It is not fetched here.",
        "Ask.",
        "",
        "1. Sign.",
        "2. Unpack.",
        "3. Put a, b and c into data/other, and train with:",
        "",
        "data:",
        '  train: "data/other/a"',
        '  dev: "data/other/b"',
        '  test: "data/other/c"',
    ]
