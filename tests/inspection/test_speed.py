"""The speed of a model: that what is measured is there, and that what cannot be measured is said."""

import gzip
import shutil

import pytest

from ner_window.errors import ConfigError, CorpusError
from ner_window.inspection import speed
from ner_window.text.conll import Layout


def test_every_figure_is_of_the_data(model, root):
    measured = speed.measure(model, root / "data/test.conll", Layout(tag_column=None))
    assert (measured.data, measured.tokens) == (str(root / "data/test.conll"), 2558)
    assert 0 < measured.load_seconds < 60
    assert measured.in_memory > 0
    assert measured.file_to_file > 0
    assert measured.peak_memory is None or 10 < measured.peak_memory < 10_000
    assert measured.as_dict()["tokens"] == 2558


def test_without_data_it_is_the_dev_file_also_where_that_is_compressed(model, root, tmp_path):
    assert speed.measure(model, None, Layout(tag_column=None)).data.endswith("dev.conll")
    packed = tmp_path / "test.conll.gz"
    packed.write_bytes(gzip.compress((root / "data/test.conll").read_bytes()))
    assert speed.measure(model, packed, Layout(tag_column=None)).tokens == 2558


def test_what_cannot_be_measured_is_said(model, tmp_path):
    moved = tmp_path / "model"
    shutil.copytree(model, moved)
    config = moved / "config.yaml"
    config.write_text(config.read_text().replace("dev.conll", "nowhere.conll"))
    with pytest.raises(ConfigError, match="nowhere.conll: the dev file of .*model is not there; name a CoNLL file"):
        speed.measure(moved, None, Layout(tag_column=None))
    empty = tmp_path / "empty.conll"
    empty.write_text("\n\n")
    with pytest.raises(CorpusError, match="empty.conll: no tokens to tag"):
        speed.measure(model, empty, Layout(tag_column=None))
    with pytest.raises(CorpusError, match="-: is read several times; give a file, not a pipe"):
        speed.measure(model, "-", Layout(tag_column=None))


def test_the_median_is_of_the_rounds_after_the_first(monkeypatch):
    clock = iter([0, 100, 100, 101, 101, 106, 106, 108, 108, 111, 111, 115])  # rounds of 100 | 1, 5, 2, 3, 4 seconds
    monkeypatch.setattr(speed.time, "perf_counter", lambda: next(clock))
    assert speed.median_seconds(lambda: None) == 3
