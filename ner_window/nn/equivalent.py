"""Networks that give the scores of another one, in a form that suits what is done with them."""

from dataclasses import replace

import numpy as np

from ner_window.nn.gradients import Integers, Parameters
from ner_window.nn.layers import residual_map
from ner_window.nn.network import Network

#: Rows of a table that are mapped at a time.
CHUNK = 16_384


def compact(
    network: Network, parameters: Parameters, windows: Integers, spare: int = 0
) -> tuple[Network, Parameters, Integers, list[Integers]]:
    """Return the same network in float64 with its tables cut to the rows that some windows (L, B, K) use.

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
    for (name, _, d), own in zip(network.tables, network.lines, strict=True):
        used, size = windows[own], len(parameters[f"E.{name}"])
        unused = np.setdiff1d(np.arange(min(size, used.size + spare)), used)[:spare]
        rows = np.union1d(used, unused)
        small[f"E.{name}"] = np.array(parameters[f"E.{name}"][rows], np.float64)
        tables.append((name, len(rows), d))
        ids.append(np.searchsorted(rows, used))
        kept.append(rows)
    result = replace(network, tables=tuple(tables))
    return result, {name: small[name] for name in result.shapes}, np.concatenate(ids), kept


def fold_residual(network: Network, parameters: Parameters) -> tuple[Network, Parameters]:
    """Return the same network without its residual map: every row e of the words' table has become e + tanh(e M) N.

    The scores stay what they are, but for rounding. The table is a new one, of the old one's dtype; a network without
    the map is returned as it is.
    """
    if not network.residual:
        return network, parameters
    rest = dict(parameters)
    M, N, name = rest.pop("M"), rest.pop("N"), f"E.{network.tables[0][0]}"
    table = np.empty_like(parameters[name])
    for start in range(0, len(table), CHUNK):
        table[start : start + CHUNK] = residual_map(parameters[name][start : start + CHUNK], M, N)[0]
    return replace(network, residual=0), {**rest, name: table}
