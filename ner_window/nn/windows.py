"""Windows of a batch that share their tokens: what stands in several windows is looked up and computed once."""

from dataclasses import dataclass

import numpy as np

from ner_window.nn.gradients import Integers


@dataclass(frozen=True, slots=True)
class Windows:
    """B windows of K places over n tokens, each of which may stand in many of them.

    Parameters
    ----------
    ids : (L, n) integers
        For each look-up in a table, the row of each token.
    index : (B, K) integers
        Which of the n tokens stands in each place.
    """

    ids: Integers
    index: Integers

    def __len__(self) -> int:
        return len(self.index)

    @classmethod
    def of(cls, dense: Integers) -> "Windows":
        """Return windows written out (L, B, K) as windows that share their tokens: places with the same ids are one."""
        distinct, index = np.unique(dense.reshape(len(dense), -1), axis=1, return_inverse=True)
        return cls(distinct, index.reshape(dense.shape[1:]))

    def dense(self) -> Integers:
        """Return the windows written out (L, B, K)."""
        return self.ids[:, self.index]
