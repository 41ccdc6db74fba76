"""Completion as the shells ask for it, with the variables that Typer's scripts set."""

import os
import subprocess
import sys

import pytest

from ner_window.cli.completion import complete_setting


@pytest.fixture
def complete(root):
    """Return what bash is given for a command line, whose last word is completed."""

    def complete(*words):
        environment = {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)}
        command = "import sys; sys.argv = ['ner-window']; from ner_window.cli import app; app(prog_name='ner-window')"
        done = subprocess.run(
            [sys.executable, "-c", command],
            capture_output=True,
            text=True,
            cwd=root,
            env={**os.environ, "_NER_WINDOW_COMPLETE": "complete_bash", **environment},
        )
        assert done.stderr == ""
        return done.stdout.split()

    return complete


def test_commands_options_and_choices_are_completed_and_files_are_left_to_the_shell(complete):
    assert complete("ner-window", "tr") == ["train"]
    assert complete("ner-window", "config", "") == ["show", "check", "schema"]
    assert complete("ner-window", "train", "c.yaml", "--fi") == ["--fine-tune"]
    assert complete("ner-window", "evaluate", "runs", "--repair", "d") == ["discard"]
    assert complete("ner-window", "train", "conf") == []  # bash completes file names where there is nothing else
    assert complete("ner-window", "config", "show", "") == []


def test_keys_are_completed_after_set(complete):
    assert complete("ner-window", "train", "c.yaml", "--set", "window.") == ["window.radius=2"]
    found = complete("ner-window", "config", "show", "c.yaml", "--set", "mod")
    assert "model.hidden_units=" in found
    assert all(word.startswith("model.") and word.endswith("=") for word in found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("schedule.n", [f"schedule.name={name}" for name in ("constant", "halve", "exponential", "linear", "cyclic")]),
        (
            "schedule.name=l",
            [f"schedule.name={name}" for name in ("constant", "halve", "exponential", "linear", "cyclic")],
        ),
        ("vectors.par", ["vectors.parts=true", "vectors.parts=false"]),
        ("optimizer.eps", ["optimizer.epsilon=1e-08"]),
        ("vectors.sou", ["vectors.source=glove-6b-50d"]),
        ("data.tra", ["data.train="]),
        ("data.li", ["data.limit="]),
        ("se", ["seed=13"]),
        ("ext", []),
        ("nothing", []),
    ],
)
def test_the_only_key_left_comes_with_its_values_or_its_default(text, words):
    assert [word for word, _ in complete_setting(text)] == words


def test_every_key_has_a_sentence():
    found = complete_setting("")
    assert len(found) > 45
    assert all(sentence for _, sentence in found)


def test_commands_are_completed_without_the_libraries(root):
    code = (
        "import sys; sys.argv = ['ner-window']\nfrom ner_window.cli import app\n"
        "try: app(prog_name='ner-window')\nexcept SystemExit: pass\n"
        "print('MODULES', *sorted({m.partition('.')[0] for m in sys.modules}))"
    )
    for words, banned in (
        (("ner-window", "tr"), {"numpy", "yaml", "gensim", "scipy"}),
        (("ner-window", "train", "c.yaml", "--set", "mod"), {"gensim", "scipy"}),
    ):
        environment = {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)}
        environment["_NER_WINDOW_COMPLETE"] = "complete_bash"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=root, env={**os.environ, **environment}
        )
        loaded = set(done.stdout.rpartition("MODULES")[2].split())
        assert "typer" in loaded
        assert not loaded & banned
