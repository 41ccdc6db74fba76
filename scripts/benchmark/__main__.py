"""The command line of `scripts/bench`: measure the parts that were asked for, and print the table."""

import argparse
import importlib
import json
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmark.machine import described
from benchmark.pinning import pin
from benchmark.rows import Row, absent, markdown
from benchmark.workspace import PROJECT, Workspace, note

#: The module of each part, in the order of the table.
PARTS = {
    "training": "training",
    "recommended": "recommended",
    "memory": "memory",
    "files": "files",
    "vectors": "vectors",
    "score": "scoring",
    "start-up": "starting",
    "breakdown": "breakdown",
    "scaling": "scaling",
    "cores": "cores",
    "workers": "workers",
    "scale": "scale",
}


def measured(part: str, work: Workspace) -> Iterator[Row]:
    """Yield the rows of a part; one that cannot run says so, and the others go on."""
    note(f"{part} ...")
    try:
        yield from importlib.import_module(f"benchmark.{PARTS[part]}").rows(work)
    except Exception as error:
        traceback.print_exc()
        yield absent(part, f"could not be measured: {type(error).__name__}: {error}".replace("\n", " "))


def run(arguments: argparse.Namespace) -> Sequence[Row]:
    """Measure, one core, part after part."""
    pin()
    work = Workspace(Path(arguments.train).resolve(), Path(arguments.dev).resolve(), PROJECT / ".bench" / "work")
    return [row for part in arguments.only or PARTS for row in measured(part, work)]


def main() -> None:
    """Read the command line, print the machine and the table, and write the figures as JSON if asked to."""
    parser = argparse.ArgumentParser("scripts/bench", description=__doc__, allow_abbrev=False)
    data = PROJECT / "data"
    parser.add_argument("--train", metavar="FILE", default=data / "train.conll", help="by default data/train.conll")
    parser.add_argument("--dev", metavar="FILE", default=data / "dev.conll", help="by default data/dev.conll")
    parser.add_argument("--only", action="append", choices=PARTS, help="measure this part, once or more")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures into a file, too")
    arguments = parser.parse_args()
    for path in (arguments.train, arguments.dev):
        if not Path(path).is_file():
            parser.error(f"{path}: no such file")
    rows, machine = run(arguments), described()
    print(", ".join(f"{name} {value}" for name, value in machine.items()), markdown(rows), sep="\n\n")
    if arguments.json:
        document = {"machine": machine, "rows": [asdict(row) for row in rows]}
        arguments.json.write_text(json.dumps(document, indent=2) + "\n")
    sys.exit(0)


if __name__ == "__main__":
    main()
