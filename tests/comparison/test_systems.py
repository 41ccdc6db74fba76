import pytest

from ner_window.comparison.places import Place, find
from ner_window.comparison.systems import check_same_gold, settings_of
from ner_window.errors import CorpusError, ModelError

ONE_MISSED = ["B-PER O O B-LOC", "O O", "B-PER I-PER O"]


def test_a_run_is_read_from_its_folder_alone(run_folder, read):
    (system,) = read(run_folder("a", ONE_MISSED, seed=3))
    micro = system.score.micro
    assert (micro.tp, micro.fp, micro.fn) == (3, 0, 1)
    assert system.seed == 3
    assert system.settings["model.hidden_units"] == 100
    assert system.settings["the SHA-256 of train"] == "1" * 64
    assert system.settings["version"] == "0.1"
    assert not {"seed", "data.train", "data.dev"} & system.settings.keys()
    assert system.score.subsets == {}


def test_what_was_seen_in_training_is_read_from_the_analysis(run_folder, read):
    counts = {"precision": 0.5, "recall": 0.5, "f1": 0.5, "tp": 1, "fp": 1, "fn": 1, "support": 2}
    (system,) = read(run_folder("a", analysis={"score": {"seen": counts, "unseen": counts}}))
    assert system.score.subsets == {"seen": [1, 1, 1], "unseen": [1, 1, 1]}
    (without,) = read(run_folder("b", analysis={"score": {"seen": {}}}))
    assert without.score.subsets == {}


def test_types_that_were_not_learned_do_not_count(run_folder, read):
    (system,) = read(run_folder("a", ["B-PER O O O", "O O", "B-PER I-PER O"], data_types=["PER"]))
    micro = system.score.micro
    assert (micro.tp, micro.fp, micro.fn) == (2, 0, 0)


def test_broken_predictions_count_as_conlleval_counts_them(run_folder, read):
    (system,) = read(run_folder("a", ["I-PER O O B-LOC", "B-LOC O", "B-PER I-PER O"]))
    assert system.score.micro.tp == 4


def test_an_ensemble_is_a_system_of_its_own(run_folder):
    folder = run_folder("a")
    (folder / "run.json").unlink()
    place = Place(folder, "model", {"members": 3, "facts": {"data": {"train": {"sha256": "7"}}, "versions": {}}})
    settings, seed = settings_of(place)
    assert (settings["members"], settings["seed"], seed) == (3, 13, None)
    assert settings["the SHA-256 of train"] == "7"


def test_predictions_or_a_configuration_that_are_missing_are_named(run_folder, read):
    folder = run_folder("a")
    (folder / "predictions.conll").unlink()
    with pytest.raises(ModelError) as error:
        read(folder)
    assert str(error.value) == f"{folder}/predictions.conll: is missing; run the experiment again, or give --data FILE"
    (folder / "config.yaml").unlink()
    with pytest.raises(ModelError, match=r"config\.yaml: is missing; without it nobody knows what .* was trained with"):
        settings_of(find([folder])[0][0])


def test_other_sentences_are_refused(run_folder, read):
    one, other = read(run_folder("a"), run_folder("b", GOLD_OF_TWO, GOLD_OF_TWO, [["Odile"], ["sails"]]))
    with pytest.raises(CorpusError) as error:
        check_same_gold(one, other)
    assert str(error.value) == (
        f"{other.name}: was scored on other sentences than {one.name}, got 2 with 2 tokens, expected 3 with 9; give "
        "--data FILE"
    )


GOLD_OF_TWO = ["B-PER", "O"]


def test_other_entities_are_refused(run_folder, read):
    one, other = read(run_folder("a"), run_folder("b", gold=ONE_MISSED))
    check_same_gold(one, one)
    with pytest.raises(CorpusError) as error:
        check_same_gold(one, other)
    assert str(error.value) == (
        f"{other.name}: was scored on other entities of the same sentences than {one.name}, got 3, expected 4; compare "
        "taggers of the same data.types on one file (--data FILE)"
    )


def test_the_scheme_of_the_file_does_not_matter(run_folder, read):
    bioes = ["S-PER O O S-LOC", "S-LOC O", "B-PER E-PER O"]
    one, other = read(run_folder("a"), run_folder("b", bioes, bioes, record={"scheme": "BIOES"}))
    check_same_gold(one, other)
