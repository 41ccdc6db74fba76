import numpy as np
import pytest

from ner_window.nn.gradients import RowGradient
from ner_window.nn.optimizers import STATE, Optimizer

NAMES = list(STATE)


def two_steps(optimizer, first, second, rate, start=1.0):
    p = {"p": np.array([start])}
    optimizer.step(p, {"p": np.array([first])}, rate)
    once = float(p["p"][0])
    optimizer.step(p, {"p": np.array([second])}, rate)
    return once, float(p["p"][0])


def test_sgd_by_hand():
    # 1 - 0.1 * 2 = 0.8;  0.8 - 0.1 * -1 = 0.9
    assert two_steps(Optimizer("sgd"), 2.0, -1.0, 0.1) == pytest.approx((0.8, 0.9), rel=1e-14)


def test_momentum_by_hand():
    # v = 0.5 * 0 + 2 = 2, 1 - 0.1 * 2 = 0.8;  v = 0.5 * 2 - 1 = 0: 0.8 stays; and with g = 4, v = 5: 0.8 - 0.5 = 0.3
    assert two_steps(Optimizer("momentum", momentum=0.5), 2.0, -1.0, 0.1) == pytest.approx((0.8, 0.8), rel=1e-14)
    assert two_steps(Optimizer("momentum", momentum=0.5), 2.0, 4.0, 0.1) == pytest.approx((0.8, 0.3), rel=1e-14)


def test_adagrad_by_hand():
    # G = 9, 1 - 0.5 * 3 / 3 = 0.5;  G = 9 + 16 = 25, 0.5 - 0.5 * 4 / 5 = 0.1
    assert two_steps(Optimizer("adagrad", epsilon=0), 3.0, 4.0, 0.5) == pytest.approx((0.5, 0.1), rel=1e-14)


def test_adagrad_adds_epsilon_outside_the_root():
    # G = 9, 1 - 0.5 * 3 / (3 + 1) = 0.625;  G = 25, 0.625 - 0.5 * 4 / (5 + 1) = 0.291666...
    expected = (0.625, 0.625 - 2 / 6)
    assert two_steps(Optimizer("adagrad", epsilon=1), 3.0, 4.0, 0.5) == pytest.approx(expected, rel=1e-14)


def test_rmsprop_by_hand():
    # G = 0.75 * 0 + 0.25 * 16 = 4, 1 - 0.1 * 4 / 2 = 0.8;  G = 0.75 * 4 + 0.25 * 4 = 4, 0.8 - 0.1 * 2 / 2 = 0.7
    assert two_steps(Optimizer("rmsprop", decay=0.75, epsilon=0), 4.0, 2.0, 0.1) == pytest.approx((0.8, 0.7), rel=1e-14)


def test_adam_by_hand():
    # t = 1: m = 0.5 * 2 = 1, m_hat = 1 / 0.5 = 2; v = 0.25 * 4 = 1, v_hat = 1 / 0.25 = 4; 1 - 0.1 * 2 / 2 = 0.9
    # t = 2: m = 0.5 * 1 + 0.5 * 4 = 2.5, m_hat = 2.5 / (1 - 0.25) = 10 / 3
    #        v = 0.75 * 1 + 0.25 * 16 = 4.75, v_hat = 4.75 / (1 - 0.5625) = 76 / 7
    second = 0.9 - 0.1 * (10 / 3) / np.sqrt(76 / 7)
    adam = Optimizer("adam", beta1=0.5, beta2=0.75, epsilon=0)
    assert two_steps(adam, 2.0, 4.0, 0.1) == pytest.approx((0.9, second), rel=1e-14)
    assert adam.steps == 2


def test_adam_adds_epsilon_outside_the_root_of_the_corrected_mean():
    # t = 1: m_hat = g = 2, sqrt(v_hat) = 2, step = 0.1 * 2 / (2 + 2) = 0.05
    assert two_steps(Optimizer("adam", epsilon=2), 2.0, 2.0, 0.1)[0] == pytest.approx(0.95, rel=1e-14)


