"""Words shown otherwise than they are while training; `train` itself is tested in test_run.py and tests/cli."""

from dataclasses import replace

import numpy as np
import pytest

from ner_window.nn.gradients import RowGradient
from ner_window.nn.network import Network
from ner_window.nn.optimizers import Optimizer
from ner_window.text.encoding import EncodedCorpus
from ner_window.text.windows import line, positions
from ner_window.training import Disguise, batches

WORDS, RADIUS = 9, 1  # ids 0 and 1 are reserved; 2 to 5 are of training words; 6 to 8 are not
LENGTHS = np.array([3, 1, 2, 4])
IDS = np.array([2, 3, 4, 5, 1, 2, 3, 3, 5, 4])
FIRST_PASS = np.array([2, 3])


def corpus(ids=IDS, lengths=LENGTHS, parts=(range(0, 2), range(2, 3), range(3, 4))):
    """Four lines: the words, a feature, and two of the first pass; three documents of 4, 2 and 4 tokens."""
    places = positions(lengths, RADIUS)
    rows = [ids, ids % 2 + 2, ids % 3 + 2, ids % 4 + 2]
    lines = np.stack([line(row, places, len(lengths), RADIUS) for row in rows])
    return EncodedCorpus(lines, places, lengths, np.zeros(len(ids), np.intp), parts=parts)


def disguise(swap=(0,) * 6, delta=(0,) * 6, **more):
    return Disguise(np.array(swap, float), np.array(delta, float), WORDS, **more)


def show(disguise, corpus, seed=0):
    return disguise.lines(corpus, np.random.default_rng(seed))


def test_with_no_chance_of_anything_the_lines_are_as_they_are():
    shown = show(disguise(first_pass=0.0, first_pass_rows=FIRST_PASS), corpus())
    assert np.array_equal(shown.lines, corpus().lines)


def test_swapped_for_certain_the_words_in_question_are_unknown_and_no_other():
    whole = corpus()
    shown = show(disguise(swap=(0, 0, 0, 1, 0, 1)), whole)
    assert shown.lines[0, whole.places].tolist() == [2, 1, 4, 1, 1, 2, 1, 1, 1, 4]  # 3 and 5 are swapped
    assert np.array_equal(shown.lines[1:], whole.lines[1:])
    assert np.array_equal(whole.lines, corpus().lines)  # what was given is as it was
    assert (shown.places is whole.places, shown.labels is whole.labels) == (True, True)


def test_untuned_for_certain_words_show_their_twins():
    shown = show(disguise(delta=(0, 0, 1, 0, 1, 0)), corpus())
    assert shown.lines[0, shown.places].tolist() == [2 + 9, 3, 4 + 9, 5, 1, 2 + 9, 3, 3, 5, 4 + 9]


def test_pads_stay_pads():
    everything = disguise(swap=(1,) * 6, delta=(1,) * 6, first_pass=1.0, first_pass_rows=FIRST_PASS)
    shown = show(everything, corpus())
    pads = np.setdiff1d(np.arange(shown.lines.shape[1]), shown.places)
    assert len(pads) == RADIUS * (len(LENGTHS) + 1)
    assert not shown.lines[:, pads].any()
    assert (shown.lines[0, shown.places] == 1).all()


@pytest.mark.parametrize("n", [1, 2, 8])
def test_a_word_is_untuned_as_often_as_asked_for(n):
    p, tokens = 2 / (2 + n), 20_000
    delta = [0, 0, p, 0, 0, 0]
    many = corpus(np.tile([2, 3], tokens), np.array([2 * tokens]), (range(0, 1),))
    shown = show(disguise(swap=(0, 0, 0, 0.25, 0, 0), delta=delta), many).lines[0, many.places]
    three_sigma = 3 / np.sqrt(4 * tokens)  # of a share, whose variance is p (1 - p) / tokens, at most 1 / (4 tokens)
    assert np.mean(shown[0::2] == 2 + WORDS) == pytest.approx(p, abs=three_sigma)
    assert np.mean(shown[1::2] == 1) == pytest.approx(0.25, abs=three_sigma)
    assert set(shown.tolist()) == {2, 2 + WORDS, 1, 3}


def test_whether_a_word_is_swapped_does_not_depend_on_whether_it_is_untuned():
    tokens = 20_000
    many = corpus(np.full(tokens, 2), np.array([tokens]), (range(0, 1),))
    half = show(disguise(swap=(0, 0, 0.5, 0, 0, 0), delta=(0, 0, 0.5, 0, 0, 0)), many).lines[0, many.places]
    for shown, share in ((1, 0.5), (2, 0.25), (2 + WORDS, 0.25)):  # swapped; neither, 0.5 * 0.5; untuned alone, alike
        assert np.mean(half == shown) == pytest.approx(share, abs=3 / np.sqrt(4 * tokens))


