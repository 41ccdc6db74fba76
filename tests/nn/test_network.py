import numpy as np
import pytest

from ner_window.nn import network as network_module
from ner_window.nn.activations import ACTIVATIONS, KINKS
from ner_window.nn.gradcheck import central_differences, relative_error
from ner_window.nn.gradients import RowGradient
from ner_window.nn.initialization import he, xavier
from ner_window.nn.network import Network
from ner_window.nn.windows import Windows

ALL_ACTIVATIONS = ["sigmoid", "tanh", "hard_tanh", "relu", "leaky_relu", "prelu"]

# Pads (id 0) at the edges; word 2 three times in the batch's first window; word 3 in three windows. Words 6, 7 unused.
WORDS = np.array([[0, 0, 2, 2, 2], [0, 3, 1, 4, 3], [3, 1, 4, 5, 0], [1, 4, 5, 0, 0]])
CASES = np.array([[0, 0, 1, 1, 1], [0, 2, 1, 2, 2], [2, 1, 2, 3, 0], [1, 2, 3, 0, 0]])
WINDOWS = np.stack([WORDS, CASES])
LABELS = np.array([0, 2, 1, 2])


def make_network(activation="tanh", **options):
    tables = (("word", 8, 3), ("case", 5, 2))
    return Network(tables=tables, radius=2, hidden_units=4, labels=3, activation=activation, **options)


def draw(network, seed=0):
    generator = np.random.default_rng(seed)
    return {name: generator.normal(0, 0.6, shape) for name, shape in network.shapes.items()}


def distance_to_kinks(network, parameters):
    rows = np.concatenate([parameters["E.word"][WORDS], parameters["E.case"][CASES]], axis=2).reshape(len(LABELS), -1)
    Z = rows @ parameters["W"].T + parameters["b"]
    return min((float(np.abs(Z - kink).min()) for kink in KINKS.get(network.activation, ())), default=np.inf)


def draw_away_from_kinks(network):
    for seed in range(1000):
        parameters = draw(network, seed)
        if distance_to_kinks(network, parameters) > 0.02:
            return parameters
    raise AssertionError("no seed keeps every pre-activation away from the kinks")


def densify(gradients, parameters):
    return {n: g.dense(len(parameters[n])) if isinstance(g, RowGradient) else g for n, g in gradients.items()}


def compare(loss, parameters, analytic):
    """The relative error of each parameter's whole gradient."""
    return {n: relative_error(analytic[n], central_differences(loss, p)) for n, p in parameters.items()}


def reference_scores(p, activation, windows):
    """Nested loops over scalars: no array operation is shared with the network."""
    F, B, K = windows.shape
    scores = np.zeros((B, len(p["c"])))
    for i in range(B):
        x = []
        for k in range(K):
            for f, name in zip(range(F), ("E.word", "E.case"), strict=True):
                x.extend(float(v) for v in p[name][windows[f, i, k]])
        h = []
        for j in range(len(p["b"])):
            z = float(p["b"][j])
            for n, value in enumerate(x):
                z += float(p["W"][j, n]) * value
            h.append(
                {
                    "sigmoid": 1 / (1 + np.exp(-z)),
                    "tanh": np.tanh(z),
                    "hard_tanh": min(1.0, max(-1.0, z)),
                    "relu": z if z > 0 else 0.0,
                    "leaky_relu": z if z > 0 else 0.01 * z,
                    "prelu": z if z > 0 else (float(p["a"][j]) * z if "a" in p else 0.0),
                }[activation]
            )
        for c in range(len(p["c"])):
            scores[i, c] = float(p["c"][c]) + sum(float(p["U"][c, j]) * h[j] for j in range(len(h)))
    return scores


@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("l2", [0.0, 0.03])
@pytest.mark.parametrize("activation", ALL_ACTIVATIONS)
def test_every_gradient_agrees_with_central_differences(activation, l2, dropout):
    network = make_network(activation, l2=l2, dropout=dropout)
    parameters = draw_away_from_kinks(network)

    def run():
        return network.loss(parameters, WINDOWS, LABELS, np.random.default_rng(3))

    analytic = densify(run()[1](), parameters)
    assert set(analytic) == set(parameters)
    errors = compare(lambda: run()[0], parameters, analytic)
    assert list(errors) == list(parameters)
    assert max(errors.values()) < 1e-6, errors
    assert all(np.abs(analytic[name]).max() > 1e-4 for name in parameters)  # nothing passes by being zero


