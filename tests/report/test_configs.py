import pytest

from ner_window.config.values import Value
from ner_window.report.configs import config_json, config_table


@pytest.fixture
def values(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return [
        Value("data.train", f"{tmp_path}/a/t.conll", None, "c.yaml:1", required=True),
        Value("data.test", "/" + 50 * "x", None, "--set data.test=/" + 50 * "x"),
        Value("data.encoding", "utf-8", "utf-8", "default"),
        Value("data.types", ["PER", "3", "a: b"], None, "long/path/of/a/configuration/c.yaml:2"),
        Value("features.0", {"name": "affixes", "dropout": 0.5}, None, "c.yaml:3"),
        Value("model.dropout", 0.5, 0.0, "--set model={dropout: 0.5}"),
        Value("data.limit", None, None, "default"),
    ]


def test_the_table_is_aligned_and_a_long_value_has_a_line_of_its_own(values):
    assert config_table(values).split("\n") == [
        "key            value                          from",
        "data.train     a/t.conll                      c.yaml:1",
        "data.test      /" + 50 * "x",
        "                                              --set",
        "data.encoding  utf-8                          default",
        'data.types     [PER, "3", "a: b"]             .../c.yaml:2',
        "features.0     {name: affixes, dropout: 0.5}  c.yaml:3",
        "model.dropout  0.5                            --set model",
        "data.limit     null                           default",
    ]


def test_the_document_has_values_in_full_and_no_default_where_there_is_none(values, tmp_path):
    document = config_json(values)
    assert document["data.train"] == {"value": f"{tmp_path}/a/t.conll", "changed": True, "from": "c.yaml:1"}
    assert document["data.encoding"] == {"value": "utf-8", "default": "utf-8", "changed": False, "from": "default"}
    assert document["model.dropout"]["from"] == "--set model={dropout: 0.5}"
