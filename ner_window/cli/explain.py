"""``ner-window explain``."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from ner_window.cli.console import Force, Json, Model, Quiet, note


def explain(
    model: Model,
    sentence: Annotated[str, typer.Option("--sentence", help="Raw text; - is standard input.", metavar="TEXT")],
    tokens: Annotated[bool, typer.Option("--tokens", help="Cut the text at spaces instead.")] = False,
    method: Annotated[
        Literal["gradient", "integrated"],
        typer.Option(help="Gradient x input, or integrated gradients, the mean on the way from 0 to the input."),
    ] = "gradient",
    top: Annotated[int, typer.Option("--top", min=1, help="Show the N most probable tags.", metavar="N")] = 3,
    as_json: Json = False,
    output_format: Annotated[
        Literal["text", "html"] | None,
        typer.Option("--format", help="Tables, or a coloured page. Default: by the ending of FILE, else text."),
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file.", metavar="FILE")] = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Tell which of the words in its window, and which features, decided the tag of each token.

    Exits with 1 if the parts do not add up to what they must.

    Example: ner-window explain runs/quickstart --sentence "Elena Markovic flew from Berlin to Oslo."
    """
    import json

    from ner_window.inspection import explanation
    from ner_window.prediction import refuse_existing_file, write_whole
    from ner_window.report.explanations import explanation_page, explanation_text
    from ner_window.tagger import Tagger

    by_ending = output is not None and output.suffix.lower() in (".html", ".htm")
    page = output_format == "html" or (output_format is None and by_ending and not as_json)
    if as_json and page:
        raise typer.BadParameter("choose one of --json and --format html")
    target = None if output is None or str(output) == "-" else output
    if target:
        refuse_existing_file(target, force)
    text = sys.stdin.buffer.read().decode("utf-8", "surrogateescape") if sentence == "-" else sentence
    result = explanation.explain(Tagger.load_single(model), explanation.cut(text, tokens), method, top)
    if page:
        pieces = explanation_page(result)
    else:
        pieces = [json.dumps(result.as_dict(), indent=2, ensure_ascii=False) if as_json else explanation_text(result)]
        for line in result.notes:
            note(f"note: {line}")
    if target:
        write_whole(target, [*pieces, "\n"], "utf-8")
    else:
        typer.echo("".join(pieces))
    if not result.adds_up:
        note("the parts do not add up")
        raise typer.Exit(1)
