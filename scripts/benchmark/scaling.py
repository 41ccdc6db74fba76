"""How the cost grows: with the tokens, with the vocabulary, and in memory.

Times are the shortest of some rounds: corpora of such different sizes are not disturbed alike by what else is running.
"""

import json
import time
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from pathlib import Path

from benchmark.epochs import epochs_of
from benchmark.processes import NER_WINDOW, measure
from benchmark.rows import Row, at_most, below, in_turn
from benchmark.workspace import PROJECT, Workspace, count
from ner_window import Tagger
from ner_window.config import load_config
from ner_window.experiment import Sources, prepare
from ner_window.prediction import predict
from ner_window.text.vectors import load_vectors

SMALL = PROJECT / "data" / "train.conll"
TIMES = (1, 10, 100)
VOCABULARIES = (10_000, 100_000, 400_000)

#: The tokens of the training file whose peak memory is measured: 20 times CoNLL-2003.
LARGE = 4_000_000


def rows(work: Workspace) -> Iterator[Row]:
    """Yield the rows of all three."""
    yield from by_tokens(work)
    yield from by_vocabulary(work)
    yield from by_memory(work)


def by_tokens(work: Workspace) -> Iterator[Row]:
    """Yield the nanoseconds a token for 10 and for 100 times the corpus, beside those for the corpus itself."""
    files = [repeated(SMALL, times, work.folder / f"small-{times}.conll") for times in TIMES]
    tokens = [count(SMALL, 1)[0] * times for times in TIMES]
    tagger, contents = Tagger.load(work.model("conll2003-lecture")), [path.read_bytes() for path in files]
    taken = in_turn(*(partial(seconds_to_tag, tagger, content) for content in contents), of=min)
    yield from growth("predict, in process", taken, tokens)
    vectors = f"vectors.source={json.dumps(str(PROJECT / 'data' / 'glove.50d.txt'))}"
    taken = in_turn(*(partial(seconds_to_train, vectors, path) for path in files), rounds=3, of=min)
    yield from growth("training", taken, tokens)


def growth(what: str, taken: list[float], tokens: list[int]) -> Iterator[Row]:
    """Yield a row for each corpus but the first, whose nanoseconds a token are the peer."""
    first, *others = (1e9 * each / n for each, n in zip(taken, tokens, strict=True))
    for times, each in zip(TIMES[1:], others, strict=True):
        yield at_most("scaling", f"{what}, {times} x the tokens; the peer is 1 x", "ns/token", each, first, 1.1)


def by_vocabulary(work: Workspace) -> Iterator[Row]:
    """Yield the seconds of an epoch with more words behind those of the training corpus, beside those with few."""
    counts = [f"vectors.limit={limit}" for limit in VOCABULARIES]
    taken = in_turn(*(partial(seconds_to_train, setting, work.train) for setting in counts), rounds=3, of=min)
    for limit, each in zip(VOCABULARIES[1:], taken[1:], strict=True):
        what = f"training, an epoch with {limit:,} vectors; the peer has {VOCABULARIES[0]:,}"
        yield at_most("scaling", what, "s", each, taken[0], 1.1)


def by_memory(work: Workspace) -> Iterator[Row]:
    """Yield the peak memory of training on 4 million tokens, beside the vectors, and of tagging a file."""
    tokens, times = count(work.train, LARGE)
    large = repeated(work.train, times, work.folder / "large.conll")
    settings = (f"data.train={json.dumps(str(large))}", "training.epochs=1")
    vectors = load_vectors("glove-6b-50d")
    size = vectors.matrix.nbytes + sum(len(word.encode()) + 1 for word in vectors.words)
    command = work.train_command("conll2003-lecture", work.folder / "model-large", *settings)
    for attempt in ("from the text", "again, from what is kept of it"):
        peak = measure(command).peak
        what = f"peak memory of training on {tokens * times:,} tokens less the vectors, {attempt}"
        yield below("scaling", what, "MB", (peak - size) / 1e6, 400)
    source, _ = work.to_tag
    model, out = work.model("conll2003-lecture"), work.folder / "tagged.conll"
    for times in (1, 10):
        path = repeated(source, times, work.folder / "to-tag-repeated.conll")
        peak = measure([*NER_WINDOW, "predict", model, path, "-o", out, "--force", "-q"]).peak
        yield below("scaling", f"peak memory of predict, {count(path, 1)[0]:,} tokens", "MB", peak / 1e6)


def repeated(source: Path, times: int, target: Path) -> Path:
    """Write a file so many times over into another, and return that."""
    content = source.read_bytes()
    with target.open("wb") as file:
        for _ in range(times):
            file.write(content)
    return target


def seconds_to_tag(tagger: Tagger, content: bytes) -> float:
    """Return the seconds of tagging CoNLL in memory."""
    began = time.process_time()
    for _ in predict(tagger, BytesIO(content), "-", "conll"):
        pass
    return time.process_time() - began


def seconds_to_train(setting: str, train: Path) -> float:
    """Return the seconds of the shortest of five epochs of the lecture's model."""
    settings = [f"data.train={json.dumps(str(train))}", f"data.dev={json.dumps(str(PROJECT / 'data' / 'dev.conll'))}"]
    config = load_config(str(PROJECT / "configs" / "conll2003-lecture.yaml"), [*settings, setting, "training.epochs=5"])
    return min(taken for taken, _ in epochs_of(prepare(config, Sources())))
