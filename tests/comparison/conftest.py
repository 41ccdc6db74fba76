"""Folders of runs, as an experiment leaves them, with predictions that a test chooses."""

import json

import pytest

from ner_window.comparison.places import find
from ner_window.comparison.systems import read_system
from ner_window.config import Config, dump_yaml
from ner_window.experiment import Sources

TOKENS = [["Odile", "sails", "to", "Brevik"], ["Brevik", "rests"], ["Mira", "Voss", "waits"]]
GOLD = ["B-PER O O B-LOC", "B-LOC O", "B-PER I-PER O"]


def _config(**options):
    """A configuration, with options by dotted key, _ for the dots."""
    tree = {"data": {"train": "/t.conll", "dev": "/d.conll"}}
    for name, value in options.items():
        section, _, key = name.partition("_")
        tree = tree | ({section: {**tree.get(section, {}), key: value}} if key else {name: value})
    return Config.model_validate(tree)


@pytest.fixture
def run_folder(tmp_path):
    """Write the folder of a run; returns its path."""

    def write(name, predicted=GOLD, gold=GOLD, tokens=TOKENS, record=None, analysis=None, **options):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        config = _config(**options)
        digests = {"train": "1" * 64, "dev": "2" * 64, "vectors": "random"}
        told = {
            **{"settings": {}, "seed": config.seed, "error": None, "pruned": False, "digests": digests},
            **{"versions": {"ner_window": "0.1"}, "scheme": "IOB2"},
        }
        (folder / "run.json").write_text(json.dumps(told | (record or {})))
        (folder / "config.yaml").write_text(dump_yaml(config))
        sentences = [
            zip(*row, strict=True) for row in zip(tokens, map(str.split, gold), map(str.split, predicted), strict=True)
        ]
        lines = ["".join(" ".join(row) + "\n" for row in sentence) for sentence in sentences]
        (folder / "predictions.conll").write_text("\n".join(lines))
        if analysis:
            (folder / "analysis.json").write_text(json.dumps(analysis))
        return folder

    return write


@pytest.fixture
def read():
    """Read what folders say."""
    return lambda *paths: [read_system(place, Sources()) for place in find(paths)[0]]
