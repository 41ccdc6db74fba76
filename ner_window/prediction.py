"""Prediction from streams: any input format to any output format, a batch of sentences in memory at a time."""

import html
import json
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, Literal

from ner_window.errors import CorpusError, OutputError
from ner_window.tagger import Tagger, locate
from ner_window.text.conll import DOCSTART, Block, Layout, decode_line, read_blocks, split_columns
from ner_window.text.documents import BOUND, gather
from ner_window.text.files import unpacked_name
from ner_window.text.tagging import Entity, convert, entities_of

InputFormat = Literal["auto", "conll", "tokens", "text", "jsonl"]
OutputFormat = Literal["conll", "jsonl", "inline", "html"]

#: Tokens tagged together.
BATCH = 8192

#: Bytes read together.
PIECE = 1 << 16

_SUFFIXES: dict[str, InputFormat] = {
    ".conll": "conll",
    ".iob": "conll",
    ".iob2": "conll",
    ".bio": "conll",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".tokens": "tokens",
}


@dataclass(frozen=True)
class Item:
    """A unit of the input and its sentences.

    `block` holds CoNLL's lines as they came; `text` and `spans` are set for raw text, `record` for JSON.
    """

    sentences: tuple[tuple[str, ...], ...]
    text: str | None = None
    spans: tuple[tuple[tuple[int, int], ...], ...] = ()
    block: Block | None = None
    record: dict[str, Any] | None = None


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
) -> Iterator[str]:
    """Tag a stream and yield pieces of the output in the order of the input.

    What can be tagged at once is tagged at once; what a person types is answered line by line. A tagger that reads
    whole documents answers when one has ended: at a document line, with each JSON object, at the end of other inputs,
    or when it holds `BOUND` tokens. How often longer ones were cut is counted in `cut`, by the source.

    Raises
    ------
    CorpusError
        The input cannot be read, with its line.
    """
    layout = layout or Layout(tag_column=None)
    chosen = sniff(stream, source) if input_format == "auto" else input_format
    lines = Lines(stream)
    written = output_format or ("conll" if chosen in ("conll", "tokens") else "jsonl")
    target = tagger.output(scheme)
    reader = {"conll": _conll, "tokens": _tokens, "text": _text, "jsonl": _jsonl}[chosen]
    if written == "html":
        yield _HTML_HEAD
    items = reader(lines, source, layout)
    cuts: Counter[str] = Counter() if cut is None else cut
    whole = tagger.reads_documents and chosen != "jsonl"
    batches = _by_document(items, source, lines, cuts) if whole else _by_item(items, lines)
    for batch in batches:
        sentences = [sentence for _, item in batch for sentence in item.sentences]
        documents = [document for document, item in batch for _ in item.sentences]
        if tagger.reads_documents:  # an item of many sentences may be cut, too
            cuts[source] += len(gather([len(s) for s in sentences], documents)) - len(set(documents))
        tagged = iter(tagger.tag_with_probabilities(sentences, documents) if sentences else [])
        for _, item in batch:
            answers = list(islice(tagged, len(item.sentences)))
            if written == "conll":
                tags = [convert(tags, target) for tags, _ in answers]
                yield _as_conll(item, tags, [p for _, p in answers] if probabilities else None)
            else:
                yield _RENDER[written](item, answers, probabilities)
    if written == "html":
        yield "</main></html>\n"


