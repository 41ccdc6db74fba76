"""Kills train, experiment, predict and the filling of the vectors' cache, and looks at what is there afterwards.

Each trial starts a command in a folder of its own and kills it (SIGKILL): in every other trial at a random time, else
before a random one of the things that it does to files (`kill_point`), since most of its time is none of these. Then

- each output must be what an undisturbed run writes, or what was there before, byte for byte, or not there;
- the same command (with --resume where `train` asks for it) must end well, and then every output must be that of the
  undisturbed run, and nothing else be there, whole or half.

What is known to differ between two runs is not compared: times, and what pages show of them.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
POINT = Path(__file__).with_name("kill_point.py")

#: Files that differ between two runs of one seed.
TIMES = {"timings.json", "timings.csv", "page.html", "plot.svg", "results.md"}

CONFIG = """\
seed: {seed}
data: {{train: {data}/train.conll, dev: {data}/dev.conll, limit: 60}}
vectors: {{source: {vectors}}}
features: [case]
model: {{hidden_units: 20}}
training: {{epochs: 3}}
"""
SWEEP = "base: c.yaml\nset: {training.epochs: 2}\ngrid: {model.activation: [tanh, relu]}\n"


@dataclass(frozen=True)
class Case:
    """A command that is killed.

    Parameters
    ----------
    name : str
        What it is called in the table.
    command : function
        From the folder of a trial to the arguments.
    unit : function
        From the folder to the outputs that are each whole or not there: their names and their digests.
    old : bool
        Whether an older output is there, which it replaces.
    """

    name: str
    command: Callable[[Path], list[str]]
    unit: Callable[[Path], dict[str, str]]
    old: bool = False


@dataclass
class Tally:
    """What came of the trials of a case: kills by kind, what was there after them, and what was wrong."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    operations: list[int] = field(default_factory=list)


class Workshop:
    """A folder with what all trials need: a corpus, vectors, two models, and the undisturbed outputs of each case."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "NER_WINDOW_CACHE": str(folder / "cache"),
            "OMP_NUM_THREADS": "1",
        }
        lines = (ROOT / "data/glove.50d.txt").read_text().splitlines(keepends=True)
        (folder / "vectors.txt").write_text("".join(lines[:3000]))
        for name, seed in (("c", 13), ("before", 14)):
            text = CONFIG.format(seed=seed, data=ROOT / "data", vectors=folder / "vectors.txt")
            (folder / f"{name}.yaml").write_text(text)
            self.run(["train", str(folder / f"{name}.yaml"), "-o", str(folder / name), "-q"])
        (folder / "sweep.yaml").write_text(SWEEP)
        text = (ROOT / "data/train.conll").read_text()
        (folder / "texts").mkdir()
        for number in range(8):
            (folder / "texts" / f"{number}.conll").write_text(text)
        (folder / "long.conll").write_text(text * 12)

    def run(self, arguments: Sequence[str], code: int | None = 0) -> "subprocess.CompletedProcess[bytes]":
        """Run a command to its end."""
        command = [sys.executable, "-m", "ner_window", *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, timeout=300)
        if code is not None and done.returncode != code:
            raise RuntimeError(f"{arguments}: ended with {done.returncode}: {done.stderr.decode()}")
        return done

    def cases(self) -> list[Case]:
        """Return the commands; their outputs stand in ``out`` in the folder of the trial."""
        home = self.folder
        train = ["train", f"{home}/c.yaml", "-q", "-o"]
        predict = ["predict", f"{home}/c", "-q"]
        return [
            Case("train", lambda out: [*train, f"{out}/m"], folders),
            Case("train --force", lambda out: [*train, f"{out}/m", "--force"], folders, old=True),
            Case("experiment", lambda out: ["experiment", f"{home}/sweep.yaml", "-q", "-o", f"{out}/e"], runs),
            Case("predict -o FILE", lambda out: [*predict, f"{home}/long.conll", "-o", f"{out}/p"], files),
            Case("predict -o FILE --force", lambda out: [*predict, f"{home}/long.conll", "-o", f"{out}/p", "--force"],
                 files, old=True),
            Case("predict -o DIR", lambda out: [*predict, f"{home}/texts", "-o", f"{out}/d"], files),
            Case("train --dry-run, no cache", lambda out: ["train", f"{home}/c.yaml", "--dry-run", "-q"], cached),
            Case("vectors import", lambda out: ["vectors", "import", f"{home}/vectors.txt", "-q"], cached),
        ]  # fmt: skip


def digest_of(path: Path) -> str:
    """Return the digest of a file, or of all in a folder but hidden ones and those that differ between two runs."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    inner = sorted(each for each in path.rglob("[!.]*") if each.is_file() and each.name not in TIMES)
    return hashlib.sha256(
        "".join(f"{each.relative_to(path)} {digest_of(each)}\n" for each in inner).encode()
    ).hexdigest()


