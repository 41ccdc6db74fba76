"""``ner-window graph``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ner_window.cli.console import Force, Json, Quiet, Set, note

if TYPE_CHECKING:
    from ner_window.nn.graph import Graph
    from ner_window.tagger import Tagger

Format = Literal["text", "mermaid", "dot", "svg", "html", "json"]

#: The format of an output file by its ending.
_FORMATS: dict[str, Format] = {
    ".txt": "text",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".dot": "dot",
    ".gv": "dot",
    ".svg": "svg",
    ".html": "html",
    ".htm": "html",
    ".json": "json",
}


def graph(
    source: Annotated[
        Path | None, typer.Argument(help="A model directory or a YAML file.", metavar="MODEL|CONFIG")
    ] = None,
    example: Annotated[
        Literal["square", "max"] | None,
        typer.Option(help="In place of a network: z = (x + y)^2, or f = (x + y) max(y, z)."),
    ] = None,
    sentence: Annotated[
        str | None,
        typer.Option("--sentence", help="Raw text; - is standard input. Shows the numbers.", metavar="TEXT"),
    ] = None,
    tokens: Annotated[bool, typer.Option("--tokens", help="Cut the text at spaces instead.")] = False,
    token: Annotated[
        str | None,
        typer.Option(
            help="The centre of the window: a token, or its position from 0. Default: the first of an entity.",
            metavar="WORD|POSITION",
        ),
    ] = None,
    tag: Annotated[
        str | None, typer.Option(help="J is the loss if this were the gold tag. Default: the predicted one.")
    ] = None,
    output_format: Annotated[
        Format | None, typer.Option("--format", help="Default: by the ending of FILE, else text.")
    ] = None,
    as_json: Json = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file.", metavar="FILE")] = None,
    overrides: Set = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Show the computation graph, x -> W x -> + b -> f -> U h -> s -> J: shapes, and with a sentence all numbers.

    A CONFIG is shown as it is before training.

    Example: ner-window graph runs/quickstart --sentence "Elena Markovic flew to Berlin." -o graph.html
    """
    from ner_window.prediction import refuse_existing_file, write_whole
    from ner_window.report import drawing, graph_page, graphs

    target = None if output is None or str(output) == "-" else output
    if target:
        refuse_existing_file(target, force)
    chosen = _format(target, output_format, as_json)
    if (source is None) == (example is None):
        raise typer.BadParameter("give one of MODEL, CONFIG and --example")
    if sentence is None and (tokens or token is not None or tag is not None):
        raise typer.BadParameter("--tokens, --token and --tag go with --sentence")
    if source is None:
        if sentence is not None or overrides:
            raise typer.BadParameter("--sentence and --set do not go with --example: its numbers are given")
        built = _example(example or "")
    else:
        built = _network(source, overrides or [], sentence, tokens, token, tag)
    renderers = {
        "text": graphs.graph_text,
        "mermaid": graphs.mermaid,
        "dot": graphs.dot,
        "svg": drawing.svg,
        "html": graph_page.page,
        "json": graphs.json_text,
    }
    text = renderers[chosen](built)
    if target:
        write_whole(target, [text, "\n"], "utf-8")
    else:
        typer.echo(text)


def _format(target: Path | None, given: Format | None, as_json: bool) -> Format:
    """Return the format that was asked for, or that the ending of the file stands for."""
    from ner_window.errors import OutputError

    if as_json and given not in (None, "json"):
        raise typer.BadParameter(f"choose one of --json and --format {given}")
    if as_json or given or target is None:
        return "json" if as_json else given or "text"
    ending = target.suffix.lower()
    if ending not in _FORMATS:
        raise OutputError(
            f"{target}: expected a name that ends in {', '.join(_FORMATS)}, got {ending!r}; "
            "choose one of these, or name the format with --format"
        )
    return _FORMATS[ending]


def _example(name: str) -> "Graph":
    from ner_window.nn.graph import max_example, square_example

    return square_example() if name == "square" else max_example()


def _network(
    source: Path, overrides: list[str], sentence: str | None, tokens: bool, token: str | None, tag: str | None
) -> "Graph":
    """Return the graph of a model or of a configuration, on a window if there is a sentence."""
    from ner_window.inspection import computation
    from ner_window.inspection.explanation import cut

    if sentence is None:
        return computation.shapes_of(_tagger(source, overrides), str(source))
    text = sys.stdin.buffer.read().decode("utf-8", "surrogateescape") if sentence == "-" else sentence
    sentences = cut(text, tokens)
    built = computation.window_graph(_tagger(source, overrides), sentences, token, tag)
    for line in computation.notes(built):
        note(f"note: {line}")
    return built


def _tagger(source: Path, overrides: list[str]) -> "Tagger":
    """Return the tagger of a model directory, or the untrained one of a configuration."""
    from ner_window.errors import ModelError

    if source.is_dir():
        from ner_window.tagger import Tagger

        if overrides:
            raise typer.BadParameter("--set needs a CONFIG: a MODEL is shown as it was trained")
        return Tagger.load_single(source)
    if not source.exists():
        raise ModelError(f"{source}: no such file or directory; give a model directory or a configuration")
    from ner_window.config import load_config
    from ner_window.experiment import prepare

    note(f"{source}: the network as it is before training")
    return prepare(load_config(source, overrides)).tagger
