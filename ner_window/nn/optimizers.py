"""Optimizers: each the formula of its paper, written once, applied to a whole parameter or to the rows that were used.

A formula receives the gradient and its state (running sums of the same shape, changed in place) and returns the step
to subtract. For a `RowGradient` both are cut to its rows. SGD and Adagrad by rows are the dense rule exactly, because a
zero gradient changes neither parameter nor state. For momentum, RMSprop and Adam it is not: dense, the state of an
untouched row decays and, with momentum, the row goes on moving. By rows it waits until the row is used again: "lazy"
moments.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ner_window.nn.gradients import Floats, Gradients, Parameters, RowGradient

OptimizerName = Literal["sgd", "momentum", "adagrad", "rmsprop", "adam"]

#: The state that each optimizer keeps for a parameter, zero at first.
STATE: dict[str, tuple[str, ...]] = {
    "sgd": (),
    "momentum": ("velocity",),
    "adagrad": ("squares",),
    "rmsprop": ("mean_square",),
    "adam": ("m", "v"),
}


@dataclass
class Optimizer:
    """The one object that changes parameters.

    Parameters
    ----------
    name : str
        sgd: step = rate * g (Robbins and Monro 1951).
        momentum: v = momentum * v + g, step = rate * v (Polyak 1964).
        adagrad: G += g^2, step = rate * g / (sqrt(G) + epsilon) (Duchi et al. 2011).
        rmsprop: G = decay * G + (1 - decay) * g^2, step = rate * g / (sqrt(G) + epsilon) (Tieleman and Hinton 2012).
        adam: m and v, the decayed means of g and g^2, both corrected for their start at zero by 1 - beta^t,
        step = rate * m / (sqrt(v) + epsilon) (Kingma and Ba 2015, algorithm 1). t counts all steps, also for rows.
    momentum, decay, beta1, beta2, epsilon : float
        The constants of the formulas.
    weight_decay : float
        Takes rate * weight_decay of W and U away with each step, apart from the gradient ("decoupled", Loshchilov and
        Hutter 2019, algorithm 2).
    factors : dict of str to float
        A factor on the rate of a parameter, by its name; 1 for those that are not named.
    """

    name: OptimizerName = "adam"
    momentum: float = 0.9
    decay: float = 0.9
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0
    factors: dict[str, float] = field(default_factory=dict)
    steps: int = 0
    state: dict[str, dict[str, Floats]] = field(default_factory=dict)

    def step(self, parameters: Parameters, gradients: Gradients, rate: float) -> None:
        """Change `parameters` in place by one step at learning rate `rate`; a missing gradient leaves its parameter."""
        self.steps += 1
        for name, gradient in gradients.items():
            parameter, state = parameters[name], self.state_of(name, parameters[name])
            own_rate = rate * self.factors.get(name, 1.0)
            if isinstance(gradient, RowGradient):
                rows = gradient.rows
                own = {key: array.take(rows, axis=0) for key, array in state.items()}
                parameter[rows] -= self.direction(gradient.values, own, own_rate)
                for key, array in state.items():
                    array[rows] = own[key]
                continue
            step = self.direction(gradient, state, own_rate)
            if self.weight_decay and name in ("W", "U"):
                step = step + own_rate * self.weight_decay * parameter
            parameter -= step

    def direction(self, g: Floats, state: Mapping[str, Floats], rate: float) -> Floats:
        """Return the step for the gradient `g`, after bringing `state` up to date in place.

        Adam's two corrections and the rate are one number, as its paper advises (section 2): with a = sqrt(1 - beta2^t)
        the step is rate * a / (1 - beta1^t) * m / (sqrt(v) + a * epsilon).
        """
        match self.name:
            case "sgd":
                return rate * g
            case "momentum":
                velocity = state["velocity"]
                velocity *= self.momentum
                velocity += g
                return rate * velocity
            case "adagrad":
                squares = state["squares"]
                squares += g * g
                return _scaled(g, squares, rate, self.epsilon)
            case "rmsprop":
                mean_square = state["mean_square"]
                mean_square *= self.decay
                mean_square += (1 - self.decay) * g * g
                return _scaled(g, mean_square, rate, self.epsilon)
            case "adam":
                m, v = state["m"], state["v"]
                m *= self.beta1
                m += (1 - self.beta1) * g
                v *= self.beta2
                v += (1 - self.beta2) * g * g
                a = (1 - self.beta2**self.steps) ** 0.5
                return _scaled(m, v, rate * a / (1 - self.beta1**self.steps), a * self.epsilon)

    def state_of(self, name: str, parameter: Floats) -> dict[str, Floats]:
        """Return the state of one parameter. `np.zeros` takes memory only for the pages that steps touch."""
        if name not in self.state:
            self.state[name] = {key: np.zeros(parameter.shape, parameter.dtype) for key in STATE[self.name]}
        return self.state[name]


def _scaled(x: Floats, squares: Floats, rate: float, epsilon: float) -> Floats:
    """Return rate * x / (sqrt(squares) + epsilon), with one new array."""
    step: Floats = np.sqrt(squares)
    step += epsilon
    np.divide(x, step, out=step)
    step *= rate
    return step
