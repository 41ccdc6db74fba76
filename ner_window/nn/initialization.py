"""Initial values. n_out, n_in = the two sides of a weight matrix (n_out, n_in), units of the next and of this layer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ner_window.nn.gradients import Floats

Initializer = Callable[[tuple[int, int], "np.random.Generator"], Floats]


def uniform(shape: tuple[int, int], generator: np.random.Generator, r: float) -> Floats:
    """Uniform(-r, r), float32."""
    return generator.uniform(-r, r, shape).astype(np.float32)


def xavier(shape: tuple[int, int], generator: np.random.Generator) -> Floats:
    """Uniform with variance 2 / (n_in + n_out): r = sqrt(6 / (n_in + n_out)) (Glorot and Bengio 2010, equation 16)."""
    return uniform(shape, generator, np.sqrt(6 / sum(shape)))


def zeros(shape: tuple[int, int], generator: np.random.Generator) -> Floats:
    """All zero, float32: what not to do. All hidden units start alike, get equal gradients and stay alike."""
    return np.zeros(shape, np.float32)


def he(shape: tuple[int, int], generator: np.random.Generator) -> Floats:
    """Draw from a normal distribution of variance 2 / n_in, for rectifiers (He et al. 2015, equation 10)."""
    scale: float = np.sqrt(2 / shape[1])
    return (generator.standard_normal(shape) * scale).astype(np.float32)


def embedding(shape: tuple[int, int], generator: np.random.Generator, summed: int = 1) -> Floats:
    """Rows of a look-up table: Uniform(-r, r), r = sqrt(3 / (m d)). The sum of m has the expected square length 1."""
    return uniform(shape, generator, np.sqrt(3 / (summed * shape[1])))


def distinct_rows(W: Floats, decimals: int = 6) -> int:
    """Count the rows of W (H, D) that differ when rounded: how many of the H hidden units do not compute the same.

    Units that start alike get equal gradients and stay alike; only different initial values break that symmetry.
    """
    return len(np.unique(np.round(W, decimals) + 0.0, axis=0))  # + 0.0 makes -0.0 zero
