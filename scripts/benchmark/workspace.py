"""What the parts work on: the two files, models trained on them, and larger files made of them."""

import hashlib
import json
import random
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from benchmark.processes import NER_WINDOW, measure
from ner_window.config import Config, load_config
from ner_window.experiment import Sources
from ner_window.text.labelled import LabelledCorpus, read_labelled
from ner_window.text.line_rules import Layout

PROJECT = Path(__file__).resolve().parents[2]

#: The tokens that a file for prediction has at least, and each of the two files for `score`.
TO_TAG, TO_SCORE = 200_000, 1_000_000

#: Punctuation that stands right behind, or right before, the word beside it.
_BEHIND, _BEFORE = re.compile(r"[.,:;!?%)\]]|'s|n't|'"), re.compile(r"[(\[$]")


@dataclass
class Workspace:
    """The training file and the dev file, and a folder for what is made of them.

    Models of peers, which do not change, stay in the folder; ours are trained anew in every run.
    """

    train: Path
    dev: Path
    folder: Path
    sources: Sources = field(default_factory=Sources)
    models: dict[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        digest = hashlib.sha256(self.train.read_bytes() + b"\0" + self.dev.read_bytes()).hexdigest()
        self.folder = self.folder / digest[:12]
        self.folder.mkdir(parents=True, exist_ok=True)

    def settings(self, *more: str) -> list[str]:
        """Return settings that put the two files in the place of a config's."""
        return [f"data.train={json.dumps(str(self.train))}", f"data.dev={json.dumps(str(self.dev))}", *more]

    def config(self, name: str, *settings: str) -> Config:
        """Return a config of the project on the two files."""
        return load_config(str(PROJECT / "configs" / f"{name}.yaml"), self.settings(*settings))

    def train_command(self, name: str, model: Path, *settings: str) -> list[str]:
        """Return the command that trains a config of the project on the two files."""
        chosen = [part for setting in self.settings(*settings) for part in ("--set", setting)]
        config = str(PROJECT / "configs" / f"{name}.yaml")
        return [*NER_WINDOW, "train", config, "-o", str(model), "--force", "-q", *chosen]

    def model(self, name: str) -> Path:
        """Return a model of a config, of three epochs: its speed is that of any other."""
        if name not in self.models:
            note(f"training {name}")
            self.models[name] = self.folder / f"model-{name}"
            measure(self.train_command(name, self.models[name], "training.epochs=3"))
        return self.models[name]

    @cached_property
    def training(self) -> LabelledCorpus:
        """The training corpus."""
        return read_labelled(self.train, Layout(0, -1, "utf-8"))

    @cached_property
    def to_tag(self) -> tuple[Path, int]:
        """The dev file as often as it takes to have 200,000 tokens, and how many it has."""
        tokens, times = count(self.dev, TO_TAG)
        path = self.folder / "to-tag.conll"
        path.write_bytes(self.dev.read_bytes() * times)
        return path, tokens * times

    def raw_text(self) -> Path:
        """Write the sentences of the file to tag as raw text, one a line."""
        path = self.folder / "to-tag.txt"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(f"{joined(tokens)}\n" for tokens, _ in sentences(self.to_tag[0]))
        return path

    def to_score(self) -> tuple[Path, Path, int]:
        """Write two files of a million tokens, the tags of the second changed in 5 % of them, and count the tokens."""
        gold, predicted = self.folder / "gold.conll", self.folder / "predicted.conll"
        tokens, times = count(self.dev, TO_SCORE)
        chance, read = random.Random(13), list(sentences(self.dev))
        known = sorted({tag for _, tags in read for tag in tags})
        with gold.open("w", encoding="utf-8") as first, predicted.open("w", encoding="utf-8") as second:
            for words, tags in read * times:
                changed = [chance.choice(known) if chance.random() < 0.05 else tag for tag in tags]
                for file, column in ((first, tags), (second, changed)):
                    file.writelines(f"{word} {tag}\n" for word, tag in zip(words, column, strict=True))
                    file.write("\n")
        return gold, predicted, tokens * times


def sentences(path: Path) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the tokens and the tags of each sentence of a CoNLL file: the plain reader of a short script."""
    tokens: list[str] = []
    tags: list[str] = []
    with path.open(encoding="utf-8") as file:
        for row in (*file, "\n"):
            columns = row.split()
            if columns and columns[0] != "-DOCSTART-":
                tokens.append(columns[0])
                tags.append(columns[-1])
            elif tokens:
                yield tokens, tags
                tokens, tags = [], []


def count(path: Path, least: int) -> tuple[int, int]:
    """Return the tokens of a file, and how many times it has to be repeated to have `least` of them."""
    tokens = sum(len(words) for words, _ in sentences(path))
    return tokens, -(-least // tokens)


def joined(tokens: Sequence[str]) -> str:
    """Return the raw text of a sentence: spaces between tokens, but not before or behind some punctuation."""
    text = tokens[0]
    for before, token in zip(tokens, tokens[1:], strict=False):
        apart = not (_BEHIND.fullmatch(token) or _BEFORE.fullmatch(before))
        text += f" {token}" if apart else token
    return text


def note(text: str) -> None:
    """Print what is no result, on standard error."""
    print(text, file=sys.stderr, flush=True)
