"""The window network, forward and backward, in the lecture's notation and in mirror order.

::

    x = [e(w-r); ...; e(w); ...; e(w+r)]     D = K d,  K = 2 r + 1 words, e(w) = the word's vector and its features'
    z = W x + b                              W (H, D)
    h = f(z)
    s = U h + c                              U (C, H), one row u for each tag
    J = objective(s, y) + l2 * (|W|^2 + |U|^2)

Collobert et al. 2011, section 3.3.1 ("window approach"). A batch is rows: Z = X W^T + b.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import numpy as np

from ner_window.nn.activations import ACTIVATIONS, prelu
from ner_window.nn.distillation import Teacher, sentence_cross_entropy, soft_cross_entropy
from ner_window.nn.gradients import Array, Floats, Gradients, Integers, Parameters
from ner_window.nn.initialization import Initializer, embedding
from ner_window.nn.layers import add_up, affine, dropout, embed, multiply_alike, residual_map, stacked, window_affine
from ner_window.nn.objectives import OBJECTIVES, corrupt
from ner_window.nn.sentence import sentence_log_likelihood
from ner_window.nn.windows import Windows

#: Windows that are scored together in use, and tokens that are projected together: whole groups of the 12 or 16 rows
#: that kernels take at a time, so that none is left over and done otherwise.
PART, BLOCK = 960, 240

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
        Probability that an element of a word's vector is dropped while training. What is dropped of a token is dropped
        in all its windows; tokens that look up the same, such as two places of one word, are one token of a batch
        (`Windows`), unless the batch holds them apart.
    group_dropout : tuple of (str, float)
        For tables by name, the probability that what a token looked up is dropped whole, in all its windows, too.
    l2 : float
        Weight of the regulariser |W|^2 + |U|^2.
    frozen : frozenset of str
        Tables that are not trained. They are absent from the gradients.
    look_ups : tuple of (str, int)
        For tables by name, how many rows are looked up for a token, 1 for those that are not named. The token's vector
        is their sum, as in the "bag of character n-grams" of Bojanowski et al. 2017, section 3.2.
    residual : int
        m, the width of a map e' = e + tanh(e M) N of the words' vectors, M (d, m) and N (m, d), or 0 for none. All
        words share it, so that those that training has not seen are moved with those that it has.
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
    look_ups: tuple[tuple[str, int], ...] = ()
    residual: int = 0

    @property
    def width(self) -> int:
        """K, the number of words in a window."""
        return 2 * self.radius + 1

    @cached_property
    def lines(self) -> tuple[slice, ...]:
        """For each table, which of the L lines of ids are its own: as many as it is looked up times for a token."""
        counts = dict(self.look_ups)
        ends = list(accumulate(counts.get(name, 1) for name, _, _ in self.tables))
        return tuple(slice(start, end) for start, end in zip([0, *ends], ends, strict=False))

    @property
    def trains_inputs(self) -> bool:
        """Whether anything below W is trained: a table, or the map of the words' vectors."""
        return self.residual > 0 or any(name not in self.frozen for name, _, _ in self.tables)

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
        if self.residual:
            d = self.tables[0][2]
            shapes |= {"M": (d, self.residual), "N": (self.residual, d)}
        shapes |= {"W": (H, D), "b": (H,), "U": (C, H), "c": (C,)}
        shapes |= {"a": (H,)} if self.activation == "prelu" else {}
        return shapes | ({"A": (C, C), "start": (C,), "end": (C,)} if self.objective == "sentence" else {})

    def initialize(self, weights: Initializer, generator: np.random.Generator) -> Parameters:
        """Return new parameters, float32: W, U and M from `weights`, tables random, PReLU slopes 0.25, others zero.

        Rows that are summed begin so much smaller that the sum of m different ones has the expected square length of a
        single row of another table. Equal ones add up to more, such as the pads of a token that has fewer than m.

        The words' table is not among them: it comes from pre-trained vectors, or from its own random start. N is zero,
        so that the residual map begins as the identity.
        """
        parameters: Parameters = {}
        for name, shape in self.shapes.items():
            if name == f"E.{self.tables[0][0]}":
                continue
            if name.startswith("E."):
                summed = dict(self.look_ups).get(name.removeprefix("E."), 1)
                parameters[name] = embedding((shape[0], shape[1]), generator, summed)
            elif name in ("W", "U"):
                parameters[name] = weights((shape[0], shape[1]), generator)
            elif name == "M":  # its columns are the units of the next layer
                parameters[name] = np.ascontiguousarray(weights((shape[1], shape[0]), generator).T)
            else:
                parameters[name] = np.full(shape, 0.25 if name == "a" else 0.0, np.float32)
        return parameters

    def forward(
        self,
        parameters: Parameters,
        windows: Windows | Integers,
        generator: np.random.Generator | None = None,
        trace: Trace | None = None,
    ) -> tuple[Floats, Backprop]:
        """Score every window, forward, and keep what it takes to go backward.

        Parameters
        ----------
        parameters : Parameters
            Shapes as in `shapes`, all of one float dtype.
        windows : Windows, or (L, B, K) integers
            For each table, the ids of the K words of B windows: one line of them, or as many as `lines` says. As
            `Windows` the words are distinct tokens, each looked up once; written out, those of the same ids are.
        generator : Generator, optional
            The source of dropout; without it nothing is dropped, as in use. What is dropped of a token is dropped in
            all windows in which it stands.
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
        shared = windows if isinstance(windows, Windows) else Windows.of(windows)
        p, index = parameters, shared.index  # (B, K)
        looked_up = [self._look_up(f, p, shared.ids[own], generator) for f, own in enumerate(self.lines)]  # (n, d_f)
        X = looked_up[0][0] if len(looked_up) == 1 else np.concatenate([e for e, _ in looked_up], axis=1)  # (n, d)
        Z, affine_back = window_affine(X, index, p["W"], p["b"], self.trains_inputs)  # (B, H)
        H, activation_back = self._activate(Z, p)
        dropping = generator is not None and self.dropout > 0
        if dropping and generator is not None:
            H, dropout_back = dropout(H, self.dropout, generator)
        S, scores_back = affine(H, p["U"], p["c"])  # (B, C)
        if trace is not None:
            trace.update(x=X[index].reshape(len(index), -1), z=Z, h=H, s=S)  # x (B, D)

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
                trace.update(ds=dS, dh=dropped, delta=delta, dx=delta @ p["W"])
            start = 0
            for E, look_up_back in looked_up:
                d = E.shape[1]
                gradients |= look_up_back(dX[:, start : start + d])
                start += d
            return gradients

        return S, backprop

    def project(self, parameters: Parameters, ids: Integers, out: Floats | None = None) -> Floats:
        """Return the products P (n K, H) of n tokens, ids (L, n), with the K pieces of W; those of the first hold b.

        A window's z is the sum of K of these rows, see `window_affine`. They are written into `out`, if it is given.
        """
        W = parameters["W"]
        P = np.empty((ids.shape[1] * self.width, self.hidden_units), W.dtype) if out is None else out
        looked_up = [self._look_up(f, parameters, ids[own], None)[0] for f, own in enumerate(self.lines)]
        by_token = P.reshape(ids.shape[1], self.width * self.hidden_units)
        multiply_alike(np.concatenate(looked_up, axis=1), stacked(W, self.width).T, by_token, BLOCK)
        by_token[:, : self.hidden_units] += parameters["b"]
        return P

    def scores(self, parameters: Parameters, P: Array, index: Integers, unit: float = 1.0) -> Floats:
        """Return the scores (B, C) of windows over projected tokens, index (B, K): what `forward` gives, for use.

        A part of the windows at a time, so that what is on the way stays in the processor's cache. P may hold whole
        numbers of a `unit`.
        """
        S = np.empty((len(index), self.rows), parameters["U"].dtype)
        rows: Integers = (index * self.width + np.arange(self.width)).astype(np.int32)
        for start in range(0, len(rows), PART):
            part = slice(start, start + PART)
            Z = add_up(P, rows[part])
            H = self._activate(Z if unit == 1 else Z * S.dtype.type(unit), parameters)[0]
            multiply_alike(H, parameters["U"].T, S[part], PART)
        S += parameters["c"]
        return S

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
        self, parameters: Parameters, S: Floats, y: Integers | Teacher, lengths: Integers | None = None
    ) -> tuple[float, Callable[[], tuple[Floats, Gradients]]]:
        """Return J of scores (B, rows of U), without the regulariser, and the function that gives its gradients.

        These are dS and those of the objective's own parameters: the sentence objective's A, start and end. Only it
        needs `lengths` (S,), by default one sentence. With a teacher in the place of labels J is the cross-entropy
        relative to it, which the softmax and the sentence objective have.

        Raises
        ------
        ValueError
            There is a teacher, but the objective has no probabilities.
        """
        if self.objective != "sentence":
            J, objective_back = self._objective(S, y)
            return J, lambda: (objective_back(), {})
        p, lengths = parameters, np.array([len(y)]) if lengths is None else lengths
        chain = p["A"], p["start"], p["end"]
        if isinstance(y, Teacher):
            J, sentence_back = sentence_cross_entropy(S, y, lengths, *chain)
        else:
            J, sentence_back = sentence_log_likelihood(S, y, lengths, *chain)

        def backprop() -> tuple[Floats, Gradients]:
            dS, dA, dstart, dend = sentence_back()
            return dS, {"A": dA, "start": dstart, "end": dend}

        return J, backprop

    def _objective(self, S: Floats, y: Integers | Teacher) -> tuple[float, Callable[[], Floats]]:
        """Return J of scores, and the function that gives dS; of any objective but that of sentences."""
        if not isinstance(y, Teacher):
            return OBJECTIVES[self.objective](S, y)
        if self.objective != "softmax":
            raise ValueError(f"objective {self.objective} has no probabilities; a teacher gives some to learn")
        return soft_cross_entropy(S, y)

    def loss(
        self,
        parameters: Parameters,
        windows: Windows | Integers,
        y: Integers | Teacher,
        generator: np.random.Generator | None = None,
        trace: Trace | None = None,
        lengths: Integers | None = None,
    ) -> tuple[float, Callable[[], Gradients]]:
        """Return J for a batch of B windows with labels y (B,), and the function that gives its gradients.

        The windows are as in `forward`. In the place of labels there may be a `Teacher` of the B windows; see `cost`.

        The regulariser is part of J and of the gradients: what is printed is what is differentiated. With a generator,
        as in training, the margin objective sees corrupt copies of the true windows, too. `trace` is as in `forward`,
        `lengths` as in `cost`: the windows are those of whole sentences, one after another.
        """
        if self.objective == "margin" and generator is not None and not isinstance(y, Teacher):
            shared = windows if isinstance(windows, Windows) else Windows.of(windows)
            index, y = corrupt(shared.index, y, generator)
            windows = Windows(shared.ids, index)
        S, scores_back = self.forward(parameters, windows, generator, trace)
        J, cost_back = self.cost(parameters, S, y, lengths)
        J += self.regularizer(parameters)
        if trace is not None and not isinstance(y, Teacher):
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
    ) -> tuple[Floats, Backprop]:
        """Look up ids (m, n) in table f, map words, and while training drop elements of them and whole features."""
        name = self.tables[f][0]
        E, embed_back = embed(p[f"E.{name}"], ids)
        mapped = f == 0 and self.residual > 0
        if mapped:
            E, map_back = residual_map(E, p["M"], p["N"])
        whole = dict(self.group_dropout).get(name, 0.0)
        rate = whole or (self.input_dropout if f == 0 else 0.0)
        dropping = generator is not None and rate > 0
        if dropping and generator is not None:
            E, dropout_back = dropout(E, rate, generator, whole=bool(whole))

        def backprop(dE: Floats) -> Gradients:
            gradients: Gradients = {}
            if dropping:
                dE = dropout_back(dE)
            if mapped:
                dE, gradients["M"], gradients["N"] = map_back(dE)
            if name not in self.frozen:
                gradients[f"E.{name}"] = embed_back(dE)
            return gradients

        return E, backprop

    def _activate(self, Z: Floats, p: Parameters) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats | None]]]:
        """Apply f; its backprop returns delta and, for PReLU only, the gradient of the slopes."""
        if self.activation == "prelu":
            return prelu(Z, p["a"])
        H, back = ACTIVATIONS[self.activation](Z)
        return H, lambda dH: (back(dH), None)
