import numpy as np
import pytest

from ner_window.nn import activations, gradcheck, layers, network, objectives
from ner_window.nn.gradcheck import central_differences, check_network, relative_error
from ner_window.nn.gradients import RowGradient
from ner_window.nn.network import Network
from ner_window.nn.objectives import OBJECTIVES

ACTIVATION_NAMES = ["sigmoid", "tanh", "hard_tanh", "relu", "leaky_relu", "prelu"]

# Pads (id 0); word 2 three times in the first window; word 3 in three windows. Words 6 and 7 are in none.
WORDS = np.array([[0, 0, 2, 2, 2], [0, 3, 1, 4, 3], [3, 1, 4, 5, 0], [1, 4, 5, 0, 0]])
WINDOWS = np.stack([WORDS, np.minimum(WORDS, 3)])
LABELS = np.array([0, 2, 1, 2])


def make(objective="softmax", activation="tanh", seed=0, **options):
    tables = (("word", 8, 3), ("case", 4, 2))
    net = Network(tables, 2, hidden_units=4, labels=3, activation=activation, objective=objective, **options)
    generator = np.random.default_rng(seed)
    return net, {name: generator.normal(0, 0.6, shape) for name, shape in net.shapes.items()}


def check(net, parameters, **options):
    return {row.name: row for row in check_network(net, parameters, WINDOWS, LABELS, **options)}


def wrong(rows):
    return {name for name, row in rows.items() if row.verdict == "wrong"}


def test_central_differences_of_a_cubic_put_the_parameter_back():
    p = np.array([[1.0, -2.0], [0.5, 3.0]])
    before = p.copy()
    numeric = central_differences(lambda: float((p**3).sum()), p)
    np.testing.assert_allclose(numeric, 3 * before**2, rtol=1e-8)
    np.testing.assert_array_equal(p, before)


def test_relative_error_is_the_largest_with_a_floor():
    assert relative_error(np.array([1.0, 2.0]), np.array([1.0, 1.0])) == 0.5
    assert relative_error(np.array([1e-9]), np.array([0.0])) == pytest.approx(1e-5)
    assert relative_error(np.zeros(0), np.zeros(0)) == 0.0


@pytest.mark.parametrize("activation", ACTIVATION_NAMES)
@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("seed", range(3))
def test_every_combination_is_green_with_dropout_and_regulariser(objective, activation, seed):
    rows = check(*make(objective, activation, seed, dropout=0.3, l2=0.02), seed=seed)
    assert wrong(rows) == set()
    assert all(row.checked == np.prod(row.shape) for row in rows.values())
    assert rows["W"].numeric != 0


def test_parameters_come_back_unchanged():
    net, parameters = make("hinge", "prelu", dropout=0.2)
    before = {name: p.copy() for name, p in parameters.items()}
    check(net, parameters)
    for name, p in parameters.items():
        np.testing.assert_array_equal(p, before[name])


def test_entries_are_limited_to_the_largest_one_of_each_row_and_others():
    rows = check(*make(), entries=12)
    assert {name: row.checked for name, row in rows.items()} == {
        "E.word": 12, "E.case": 8, "W": 12, "b": 4, "U": 12, "c": 3
    }  # fmt: skip


def test_a_wrong_gradient_of_a_row_is_found_though_few_entries_are_checked(monkeypatch):
    net, parameters = make()
    used = layers.sum_rows

    def drops_the_last(ids, values):
        gradient = used(ids, values)
        return RowGradient(gradient.rows[:-1], gradient.values[:-1])

    monkeypatch.setattr(layers, "sum_rows", drops_the_last)
    assert "E.word" in wrong(check(net, parameters, entries=16))


def test_frozen_tables_are_named_and_not_compared():
    row = check(*make(frozen=frozenset({"word"})))["E.word"]
    assert (row.verdict, row.checked, row.where) == ("frozen", 0, ())


def test_the_margin_leaves_c_out_and_its_derivative_is_found_to_be_zero():
    row = check(*make("margin"))["c"]
    assert (row.verdict, row.checked) == ("ok: 0", 2)
    assert row.numeric == pytest.approx(0, abs=1e-10)


# --- that it can fail: a wrong gradient planted in each operation