@pytest.mark.parametrize("name", ["W", "b", "U", "c", "a", "E.word", "E.case"])
def test_planted_wrong_gradient_of_any_parameter_is_caught(name):
    network = make_network("prelu", l2=0.03)
    parameters = draw_away_from_kinks(network)
    analytic = densify(network.loss(parameters, WINDOWS, LABELS)[1](), parameters)
    wrong = analytic[name].copy()
    wrong.flat[np.abs(wrong).argmax()] *= 1.01  # one element, one per cent
    analytic[name] = wrong
    errors = compare(lambda: network.loss(parameters, WINDOWS, LABELS)[0], parameters, analytic)
    assert errors.pop(name) > 1e-3
    assert max(errors.values()) < 1e-6


def test_table_gradient_that_drops_repeated_words_is_caught():
    network = make_network()
    parameters = draw(network)
    E = parameters["E.word"]
    table = network.loss(parameters, WINDOWS, LABELS)[1]()["E.word"]
    numeric = central_differences(lambda: network.loss(parameters, WINDOWS, LABELS)[0], E)
    assert relative_error(table.dense(len(E)), numeric) < 1e-6

    # the fancy-index mistake: table[ids] += values keeps one of the repeats
    unique = WINDOWS.copy()
    unique[0] = np.arange(20).reshape(4, 5)  # give every place its own row, to get the gradient of each place
    wide = dict(parameters, **{"E.word": E[WORDS.ravel()]})
    places = (
        Network((("word", 20, 3), ("case", 5, 2)), 2, 4, 3, "tanh").loss(wide, unique, LABELS)[1]()["E.word"].dense(20)
    )
    mistaken = np.zeros_like(E)
    mistaken[WORDS.ravel()] += places
    assert relative_error(mistaken, numeric) > 1e-2


@pytest.mark.parametrize("activation", ALL_ACTIVATIONS)
def test_scores_equal_reference_of_nested_loops(activation):
    network = make_network(activation)
    parameters = draw(network)
    scores, _ = network.forward(parameters, WINDOWS)
    np.testing.assert_allclose(scores, reference_scores(parameters, activation, WINDOWS), rtol=1e-12, atol=1e-12)


def test_loss_is_cross_entropy_of_the_reference_scores_plus_regulariser():
    network = make_network(l2=0.25)
    parameters = draw(network)
    scores = reference_scores(parameters, "tanh", WINDOWS)
    expected = 0.0
    for row, y in zip(scores, LABELS, strict=True):
        expected -= np.log(np.exp(row[y]) / sum(np.exp(s) for s in row)) / len(LABELS)
    expected += 0.25 * (sum(w**2 for w in parameters["W"].flat) + sum(u**2 for u in parameters["U"].flat))
    assert network.loss(parameters, WINDOWS, LABELS)[0] == pytest.approx(expected, rel=1e-12)


def test_table_gradients_hold_exactly_the_rows_that_were_looked_up():
    network = make_network()
    gradients = network.loss(draw(network), WINDOWS, LABELS)[1]()
    assert gradients["E.word"].rows.tolist() == [0, 1, 2, 3, 4, 5]
    assert gradients["E.case"].rows.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("frozen", [{"word"}, {"case"}, {"word", "case"}])
def test_frozen_tables_are_absent_and_the_other_gradients_unchanged(frozen):
    network = make_network(frozen=frozenset(frozen))
    parameters = draw(network)
    gradients = densify(network.loss(parameters, WINDOWS, LABELS)[1](), parameters)
    free = densify(make_network().loss(parameters, WINDOWS, LABELS)[1](), parameters)
    assert set(gradients) == set(parameters) - {f"E.{name}" for name in frozen}
    for name, gradient in gradients.items():
        np.testing.assert_array_equal(gradient, free[name])


def test_network_of_one_table_and_radius_zero_has_right_gradients():
    network = Network(tables=(("word", 8, 3),), radius=0, hidden_units=4, labels=3)
    parameters = draw(network)
    windows = np.array([[[2], [2], [0], [5]]])
    analytic = densify(network.loss(parameters, windows, LABELS)[1](), parameters)
    errors = compare(lambda: network.loss(parameters, windows, LABELS)[0], parameters, analytic)
    assert max(errors.values()) < 1e-6


