"""Whole files of each kind, changed at random, given to every reader: a result, or an error that names the place."""

import random
import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ner_window.errors import NerWindowError

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from fuzzing.mutation import mutated
from fuzzing.readers import READERS
from fuzzing.seeds import seeds

FINDINGS = sorted((Path(__file__).parent / "findings").glob("*-*"))


@pytest.fixture(scope="session")
def readers(tmp_path_factory, root):
    """Each reader with what its inputs begin from; made when it is first asked for."""
    made = {}

    def reader(name):
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            made[name] = READERS[name](folder, root), list(seeds(name, folder / "small"))
        return made[name]

    return reader


def check(read, data):
    """Raise what a reader should not."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        said = "a result: fine"
        try:
            read(data)
        except NerWindowError as error:
            said = str(error)
        assert ": " in said


@st.composite
def changes(draw):
    """Changes of bytes: at a place, so many bytes give way to others."""
    return draw(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 30), st.binary(max_size=12)), max_size=4))


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(which=st.integers(0, 10**6), changed=changes(), tree=st.none() | st.integers(0, 10**6))
def test_a_changed_file_gives_a_result_or_an_error_with_its_place(readers, name, which, changed, tree):
    read, whole = readers(name)
    data = whole[which % len(whole)]
    if tree is not None:
        counted = name in ("tensors", "checkpoint")
        data = mutated(data, random.Random(tree), counted=counted) or data
    for place, length, new in changed:
        at = round(place * len(data))
        data = data[:at] + new + data[at + length :]
    check(read, data or b"\0")


@pytest.mark.parametrize("path", FINDINGS, ids=lambda path: path.name)
def test_what_fuzzing_found_stays_mended(readers, path):
    name = next(name for name in sorted(READERS, key=len, reverse=True) if path.name.startswith(f"{name}-"))
    check(readers(name)[0], path.read_bytes())
