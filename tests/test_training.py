"""Words shown otherwise than they are while training; `train` itself is tested in test_run.py and tests/cli."""

import numpy as np
import pytest

from ner_window.nn.gradients import RowGradient
from ner_window.nn.network import Network
from ner_window.nn.optimizers import Optimizer
from ner_window.nn.windows import Windows
from ner_window.text.encoding import EncodedCorpus
from ner_window.training import Disguise, batches, doubts

WORDS, RADIUS = 9, 1  # ids 0 and 1 are reserved; 2 to 5 are of training words; 6 to 8 are not
LENGTHS = np.array([3, 1, 2, 4])
IDS = np.array([2, 3, 4, 5, 1, 2, 3, 3, 5, 4])
FIRST_PASS = np.array([2, 3])


def corpus(ids=IDS, lengths=LENGTHS, parts=(range(0, 2), range(2, 3), range(3, 4)), documents=True):
    """Look-ups of a word and of a feature of it, and with `documents` two of a first pass; documents of 4, 2 and 4."""
    forms = np.arange(6)
    rows = np.stack([forms, np.where(forms, forms % 2 + 2, 0), *[np.zeros(6, int)] * (2 * documents)])
    told = {row: ids % (row + 1) + 2 for row in FIRST_PASS.tolist()} if documents else {}
    return EncodedCorpus(rows, forms, ids, lengths, np.zeros(len(ids), np.intp), told, parts=parts)


def everything(corpus):
    return corpus.ids(np.arange(len(corpus.forms)))


def disguise(swap=(0,) * 6, delta=(0,) * 6, **more):
    return Disguise(np.array(swap, float), np.array(delta, float), WORDS, **more)


def windows_of(disguise, corpus, seed=0):
    """Return the windows (L, T, K) of all tokens as an epoch shows them, all in one batch."""
    generator = seed if isinstance(seed, np.random.Generator) else np.random.default_rng(seed)
    batch = disguise.epoch(corpus, generator).batch(np.arange(len(corpus.lengths)), RADIUS)
    assert np.array_equal(batch.tokens, np.arange(len(corpus.forms)))
    return batch.ids[:, batch.index]


def show(disguise, corpus, seed=0):
    """Return what the tokens look up (L, T) as an epoch shows them."""
    return windows_of(disguise, corpus, seed)[:, :, RADIUS]


both = pytest.mark.parametrize("documents", [True, False])


@both
def test_with_no_chance_of_anything_the_tokens_are_as_they_are(documents):
    rows = {"first_pass": 0.0, "first_pass_rows": FIRST_PASS} if documents else {}
    assert np.array_equal(show(disguise(**rows), corpus(documents=documents)), everything(corpus(documents=documents)))


@both
def test_swapped_for_certain_the_words_in_question_are_unknown_and_no_other(documents):
    whole = corpus(documents=documents)
    shown = show(disguise(swap=(0, 0, 0, 1, 0, 1)), whole)
    assert shown[0].tolist() == [2, 1, 4, 1, 1, 2, 1, 1, 1, 4]  # 3 and 5 are swapped
    assert np.array_equal(shown[1:], everything(whole)[1:])
    assert np.array_equal(everything(whole), everything(corpus(documents=documents)))  # what was given is as it was


@both
def test_untuned_for_certain_words_show_their_twins(documents):
    shown = show(disguise(delta=(0, 0, 1, 0, 1, 0)), corpus(documents=documents))
    assert shown[0].tolist() == [2 + 9, 3, 4 + 9, 5, 1, 2 + 9, 3, 3, 5, 4 + 9]
    assert np.array_equal(shown[1:], everything(corpus(documents=documents))[1:])


@both
def test_pads_stay_pads(documents):
    first_pass = {"first_pass": 1.0, "first_pass_rows": FIRST_PASS} if documents else {}
    windows = windows_of(disguise(swap=(1,) * 6, delta=(1,) * 6, **first_pass), corpus(documents=documents))
    ends = np.cumsum(LENGTHS)
    pads = np.zeros(windows.shape[1:], bool)
    pads[ends - LENGTHS, 0] = pads[ends - 1, 2] = True
    assert not windows[:, pads].any()
    assert (windows[0, ~pads] == 1).all()
    assert windows[1, ~pads].all()


