"""``ner-window vectors``."""

from pathlib import Path
from typing import Annotated

import typer

from ner_window.cli.console import Force, Json, Model, Quiet, note, print_json

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Take a model's word vectors out; look at them.")


@app.command()
def export(
    model: Model,
    output: Annotated[Path, typer.Argument(help="A name with .txt, .vec or .bin, then .gz if packed.", metavar="OUT")],
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Write a model's word vectors as a word2vec file, the tuned ones and all others.

    gensim reads it with KeyedVectors.load_word2vec_format, and vectors.source of a configuration may name it.

    Example: ner-window vectors export runs/quickstart tuned.vec
    """
    from ner_window.inspection.vector_space import export
    from ner_window.prediction import refuse_existing_file

    refuse_existing_file(output, force)
    written, left_out = export(model, output)
    note(f"{output}: {written} words")
    if left_out:
        some = ", ".join(map(repr, left_out[:5]))
        note(f"note: left out {len(left_out)} that hold a space or a tab, which the format cannot: {some}")


@app.command("neighbors")
def nearest(
    model: Model,
    words: Annotated[list[str], typer.Argument(help="Words of the model's vocabulary.", metavar="WORD...")],
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show so many of each.", metavar="N")] = 10,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show the words nearest to a word, and where training moved it, those that were nearest before.

    Example: ner-window vectors neighbors runs/quickstart paris berlin --limit 5
    """
    from ner_window.inspection.vector_space import VectorSpace
    from ner_window.report.drifts import neighborhoods_text
    from ner_window.tagger import Tagger

    space = VectorSpace(Tagger.load_single(model))
    found = [space.neighborhood(word, limit) for word in words]
    if as_json:
        print_json([near.as_dict() for near in found])
    else:
        typer.echo(neighborhoods_text(found))
