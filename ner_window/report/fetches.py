"""What can be fetched, and what was: a table, the lines of a configuration, and JSON."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ner_window.fetch.catalog import Elsewhere, Entry
from ner_window.fetch.collection import Fetched, FetchedFile
from ner_window.report.tables import table


def catalog_text(entries: Sequence[Entry | Elsewhere]) -> str:
    """Return a row for each thing that can be fetched."""
    rows = [(entry.name, _size(entry), _splits(entry), entry.license, entry.what) for entry in entries]
    return table(("name", "size", "splits", "licence", "what"), rows, left=(0, 2, 3, 4))


def _size(entry: Entry | Elsewhere) -> str:
    return f"{entry.size / 1e6:.1f} MB" if isinstance(entry, Entry) else "-"


def _splits(entry: Entry | Elsewhere) -> str:
    """Return which splits there are, in parentheses those that are cut from train."""
    if isinstance(entry, Entry) and entry.vectors:
        return "-"
    splits = {"train": entry.train, "dev": entry.dev, "test": entry.test}
    return " ".join(name if files else f"({name})" for name, files in splits.items() if files or name == "dev")


def catalog_json(entries: Sequence[Entry | Elsewhere]) -> list[dict[str, Any]]:
    """Return what can be fetched in the form that ``--json`` prints; sizes in bytes, exact where a digest is known."""
    return [
        {"name": entry.name, "what": entry.what, "license": entry.license}
        | (
            {"files": [{"url": file.url, "size": file.size, "digest": file.digest} for file in entry.files]}
            if isinstance(entry, Entry)
            else {"terms": list(entry.terms), "steps": list(entry.steps)}
        )
        for entry in entries
    ]


def config_text(fetched: Fetched) -> str:
    """Return the lines of a configuration that use what was fetched."""
    lines = [f"# {fetched.entry.what}", f"# licence: {fetched.entry.license}"]
    if fetched.vectors:
        return "\n".join([*lines, "vectors:", f"  source: {_quoted(fetched.vectors)}"])
    splits = {"train": fetched.train, "dev": fetched.dev, "test": fetched.test}
    return "\n".join([*lines, "data:", *(f"  {name}: {_quoted(path)}" for name, path in splits.items() if path)])


def _quoted(path: Path) -> str:
    """Return a path as YAML takes it, whatever stands in it."""
    return json.dumps(str(path), ensure_ascii=False)


def file_line(file: FetchedFile) -> str:
    """Return what is known of a file that is there now."""
    told = {
        "SHA-256 as known": "which is as it should be",
        "MD5 as known": "and its MD5 is the publisher's",
        "not known": "which is not known here: compare it with that of another copy",
        "made": "made here",
    }
    return f"{file.path}: {file.size:,} bytes, SHA-256 {file.sha256}, {told[file.how]}"


def fetched_json(fetched: Fetched) -> dict[str, Any]:
    """Return what was fetched in the form that ``--json`` prints."""
    paths = {"train": fetched.train, "dev": fetched.dev, "test": fetched.test, "vectors": fetched.vectors}
    files = [
        {"path": str(file.path), "size": file.size, "sha256": file.sha256, "known": file.how, "url": file.url}
        for file in fetched.files
    ]
    return {
        "name": fetched.entry.name,
        "license": fetched.entry.license,
        **{name: str(path) for name, path in paths.items() if path},
        "files": files,
    }


def elsewhere_text(corpus: Elsewhere, directory: Path) -> str:
    """Return where a corpus is to be had that may not be handed on, and what to do with it."""
    steps = [*corpus.steps, f"Put {corpus.train}, {corpus.dev} and {corpus.test} into {directory}, and train with:"]
    config = [f"  {name}: {_quoted(directory / getattr(corpus, name))}" for name in ("train", "dev", "test")]
    return "\n".join(
        [
            f"{corpus.what}",
            f"licence: {corpus.license}",
            "It is not fetched here.",
            *corpus.terms,
            "",
            *(f"{i}. {step}" for i, step in enumerate(steps, 1)),
            "",
            "data:",
            *config,
        ]
    )
