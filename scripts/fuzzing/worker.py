"""One reader, fuzzed in this process until its time is over."""

import hashlib
import os
import random
import sys
import tempfile
import traceback
import warnings
from functools import partial
from pathlib import Path

import atheris

from fuzzing.mutation import mutated
from fuzzing.readers import PLACE, READERS
from fuzzing.seeds import WORDS, seeds
from ner_window.errors import NerWindowError

#: Readers of trees, and those of them that stand behind their length.
TREES = ("yaml", "sweep", "model", "tensors", "checkpoint", "manifest", "predict")
COUNTED = ("tensors", "checkpoint")

PROJECT = Path(__file__).resolve().parent.parent.parent


class Findings:
    """Inputs that gave what they should not, one for each place in the code; fuzzing goes on after them."""

    def __init__(self, folder: Path, reader: str) -> None:
        self._folder = folder
        self._reader = reader
        self._known: set[str] = set()
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, data: bytes, error: BaseException) -> None:
        """Write an input and the traceback, unless one with the same error from the same line is known."""
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/fuzzing/" not in frame.filename]
        own = [frame for frame in frames if "ner_window" in frame.filename] or frames
        place = f"{Path(own[-1].filename).stem}-{own[-1].lineno}" if own else "nowhere"
        name = f"{self._reader}-{type(error).__name__}-{place}"
        if name in self._known:
            return
        self._known.add(name)
        (self._folder / f"{name}.input").write_bytes(data)
        (self._folder / f"{name}.txt").write_text("".join(traceback.format_exception(error)), errors="replace")
        print(f"FINDING {name}: {error}"[:300].replace("\n", " "), file=sys.stderr, flush=True)


def names_the_place(error: NerWindowError) -> bool:
    """Whether an error begins with the place: a file or an option, and then a colon."""
    return ": " in str(error)


def main(reader: str, work: Path, findings: Path, options: list[str]) -> None:
    """Fuzz a reader with options of libFuzzer."""
    with tempfile.TemporaryDirectory(prefix="ner-window-fuzz-", dir=PLACE) as place:
        os.environ["NER_WINDOW_CACHE"] = str(Path(place) / "cache")
        with atheris.instrument_imports(include=["ner_window", "yaml", "zipfile", "gzip", "json"]):
            _fuzz(reader, Path(place), work, Findings(findings, reader), options)


def _fuzz(reader: str, place: Path, work: Path, found: Findings, options: list[str]) -> None:
    read = READERS[reader](place, PROJECT)
    warnings.simplefilter("error")

    def once(data: bytes) -> None:
        try:
            if data:
                read(data)
        except NerWindowError as error:
            if not names_the_place(error):
                found.add(data, error)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # Rust's panics are no exceptions
            found.add(data, error)

    corpus = work / "corpus" / reader
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in seeds(reader, place / "small"):
        (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    if reader in WORDS:
        words = work / f"{reader}.dict"
        words.write_text("".join(f'"{_escaped(word)}"\n' for word in WORDS[reader]))
        options = [f"-dict={words}", *options]
    mutator = {"custom_mutator": partial(_mutate, counted=reader in COUNTED)} if reader in TREES else {}
    atheris.Setup(["fuzz", str(corpus), *options], once, **mutator)
    atheris.Fuzz()


def _mutate(data: bytes, longest: int, seed: int, *, counted: bool) -> bytes:
    """Change a tree of the input half of the time, else some bytes of it."""
    generator = random.Random(seed)
    found = mutated(data, generator, counted=counted) if generator.random() < 0.5 else None
    return found if found is not None and len(found) <= longest else atheris.Mutate(data, longest)


def _escaped(word: str) -> str:
    return word.replace('"', '\\"')


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])
