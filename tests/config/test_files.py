"""Files that extend others, settings on top, where each value comes from, and files that cannot be read."""

import re

import pytest

from ner_window.config import dump_yaml, load_config, missing_files, read_config, resolve
from ner_window.errors import ConfigError
from ner_window.sweep.plan import load_sweep

BASE = """\
seed: 7
data:
  train: t.conll
  dev: d.conll
features: [case, shape]
model:
  hidden_units: 50
  dropout: 0.5
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write files into folders; the working directory is theirs."""
    monkeypatch.chdir(tmp_path)

    def write(**files):
        for name, text in files.items():
            path = tmp_path / f"{name.replace('_', '/')}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())

    return write


def refused(path, *settings):
    with pytest.raises(ConfigError) as error:
        load_config(path, settings)
    return str(error.value)


def test_a_variant_overrides_key_by_key_and_paths_are_relative_to_the_file_they_stand_in(write, tmp_path):
    write(
        base_a=BASE,
        variant_b="extends: ../base/a.yaml\ndata: {dev: e.conll}\nfeatures: [affixes]\nmodel: {dropout: 0}\n",
    )
    config, origins = resolve("variant/b.yaml")
    assert config.data.train == str(tmp_path / "base/t.conll")
    assert config.data.dev == str(tmp_path / "variant/e.conll")
    assert [feature.name for feature in config.features] == ["affixes"]
    assert (config.seed, config.model.hidden_units, config.model.dropout) == (7, 50, 0)
    assert origins["data.train"] == "base/a.yaml:3"
    assert origins["data.dev"] == "variant/b.yaml:2"
    assert (origins["features.0"], origins.get("features.1")) == ("variant/b.yaml:3", None)
    assert (origins["model.hidden_units"], origins["model.dropout"]) == ("base/a.yaml:7", "variant/b.yaml:4")


def test_a_resolved_variant_stands_for_itself(write):
    write(a=BASE, b="extends: a.yaml\nmodel: {activation: relu}\n")
    config = load_config("b.yaml")
    text = dump_yaml(config)
    assert "extends" not in text
    write(c=text)
    assert load_config("c.yaml") == config


def test_a_mistake_in_what_is_extended_is_named_there(write):
    write(a=BASE.replace("dropout", "droput"), b="extends: a.yaml\nseed: x\n")
    assert refused("b.yaml").split("\n") == [
        "b.yaml:2: seed: should be a valid integer, got 'x'",
        "a.yaml:8: model.droput: unknown key; did you mean 'dropout'?",
    ]


def test_a_variant_need_not_name_the_corpora_but_someone_must(write):
    write(a="seed: 3\n", b="extends: a.yaml\n")
    assert refused("b.yaml") == "b.yaml: data: is missing; set it in the file or with --set data=..."


@pytest.mark.parametrize(
    ("extends", "message"),
    [
        ("3", "b.yaml:2: extends: should be the path of a configuration, got 3"),
        ("[a.yaml]", "b.yaml:2: extends: should be the path of a configuration, got ['a.yaml']"),
        ("", "b.yaml:2: extends: should be the path of a configuration, got nothing"),
        (
            "none.yaml",
            "b.yaml:2: extends: does not exist, got 'none.yaml'; a path is relative to the file that it stands in",
        ),
        (".", "b.yaml:2: extends: should be the path of a configuration, got '.', a directory"),
        ("s.yaml", "b.yaml:2: extends: should be the path of a configuration, got 's.yaml', a sweep"),
        (
            "c.yaml",
            "b.yaml:2: extends: got 'c.yaml', which extends a file itself (c.yaml:3); extends goes one level: extend "
            "that file, or write its keys here",
        ),
        (
            "b.yaml",
            "b.yaml:2: extends: got 'b.yaml', which extends a file itself (b.yaml:2); extends goes one level: extend "
            "that file, or write its keys here",
        ),
    ],
)
def test_what_cannot_be_extended_is_refused_with_its_line(write, extends, message):
    write(a=BASE, b=f"# a variant\nextends: {extends}\n", c="\n\nextends: a.yaml\n", s="base: a.yaml\n")
    assert refused("b.yaml") == message


def test_extends_is_no_setting_and_no_key_of_a_section(write):
    write(a=BASE)
    hint = "extends: unknown key; extends can stand at the top of a configuration's file only"
    assert refused("a.yaml", "extends=b.yaml") == f"--set extends=b.yaml: {hint}"
    assert "model.extends: unknown key; known here: hidden_units" in refused("a.yaml", "model.extends=b.yaml")