def test_every_epoch_is_shown_anew_and_a_seed_shows_the_same():
    half = disguise(swap=(0.5,) * 6)
    generator = np.random.default_rng(0)
    first, second = (half.lines(corpus(), generator).lines for _ in range(2))
    assert not np.array_equal(first, second)
    assert np.array_equal(first, show(half, corpus()).lines)


@pytest.mark.parametrize("chance", [0.0, 0.3, 1.0])
def test_a_document_shows_all_of_its_first_pass_or_nothing(chance):
    whole = corpus()
    documents = np.array([0, 0, 0, 0, 1, 1, 2, 2, 2, 2])
    hiding, hidden, epochs = disguise(first_pass=chance, first_pass_rows=FIRST_PASS), [], 300
    generator = np.random.default_rng(0)
    for _ in range(epochs):
        shown = hiding.lines(whole, generator)
        empty = ~shown.lines[FIRST_PASS[:, None], shown.places].any(axis=0)
        hidden.append([bool(empty[documents == document].all()) for document in range(3)])
        assert empty.tolist() == [hidden[-1][document] for document in documents]
        kept = whole.places[~empty]
        assert np.array_equal(shown.lines[:, kept], whole.lines[:, kept])
        assert np.array_equal(shown.lines[:2], whole.lines[:2])
    for share in np.mean(hidden, axis=0):
        assert share == pytest.approx(chance, abs=3 * np.sqrt(chance * (1 - chance) / epochs))


def gradients_of(ids, frozen=()):
    """Of a network whose words' table has the rows of the words, and six twins behind them."""
    network = Network((("word", WORDS, 3), ("case", 5, 2)), RADIUS, 4, 3, frozen=frozenset(frozen))
    generator = np.random.default_rng(0)
    shapes = network.shapes | {"E.word": (WORDS + 6, 3)}
    parameters = {name: generator.normal(0, 0.5, shape) for name, shape in shapes.items()}
    windows = replace(corpus(), lines=np.stack([ids, ids % 3 + 2])).windows(slice(None), RADIUS)
    return parameters, network.loss(parameters, windows, np.arange(10) % 3)[1]()


def test_gradients_of_twins_are_dropped_and_the_others_are_kept():
    ids = show(disguise(delta=(0, 0, 0.5, 0.5, 0.5, 0.5)), corpus()).lines[0]
    parameters, gradients = gradients_of(ids)
    whole = gradients["E.word"].dense(WORDS + 6)
    assert whole[WORDS:].any()
    assert whole[2:6].any()
    trained = disguise().trained(gradients)
    assert np.array_equal(trained["E.word"].dense(WORDS + 6), np.concatenate([whole[:WORDS], np.zeros((6, 3))]))
    assert all(trained[name] is gradients[name] for name in gradients if name != "E.word")
    before = parameters["E.word"].copy()
    Optimizer("adam", weight_decay=0.1).step(parameters, trained, 0.1)
    assert np.array_equal(parameters["E.word"][WORDS:], before[WORDS:])
    assert np.array_equal((parameters["E.word"] != before).any(axis=1), trained["E.word"].dense(WORDS + 6).any(axis=1))


@pytest.mark.parametrize(("rows", "kept"), [([9, 12], []), ([0, 8, 9], [0, 8]), ([0, 8], [0, 8]), ([], [])])
def test_the_first_twin_is_the_first_row_dropped(rows, kept):
    gradient = RowGradient(np.array(rows, np.intp), np.ones((len(rows), 3)))
    trained = disguise().trained({"E.word": gradient})["E.word"]
    assert trained.rows.tolist() == kept
    assert trained.values.shape == (len(kept), 3)


def test_a_frozen_table_has_no_gradients_to_drop():
    _, gradients = gradients_of(corpus().lines[0], frozen=["word"])
    assert disguise().trained(gradients) is gradients


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_a_batch_is_whole_sentences_and_an_epoch_each_token_once(size):
    starts = (np.cumsum(LENGTHS) - LENGTHS).tolist()
    sentences = {tuple(range(start, start + n)) for start, n in zip(starts, LENGTHS.tolist(), strict=True)}
    found, counts = [], []
    for tokens, lengths in batches(LENGTHS, size, np.random.default_rng(1)):
        ends = np.cumsum(lengths).tolist()
        found += [tuple(tokens[end - n : end].tolist()) for end, n in zip(ends, lengths.tolist(), strict=True)]
        counts.append(len(tokens))
    assert len(found) == len(LENGTHS)
    assert set(found) == sentences
    assert max(counts) < size + max(LENGTHS)
