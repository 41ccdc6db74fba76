"""The table of projected forms gives the scores of the tagger itself."""

from dataclasses import replace

import numpy as np
import pytest

from ner_window import projections, tagger
from ner_window.config import load_config
from ner_window.experiment import prepare
from ner_window.projections import Projections
from ner_window.tagger import Tagger
from ner_window.text.tokens import Tokens

TEXTS = [
    [["Oslo", "is", "big", "."], ["Elena", "flew", "to", "Norlake-Berlin", "in", "1987", "."], ["Oslo"]],
    [["Norlake", "Bank", "of", "Oslo", "bought", "Quxxly", "-", "Zorb", "."], [], ["OSLO", "oslo", "Oslo-based"]],
    [["Elena", "Markovic", "of", "Norlake", "Bank", "flew", "from", "Berlin", "to", "Port", "Ellery", "."]],
]


def new_tagger(root, *settings):
    """A tagger before training, on data/: with random weights and vectors, so that all scores differ."""
    new = prepare(load_config(root / "configs/quickstart.yaml", settings)).tagger
    new.parameters["b"][:] = np.linspace(-1, 1, len(new.parameters["b"]))
    return new


@pytest.fixture(scope="module")
def plain(root):
    return new_tagger(root)


def by_tagger(subject, text):
    return subject.scores(subject.encode_text(text))


@pytest.mark.parametrize(
    "settings",
    [
        (),
        ("vectors.parts=true", "features=[case, affixes]"),
        ("objective=margin", "model.activation=relu"),
        ("objective=sentence", "window.radius=0"),
        ("vectors.residual=5", "model.activation=prelu"),
        ("features=[casing]",),
    ],
)
def test_texts_one_after_another_get_the_scores_of_the_tagger(root, settings):
    subject = new_tagger(root, *settings)
    table = Projections(subject)
    for text in map(Tokens.of, [*TEXTS, *TEXTS]):
        np.testing.assert_allclose(table.scores(text), by_tagger(subject, text), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("settings", [(), ("vectors.parts=true", "features=[case, affixes]")])
def test_the_tagger_projects_all_forms_at_once_or_those_of_each_run(root, settings, monkeypatch):
    subject, text = new_tagger(root, *settings), Tokens.of([sentence for text in TEXTS for sentence in text])
    at_once = by_tagger(subject, text)
    monkeypatch.setattr(tagger, "CHUNK", 4)
    np.testing.assert_allclose(by_tagger(subject, text), at_once, rtol=1e-4, atol=1e-5)


def test_an_ensemble_has_a_table_for_each_network(plain):
    other = {name: -0.5 * values for name, values in plain.parameters.items()}
    both = replace(plain, more=(other,))
    text = Tokens.of(TEXTS[0])
    np.testing.assert_allclose(Projections(both).scores(text), by_tagger(both, text), rtol=1e-4, atol=1e-5)


def test_a_full_table_is_begun_anew_and_long_texts_are_cut(plain, monkeypatch):
    monkeypatch.setattr(projections, "CHUNK", 4)  # the windows of four tokens hold eight forms at most
    monkeypatch.setattr(projections, "KEPT", 0)
    table = Projections(plain)
    assert table.capacity == 9
    for text in map(Tokens.of, [*TEXTS, *TEXTS]):
        np.testing.assert_allclose(table.scores(text), by_tagger(plain, text), rtol=1e-4, atol=1e-5)


def test_the_tables_of_many_networks_take_no_more_memory_than_that_of_one(plain):
    many = Projections(replace(plain, more=(plain.parameters,) * 30))
    # 5 places x 100 hidden units x 4 bytes x 31 networks: 62,000 bytes a form, of which 2^26 hold 1,082
    assert (many.capacity, many.chunk) == (1082, 960)
    assert sum(table.nbytes for table in many.tables) <= projections.KEPT
    assert (Projections(plain).capacity, Projections(plain).chunk) == (33_554, 16_384)


def test_a_form_is_projected_once(plain, monkeypatch):
    table, projected = Projections(plain), []
    before = table._project
    monkeypatch.setattr(table, "_project", lambda first, forms: (projected.extend(forms), before(first, forms)))
    for text in (*TEXTS, *TEXTS):
        table.scores(Tokens.of(text))
    assert sorted(projected) == sorted({token for text in TEXTS for sentence in text for token in sentence})


def test_a_form_that_stands_in_the_list_twice_has_one_place(plain):
    text = Tokens.of(TEXTS[0])
    n = len(text.forms)
    ids = np.where(np.arange(len(text.ids)) % 2, text.ids, text.ids + n)
    table = Projections(plain)
    twice = table.scores(replace(text, forms=[*text.forms, *text.forms], ids=ids))
    np.testing.assert_allclose(twice, by_tagger(plain, text), rtol=1e-4, atol=1e-5)
    assert len(table._slot) == n


def test_no_tokens_have_no_scores(plain):
    assert Projections(plain).scores(Tokens.of([])).shape == (0, len(plain.tags))
    assert Projections(plain).scores(Tokens.of([[]])).shape == (0, len(plain.tags))


def test_whole_numbers_of_16_bits_give_nearly_the_same_scores(model):
    trained = Tagger.load(model)
    table = Projections(trained, "int16")
    assert table.tables[0].dtype == np.int16
    for text in map(Tokens.of, TEXTS):
        np.testing.assert_allclose(table.scores(text), by_tagger(trained, text), atol=0.05)


def test_no_sum_of_products_leaves_16_bits(plain):
    # the worst that can be: a window of the token with the largest product, in every place
    table = Projections(plain, "int16")
    table.scores(Tokens.of([list(plain.words.strings)]))
    filled = table.tables[0][: plain.network.width * len(table._slot)].astype(np.int64)
    sums = np.abs(filled).reshape(-1, plain.network.width, plain.network.hidden_units).max(axis=0).sum(axis=0)
    assert 0 < sums.max() <= np.iinfo(np.int16).max
