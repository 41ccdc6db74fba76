import numpy as np
import pytest

from ner_window.comparison.settings import group, keys_that_differ, letters, same_predictions
from ner_window.errors import CorpusError

ONE_MISSED = ["B-PER O O B-LOC", "O O", "B-PER I-PER O"]
OTHER_MISSED = ["B-PER O O B-LOC", "B-LOC O", "O O O"]


def test_runs_that_differ_in_nothing_but_the_seed_are_one_setting(run_folder, read):
    folders = [
        run_folder("a", seed=1),
        run_folder("b", ONE_MISSED, seed=2, model_dropout=0.5),
        run_folder("c", ONE_MISSED, seed=2),
        run_folder("d", seed=3, record={"digests": {"train": "9" * 64, "vectors": "random"}}),
    ]
    settings, notes = group(read(*folders))
    assert [[s.name.rsplit("/", 1)[-1] for s in setting.systems] for setting in settings] == [["a", "c"], ["b"], ["d"]]
    assert [setting.label for setting in settings] == ["A", "B", "C"]
    assert notes == []
    assert keys_that_differ(settings) == ["model.dropout", "the SHA-256 of train", "the SHA-256 of dev"]
    assert keys_that_differ(settings[:1]) == []
    assert np.array_equal(settings[0].counts.sum(axis=0), [[4, 0, 0], [3, 0, 1]])


def test_the_same_seed_counts_once(run_folder, read):
    settings, notes = group(read(run_folder("a"), run_folder("b")))
    name = settings[0].systems[0].name
    assert len(settings[0].systems) == 1
    assert notes == [f"{name[:-1]}b: left out: the same setting and seed as {name}"]


def test_taggers_of_other_entities_are_refused(run_folder, read):
    with pytest.raises(CorpusError, match="other entities"):
        group(read(run_folder("a"), run_folder("b", gold=ONE_MISSED)))


def test_the_same_predictions_whatever_the_order_of_the_seeds(run_folder, read):
    folders = [
        run_folder("a", ONE_MISSED, seed=1),
        run_folder("b", OTHER_MISSED, seed=2),
        run_folder("c", OTHER_MISSED, seed=1, model_dropout=0.5),
        run_folder("d", ONE_MISSED, seed=2, model_dropout=0.5),
        run_folder("e", ONE_MISSED, seed=1, model_dropout=0.1),
    ]
    one, other, third = group(read(*folders))[0]
    assert same_predictions(one, other)
    assert not same_predictions(one, third)


def test_letters_go_on_after_z():
    assert [letters(i) for i in (0, 25, 26, 27, 51, 52, 701, 702)] == ["A", "Z", "AA", "AB", "AZ", "BA", "ZZ", "AAA"]