def planted(operation, part, factor=1.01):
    """The operation with one of the gradients that it returns made wrong by one per cent."""

    def wrong_operation(*arguments, **options):
        Y, backprop = operation(*arguments, **options)

        def wrong_backprop(*upstream):
            found = backprop(*upstream)
            if isinstance(found, tuple):
                return tuple(g * factor if i == part else g for i, g in enumerate(found))
            if isinstance(found, RowGradient):
                return RowGradient(found.rows, found.values * factor)
            return found * factor

        return Y, wrong_backprop

    return wrong_operation


@pytest.mark.parametrize(("part", "expected"), [(0, {"E.word", "E.case", "W", "b"}), (1, {"U"}), (2, {"c"})])
def test_affine_planted_wrong_is_caught(monkeypatch, part, expected):
    monkeypatch.setattr(network, "affine", planted(layers.affine, part))
    assert wrong(check(*make())) == expected


@pytest.mark.parametrize(("part", "expected"), [(0, {"E.word", "E.case"}), (1, {"W"}), (2, {"b"})])
def test_window_affine_planted_wrong_is_caught(monkeypatch, part, expected):
    monkeypatch.setattr(network, "window_affine", planted(layers.window_affine, part))
    assert wrong(check(*make())) == expected


def test_window_affine_that_drops_the_windows_that_share_a_word_in_one_place_is_caught(monkeypatch):
    def keeps_one(places, values, rows):
        table = np.zeros((rows, values.shape[1]))
        for place in places.T:
            table[place] += values  # keeps one of the repeats
        return table

    monkeypatch.setattr(layers, "sum_by_row", keeps_one)
    assert wrong(check(*make())) == {"E.word", "E.case", "W"}


def test_window_affine_that_drops_a_word_that_stands_twice_in_a_window_is_caught(monkeypatch):
    used = layers.sum_by_row

    def first_place_only(places, values, rows):
        words, K = places // 5, places.shape[1]
        repeated = np.array([[word in row[:k] for k, word in enumerate(row)] for row in words.tolist()])
        flat = np.repeat(values, K, axis=0) * ~repeated.reshape(-1, 1)
        return used(places.reshape(-1, 1), flat, rows)

    monkeypatch.setattr(layers, "sum_by_row", first_place_only)
    assert wrong(check(*make())) == {"E.word", "E.case", "W"}


def test_embed_planted_wrong_is_caught(monkeypatch):
    monkeypatch.setattr(network, "embed", planted(layers.embed, 0))
    assert wrong(check(*make())) == {"E.word", "E.case"}


def test_embed_that_drops_repeats_is_caught(monkeypatch):
    def embed(E, ids):
        def backprop(dX):
            table = np.zeros_like(E)
            table[ids[0]] += dX  # keeps one of the repeats
            return RowGradient(np.arange(len(E)), table)

        return np.take(E, ids[0], axis=0), backprop

    monkeypatch.setattr(network, "embed", embed)
    windows = np.stack([WORDS, np.arange(20).reshape(4, 5) % 4])  # a word has several cases: it is several tokens
    assert wrong({row.name: row for row in check_network(*make(), windows, LABELS)}) == {"E.word", "E.case"}


def test_embed_that_gives_a_row_looked_up_twice_for_a_word_its_gradient_once_is_caught(monkeypatch):
    def embed(E, ids):
        X, _ = layers.embed(E, ids)

        def backprop(dX):
            parts = [layers.embed(E, ids[:1])[1](dX)]
            if len(ids) > 1:
                other = (ids[0] != ids[1])[..., None]
                parts.append(layers.embed(E, ids[1:])[1](dX * other))
            return RowGradient(np.arange(len(E)), sum(part.dense(len(E)) for part in parts))

        return X, backprop

    monkeypatch.setattr(network, "embed", embed)
    net = Network((("word", 8, 3), ("affixes", 4, 2)), 2, 4, 3, look_ups=(("affixes", 2),))
    generator = np.random.default_rng(0)
    parameters = {name: generator.normal(0, 0.6, shape) for name, shape in net.shapes.items()}
    for second, expected in ((np.where(WORDS == 2, 2, 1), {"E.affixes"}), (3 - np.minimum(WORDS, 3), set())):
        windows = np.stack([WORDS, np.minimum(WORDS, 3), second])
        assert wrong({row.name: row for row in check_network(net, parameters, windows, LABELS)}) == expected


