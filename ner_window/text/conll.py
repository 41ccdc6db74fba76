"""CoNLL files: one token a line in columns, a blank line after each sentence, ``-DOCSTART-`` before each document.

What a line may hold is said in `line_rules`. A stream is read sentence by sentence (`read_blocks`), a whole file in
bulk to columns of numbers (`read_corpus`); both read the same.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ner_window.errors import CorpusError
from ner_window.text.corpus import Corpus, Integers, Sentence
from ner_window.text.corpus_cache import Columns, GrowingColumns, digest_of, open_kept
from ner_window.text.entity_columns import smallest
from ner_window.text.files import about_size, is_read_once, open_input, refuse_changed, shown_name, state_of
from ner_window.text.line_rules import BLANK, DOCSTART, DOCUMENT, TOKEN, Layout, LineReader, decode_line, split_columns
from ner_window.text.lines import PIECE, LineTable, split_lines, whole_lines
from ner_window.text.tokens import Tokens

# what whoever reads CoNLL needs, wherever it stands
__all__ = [
    "DOCSTART",
    "Block",
    "Corpus",
    "Layout",
    "Sentence",
    "decode_line",
    "read_blocks",
    "read_corpus",
    "split_columns",
]

#: Bytes of text from which on the columns of a file stand in the cache instead of in memory.
LARGE = 64 << 20

_KINDS = {BLANK: "blank", DOCUMENT: "document"}


@dataclass(frozen=True, slots=True)
class Block:
    """A run of lines: those of one sentence, or a single blank or document line (`tokens` is then empty).

    `lines` holds each line's text without, and its ending with, the characters that end it.
    """

    lines: tuple[tuple[str, str], ...]
    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    line: int
    kind: str  # "sentence", "blank" or "document"


def read_blocks(stream: Iterable[bytes], source: str, layout: Layout) -> Iterator[Block]:
    """Read lines of bytes as they come and yield each sentence when it is complete; see `Block`.

    Raises
    ------
    CorpusError
        With file:line: bytes that are not of the encoding, a missing or additional column, a stray carriage return.
    """
    reader = LineReader(source, layout)
    lines: list[tuple[str, str]] = []
    rows: list[tuple[str, str | None]] = []

    def sentence(end: int) -> Iterator[Block]:
        if lines:
            tags = () if layout.tag_column is None else tuple(tag or "" for _, tag in rows)
            yield Block(tuple(lines), tuple(token for token, _ in rows), tags, end - len(lines), "sentence")
            lines.clear()
            rows.clear()

    number = 0
    for number, raw in enumerate(stream, 1):
        kind, line, columns = reader.read(number, raw)
        if kind == TOKEN:
            lines.append(line)
            rows.append(reader.token_and_tag(columns))
        else:
            yield from sentence(number)
            yield Block((line,), (), (), number, _KINDS[kind])
    yield from sentence(number + 1)


#: What is kept of a large file: its columns, and what else is known of it.
COLUMNS = ("ids", "lengths", "documents", "tag_ids", "first_lines")
FACTS = ("forms", "tags", "sha256", "lines", "token_lines", "blank_lines", "document_lines")


def read_corpus(path: Path | str, layout: Layout | None = None) -> Corpus:
    """Read a whole file; compressed ones (.gz, .bz2, .xz) as what is in them, ``-`` as standard input.

    The columns of a file larger than `LARGE` are kept in the cache, $NER_WINDOW_CACHE/corpora, under a digest of the
    file's lines and the layout, and memory-mapped from there: such a file need not fit into memory, and is only hashed
    when it is read again.

    Raises
    ------
    CorpusError
        A file that cannot be opened or is damaged, or changes meanwhile; a line that cannot be read (see `LineReader`).
    """
    layout = layout or Layout()
    source = shown_name(path)
    before = state_of(path)
    try:
        if not is_read_once(path) and about_size(path) > LARGE:
            LineReader(source, layout)  # an encoding that does not exist is an error all the same
            if known := open_kept(digest_of(_sha256(path), layout), COLUMNS, FACTS):
                return _corpus(source, known)
        with open_input(path) as file, GrowingColumns() as grown:
            found = _columns(whole_lines(file.read, PIECE, source), LineTable(layout, source), layout, grown)
            refuse_changed(path, before)
            return _corpus(source, found)
    except OSError as error:
        raise CorpusError(f"{source}: cannot be read: {error.strerror}") from None


def _columns(pieces: Iterable[bytes], table: LineTable, layout: Layout, grown: GrowingColumns) -> Columns:
    """Read pieces of whole lines to columns; of lines that are known, only the numbers are looked at."""
    digest, size = hashlib.sha256(), 0
    counts = np.zeros(3, np.intp)  # of the lines so far, by their kinds
    starts = [np.empty(0, np.intp)]
    inside = False  # whether the last line before the piece is a token's
    grown.add(ids=np.empty(0, np.int32), tag_ids=np.empty(0, np.int16), first_lines=starts[0], documents=starts[0])
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
        ids = table.ids(split_lines(piece))
        kind = table.kind[ids]
        token = kind == TOKEN
        begins = np.flatnonzero(token & ~np.append(inside, token[:-1]))
        starts.append(counts[TOKEN] + np.cumsum(token)[begins] - 1)
        grown.add(
            ids=table.form[ids[token]],
            first_lines=counts.sum() + begins + 1,
            documents=counts[DOCUMENT] + np.cumsum(kind == DOCUMENT)[begins],
        )
        if layout.tag_column is not None:
            grown.add(tag_ids=table.tag[ids[token]].astype(smallest(len(table.tags))))
        if size > LARGE:
            grown.to_disk()
        counts += np.bincount(kind, minlength=3)
        inside = bool(token[-1])
    lengths: Integers = np.diff(np.append(np.concatenate(starts), counts[TOKEN]))
    grown.add(lengths=lengths)
    return grown.finished(digest_of(digest.hexdigest(), layout), _facts(table, digest.hexdigest(), counts))


def _facts(table: LineTable, sha256: str, counts: Integers) -> dict[str, Any]:
    """Return what is known of a file beside its columns; `counts` are of lines, by their kinds."""
    return {
        "forms": table.forms,
        "tags": table.tags,
        "sha256": sha256,
        "lines": int(counts.sum()),
        "token_lines": int(counts[TOKEN]),
        "blank_lines": int(counts[BLANK]),
        "document_lines": int(counts[DOCUMENT]),
    }


def _corpus(source: str, found: Columns) -> Corpus:
    """Return the corpus that columns are of."""
    arrays, facts = found.arrays, found.facts
    text = Tokens(facts["forms"], arrays["ids"], arrays["lengths"], arrays["documents"])
    counts = {name: facts[name] for name in FACTS[2:]}
    return Corpus(source, text, facts["tags"], arrays["tag_ids"], arrays["first_lines"], **counts, notes=found.notes)


def _sha256(path: Path | str) -> str:
    digest = hashlib.sha256()
    with open_input(path) as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()