class Lines:
    """The lines of a stream, as they come. `drained` tells when the next one has to be waited for.

    A read returns what there is, so a typed line is answered at once, and a file comes in large pieces.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._read: Callable[[int], bytes] = getattr(stream, "read1", stream.read)
        self._lines: deque[bytes] = deque()
        self._open: list[bytes] = []  # the pieces of a line whose end has not come yet

    @property
    def drained(self) -> bool:
        """Whether all lines that have come were given out."""
        return not self._lines

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> bytes:
        while not self._lines:
            self._fill()
        return self._lines.popleft()

    def _fill(self) -> None:
        piece = self._read(PIECE)
        if not piece:
            if not self._open:
                raise StopIteration
            self._lines.append(b"".join(self._open))
            self._open = []
            return
        *whole, rest = piece.split(b"\n")
        for line in whole:
            self._lines.append(b"".join((*self._open, line, b"\n")))
            self._open = []
        if rest:
            self._open.append(rest)


def sniff(stream: IO[bytes], source: str) -> InputFormat:
    """Return the format of a stream: what the file's name says, or what its first lines look like.

    A first line in braces is JSON lines; a document line, tabs, or several lines of equally many columns (two to ten)
    are CoNLL; all else is text.
    """
    for suffix in reversed(Path(source).suffixes):
        if suffix in _SUFFIXES:
            return _SUFFIXES[suffix]
    start = stream.peek(PIECE) if hasattr(stream, "peek") else b""
    lines = [line.decode(errors="replace").strip("\r\ufeff") for line in start.split(b"\n")]
    lines = [line for line in (lines[:-1] or lines) if line.strip()][:20]
    if not lines:
        return "text"
    if lines[0].lstrip().startswith("{"):
        return "jsonl"
    columns = {len(split_columns(line)) for line in lines if not line.startswith(DOCSTART)}
    even = len(lines) > 1 and len(columns) == 1 and 2 <= min(columns) <= 10
    return "conll" if lines[0].startswith(DOCSTART) or "\t" in lines[0] or even else "text"


def _by_document(
    items: Iterator[Item], source: str, lines: Lines, cut: Counter[str]
) -> Iterator[list[tuple[int, Item]]]:
    """Gather items of about `BATCH` tokens, whole documents together, each with the number of its document.

    Documents that have ended do not wait if no more input has come. What is in a document never depends on that.
    """
    ended: list[tuple[int, Item]] = []
    present: list[tuple[int, Item]] = []
    number = size = tokens = 0  # of the present document; in `ended`, an item at least as one; in the present document
    for item in items:
        length = sum(map(len, item.sentences))
        begins = item.block is not None and item.block.kind == "document"
        if begins or (tokens >= BOUND and length):
            cut[source] += not begins
            ended += present
            number, size, tokens, present = number + 1, size + tokens + len(present), 0, []
        present.append((number, item))
        tokens += length
        if ended and (size >= BATCH or lines.drained):
            yield ended
            ended, size = [], 0
    if ended or present:
        yield ended + present


def _by_item(items: Iterator[Item], lines: Lines) -> Iterator[list[tuple[int, Item]]]:
    """Gather items of about `BATCH` tokens, each with a number: each is a document of its own.

    Nobody is kept waiting: a batch ends where no more input has come.
    """
    batch: list[tuple[int, Item]] = []
    size = 0
    for number, item in enumerate(items):
        batch.append((number, item))
        size += sum(map(len, item.sentences)) or 1
        if size >= BATCH or lines.drained:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _conll(lines: Iterable[bytes], source: str, layout: Layout) -> Iterator[Item]:
    for block in read_blocks(lines, source, layout):
        yield Item((block.tokens,) if block.tokens else (), block=block)


def _decoded(lines: Iterable[bytes], source: str, layout: Layout) -> Iterator[tuple[int, str]]:
    for number, raw in enumerate(lines, 1):
        text, _ = decode_line(raw, f"{source}:{number}", layout.encoding, first=number == 1)
        yield number, text.removeprefix("\ufeff") if number == 1 else text


def _tokens(lines: Iterable[bytes], source: str, layout: Layout) -> Iterator[Item]:
    for _, text in _decoded(lines, source, layout):
        tokens = tuple(token for token in text.split(" ") if token)
        yield Item((tokens,) if tokens else ())


def _text(lines: Iterable[bytes], source: str, layout: Layout) -> Iterator[Item]:
    for _, text in _decoded(lines, source, layout):
        yield _text_item(text)


def _text_item(text: str, record: dict[str, Any] | None = None) -> Item:
    from ner_window.text.tokenizer import tokenize

    spans = tuple(tuple(sentence) for sentence in tokenize(text))
    sentences = tuple(tuple(text[a:b] for a, b in sentence) for sentence in spans)
    return Item(sentences, text, spans, record=record)


def _jsonl(lines: Iterable[bytes], source: str, layout: Layout) -> Iterator[Item]:
    for number, line in _decoded(lines, source, layout):
        if not line.strip():
            continue
        where = f"{source}:{number}"
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise CorpusError(f"{where}: not JSON: {error}") from None
        if not isinstance(record, dict):
            raise CorpusError(f"{where}: expected an object, got {line[:40]!r}")
        tokens, text = record.get("tokens"), record.get("text")
        if isinstance(tokens, list) and all(isinstance(token, str) for token in tokens):
            yield Item((tuple(tokens),) if tokens else (), record=record)
        elif isinstance(text, str):
            yield _text_item(text, record)
        else:
            raise CorpusError(f"{where}: expected a key 'text' (a string) or 'tokens' (strings), got {line[:60]!r}")


Answer = tuple[list[str], list[float]]


def _as_conll(item: Item, tags: list[list[str]], probabilities: list[list[float]] | None) -> str:
    """Add the predicted tag to each line of a CoNLL input, or write token and tag for the other inputs."""
    extra = [f"{p:.4f}" for sentence in probabilities or () for p in sentence]
    flat = [tag for sentence in tags for tag in sentence]
    added = [f"{tag} {p}" for tag, p in zip(flat, extra, strict=True)] if probabilities is not None else flat
    if item.block:
        if item.block.kind != "sentence":
            return "".join(text + ending for text, ending in item.block.lines)
        pieces = []
        for (text, ending), tag in zip(item.block.lines, added, strict=True):
            cut = "\t" if "\t" in text else " "
            pieces.append(f"{text}{'' if text.endswith(cut) and cut == ' ' else cut}{tag.replace(' ', cut)}{ending}")
        return "".join(pieces)
    rows = iter(added)
    return "".join("".join(f"{token} {next(rows)}\n" for token in sentence) + "\n" for sentence in item.sentences) or (
        "\n" if item.text is None else ""
    )


def _spans(item: Item, answers: Sequence[Answer], probabilities: bool) -> list[dict[str, Any]]:
    """Return the entities of an item: character offsets for text, token positions otherwise."""
    found = []
    for i, (tags, chances) in enumerate(answers):
        for entity in entities_of(tags):
            found.append(_span(item, i, entity))
            if probabilities:
                found[-1]["probability"] = round(min(chances[entity.start : entity.end]), 6)
    return found


def _span(item: Item, i: int, entity: Entity) -> dict[str, Any]:
    if item.text is not None:
        located = locate(item.text, item.spans[i], entity)
        return {"start": located.start, "end": located.end, "type": located.type, "text": located.text}
    text = " ".join(item.sentences[i][entity.start : entity.end])
    return {"start": entity.start, "end": entity.end, "type": entity.type, "text": text}


#: Half a pair, which JSON can hold and no encoding writes: it stays as it can be written.
_SURROGATE = re.compile("[\ud800-\udfff]")


def _as_jsonl(item: Item, answers: Sequence[Answer], probabilities: bool) -> str:
    if item.block and item.block.kind != "sentence":
        return ""
    record = item.record
    if record is None:
        record = {"text": item.text} if item.text is not None else {"tokens": [t for s in item.sentences for t in s]}
    line = json.dumps({**record, "entities": _spans(item, answers, probabilities)}, ensure_ascii=False)
    return _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", line) + "\n"


def _marked(item: Item, answers: Sequence[Answer], mark: Callable[[str, str], str], plain: Callable[[str], str]) -> str:
    """Return an item as text in which `mark` has been put on every entity."""
    text = item.text
    if text is None:
        tokens = [token for sentence in item.sentences for token in sentence]
        text, offsets, at = " ".join(tokens), [], 0
        for token in tokens:
            offsets.append((at, at + len(token)))
            at += len(token) + 1
        item = Item(item.sentences, text, (tuple(offsets),))
    pieces, at = [], 0
    for span in _spans(item, answers, False):
        pieces += [plain(text[at : span["start"]]), mark(span["text"], span["type"])]
        at = span["end"]
    return "".join([*pieces, plain(text[at:])])


def _as_inline(item: Item, answers: Sequence[Answer], probabilities: bool) -> str:
    if item.block and item.block.kind != "sentence":
        return ""
    return _marked(item, answers, lambda text, type_: f"[{type_} {text}]", str) + "\n"


def _as_html(item: Item, answers: Sequence[Answer], probabilities: bool) -> str:
    if item.block and item.block.kind != "sentence":
        return ""

    def mark(text: str, type_: str) -> str:
        return f'<mark class="{html.escape(type_)}">{html.escape(text)} <b>{html.escape(type_)}</b></mark>'

    return f"<p>{_marked(item, answers, mark, html.escape)}</p>\n"


_RENDER = {"jsonl": _as_jsonl, "inline": _as_inline, "html": _as_html}

_HTML_HEAD = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Entities</title>
<style>
:root { color-scheme: light dark; font: 1.05rem/1.7 system-ui, sans-serif }
main { max-width: 45rem; margin: 2rem auto; padding: 0 1rem }
mark { color: inherit; background: #8883; border-radius: .3em; padding: .1em .3em }
mark.PER { background: #3b82f640 } mark.LOC { background: #22c55e40 }
mark.ORG { background: #f59e0b40 } mark.MISC { background: #a855f740 }
mark b { font-size: .65em; opacity: .8 }
</style><main>
"""


