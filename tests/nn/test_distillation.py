"""Soft targets against sums over all labels and over all tag sequences, written out."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner_window.nn.distillation import Teacher, sentence_cross_entropy, soft_cross_entropy
from ner_window.nn.gradcheck import central_differences, relative_error
from ner_window.nn.network import Network
from ner_window.nn.objectives import softmax_cross_entropy
from ner_window.nn.sentence import sentence_log_likelihood
from ner_window.nn.unvectorized import loss_by_loop

WINDOWS = np.array([[[0, 0, 2, 2, 2], [0, 3, 1, 4, 3], [3, 1, 4, 5, 0], [1, 4, 5, 0, 0]]])


def draw(seed, T, C=3, scale=1.0):
    """Return scores and a chain."""
    generator = np.random.default_rng(seed)
    S, A, start, end = (generator.normal(0, scale, shape) for shape in ((T, C), (C, C), (C,), (C,)))
    return S, (A, start, end)


def probabilities(S, chain):
    """Return all sequences of a sentence and the probability of each, by a loop."""
    A, start, end = chain
    paths = list(product(range(len(start)), repeat=len(S)))
    scores = []
    for path in paths:
        score = start[path[0]] + end[path[-1]]
        for t, label in enumerate(path):
            score += S[t, label] + (A[path[t - 1], label] if t else 0)
        scores.append(score)
    weights = np.exp(scores)
    return paths, weights / weights.sum()


def by_enumeration(S, chain, teacher, lengths):
    J, first = 0.0, 0
    for n in lengths:
        here = slice(first, first + n)
        p, q = probabilities(teacher.S[here], teacher.chain)[1], probabilities(S[here], chain)[1]
        J -= float(p @ np.log(q))
        first += n
    return J / len(S)


def test_soft_cross_entropy_by_hand():
    # p = (3/4, 1/4), q = (1/2, 1/2): J = log 2, dJ/ds = q - p
    J, backprop = soft_cross_entropy(np.zeros((1, 2)), Teacher(np.log([[3.0, 1.0]])))
    assert pytest.approx(np.log(2)) == J
    np.testing.assert_allclose(backprop(), [[-1 / 4, 1 / 4]])


def test_soft_cross_entropy_agrees_with_a_loop_and_with_central_differences():
    S, teacher = draw(0, 5)[0], Teacher(draw(1, 5)[0])
    expected = 0.0
    for s, t in zip(S, teacher.S, strict=True):
        for c in range(3):
            expected -= np.exp(t[c]) / np.exp(t).sum() * np.log(np.exp(s[c]) / np.exp(s).sum()) / 5
    J, backprop = soft_cross_entropy(S, teacher)
    assert pytest.approx(expected, rel=1e-12) == J
    assert relative_error(backprop(), central_differences(lambda: soft_cross_entropy(S, teacher)[0], S)) < 1e-6


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_sentence_cross_entropy_equals_the_sum_over_all_sequences(seed, lengths):
    S, chain = draw(seed, sum(lengths))
    teacher = Teacher(*draw(seed + 1, sum(lengths), scale=2.0))
    J, _ = sentence_cross_entropy(S, teacher, np.array(lengths), *chain)
    assert pytest.approx(by_enumeration(S, chain, teacher, lengths), rel=1e-10) == J


@pytest.mark.parametrize("lengths", [[1], [4], [2, 2], [3, 1, 5, 1]])
def test_every_gradient_agrees_with_central_differences(lengths):
    S, chain = draw(1, sum(lengths))
    teacher, lengths = Teacher(*draw(2, sum(lengths))), np.array(lengths)
    gradients = sentence_cross_entropy(S, teacher, lengths, *chain)[1]()
    for parameter, gradient in zip((S, *chain), gradients, strict=True):
        numeric = central_differences(lambda: sentence_cross_entropy(S, teacher, lengths, *chain)[0], parameter)
        assert relative_error(gradient, numeric) < 1e-6


def test_who_knows_what_the_teacher_knows_has_nothing_to_learn():
    S, chain = draw(3, 6)
    for J, gradients in (
        sentence_cross_entropy(S, Teacher(S, chain), np.array([2, 4]), *chain),
        soft_cross_entropy(S, Teacher(S)),
    ):
        assert J > 0  # the teacher's own entropy
        found = gradients()
        for gradient in found if isinstance(found, tuple) else (found,):
            np.testing.assert_allclose(gradient, 0, atol=1e-15)


def test_a_certain_teacher_is_as_good_as_labels():
    S, chain = draw(4, 6)
    y, lengths = np.array([0, 2, 1, 1, 0, 2]), np.array([2, 4])
    certain = 1000 * np.eye(3)[y]
    J, backprop = soft_cross_entropy(S, Teacher(certain))
    expected, expected_back = softmax_cross_entropy(S, y)
    assert pytest.approx(expected, rel=1e-12) == J
    np.testing.assert_allclose(backprop(), expected_back(), atol=1e-15)
    J, backprop = sentence_cross_entropy(S, Teacher(certain, tuple(0 * part for part in chain)), lengths, *chain)
    expected, expected_back = sentence_log_likelihood(S, y, lengths, *chain)
    assert pytest.approx(expected, rel=1e-12) == J
    for gradient, other in zip(backprop(), expected_back(), strict=True):
        np.testing.assert_allclose(gradient, other, atol=1e-14)


def test_float32_stays_and_huge_scores_do_not_overflow():
    S, chain = draw(5, 42, scale=1000)
    S, *chain = (part.astype(np.float32) for part in (S, *chain))
    teacher = Teacher(*draw(6, 42, scale=1000))
    for J, gradients in (
        soft_cross_entropy(S, teacher),
        sentence_cross_entropy(S, teacher, np.array([40, 2]), *chain),
    ):
        assert np.isfinite(J)
        found = gradients()
        for gradient in found if isinstance(found, tuple) else (found,):
            assert gradient.dtype == np.float32
            assert np.isfinite(gradient).all()


def test_a_teacher_of_sentences_without_scores_of_steps_is_refused():
    S, chain = draw(7, 2)
    with pytest.raises(ValueError, match="has scores of steps"):
        sentence_cross_entropy(S, Teacher(S), np.array([2]), *chain)


def test_a_teacher_is_indexed_by_tokens():
    S, chain = draw(8, 4)
    teacher = Teacher(S, chain)[np.array([2, 0])]
    np.testing.assert_array_equal(teacher.S, S[[2, 0]])
    assert teacher.chain is chain
    assert len(teacher) == 2


def make(objective):
    network = Network((("word", 6, 3),), 2, 4, 3, objective=objective, dropout=0.3, l2=0.02)
    generator = np.random.default_rng(0)
    return network, {name: generator.normal(0, 0.6, shape) for name, shape in network.shapes.items()}


@pytest.mark.parametrize("objective", ["softmax", "sentence"])
def test_the_networks_gradients_with_a_teacher_are_right(objective):
    network, parameters = make(objective)
    teacher, lengths = Teacher(*draw(1, 4)), np.array([3, 1])

    def run():
        return network.loss(parameters, WINDOWS, teacher, np.random.default_rng(2), {}, lengths)

    gradients = run()[1]()
    assert gradients.keys() == parameters.keys()
    for name, parameter in parameters.items():
        gradient = gradients[name].dense(6) if name == "E.word" else gradients[name]
        assert relative_error(gradient, central_differences(lambda: run()[0], parameter)) < 1e-6


def test_the_loop_over_windows_takes_a_teacher():
    network, parameters = make("softmax")
    teacher = Teacher(draw(1, 4)[0])
    J, backprop = network.loss(parameters, WINDOWS, teacher)
    J_loop, back_loop = loss_by_loop(network, parameters, WINDOWS, teacher)
    assert pytest.approx(J, rel=1e-12) == J_loop
    np.testing.assert_allclose(back_loop()["W"], backprop()["W"], rtol=1e-10)


@pytest.mark.parametrize("objective", ["hinge", "margin"])
def test_an_objective_without_probabilities_has_no_teacher(objective):
    network, parameters = make(objective)
    with pytest.raises(ValueError, match=f"objective {objective} has no probabilities"):
        network.loss(parameters, WINDOWS, Teacher(draw(1, 4)[0]), np.random.default_rng(0))
