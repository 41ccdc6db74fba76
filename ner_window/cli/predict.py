"""``ner-window predict``."""

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal

import typer

from ner_window.cli.console import Encoding, Force, Model, Quiet, TokenColumn, note


def predict(
    model: Model,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(help="Files, or directories of files; - is standard input.", metavar="[INPUT...]"),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A file, or for several inputs a directory.")
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
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Tag text, tokens, CoNLL or JSON lines.

    Example: echo "Elena Markovic flew to Berlin." | ner-window predict runs/quickstart --input-format text
    """
    from ner_window import prediction
    from ner_window.projections import Projections
    from ner_window.tagger import Tagger
    from ner_window.text.conll import Layout
    from ner_window.text.documents import BOUND
    from ner_window.text.files import open_input, shown_name

    tagger = Tagger.load(model)
    least = prediction.threshold_for(tagger, str(model), threshold)
    if probabilities and not tagger.has_probabilities:
        note(f"{model}: {tagger.network.objective} scores are no probabilities; what is shown is their softmax")
    layout = Layout(token_column, None, encoding)
    if tagger.reads_documents and sys.stdin.isatty() and "-" in (inputs or ["-"]):
        note(f"{model}: tags depend on the whole document, and come when the input ends")
    if tagger.reads_documents and precision != "float32":
        note(f"{model}: reads documents, so that words have no products of their own; --precision has no effect")
    cut: Counter[str] = Counter()
    table = Projections(tagger, precision)
    for source, target in prediction.plan(inputs or ["-"], output, force):
        with open_input(source) as stream:
            options = (input_format, output_format, scheme, probabilities, layout, cut)
            written = "utf-8" if output_format == "html" else encoding
            place = target or "standard output"
            answer = prediction.predict(tagger, stream, shown_name(source), *options, written, place, table, least)
            if target is None:
                for piece in answer:
                    sys.stdout.buffer.write(piece)
                    sys.stdout.buffer.flush()
            else:
                prediction.write_whole(target, answer, encoding)
    for source, times in (+cut).items():
        note(f"{source}: documents of more than {BOUND} tokens were cut and tagged in parts; cuts: {times}")
    if least:
        note(f"{least.left_out} of {least.found} entities were left out: their probability is below {least.least}")
