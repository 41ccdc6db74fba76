"""The command line of `scripts/fuzz`: fuzz the readers one after the other, and print the table."""

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from fuzzing.readers import READERS

PROJECT = Path(__file__).resolve().parent.parent.parent

#: MB that a process may hold, seconds that an input may take, and bytes of the longest input.
MEMORY, SECONDS, LONGEST = 1024, 20, 4096

#: Executions of a process; then another one goes on. The fuzzer's own memory grows by 1 to 12 KB with each.
RUNS = 50_000


@dataclass(frozen=True)
class Result:
    """What came of fuzzing a reader: executions, seconds, edges that were covered, and the most memory in MB."""

    reader: str
    executions: int
    seconds: int
    edges: int
    memory: int
    findings: tuple[str, ...]


def fuzz(reader: str, seconds: int, work: Path, findings: Path) -> Result:
    """Fuzz a reader in processes of its own, until libFuzzer itself stops: no answer, or no memory."""
    findings.mkdir(parents=True, exist_ok=True)
    total = Result(reader, 0, 0, 0, 0, ())
    while total.seconds < seconds:
        done = _fuzz_once(reader, seconds - total.seconds, work, findings)
        total = Result(
            reader,
            total.executions + done.executions,
            total.seconds + done.seconds,
            max(total.edges, done.edges),
            max(total.memory, done.memory),
            tuple(dict.fromkeys(total.findings + done.findings)),
        )
        if not done.seconds or any(name.startswith("stopped") for name in done.findings):
            break
    return total


def _fuzz_once(reader: str, seconds: int, work: Path, findings: Path) -> Result:
    options = [
        f"-max_total_time={seconds}",
        f"-runs={RUNS}",
        f"-rss_limit_mb={MEMORY}",
        f"-timeout={SECONDS}",
        f"-max_len={LONGEST}",
        f"-artifact_prefix={findings}/{reader}-",
        "-print_final_stats=1",
    ]
    command = [sys.executable, "-m", "fuzzing.worker", reader, str(work), str(findings), *options]
    done = subprocess.run(command, stderr=subprocess.PIPE, stdout=sys.stderr, text=True, errors="replace", check=False)
    log = done.stderr
    (work / f"{reader}.log").write_text(log)
    names = re.findall(r"^FINDING (\S+):", log, re.M)
    if done.returncode or "ERROR: libFuzzer" in log:
        kind = re.search(r"ERROR: libFuzzer: (.*)", log)
        names.append(f"stopped: {kind[1] if kind else f'exit code {done.returncode}'}")
    ran = re.search(r"Done \d+ runs in (\d+) second", log)
    return Result(
        reader,
        _last(r"stat::number_of_executed_units: +(\d+)", log) or _last(r"^#(\d+)\t", log),
        int(ran[1]) if ran else 0,
        _last(r"cov: (\d+)", log),
        _last(r"stat::peak_rss_mb: +(\d+)", log),
        tuple(names),
    )


def _last(pattern: str, log: str) -> int:
    found = re.findall(pattern, log, re.M)
    return int(found[-1]) if found else 0


def main() -> None:
    """Read the command line, fuzz, print a line for each reader as it ends; exit code 1 if there are findings."""
    parser = argparse.ArgumentParser("scripts/fuzz", description=__doc__, allow_abbrev=False)
    parser.add_argument("--only", action="append", choices=READERS, help="fuzz this reader, once or more")
    parser.add_argument("--seconds", type=int, default=600, help="of each reader, by default 600")
    parser.add_argument("--findings", type=Path, default=PROJECT / ".fuzz" / "findings", metavar="DIR")
    arguments = parser.parse_args()
    work = PROJECT / ".fuzz" / "work"
    work.mkdir(parents=True, exist_ok=True)
    print("| reader | executions | seconds | edges | peak MB | findings |\n|---|---|---|---|---|---|", flush=True)
    failed = False
    for reader in arguments.only or READERS:
        result = fuzz(reader, arguments.seconds, work, arguments.findings)
        failed |= bool(result.findings)
        found = ", ".join(result.findings) or "none"
        numbers = f"{result.executions:,} | {result.seconds} | {result.edges:,} | {result.memory}"
        print(f"| {reader} | {numbers} | {found} |", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
