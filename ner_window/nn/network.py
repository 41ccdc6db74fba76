"""The window network, forward and backward, in the lecture's notation and in mirror order.

::

    x = [e(w-r); ...; e(w); ...; e(w+r)]     D = K d,  K = 2 r + 1 words, e(w) = the word's vector and its features'
    z = W x + b                              W (H, D)
    h = f(z)
    s = U h + c                              U (C, H), one row u for each tag
    J = objective(s, y) + l2 * (|W|^2 + |U|^2)

Collobert et al. 2011, section 3.3.1 ("window approach"). A batch is rows: Z = X W^T + b.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ner_window.nn.activations import ACTIVATIONS, prelu
from ner_window.nn.gradients import Array, Floats, Gradients, Integers, Parameters, RowGradient
from ner_window.nn.initialization import Initializer, embedding
from ner_window.nn.layers import affine, dropout, embed
from ner_window.nn.objectives import OBJECTIVES, corrupt
from ner_window.nn.sentence import sentence_log_likelihood

Backprop = Callable[[Floats], Gradients]
Trace = dict[str, Array]


@dataclass(frozen=True)
class Network:
    """What is fixed about a network; its numbers are in `Parameters` and are passed in.

    Parameters
    ----------
    tables : tuple of (str, int, int)
        The look-up tables, the words' first: name, rows V and dimensions d of each. Their parameters are called E.name.
    radius : int
        Words on each side of the window's centre.
    hidden_units, labels : int
        H and C. Label 0 is O, outside every entity.
    activation, objective : str
        Names in `ACTIVATIONS` (or prelu) and `OBJECTIVES` (or sentence).
    dropout : float
        Probability that a hidden unit is dropped while training.
    input_dropout : float
        Probability that an element of a word's vector is dropped while training.
    group_dropout : tuple of (str, float)
        For tables by name, the probability that what was looked up in one place of a window is dropped as a whole.
    l2 : float
        Weight of the regulariser |W|^2 + |U|^2.
    frozen : frozenset of str
        Tables that are not trained. They are absent from the gradients.
    """

    tables: tuple[tuple[str, int, int], ...]
    radius: int
    hidden_units: int
    labels: int
    activation: str = "tanh"
    objective: str = "softmax"
    dropout: float = 0.0
    input_dropout: float = 0.0
    group_dropout: tuple[tuple[str, float], ...] = ()
    l2: float = 0.0
    frozen: frozenset[str] = frozenset()

    @property
    def width(self) -> int:
        """K, the number of words in a window."""
        return 2 * self.radius + 1

    @property
    def rows(self) -> int:
        """The number of rows of U: one for each label; with the margin objective O has none, but every type has."""
        return self.labels - (self.objective == "margin")

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every parameter, in forward order."""
        D = self.width * sum(d for _, _, d in self.tables)
        H, C = self.hidden_units, self.rows
        shapes: dict[str, tuple[int, ...]] = {f"E.{name}": (rows, d) for name, rows, d in self.tables}
        shapes |= {"W": (H, D), "b": (H,), "U": (C, H), "c": (C,)}
        shapes |= {"a": (H,)} if self.activation == "prelu" else {}
        return shapes | ({"A": (C, C), "start": (C,), "end": (C,)} if self.objective == "sentence" else {})

    def initialize(self, weights: Initializer, generator: np.random.Generator) -> Parameters:
        """Return new parameters, float32: W and U from `weights`, tables random, PReLU slopes 0.25, all others zero.

        The words' table is not among them: it comes from pre-trained vectors, or from its own random start.
        """
        parameters: Parameters = {}
        for name, shape in self.shapes.items():
            if name == f"E.{self.tables[0][0]}":
                continue
            if name.startswith("E."):
                parameters[name] = embedding((shape[0], shape[1]), generator)
            elif name in ("W", "U"):
                parameters[name] = weights((shape[0], shape[1]), generator)
            else:
                parameters[name] = np.full(shape, 0.25 if name == "a" else 0.0, np.float32)
        return parameters

    def forward(
        self,
        parameters: Parameters,
        windows: Integers,
        generator: np.random.Generator | None = None,
        trace: Trace | None = None,
    ) -> tuple[Floats, Backprop]:
        """Score every window, forward, and keep what it takes to go backward.

        Parameters
        ----------
        parameters : Parameters
            Shapes as in `shapes`, all of one float dtype.
        windows : (F, B, K) integers
            For each table, the ids of the K words of B windows.
        generator : Generator, optional
            The source of dropout; without it nothing is dropped, as in use.
        trace : dict, optional
            Receives x, z, h and s of the forward pass, and ds, dh, delta and dx of the backward pass, each with a row
            for every window: for those who look on, such as the gradient check and the computation graph.

        Returns
        -------
        scores : (B, C) floats
            One column for each row of U; see `label_scores`.
        backprop : function
            ``backprop(dS)`` returns the gradient of every parameter that is trained, without the regulariser's.
        """
        F, B, K = windows.shape
        p = parameters
        looked_up = [self._look_up(f, p, windows[f], generator) for f in range(F)]  # each (B, K, d_f)
        E = looked_up[0][0] if F == 1 else np.concatenate([e for e, _ in looked_up], axis=2)
        X = E.reshape(B, -1)  # (B, D)
        Z, affine_back = affine(X, p["W"], p["b"])  # (B, H)
        H, activation_back = self._activate(Z, p)
        dropping = generator is not None and self.dropout > 0
        if dropping and generator is not None:
            H, dropout_back = dropout(H, self.dropout, generator)
        S, scores_back = affine(H, p["U"], p["c"])  # (B, C)
        if trace is not None:
            trace.update(x=X, z=Z, h=H, s=S)

        def backprop(dS: Floats) -> Gradients:
            gradients: Gradients = {}
            dH, gradients["U"], dc = scores_back(dS)
            if self.objective != "margin":  # there c cancels out of 1 - s + s_c; it is chosen on dev instead
                gradients["c"] = dc
            dropped = dropout_back(dH) if dropping else dH
            delta, slope = activation_back(dropped)  # delta = dJ/dz, the lecture's error signal
            if slope is not None:
                gradients["a"] = slope
            dX, gradients["W"], gradients["b"] = affine_back(delta)
            if trace is not None:
                trace.update(ds=dS, dh=dropped, delta=delta, dx=dX)
            start = 0
            for (name, _, d), (_, embed_back) in zip(self.tables, looked_up, strict=True):
                if name not in self.frozen:
                    gradients[f"E.{name}"] = embed_back(dX.reshape(B, K, -1)[:, :, start : start + d])
                start += d
            return gradients

        return S, backprop

    def label_scores(self, S: Floats) -> Floats:
        """Return a score for each label (B, C): those of `forward`, but for the margin objective.

        There U scores types. O has the score 0, so that a type is chosen where its score, less its threshold, is above
        0: with c = -threshold the scores are already less it.
        """
        return np.insert(S, 0, 0, axis=1) if self.objective == "margin" else S

    def regularizer(self, parameters: Parameters) -> float:
        """Return l2 * (|W|^2 + |U|^2), a part of J."""
        W, U = parameters["W"], parameters["U"]
        return self.l2 * float(np.vdot(W, W) + np.vdot(U, U)) if self.l2 else 0.0

    def cost(
        self, parameters: Parameters, S: Floats, y: Integers, lengths: Integers | None = None
    ) -> tuple[float, Callable[[], tuple[Floats, Gradients]]]:
        """Return J of scores (B, rows of U), without the regulariser, and the function that gives its gradients.

        These are dS and those of the objective's own parameters: the sentence objective's A, start and end. Only it
        needs `lengths` (S,), by default one sentence.
        """
        if self.objective != "sentence":
            J, objective_back = OBJECTIVES[self.objective](S, y)
            return J, lambda: (objective_back(), {})
        p, lengths = parameters, np.array([len(y)]) if lengths is None else lengths
        J, sentence_back = sentence_log_likelihood(S, y, lengths, p["A"], p["start"], p["end"])

        def backprop() -> tuple[Floats, Gradients]:
            dS, dA, dstart, dend = sentence_back()
            return dS, {"A": dA, "start": dstart, "end": dend}

        return J, backprop

    def loss(
        self,
        parameters: Parameters,
        windows: Integers,
        y: Integers,
        generator: np.random.Generator | None = None,
        trace: Trace | None = None,
        lengths: Integers | None = None,
    ) -> tuple[float, Callable[[], Gradients]]:
        """Return J for a batch of windows (F, B, K) with labels y (B,), and the function that gives its gradients.

        The regulariser is part of J and of the gradients: what is printed is what is differentiated. With a generator,
        as in training, the margin objective sees corrupt copies of the true windows, too. `trace` is as in `forward`,
        `lengths` as in `cost`: the windows are those of whole sentences, one after another.
        """
        if self.objective == "margin" and generator is not None:
            windows, y = corrupt(windows, y, generator)
        S, scores_back = self.forward(parameters, windows, generator, trace)
        J, cost_back = self.cost(parameters, S, y, lengths)
        J += self.regularizer(parameters)
        if trace is not None:
            trace["y"] = y

        def backprop() -> Gradients:
            dS, more = cost_back()
            gradients = scores_back(dS) | more
            if self.l2:
                for name in ("W", "U"):
                    weights = parameters[name]
                    gradients[name] = gradients[name] + weights.dtype.type(2 * self.l2) * weights  # type: ignore[operator]
            return gradients

        return J, backprop

    def _look_up(
        self, f: int, p: Parameters, ids: Integers, generator: np.random.Generator | None
    ) -> tuple[Floats, Callable[[Floats], RowGradient]]:
        """Look up ids (B, K) in table f, and while training drop elements of words and whole features."""
        name = self.tables[f][0]
        E, embed_back = embed(p[f"E.{name}"], ids)
        whole = dict(self.group_dropout).get(name, 0.0)
        rate = whole or (self.input_dropout if f == 0 else 0.0)
        if generator is None or not rate:
            return E, embed_back
        E, dropout_back = dropout(E, rate, generator, whole=bool(whole))
        return E, lambda dE: embed_back(dropout_back(dE))

    def _activate(self, Z: Floats, p: Parameters) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats | None]]]:
        """Apply f; its backprop returns delta and, for PReLU only, the gradient of the slopes."""
        if self.activation == "prelu":
            return prelu(Z, p["a"])
        H, back = ACTIVATIONS[self.activation](Z)
        return H, lambda dH: (back(dH), None)


def compact(
    network: Network, parameters: Parameters, windows: Integers, spare: int = 0
) -> tuple[Network, Parameters, Integers, list[Integers]]:
    """Return the same network in float64 with its tables cut to the rows that some windows (F, B, K) use.

    The scores and the gradients of these windows stay what they are, and a table of 400,000 words becomes one of a few
    dozen. `spare` unused rows are kept beside the used ones.

    Returns
    -------
    network, parameters, windows
        To be used together.
    rows : list of (R,) integers
        For each table, the rows that were kept, in their new order.
    """
    small = {name: np.array(p, np.float64) for name, p in parameters.items() if not name.startswith("E.")}
    tables, ids, kept = [], [], []
    for (name, size, d), used in zip(network.tables, windows, strict=True):
        unused = np.setdiff1d(np.arange(min(size, windows[0].size + spare)), used)[:spare]
        rows = np.union1d(used, unused)
        small[f"E.{name}"] = np.array(parameters[f"E.{name}"][rows], np.float64)
        tables.append((name, len(rows), d))
        ids.append(np.searchsorted(rows, used))
        kept.append(rows)
    result = replace(network, tables=tuple(tables))
    return result, {name: small[name] for name in result.shapes}, np.stack(ids), kept