def test_the_base_of_a_sweep_may_extend_another_in_a_file_or_in_the_sweep(write, tmp_path):
    write(a=BASE, folder_b="extends: ../a.yaml\nseed: 8\n", s="base: folder/b.yaml\n")
    for name in ("t.conll", "d.conll", "v.txt"):
        (tmp_path / name).touch()
    (run,) = load_sweep(tmp_path / "s.yaml", ["vectors.source=v.txt"]).runs
    assert (run.seed, run.config.data.train) == (8, str(tmp_path / "t.conll"))
    write(folder_i="base: {extends: ../a.yaml, model: {dropout: 0.1}}\nset: {vectors.source: ../v.txt}\n")
    (run,) = load_sweep(tmp_path / "folder/i.yaml").runs
    assert (run.config.model.hidden_units, run.config.model.dropout) == (50, 0.1)
    assert run.config.data.train == str(tmp_path / "t.conll")
    write(w="base:\n  extends: none.yaml\n")
    with pytest.raises(ConfigError, match=re.escape("w.yaml:2: extends: does not exist, got 'none.yaml'")):
        load_sweep(tmp_path / "w.yaml")


def test_a_setting_is_where_all_that_it_replaces_comes_from(write):
    write(a=BASE)
    _, origins = resolve("a.yaml", ["model={hidden_units: 3}", "features=[casing]", "seed=9"])
    assert origins["model.hidden_units"] == "--set model={hidden_units: 3}"
    assert "model.dropout" not in origins  # by default: the section is another
    assert origins["features.0"] == "--set features=[casing]"
    assert "features.1" not in origins
    assert origins["data.train"] == "a.yaml:3"
    wrong = "--set features.0.dropout=0.3"
    assert refused("a.yaml", wrong[6:]).startswith(f"{wrong}: features: should be a list, got {{'0'")


def test_a_later_setting_wins(write):
    write(a=BASE)
    config, origins = resolve("a.yaml", ["seed=1", "model.dropout=0.1", "model={}", "seed=2"])
    assert (config.seed, config.model.dropout) == (2, 0)
    assert origins["seed"] == "--set seed=2"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.yaml: expected keys and values, got nothing; see ner-window config schema"),
        (b"# only this\n", "a.yaml: expected keys and values, got nothing; see ner-window config schema"),
        (b"- 1\n", "a.yaml: expected keys and values, got list; see ner-window config schema"),
        (b"seed\n", "a.yaml: expected keys and values, got str; see ner-window config schema"),
        (b"seed: 1\n# caf\xe9\n", "a.yaml:2: is not UTF-8, got the byte 0xe9; save the file as UTF-8"),
        ("seed: 1\n".encode("utf-16"), "a.yaml:1: is not UTF-8, got the byte 0xff; save the file as UTF-8"),
        (
            b"base: b.yaml\n",
            "a.yaml: is a sweep, not a configuration; ner-window experiment a.yaml --dry-run lists its runs",
        ),
    ],
)
def test_a_file_that_is_no_configuration_is_refused(write, content, message):
    write(a=content)
    assert refused("a.yaml") == message


def test_a_byte_order_mark_and_other_line_ends_change_nothing(write):
    write(a=BASE, b=b"\xef\xbb\xbf" + BASE.replace("\n", "\r\n").encode())
    assert load_config("a.yaml") == load_config("b.yaml")
    assert read_config("b.yaml")[1]["model.dropout"] == "b.yaml:8"


def test_files_that_do_not_exist_are_named_with_the_line_that_names_them(write, tmp_path):
    write(a=BASE + "vectors: {source: random}\n")
    (tmp_path / "t.conll").touch()
    config, origins = resolve("a.yaml", ["data.test=x.conll", "training.teacher=runs/big"])
    hint = "a path is relative to the file that it stands in, that of an option to the working directory"
    assert list(missing_files(config, "a.yaml", origins)) == [
        f"a.yaml:4: data.dev: does not exist, got '{tmp_path}/d.conll'; {hint}",
        f"--set data.test=x.conll: data.test: does not exist, got '{tmp_path}/x.conll'; {hint}",
        f"--set training.teacher=runs/big: training.teacher: does not exist, got '{tmp_path}/runs/big'; {hint}",
    ]
