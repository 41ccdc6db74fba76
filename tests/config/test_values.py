from ner_window.config import resolve
from ner_window.config.values import Value, values_of


def values(tmp_path, text, *settings):
    path = tmp_path / "c.yaml"
    path.write_text(f"data: {{train: /t, dev: /d}}\n{text}")
    return {value.key: value for value in values_of(*resolve(path, settings))}, str(path)


def test_each_value_has_its_default_and_its_place(tmp_path):
    found, path = values(tmp_path, "model:\n  dropout: 0.0\n  hidden_units: 5\n", "seed=7")
    assert found["data.train"] == Value("data.train", "/t", None, f"{path}:1", required=True)
    assert found["model.dropout"] == Value("model.dropout", 0.0, 0.0, f"{path}:3")
    assert found["model.hidden_units"] == Value("model.hidden_units", 5, 100, f"{path}:4")
    assert found["seed"] == Value("seed", 7, 13, "--set seed=7")
    assert found["window.radius"] == Value("window.radius", 2, 2, "default")
    assert found["features"] == Value("features", [], [], "default")
    assert list(found)[:3] == ["seed", "data.train", "data.dev"]


def test_changed_is_what_is_other_than_by_default_not_what_is_given(tmp_path):
    found, _ = values(tmp_path, "model: {dropout: 0.0, hidden_units: 5}\n")
    assert {key for key, value in found.items() if value.changed} == {"data.train", "data.dev", "model.hidden_units"}


def test_each_feature_is_a_value_as_short_as_a_file_may_write_it(tmp_path):
    text = "features:\n- case\n- {name: affixes, dropout: 0.5, rate: 1.0}\n- first_pass\n"
    found, path = values(tmp_path, text)
    features = [value for key, value in found.items() if key.startswith("features.")]
    assert [value.value for value in features] == [
        "case",
        {"name": "affixes", "dropout": 0.5},
        {"name": "first_pass", "dropout": 0.3},
    ]
    assert [value.place for value in features] == [f"{path}:3", f"{path}:4", f"{path}:5"]
    assert "features" not in found
