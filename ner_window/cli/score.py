"""``ner-window score``."""

from pathlib import Path
from typing import Annotated

import typer

from ner_window.cli.console import Encoding, Interval, Json, Quiet, RepairOption, TagColumn, TokenColumn, print_json


def score(
    gold: Annotated[Path, typer.Argument(help="A CoNLL file; - is standard input.", metavar="GOLD")],
    predicted: Annotated[
        Path | None,
        typer.Argument(help="Another; without it GOLD's last two columns are compared.", metavar="[PREDICTED]"),
    ] = None,
    as_json: Json = False,
    repair: RepairOption = "conlleval",
    errors: Annotated[int, typer.Option("--errors", min=0, help="List the N most frequent errors.")] = 0,
    confusion: Annotated[bool, typer.Option("--confusion", help="Show which types are taken for which.")] = False,
    interval: Interval = False,
    token_column: TokenColumn = 0,
    tag_column: TagColumn = -1,
    encoding: Encoding = "utf-8",
    quiet: Quiet = False,
) -> None:
    """Score predicted tags without a model.

    Example: ner-window score data/test.conll data/test.conll
    """
    from ner_window import scoring
    from ner_window.evaluation.significance import Resampling, interval_of
    from ner_window.report import tables
    from ner_window.text.conll import Layout

    corpus, result, tags = scoring.score_files(gold, predicted, Layout(token_column, tag_column, encoding), repair)
    how = Resampling()
    limits = interval_of(corpus.counted(repair), tags, how) if interval else None
    if as_json:
        details = tables.details(result, errors, confusion) | (tables.interval_json(limits, how) if limits else {})
        print_json(scoring.evaluation_json(corpus, result, repair) | details)
        return
    typer.echo(tables.score_table(str(predicted or gold), result, corpus.scheme.name, repair))
    typer.echo(tables.interval_line(limits, how, result.sentences) if limits else "", nl=bool(limits))
    typer.echo(("\n" + tables.confusion_table(result)) if confusion else "", nl=confusion)
    typer.echo(("\n" + tables.error_table(result, errors)) if errors else "", nl=bool(errors))
