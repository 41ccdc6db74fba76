import pytest

from ner_window.sweep.checking import check_file


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def test_a_configuration_with_its_files_is_right(write):
    write("t.conll", "")
    assert check_file(write("c.yaml", "data: {train: t.conll, dev: t.conll}\n")) == ([], [])


def test_files_that_are_not_there_are_told_apart_from_mistakes(write, tmp_path):
    text = "data: {train: t.conll, dev: d.conll}\nvectors: {source: random}\n"
    problems, missing = check_file(write("c.yaml", text))
    assert problems == []
    assert [line.partition(" does")[0] for line in missing] == [
        f"{tmp_path}/c.yaml:1: data.train:",
        f"{tmp_path}/c.yaml:1: data.dev:",
    ]
    problems, missing = check_file(write("s.yaml", "base: c.yaml\ngrid: {window.radius: [1, x]}\n"))
    assert problems == [f"{tmp_path}/s.yaml:2: window.radius: should be a valid integer, got 'x'"]
    assert [line.partition(" does")[0] for line in missing] == [
        f"{tmp_path}/c.yaml:1: data.train:",
        f"{tmp_path}/c.yaml:1: data.dev:",
    ]


def test_a_base_that_is_not_there_is_a_mistake(write, tmp_path):
    problems, missing = check_file(write("s.yaml", "base: {extends: none.yaml}\n"))
    assert missing == []
    assert problems[0].startswith(f"{tmp_path}/s.yaml:1: extends: does not exist, got 'none.yaml'")


def test_settings_are_of_both_kinds_of_files(write):
    write("t.conll", "")
    config = write("c.yaml", "data: {train: t.conll, dev: t.conll}\n")
    sweep = write("s.yaml", "base: c.yaml\n")
    for path in (config, sweep):
        ((line,), _) = check_file(path, ["seed=x" if path == config else "model.dropout=x"])
        assert line.startswith("--set ")