def visible(folder: Path) -> list[Path]:
    """Return what is in a folder but for hidden things."""
    return [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")] if folder.is_dir() else []


def folders(out: Path) -> dict[str, str]:
    """Return model directories, each of which is one output."""
    return {path.name: digest_of(path) for path in visible(out) if not path.name.endswith(".checkpoint")}


def files(out: Path) -> dict[str, str]:
    """Return files, each of which is one output. The record of a batch is not: it grows while that goes on."""
    found = (path for path in out.rglob("*") if path.is_file() and path.name != "manifest.json")
    return {
        str(path.relative_to(out)): digest_of(path)
        for path in found
        if not any(part.startswith(".") for part in path.relative_to(out).parts)
    }


def runs(out: Path) -> dict[str, str]:
    """Return the folders of runs and the results of an experiment."""
    inner = [path for path in (*visible(out / "e"), *visible(out / "e/runs")) if path.name not in {"runs", *TIMES}]
    return {path.name: digest_of(path) for path in inner if not path.name.endswith(".checkpoint")}


def cached(out: Path) -> dict[str, str]:
    """Return what is kept of vectors."""
    return {path.name: digest_of(path) for path in visible(out / "cache/vectors")}


def left_behind(out: Path) -> list[str]:
    """Return what is hidden, unfinished, or a lock that should be gone, in an output that is finished."""
    names = [str(path.relative_to(out)) for path in sorted(out.rglob("*"))]
    return [name for name in names if _is_unfinished(name) and name != "e/.lock" and not name.startswith("cache/")]


def _is_unfinished(name: str) -> bool:
    last = name.rpartition("/")[2]
    return last.startswith(".") or last.endswith((".checkpoint", ".parts"))


class Trials:
    """The trials of one case."""

    def __init__(self, shop: Workshop, case: Case) -> None:
        self.shop, self.case, self.tally = shop, case, Tally()
        self.place = shop.folder / "trial"
        self.environment = dict(shop.environment)
        if case.unit is cached:
            self.environment["NER_WINDOW_CACHE"] = str(self.place / "cache")
        self.before = self._prepare()
        began = time.monotonic()
        process = self._start(0)
        said = process.communicate()[1].decode()
        if process.returncode:
            raise RuntimeError(f"{case.name}: ended with {process.returncode}, undisturbed: {said}")
        self.duration = time.monotonic() - began
        self.after = case.unit(self.place)
        self.operations = int((shop.folder / "count").read_text())

    def _prepare(self) -> dict[str, str]:
        """Make the folder of a trial anew; return the outputs that are there before."""
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir()
        if self.case.old and self.case.unit is folders:
            shutil.copytree(self.shop.folder / "before", self.place / "m")
        elif self.case.old:
            (self.place / "p").write_text("an older output\n")
        return self.case.unit(self.place)

    def _start(self, number: int, more: Sequence[str] = ()) -> "subprocess.Popen[bytes]":
        """Start the command, to be killed before its operation of that number; 0: never."""
        arguments = [str(self.place), str(number), str(self.shop.folder / "count"), *self.case.command(self.place)]
        command = [sys.executable, str(POINT), *arguments, *more]
        return subprocess.Popen(command, env=self.environment, stdout=-3, stderr=subprocess.PIPE)

    def kill(self, moments: random.Random, *, at_operation: bool) -> None:
        """Kill the command once, look, let it end, and look again."""
        self._prepare()
        number = moments.randint(1, self.operations) if at_operation else 0
        when = moments.uniform(0.02, self.duration)
        process = self._start(number)
        if not at_operation:
            try:
                process.wait(when)
            except subprocess.TimeoutExpired:
                process.kill()
        process.communicate()
        killed = process.returncode == -signal.SIGKILL
        self.tally.counts["kills" if killed else "ended before"] += 1
        if killed:
            (self.tally.operations if at_operation else self.tally.seconds).append(number if at_operation else when)
        moment = f"operation {number} of {self.operations}" if at_operation else f"{when:.3f} s"
        self.tally.wrong += [f"{self.case.name}, killed at {moment}: {what}" for what in self._look()]

    def _look(self) -> list[str]:
        """Return what is wrong after a kill, and after the command was given again."""
        wrong, found = [], self.case.unit(self.place)
        for name in sorted(found.keys() | self.before.keys()):
            if found.get(name) not in (self.before.get(name), self.after.get(name)):
                wrong.append(f"{name} is neither the old nor the new one")
        whole = all(found.get(name) == digest for name, digest in self.after.items())
        self.tally.counts["new" if whole else "some" if found != self.before else "old"] += 1
        if not (whole and self._is_refused_when_finished()):
            more = ["--resume"] if (self.place / "m.checkpoint").exists() else []
            again = self._start(0, more)
            said = again.communicate()[1].decode()
            if again.returncode:
                wrong.append(f"then it ended with {again.returncode}: {said}")
        if self.case.unit(self.place) != self.after:
            wrong.append("then the outputs are not those of an undisturbed run")
        return wrong + [f"then {name} was left" for name in left_behind(self.place)]

    def _is_refused_when_finished(self) -> bool:
        """Whether the command is finished and says so; `claimed_output` has cleaned up before."""
        if self.case.old or (self.place / "m.checkpoint").exists() or self.case.unit not in (folders, files):
            return False
        if "d" in {path.name for path in self.place.iterdir()}:
            return False
        again = self._start(0)
        return again.communicate() is not None and again.returncode == 2


def main() -> None:
    """Do the trials, print the table, and end with 1 if anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=200, help="kills in all")
    parser.add_argument("--seed", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ner-window-kills-") as folder:
        tallies = kill_all(Path(folder), options.times, options.seed)
    print(table(tallies))
    for tally in tallies.values():
        for text in tally.wrong:
            print(text, file=sys.stderr)
    sys.exit(any(tally.wrong for tally in tallies.values()))


#: Which part of the trials each case has: a quarter for each of train, experiment, predict and the cache.
SHARES = {
    "train": 1 / 8, "train --force": 1 / 8, "experiment": 1 / 4, "predict -o FILE": 0.065,
    "predict -o FILE --force": 0.06, "predict -o DIR": 1 / 8, "train --dry-run, no cache": 1 / 8,
    "vectors import": 1 / 8,
}  # fmt: skip


def kill_all(folder: Path, times: int, seed: int) -> dict[str, Tally]:
    """Kill each command as often as it is due, and tell of it on standard error."""
    shop, tallies = Workshop(folder), {}
    for case in shop.cases():
        trials, moments = Trials(shop, case), random.Random(f"{seed} {case.name}")
        wanted, attempts = round(times * SHARES[case.name]), 0
        while trials.tally.counts["kills"] < wanted and attempts < 3 * wanted:
            trials.kill(moments, at_operation=bool(attempts % 2))
            attempts += 1
        tallies[case.name] = trials.tally
        print(case.name, json.dumps(trials.tally.counts), trials.tally.wrong, file=sys.stderr)
    return tallies


def table(tallies: dict[str, Tally]) -> str:
    """Return the table, in Markdown."""
    lines = [
        "| command | kills | at a time | before an operation on files | then the old was there | some | new | losses |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, tally in tallies.items():
        counts, times = tally.counts, tally.seconds
        span = f", {min(times):.2f} to {max(times):.2f} s" if times else ""
        places = f", {len(set(tally.operations))} of them" if tally.operations else ""
        cells = (
            *(f"`{name}`", counts["kills"], f"{len(times)}{span}", f"{len(tally.operations)}{places}"),
            *(counts["old"], counts["some"], counts["new"], len(tally.wrong)),
        )
        lines.append(f"| {' | '.join(map(str, cells))} |")
    kills = sum(tally.counts["kills"] for tally in tallies.values())
    return "\n".join([*lines, "", f"{kills} kills, {sum(len(tally.wrong) for tally in tallies.values())} losses"])


if __name__ == "__main__":
    main()
