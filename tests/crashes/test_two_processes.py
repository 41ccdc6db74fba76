"""Two processes and one output: one works at it, the other says so, and nothing is lost."""

import subprocess
import sys

import pytest

from ner_window.claims import claimed, claimed_output
from ner_window.errors import OutputError
from ner_window.prediction import write_whole

TRAIN = ("train", "configs/quickstart.yaml", "--set", "training.epochs=1", "--set", "data.limit=40")


def busy(path, where="at it"):
    return f"error: {path}: another process is at work {where}; wait for it, or choose another output\n"


@pytest.mark.parametrize("more", [(), ("--force",), ("--seeds", "2")])
def test_train(program, tmp_path, more):
    with claimed_output(tmp_path / "m"):
        assert program(*TRAIN, "-o", tmp_path / "m", *more, code=2).stderr == busy(tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


def test_experiment(program, tmp_path):
    (tmp_path / "s.yaml").write_text("base: c.yaml\ngrid: {training.epochs: [1]}\n")
    said = ("experiment", tmp_path / "s.yaml", "--base", "configs/quickstart.yaml", "-o", tmp_path / "e")
    with claimed_output(tmp_path / "e"):  # two that begin at the same time
        assert program(*said, code=2).stderr == busy(tmp_path / "e")
    (tmp_path / "e").mkdir()
    (tmp_path / "e/sweep.yaml").touch()
    with claimed(tmp_path / "e"):
        assert program(*said, code=2).stderr == busy(tmp_path / "e", "here")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["e", "s.yaml"]


def test_predict_to_a_file(program, model, tmp_path):
    (tmp_path / "p").write_text("precious")
    with claimed_output(tmp_path / "p"):
        said = program("predict", model, "data/test.conll", "-o", tmp_path / "p", "--force", code=2).stderr
    assert said == busy(tmp_path / "p")
    assert (tmp_path / "p").read_text() == "precious"


def test_predict_to_a_folder(program, model, tmp_path):
    arguments = ("predict", model, "data/test.conll", "data/dev.conll", "-o", tmp_path / "d")
    program(*arguments)
    (tmp_path / "d/.parts").mkdir()
    with claimed(tmp_path / "d/.parts"):
        assert program(*arguments, code=2).stderr == busy(tmp_path / "d/.parts", "here")


def test_an_output_that_has_come_to_be_there_is_not_replaced(tmp_path):
    def pieces():
        yield "mine"
        raise AssertionError

    (tmp_path / "p").write_text("theirs")
    with pytest.raises(OutputError, match="p: exists already; choose another output, or replace it with --force"):
        write_whole(tmp_path / "p", pieces(), "utf-8", force=False)
    assert (tmp_path / "p").read_text() == "theirs"


def test_of_two_that_are_started_together_at_least_one_ends_well(model, root, tmp_path):
    (tmp_path / "long.conll").write_text((root / "data/train.conll").read_text() * 10)
    command = [sys.executable, "-m", "ner_window", "predict", model, tmp_path / "long.conll", "-o", tmp_path / "p"]
    both = [subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    ends = sorted((process.communicate()[1], process.returncode) for process in both)
    assert 0 in [code for _, code in ends]
    for said, code in ends:
        assert (code, said.startswith(f"error: {tmp_path}/p: ")) in ((0, False), (2, True))
    undisturbed = subprocess.run([*command[:-2]], cwd=root, stdout=subprocess.PIPE, check=True).stdout
    assert (tmp_path / "p").read_bytes() == undisturbed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["long.conll", "p"]
