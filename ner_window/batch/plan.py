"""What a batch is: which files are tagged with which model and how, where they go, and in which parts."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ner_window.batch import places
from ner_window.batch.parts import PART, cuts
from ner_window.batch.places import Found, Stamp
from ner_window.errors import CorpusError, OutputError
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

    @property
    def output_encoding(self) -> str:
        """The encoding of what comes out: a page is UTF-8."""
        return "utf-8" if self.output_format == "html" else self.encoding

    def arguments(self, input_format: InputFormat | None = None) -> dict[str, Any]:
        """Return them as `prediction.predict` takes them; the format of the input may be known by now."""
        return {
            "input_format": input_format or self.input_format,
            "output_format": self.output_format,
            "scheme": self.scheme,
            "probabilities": self.probabilities,
            "layout": self.layout,
            "encoding": self.output_encoding,
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
    own = f"{places.absolute(output).rstrip('/')}/" if output and places.is_directory(output) else None
    for name in names:
        found = [Found("-", "stdin")] if name == "-" else places.find(name)
        if found[0].name != name:
            shown = [each for each in found if not any(part.startswith(".") for part in each.relative.split("/"))]
            left = [each for each in shown if not (own and places.absolute(each.name).startswith(own))]
            notes += [f"{name}: {len(found) - len(shown)} hidden files are left out"] * (len(shown) < len(found))
            notes += [f"{name}: {len(shown) - len(left)} files in {output} are left out"] * (len(left) < len(shown))
            if not left:
                raise CorpusError(f"{name}: all files in it are hidden, or outputs; name one with files")
            found = left
        kept += found
    return kept, notes


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
    for file in files:
        if file.output in taken:
            raise OutputError(
                f"{file.output}: both {taken[file.output]} and {file.input} would be written there; give them outputs "
                "of their own"
            )
        taken[file.output] = file.input
    return Batch(model, options, files, manifest, work)


def _file(found: Found, folder: str | None, output: str, model: Model, options: Options, part: int) -> File:
    stamp = places.stamp(found.name) if found.name != "-" else Stamp(None, None)
    kind = None if options.input_format == "auto" else options.input_format
    if kind is None and not _is_once(found.name):
        with open_input(found.name) as stream:
            kind = sniff(stream, found.name)
    name = found.name if found.name == "-" else places.absolute(found.name)
    if folder:
        inner = places.join(str(Path(found.relative).parent), unpacked_name(found.relative)).removeprefix("./")
        output = places.join(folder, written_as(inner, kind, options.output_format))
    starts: tuple[int, ...] = (0,)
    if kind and stamp.size and stamp.size > part + part // 2 and not is_compressed(found.name):
        with open_as_it_is(found.name) as stream:
            starts = tuple(cuts(stream, stamp.size, kind, part, by_document=model.reads_documents))
    return File(name, output, kind, *stamp, starts)


def _is_once(name: str) -> bool:
    return not is_url(name) and is_read_once(name)


def parts(files: Sequence[File]) -> Iterator[tuple[int, int]]:
    """Yield the number of a file and of one of its parts, of all files."""
    for number, file in enumerate(files):
        for part in range(len(file.starts)):
            yield number, part