@pytest.mark.parametrize(("place", "expected"), [(0, "E.word"), (1, "M"), (2, "N")])
def test_residual_map_planted_wrong_is_caught(monkeypatch, place, expected):
    net, parameters = make(residual=3)
    rows = check(net, parameters)
    assert wrong(rows) == set()
    assert rows["E.word"].rule.startswith("dJ/de = dJ/de' + ")
    monkeypatch.setattr(network, "residual_map", planted(layers.residual_map, place))
    assert wrong(check(net, parameters)) == {expected}


def test_dropout_planted_wrong_is_caught(monkeypatch):
    monkeypatch.setattr(network, "dropout", planted(layers.dropout, 0))
    assert wrong(check(*make(dropout=0.3))) == {"E.word", "E.case", "W", "b"}


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "hard_tanh", "relu", "leaky_relu"])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_an_activation_planted_wrong_is_caught(monkeypatch, name, objective):
    monkeypatch.setitem(activations.ACTIVATIONS, name, planted(activations.ACTIVATIONS[name], 0))
    assert wrong(check(*make(objective, name))) >= {"E.word", "E.case", "W", "b"}


@pytest.mark.parametrize(("part", "expected"), [(0, {"E.word", "E.case", "W", "b"}), (1, {"a"})])
def test_prelu_planted_wrong_is_caught(monkeypatch, part, expected):
    monkeypatch.setattr(network, "prelu", planted(activations.prelu, part))
    assert wrong(check(*make(activation="prelu"))) == expected


@pytest.mark.parametrize("name", OBJECTIVES)
def test_an_objective_planted_wrong_is_caught(monkeypatch, name):
    monkeypatch.setitem(objectives.OBJECTIVES, name, planted(objectives.OBJECTIVES[name], 0))
    everything = {"E.word", "E.case", "W", "b", "U"} | ({"c"} if name != "margin" else set())
    assert wrong(check(*make(name))) == everything


def test_a_softmax_without_its_correct_class_is_caught(monkeypatch):
    def without(S, y):
        J, _ = objectives.softmax_cross_entropy(S, y)
        return J, lambda: np.exp(objectives.log_softmax(S)) / len(y)

    monkeypatch.setitem(objectives.OBJECTIVES, "softmax", without)
    assert wrong(check(*make())) >= {"U", "c"}


def test_a_forgotten_regulariser_is_caught(monkeypatch):
    monkeypatch.setattr(Network, "regularizer", lambda self, p: 1.01 * self.l2 * float((p["W"] ** 2).sum()))
    assert wrong(check(*make(l2=0.05))) == {"W", "U"}


def squared_hinge_gradient(S, y):
    J, _ = objectives.hinge(S, y)
    dS = 2 * np.maximum(objectives.hinge_costs(S, y), 0)
    dS[np.arange(len(y)), y] = -dS.sum(axis=1)
    return J, lambda: dS / len(y)


def softmax_gradient_for_hinge(S, y):
    return objectives.hinge(S, y)[0], objectives.softmax_cross_entropy(S, y)[1]


def margin_gradient_that_depends_on_the_score(S, y):
    J, back = objectives.margin(S, y)
    return J, lambda: back() * (1 + 1e-3 * S)


@pytest.mark.parametrize("activation", ACTIVATION_NAMES)
@pytest.mark.parametrize(
    ("name", "planted_wrong"),
    [
        ("hinge", squared_hinge_gradient),
        ("hinge", softmax_gradient_for_hinge),
        ("margin", margin_gradient_that_depends_on_the_score),
    ],
)
def test_a_gradient_that_is_not_constant_between_kinks_is_caught(monkeypatch, activation, name, planted_wrong):
    net, parameters = make(name, activation)  # made before, so that the network is the right one
    monkeypatch.setitem(objectives.OBJECTIVES, name, planted_wrong)
    rows = check(net, parameters)
    assert wrong(rows) >= {"U", "W"}
    assert all(row.left_out == 0 for row in rows.values())


def test_a_loss_that_is_not_finite_is_wrong():
    net, parameters = make()
    parameters["b"][0] = np.nan
    assert wrong(check(net, parameters)) == set(parameters)


def test_a_frozen_table_that_gets_a_gradient_is_wrong(monkeypatch):
    net, parameters = make(frozen=frozenset({"case"}))
    loss = Network.loss

    def with_one(self, *arguments):
        J, backprop = loss(self, *arguments)
        return J, lambda: {**backprop(), "E.case": np.zeros((4, 2))}

    assert wrong(check(net, parameters)) == set()
    monkeypatch.setattr(Network, "loss", with_one)
    assert wrong(check(net, parameters)) == {"E.case"}


