"""From a stream to a stream: what has come is read, tagged and written, a piece of it in memory at a time."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, TypeVar

import numpy as np

from ner_window.errors import OutputError
from ner_window.prediction import rendering
from ner_window.prediction.added_column import Floats, with_tags
from ner_window.prediction.documents import Parts
from ner_window.prediction.formats import InputFormat, Known, OutputFormat, default_output, encoding_of, sniff
from ner_window.prediction.items import Items, items_of, read_items
from ner_window.prediction.marked_lines import Before, Lines, read_lines
from ner_window.prediction.outputs import encoded
from ner_window.prediction.threshold import Threshold
from ner_window.projections import Projections
from ner_window.tagger import Tagger, finite
from ner_window.text.documents import gather
from ner_window.text.line_rules import Layout, LineReader
from ner_window.text.lines import whole_lines
from ner_window.text.tag_columns import TagColumn
from ner_window.text.tagging import SCHEMES
from ner_window.text.tokens import Tokens

#: Bytes read, and tagged, together: some 18,000 tokens of CoNLL, some 50,000 of raw text.
PIECE = 1 << 18

Batch = TypeVar("Batch", Lines, Items)

_RENDER = {
    "conll": rendering.as_rows,
    "jsonl": rendering.as_jsonl,
    "inline": rendering.as_inline,
    "html": rendering.as_html,
}


def predict(
    tagger: Tagger,
    stream: IO[bytes],
    source: str,
    input_format: InputFormat = "auto",
    output_format: OutputFormat | None = None,
    scheme: str | None = None,
    probabilities: bool = False,
    layout: Layout | None = None,
    cut: Counter[str] | None = None,
    encoding: str | None = None,
    target: Path | str = "standard output",
    table: Projections | None = None,
    threshold: Threshold | None = None,
    *,
    counts: Counter[str] | None = None,
    before: Before | None = None,
    first: bool = True,
    last: bool = True,
) -> Iterator[bytes]:
    """Tag a stream and yield pieces of the output in the order of the input.

    What has come is tagged at once and answered: a line that a person types, or a piece of a file. A tagger that reads
    whole documents answers when one has ended: at a document line, with each JSON object, at the end of other inputs,
    or when it holds `BOUND` tokens. How often longer ones were cut is counted in `cut`, by the source. The output is in
    `encoding`, see `encoding_of` for the default; `target` is what it is called in messages. A `table` of the tagger's
    products knows the forms of other streams already. A `threshold` leaves out the entities that are less probable, and
    counts them. `counts` counts the sentences and tokens.

    The stream may be a part of a file, which begins where a sentence does, and a document if the tagger reads
    documents: it is said what stands `before` it, and whether it is the file's `first` and its `last` part.

    Raises
    ------
    CorpusError
        The input cannot be read, with its line, or there is no such encoding.
    OutputError
        The encoding does not hold a character of the output.
    """
    layout = layout or Layout(tag_column=None)
    told = counts if counts is not None else Counter()
    LineReader(source, layout)  # an encoding that does not exist is an error in every format
    chosen = sniff(stream, source) if input_format == "auto" else input_format
    written = output_format or default_output(chosen)
    output = tagger.output(scheme)
    encode = partial(encoded, encoding=encoding or encoding_of(written, layout.encoding), target=target)
    cuts: Counter[str] = Counter() if cut is None else cut
    table = table or Projections(tagger)
    if written == "html" and first:
        yield encode(rendering.HTML_HEAD)
    parts = Parts(source, cuts) if tagger.reads_documents else None
    for batch in _batches(stream, source, chosen, layout, parts, before):
        text = batch.text()
        told.update(sentences=len(text.lengths), tokens=len(text.ids))
        if tagger.reads_documents:  # an item of many sentences may be cut, too
            documents = text.documents.tolist()
            cuts[source] += len(gather(text.lengths.tolist(), documents)) - len(set(documents))
        tags, chances = _tag(table, text, probabilities, threshold)
        tags = tags.convert(output) if written == "conll" else tags
        if written == "conll" and isinstance(batch, Lines):
            yield with_tags(batch, tags, chances, encode)
        else:
            items = batch.items if isinstance(batch, Items) else items_of(text)
            yield from _encoded_lines(_RENDER[written](items, tags, chances), encode)
    if written == "html" and last:
        yield encode(rendering.HTML_END)


def _encoded_lines(text: str, encode: Callable[[str], bytes]) -> Iterator[bytes]:
    """Yield lines as bytes, all of them, or one by one up to the one that holds what the encoding does not."""
    try:
        yield encode(text)
    except OutputError:
        yield from (encode(line + "\n") for line in text.split("\n"))


def _batches(
    stream: IO[bytes], source: str, kind: Known, layout: Layout, parts: Parts | None, before: Before | None
) -> Iterator[Lines] | Iterator[Items]:
    """Yield what is tagged together: what has come, or with `parts` the documents of it that have ended."""
    pieces = whole_lines(getattr(stream, "read1", stream.read), PIECE, source, before.lines if before else 0)
    if kind == "conll":
        lines = read_lines(pieces, source, layout, before)
        return lines if parts is None else _by_document(lines, parts)
    items = read_items(pieces, source, layout, kind, before.lines if before else 0)
    return items if parts is None or kind == "jsonl" else _by_document(items, parts)


def _by_document(batches: Iterator[Batch], parts: Parts) -> Iterator[Batch]:
    """Gather whole documents. Those that have ended do not wait; what is in one never depends on how its bytes come."""
    present: Batch | None = None
    for batch in batches:
        numbered = batch.numbered(parts)
        present = numbered if present is None else present + numbered
        ended = int(np.searchsorted(present.document, parts.number))
        if ended:
            yield present[:ended]
            present = present[ended:]
    if present is not None:
        yield present


def _tag(
    table: Projections, text: Tokens, probabilities: bool, threshold: Threshold | None
) -> tuple[TagColumn, Floats | None]:
    """Tag a text; return the tags in the model's scheme and, if they are asked for, their probabilities (T,).

    A token of an entity that a threshold leaves out is O: its probability is that of O.
    """
    tagger, scores = table.tagger, finite(lambda: table.scores(text))
    tags = TagColumn(tagger.tags, tagger.decode(scores, text.lengths), text.lengths)
    if not probabilities and threshold is None:
        return tags, None
    chances, tokens, labels = tagger.probabilities(scores, text.lengths), np.arange(len(scores)), tags.ids
    if threshold is not None:
        tags = threshold.keep(tags, chances[tokens, labels], tagger.scheme)
        labels = tags.labels(tagger.tags, SCHEMES[tagger.scheme])
    return tags, chances[tokens, labels] if probabilities else None
