"""``ner-window compare``."""

from pathlib import Path
from typing import Annotated

import typer

from ner_window.cli.console import (
    Encoding,
    Json,
    Quiet,
    RepairOption,
    TagColumn,
    TokenColumn,
    note,
    print_json,
    state,
)


def compare(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Model directories, runs of an experiment, or experiments: all runs.", metavar="RUN..."),
    ],
    data: Annotated[
        Path | None, typer.Option("--data", help="Tagged CoNLL; without it the dev file of the runs.", metavar="FILE")
    ] = None,
    resamples: Annotated[int, typer.Option(min=100, help="Resamples of the sentences.", metavar="N")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="Of what is drawn.", metavar="N")] = 13,
    level: Annotated[float, typer.Option(help="Of the intervals, 0.5 to 0.999.", min=0.5, max=0.999)] = 0.95,
    entities: Annotated[
        int | None,
        typer.Option(
            "--entities",
            min=0,
            help="List so many entities that one finds and the other misses; 5 of two settings, else 0.",
            metavar="N",
        ),
    ] = None,
    as_json: Json = False,
    repair: RepairOption = "conlleval",
    token_column: TokenColumn = 0,
    tag_column: TagColumn = -1,
    encoding: Encoding = "utf-8",
    quiet: Quiet = False,
) -> None:
    """Tell whether one setting is better than another, with confidence intervals and paired tests.

    Runs that differ in nothing but the seed are one setting; each setting is compared with the first. With more than
    two the tests are corrected for it.

    Example: ner-window compare runs/quickstart runs/frozen --data data/test.conll
    """
    from tqdm import tqdm

    from ner_window.comparison.places import find
    from ner_window.comparison.settings import group
    from ner_window.comparison.systems import Text, read_system
    from ner_window.comparison.verdicts import compare as compare_settings
    from ner_window.evaluation.significance import Resampling
    from ner_window.experiment import Sources
    from ner_window.report.comparisons import OF_DEV, comparison_json, comparison_text
    from ner_window.text.line_rules import Layout

    places, notes = find(runs)
    for line in notes:
        note(line)
    text = Text.read(data, Layout(token_column, tag_column, encoding), repair) if data else None
    sources = Sources()
    hide = True if state.quiet else None  # None: hidden where standard error is no terminal
    bar = tqdm(places, unit=" runs", leave=False, disable=hide)
    settings, notes = group([read_system(place, sources, text) for place in bar])
    for line in notes:
        note(line)
    result = compare_settings(settings, Resampling(resamples, seed, level))
    limit = (5 if len(settings) == 2 else 0) if entities is None else entities
    if as_json:
        print_json(comparison_json(result, limit))
    else:
        typer.echo(comparison_text(result, limit))
        typer.echo("" if data else f"\n{OF_DEV}", nl=not data)
    if len(settings) < 2:
        note("one setting: nothing to compare it with; name runs that differ in more than the seed")