@pytest.mark.parametrize("n", [1, 2, 8])
def test_a_word_is_untuned_as_often_as_asked_for(n):
    p, tokens = 2 / (2 + n), 20_000
    delta = [0, 0, p, 0, 0, 0]
    many = corpus(np.tile([2, 3], tokens), np.array([2 * tokens]), (range(0, 1),), documents=False)
    shown = show(disguise(swap=(0, 0, 0, 0.25, 0, 0), delta=delta), many)[0]
    three_sigma = 3 / np.sqrt(4 * tokens)  # of a share, whose variance is p (1 - p) / tokens, at most 1 / (4 tokens)
    assert np.mean(shown[0::2] == 2 + WORDS) == pytest.approx(p, abs=three_sigma)
    assert np.mean(shown[1::2] == 1) == pytest.approx(0.25, abs=three_sigma)
    assert set(shown.tolist()) == {2, 2 + WORDS, 1, 3}


@both
def test_whether_a_word_is_swapped_does_not_depend_on_whether_it_is_untuned(documents):
    tokens = 20_000
    many = corpus(np.full(tokens, 2), np.array([tokens]), (range(0, 1),), documents)
    half = show(disguise(swap=(0, 0, 0.5, 0, 0, 0), delta=(0, 0, 0.5, 0, 0, 0)), many)[0]
    for shown, share in ((1, 0.5), (2, 0.25), (2 + WORDS, 0.25)):  # swapped; neither, 0.5 * 0.5; untuned alone, alike
        assert np.mean(half == shown) == pytest.approx(share, abs=3 / np.sqrt(4 * tokens))


@both
def test_a_token_is_shown_alike_in_all_its_windows(documents):
    whole = corpus(documents=documents)
    some = disguise(swap=(0.3,) * 6, delta=(0.5,) * 6)
    for seed in range(20):
        windows, shown = windows_of(some, whole, seed), show(some, whole, seed)
        inside = np.ones(len(IDS), bool)
        inside[np.cumsum(LENGTHS)[:-1]] = False  # tokens that follow another one
        after = np.flatnonzero(inside)[1:]
        assert np.array_equal(windows[:, after, 0], shown[:, after - 1])
        assert np.array_equal(windows[:, after - 1, 2], shown[:, after])


def test_tokens_of_one_form_are_one_in_a_batch_if_they_are_shown_alike():
    many = corpus(np.full(500, 2), np.array([500]), (range(0, 1),), documents=False)
    half = disguise(swap=(0, 0, 0.5, 0, 0, 0), delta=(0, 0, 0.5, 0, 0, 0))
    batch = half.epoch(many, np.random.default_rng(0)).batch(np.array([0]), RADIUS)
    assert batch.ids.tolist() == [[0, 2, 2 + WORDS, 1], [0, 2, 2, 2]]


def test_every_epoch_is_shown_anew_and_a_seed_shows_the_same():
    half = disguise(swap=(0.5,) * 6)
    generator = np.random.default_rng(0)
    first, second = (show(half, corpus(), generator) for _ in range(2))
    assert not np.array_equal(first, second)
    assert np.array_equal(first, show(half, corpus()))


def test_batches_of_an_epoch_are_each_drawn_anew():
    shown = disguise(swap=(0.5,) * 6).epoch(corpus(), np.random.default_rng(0))
    first, second = (shown.batch(np.arange(4), RADIUS).ids for _ in range(2))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("chance", [0.0, 0.3, 1.0])
