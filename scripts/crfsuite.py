"""ner_window beside CRFsuite on the same two files; scripts/crfsuite says what CRFsuite is given."""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args

import pycrfsuite

from ner_window import scoring
from ner_window.config import DataConfig, load_config
from ner_window.errors import NerWindowError
from ner_window.report.tables import table
from ner_window.tagger import Tagger
from ner_window.text.features import shape
from ner_window.text.labelled import LabelledCorpus, read_labelled
from ner_window.text.line_rules import Layout
from ner_window.text.tagging import SCHEMES, Repair, SchemeName, convert

#: What the shape of CRFsuite's example writes for punctuation; any other character stands for itself.
PUNCTUATION = {
    **dict.fromkeys(".,", "."),
    **dict.fromkeys(";:?!", ";"),
    **dict.fromkeys("+-*/=|_", "-"),
    **dict.fromkeys("({[<", "("),
    **dict.fromkeys(")}]>", ")"),
}

#: The yes-no questions of CRFsuite's example.
QUESTIONS: dict[str, Callable[[str], object]] = {
    "two_digits": re.compile(r"\d\d").fullmatch,
    "four_digits": re.compile(r"\d{4}").fullmatch,
    "letters_and_digits": lambda t: t.isalnum() and re.search(r"\d", t) and re.search(r"[^\W\d_]", t),
    "digits_and_hyphen": re.compile(r"(?=.*\d)(?=.*-)[\d-]+").fullmatch,
    "digits_and_slash": re.compile(r"(?=.*\d)(?=.*/)[\d/]+").fullmatch,
    "digits_and_comma": re.compile(r"(?=.*\d)(?=.*,)[\d,]+").fullmatch,
    "digits_and_stop": re.compile(r"(?=.*\d)(?=.*\.)[\d.]+").fullmatch,
    "initial": lambda t: len(t) == 2 and t[0].isupper() and t[1] == ".",
    "first_upper": lambda t: t[0].isupper(),
    "all_upper": str.isupper,
    "all_lower": str.islower,
    "all_digits": str.isdigit,
    "no_letter_or_digit": lambda t: not any(c.isalnum() for c in t),
    "an_upper": lambda t: any(c.isupper() for c in t),
    "a_lower": lambda t: any(c.islower() for c in t),
    "a_letter": lambda t: any(c.isalpha() for c in t),
    "a_digit": lambda t: any(c.isdigit() for c in t),
    "a_symbol": lambda t: any(not c.isalnum() for c in t),
}


@cache
def usual(token: str) -> tuple[str, ...]:
    """Return what the tutorials of python-crfsuite tell of a token, without part of speech, with prefixes and shape."""
    return (
        f"lower={token.lower()}",
        *(f"prefix{n}={token[:n]}" for n in (2, 3)),
        *(f"suffix{n}={token[-n:]}" for n in (2, 3)),
        f"upper={token.isupper()}",
        f"title={token.istitle()}",
        f"digit={token.isdigit()}",
        f"shape={shape(token)}",
    )


@cache
def outline(token: str) -> str:
    """Return the shape of a token as CRFsuite's example writes it: U, L, D and classes of punctuation, runs not cut."""
    return "".join(
        "U" if c.isupper() else "L" if c.islower() else "D" if c.isdigit() else PUNCTUATION.get(c, c) for c in token
    )


@cache
def kind(token: str) -> str:
    """Return the type of a token as CRFsuite's example has it: one of eleven; comma and full stop are digits there."""
    kinds = {"U" if c.isupper() else "D" if c.isdigit() or c in ",." else "L" if c.islower() else "S" for c in token}
    if "L" not in kinds:
        return "".join(sorted(kinds))
    if token[0].isupper():
        return "initial"
    return "letters" if kinds <= {"U", "L"} else "other" if "S" in kinds else "alphanumeric"


@cache
def example(token: str) -> tuple[str, ...]:
    """Return what CRFsuite's own example of named entities tells of a token, without part of speech and chunk."""
    whole = outline(token)
    return (
        f"word={token}",
        f"lower={token.lower()}",
        f"shape={whole}",
        f"shaped={cut(whole)}",
        f"type={kind(token)}",
        *(f"prefix{n}={token[:n]}" for n in (1, 2, 3, 4) if len(token) >= n),
        *(f"suffix{n}={token[-n:]}" for n in (1, 2, 3, 4) if len(token) >= n),
        *(name for name, is_so in QUESTIONS.items() if is_so(token)),
    )


def cut(text: str) -> str:
    """Cut runs of one character to one."""
    return re.sub(r"(.)\1+", r"\1", text)


