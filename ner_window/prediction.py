"""Prediction from streams: any input format to any output format, a batch of sentences in memory at a time."""

import bz2
import gzip
import html
import json
import lzma
import select
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, Literal

from ner_window.errors import CorpusError, OutputError
from ner_window.tagger import Tagger, locate
from ner_window.text.conll import Block, Layout, decode_line, read_blocks, split_columns
from ner_window.text.tagging import Entity, convert, entities_of

InputFormat = Literal["auto", "conll", "tokens", "text", "jsonl"]
OutputFormat = Literal["conll", "jsonl", "inline", "html"]

#: Tokens tagged together.
BATCH = 8192

_OPENERS: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
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
) -> Iterator[str]:
    """Tag a stream and yield pieces of the output in the order of the input.

    What can be tagged at once is tagged at once; what a person types is answered line by line.

    Raises
    ------
    CorpusError
        The input cannot be read, with its line.
    """
    layout = layout or Layout(tag_column=None)
    lines, chosen = sniff(stream, source, input_format)
    written = output_format or ("conll" if chosen in ("conll", "tokens") else "jsonl")
    target = tagger.output(scheme)
    reader = {"conll": _conll, "tokens": _tokens, "text": _text, "jsonl": _jsonl}[chosen]
    if written == "html":
        yield _HTML_HEAD
    for batch in _batched(reader(lines, source, layout)):
        sentences = [sentence for item in batch for sentence in item.sentences]
        tagged = iter(tagger.tag_with_probabilities(sentences) if sentences else [])
        for item in batch:
            answers = list(islice(tagged, len(item.sentences)))
            if written == "conll":
                tags = [convert(tags, target) for tags, _ in answers]
                yield _as_conll(item, tags, [p for _, p in answers] if probabilities else None)
            else:
                yield _RENDER[written](item, answers, probabilities)
    if written == "html":
        yield "</main></html>\n"


def open_input(path: str) -> IO[bytes]:
    """Open a file by its name, compressed ones (.gz, .bz2, .xz) as what is in them; ``-`` is standard input."""
    if path == "-":
        return sys.stdin.buffer
    try:
        return _OPENERS.get(Path(path).suffix, open)(path, "rb")  # type: ignore[no-any-return]
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read: {error.strerror}") from None


def sniff(stream: IO[bytes], source: str, asked: InputFormat) -> tuple[Iterator[bytes], InputFormat]:
    """Return the stream's lines and its format: the one asked for, the file name's, or what the first lines look like.

    A first line in braces is JSON lines; a document line, tabs, or several lines of equally many columns (two to ten)
    are CoNLL; all else is text.
    """
    if asked != "auto":
        return iter(stream.readline, b""), asked
    name = Path(source)
    suffixes = [suffix for suffix in name.suffixes if suffix in _SUFFIXES]
    if suffixes:
        return iter(stream.readline, b""), _SUFFIXES[suffixes[-1]]
    first: list[bytes] = []
    while len(first) < 8 and (line := stream.readline()):
        first.append(line)
        if not _more_waiting(stream):
            break
    texts = [line.decode(errors="replace").rstrip("\r\n") for line in first if line.strip()]
    columns = [len(split_columns(text)) for text in texts]
    chosen: InputFormat = "text"
    if texts and texts[0].lstrip().startswith("{"):
        chosen = "jsonl"
    elif texts and (
        texts[0].startswith("-DOCSTART-")
        or "\t" in texts[0]
        or (len(texts) > 1 and len(set(columns)) == 1 and 2 <= columns[0] <= 10)
    ):
        chosen = "conll"
    rest = iter(stream.readline, b"")
    return (line for lines in (first, rest) for line in lines), chosen


def _more_waiting(stream: IO[bytes]) -> bool:
    """Whether another line can be read without waiting for a person to type it."""
    try:
        interactive = stream.fileno() == 0
    except OSError:
        return True
    if not interactive:
        return True
    if getattr(stream, "peek", None) is None or sys.stdin.buffer is not stream:
        return True
    return bool(select.select([stream], [], [], 0.05)[0])


def _batched(items: Iterator[Item]) -> Iterator[list[Item]]:
    """Gather items of about `BATCH` tokens; from a terminal or a slow pipe an item is passed on as it comes."""
    waiting = _interactive()
    batch: list[Item] = []
    size = 0
    for item in items:
        batch.append(item)
        size += sum(map(len, item.sentences)) or 1
        if size >= BATCH or (waiting and item.sentences):
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _interactive() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


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


def _as_jsonl(item: Item, answers: Sequence[Answer], probabilities: bool) -> str:
    if item.block and item.block.kind != "sentence":
        return ""
    record = item.record
    if record is None:
        record = {"text": item.text} if item.text is not None else {"tokens": [t for s in item.sentences for t in s]}
    return json.dumps({**record, "entities": _spans(item, answers, probabilities)}, ensure_ascii=False) + "\n"


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
    directory, go to files of their own names in the directory `output`.

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
        pairs = [(name, output / Path("stdin" if name == "-" else name).name) for name in files]
    targets = [target for _, target in pairs]
    for target in targets:
        if target.exists() and not force:
            raise OutputError(f"{target}: exists already; choose another output, or replace it with --force")
        if targets.count(target) > 1:
            raise OutputError(f"{target}: two inputs have this name; give them different outputs")
    return list(pairs)


def write_whole(target: Path, pieces: Iterable[str], encoding: str) -> None:
    """Write a file under a temporary name and move it into place when it is whole."""
    temporary = target.with_name(f".new-{target.name}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            for piece in pieces:
                file.write(piece.encode(encoding))
        temporary.replace(target)
    except OSError as error:
        raise OutputError(f"{target}: cannot be written: {error.strerror}") from None
    finally:
        temporary.unlink(missing_ok=True)