def test_a_dropped_row_is_found_in_a_table_of_more_rows_than_entries(monkeypatch):
    net = Network((("word", 40, 3),), 2, hidden_units=4, labels=3)
    generator = np.random.default_rng(0)
    parameters = {name: generator.normal(0, 0.6, shape) for name, shape in net.shapes.items()}
    windows = np.arange(40).reshape(1, 8, 5)
    used = layers.sum_rows
    for dropped in range(40):

        def drop(ids, values, dropped=dropped):
            gradient = used(ids, values)
            return RowGradient(np.delete(gradient.rows, dropped), np.delete(gradient.values, dropped, axis=0))

        monkeypatch.setattr(layers, "sum_rows", drop)
        rows = {r.name: r for r in check_network(net, parameters, windows, np.arange(8) % 3, entries=20)}
        assert rows["E.word"].verdict == "wrong", dropped
        assert rows["E.word"].checked >= 40


@pytest.mark.parametrize("seed", range(4))
def test_a_right_gradient_of_a_large_loss_is_not_called_wrong(seed):
    net, parameters = make("hinge", seed=seed)
    parameters["c"] *= 3000  # J is in the thousands: its rounding is as large as small gradients
    parameters["U"] *= 1e-2
    assert wrong(check(net, parameters)) == set()


def test_a_missing_gradient_is_wrong(monkeypatch):
    loss = Network.loss

    def without_b(self, *arguments):
        J, backprop = loss(self, *arguments)
        return J, lambda: {name: g for name, g in backprop().items() if name != "b"}

    monkeypatch.setattr(Network, "loss", without_b)
    rows = check(*make())
    assert wrong(rows) == {"b"}
    assert rows["b"].error == np.inf


# --- kinks


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "prelu"])
def test_units_that_stand_on_the_kink_are_reported_and_right(activation):
    net, parameters = make(activation=activation)
    parameters["W"][:] = 0
    parameters["b"][:] = 0  # z = 0 for every unit of every window
    rows = check(net, parameters)
    assert wrong(rows) == set()
    assert rows["b"].kinks == 4
    assert rows["c"].kinks == 0


def test_a_wrong_gradient_on_the_kink_is_still_caught(monkeypatch):
    net, parameters = make(activation="relu")
    parameters["W"][:] = 0
    parameters["b"][:] = 0
    monkeypatch.setitem(activations.ACTIVATIONS, "relu", planted(activations.relu, 0))
    rows = check(net, parameters)
    assert "b" in wrong(rows)
    assert rows["b"].kinks == 4


def test_a_kink_within_the_step_is_passed_with_a_smaller_one():
    net, parameters = make(activation="relu")
    windows = WINDOWS[:, :1]
    z = layers.affine(
        np.concatenate([parameters["E.word"][windows[0]], parameters["E.case"][windows[1]]], axis=2).reshape(1, -1),
        parameters["W"], parameters["b"],
    )[0]  # fmt: skip
    parameters["b"] -= z[0] - 3e-6  # every unit is active, and the kink is 3e-6 away: within 1e-5, not within 1e-6
    rows = {r.name: r for r in check_network(net, parameters, windows, LABELS[:1])}
    assert rows["b"].kinks == 4
    assert rows["b"].verdict == "ok"
    numeric = central_differences(lambda: net.loss(parameters, windows, LABELS[:1])[0], parameters["b"])
    analytic = net.loss(parameters, windows, LABELS[:1])[1]()["b"]
    assert relative_error(analytic, numeric) > 0.1  # what a check that does not know of kinks would have said


@pytest.mark.parametrize("distance", [3e-6, 3e-7])
def test_rounding_of_a_smaller_step_is_not_called_an_error(distance):
    net, parameters = make(activation="relu")
    windows = WINDOWS[:, :1]
    trace = {}
    net.forward(parameters, windows, trace=trace)
    parameters["b"] -= trace["z"][0] - distance
    parameters["U"] *= 1e-4  # gradients of W and b near the floor
    rows = {r.name: r for r in check_network(net, parameters, windows, LABELS[:1])}
    assert rows["b"].kinks == 4
    assert wrong(rows) == set()


