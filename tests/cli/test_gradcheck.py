import json
import subprocess
import sys

import pytest


def test_a_config_is_checked_before_and_after_training(program):
    output = program("gradcheck", "configs/quickstart.yaml", "--entries", 30, "--burn-in", 5).stdout
    assert "before training: J = " in output
    assert "after 5 batches: J = " in output
    assert output.count("all gradients are right") == 2
    assert "with a repeated word" in output
    header = next(line for line in output.split("\n") if line.startswith("parameter"))
    for column in ("shape", "checked", "rel. error", "where", "numeric", "analytic", "verdict"):
        assert column in header


def test_a_model_is_checked_on_its_training_data_or_on_other(program, model):
    assert "data/train.conll" in program("gradcheck", model, "--entries", 10).stdout
    assert "data/dev.conll" in program("gradcheck", model, "--entries", 10, "--data", "data/dev.conll").stdout


def test_without_arguments_every_combination_of_the_sample_is_checked(program):
    output = program("gradcheck", "--burn-in", 3).stdout
    assert output.count(" ok\n") == 48
    for name in ("softmax", "hinge", "margin", "sentence", "sigmoid", "prelu"):
        assert name in output


def test_json_has_the_figures_of_each_parameter(program):
    done = program("gradcheck", "configs/quickstart.yaml", "--json", "--entries", 10, "--burn-in", 0, "--set",
                   "vectors.train=freeze")  # fmt: skip
    (check,) = json.loads(done.stdout)
    rows = {row["name"]: row for row in check["parameters"]}
    assert rows["E.word"]["verdict"] == "frozen"
    assert rows["W"]["shape"] == [100, 275]
    assert rows["W"]["checked"] == 10
    assert rows["W"]["error"] < 1e-6
    assert check["passed"] is True


def test_an_error_over_the_tolerance_is_exit_code_1(program):
    done = program("gradcheck", "configs/quickstart.yaml", "--entries", 10, "--tolerance", "1e-13", code=1)
    assert "wrong over the tolerance of 1e-13: " in done.stdout


@pytest.mark.parametrize(("operation", "parameter"), [("window_affine", "W"), ("affine", "U"), ("embed", "E.word")])
def test_a_gradient_planted_wrong_is_exit_code_1(root, operation, parameter):
    code = f"""
import sys
from ner_window.nn import network
from ner_window.nn.gradients import RowGradient
right = network.{operation}
def wrong(*arguments):
    Y, backprop = right(*arguments)
    def back(dY):
        g = backprop(dY)
        return RowGradient(g.rows, 1.01 * g.values) if isinstance(g, RowGradient) else (g[0], 1.01 * g[1], g[2])
    return Y, back
network.{operation} = wrong
sys.argv = ["ner-window", "gradcheck", "configs/quickstart.yaml", "--entries", "20", "--burn-in", "0"]
from ner_window.cli import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "wrong over the tolerance" in done.stdout
    assert parameter in done.stdout.strip().rsplit("\n", 1)[-1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.yaml"], "error: nowhere.yaml: cannot be read"),
        (["data"], "error: data: not a model directory"),
        (["configs/quickstart.yaml", "--data", "data/dev.conll"], "--data goes with a MODEL"),
        (["data", "--all"], "--set and --all need a CONFIG"),
        (
            ["configs/quickstart.yaml", "--set", "objective=magic"],
            "objective: should be 'softmax', 'hinge', 'margin' or 'sentence'",
        ),
    ],
)
def test_wrong_use(program, arguments, message):
    done = program("gradcheck", *arguments, code=2)
    assert message in done.stderr
    assert "Traceback" not in done.stderr
