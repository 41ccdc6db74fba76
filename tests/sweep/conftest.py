"""A sweep on a corpus of three sentences, which needs no other file."""

import warnings

import pytest

from ner_window.sweep.execution import execute, one_after_another
from ner_window.sweep.folders import Outcome

BASE = "base: {data: {train: t.conll, dev: t.conll}, vectors: {source: random, dimensions: 4}}\n"
CORPUS = (
    "Odile B-PER\nsails O\nto O\nBrevik B-LOC\n. O\n\nBrevik B-LOC\nis O\nfar O\n. O\n\nOdile B-PER\nrests O\n. O\n"
)


@pytest.fixture
def corpus():
    return CORPUS


@pytest.fixture
def write(tmp_path):
    """Write a sweep on a base that needs no file but t.conll, which is beside it; returns the sweep's path."""
    (tmp_path / "t.conll").write_text(CORPUS)

    def write(text, base=BASE):
        path = tmp_path / "s.yaml"
        path.write_text(base + text)
        return path

    return write


@pytest.fixture
def outcomes_of():
    """Do the runs of a sweep in a folder, in this process; returns the outcomes."""

    def outcomes_of(sweep, directory):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of overflow, as the command line does
            return [report for report in execute(sweep, directory, one_after_another()) if isinstance(report, Outcome)]

    return outcomes_of