def test_gradient_of_a_batch_is_the_mean_of_its_windows_gradients():
    network = make_network()
    parameters = draw(network)
    batch = densify(network.loss(parameters, WINDOWS, LABELS)[1](), parameters)
    singles = [
        densify(network.loss(parameters, WINDOWS[:, i : i + 1], LABELS[i : i + 1])[1](), parameters) for i in range(4)
    ]
    for name, gradient in batch.items():
        np.testing.assert_allclose(gradient, sum(s[name] for s in singles) / 4, rtol=1e-10, atol=1e-14)


def test_loss_and_backprop_change_no_parameter():
    network = make_network("prelu", l2=0.1, dropout=0.5)
    parameters = draw(network)
    before = {name: p.copy() for name, p in parameters.items()}
    network.loss(parameters, WINDOWS, LABELS, np.random.default_rng(0))[1]()
    for name, p in parameters.items():
        np.testing.assert_array_equal(p, before[name])


def test_without_a_generator_nothing_is_dropped():
    parameters = draw(make_network())
    plain, _ = make_network().forward(parameters, WINDOWS)
    used, _ = make_network(dropout=0.5).forward(parameters, WINDOWS)
    trained, _ = make_network(dropout=0.5).forward(parameters, WINDOWS, np.random.default_rng(0))
    np.testing.assert_array_equal(used, plain)
    assert np.abs(trained - plain).max() > 1e-3


@pytest.mark.parametrize("activation", ALL_ACTIVATIONS)
def test_float32_parameters_give_float32_scores_and_gradients(activation):
    network = make_network(activation, l2=0.1, dropout=0.5)
    parameters = {name: p.astype(np.float32) for name, p in draw(network).items()}
    scores, _ = network.forward(parameters, WINDOWS)
    gradients = network.loss(parameters, WINDOWS, LABELS, np.random.default_rng(0))[1]()
    assert scores.dtype == np.float32
    assert {name: g.dtype for name, g in densify(gradients, parameters).items()} == dict.fromkeys(
        parameters, np.dtype(np.float32)
    )


@pytest.mark.parametrize("activation", ALL_ACTIVATIONS)
def test_initialize_gives_the_shapes_with_zero_biases_and_prelu_slopes_of_a_quarter(activation):
    network = make_network(activation)
    parameters = network.initialize(xavier, np.random.default_rng(0))
    shapes = {"E.case": (5, 2), "W": (4, 25), "b": (4,), "U": (3, 4), "c": (3,)}
    shapes |= {"a": (4,)} if activation == "prelu" else {}
    assert {name: p.shape for name, p in parameters.items()} == shapes  # the words' table comes from elsewhere
    assert all(p.dtype == np.float32 for p in parameters.values())
    assert not parameters["b"].any()
    assert not parameters["c"].any()
    assert (parameters.get("a", np.full(4, 0.25)) == 0.25).all()
    assert all(np.unique(parameters[name]).size > 1 for name in ("E.case", "W", "U"))


