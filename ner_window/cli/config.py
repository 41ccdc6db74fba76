"""``ner-window config``: show, check, schema."""

from pathlib import Path
from typing import Annotated

import typer

from ner_window.cli.console import Json, Quiet, Set, note, print_json

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look at a configuration, check it, describe it.")

File = Annotated[Path, typer.Argument(help="A YAML file.", metavar="CONFIG")]


@app.command()
def show(
    config: File,
    overrides: Set = None,
    changed: Annotated[bool, typer.Option("--changed", help="Leave out what is as by default.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Print every value, and where it comes from: a line of the file or of the one that it extends, --set, or default.

    Example: ner-window config show configs/quickstart.yaml --set seed=7 --changed
    """
    from ner_window.config import resolve
    from ner_window.config.values import values_of
    from ner_window.report.configs import config_json, config_table

    values = [value for value in values_of(*resolve(config, overrides or ())) if value.changed or not changed]
    if as_json:
        print_json(config_json(values))
    else:
        typer.echo(config_table(values))


@app.command()
def check(
    configs: Annotated[list[Path], typer.Argument(help="YAML files, sweeps among them.", metavar="CONFIG...")],
    overrides: Set = None,
    files: Annotated[bool, typer.Option("--files", help="Refuse a file that is named but not there.")] = False,
    quiet: Quiet = False,
) -> None:
    """Say whether configurations and sweeps are right; if not, everything that is wrong with them, and end with 2.

    That a corpus or the vectors are not there is a note, and no mistake of the file, unless --files is given.

    Example: ner-window config check configs/quickstart.yaml configs/lecture/window.yaml
    """
    from ner_window.errors import ConfigError
    from ner_window.sweep.checking import check_file

    wrong, absent = dict[str, None](), dict[str, None]()  # without repetitions: several sweeps may have one base
    for config in configs:
        problems, missing = check_file(config, overrides or ())
        wrong |= dict.fromkeys([*problems, *missing] if files else problems)
        absent |= dict.fromkeys(missing)
        if not problems and not (files and missing):
            typer.echo(f"{config}: fine")
    for text in absent if not files else ():
        note(text)
    if wrong:
        raise ConfigError("\n".join(wrong))


@app.command()
def schema(
    config: Annotated[Path | None, typer.Argument(help="A file, to get the schema of its kind.")] = None,
    sweep: Annotated[bool, typer.Option("--sweep", help="That of sweeps.")] = False,
    quiet: Quiet = False,
) -> None:
    """Print the JSON Schema of configurations, from which editors complete.

    Its path is named in the first line of a YAML file: # yaml-language-server: $schema=config.json

    Example: ner-window config schema > config.json
    """
    from ner_window.config import is_sweep, read_tree
    from ner_window.config.schema import config_schema
    from ner_window.sweep.schema import sweep_schema

    wanted = sweep or (config is not None and is_sweep(read_tree(config)[0]))
    print_json(sweep_schema() if wanted else config_schema())
