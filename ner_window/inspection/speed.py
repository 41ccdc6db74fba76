"""How fast a model tags, and what memory that takes, on the machine at hand."""

import io
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ner_window.config import load_config
from ner_window.errors import ConfigError, CorpusError
from ner_window.prediction import predict
from ner_window.projections import Projections
from ner_window.tagger import Tagger
from ner_window.text.conll import Layout, read_corpus
from ner_window.text.files import is_read_once, open_input

#: Every figure is the median of so many rounds.
ROUNDS = 5


@dataclass(frozen=True)
class Speed:
    """What was measured: tokens of the data, seconds to load the model, tokens a second, and the peak memory in MB.

    `in_memory` is from distinct tokens to labels, `file_to_file` from the bytes of a CoNLL file to those of the answer,
    both with nothing known of the text before.
    """

    data: str
    tokens: int
    load_seconds: float
    in_memory: float
    file_to_file: float
    peak_memory: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return the form that ``--json`` prints."""
        return asdict(self)


def measure(directory: Path, data: Path | None, layout: Layout) -> Speed:
    """Measure a model on a CoNLL file, by default on the dev file that it was trained with.

    The seconds are the clock's. The peak memory is that of the whole process so far, where the system tells it.

    Raises
    ------
    ConfigError
        `data` is not given, and the dev file that the model names is not there.
    CorpusError
        It cannot be read, or not twice, or holds no token.
    """
    began = time.perf_counter()
    tagger = Tagger.load(directory)
    load_seconds = time.perf_counter() - began
    if data is None:
        data = Path(load_config(directory / "config.yaml").data.dev)
        if not data.exists():
            raise ConfigError(f"{data}: the dev file of {directory} is not there; name a CoNLL file")
    if is_read_once(data):
        raise CorpusError(f"{data}: is read several times; give a file, not a pipe")
    text = read_corpus(data, layout).text
    if not len(text.ids):
        raise CorpusError(f"{data}: no tokens to tag; is it the right file?")
    with open_input(data) as stream:
        content = stream.read()

    def in_memory() -> None:
        tagger.decode(Projections(tagger).scores(text), text.lengths)

    def file_to_file() -> None:
        for _ in predict(tagger, io.BytesIO(content), str(data), "conll", layout=layout):
            pass

    tokens = len(text.ids)
    speeds = tokens / median_seconds(in_memory), tokens / median_seconds(file_to_file)
    return Speed(str(data), tokens, load_seconds, speeds[0], speeds[1], peak_memory())


def median_seconds(action: Callable[[], None]) -> float:
    """Return the median of the seconds that an action takes, after one round that is not counted."""
    seconds = []
    for _ in range(1 + ROUNDS):
        began = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - began)
    return sorted(seconds[1:])[ROUNDS // 2]


def peak_memory() -> float | None:
    """Return the largest memory, in MB, that this process has had; None where the system does not tell."""
    try:
        import resource
    except ImportError:  # not a Unix
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20) if sys.platform == "darwin" else peak / 1024
