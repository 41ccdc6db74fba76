"""What model.json says of a model, checked before anything is built of it: the file may be anybody's."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ner_window.nn.activations import ACTIVATIONS
from ner_window.nn.network import Network
from ner_window.nn.objectives import OBJECTIVES
from ner_window.text.features import FEATURES
from ner_window.text.tagging import SCHEMES, split_tag

#: What goes wrong where a tree is not what it should be.
WRONG = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError)

#: The widest window, and the most networks of an ensemble.
WIDEST, MOST = 50, 1000


def network_in(spec: Mapping[str, Any]) -> Network:
    """Return the network that a description is of.

    Raises
    ------
    KeyError, TypeError, ValueError
        It is the description of none.
    """
    tuples = {key: tuple(map(tuple, spec[key])) for key in ("tables", "group_dropout", "look_ups")}
    network = Network(**{**spec, **tuples, "frozen": frozenset(spec["frozen"])})
    names = [name for name, _, _ in network.tables]
    _expect(
        names[:1] == ["word"] and len(set(names)) == len(names) and set(names[1:]) <= FEATURES.keys(), "tables", names
    )
    for name, rows, dimensions in network.tables:
        _expect(_is_count(rows) and _is_count(dimensions), f"size of the table {name!r}", (rows, dimensions))
    look_ups = {name: FEATURES[name].look_ups for name in names[1:]}
    given = {name: n for name, n in network.look_ups if n != 1}
    _expect(given == {name: n for name, n in look_ups.items() if n != 1}, "look_ups", network.look_ups)
    _expect(_is_count(network.radius, least=0) and network.radius <= WIDEST, "radius", network.radius)
    _expect(_is_count(network.residual, least=0), "residual", network.residual)
    _expect(_is_count(network.hidden_units), "hidden_units", network.hidden_units)
    _expect(_is_count(network.labels), "labels", network.labels)
    _expect(network.activation in (*ACTIVATIONS, "prelu"), "activation", network.activation)
    _expect(network.objective in (*OBJECTIVES, "sentence"), "objective", network.objective)
    return network


def tags_in(description: Mapping[str, Any], network: Network) -> tuple[str, ...]:
    """Return the tag of each label; `ValueError` or `TaggingError` if they are not the network's, or the scheme's."""
    tags = tuple(description["tags"])
    _expect(len(set(tags)) == len(tags) == network.labels and tags[0] == "O", "tags", tags)
    scheme = SCHEMES[description["scheme"]]
    for tag in tags:
        _expect(isinstance(tag, str) and split_tag(tag)[0] in ("O", *scheme.prefixes), f"tag in {scheme.name}", tag)
    _expect(description["output_scheme"] in SCHEMES, "output_scheme", description["output_scheme"])
    return tags


def facts_in(description: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told of a model, of which other parts of the program take the data and the configuration."""
    facts = description["facts"]
    data = facts.get("data", {})
    parts = [data, facts.get("config", {}), *(data.get(name) or {} for name in ("train", "dev", "vectors"))]
    _expect(all(isinstance(part, dict) for part in parts), "facts", facts)
    return dict(facts)


def members_in(description: Mapping[str, Any]) -> int:
    """Return how many networks an ensemble has."""
    members = description["members"]
    _expect(_is_count(members) and members <= MOST, "members", members)
    return int(members)


def temperature_in(description: Mapping[str, Any]) -> float:
    """Return the temperature of a model, 1 for one that was made before there was any; `ValueError` if it is none."""
    temperature = description.get("temperature", 1.0)
    _expect(isinstance(temperature, float | int) and 0 < temperature < math.inf, "temperature", temperature)
    return float(temperature)


def flag_in(description: Mapping[str, Any], key: str) -> bool:
    """Return what is true or false."""
    _expect(isinstance(description[key], bool), key, description[key])
    return bool(description[key])


def _is_count(value: object, least: int = 1) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value < 2**31


def _expect(fine: bool, what: str, got: object) -> None:
    if not fine:
        shown = (
            repr(got) if isinstance(got, str | int | float) or (isinstance(got, Sequence) and len(got) < 20) else "more"
        )
        raise ValueError(f"{what}: not what a model can have, got {shown[:200]}")
