"""A batch of small files, cut into parts of some lines."""

import pytest

from ner_window.batch import plan, work


@pytest.fixture
def planned(model, tmp_path):
    """Plan a batch of files, given as texts by their names, in parts of so many bytes."""

    def make(texts, part=1 << 20, output=None, **options):
        (tmp_path / "in").mkdir(exist_ok=True)
        for name, text in texts.items():
            (tmp_path / "in" / name).write_bytes(text.encode() if isinstance(text, str) else text)
        options = plan.Options(**options)
        names = [str(tmp_path / "in")]
        identity, _ = work.model_at(model, options)
        output = output or str(tmp_path / "out")
        return plan.batch(identity, options, plan.inputs(names)[0], output, folder=True, part=part)

    return make
