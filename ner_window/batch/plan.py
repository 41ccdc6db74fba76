"""What a batch is: which files are tagged with which model and how, where they go, and in which parts."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ner_window.batch import places
from ner_window.batch.parts import PART, cuts
from ner_window.batch.places import Found, Stamp
from ner_window.errors import CorpusError, NerWindowError, OutputError
from ner_window.prediction.formats import InputFormat, Known, OutputFormat, sniff
from ner_window.prediction.outputs import written_as
from ner_window.projections import Precision
from ner_window.text.files import (
    is_compressed,
    is_read_once,
    is_url,
    open_as_it_is,
    open_input,
    shown_name,
    unpacked_name,
)
from ner_window.text.line_rules import Layout

#: The file in a directory of outputs that says what they are of.
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Options:
    """How texts are read and answered; see `prediction.predict`."""

    input_format: InputFormat = "auto"
    output_format: OutputFormat | None = None
    scheme: str | None = None
    probabilities: bool = False
    threshold: float | None = None
    precision: Precision = "float32"
    token_column: int = 0
    encoding: str = "utf-8"

    @property
    def layout(self) -> Layout:
        """Where things stand in CoNLL."""
        return Layout(self.token_column, None, self.encoding)

    def arguments(self, input_format: InputFormat | None = None) -> dict[str, Any]:
        """Return them as `prediction.predict` takes them; the format of the input may be known by now."""
        return {
            "input_format": input_format or self.input_format,
            "output_format": self.output_format,
            "scheme": self.scheme,
            "probabilities": self.probabilities,
            "layout": self.layout,
        }


@dataclass(frozen=True)
class Model:
    """A model directory, the digest of what is in it, and whether it reads whole documents."""

    path: str
    sha256: str
    reads_documents: bool


@dataclass(frozen=True)
class File:
    """An input and its output, both as names that hold in any working directory, and where its parts begin.

    `kind` is None where it cannot be told before the file is read.
    """

    input: str
    output: str
    kind: Known | None
    size: int | None
    modified: str | None
    starts: tuple[int, ...] = (0,)

    def extent(self, part: int) -> tuple[int, int | None]:
        """Return where a part begins and ends; the last one ends where the file does."""
        return self.starts[part], (*self.starts[1:], None)[part]

    def weight(self, part: int) -> int:
        """Return the bytes of a part as they stand on the disk, 0 where they are not known."""
        start, end = self.extent(part)
        return (end if end is not None else self.size or 0) - start


@dataclass(frozen=True)
class Batch:
    """All that is to be done: files, a model and options; its record, and the folder of what is unfinished."""

    model: Model
    options: Options
    files: tuple[File, ...]
    manifest: str
    folder: str

    def head(self) -> dict[str, Any]:
        """Return what all outputs have in common, as the record shows it: another head makes others of them."""
        return {"model": {"path": self.model.path, "sha256": self.model.sha256}, "options": asdict(self.options)}


def inputs(names: Sequence[str], output: str | None = None) -> tuple[list[Found], list[str]]:
    """Return the files that names stand for, see `places.find`, and notes. ``-`` is standard input.

    Of what is in a directory, or matches a pattern, are left out: hidden files, whose name or folder begins with a dot,
    and what is in the directory `output`, if it is one.

    Raises
    ------
    CorpusError
        There is none.
    """
    kept, notes = list[Found](), list[str]()
    for name in names:
        if not name:
            raise CorpusError("input: has no name, got ''; name a file, or - for standard input")
        found = [Found("-", "stdin")] if name == "-" else places.find(name)
        if found[0].name != name:
            found, more = _files_of(name, found, output)
            notes += more
        kept += found
    return kept, notes


def _files_of(name: str, found: Sequence[Found], output: str | None) -> tuple[list[Found], list[str]]:
    """Return those of the files in a directory, or that match a pattern, that are inputs; and notes of the others."""
    shown = [each for each in found if not any(part.startswith(".") for part in each.relative.split("/"))]
    base = places.absolute(shown[0].name.removesuffix(shown[0].relative) or ".").rstrip("/") if shown else ""
    own = places.absolute(output).rstrip("/") if output else None
    if own and own == base:
        raise OutputError(f"{output}: is the input and the output; choose another output")
    inner = own is not None and own.startswith(f"{base}/")
    others = [each for each in shown if not (inner and places.absolute(each.name).startswith(f"{own}/"))]
    files = [each for each in others if is_url(each.name) or Path(each.name).is_file()]
    notes = [
        (len(found) - len(shown), "hidden files are left out"),
        (len(shown) - len(others), f"files in {output} are left out"),
        (len(others) - len(files), "left out, being no files (folders that are linked, broken links, pipes)"),
    ]
    if not files:
        raise CorpusError(f"{name}: all files in it are hidden, or outputs, or no files; name one with files")
    return files, [f"{name}: {count} {what}" for count, what in notes if count]


def refuse_what_is_read_once(found: Sequence[Found]) -> None:
    """Raise `CorpusError` for standard input or a pipe, which other processes cannot read."""
    for each in found:
        if _is_once(each.name):
            raise CorpusError(f"{shown_name(each.name)}: cannot be read by workers; name a file")


def is_folder(output: str, names: Sequence[str], found: Sequence[Found]) -> bool:
    """Whether an output is a directory: it is one, or is named as one, or the inputs are several files or a folder."""
    one = len(found) == 1 and len(names) == 1 and found[0].name == names[0]
    return not one or output.endswith("/") or places.is_directory(output)


def batch(
    model: Model, options: Options, found: Sequence[Found], output: str, *, folder: bool, part: int = PART
) -> Batch:
    """Plan a batch: one output for each input, in the folder `output`, or of a single input the file `output`.

    In a folder an output is called as its input, without .gz, with the ending of its format if that is another one.

    Raises
    ------
    CorpusError
        An input cannot be read.
    OutputError
        Two inputs would go to one output.
    """
    output = places.absolute(output)
    files = tuple(_file(each, output if folder else None, output, model, options, part) for each in found)
    manifest, work = (MANIFEST, ".parts") if folder else (f"{output}.parts/{MANIFEST}", f"{output}.parts")
    if folder:
        manifest, work = places.join(output, manifest), places.join(output, work)
    taken = {manifest: "the record of the batch"}
    sources = {
        os.path.realpath(file.input): file.input for file in files if not (is_url(file.input) or _is_once(file.input))
    }
    for file in files:
        if not is_url(file.output) and (source := sources.get(os.path.realpath(file.output))):
            raise OutputError(f"{file.output}: is the input {source}; choose another output")
        if file.output in taken:
            raise OutputError(
                f"{file.output}: both {taken[file.output]} and {file.input} would be written there; give them outputs "
                "of their own"
            )
        taken[file.output] = file.input
    return Batch(model, options, files, manifest, work)


def _file(found: Found, folder: str | None, output: str, model: Model, options: Options, part: int) -> File:
    """Plan a file. What is wrong with it is told when its turn comes: the others go on."""
    kind = None if options.input_format == "auto" else options.input_format
    stamp, starts = Stamp(None, None), tuple[int, ...]((0,))
    if not _is_once(found.name):
        with suppress(NerWindowError, OSError):
            stamp = places.stamp(found.name)
            kind = kind or _sniffed(found.name)
            starts = _starts(found.name, kind, stamp.size or 0, part, by_document=model.reads_documents)
    name = found.name if found.name == "-" else places.absolute(found.name)
    if folder:
        inner = places.join(str(Path(found.relative).parent), unpacked_name(found.relative)).removeprefix("./")
        output = places.join(folder, written_as(inner, kind, options.output_format))
    return File(name, output, kind, *stamp, starts)


def _sniffed(name: str) -> Known:
    with open_input(name) as stream:
        return sniff(stream, name)


def _starts(name: str, kind: Known, size: int, part: int, *, by_document: bool) -> tuple[int, ...]:
    """Return where the parts of a file begin."""
    if size <= part + part // 2 or is_compressed(name):
        return (0,)
    with open_as_it_is(name) as stream:
        return tuple(cuts(stream, size, kind, part, by_document=by_document))


def _is_once(name: str) -> bool:
    return not is_url(name) and is_read_once(name)


def parts(files: Sequence[File]) -> Iterator[tuple[int, int]]:
    """Yield the number of a file and of one of its parts, of all files."""
    for number, file in enumerate(files):
        for part in range(len(file.starts)):
            yield number, part
