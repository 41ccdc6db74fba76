"""The command line of `scripts/mutants`: copy, draw, run mutmut, print the table."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from mutation.results import exit_codes, is_caught, sample, table
from mutation.workspace import COPY, mirror, modules


def named(module: Path) -> str:
    """Return a module's name in the package: nn.layers."""
    return ".".join(module.with_suffix("").parts[1:])


def names_of(module: Path) -> list[str]:
    """Return the names of a module's mutants; those of module-level code, which mutmut leaves alone, are not made."""
    from mutmut.mutation.file_mutation import mutate_file_contents

    made = mutate_file_contents(str(module), Path(module).read_text("utf-8")).mutant_names
    return [f"{'.'.join(module.with_suffix('').parts)}.{name}" for name in made]


def show(module: Path, name: str) -> None:
    """Print a mutant as a diff of its function."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    print(f"\n{name}\n{get_diff_for_mutant(name, path=module)}")


def main() -> None:
    """Read the command line, run what is left to run, print the table."""
    parser = argparse.ArgumentParser("scripts/mutants", description=__doc__, allow_abbrev=False)
    by_name = {named(module): module for module in modules()}
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"by default all: {', '.join(by_name)}")
    parser.add_argument("--sample", type=int, metavar="N", help="this many mutants of each module, at random")
    parser.add_argument("--seed", type=int, default=13, help="of the sample; by default 13")
    parser.add_argument("--processes", type=int, default=1, metavar="N", help="mutants run at a time; by default 1")
    parser.add_argument("--survivors", action="store_true", help="print the survivors, too")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.modules if name not in by_name]:
        parser.error(f"no such module: {', '.join(unknown)}; choose from {', '.join(by_name)}")
    mirror()
    os.chdir(COPY)
    chosen = {name: by_name[name] for name in arguments.modules or by_name}
    made = {name: names_of(module) for name, module in chosen.items()}
    wanted = {name: sample(names, arguments.sample, arguments.seed) for name, names in made.items()}
    known = {mutant: code for module in chosen.values() for mutant, code in exit_codes(module).items()}
    left = [mutant for mutants in wanted.values() for mutant in mutants if not is_caught(known.get(mutant))]
    if left:
        program = Path(sys.executable).with_name("mutmut")
        command = [program, "run", "--max-children", str(arguments.processes), *left]
        if code := subprocess.run(command, stdout=sys.stderr).returncode:
            sys.exit(f"mutmut ended with {code}; the same command goes on from there")
    codes = {name: exit_codes(module) for name, module in chosen.items()}
    run = {name: [codes[name][mutant] for mutant in mutants] for name, mutants in wanted.items()}
    print(table({name: len(mutants) for name, mutants in made.items()}, run))
    if arguments.survivors:
        for name, mutants in wanted.items():
            for mutant in mutants:
                if not is_caught(codes[name][mutant]):
                    show(chosen[name], mutant)


main()
