"""``ner-window vectors``."""

from pathlib import Path
from typing import Annotated

import typer

from ner_window.cli.console import Encoding, Force, Json, Model, Quiet, TagColumn, TokenColumn, note, print_json

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Look at files of word vectors; take a model's vectors out, and look at them.",
)

Source = Annotated[
    Path, typer.Argument(help="What vectors.source may name: a file, archive.zip#FILE, glove-6b-50d.", metavar="SOURCE")
]


@app.command()
def info(source: Source, as_json: Json = False, quiet: Quiet = False) -> None:
    """Tell what a file of word vectors is: format, words, dimensions, digest, and whether the cache holds it.

    It is read whole, as training reads it, but its vectors are not put into the cache.

    Example: ner-window vectors info data/glove.50d.txt
    """
    from ner_window.inspection.vector_files import describe
    from ner_window.report.vector_files import file_text

    file = describe(str(source))
    if as_json:
        print_json(file.as_dict())
    else:
        typer.echo(file_text(file))


@app.command("import")
def import_(source: Source, as_json: Json = False, quiet: Quiet = False) -> None:
    """Read a file of word vectors into the cache, so that the first training with it does not have to.

    All of them, whatever vectors.limit says: one import is for every configuration.

    Example: ner-window vectors import data/glove.50d.txt
    """
    from ner_window.inspection.vector_files import import_vectors
    from ner_window.report.vector_files import import_text

    done = import_vectors(str(source))
    for line in done.notes:
        note(f"note: {line}")
    if as_json:
        print_json(done.as_dict())
    else:
        typer.echo(import_text(done))


@app.command()
def coverage(
    source: Source,
    corpora: Annotated[
        list[Path], typer.Argument(help="CoNLL files with tags; - is standard input.", metavar="CORPUS...")
    ],
    top: Annotated[int, typer.Option("--top", min=0, help="List the N most frequent words without a vector.")] = 10,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Use the first N vectors; vectors.limit.")] = None,
    lowercase: Annotated[bool, typer.Option(help="Look words up in lower case, too; vectors.lowercase.")] = True,
    parts: Annotated[bool, typer.Option("--parts", help="Take the mean of a word's parts; vectors.parts.")] = False,
    token_column: TokenColumn = 0,
    tag_column: TagColumn = -1,
    encoding: Encoding = "utf-8",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Tell which share of corpora has word vectors, and which words have none, before anything is trained.

    Shares are of all tokens, of distinct words and of tokens in entities, by how a word was found: as it is, in lower
    case, with its digits as 0, or not at all.

    Example: ner-window vectors coverage data/glove.50d.txt data/train.conll data/dev.conll --top 20
    """
    from ner_window.inspection.vector_coverage import coverages
    from ner_window.report.vector_files import coverage_text
    from ner_window.text.line_rules import Layout
    from ner_window.text.vectors import load_vectors
    from ner_window.text.words import Words

    vectors = load_vectors(str(source), limit)
    for line in vectors.report.notes:
        note(f"note: {line}")
    words = Words(vectors.words, lowercase=lowercase, parts=parts)
    found = list(coverages(corpora, Layout(token_column, tag_column, encoding), words, top))
    if as_json:
        print_json([corpus.as_dict() for corpus in found])
    else:
        typer.echo(coverage_text(found))


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