def test_a_document_shows_all_of_its_first_pass_or_nothing(chance):
    whole = corpus()
    ids, documents = everything(whole), np.array([0, 0, 0, 0, 1, 1, 2, 2, 2, 2])
    hiding, hidden, epochs = disguise(first_pass=chance, first_pass_rows=FIRST_PASS), [], 300
    generator = np.random.default_rng(0)
    for _ in range(epochs):
        epoch = hiding.epoch(whole, generator)
        batches = [epoch.batch(np.array(sentences), RADIUS) for sentences in ([3, 0], [2], [1])]  # of one document two
        shown = np.empty_like(ids)
        for batch in batches:
            shown[:, batch.tokens] = batch.ids[:, batch.index[:, RADIUS]]
        empty = ~shown[FIRST_PASS].any(axis=0)
        hidden.append([bool(empty[documents == document].all()) for document in range(3)])
        assert empty.tolist() == [hidden[-1][document] for document in documents]
        assert np.array_equal(shown[:, ~empty], ids[:, ~empty])
        assert np.array_equal(shown[:2], ids[:2])
    for share in np.mean(hidden, axis=0):
        assert share == pytest.approx(chance, abs=3 * np.sqrt(chance * (1 - chance) / epochs))
    assert np.array_equal(everything(whole), ids)


def gradients_of(disguise, frozen=()):
    """Of a network whose words' table has the rows of the words, and six twins behind them."""
    network = Network((("word", WORDS, 3), ("case", 5, 2)), RADIUS, 4, 3, frozen=frozenset(frozen))
    generator = np.random.default_rng(0)
    shapes = network.shapes | {"E.word": (WORDS + 6, 3)}
    parameters = {name: generator.normal(0, 0.5, shape) for name, shape in shapes.items()}
    batch = disguise.epoch(corpus(documents=False), np.random.default_rng(0)).batch(np.arange(4), RADIUS)
    windows = Windows(batch.ids, batch.index)
    return parameters, network.loss(parameters, windows, np.arange(10) % 3)[1]()


def test_gradients_of_twins_are_dropped_and_the_others_are_kept():
    parameters, gradients = gradients_of(disguise(delta=(0, 0, 0.5, 0.5, 0.5, 0.5)))
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
    _, gradients = gradients_of(disguise(), frozen=["word"])
    assert disguise().trained(gradients) is gradients


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_a_batch_is_whole_sentences_and_an_epoch_each_token_once(size):
    whole, found, counts = corpus(), [], []
    sentences = [(0, 1, 2), (3,), (4, 5), (6, 7, 8, 9)]
    for chosen in batches(LENGTHS, size, np.random.default_rng(1)):
        tokens = whole.batch(chosen, RADIUS).tokens.tolist()
        assert tokens == [token for i in chosen for token in sentences[i]]
        found += tokens
        counts.append(len(tokens))
    assert sorted(found) == list(range(10))
    assert max(counts) < size + max(LENGTHS)


def test_batches_are_shuffled_and_a_seed_shuffles_alike():
    lengths = np.full(50, 2)
    first, again, other = (
        [chosen.tolist() for chosen in batches(lengths, 10, np.random.default_rng(seed))] for seed in (1, 1, 2)
    )
    assert first == again != other
    assert [len(chosen) for chosen in first] == [5] * 10
    assert sum(first, []) != list(range(50))


def epochs(*pairs):
    """The history of epochs with these losses and dev F1."""
    return [{"epoch": i, "loss": loss, "dev_f1": f1} for i, (loss, f1) in enumerate(pairs, 1)]


def test_a_loss_that_falls_and_a_dev_f1_that_is_not_zero_leave_no_doubt():
    assert doubts(epochs((2.0, 0.0), (2.5, 0.3), (1.9, 0.0))) == []
    assert doubts(epochs((2.0, 0.1))) == []  # one epoch cannot fall


def test_why_one_may_doubt_that_anything_was_learned():
    assert doubts(epochs((0.0, 0.5), (0.0, 0.5))) == [
        "the loss is 0 from the first epoch on: there is nothing in the training corpus to be learned"
    ]
    assert doubts(epochs((2.0, 0.0), (1.0, 0.5), (2e6, 0.0))) == [
        "the loss did not fall, it was 2 in epoch 1 and 2e+06 in epoch 3; try a lower "
        "optimizer.learning_rate or optimizer.l2, or look for what is too large: model.range, vectors"
    ]
    assert doubts(epochs((2.0, 0.0), (1.0, 0.0))) == ["no entity of dev was found in any epoch"]
    assert len(doubts(epochs((2.0, 0.0), (2.0, 0.0)))) == 2
