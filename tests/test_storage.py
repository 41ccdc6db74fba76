import numpy as np
import pytest

from ner_window.errors import ModelError, OutputError
from ner_window.storage import read_checkpoint, read_tensors, refuse_existing, write_checkpoint, write_directory

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


SHAPES = {"E": (3, 2), "W": (2, 3), "none": (0, 2)}


@pytest.fixture
def stored(tmp_path):
    tensors = {name: np.arange(np.prod(shape), dtype=np.float32).reshape(shape) for name, shape in SHAPES.items()}
    write_directory(tmp_path / "m", {"a.safetensors": tensors})
    return tmp_path / "m" / "a.safetensors", tensors


def test_tensors_are_mapped_and_cannot_be_written(stored):
    path, tensors = stored
    found = read_tensors(path, SHAPES, "this")
    assert {name: array.tolist() for name, array in found.items()} == {n: a.tolist() for n, a in tensors.items()}
    assert {type(array) for array in found.values()} == {np.ndarray}
    assert not any(array.flags.owndata for array in found.values())
    with pytest.raises(ValueError, match="read-only"):
        found["W"][0] = 1


@pytest.mark.parametrize("cut", [0, 4, 20, -1])
def test_a_file_cut_short_is_refused(stored, cut):
    path, _ = stored
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ModelError, match=r"a\.safetensors: cannot be read: "):
        read_tensors(path, SHAPES, "this")


def test_a_file_with_more_behind_it_is_refused(stored):
    path, _ = stored
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(ModelError, match=r"a\.safetensors: cannot be read: "):
        read_tensors(path, SHAPES, "this")


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int64])
def test_another_dtype_is_refused_by_name(tmp_path, dtype):
    write_directory(tmp_path / "m", {"a.safetensors": {"W": np.ones((2, 3), dtype), "b": np.ones(2, np.float32)}})
    path = tmp_path / "m" / "a.safetensors"
    with pytest.raises(ModelError) as error:
        read_tensors(path, {"W": (2, 3), "b": (2,)}, "this")
    assert str(error.value) == f"{path}: 'W' has dtype {np.dtype(dtype)}, expected float32"


def test_a_number_that_is_not_finite_is_found_in_the_last_place_of_a_large_tensor(tmp_path):
    W = np.ones((2, 1 << 17), np.float32)
    W[-1, -1] = np.nan
    write_directory(tmp_path / "m", {"a.safetensors": {"W": W}})
    with pytest.raises(ModelError, match="'W' holds values that are not finite"):
        read_tensors(tmp_path / "m" / "a.safetensors", {"W": (2, -1)}, "this")


def test_a_checkpoint_is_read_to_be_written_to(tmp_path):
    write_checkpoint(tmp_path / "c", {"W": np.ones(2, np.float32), "n": np.ones(1)}, {"epoch": 3})
    tensors, state = read_checkpoint(tmp_path / "c")
    tensors["W"][0] = 5
    assert (tensors["W"].tolist(), tensors["n"].dtype, state) == ([5, 1], np.float64, {"epoch": 3})
