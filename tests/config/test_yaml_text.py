"""What is read as YAML, and what is refused, with its line."""

import pytest

from ner_window.config import parse_yaml
from ner_window.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("-.5E+2", -50.0),
        ("1.", 1.0),
        ("010", 10),
        ("+3", 3),
        ("12:30", "12:30"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        ("[NO, on, Yes, OFF, y]", ["NO", "on", "Yes", "OFF", "y"]),
        ("[true, False, TRUE]", [True, False, True]),
        ("[~, null, NULL, ]", [None, None, None]),
        ("", None),
        ("# nothing", None),
        ("2026-01-31", "2026-01-31"),
        ("!!str 3", "3"),
        ("&a [1, 2]", [1, 2]),
    ],
)
def test_plain_scalars_are_those_of_yaml_1_2(text, value):
    read = parse_yaml(text, "x")[0]
    assert read == value
    assert type(read) is type(value)


def test_the_line_of_each_key_is_known_those_of_lists_by_number():
    text = "a:\n  b: 1\nc:\n- d: 2\n- [3,\n   4]\n"
    assert parse_yaml(text, "x")[1] == {
        "a": 1,
        "a.b": 2,
        "c": 3,
        "c.0": 4,
        "c.0.d": 4,
        "c.1": 5,
        "c.1.0": 5,
        "c.1.1": 6,
    }


def test_an_alias_stands_for_its_value():
    value, lines = parse_yaml("a: &x {b: 1}\nc: *x\n", "x")
    assert value == {"a": {"b": 1}, "c": {"b": 1}}
    assert lines["c"] == 2


BOMB = "a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10)
)  # 9^10 values, 3.5 thousand million
DEEP = "more than 20 levels of keys and lists in each other; a configuration has four"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb:\n\tc: 2\n", "x:3: not YAML: found character '\\t' that cannot start any token; indent with spaces"),
        (
            "a: {b: 1\nc: 2\n",
            "x:2: not YAML: expected ',' or '}', but got ':' while parsing a flow mapping that began in",
        ),
        (
            "a: 'b\nc: 2\n",
            "x:3: not YAML: found unexpected end of stream while scanning a quoted scalar that began in line 1",
        ),
        ("a: b: c\n", "x:1: not YAML: mapping values are not allowed here; quote a text in which a colon and a space"),
        ("a: @b\n", "x:1: not YAML: found character '@' that cannot start any token; quote a text that begins with it"),
        ("a: *b\n", "x:1: not YAML: found undefined alias 'b'"),
        ("a: 1\n---\nb: 2\n", "x:2: not YAML: a second document begins here; give it a file of its own"),
        ("a: 1\nb: \x00\n", "x:2: not YAML: the character U+0000 is not allowed; delete it"),
        ("a: !b c\n", "x:1: not YAML: could not determine a constructor for the tag '!b'; leave the tag out"),
        ("!!python/object/apply:os.getcwd []\n", "x:1: not YAML: could not determine a constructor for the tag"),
        ("!!set {a}\n", "x:1: not YAML: could not determine a constructor for the tag"),
        ("a: !!int b\n", "x:1: not YAML: this is no int"),
        ("a: !!bool maybe\n", "x:1: not YAML: this is no bool"),
        ("a: !!float []\n", "x:1: not YAML: this is no float"),
        ("a: 1\nb: 2\na: 3\n", "x:3: a: stands here again, first in line 1; delete one"),
        ("a:\n- b: 1\n  b: 2\n", "x:3: a.0.b: stands here again, first in line 2; delete one"),
        ("1: 2\n", "x:1: keys should be words, got 1; see ner-window config schema"),
        ("a: {null: 2}\n", "x:1: keys should be words, got null; see ner-window config schema"),
        ("? [a, b]\n: 2\n", "x:1: keys should be words, got a list or keys; quote a text in which { or [ begins"),
        ("a: &b {c: 1}\nd:\n  <<: *b\n", "x:3: merge keys are not read; write the keys, or extends:"),
        ("a: &b\n  c: *b\n", f"x:1: {DEEP}"),
        ("a: " + "[" * 25 + "]" * 25, f"x:1: {DEEP}"),
        ("[" * 5000, f"x: {DEEP}"),
        (BOMB, "x:1: more than 50,000 values; write less, or without aliases"),
    ],
)
def test_what_is_no_tree_of_words_and_values_is_refused_with_its_line(text, message):
    with pytest.raises(ConfigError) as error:
        parse_yaml(text, "x")
    assert str(error.value).startswith(message)
