"""``ner-window fetch``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ner_window.cli.console import Json, Quiet, note, print_json, state

if TYPE_CHECKING:
    from ner_window.fetch.catalog import Entry


def fetch(
    name: Annotated[
        str | None, typer.Argument(help="What to fetch; without it, what there is is listed.", metavar="[NAME]")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Directory; data/NAME by default.", metavar="DIR")
    ] = None,
    mirror: Annotated[
        str | None, typer.Option("--mirror", help="Take the files from URL/NAME/FILE instead.", metavar="URL")
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", min=0.1, help="Seconds of silence after which a server is given up.")
    ] = 30.0,
    force: Annotated[bool, typer.Option("--force", help="Replace other files that have these names.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fetch a public corpus or word vectors, check their digests, and print the lines of a configuration that use them.

    A download that broke off, or was stopped with Ctrl-C, is gone on with by the same command.

    Example: ner-window fetch wnut17 > wnut17.yaml
    """
    from ner_window.fetch import catalog
    from ner_window.report import fetches

    if name is None:
        if as_json:
            print_json(fetches.catalog_json(catalog.CATALOG))
        else:
            typer.echo(fetches.catalog_text(catalog.CATALOG))
        return
    entry = catalog.find(name)
    directory = output or Path("data") / name
    if isinstance(entry, catalog.Entry):
        _fetch(entry, directory, mirror, timeout, force, as_json)
    elif as_json:
        print_json(fetches.catalog_json([entry])[0])
    else:
        typer.echo(fetches.elsewhere_text(entry, directory))


def _fetch(entry: "Entry", directory: Path, mirror: str | None, timeout: float, force: bool, as_json: bool) -> None:
    """Fetch an entry and show how far it is, and what came."""
    from tqdm import tqdm

    from ner_window.fetch import collection, staging
    from ner_window.report.fetches import config_text, fetched_json, file_line

    note(f"{entry.name}: {entry.what}; licence: {entry.license}")
    hide = True if state.quiet else None  # None: hidden where standard error is no terminal
    try:
        with tqdm(total=entry.size, unit="B", unit_scale=True, desc=entry.name, leave=False, disable=hide) as bar:
            fetched = collection.fetch(
                entry, directory, force=force, mirror=mirror, advance=bar.update, timeout=timeout
            )
    except KeyboardInterrupt:
        kept = staging.kept_bytes(directory)
        left = f"{kept:,} bytes are kept in {directory / staging.STAGE}, the same command goes on" if kept else ""
        note(f"stopped: {left or 'nothing was kept'}")
        raise
    for file in fetched.files:
        note(file_line(file))
    if as_json:
        print_json(fetched_json(fetched))
    else:
        typer.echo(config_text(fetched))
