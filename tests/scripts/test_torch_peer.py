import numpy as np
import pytest

torch = pytest.importorskip("torch")

from benchmark.torch_chain import chain_loss  # noqa: E402
from benchmark.torch_peer import layout, line  # noqa: E402

from ner_window.nn.sentence import sentence_log_likelihood  # noqa: E402


def test_the_chains_loss_and_gradients_are_ours():
    generator = np.random.default_rng(13)
    lengths = np.array([3, 1, 5])
    numbers = [generator.normal(size=shape) for shape in ((9, 4), (4, 4), (4,), (4,))]
    y = generator.integers(4, size=9)
    J, backprop = sentence_log_likelihood(numbers[0], y, lengths, *numbers[1:])
    scores, *chain = [torch.tensor(array, requires_grad=True) for array in numbers]
    loss = chain_loss(scores, torch.from_numpy(y), torch.from_numpy(lengths), *chain)
    loss.backward()
    assert loss.item() == pytest.approx(J)
    for ours, theirs in zip(backprop(), (scores, *chain), strict=True):
        np.testing.assert_allclose(theirs.grad.numpy(), ours, atol=1e-12)


def test_shuffled_sentences_stand_whole_on_a_line_with_pads_and_are_cut_into_batches():
    lengths = np.array([2, 1, 3, 2])
    tokens, places, counts, sizes = layout(lengths, 3, 2, np.random.default_rng(13))
    whole = line(10 + tokens, places, 2).tolist()  # tokens 0 to 7 shown as 10 to 17, pads as 0
    shown = " ".join(map(str, whole)).strip("0 ").split(" 0 0 ")
    assert sorted(shown) == ["10 11", "12", "13 14 15", "16 17"]
    assert whole[:2] == whole[-2:] == [0, 0]
    assert np.concatenate(counts).tolist() == [len(sentence.split()) for sentence in shown]
    assert all(batch.sum() - batch[-1] < 3 for batch in counts)  # without its last sentence, none is full
    assert sizes.tolist() == [batch.sum() + 2 * len(batch) for batch in counts]
    assert sizes.sum() + 2 == len(whole)
