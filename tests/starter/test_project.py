import json
import shutil
import stat

import pytest

from ner_window.config import dump_yaml, load_config
from ner_window.config.schema import config_schema
from ner_window.errors import OutputError
from ner_window.starter import project
from ner_window.starter.project import project_files, start_project
from ner_window.sweep.plan import load_sweep

NAMES = [
    *("config.yaml", "sweep.yaml", "README.md"),
    *("data/README.md", "data/train.conll", "data/dev.conll", "data/test.conll", "data/glove.50d.txt"),
    *("schema/config.json", "schema/sweep.json"),
]


def there(directory):
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())


def refused(directory, force=False):
    before = there(directory) if directory.is_dir() else None
    with pytest.raises(OutputError) as error:
        start_project(directory, force=force)
    assert before is None or there(directory) == before
    return str(error.value)


def test_a_new_directory_holds_all_files_and_nothing_else(tmp_path, root):
    made = tmp_path / "above/mine"
    assert start_project(made) == NAMES
    assert there(tmp_path) == sorted(f"above/mine/{name}" for name in NAMES)
    for name in ("train.conll", "dev.conll", "test.conll", "glove.50d.txt", "README.md"):
        assert (made / "data" / name).read_bytes() == (root / "data" / name).read_bytes()
    assert json.loads((made / "schema/config.json").read_text()) == config_schema()
    assert stat.S_IMODE(made.stat().st_mode) == stat.S_IMODE((made / "data").stat().st_mode)


def test_its_configuration_is_the_quickstarts_and_its_sweep_is_right(tmp_path, root):
    start_project(tmp_path)
    quickstart = dump_yaml(load_config(root / "configs/quickstart.yaml")).replace(str(root), str(tmp_path))
    assert dump_yaml(load_config(tmp_path / "config.yaml")) == quickstart
    assert len(load_sweep(tmp_path / "sweep.yaml").runs) == 12


def test_every_command_of_its_readme_is_one(tmp_path, program):
    text = project_files()["README.md"].decode()
    commands = [line.split("`")[1].split()[1] for line in text.split("\n") if line.startswith("| `ner-window")]
    assert {"train", "evaluate", "predict", "experiment", "config"} == set(commands)


def test_an_empty_directory_and_one_of_a_version_control_are_new(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/config").write_text("x")
    start_project(tmp_path)
    assert there(tmp_path) == sorted([".git/config", *NAMES])


def test_a_directory_with_files_is_refused_and_with_force_only_those_of_its_names_are_replaced(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    hint = "name a new directory, or use --force, which replaces"
    assert refused(tmp_path) == f"{tmp_path}: is not empty, got 'notes.txt'; {hint} none of its files"
    (tmp_path / "data").mkdir()
    (tmp_path / "data/more.conll").write_text("mine")
    (tmp_path / "config.yaml").write_text("mine")
    assert refused(tmp_path) == f"{tmp_path}: is not empty, got 'config.yaml'; {hint} config.yaml"
    start_project(tmp_path, force=True)
    assert there(tmp_path) == sorted([*NAMES, "data/more.conll", "notes.txt"])
    assert (tmp_path / "data/more.conll").read_text() == (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / "config.yaml").read_text() != "mine"


def test_what_is_in_the_way_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    assert refused(tmp_path / "file").startswith(f"{tmp_path}/file: cannot be written: Not a directory")
    assert refused(tmp_path / "file/below").startswith(f"{tmp_path}/file/below: cannot be written: Not a directory")
    (tmp_path / "a/data").mkdir(parents=True)
    (tmp_path / "a/data/README.md").mkdir()
    wrong = refused(tmp_path / "a", force=True)
    assert wrong == f"{tmp_path}/a/data/README.md: is in the way of data/README.md; move it, or name a new directory"
    (tmp_path / "b").mkdir()
    (tmp_path / "b/data").write_text("x")
    assert refused(tmp_path / "b", force=True).startswith(f"{tmp_path}/b/data: is in the way of data/README.md")


@pytest.mark.parametrize("exists", [True, False])
def test_when_a_write_fails_nothing_is_there(tmp_path, monkeypatch, exists):
    made = tmp_path / "mine"
    if exists:
        made.mkdir()
    write = project.Path.write_bytes

    def full(path, content):
        if path.name == "test.conll":
            raise OSError(28, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(project.Path, "write_bytes", full)
    with pytest.raises(OutputError, match="mine: cannot be written: No space left on device"):
        start_project(made)
    assert there(tmp_path) == []
    assert made.exists() == exists


def test_what_an_attempt_before_left_is_no_hindrance(tmp_path):
    (tmp_path / ".new-mine/data").mkdir(parents=True)
    (tmp_path / ".new-mine/data/half").write_text("x")
    start_project(tmp_path / "mine")
    assert there(tmp_path) == sorted(f"mine/{name}" for name in NAMES)


def test_the_data_beside_the_package_is_used_where_there_is_some(tmp_path, monkeypatch, root):
    shutil.copytree(root / "ner_window/starter", tmp_path / "ner_window/starter")
    monkeypatch.setattr(project, "HERE", tmp_path / "ner_window/starter")
    with pytest.raises(OutputError) as error:
        project_files()
    assert str(error.value) == (
        f"{tmp_path}/data/README.md: not installed: No such file or directory; install ner_window again"
    )
    shutil.copytree(root / "data", tmp_path / "ner_window/starter/data")
    assert list(project_files()) == NAMES
