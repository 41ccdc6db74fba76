"""Forms projected once: what a stream of text repeats is not computed again."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from ner_window.nn.gradients import Floats, Integers
from ner_window.nn.network import PART
from ner_window.tagger import CHUNK, Tagger
from ner_window.text.tokens import Tokens
from ner_window.text.windows import line, positions, windows

Precision = Literal["float32", "int16"]

#: Bytes of products that are kept: those of as many forms, of all networks of an ensemble, as fit into them.
KEPT = 1 << 26


class Projections:
    """Scores texts with a table of the products W_k e(w) of every form w that has come so far, for each place k.

    A window's z is then a sum of K rows of this table ("each distinct word is projected once", see
    `layers.window_affine`), and a text costs the matrix products of the forms that are new in it. The table is bounded:
    when it is full it is begun anew.

    Parameters
    ----------
    tagger : Tagger
        It is not changed while this is used. With features of documents a form has no products of its own: then each
        text is scored by the tagger.
    precision : str
        ``float32``, which gives the scores of `Tagger.scores`; or ``int16``: half the memory to read, and sums of whole
        numbers. Then a product is rounded to a multiple of its greatest possible size / 6553, so that the sum of K = 5
        products fits into 16 bits. Of the 51,362 tokens of CoNLL-2003's eng.testa at most two got another tag. Without
        effect on a tagger with features of documents.
    """

    def __init__(self, tagger: Tagger, precision: Precision = "float32") -> None:
        network, members = tagger.network, len(tagger.members)
        self.tagger = tagger
        self.dtype = np.dtype(precision)
        bytes_of_form = network.width * network.hidden_units * self.dtype.itemsize * members
        kept = KEPT // bytes_of_form
        self.chunk = min(CHUNK, max(PART, (kept - network.width) // PART * PART))  # tokens that are scored together
        self.capacity = max(self.chunk + network.width, kept)  # their forms, those beside them, and the pad
        self.units = [self._unit(m) if precision == "int16" else 1.0 for m in range(members)]
        shape = (self.capacity * network.width, network.hidden_units)
        self.tables = [np.empty(shape, self.dtype) for _ in range(members)]  # takes the pages that are written to
        self._forget()

    def scores(self, text: Tokens) -> Floats:
        """Return the scores (T, C) of a text; of an ensemble their mean."""
        if self.tagger.reads_documents:
            return self.tagger.scores(self.tagger.encode_text(text))
        radius = self.tagger.network.radius
        places = positions(text.lengths, radius)
        forms = line(text.ids + 1, places, len(text.lengths), radius)  # 0 is the pad
        slots = np.zeros(1 + len(text.forms), np.int32)
        result = np.empty((len(text.ids), len(self.tagger.tags)), np.float32)
        for start in range(0, len(result), self.chunk):
            near = text.ids[max(0, start - radius) : start + self.chunk + radius]
            used = np.flatnonzero(np.bincount(near))  # np.unique, without what it imports
            slots[used + 1] = self._slots([text.forms[i] for i in used.tolist()])
            part = slice(start, start + self.chunk)
            result[part] = self._scores(slots[windows(forms, places[part], radius)])
        return result

    def _scores(self, index: Integers) -> Floats:
        """Return the scores (B, C) of windows over the table, index (B, K)."""
        network = self.tagger.network
        each = [
            network.scores(parameters, table, index, unit)
            for parameters, table, unit in zip(self.tagger.members, self.tables, self.units, strict=True)
        ]
        return network.label_scores(each[0] if len(each) == 1 else np.mean(each, axis=0, dtype=np.float32))

    def _slots(self, forms: Sequence[str]) -> Integers:
        """Return where in the table some forms are; new ones are put there, once each."""
        slots = list(map(self._slot.get, forms))
        if None in slots:
            new = dict.fromkeys(form for form, slot in zip(forms, slots, strict=True) if slot is None)
            if len(self._slot) + len(new) >= self.capacity:
                self._forget()
                new = dict.fromkeys(forms)
            first = len(self._slot) + 1
            self._slot |= zip(new, range(first, first + len(new)), strict=True)
            self._project(first, list(new))
            slots = list(map(self._slot.get, forms))
        return np.array(slots, np.int32)

    def _forget(self) -> None:
        """Begin the table anew, with the pad in its first place."""
        self._slot: dict[str, int] = {}
        self._project(0, [])

    def _project(self, first: int, forms: Sequence[str]) -> None:
        """Put the products of some forms into the table, from this place on; without forms those of the pad."""
        encoded = self.tagger.encoder.encode(Tokens.of([forms]))
        ids, width = encoded.rows[:, 1:] if forms else encoded.rows, self.tagger.network.width
        for parameters, table, unit in zip(self.tagger.members, self.tables, self.units, strict=True):
            part = table[first * width : (first + ids.shape[1]) * width]
            out = part if self.dtype.kind == "f" else None
            with np.errstate(over="ignore", invalid="ignore"):  # who takes the scores looks whether they are finite
                P = self.tagger.network.project(*self.tagger.resolve(encoded, ids, parameters), out)
            if out is None:
                part[:] = np.rint(P / unit)

    def _unit(self, member: int) -> float:
        """Return what one of the whole numbers stands for: no sum of K products is beyond 16 bits.

        |W_k e| is at most |W_k| |e| (Cauchy and Schwarz), and |e|^2 at most the sum over the tables of the largest.
        """
        network, parameters = self.tagger.network, self.tagger.members[member]
        looked_up = dict(network.look_ups)
        longest = sum(
            looked_up.get(name, 1) ** 2 * np.square(parameters[f"E.{name}"]).sum(axis=1).max()
            for name, _, _ in network.tables
        )
        pieces = parameters["W"].reshape(network.hidden_units, network.width, -1)
        largest = float(np.sqrt(longest * np.square(pieces).sum(axis=2).max()))
        largest += float(np.abs(parameters["b"]).max())
        return largest * network.width / (np.iinfo(np.int16).max - network.width)