def pairs(tokens: Sequence[str], i: int, radius: int) -> list[str]:
    """Return the pairs of neighbours in the window of CRFsuite's example, and the words up to 4 away, wherever."""
    n = len(tokens)
    found = []
    for j in range(max(0, i - radius), min(n - 1, i + radius)):
        a, b = tokens[j : j + 2]
        found += [
            f"{j - i}:words={a}|{b}",
            f"{j - i}:shapes={cut(outline(a))}|{cut(outline(b))}",
            f"{j - i}:types={kind(a)}|{kind(b)}",
        ]
    found += [f"before={token}" for token in tokens[max(0, i - 4) : i]]
    return found + [f"after={token}" for token in tokens[i + 1 : i + 5]]


@dataclass(frozen=True)
class Peer:
    """CRFsuite with a set of features, a window, a tag scheme, and the weights of its L1 and L2 regularisers."""

    features: Literal["usual", "example"]
    radius: int
    scheme: SchemeName
    c1: float
    c2: float

    @property
    def name(self) -> str:
        """How it stands in the table."""
        return f"CRFsuite {self.features}, radius {self.radius}, {self.scheme}, c1 {self.c1:g}, c2 {self.c2:g}"

    def attributes(self, tokens: Sequence[str]) -> list[list[str]]:
        """Return CRFsuite's attributes of each token of a sentence."""
        describe = usual if self.features == "usual" else example
        told = [["BOS"]] * self.radius + [list(describe(t)) for t in tokens] + [["EOS"]] * self.radius
        rows = []
        for i in range(len(tokens)):
            window = told[i : i + 2 * self.radius + 1]
            rows.append(["bias", *(f"{k - self.radius}:{x}" for k, about in enumerate(window) for x in about)])
            if self.features == "example":
                rows[-1] += pairs(tokens, i, self.radius)
        return rows

    def train(self, corpus: LabelledCorpus, path: Path) -> None:
        """Train on a corpus and write the model to a file: L-BFGS, 100 iterations, all transitions."""
        trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
        trainer.set_params({"c1": self.c1, "c2": self.c2, "max_iterations": 100, "feature.possible_transitions": True})
        for tokens, tags in zip(corpus.tokens, corpus.tags, strict=True):
            trainer.append(pycrfsuite.ItemSequence(self.attributes(tokens)), convert(tags, SCHEMES[self.scheme]))
        trainer.train(str(path))

    def tag(self, path: Path, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
        """Tag sentences with a model that `train` wrote."""
        tagger = pycrfsuite.Tagger()
        tagger.open(str(path))
        return [tagger.tag(pycrfsuite.ItemSequence(self.attributes(tokens))) for tokens in sentences]


#: What CRFsuite is tried with; the best on dev is the peer. On CoNLL-2003, WNUT-2017 and CoNLL-2002 Spanish the last
#: was best of all that was tried: also the usual features with radius 2, the example's in BIOES, and other weights
#: (WNUT-2017: 0.1 and 0.1, 1 and 0.001, 0 and 1, 0 and 0.1; Spanish: 0 and 0.1; CoNLL-2003: none).
PEERS = (
    Peer("usual", 1, "IOB2", 0.1, 0.01),
    Peer("usual", 1, "BIOES", 0.1, 0.01),
    Peer("example", 2, "IOB2", 0.1, 0.01),
)


@dataclass(frozen=True)
class Measured:
    """A tagger's name, its F1 on dev for each run (0..1), and the mean seconds that training took."""

    tagger: str
    f1: tuple[float, ...]
    seconds: float

    @property
    def mean(self) -> float:
        """The mean F1 of the runs."""
        return statistics.fmean(self.f1)


def measure_peer(peer: Peer, train: LabelledCorpus, dev: LabelledCorpus, repair: Repair) -> Measured:
    """Train CRFsuite and score it on dev; its seconds are those of making the features and of training."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "model.crfsuite"
        began = time.perf_counter()
        peer.train(train, path)
        seconds = time.perf_counter() - began
        predicted = peer.tag(path, dev.tokens)
    f1 = scoring.score_in(dev.scheme, dev.counted_tags(repair), predicted).micro.f1
    return Measured(peer.name, (f1,), seconds)


def measure_ner_window(name: str, settings: Sequence[str], seeds: Sequence[int], data: DataConfig) -> Measured:
    """Train with each seed and score on dev what was saved; the seconds are those of the whole command `train`."""
    layout = Layout(data.token_column, data.tag_column, data.encoding)
    f1, seconds = [], []
    for seed in seeds:
        with tempfile.TemporaryDirectory() as directory:
            model = Path(directory) / "model"
            command = [sys.executable, "-m", "ner_window", "train", name, "-o", str(model), "-q"]
            began = time.perf_counter()
            subprocess.run([*command, *options((*settings, f"seed={seed}"))], stdout=subprocess.DEVNULL, check=True)
            seconds.append(time.perf_counter() - began)
            f1.append(scoring.evaluate(Tagger.load(model), data.dev, layout, data.repair)[2].micro.f1)
        note(f"ner_window, seed {seed}: {100 * f1[-1]:.2f}")
    return Measured(f"ner_window {name}, seeds {' '.join(map(str, seeds))}", tuple(f1), statistics.fmean(seconds))


def note(text: str) -> None:
    """Print what is no result, on standard error."""
    print(text, file=sys.stderr)


def options(settings: Sequence[str]) -> list[str]:
    """Write settings as options of the command line."""
    return [part for setting in settings for part in ("--set", setting)]


def comparison(peers: Sequence[Measured], ours: Measured) -> str:
    """Return the table, the best of the peers marked, and the difference to it; the ratio is of seconds to its."""
    best = max(peers, key=lambda peer: peer.mean)
    rows = []
    for one in (*peers, ours):
        spread = f" ± {100 * statistics.stdev(one.f1):.2f}" if len(one.f1) > 1 else ""
        mark = " *" if one is best and len(peers) > 1 else ""
        f1, ratio = f"{100 * one.mean:.2f}{spread}", one.seconds / best.seconds
        rows.append((one.tagger + mark, f1, f"{one.seconds:.1f}", f"{ratio:.2f}"))
    difference = 100 * (ours.mean - best.mean)
    return "\n".join(
        [table(("tagger", "dev F1", "seconds", "ratio"), rows), "", f"ner_window - CRFsuite: {difference:+.2f} F1"]
    )


def run(arguments: argparse.Namespace) -> str:
    """Train and score all; return the table."""
    files = [f"data.{key}={json.dumps(path)}" for key, path in (("train", arguments.train), ("dev", arguments.dev))]
    settings = (*(arguments.set or ()), *files)
    data = load_config(arguments.config, settings).data
    layout = Layout(data.token_column, data.tag_column, data.encoding)
    train, dev = (read_labelled(path, layout, data.scheme, data.repair) for path in (data.train, data.dev))
    train, dev = train.limit(data.limit).only(data.types), dev.only(data.types)
    peers = []
    for peer in arguments.peer or PEERS:
        peers.append(measure_peer(peer, train, dev, data.repair))
        note(f"{peers[-1].tagger}: {100 * peers[-1].mean:.2f}")
    return comparison(peers, measure_ner_window(arguments.config, settings, arguments.seeds, data))


def one_peer(text: str) -> Peer:
    """Read the fields of a `Peer` with commas between them."""
    try:
        features, radius, scheme, c1, c2 = text.split(",")
        if features not in ("usual", "example") or scheme not in get_args(SchemeName):
            raise ValueError
        return Peer(
            cast(Literal["usual", "example"], features), int(radius), cast(SchemeName, scheme), float(c1), float(c2)
        )
    except ValueError:
        form = "usual,1,IOB2,0.1,0.01"
        raise argparse.ArgumentTypeError(f"expected five values such as {form}, got {text!r}") from None


def whole_numbers(text: str) -> tuple[int, ...]:
    """Read whole numbers with commas between them."""
    try:
        return tuple(int(number) for number in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected whole numbers such as 13,14,15, got {text!r}") from None


def main() -> None:
    """Read the command line and print the table; bad input is one line on standard error and exit code 2."""
    parser = argparse.ArgumentParser("scripts/crfsuite", description=__doc__, allow_abbrev=False)
    parser.add_argument("config", metavar="CONFIG", help="a YAML file of ner-window train")
    parser.add_argument("train", metavar="TRAIN", help="the training file, in place of the config's data.train")
    parser.add_argument("dev", metavar="DEV", help="the file to score, in place of the config's data.dev")
    parser.add_argument("--set", action="append", metavar="KEY=VALUE", help="override one key of the config")
    parser.add_argument("--seeds", type=whole_numbers, default=(13, 14, 15), help="of ner_window: 13,14,15")
    parser.add_argument(
        "--peer",
        type=one_peer,
        action="append",
        metavar="usual|example,RADIUS,SCHEME,C1,C2",
        help=f"what to try CRFsuite with, once or more; without it: {', '.join(peer.name for peer in PEERS)}",
    )
    try:
        print(run(parser.parse_args()))
    except NerWindowError as error:
        note(f"error: {error}")
        sys.exit(2)
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)  # train has said what was wrong


if __name__ == "__main__":
    main()
