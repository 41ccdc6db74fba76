"""Configurations that name something twice, or what does nothing."""

import pytest

from ner_window.config import FeatureConfig, dump_yaml, ineffective, load_config
from ner_window.errors import ConfigError


@pytest.fixture
def load(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("data: {train: t.conll, dev: d.conll}\n")
    return lambda *settings: load_config(path, settings)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("[case, case]", "features: should name each feature once, got ['case', 'case']; repeated: case"),
        (
            "[case, {name: affixes}, affixes, case]",
            "features: should name each feature once, got ['case', {'name': 'affixes'}, 'affixes', 'case']; "
            "repeated: affixes, case",
        ),
        (
            "[{name: first_pass, dropout: 0}]",
            "features.0.dropout: should be greater than 0 for first_pass, got 0; the first pass is learned from the "
            "documents that it drops",
        ),
        ("[case, {name: first_pass, dropout: 1.0}]", "features.1.dropout: should be less than 1, got 1.0"),
        (
            "[first_pass, {name: first_pass, dropout: 0.2}]",
            "features: should name each feature once, got ['first_pass', {'name': 'first_pass', 'dropout': 0.2}]; "
            "repeated: first_pass",
        ),
    ],
)
def test_features_that_cannot_be_are_named_by_their_key(load, value, message):
    with pytest.raises(ConfigError) as error:
        load(f"features={value}")
    assert str(error.value) == f"--set features={value}: {message}"


def test_a_first_pass_is_dropped_in_three_of_ten_documents_unless_another_number_is_given(load):
    config = load("features=[case, first_pass, {name: shape, dropout: 0.0}]")
    assert [feature.dropout for feature in config.features] == [0.0, 0.3, 0.0]
    (given,) = load("features=[{name: first_pass, dropout: 0.1, dimensions: 5}]").features
    assert (given.dropout, given.size) == (0.1, 5)
    assert FeatureConfig(name="first_pass").dropout == 0.3
    assert FeatureConfig(name="casing").dropout == 0.0


def test_what_is_written_is_the_dropout_that_is_used(load, tmp_path):
    config = load("features=[case, first_pass]")
    text = dump_yaml(config)
    assert "name: first_pass\n  dimensions: null\n  dropout: 0.3\n" in text
    (tmp_path / "again.yaml").write_text(text)
    assert load_config(tmp_path / "again.yaml") == config


SWAP = "vectors.swap does nothing: no word has a row of its own; set vectors.own_rows or vectors.parts"
FROZEN = [f"vectors.{name} does nothing: the vectors are frozen" for name in ("delta_dropout", "neighbors")]
RANDOM = [f"{note.partition(':')[0]}: the vectors are random, not pre-trained" for note in FROZEN]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ((), []),
        (("vectors.swap=0.5",), [SWAP]),
        (("vectors.swap=0.5", "vectors.own_rows=2"), []),
        (("vectors.swap=0.5", "vectors.parts=true"), []),
        (("vectors.swap=0.5", "vectors.source=random"), []),
        (("vectors.delta_dropout=true", "vectors.neighbors=10"), []),
        (("vectors.delta_dropout=true", "vectors.neighbors=10", "vectors.train=freeze"), FROZEN),
        (("vectors.delta_dropout=true", "vectors.train=freeze"), FROZEN[:1]),
        (("vectors.neighbors=10", "vectors.train=freeze"), FROZEN[1:]),
        (("vectors.delta_dropout=true", "vectors.neighbors=10", "vectors.source=random"), RANDOM),
        (("vectors.neighbors=10", "vectors.source=random", "vectors.train=freeze"), FROZEN[1:]),
        (("vectors.train=freeze", "vectors.source=random"), []),
        (("vectors.swap=0.5", "vectors.delta_dropout=true", "vectors.train=freeze"), [SWAP, *FROZEN[:1]]),
    ],
)
def test_settings_that_do_nothing_beside_the_others_are_told(load, settings, expected):
    assert ineffective(load(*settings)) == expected


@pytest.mark.parametrize(("name", "cures"), [("conll2003", 1), ("conll2003-document", 2)])  # delta dropout; neighbours
def test_shipped_configs_have_no_such_settings_but_serve_frozen_and_random_vectors_too(root, name, cures):
    path = root / f"configs/{name}.yaml"
    assert ineffective(load_config(path)) == []
    assert ineffective(load_config(path, ["vectors.train=freeze"])) == FROZEN[:cures]
    assert ineffective(load_config(path, ["vectors.source=random"])) == RANDOM[:cures]
