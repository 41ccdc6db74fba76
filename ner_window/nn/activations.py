"""The six activations of the lecture, each beside its derivative.

Every function takes the pre-activation Z (B, H) and returns ``(H, backprop)``; ``backprop(dH)`` returns dZ, the
upstream gradient times the local one. Derivatives are written with the output where that is shorter. The kinks at which
hard tanh and the ReLUs have no derivative get the derivative of one side.
"""

from collections.abc import Callable

import numpy as np

from ner_window.nn.gradients import Floats

Activated = tuple[Floats, Callable[[Floats], Floats]]


def sigmoid(Z: Floats) -> Activated:
    """H = 1 / (1 + exp(-z)), f' = h (1 - h). Written with tanh, which cannot overflow."""
    H = (0.5 * (np.tanh(0.5 * Z) + 1)).astype(Z.dtype, copy=False)
    return H, lambda dH: dH * H * (1 - H)


def tanh(Z: Floats) -> Activated:
    """H = tanh(z) = 1 - 2 / (exp(2 z) + 1), f' = 1 - h^2.

    Where a processor has AVX2 alone, `np.exp` and the four operations take a sixth to a third less time than `np.tanh`.
    The error is of the size of a rounding of 1, 2e-7 at most in float32, also where h is near 0. An exp that is too
    large is infinite, which gives 1.
    """
    with np.errstate(over="ignore"):
        H: Floats = 2 * Z
        np.exp(H, out=H)
    H += 1
    np.divide(-2, H, out=H)
    H += 1

    def backprop(dH: Floats) -> Floats:
        dZ = 1 - H * H
        dZ *= dH
        return dZ

    return H, backprop


def hard_tanh(Z: Floats) -> Activated:
    """H = max(-1, min(1, z)), f' = 1 inside (-1, 1], else 0 (Collobert et al. 2011, section 3.3.1)."""
    return np.clip(Z, -1, 1), lambda dH: dH * ((Z > -1) & (Z <= 1))


def relu(Z: Floats) -> Activated:
    """H = max(0, z), f' = [z > 0] (Nair and Hinton 2010)."""
    return np.maximum(Z, 0), lambda dH: dH * (Z > 0)


def leaky_relu(Z: Floats, slope: float = 0.01) -> Activated:
    """H = z where z > 0, else slope * z (Maas et al. 2013)."""
    local = np.where(Z > 0, Z.dtype.type(1), Z.dtype.type(slope))
    return Z * local, lambda dH: dH * local


def prelu(Z: Floats, a: Floats) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats]]]:
    """H = z where z > 0, else a z, with one learned slope a for each hidden unit (He et al. 2015, section 2.1).

    `a` is (H,). ``backprop(dH)`` returns dZ (B, H) and da (H,).
    """
    positive = Z > 0
    negative_part = np.where(positive, Z.dtype.type(0), Z)

    def backprop(dH: Floats) -> tuple[Floats, Floats]:
        return np.where(positive, dH, dH * a), (dH * negative_part).sum(axis=0)

    return np.where(positive, Z, Z * a), backprop


#: Where each activation has no derivative.
KINKS: dict[str, tuple[float, ...]] = {
    "hard_tanh": (-1.0, 1.0),
    "relu": (0.0,),
    "leaky_relu": (0.0,),
    "prelu": (0.0,),
}

#: Activations without parameters, by their name in a configuration; `prelu` has one and is called by its own name.
ACTIVATIONS: dict[str, Callable[[Floats], Activated]] = {
    "sigmoid": sigmoid,
    "tanh": tanh,
    "hard_tanh": hard_tanh,
    "relu": relu,
    "leaky_relu": leaky_relu,
}
