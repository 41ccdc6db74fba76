from pathlib import Path

import pytest

from ner_window.config import absolute, flatten, make_absolute, parse_setting, put
from ner_window.config.keys import get, keys_below, merge
from ner_window.errors import ConfigError


def test_put_get_and_flatten_know_dotted_keys():
    tree = {"a": 1}
    put(tree, "b.c", 2)
    put(tree, "a.d", 3)  # what is no section is replaced by one
    assert tree == {"a": {"d": 3}, "b": {"c": 2}}
    assert flatten(tree) == {"a.d": 3, "b.c": 2}
    assert (get(tree, "b.c"), get(tree, "b.x"), get(tree, "b.c.x")) == (2, None, None)


def test_sections_merge_and_all_else_is_replaced():
    below = {"a": {"b": 1, "c": [1, 2]}, "d": {"e": 1}, "f": 1}
    above = {"a": {"c": [3]}, "d": 2, "g": {"h": 1}}
    assert merge(below, above) == {"a": {"b": 1, "c": [3]}, "d": 2, "f": 1, "g": {"h": 1}}
    assert below == {"a": {"b": 1, "c": [1, 2]}, "d": {"e": 1}, "f": 1}


def test_keys_below_a_value():
    assert keys_below({"b": 1, "c": [{"d": 2}]}, "a") == ["a", "a.b", "a.c", "a.c.0", "a.c.0.d"]


def test_paths_become_absolute_and_nothing_else():
    tree = {"data": {"train": "a/../b", "dev": "/c", "test": None}, "vectors": {"source": "random"}, "seed": "x"}
    make_absolute(tree, Path("/base"))
    assert tree["data"] == {"train": "/base/b", "dev": "/c", "test": None}
    assert (tree["vectors"], tree["seed"]) == ({"source": "random"}, "x")
    assert absolute("data.train", "", Path("/base")) == ""  # refused as empty, not read as the folder
    assert absolute("data.train", "~nobody-of-this-name/a", Path("/base")) == "/base/~nobody-of-this-name/a"
    assert absolute("training", {"teacher": "t"}, Path("/base")) == {"teacher": "/base/t"}


def test_a_setting_is_a_key_and_a_value_of_yaml():
    assert parse_setting(" a.b = [1e-3, NO]") == ("a.b", [0.001, "NO"])
    assert parse_setting("a=b=c") == ("a", "b=c")


@pytest.mark.parametrize("text", ["a", "=1", " =1", "a..b=1", "a.=1", ".=1"])
def test_a_setting_without_a_key_or_value_is_refused(text):
    with pytest.raises(ConfigError) as error:
        parse_setting(text)
    assert str(error.value) == f"--set: expected KEY=VALUE, got {text!r}; for example model.hidden_units=200"
