"""Where the nanoseconds of a token go: the steps of a training batch and of tagging a file, each timed by itself.

Training is that of the lecture's model, fine-tuned with Adam at batch 256, on batches of real sentences; tagging that
of the dev file as often as it takes to have 200,000 tokens, with an empty table of products.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from itertools import islice
from typing import Any

import numpy as np

from benchmark.rows import Row
from benchmark.workspace import Workspace
from ner_window import Tagger
from ner_window.experiment import prepare
from ner_window.nn.layers import embed, stacked
from ner_window.nn.objectives import softmax_cross_entropy
from ner_window.nn.sums import sum_by_row, sum_rows, sums_of_rows
from ner_window.prediction import encoded
from ner_window.prediction.added_column import with_tags
from ner_window.prediction.marked_lines import read_lines
from ner_window.prediction.stream import PIECE
from ner_window.projections import Projections
from ner_window.text.encoding import EncodedCorpus
from ner_window.text.line_rules import Layout
from ner_window.text.lines import whole_lines
from ner_window.text.tag_columns import TagColumn
from ner_window.text.tokens import Tokens
from ner_window.training import batches

#: Batches, and rounds over them, of which the shortest counts.
BATCHES, ROUNDS = 60, 15


class Clock:
    """The shortest of the processor's seconds that each step has taken, on each of some batches."""

    def __init__(self) -> None:
        self.shortest: dict[tuple[str, int], float] = defaultdict(lambda: float("inf"))
        self.batch = 0

    def __call__(self, step: str, action: Callable[[], Any]) -> Any:
        """Time a step and return what it gives."""
        began = time.process_time_ns()
        result = action()
        taken = time.process_time_ns() - began
        key = step, self.batch
        self.shortest[key] = min(self.shortest[key], taken)
        return result

    def steps(self) -> dict[str, float]:
        """Return the nanoseconds of each step, all batches together."""
        total: dict[str, float] = defaultdict(float)
        for (step, _), taken in self.shortest.items():
            total[step] += taken
        return total


def rows(work: Workspace) -> Iterator[Row]:
    """Yield a row for each step, those of training first."""
    yield from shown("training", *of_training(work))
    yield from shown("tagging a file", *of_tagging(work))


def shown(what: str, clock: Clock, tokens: int) -> Iterator[Row]:
    """Yield the nanoseconds a token of each step, and of all together."""
    steps = clock.steps()
    for step, taken in [*steps.items(), ("all of these", sum(steps.values()))]:
        yield Row("breakdown", f"{what}, {step}", "ns/token", taken / tokens)


def of_training(work: Workspace) -> tuple[Clock, int]:
    """Time the steps of `Network.loss` and of the optimizer, in their order."""
    run = prepare(work.config("conll2003-lecture", "training.batch_size=256", "optimizer.name=adam"), work.sources)
    corpus, clock = run.encoded_train, Clock()
    chosen = list(islice(batches(corpus.lengths, 256, np.random.default_rng(13)), BATCHES))
    for _ in range(ROUNDS):
        laid_out = corpus.batches(chosen, run.tagger.network.radius)  # many together, when the first is asked for
        for clock.batch in range(len(chosen)):
            step_through(clock, run, corpus, clock("choosing tokens and windows", partial(next, laid_out)))
    return clock, sum(int(corpus.lengths[sentences].sum()) for sentences in chosen)


def step_through(clock: Clock, run: Any, corpus: EncodedCorpus, batch: Any) -> None:
    """Do what one batch of training does, a step at a time."""
    p, network = run.state.parameters, run.tagger.network
    K, H = network.width, network.hidden_units
    X, _ = clock("looking up vectors", lambda: embed(p["E.word"], batch.ids))
    pieces = stacked(p["W"], K)
    P = clock("matrix products forward", lambda: (X @ pieces.T).reshape(-1, H))
    rows = batch.index * K + np.arange(K)
    Z = clock("adding up the rows of a window", lambda: sums_of_rows(P, rows) + p["b"])
    hidden, back = clock("tanh", lambda: network._activate(Z, p))
    S = clock("scores of tags", lambda: hidden @ p["U"].T + p["c"])
    _, objective_back = clock("softmax and loss", lambda: softmax_cross_entropy(S, corpus.labels[batch.tokens]))
    dS = clock("softmax and loss, back", objective_back)
    dH, dU, dc = clock("scores of tags, back", lambda: (dS @ p["U"], dS.T @ hidden, dS.sum(axis=0)))
    delta = clock("tanh, back", lambda: back(dH)[0])
    dP = clock("adding up, back", lambda: sum_by_row(rows, delta, len(P)).reshape(len(X), -1))
    dX = clock("matrix products back, to vectors", lambda: dP @ pieces)
    dW = clock("matrix products back, to W", lambda: dP.T @ X).reshape(K, H, -1).transpose(1, 0, 2).reshape(H, -1)
    E = clock("rows of vectors", lambda: sum_rows(batch.ids, dX))
    gradients = {"U": dU, "c": dc, "W": dW, "b": delta.sum(axis=0), "E.word": E}
    clock("Adam", lambda: run.state.optimizer.step(p, gradients, 1e-6))


def of_tagging(work: Workspace) -> tuple[Clock, int]:
    """Time the steps of `predict`, from a CoNLL file in memory to its lines with tags."""
    path, tokens = work.to_tag
    content, clock = path.read_bytes(), Clock()
    for _ in range(ROUNDS):
        tag(clock, Tagger.load(work.model("conll2003-lecture")), content)
    return clock, tokens


def tag(clock: Clock, tagger: Tagger, content: bytes) -> None:
    """Do what `prediction.stream` does, a step at a time."""
    table, layout = Projections(tagger), Layout(tag_column=None)
    pieces = whole_lines(BytesIO(content).read, PIECE)
    lines = clock("reading lines", lambda: list(read_lines(pieces, "-", layout)))
    texts = clock("columns of forms", lambda: [each.text() for each in lines])
    clock("new forms: ids and products with W", lambda: [table._slots(text.forms) for text in texts])
    scores = clock("scores of windows", lambda: [table.scores(text) for text in texts])
    labels = clock(
        "best valid paths", lambda: [tagger.decode(*each) for each in zip(scores, lengths(texts), strict=True)]
    )
    columns = [TagColumn(tagger.tags, *each) for each in zip(labels, lengths(texts), strict=True)]
    tags = clock("tags in the file's scheme", lambda: [column.convert(tagger.output(None)) for column in columns])
    write = partial(encoded, encoding="utf-8", target="-")
    clock("writing lines", lambda: [with_tags(*each, None, write) for each in zip(lines, tags, strict=True)])


def lengths(texts: list[Tokens]) -> list[Any]:
    """Return the lengths of the sentences of texts."""
    return [text.lengths for text in texts]