def plan(inputs: Sequence[str], output: Path | None, force: bool) -> list[tuple[str, Path | None]]:
    """Pair every input file with its output; None is standard output.

    A directory among the inputs stands for the files in it. One input goes to the file `output`; several, or a
    directory, go to files of their own names in the directory `output`, those of compressed ones without .gz.

    Raises
    ------
    OutputError
        An output exists and `force` is not set, or two inputs would go to one file.
    """
    files: list[str] = []
    for name in inputs:
        path = Path(name)
        files += sorted(str(p) for p in path.iterdir() if p.is_file()) if name != "-" and path.is_dir() else [name]
    if output is None or str(output) == "-":
        return [(name, None) for name in files]
    if len(inputs) == 1 and files == list(inputs) and not output.is_dir():
        pairs = [(files[0], output)]
    else:
        pairs = [(name, output / ("stdin" if name == "-" else unpacked_name(name))) for name in files]
    targets = [target for _, target in pairs]
    for target in targets:
        refuse_existing_file(target, force)
        if targets.count(target) > 1:
            raise OutputError(f"{target}: two inputs have this name; give them different outputs")
    return list(pairs)


def refuse_existing_file(target: Path, force: bool) -> None:
    """Raise `OutputError` if a file exists and may not be replaced, or is a directory."""
    if target.is_dir():
        raise OutputError(f"{target}: is a directory; name a file in it")
    if target.exists() and not force:
        raise OutputError(f"{target}: exists already; choose another output, or replace it with --force")


def encoded(piece: str, encoding: str, target: Path | str) -> bytes:
    """Return what is to be written as bytes.

    Raises
    ------
    OutputError
        The encoding does not hold a character.
    """
    try:
        return piece.encode(encoding)
    except UnicodeEncodeError as error:
        wrong = piece[error.start]
        raise OutputError(
            f"{target}: {encoding} cannot hold {wrong!r}; choose another --encoding, or mend the input"
        ) from None


def write_whole(target: Path, pieces: Iterable[str], encoding: str) -> None:
    """Write a file under a temporary name and move it into place when it is whole.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    temporary = target.with_name(f".new-{target.name}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            for piece in pieces:
                file.write(encoded(piece, encoding, target))
        temporary.replace(target)
    except FileExistsError as error:  # of mkdir, where a folder of the path is a file
        raise OutputError(f"{target}: cannot be written: {error.filename} is not a directory") from None
    except OSError as error:
        raise OutputError(f"{target}: cannot be written: {error.strerror}") from None
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