@pytest.mark.parametrize("objective", ["hinge", "margin"])
def test_margins_that_stand_on_the_kink_are_reported_and_right(objective):
    net, parameters = make(objective)
    parameters["U"][:] = 0
    parameters["c"][:] = [0, 1, 2] if objective == "hinge" else [0, 0]
    if objective == "margin":  # s = 1 for all true windows of type 1 and 0 for the others: 1 - s + s_c = 0
        trace = {}
        net.forward(parameters, WINDOWS, trace=trace)
        parameters["U"][0] = np.linalg.lstsq(trace["h"], (LABELS == 1).astype(float), rcond=None)[0]
    rows = check(net, parameters)
    assert wrong(rows) == set()
    assert rows["c"].kinks > 0 if objective == "hinge" else rows["U"].kinks > 0


def test_sentences_are_as_long_as_they_are_said_to_be():
    net, parameters = make("sentence")
    for lengths in (None, np.array([3, 1]), np.array([1, 1, 2])):
        rows = check(net, parameters, lengths=lengths)
        assert wrong(rows) == set()
        row = rows["A"]
        loss = lambda lengths=lengths: net.loss(parameters, WINDOWS, LABELS, lengths=lengths)[0]  # noqa: E731
        assert row.numeric == pytest.approx(central_differences(loss, parameters["A"])[row.where], rel=1e-6)


def test_the_error_is_relative_to_the_larger_gradient(monkeypatch):
    for factor, error in ((0.5, 0.5), (4.0, 0.75)):  # |g / 2 - g| / g and |4 g - g| / 4 g
        with monkeypatch.context() as patch:
            patch.setattr(network, "affine", planted(layers.affine, 1, factor))
            row = check(*make())["U"]
        assert row.error == pytest.approx(error, rel=1e-4)
        assert row.analytic == pytest.approx(factor * row.numeric, rel=1e-4)


def test_what_stands_on_a_kink_at_the_point_close_by_too_is_not_checked(monkeypatch):
    monkeypatch.setattr(gradcheck, "NUDGE", 0.0)  # the point close by is the same
    net, parameters = make(activation="relu")
    parameters["W"][:] = 0
    parameters["b"][:] = 0
    row = check(net, parameters)["b"]
    assert (row.verdict, row.checked, row.kinks, row.left_out) == ("not checked", 0, 4, 4)
    assert (row.name, row.shape, row.rule) == ("b", (4,), "dJ/db = delta")


def test_rules_of_what_has_no_gradient():
    assert check(*make(frozen=frozenset({"word"})))["E.word"].rule == "none: the vectors stay as they are"
    assert check(*make("margin"))["c"].rule == "0: c cancels out of 1 - s + s_c"
    mapped = check(*make(residual=3))
    assert mapped["E.word"].rule == "dJ/de = dJ/de' + ((1 - t^2) o dJ/de' N^T) M^T, summed"
    assert mapped["E.case"].rule == "dJ/dx = W^T delta, cut by word, summed over its places"


def test_two_hundred_entries_are_compared_by_default():
    net = Network((("word", 8, 3),), 2, hidden_units=20, labels=3)
    generator = np.random.default_rng(0)
    parameters = {name: generator.normal(0, 0.6, shape) for name, shape in net.shapes.items()}
    rows = {row.name: row for row in check_network(net, parameters, WINDOWS[:1], LABELS)}
    assert parameters["W"].size == 300
    assert (rows["W"].checked, rows["U"].checked) == (200, 60)


def test_chosen_are_the_largest_half_one_of_each_row_and_others_at_random():
    analytic = np.zeros((30, 4))
    largest = [7, 22, 63, 64, 119]
    analytic.flat[largest] = [5, -9, 3, -4, 8]
    chosen = gradcheck._choose(analytic, 10, False, np.random.default_rng(0)).tolist()
    assert len(set(chosen)) == len(chosen) == 10
    assert set(largest) < set(chosen)
    other = gradcheck._choose(analytic, 10, False, np.random.default_rng(1)).tolist()
    assert set(chosen) != set(other)  # the rest is drawn
    by_row = gradcheck._choose(analytic, 10, True, np.random.default_rng(0))
    assert set(largest) < set(by_row.tolist())
    assert set((by_row // 4).tolist()) == set(range(30))
    assert set((by_row % 4).tolist()) == set(range(4))
    assert len(by_row) <= 35
    assert gradcheck._choose(np.ones((30, 1)), 10, True, np.random.default_rng(0)).tolist() == list(range(30))
    assert gradcheck._choose(np.ones((2, 5)), 10, True, np.random.default_rng(0)).tolist() == list(range(10))
