"""``ner-window init``: a project that trains, and wheels that can make one."""

import tomllib

FILES = ["config.yaml", "sweep.yaml", "README.md"]


def test_a_new_project_trains_and_its_sweep_runs(program, tmp_path):
    done = program("init", "my project", cwd=tmp_path)
    assert done.stdout.split("\n")[:3] == [f"my project/{name}" for name in FILES]
    assert done.stderr == "begin with: cd 'my project' && ner-window train config.yaml\n"
    made = tmp_path / "my project"
    checked = program("config", "check", "--files", "config.yaml", "sweep.yaml", cwd=made)
    assert (checked.stdout, checked.stderr) == ("config.yaml: fine\nsweep.yaml: fine\n", "")
    trained = program("train", "config.yaml", "-q", "--set", "training.epochs=1", cwd=made)
    assert trained.stdout.startswith("runs/config: dev F1 ")
    few = ("--set", "training.epochs=1", "--set", "data.limit=50", "--seeds", "13", "--grid", "window.radius=[1]")
    assert "fine-tune" in program("experiment", "sweep.yaml", "-q", *few, cwd=made).stdout


def test_this_directory_is_the_default_and_a_second_time_is_refused(program, tmp_path):
    assert program("init", cwd=tmp_path).stderr == "begin with: ner-window train config.yaml\n"
    again = program("init", cwd=tmp_path, code=2)
    assert again.stderr.startswith(
        "error: .: is not empty, got 'README.md'; name a new directory, or use --force, which"
    )
    assert program("init", "--force", "-q", cwd=tmp_path).stderr == ""


def test_a_wheel_and_what_it_is_built_from_have_the_sample_data(root):
    targets = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]
    assert targets["wheel"]["force-include"]["data"] == "ner_window/starter/data"
    assert "data" in targets["sdist"]["include"]
