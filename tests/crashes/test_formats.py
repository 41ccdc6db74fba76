"""A model of each format number that there ever was is read, or refused by name."""

import json
import shutil
from pathlib import Path

import pytest

from ner_window import Tagger
from ner_window.errors import ModelError
from ner_window.storage import FORMAT

FIXTURES = Path(__file__).with_name("fixtures")


def test_each_format_has_a_model():
    numbers = sorted(json.loads(path.read_text())["format"] for path in FIXTURES.glob("format-*/model.json"))
    assert numbers == list(range(1, FORMAT + 1))


def test_format_1_is_refused():
    with pytest.raises(ModelError) as error:
        Tagger.load(FIXTURES / "format-1")
    path = FIXTURES / "format-1/model.json"
    assert str(error.value) == f"{path}: format 2 expected, got 1; train the model again"


def test_format_2_predicts_what_it_did(program):
    said = program("predict", FIXTURES / "format-2", FIXTURES / "text.conll", "--probabilities")
    assert said.stdout == (FIXTURES / "format-2-predicted.conll").read_text()


@pytest.mark.parametrize(
    ("number", "cure"), [(3, "update ner_window"), (None, "train the model again"), ("2", "train the model again")]
)
def test_a_format_of_another_program_is_refused(tmp_path, number, cure):
    shutil.copytree(FIXTURES / "format-2", tmp_path / "m")
    path = tmp_path / "m/model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": number}))
    with pytest.raises(ModelError) as error:
        Tagger.load(tmp_path / "m")
    assert str(error.value) == f"{path}: format 2 expected, got {number!r}; {cure}"
