"""``ner-window predict``."""

import shlex
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ner_window.cli.console import Encoding, Force, Model, Quiet, TokenColumn, note, refuse_input, state, write_bytes
from ner_window.cli.workers import Scheduler, Workers, clients, elsewhere
from ner_window.errors import CorpusError

if TYPE_CHECKING:
    from ner_window.batch.execution import Runner
    from ner_window.batch.manifest import Manifest
    from ner_window.batch.places import Found
    from ner_window.batch.plan import Options
    from ner_window.tagger import Tagger


def predict(
    model: Model,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files, directories of files, patterns such as 'texts/*.txt', URLs; - is standard input.",
            metavar="[INPUT...]",
        ),
    ] = None,
    output: Annotated[
        str | None, typer.Option("-o", "--output", help="A file, or for several inputs a directory; or a URL.")
    ] = None,
    input_format: Annotated[
        Literal["auto", "conll", "tokens", "text", "jsonl"], typer.Option(help="What the input is.")
    ] = "auto",
    output_format: Annotated[
        Literal["conll", "jsonl", "inline", "html"] | None,
        typer.Option("--format", help="What comes out; by default conll for conll and tokens, jsonl for the others."),
    ] = None,
    probabilities: Annotated[bool, typer.Option("--probabilities", help="Add the probability of each tag.")] = False,
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Leave out entities whose probability is below P (0..1).", metavar="P"),
    ] = None,
    scheme: Annotated[
        Literal["IO", "IOB1", "IOB2", "BIOES", "BILOU"] | None,
        typer.Option(help="Scheme of the tags; by default that of the training file."),
    ] = None,
    precision: Annotated[
        Literal["float32", "int16"],
        typer.Option(help="Of the products of words with W; int16 is faster, and about one tag in 20,000 differs."),
    ] = "float32",
    token_column: TokenColumn = 0,
    encoding: Encoding = "utf-8",
    workers: Workers = 1,
    scheduler: Scheduler = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Tag text, tokens, CoNLL or JSON lines.

    Several files, or a directory, go to a directory: a file appears there when it is whole, called as its input, but
    with the ending of its format. Stopped anywhere, the same command goes on with what is missing. A file that cannot
    be tagged is reported, the others go on, and the exit code is 1.

    What a file is, is told by its name (.conll, .tokens, .jsonl), or its first lines: JSON in braces, CoNLL in columns
    with labels, all else raw text, where a line is a text of its own. In tokens a line is a sentence. Compressed files
    (.gz, .bz2, .xz, .zst) are read as what is in them; -o FILE is compressed, and of the format, that its name says.
    JSON and pages are UTF-8.

    Example: echo "Elena Markovic flew to Berlin." | ner-window predict runs/quickstart --input-format text
    """
    from ner_window.batch import plan
    from ner_window.prediction.formats import output_named
    from ner_window.text.files import is_url

    if probabilities and output_format == "inline":
        raise typer.BadParameter("--probabilities have no place in inline marks; choose another --format")
    if output == "":
        raise typer.BadParameter("-o: has no name; name a file or a directory, or - for standard output")
    names, on_workers = inputs or ["-"], elsewhere(workers, scheduler)
    target = None if output in (None, "-") else str(output)
    found, notes = plan.inputs(names, target)
    for text in notes:
        note(text)
    folder = target is not None and plan.is_folder(target, names, found)
    if target and not folder and output_format is None:
        output_format = output_named(target)
    options = plan.Options(
        input_format, output_format, scheme, probabilities, threshold, precision, token_column, encoding
    )
    if target and (on_workers or is_url(target) or folder):
        _tag_batch(model, options, found, target, workers, scheduler, folder=folder, force=force)
    elif on_workers:
        raise typer.BadParameter("--workers and --scheduler need an output: -o FILE, or for several inputs a directory")
    else:
        _tag_streams(model, options, found, target, force=force)


def _tag_streams(model: Path, options: "Options", found: "list[Found]", output: str | None, *, force: bool) -> None:
    """Tag one input after the other, to standard output or to a file."""
    from ner_window import prediction
    from ner_window.projections import Projections
    from ner_window.tagger import Tagger
    from ner_window.text.documents import BOUND
    from ner_window.text.files import open_input, shown_name, state_of
    from ner_window.text.packing import packed

    target = Path(output) if output else None
    if target:
        for source, _ in found:
            refuse_input(source, target)
        prediction.refuse_existing_file(target, force)
    tagger = Tagger.load(model)
    least = prediction.threshold_for(tagger, str(model), options.threshold)
    _say_what_is_special(model, tagger, options)
    if tagger.reads_documents and sys.stdin.isatty() and any(each.name == "-" for each in found):
        note(f"{model}: tags depend on the whole document, and come when the input ends")
    cut: Counter[str] = Counter()
    table = Projections(tagger, options.precision)
    for number, (source, _) in enumerate(found, 1):
        before = state_of(source)
        with _telling_what_is_left(len(found) - number), open_input(source) as stream:
            answer = _readable(
                *(source, before),
                prediction.predict(
                    *(tagger, stream, shown_name(source)),
                    **options.arguments(),
                    cut=cut,
                    target=target or "standard output",
                    table=table,
                    threshold=least,
                ),
            )
            if target:
                prediction.write_whole(target, packed(answer, target), "", force=force)
            else:
                write_bytes(answer)
    for source, times in (+cut).items():
        note(f"{source}: documents of more than {BOUND} tokens were cut and tagged in parts; cuts: {times}")
    if least:
        _say_left_out(least.left_out, least.found, least.least)


@contextmanager
def _telling_what_is_left(files: int) -> Iterator[None]:
    """Add to an error of an input how many files behind it are not tagged for it."""
    try:
        yield
    except CorpusError as error:
        raise CorpusError(f"{error}; not tagged for that: {files} files behind it" if files else str(error)) from None


def _readable(source: str, before: tuple[int, int, int] | None, answer: Iterator[bytes]) -> Iterator[bytes]:
    """Yield an answer; what goes wrong with a file meanwhile is the input's fault: the output is written by others."""
    from ner_window.text.files import refuse_changed, shown_name

    try:
        yield from answer
    except OSError as error:
        raise CorpusError(f"{shown_name(source)}: cannot be read: {error.strerror or error}") from None
    refuse_changed(source, before)


