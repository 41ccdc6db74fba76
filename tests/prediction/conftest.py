"""The quickstart's model, loaded."""

import pytest

from ner_window.tagger import Tagger


@pytest.fixture(scope="session")
def tagger(model):
    return Tagger.load(model)
