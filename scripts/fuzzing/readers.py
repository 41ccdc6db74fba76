"""The readers that are fuzzed: each takes bytes, and gives a result or raises an error that names the place.

A first byte chooses among variants of a reader: formats, files of a directory, ways of packing.
"""

import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path

#: Where inputs stand while they are read: in memory, where the system has such a place.
PLACE = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path("/tmp")

Reader = Callable[[bytes], None]


def conll(folder: Path, project: Path) -> Reader:
    """Corpora: labelled ones in bulk, compressed ones, too."""
    from ner_window.text.conll import Layout
    from ner_window.text.labelled import read_labelled

    names = ("a.conll", "a.conll", "a.conll", "a.conll", "a.gz", "a.bz2", "a.xz", "a.zst")
    layouts = (Layout(), Layout(1, 0), Layout(0, -1, "iso-8859-1"), Layout(-2, -1, "iso-2022-jp"))
    repairs = ("strict", "conlleval", "discard")

    def read(data: bytes) -> None:
        kind = data[0]
        path = folder / names[kind % 8]
        path.write_bytes(data[1:])
        corpus = read_labelled(path, layouts[kind // 8 % 4], method=repairs[kind // 32 % 3])
        assert len(corpus.text.ids) == len(corpus.tag_ids)

    return read


def predict(folder: Path, project: Path) -> Reader:
    """Texts to tag: CoNLL, tokens, raw text and JSON lines, into each format."""
    from ner_window.prediction import predict as tag
    from ner_window.tagger import Tagger

    tagger = Tagger.load(small_model(project, folder))
    kinds = ("auto", "conll", "tokens", "text", "jsonl")
    formats = (None, "conll", "jsonl", "inline", "html")

    def read(data: bytes) -> None:
        kind = data[0]
        stream = io.BufferedReader(io.BytesIO(data[1:]))
        pieces = tag(
            tagger, stream, "a", kinds[kind % 5], formats[kind // 5 % 5], probabilities=kind > 200, target="a: output"
        )
        for _ in pieces:
            pass

    return read


def vectors_text(folder: Path, project: Path) -> Reader:
    """Vectors as text, GloVe's and word2vec's."""
    return _vectors(folder, ("a.txt",))


def vectors_binary(folder: Path, project: Path) -> Reader:
    """Vectors in word2vec's binary format."""
    return _vectors(folder, ("a.bin",))


def vectors_packed(folder: Path, project: Path) -> Reader:
    """Vectors in archives, arrays of NumPy, and files that are named as gensim's."""
    return _vectors(folder, ("a.zip", "a.gz", "a.zip", "a.npy", "a.zip", "a.kv"))


def _vectors(folder: Path, names: tuple[str, ...]) -> Reader:
    from ner_window.text.vectors import read_vectors

    def read(data: bytes) -> None:
        path = folder / names[data[0] % len(names)]
        path.write_bytes(data[1:])
        words, matrix, report = read_vectors(path)
        assert len(words) == len(matrix) == report.kept, "words and rows"

    return read


def yaml(folder: Path, project: Path) -> Reader:
    """Read configurations, also those that extend another, and the values of ``--set``."""
    from ner_window.config import dump_yaml, load_config, parse_setting

    (folder / "base.yaml").write_text("data: {train: a, dev: b}\nmodel: {hidden_units: 3}\n")

    def read(data: bytes) -> None:
        if data[0] % 8 == 7:
            parse_setting("a=" + data[1:].decode("utf-8", "surrogateescape"))
            return
        path = folder / "a.yaml"
        path.write_bytes(data[1:])
        dump_yaml(load_config(path))

    return read


def sweep(folder: Path, project: Path) -> Reader:
    """Files of experiments."""
    from ner_window.sweep.plan import load_sweep

    shutil.copytree(project / "data", folder / "data")
    (folder / "base.yaml").write_text(
        "data: {train: data/train.conll, dev: data/dev.conll}\nvectors: {source: random}\n"
    )

    def read(data: bytes) -> None:
        path = folder / "a.yaml"
        path.write_bytes(data[1:])
        load_sweep(path)

    return read


def model(folder: Path, project: Path) -> Reader:
    """Model directories in which one file is another one; what loads tags a sentence."""
    from ner_window.tagger import Tagger

    whole = small_model(project, folder)
    names = sorted(path.name for path in whole.iterdir())
    (folder / "model").mkdir()
    for name in names:
        os.link(whole / name, folder / "model" / name)

    def read(data: bytes) -> None:
        name = names[data[0] % len(names)]
        path = folder / "model" / name
        path.unlink()
        path.write_bytes(data[1:])
        try:
            tagger = Tagger.load(folder / "model")
            tagger.tag_with_probabilities([["Elena", "flew", "to", "Oslo-on-sea", "in", "1984"], ["."]])
            tagger.tag(["Elena"])
        finally:
            path.unlink()
            os.link(whole / name, path)

    return read


def tensors(folder: Path, project: Path) -> Reader:
    """Files of tensors."""
    from ner_window.storage import read_tensors

    def read(data: bytes) -> None:
        path = folder / "a.safetensors"
        path.write_bytes(data[1:])
        shapes = {"W": (2, 3), "b": (2,), "E": (-1, 2)}
        found = read_tensors(path, shapes, "a test")
        assert all(float(array.sum()) == float(array.sum()) for array in found.values()), "NaN"

    return read


def checkpoint(folder: Path, project: Path) -> Reader:
    """Checkpoints of training."""
    from ner_window.storage import read_checkpoint

    def read(data: bytes) -> None:
        path = folder / "a.safetensors"
        path.write_bytes(data[1:])
        _, state = read_checkpoint(path)
        assert isinstance(state, dict), "no state"

    return read


def manifest(folder: Path, project: Path) -> Reader:
    """Read records of batches, or the journal of one, and take over what holds of them."""
    from ner_window.batch import plan
    from ner_window.batch.manifest import Manifest, read_manifest, replay

    (folder / "in").mkdir()
    for name in ("a.conll", "b.txt"):
        (folder / "in" / name).write_text("Elena N\nflew V\n\n" * 4)
    found = plan.inputs([str(folder / "in")])[0]
    of = plan.Model("/m", "0" * 64, False)
    batch = plan.batch(of, plan.Options(input_format="conll"), found, str(folder / "out"), folder=True, part=16)

    def read(data: bytes) -> None:
        path = folder / ("ended.jsonl" if data[0] % 2 else "manifest.json")
        path.write_bytes(data[1:].replace(b"$FOLDER", os.fsencode(folder)))
        record = {**Manifest(batch).document(), "journal": path.name} if data[0] % 2 else read_manifest(str(path))
        if record is not None:
            again = Manifest(batch)
            replay(record, str(folder))
            again.absorb(record)
            again.document()

    return read


def check(folder: Path, project: Path) -> Reader:
    """Do what ``check`` does: corpora and vectors with whatever is wrong with them."""
    from ner_window.checks.checking import Plan
    from ner_window.checks.checking import check as find

    good = folder / "train.conll"
    good.write_text("Elena B-PER\nflew O\n\nOslo B-LOC\n. O\n\n" * 5)
    names = ("a.conll", "a.conll", "a.conll", "a.gz")

    def read(data: bytes) -> None:
        kind = data[0]
        if kind % 3 == 2:
            path = folder / ("a.zip" if kind % 4 == 3 else "a.vec")
            path.write_bytes(data[1:])
            result = find(Plan([str(good)], vectors=str(path)))
        else:
            path = folder / names[kind % 4]
            path.write_bytes(data[1:])
            result = find(Plan([str(good), str(path)]))
        result.as_dict()

    return read


def rewrite(folder: Path, project: Path) -> Reader:
    """Do what ``convert`` and ``repair`` do; what is converted is read again."""
    from ner_window.text import rewriting
    from ner_window.text.line_rules import Layout
    from ner_window.text.tagging import SCHEMES

    layouts = (Layout(), Layout(), Layout(1, 0), Layout(0, -1, "iso-8859-1"))

    def read(data: bytes) -> None:
        kind = data[0]
        path = folder / "a.conll"
        path.write_bytes(data[1:])
        with rewriting.open_tagged(path, layouts[kind % 4]) as file:
            if kind & 4:
                _, parts = rewriting.repair(file, "auto", "conlleval" if kind & 8 else "discard")
            else:
                _, parts = rewriting.convert(file, "auto", SCHEMES[list(SCHEMES)[kind // 8 % len(SCHEMES)]])
            tally = rewriting.Tally()
            for part in parts:
                tally.add(part)
                assert isinstance(part.data(), bytes)

    return read


READERS: dict[str, Callable[[Path, Path], Reader]] = {
    "conll": conll,
    "predict": predict,
    "vectors-text": vectors_text,
    "vectors-binary": vectors_binary,
    "vectors-packed": vectors_packed,
    "yaml": yaml,
    "sweep": sweep,
    "model": model,
    "tensors": tensors,
    "checkpoint": checkpoint,
    "manifest": manifest,
    "check": check,
    "rewrite": rewrite,
}


def small_model(project: Path, folder: Path) -> Path:
    """Train a model with every kind of feature on a part of the data, small enough to be loaded a thousand times."""
    from ner_window.config import load_config
    from ner_window.experiment import prepare

    target = folder / "small"
    path = folder / "small.yaml"
    path.write_text(
        f"data: {{train: {project}/data/train.conll, dev: {project}/data/dev.conll, limit: 40}}\n"
        f"vectors: {{source: {project}/data/glove.50d.txt, limit: 100}}\n"
        "features: [{name: shape, dimensions: 2}, {name: casing, dimensions: 2}, {name: gazetteer, dimensions: 2},"
        " {name: tag_statistics, dimensions: 2}]\n"
        "model: {hidden_units: 4}\nobjective: sentence\ntraining: {epochs: 1}\n"
    )
    run = prepare(load_config(path))
    for _ in run.reports():
        pass
    run.finish(target, "", force=True)
    return target