def by_the_paper(name, t, g, state):
    """Return the step of rate 1 for one number, as the papers write it; `state` is a list of two numbers."""
    if name == "sgd":
        return g
    if name == "momentum":
        state[0] = 0.9 * state[0] + g
        return state[0]
    if name == "adagrad":
        state[0] = state[0] + g * g
        return g / (state[0] ** 0.5 + 1e-8)
    if name == "rmsprop":
        state[0] = 0.9 * state[0] + (1 - 0.9) * g * g
        return g / (state[0] ** 0.5 + 1e-8)
    state[0], state[1] = 0.9 * state[0] + (1 - 0.9) * g, 0.999 * state[1] + (1 - 0.999) * g * g
    m_hat, v_hat = state[0] / (1 - 0.9**t), state[1] / (1 - 0.999**t)
    return m_hat / (v_hat**0.5 + 1e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("by_rows", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_every_step_is_the_papers_formula_element_by_element(name, by_rows, dtype):
    optimizer, rate = Optimizer(name), 0.03
    p = {"E": random_table(dtype)}
    state = {place: [0.0, 0.0] for place in np.ndindex(7, 3)}
    for t, gradient in enumerate(row_gradients(8, dtype=dtype), 1):
        gradient.values[0, 0] *= 1e-4  # near epsilon, too
        dense, before = gradient.dense(7), p["E"].astype(np.float64)
        optimizer.step(p, {"E": gradient if by_rows else dense}, rate)
        for i, j in np.ndindex(7, 3):
            if by_rows and i not in gradient.rows:
                assert p["E"][i, j] == before[i, j]
                continue
            step = rate * by_the_paper(name, t, float(dense[i, j]), state[i, j])
            size = abs(step) + (abs(before[i, j]) if dtype == np.float32 else 0)  # float32 rounds p itself
            assert abs(before[i, j] - float(p["E"][i, j]) - step) <= 1e-6 * size + 1e-15
        assert p["E"].dtype == dtype


def row_gradients(steps, rows=7, d=3, dtype=np.float32):
    generator = np.random.default_rng(0)
    for _ in range(steps):
        used = np.sort(generator.choice(rows, 3, replace=False))
        yield RowGradient(used, generator.normal(size=(3, d)).astype(dtype))


def random_table(dtype=np.float32):
    return np.random.default_rng(5).normal(size=(7, 3)).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["sgd", "adagrad"])
def test_row_steps_equal_dense_steps_exactly(name, dtype):
    by_rows, dense = {"E": random_table(dtype)}, {"E": random_table(dtype)}
    row_optimizer, dense_optimizer = Optimizer(name), Optimizer(name)
    for gradient in row_gradients(6, dtype=dtype):
        before = by_rows["E"].copy()
        row_optimizer.step(by_rows, {"E": gradient}, 0.1)
        dense_optimizer.step(dense, {"E": gradient.dense(7)}, 0.1)
        np.testing.assert_array_equal(by_rows["E"], dense["E"])
        untouched = np.setdiff1d(np.arange(7), gradient.rows)
        np.testing.assert_array_equal(by_rows["E"][untouched], before[untouched])
    for key, array in row_optimizer.state["E"].items():
        np.testing.assert_array_equal(array, dense_optimizer.state["E"][key])


@pytest.mark.parametrize("name", NAMES)
def test_first_row_step_equals_dense_step(name):
    by_rows, dense = {"E": random_table()}, {"E": random_table()}
    (gradient,) = row_gradients(1)
    Optimizer(name).step(by_rows, {"E": gradient}, 0.1)
    Optimizer(name).step(dense, {"E": gradient.dense(7)}, 0.1)
    np.testing.assert_array_equal(by_rows["E"], dense["E"])
    assert (by_rows["E"][gradient.rows] != random_table()[gradient.rows]).all()


@pytest.mark.parametrize("name", NAMES)
def test_rows_without_a_gradient_and_their_state_wait(name):
    p, optimizer = {"E": random_table()}, Optimizer(name)
    for gradient in row_gradients(6):
        before = p["E"].copy()
        state = {key: array.copy() for key, array in optimizer.state.get("E", {}).items()}
        optimizer.step(p, {"E": gradient}, 0.1)
        untouched = np.setdiff1d(np.arange(7), gradient.rows)
        np.testing.assert_array_equal(p["E"][untouched], before[untouched])
        for key, array in state.items():
            np.testing.assert_array_equal(optimizer.state["E"][key][untouched], array[untouched])


@pytest.mark.parametrize("name", NAMES)
def test_row_steps_on_all_rows_equal_dense_steps(name):
    by_rows, dense = {"E": random_table()}, {"E": random_table()}
    row_optimizer, dense_optimizer = Optimizer(name), Optimizer(name)
    generator = np.random.default_rng(0)
    for _ in range(4):
        g = generator.normal(size=(7, 3)).astype(np.float32)
        row_optimizer.step(by_rows, {"E": RowGradient(np.arange(7), g)}, 0.1)
        dense_optimizer.step(dense, {"E": g.copy()}, 0.1)
        np.testing.assert_array_equal(by_rows["E"], dense["E"])


def test_adam_corrects_a_row_by_the_count_of_all_steps():
    # row 1 is first used at t = 2: m = 0.1 * g, m_hat = 0.1 g / (1 - 0.81); v_hat = 0.001 g^2 / (1 - 0.999^2)
    p, optimizer = {"E": np.zeros((2, 1))}, Optimizer("adam", epsilon=0)
    optimizer.step(p, {"E": RowGradient(np.array([0]), np.array([[3.0]]))}, 0.1)
    optimizer.step(p, {"E": RowGradient(np.array([1]), np.array([[3.0]]))}, 0.1)
    assert p["E"][0, 0] == pytest.approx(-0.1, rel=1e-12)
    assert p["E"][1, 0] == pytest.approx(-0.1 * (0.1 / 0.19) / np.sqrt(0.001 / (1 - 0.999**2)), rel=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_step_keeps_the_array_and_dtype_and_leaves_gradients_as_they_are(name):
    p = {"W": np.ones((2, 2), np.float32), "b": np.ones(2, np.float32)}
    W, b = p["W"], p["b"]
    g = np.full((2, 2), 0.5, np.float32)
    optimizer = Optimizer(name)
    for _ in range(3):
        optimizer.step(p, {"W": g}, np.float64(0.1))
    assert p["W"] is W
    assert W.dtype == np.float32
    assert all(array.dtype == np.float32 for array in optimizer.state["W"].values())
    assert (W < 1).all()
    assert (g == 0.5).all()
    assert (b == 1).all()  # no gradient: unchanged
    assert "b" not in optimizer.state


@pytest.mark.parametrize("name", NAMES)
def test_every_optimizer_descends_a_parabola(name):
    p, optimizer = {"p": np.array([3.0, -2.0])}, Optimizer(name)
    for _ in range(500):
        optimizer.step(p, {"p": 2 * p["p"]}, 0.1)
    assert np.abs(p["p"]).max() < 0.5


@pytest.mark.parametrize("name", STATE)
def test_a_factor_is_a_factor_on_the_rate_of_its_parameter_alone(name):
    def after_two_steps(factors, rate):
        parameters = {"E.word": np.ones((3, 2)), "b": np.ones(2)}
        optimizer = Optimizer(name, factors=factors)
        for g in (0.5, -0.25):
            gradients = {"E.word": RowGradient(np.array([1]), np.full((1, 2), g)), "b": np.full(2, g)}
            optimizer.step(parameters, gradients, rate)
        return parameters

    half, plain, slow = (after_two_steps(*options) for options in (({"E.word": 0.5}, 0.1), ({}, 0.1), ({}, 0.05)))
    np.testing.assert_allclose(half["E.word"], slow["E.word"], rtol=1e-14)
    np.testing.assert_array_equal(half["b"], plain["b"])


def test_weight_decay_by_hand():
    # sgd: W = 2 - 0.1 * (0.5 + 0.3 * 2) = 1.89; b has no decay: 2 - 0.1 * 0.5 = 1.95
    parameters = {"W": np.array([[2.0]]), "b": np.array([2.0])}
    Optimizer("sgd", weight_decay=0.3).step(parameters, {"W": np.array([[0.5]]), "b": np.array([0.5])}, 0.1)
    assert parameters["W"] == pytest.approx(1.89, rel=1e-14)
    assert parameters["b"] == pytest.approx(1.95, rel=1e-14)


def test_weight_decay_is_apart_from_the_gradient_and_its_state():
    # Adam's first step is rate * sign(g) whatever the size of g; the decay comes on top: 2 - 0.1 * (1 + 0.3 * 2) = 1.84
    parameters = {"W": np.array([[2.0]])}
    optimizer = Optimizer("adam", weight_decay=0.3)
    optimizer.step(parameters, {"W": np.array([[0.5]])}, 0.1)
    assert parameters["W"] == pytest.approx(1.84, rel=1e-6)
    assert optimizer.state["W"]["m"] == pytest.approx(0.05)


def test_weight_decay_is_of_w_and_u_alone():
    # sgd with no gradient: 2 - 0.1 * 0.3 * 2 = 1.94 where there is decay
    names = ("W", "U", "b", "c", "M", "A", "E.word")
    parameters = {name: np.array([[2.0]]) for name in names}
    Optimizer("sgd", weight_decay=0.3).step(parameters, {name: np.zeros((1, 1)) for name in names}, 0.1)
    found = {name: p.item() for name, p in parameters.items()}
    assert found == pytest.approx(dict.fromkeys(names, 2.0) | {"W": 1.94, "U": 1.94})
