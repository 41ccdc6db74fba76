import pytest

from ner_window.errors import ModelError
from ner_window.model_files import check_files


def test_text_tensors_hidden_files_and_folders_are_fine(tmp_path):
    for name in ("model.json", "words.txt", "LICENSE", ".gitattributes", "README.md", "m.safetensors"):
        (tmp_path / name).write_bytes(b"\x80\x02" if name == "m.safetensors" else b"a")
    (tmp_path / ".git").mkdir()
    (tmp_path / "more.d").mkdir()
    check_files(tmp_path)
    check_files(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["a.bin", "a.PKL", "a.pt", "a.npy", "a.so", "a.py"])
def test_other_files_are_refused_by_name(tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(ModelError) as error:
        check_files(tmp_path)
    what = "is no file of a model, which is text and tensors, so that nothing of it can run; remove it"
    assert str(error.value) == f"{tmp_path / name}: {what}"


def test_a_folder_that_is_a_link_elsewhere_is_refused(tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "more").symlink_to(tmp_path)
    with pytest.raises(ModelError, match="m/more: is a link out of the model directory, got .*; copy the file there"):
        check_files(tmp_path / "m")


def test_a_link_to_nowhere_is_refused(tmp_path):
    (tmp_path / "words.txt").symlink_to("nowhere")
    with pytest.raises(ModelError, match="words.txt: is no plain file"):
        check_files(tmp_path)
