"""``ner-window check``."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ner_window.cli.console import Json, Quiet, Set, print_json

if TYPE_CHECKING:
    from ner_window.checks.checking import Plan

SchemeName = Literal["IO", "IOB1", "IOB2", "BIOES", "BILOU"]


def check(
    data: Annotated[
        list[str] | None,
        typer.Argument(help="CoNLL files, training file first; or a CONFIG.yaml that names all.", metavar="DATA..."),
    ] = None,
    vectors: Annotated[str | None, typer.Option(help="Word vectors to check with them.", metavar="PATH")] = None,
    as_json: Json = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 for warnings, too.")] = False,
    max_findings: Annotated[
        int, typer.Option("--max-findings", min=1, help="Show so many of each code in each file; all are counted.")
    ] = 10,
    explain: Annotated[
        str | None, typer.Option("--explain", help="Tell what a code means; 'all' lists them.", metavar="CODE")
    ] = None,
    token_column: Annotated[int | None, typer.Option(help="Column of the token, from 0.  [default: 0]")] = None,
    tag_column: Annotated[int | None, typer.Option(help="Column of the tag.  [default: -1, the last]")] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of the data.  [default: utf-8]")] = None,
    scheme: Annotated[SchemeName | None, typer.Option(help="Tagging scheme; it is found out by default.")] = None,
    overrides: Set = None,
    quiet: Quiet = False,
) -> None:
    """Report every defect of corpora and word vectors: file:line:column CODE message, the line, and the fix.

    Exit code 1 if there is an error: what training refuses, or would learn something false from.

    Example: ner-window check data/train.conll data/dev.conll --vectors data/glove.50d.txt
    """
    from ner_window.checks.checking import check
    from ner_window.checks.codes import explained
    from ner_window.report.findings import code_text, codes_text, findings_text

    if explain:
        typer.echo(codes_text() if explain == "all" else code_text(explained(explain)))
        return
    options = {"token_column": token_column, "tag_column": tag_column, "encoding": encoding, "scheme": scheme}
    given = {name: value for name, value in options.items() if value is not None}
    plan = _plan(data or [], vectors, given, overrides or [])
    result = check(replace(plan, limit=max_findings))
    if as_json:
        print_json(result.as_dict())
    else:
        typer.echo(findings_text(result))
    if not result.passed(strict):
        raise typer.Exit(1)


def _plan(data: list[str], vectors: str | None, given: dict[str, Any], overrides: list[str]) -> "Plan":
    """Return what is to be checked: what a configuration names, or files, read as the options say."""
    from ner_window.checks.checking import Plan, plan_of
    from ner_window.text.line_rules import Layout

    if not data:
        raise typer.BadParameter("name corpora, or a CONFIG.yaml; --explain CODE needs neither")
    if len(data) == 1 and Path(data[0]).suffix.lower() in (".yaml", ".yml"):
        if given:
            name = next(iter(given))
            raise typer.BadParameter(f"a CONFIG says how its files are read; --set data.{name}=... overrides it")
        plan = plan_of(Path(data[0]), overrides)
        return replace(plan, vectors=vectors or plan.vectors)
    if overrides:
        raise typer.BadParameter("--set goes with a CONFIG.yaml")
    scheme = given.pop("scheme", "auto")
    return Plan(data, Layout(**given), scheme, vectors)
