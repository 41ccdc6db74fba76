"""The least probability that an entity must have to be given."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ner_window.errors import ModelError, OutputError
from ner_window.tagger import Tagger
from ner_window.text.entity_columns import lowest
from ner_window.text.tag_columns import TagColumn
from ner_window.text.tagging import SCHEMES

Floats = NDArray[np.floating[Any]]


@dataclass
class Threshold:
    """Leaves out the entities of a probability below `least`, and counts them, and all that were found.

    Raises
    ------
    OutputError
        `least` is no probability.
    """

    least: float
    found: int = 0
    left_out: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.least <= 1:
            raise OutputError(f"threshold: expected a probability, got {self.least!r}; give a number from 0 to 1")

    def keep(self, tags: TagColumn, chances: Floats, scheme: str) -> TagColumn:
        """Return tags of a scheme, of which the chances (T,) are known, with those of what is left out as O."""
        entities = tags.entities()
        kept = lowest(entities, chances) >= self.least
        self.found += len(entities)
        self.left_out += int((~kept).sum())
        return tags if kept.all() else tags.written(entities[kept], SCHEMES[scheme])


def threshold_for(tagger: Tagger, where: str, least: float | None) -> Threshold | None:
    """Return the threshold for a tagger, which is called so in messages; None for None, which leaves out nothing.

    Raises
    ------
    ModelError
        It has no probabilities, which could be compared with a threshold.
    OutputError
        `least` is no probability.
    """
    if least is None:
        return None
    if not tagger.has_probabilities:
        raise ModelError(
            f"{where}: scores of the objective {tagger.network.objective} are no probabilities, which a threshold is "
            "compared with; leave it out, or train with objective softmax or sentence"
        )
    return Threshold(least)
