"""What all commands do alike with what they write, and with notes."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ner_window.cli import app

WRITERS = {
    "graph": ["graph", "--example", "max", "-o"],
    "explain": ["explain", "MODEL", "--sentence", "In Oslo .", "-o"],
    "evaluate": ["evaluate", "MODEL", "data/test.conll", "--predictions"],
    "predict": ["predict", "MODEL", "data/test.conll", "-o"],
}


@pytest.fixture(params=sorted(WRITERS))
def writer(request, program, model):
    """Run a command that writes a file."""
    arguments = [model if argument == "MODEL" else argument for argument in WRITERS[request.param]]
    return lambda target, *more: program(*arguments, target, *more, code=2).stderr


@pytest.mark.parametrize("name", ["f/x.svg", "f/g/x.svg"])
def test_a_file_cannot_be_written_into_a_file(writer, tmp_path, name):
    (tmp_path / "f").write_text("x")
    assert writer(tmp_path / name).startswith(f"error: {tmp_path / name}: cannot be written: ")
    assert (tmp_path / "f").read_text() == "x"


def test_a_directory_is_said_to_be_one(program, model, tmp_path):
    (tmp_path / "d.svg").mkdir()
    for name in ("graph", "explain", "evaluate"):  # predict writes into it
        arguments = [model if argument == "MODEL" else argument for argument in WRITERS[name]]
        for force in ([], ["--force"]):
            done = program(*arguments, tmp_path / "d.svg", *force, code=2)
            assert done.stderr == f"error: {tmp_path / 'd.svg'}: is a directory; name a file in it\n"


def commands(group, names=()):
    """All commands, those of groups as several words."""
    for name, command in sorted(group.commands.items()):
        if hasattr(command, "commands"):
            yield from commands(command, (*names, name))
        else:
            yield *names, name


COMMANDS = list(commands(typer.main.get_command(app)))


def test_the_commands_are_found():
    assert {("train",), ("drift",), ("config", "show"), ("vectors", "neighbors")} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_can_be_silenced_and_has_an_example(command):
    result = CliRunner().invoke(app, [*command, "--help"])
    assert result.exit_code == 0
    assert "-q, --quiet" in result.output
    example = result.output.partition("Example: ")[2]
    assert f"ner-window {' '.join(command)}" in " ".join(example.split())


def test_silence_before_and_after_a_command(model, root, tmp_path):
    loud = [
        ["graph", root / "configs" / "quickstart.yaml"],
        ["explain", model, "--sentence", "Qxzzt"],
        ["drift", model, "--limit", "1"],
        ["evaluate", model, root / "data" / "test.conll", "--predictions", tmp_path / "a.conll", "--force"],
        ["vectors", "export", model, tmp_path / "a.vec", "--force"],
    ]

    def notes(*arguments):
        result = CliRunner().invoke(app, list(map(str, arguments)))
        assert result.exit_code == 0, arguments
        return result.stderr

    for arguments in loud:
        assert notes(*arguments), arguments  # silence does not outlast the command that asked for it
        assert notes(*arguments, "-q") == notes("-q", *arguments) == "", arguments


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no such device")
@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["info", "MODEL"],
        ["config", "show", "configs/quickstart.yaml"],
        ["check", "data/dev.conll"],
        ["vectors", "info", "data/glove.50d.txt"],
    ],
    ids=" ".join,
)
def test_a_full_disk_behind_standard_output_is_an_error(arguments, model, root):
    named = [model if argument == "MODEL" else argument for argument in arguments]
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "ner_window", *named]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=root, check=False)
    assert done.stderr.splitlines()[-1] == "error: standard output: cannot be written: No space left on device"
    assert "Traceback" not in done.stderr
    assert done.returncode == 2
