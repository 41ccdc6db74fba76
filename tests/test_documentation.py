"""What the READMEs say is there, and runs."""

import ast
import re
import shlex

import pytest

COMMAND = re.compile(r"`(ner-window [^`]+)`")


def read(root, name):
    return (root / name).read_text(encoding="utf-8")


def rows(text, heading):
    """The rows of the first table after a heading, as lists of cells."""
    lines = text.split(heading, 1)[1].split("\n")
    start = next(i for i, line in enumerate(lines) if line.startswith("|---"))
    for line in lines[start + 1 :]:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


def names_in(path):
    """The functions, classes, methods and variables that a file defines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{part.name}" for part in node.body if isinstance(part, ast.FunctionDef)}
        if isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def test_every_command_of_the_readme_runs(root, program, model, tmp_path):
    commands = [COMMAND.search(cells[0]).group(1) for cells in rows(read(root, "README.md"), "## Commands")]
    assert len(commands) >= 12
    for command in commands:
        command = command.replace("runs/mine", str(model)).replace("runs/window", str(tmp_path / "sweep"))
        arguments = shlex.split(command)[1:]
        if arguments[0] == "train":
            arguments = [*arguments[:2], "-o", tmp_path / "mine", "--set", "training.epochs=1"]
        if arguments[0] == "distill":
            arguments = [*arguments[:3], "-o", tmp_path / "taught", "--set", "training.epochs=1"]
        if arguments[0] == "experiment":
            arguments += ["-o", tmp_path / "sweep", "--seeds", "13", "--set", "training.epochs=1"]
        if arguments[0] == "init":
            arguments[-1] = tmp_path / "started"
        if arguments[0] in ("convert", "repair"):
            arguments[2] = tmp_path / arguments[2]
        if arguments[:2] == ["vectors", "export"]:
            arguments[-1] = tmp_path / arguments[-1]
        program(*arguments)


@pytest.fixture(scope="module")
def topics(root):
    found = [cells for cells in rows(read(root, "configs/lecture/README.md"), "## Topics") if cells[1]]
    assert len(found) > 30
    return found


def test_every_topic_of_the_lecture_names_code_that_is_there(root, topics):
    for topic, code, _ in topics:
        known = set()
        for name in re.findall(r"`([^`]+)`", code):
            if name.endswith(".py"):
                path = root / "ner_window" / name
                assert path.exists(), f"{topic}: {name}"
                known |= names_in(path)
            else:
                assert name in known | {"backprop"}, f"{topic}: {name}"


def test_every_topic_of_the_lecture_names_a_command_that_can_be_run(root, topics, program):
    options = {}
    for topic, _, cell in topics:
        _, command, *arguments = shlex.split(COMMAND.search(cell).group(1))
        if command not in options:
            options[command] = program(command, "--help").stdout
        for argument in arguments:
            if argument.startswith("--"):
                assert argument in options[command], f"{topic}: {argument}"
            if argument.endswith(".yaml"):
                assert (root / argument).exists(), f"{topic}: {argument}"


def test_every_sweep_of_the_lecture_has_its_result(root):
    text = read(root, "configs/lecture/README.md")
    sweeps = {path.stem for path in (root / "configs/lecture").glob("*.yaml")} - {"base"}
    for name in sweeps:
        assert f"configs/lecture/{name}.yaml" in text, name


def test_every_folder_has_a_readme(root):
    rooms = ("ner_window", "configs", "data", "scripts", "tests")
    folders = {path for name in rooms for path in (root / name).rglob("*")}
    folders = {path for path in folders if path.is_dir() and "__pycache__" not in path.parts}
    folders = {path for path in folders if not (path / "model.json").exists()}  # in a model nothing else may stand
    assert len(folders) > 15
    assert [path for path in sorted(folders) if not (path / "README.md").exists()] == []
