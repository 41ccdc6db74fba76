"""``ner-window evaluate``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ner_window.cli.console import (
    Encoding,
    Force,
    Interval,
    Json,
    Model,
    Quiet,
    RepairOption,
    TagColumn,
    TokenColumn,
    note,
    print_json,
)


def evaluate(
    model: Model,
    data: Annotated[list[Path], typer.Argument(help="CoNLL files with tags; - is standard input.", metavar="DATA...")],
    as_json: Json = False,
    repair: RepairOption = "conlleval",
    errors: Annotated[int, typer.Option("--errors", min=0, help="List the N most frequent errors.")] = 0,
    confusion: Annotated[bool, typer.Option("--confusion", help="Show which types are taken for which.")] = False,
    min_f1: Annotated[
        float | None, typer.Option(min=0, max=1, help="Exit with 1 if the micro F1 (0..1) is lower.")
    ] = None,
    predictions: Annotated[Path | None, typer.Option(help="Write the data with the predicted tags here.")] = None,
    interval: Interval = False,
    force: Force = False,
    token_column: TokenColumn = 0,
    tag_column: TagColumn = -1,
    encoding: Encoding = "utf-8",
    quiet: Quiet = False,
) -> None:
    """Score a model's entities on tagged data, counted as conlleval counts.

    Example: ner-window evaluate runs/quickstart data/test.conll --errors 10
    """
    from ner_window import scoring
    from ner_window.evaluation.significance import Resampling, interval_of
    from ner_window.prediction import refuse_existing_file, write_whole
    from ner_window.report import tables
    from ner_window.tagger import Tagger
    from ner_window.text.conll import Layout
    from ner_window.text.tag_columns import TagColumn

    if predictions:
        refuse_existing_file(predictions, force)
    tagger = Tagger.load(model)
    layout = Layout(token_column, tag_column, encoding)
    documents: list[dict[str, Any]] = []
    pieces: list[str] = []
    low, how = False, Resampling()
    for path in data:
        corpus, predicted, result = scoring.evaluate(tagger, path, layout, repair)
        low = low or (min_f1 is not None and result.micro.f1 < min_f1)
        documents.append(scoring.evaluation_json(corpus, result, repair))
        limits = interval_of(corpus.counted(repair), TagColumn.of(predicted), how) if interval else None
        documents[-1] |= tables.interval_json(limits, how) if limits else {}
        if not as_json:
            typer.echo(tables.score_table(corpus.corpus.source, result, corpus.scheme.name, repair, corpus.left_out))
            typer.echo(tables.interval_line(limits, how, result.sentences) if limits else "", nl=bool(limits))
            typer.echo(("\n" + tables.confusion_table(result)) if confusion else "", nl=confusion)
            typer.echo(("\n" + tables.error_table(result, errors)) if errors else "", nl=bool(errors))
        else:
            documents[-1] |= tables.details(result, errors, confusion)
        pieces += scoring.merged_lines(corpus, predicted)
    if as_json:
        print_json(documents[0] if len(documents) == 1 else documents)
    if predictions:
        write_whole(predictions, pieces, "utf-8")
        note(f"{predictions}: token, gold tag and predicted tag of {len(pieces)} lines")
    if low:
        note(f"the micro F1 is below {min_f1}")
        raise typer.Exit(1)
