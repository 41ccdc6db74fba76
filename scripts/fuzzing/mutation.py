"""Mutation of trees: the JSON in an input, wherever it stands, with other values at some of its places."""

import json
import random
from typing import Any

#: Values that readers hardly expect.
ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        2,
        3,
        50,
        2**31,
        2**63,
        10**12,
        10**30,
        0.5,
        -0.0,
        1e308,
        float("nan"),
        float("inf"),
    ),
    *("", "a", "O", "B-PER", "S-", "\x00", "\ud800", "../../x", "a" * 300, "F32", "word", "tanh", "BIOES"),
    *([], {}, [[]], [None], {"a": None}, [0], [1, 2, 3], ["a"], ["O", "O"], [["a", 2, 2]]),
)

Path = tuple[Any, ...]


def mutated(data: bytes, generator: random.Random, *, counted: bool) -> bytes | None:
    """Return an input with another tree in it, or None if it holds none.

    Before the tree may stand anything without braces; if it is `counted`, the last eight bytes of that are its length.
    """
    start = data.find(b"{")
    if start < 0:
        return None
    text = data[start:].decode("utf-8", "surrogateescape")
    try:
        tree, end = json.JSONDecoder().raw_decode(text)
        for _ in range(generator.randint(1, 3)):
            tree = _changed(tree, generator)
        new = json.dumps(tree).encode()
    except (ValueError, RecursionError):
        return None
    rest = text[end:].encode("utf-8", "surrogateescape")
    before = data[:start]
    if counted and generator.random() < 0.9:
        before = before[:-8] + len(new).to_bytes(8, "little")
    return before + new + rest


def _changed(tree: Any, generator: random.Random) -> Any:
    """Return a tree in which one value is another, gone, or there twice."""
    places = list(_places(tree, ()))
    if len(places) < 2:
        return generator.choice(ODD)
    place = generator.choice(places[1:])
    above = tree
    for key in place[:-1]:
        above = above[key]
    what = generator.random()
    if what < 0.1:
        del above[place[-1]]
    elif what < 0.2 and isinstance(above, list):
        above.append(above[place[-1]])
    elif what < 0.3 and isinstance(above, dict):
        above[str(generator.choice(ODD))] = above[place[-1]]
    elif what < 0.4:
        above[place[-1]] = [above[place[-1]]]
    elif what < 0.5:  # deep, but not so deep that writing it fails
        for _ in range(generator.choice((30, 300, 900))):
            above[place[-1]] = [above[place[-1]]]
    elif what < 0.6:
        above[place[-1]] = _value(tree, generator.choice(places))
    else:
        above[place[-1]] = generator.choice(ODD)
    return json.loads(json.dumps(tree))


def _places(tree: Any, path: Path) -> Any:
    yield path
    if len(path) > 20:
        return
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in inner:
        yield from _places(value, (*path, key))


def _value(tree: Any, path: Path) -> Any:
    for key in path:
        tree = tree[key]
    return json.loads(json.dumps(tree))