def test_initialize_repeats_with_the_same_seed_and_differs_with_another():
    first, again, other = (make_network().initialize(xavier, np.random.default_rng(s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(first["W"], again["W"])
    assert (first["W"] != other["W"]).any()


def test_the_six_activations_are_all_checked_here():
    assert {*ACTIVATIONS, "prelu"} == set(ALL_ACTIVATIONS)


def test_margin_network_has_a_row_of_u_for_each_type_and_no_gradient_for_c():
    network = make_network(objective="margin")
    assert network.shapes["U"] == (2, 4)
    assert network.shapes["c"] == (2,)
    assert "c" not in network.loss(draw(network), WINDOWS, LABELS)[1]()


def test_margin_scores_of_labels_have_zero_for_outside_and_softmax_scores_are_left_alone():
    S = np.array([[3.0, -1.0]])
    assert make_network(objective="margin").label_scores(S).tolist() == [[0.0, 3.0, -1.0]]
    assert make_network().label_scores(S) is S


def test_margin_sees_corrupt_windows_only_with_a_generator():
    network = make_network(objective="margin")
    seen, trained = {}, {}
    network.loss(draw(network), WINDOWS, LABELS, trace=seen)
    network.loss(draw(network), WINDOWS, LABELS, np.random.default_rng(0), trained)
    assert seen["y"].tolist() == LABELS.tolist()
    assert trained["y"].tolist() == [*LABELS.tolist(), 0, 0, 0]
    assert len(trained["s"]) == 7
    x, before = (each["x"].reshape(-1, 5, 5) for each in (trained, seen))
    np.testing.assert_array_equal(x[:4], before)
    np.testing.assert_array_equal(x[4:, [0, 1, 3, 4]], before[1:, [0, 1, 3, 4]])
    for copy in x[4:]:  # the only window outside every entity is the first: its centre, the word and its case
        np.testing.assert_array_equal(copy[2], before[0, 2])


def test_trace_holds_the_forward_and_the_backward_pass():
    network = make_network("tanh", dropout=0.4)
    parameters, trace = draw(network), {}
    gradients = network.loss(parameters, WINDOWS, LABELS, np.random.default_rng(1), trace)[1]()
    np.testing.assert_allclose(trace["z"], trace["x"] @ parameters["W"].T + parameters["b"])
    np.testing.assert_allclose(trace["delta"], trace["dh"] * (1 - np.tanh(trace["z"]) ** 2))
    np.testing.assert_allclose(trace["dx"], trace["delta"] @ parameters["W"])
    np.testing.assert_allclose(gradients["W"], trace["delta"].T @ trace["x"])
    np.testing.assert_allclose(gradients["c"], trace["ds"].sum(axis=0))


# Two affixes of each word (tables by word id); word 2 has the same one twice, word 3 one of word 4's.
AFFIXES = np.array([[0, 0], [1, 2], [4, 4], [3, 2], [5, 3], [1, 5]])


def with_affixes(**options):
    tables = (("word", 8, 3), ("affixes", 7, 2), ("case", 5, 2))
    network = Network(tables, 2, 4, 3, look_ups=(("affixes", 2),), **options)
    return network, np.stack([WORDS, *np.moveaxis(AFFIXES[WORDS], 2, 0), CASES])


def test_lines_of_tables():
    network, windows = with_affixes()
    assert [windows[own].shape for own in network.lines] == [(1, 4, 5), (2, 4, 5), (1, 4, 5)]
    assert network.lines == (slice(0, 1), slice(1, 3), slice(3, 4))
    assert network.shapes["W"] == (4, 5 * (3 + 2 + 2))  # a sum of two rows is no wider than one


def test_scores_with_two_look_ups_are_those_of_a_table_of_their_sums():
    network, windows = with_affixes()
    parameters = draw(network)
    sums = np.zeros((6, 2))
    for word in range(6):
        for affix in AFFIXES[word]:
            sums[word] += parameters["E.affixes"][affix]
    plain = Network((("word", 8, 3), ("affixes", 6, 2), ("case", 5, 2)), 2, 4, 3)
    expected, _ = plain.forward(parameters | {"E.affixes": sums}, np.stack([WORDS, WORDS, CASES]))
    np.testing.assert_allclose(network.forward(parameters, windows)[0], expected, rtol=1e-12)


@pytest.mark.parametrize("dropping", [{}, {"dropout": 0.2, "input_dropout": 0.3, "group_dropout": (("affixes", 0.4),)}])
@pytest.mark.parametrize("objective", ["softmax", "hinge", "margin", "sentence"])
def test_gradients_with_several_look_ups_are_right(objective, dropping):
    network, windows = with_affixes(objective=objective, l2=0.01, **dropping)
    parameters = draw(network)

    def run():
        return network.loss(parameters, windows, LABELS, np.random.default_rng(7))

    gradients = run()[1]()
    analytic = {"c": np.zeros(2)} if objective == "margin" else {}
    analytic |= densify(gradients, parameters)
    errors = compare(lambda: run()[0], parameters, analytic)
    assert max(errors.values()) < 1e-6, errors
    assert gradients["E.affixes"].rows.tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("frozen", [frozenset(), frozenset({"word"})])
@pytest.mark.parametrize("objective", ["softmax", "margin", "sentence"])
def test_gradients_through_the_residual_map_are_right(objective, frozen):
    network = make_network(objective=objective, residual=6, frozen=frozen, l2=0.02, input_dropout=0.3)
    parameters = draw(network)
    assert (parameters["M"].shape, parameters["N"].shape) == ((3, 6), (6, 3))

    def run():
        return network.loss(parameters, WINDOWS, LABELS, np.random.default_rng(3))

    analytic = densify(run()[1](), parameters)
    trained = {name: p for name, p in parameters.items() if name in analytic}
    left_out = {f"E.{name}" for name in frozen} | ({"c"} if objective == "margin" else set())
    assert set(parameters) - set(trained) == left_out
    errors = compare(lambda: run()[0], trained, analytic)
    assert max(errors.values()) < 1e-6, errors
    assert min(np.abs(analytic[name]).max() for name in ("M", "N")) > 1e-4


def test_residual_map_begins_as_the_identity_and_no_other_number_depends_on_it():
    parameters = make_network(residual=6).initialize(he, np.random.default_rng(0))
    assert not parameters["N"].any()
    assert parameters["M"].shape == (3, 6)
    assert parameters["M"].flags.c_contiguous
    table = {"E.word": np.random.default_rng(1).normal(size=(8, 3)).astype(np.float32)}
    with_map = make_network(residual=6).forward(parameters | table, WINDOWS)[0]
    np.testing.assert_array_equal(with_map, make_network().forward(parameters | table, WINDOWS)[0])


def test_weight_decay_leaves_the_residual_map_alone():
    network = make_network(residual=6, l2=0.5)
    parameters = draw(network)
    assert network.regularizer(parameters) == pytest.approx(
        0.5 * float((parameters["W"] ** 2).sum() + (parameters["U"] ** 2).sum())
    )


def test_sentence_network_has_scores_of_steps_and_right_gradients():
    network = make_network("relu", objective="sentence", l2=0.02)
    assert [network.shapes[name] for name in ("A", "start", "end")] == [(3, 3), (3,), (3,)]
    parameters = draw(network)
    lengths = np.array([3, 1])

    def run():
        return network.loss(parameters, WINDOWS, LABELS, lengths=lengths)

    errors = compare(lambda: run()[0], parameters, densify(run()[1](), parameters))
    assert max(errors.values()) < 1e-6, errors
    as_one = network.loss(parameters, WINDOWS, LABELS)[0]
    assert as_one == network.loss(parameters, WINDOWS, LABELS, lengths=np.array([4]))[0]
    assert as_one != run()[0]


@pytest.mark.parametrize("objective", ["softmax", "sentence"])
def test_gradients_with_input_and_group_dropout_are_right(objective):
    network = make_network(objective=objective, input_dropout=0.3, group_dropout=(("case", 0.4),), dropout=0.2)
    parameters = draw(network)

    def run():
        return network.loss(parameters, WINDOWS, LABELS, np.random.default_rng(7))

    errors = compare(lambda: run()[0], parameters, densify(run()[1](), parameters))
    assert max(errors.values()) < 1e-6, errors


def test_input_dropout_drops_elements_of_words_and_group_dropout_whole_features():
    network = make_network(input_dropout=0.5, group_dropout=(("case", 0.5),))
    parameters, trace = draw(network), {}
    parameters["E.word"] = np.random.default_rng(1).normal(size=(2000, 3))
    many = np.arange(2000).reshape(400, 5)  # as many tokens as places
    network.forward(parameters, np.stack([many, many % 5]), np.random.default_rng(0), trace)
    x = trace["x"].reshape(400, 5, 5)  # of each place three elements of the word and two of its case
    words, cases = x[:, :, :3], x[:, :, 3:]
    assert (words == 0).mean() == pytest.approx(0.5, abs=0.05)
    assert 0 < (words == 0).all(axis=2).mean() < 0.2  # an eighth by chance
    dropped = (cases == 0).all(axis=2)
    assert dropped.mean() == pytest.approx(0.5, abs=0.05)
    np.testing.assert_array_equal(dropped, (cases == 0).any(axis=2))


@pytest.mark.parametrize("group", [(), (("word", 0.0),)])
def test_input_dropout_is_of_words_alone(group):
    network = make_network(input_dropout=0.5, group_dropout=group)
    parameters, trace = draw(network), {}
    network.forward(parameters, WINDOWS, np.random.default_rng(0), trace)
    x = trace["x"].reshape(4, 5, 5)  # of each place three elements of the word and two of its case
    np.testing.assert_array_equal(x[:, :, 3:], parameters["E.case"][CASES])
    kept = x[:, :, :3] != 0
    assert 0 < kept.mean() < 1
    np.testing.assert_allclose(x[:, :, :3], kept * parameters["E.word"][WORDS] * 2)  # scaled by 1 / (1 - 0.5)


def test_what_is_dropped_of_a_token_is_dropped_in_all_its_windows():
    network = make_network(input_dropout=0.5, group_dropout=(("case", 0.5),))
    parameters, trace = draw(network), {}
    ids = np.array([[2] * 40, [1] * 40])  # 40 tokens of the same word and case, which are 40 nevertheless
    index = np.random.default_rng(1).integers(0, 40, (60, 5))
    network.forward(parameters, Windows(ids, index), np.random.default_rng(0), trace)
    x = trace["x"].reshape(60 * 5, 5)
    first = {}
    for token, vector in zip(index.ravel().tolist(), x, strict=True):
        np.testing.assert_array_equal(vector, first.setdefault(token, vector))
    kept = np.array([*first.values()]) != 0
    assert len(first) == 40
    assert len(np.unique(kept, axis=0)) > 8  # of 16 ways: three elements of the word, and the case as a whole
    assert 0.3 < kept.mean() < 0.7


def test_nothing_of_the_input_is_dropped_in_use():
    plain, _ = make_network().forward(draw(make_network()), WINDOWS)
    dropping = make_network(input_dropout=0.5, group_dropout=(("case", 0.5),))
    used, _ = dropping.forward(draw(dropping), WINDOWS)
    np.testing.assert_array_equal(used, plain)


@pytest.mark.parametrize("objective", ["softmax", "margin"])
@pytest.mark.parametrize("activation", ALL_ACTIVATIONS)
@pytest.mark.parametrize("residual", [0, 2])
def test_projected_tokens_score_windows_as_forward_does(activation, objective, residual, monkeypatch):
    monkeypatch.setattr(network_module, "PART", 3)  # the four windows are scored in two parts
    net = make_network(activation, objective=objective, residual=residual)
    parameters = draw(net)  # no bias is zero
    shared = Windows.of(WINDOWS)
    scores = net.scores(parameters, net.project(parameters, shared.ids), shared.index)
    np.testing.assert_allclose(scores, net.forward(parameters, WINDOWS)[0], rtol=1e-12, atol=1e-14)


def test_the_map_of_frozen_words_is_trained():
    net = Network((("word", 8, 3),), 2, hidden_units=4, labels=3, frozen=frozenset({"word"}), residual=3)
    parameters = draw(net)
    gradients = net.loss(parameters, WORDS[None], LABELS)[1]()
    for name in ("M", "N"):
        numeric = central_differences(lambda: net.loss(parameters, WORDS[None], LABELS)[0], parameters[name])
        assert relative_error(gradients[name], numeric) < 1e-6
        assert np.abs(gradients[name]).max() > 1e-3


def test_frozen_tables_alone_leave_the_other_gradients_as_they_are():
    tuned, frozen = (make_network(frozen=frozenset(names)) for names in ([], ["word", "case"]))
    parameters = draw(tuned)
    expected = tuned.loss(parameters, WINDOWS, LABELS)[1]()
    found = frozen.loss(parameters, WINDOWS, LABELS)[1]()
    assert found.keys() == expected.keys() - {"E.word", "E.case"}
    for name, gradient in found.items():
        np.testing.assert_array_equal(gradient, expected[name])


def test_projected_tokens_may_be_whole_numbers_of_a_unit():
    net = make_network()
    parameters = draw(net)
    shared = Windows.of(WINDOWS)
    P = net.project(parameters, shared.ids)
    whole = np.round(P / 1e-6).astype(np.int64)
    expected = net.scores(parameters, P, shared.index)
    np.testing.assert_allclose(net.scores(parameters, whole, shared.index, 1e-6), expected, rtol=1e-4, atol=1e-4)


def test_projected_scores_keep_float32():
    net = make_network()
    parameters = {name: p.astype(np.float32) for name, p in draw(net).items()}
    shared = Windows.of(WINDOWS)
    assert net.scores(parameters, net.project(parameters, shared.ids), shared.index).dtype == np.float32
