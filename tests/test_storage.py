import numpy as np
import pytest

from ner_window.errors import ModelError, OutputError
from ner_window.storage import read_tensors, refuse_existing, write_directory

MODEL = {"model.json": "{}"}


@pytest.mark.parametrize("force", [False, True])
def test_a_file_is_never_replaced_by_a_directory(tmp_path, force):
    path = tmp_path / "afile"
    path.write_text("precious")
    for refuse in (lambda: refuse_existing(path, force), lambda: write_directory(path, MODEL, force=force)):
        with pytest.raises(OutputError) as error:
            refuse()
        assert str(error.value) == f"{path}: is not a directory and is not replaced; choose another output"
    assert path.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [path]


def test_only_what_was_made_here_is_replaced_and_only_by_force(tmp_path):
    path = tmp_path / "m"
    write_directory(path, MODEL)
    with pytest.raises(OutputError, match=r"m: exists already; choose another output, or replace it with --force$"):
        write_directory(path, MODEL)
    write_directory(path, MODEL | {"b.txt": "b"}, force=True)
    assert sorted(p.name for p in path.iterdir()) == ["b.txt", "model.json"]
    (path / "model.json").unlink()
    with pytest.raises(OutputError, match="m: is not a model directory and is not replaced; choose another output$"):
        write_directory(path, MODEL, force=True)
    assert [p.name for p in tmp_path.iterdir()] == ["m"]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused_by_name(tmp_path, bad):
    tensors = {"W": np.ones((2, 3), np.float32), "b": np.array([0, bad], np.float32)}
    write_directory(tmp_path / "m", {"a.safetensors": tensors})
    path = tmp_path / "m" / "a.safetensors"
    with pytest.raises(ModelError) as error:
        read_tensors(path, {"W": (2, 3), "b": (2,)}, "this")
    assert str(error.value) == f"{path}: 'b' holds values that are not finite; train the model again"