def _tag_batch(
    model: Path,
    options: "Options",
    found: "list[Found]",
    output: str,
    workers: int,
    scheduler: str | None,
    *,
    folder: bool,
    force: bool,
) -> None:
    """Tag files into a directory, or one into a file, on workers if they are asked for; go on if it was stopped."""
    from ner_window.batch import execution, plan, work

    if elsewhere(workers, scheduler):
        plan.refuse_what_is_read_once(found)
    identity, tagger = work.model_at(model, options)
    _say_what_is_special(model, tagger, options)
    planned = plan.batch(identity, options, found, output, folder=folder)
    with execution.claimed(planned):
        manifest, notes = execution.begin(planned, force=force)
        for text in notes:
            note(text)
        ready = len(manifest.files)
        missing = ready < len(planned.files)
        with clients(workers, scheduler) if missing else nullcontext() as client:
            _follow(manifest, execution.on_workers(client) if client else execution.one_after_another)
    _report(manifest, output, ready)
    if manifest.errors:
        raise typer.Exit(1)


def _follow(manifest: "Manifest", runner: "Runner") -> None:
    """Do what is missing, with progress; after Ctrl-C say how to go on and end with 130."""
    from tqdm import tqdm

    from ner_window.batch.execution import run

    hide = True if state.quiet else None  # None: hidden where standard error is no terminal
    with tqdm(total=manifest.left, unit="B", unit_scale=True, leave=False, disable=hide) as bar:
        try:
            for ended in run(manifest, runner):
                if ended:
                    bar.update(ended.weight)
                    bar.set_postfix(files=f"{len(manifest.files)}/{len(manifest.batch.files)}")
                    if ended.outcome.error:
                        bar.write(f"error: {ended.outcome.error}", file=sys.stderr)
        except KeyboardInterrupt:
            bar.close()
            command = shlex.join(["ner-window", *(argument for argument in sys.argv[1:] if argument != "--force")])
            files = f"{len(manifest.files)} of {len(manifest.batch.files)} files"
            note(f"stopped: {files} are finished; go on with: {command}")
            raise typer.Exit(130) from None


def _report(manifest: "Manifest", output: str, ready: int) -> None:
    """Say what was done, what was there already, and what the outputs leave out."""
    from ner_window.text.documents import BOUND

    counts: Counter[str] = Counter()
    for outcome in manifest.files.values():
        counts.update(outcome.counts)
    failed = f", {len(manifest.errors)} failed" if manifest.errors else ""
    before = f", {ready} were there already" if ready else ""
    note(
        f"{output}: {len(manifest.files)} of {len(manifest.batch.files)} files{before}{failed}; "
        f"{counts['tokens']} tokens in {counts['sentences']} sentences"
    )
    if counts["cuts"]:
        note(f"documents of more than {BOUND} tokens were cut and tagged in parts; cuts: {counts['cuts']}")
    if manifest.batch.options.threshold is not None:
        _say_left_out(counts["left_out"], counts["entities"], manifest.batch.options.threshold)


def _say_left_out(left_out: int, found: int, least: float) -> None:
    note(f"{left_out} of {found} entities were left out: their probability is below {least}")


def _say_what_is_special(model: Path, tagger: "Tagger", options: "Options") -> None:
    if options.probabilities and not tagger.has_probabilities:
        note(f"{model}: {tagger.network.objective} scores are no probabilities; what is shown is their softmax")
    if tagger.reads_documents and options.precision != "float32":
        note(f"{model}: reads documents, so that words have no products of their own; --precision has no effect")
