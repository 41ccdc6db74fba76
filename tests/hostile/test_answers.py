"""The answer to each bad input; `answers.md` is the table of them."""

import bz2
import gzip
import io
import json
import os
import shutil
import struct
import zipfile

import pytest

from ner_window.batch.manifest import read_manifest
from ner_window.config import load_config
from ner_window.errors import NerWindowError
from ner_window.prediction import predict
from ner_window.storage import read_checkpoint
from ner_window.sweep.plan import load_sweep
from ner_window.tagger import Tagger
from ner_window.text.conll import Layout
from ner_window.text.labelled import read_labelled
from ner_window.text.vectors import read_vectors

DEEP = "[" * 100_000


def corpus(content, name="a.conll", layout=None):
    return name, content, lambda path, model: read_labelled(path, layout or Layout())


def text(kind, content, **options):
    def read(path, model):
        return b"".join(predict(Tagger.load(model), io.BytesIO(path.read_bytes()), str(path), kind, **options))

    return "a.txt", content, read


def vectors(content, name="v.txt"):
    return name, content, lambda path, model: read_vectors(path)


def config(content):
    return "c.yaml", content, lambda path, model: load_config(path)


def sweep(content):
    return "s.yaml", content, lambda path, model: load_sweep(path)


def record(content):
    return "manifest.json", content, lambda path, model: read_manifest(str(path))


def checkpoint(content):
    return "a.safetensors", content, lambda path, model: read_checkpoint(path)


def directory(change):
    def load(path, model):
        shutil.copytree(model, path)
        change(path)
        Tagger.load(path)

    return "m", None, load


def file(name, content):
    """Return a change of a model: a file of it is another one."""
    return directory(lambda path: (path / name).write_bytes(content))


def told(**changes):
    """Return a change of what model.json tells of the network."""

    def change(path):
        tree = json.loads((path / "model.json").read_text())
        for key, value in changes.items():
            (tree if key in tree else tree["network"])[key] = value
        (path / "model.json").write_text(json.dumps(tree))

    return directory(change)


def link(path):
    (path / "words.txt").unlink()
    (path / "words.txt").symlink_to("/etc/hostname")


def pipe(path):
    (path / "words.txt").unlink()
    os.mkfifo(path / "words.txt")


def tensors(header, numbers=b"\0" * 24, length=None):
    """Return a file of tensors with a header that need not be true."""
    content = json.dumps(header).encode() if isinstance(header, dict) else header
    return struct.pack("<Q", len(content) if length is None else length) + content + numbers


def tensor(shape=(2, 3), offsets=(0, 24), dtype="F32"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def zipped(encrypted=False, **members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    content = packed.getvalue()
    if encrypted:  # the flag, in both places
        content = content.replace(b"PK\3\4\x14\0\0", b"PK\3\4\x14\0\1")
        content = content.replace(b"\x14\x03\x14\0\0\0", b"\x14\x03\x14\0\1\0")
    return content


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
BASE = "data: {train: t, dev: d}\n"

CASES = {
    "corpus: bytes that are not UTF-8": corpus(b"a O\n\nMalm\xf6 B-LOC\n"),
    "corpus: UTF-16": corpus("a O\n".encode("utf-16")),
    "corpus: NUL bytes": corpus(b"\0" * 100),
    "corpus: a carriage return in a line": corpus(b"a O\rb O\n"),
    "corpus: an encoding that does not exist": corpus(b"a O\n", layout=Layout(encoding="utf-99")),
    "corpus: an encoding for names of the Internet": corpus(b"a O\n", layout=Layout(encoding="idna")),
    "corpus: an encoding that hides line ends": corpus(b"a O\n", layout=Layout(encoding="utf-7")),
    "corpus: nothing in it": corpus(b""),
    "corpus: cut .gz": corpus(gzip.compress(b"a O\n" * 99)[:-9], "a.gz"),
    "corpus: .bz2 that is none": corpus(b"BZh91AY" + bz2.compress(b"a O\n"), "a.bz2"),
    "corpus: a column that is no tag": corpus(b"a O\n\nOslo 17\n"),
    "text: half a surrogate pair, as inline text": text("jsonl", b'{"text": "a \\ud83d b"}\n', output_format="inline"),
    "text: JSON, deeply nested": text("jsonl", f'{{"text": "a"}}\n{{"text": "a", "b": {DEEP}'.encode()),
    "text: JSON of 101 levels": text("jsonl", f'{{"text": "a", "b": {"[" * 101}{"]" * 101}}}\n'.encode()),
    "text: JSON that is a list": text("jsonl", b'["a"]\n'),
    "text: JSON with a number of 5,000 digits": text("jsonl", b'{"text": "a", "n": ' + b"9" * 5000 + b"}\n"),
    "vectors: a header of 5,000 digits": vectors(b"9" * 5000 + b" 2\nthe 1\nof b\n"),
    "vectors: a line of 5 MB": vectors(b"the" * (5 << 20) + b" 1 2\n"),
    "vectors: fewer numbers in a line": vectors(b"the 1 2\nof 3 4\nat 5\nby 6 7\n"),
    "vectors: 10^12 promised, binary": vectors(b"1000000000000 50\nthe " + b"\0" * 150, "v.bin"),
    "vectors: 10^12 numbers each, binary": vectors(b"3 1000000000000\nthe " + b"\0" * 150, "v.bin"),
    "vectors: no word, binary": vectors(b"3 2\n" + b"\1" * 3_000_000, "v.bin"),
    "vectors: gensim's own format": vectors(b"\x80\4", "v.kv"),
    "vectors: .zip that is none": vectors(b"the 1 2\n", "v.zip"),
    "vectors: .zip of two files": vectors(zipped(a=b"the 1 2\n", b=b"of 1 2\n"), "v.zip"),
    "vectors: encrypted .zip": vectors(zipped(encrypted=True, a=b"the 1 2\n"), "v.zip"),
    "config: a list": config("- 1\n- 2\n"),
    "config: a number": config("1\n"),
    "config: nothing in it": config(""),
    "config: a billion laughs": config(LAUGHS),
    "config: an alias of itself": config("a: &a [*a]\n"),
    "config: deeply nested": config(f"a: {'[' * 5000}"),
    "config: 21 levels": config(f"a: {'[' * 22}{']' * 22}\n"),
    "config: an object of Python": config("a: !!python/object/apply:os.system [ls]\n"),
    "config: more than 1 MB": config(b"# \n" * 400_000),
    "config: a key of 200,000 characters": config(f"? {'a' * 200_000}\n: [{'1, ' * 9999}]\n"),
    "config: NUL bytes": config(b"seed: 1\n\0"),
    "config: not UTF-8": config(b"seed: 1\n# \xff\n"),
    "config: an endless number": config(BASE + "optimizer: {learning_rate: 1e999}\n"),
    "sweep: no base": sweep("grid: {model.hidden_units: [1, 2]}\n"),
    "sweep: a billion laughs": sweep(LAUGHS),
    "manifest: deeply nested": record(DEEP),
    "manifest: a list": record("[]"),
    "manifest: entries that are lists": record('{"format": 1, "files": [[]]}'),
    "manifest: an input that is a list": record(
        '{"format": 1, "files": [{"input": [], "output": "a", "kind": null, "size": 1, "modified": ""}]}'
    ),
    "checkpoint: a state that is a list": checkpoint(tensors({"__metadata__": {"state": "[]"}}, b"")),
    "checkpoint: deeply nested": checkpoint(tensors({"__metadata__": {"state": DEEP}}, b"")),
    "model: a link out of it": directory(link),
    "model: a pipe in it": directory(pipe),
    "model: an object of Python in it": file("extra.pkl", b"\x80\4N."),
    "model: an object of Python called words.txt": file("words.txt", b"\x80\4N."),
    "model: an object of Python as tensors": file("model.safetensors", b"\x80\4N."),
    "model: an archive of PyTorch in it": file("model.pt", b"PK\3\4"),
    "model: model.json deeply nested": file("model.json", DEEP.encode()),
    "model: model.json with NUL bytes": file("model.json", b"\0" * 9),
    "model: model.json that is a list": file("model.json", b"[]"),
    "model: a window of 10^9 words": told(radius=10**9),
    "model: a table of another directory": told(tables=[["word", 3, 2], ["../../etc/passwd", 3, 2]]),
    "model: an activation that is none": told(activation="exec"),
    "model: tags that are none": told(tags=["O", 1]),
    "model: 10^12 networks": told(members=10**12),
    "model: an endless temperature": told(temperature=float("inf")),
    "model: words that are not UTF-8": file("words.txt", b"the\n\xff"),
    "model: a word too many": file("words.txt", b"the\nof"),
    "tensors: none": file("model.safetensors", b""),
    "tensors: a header of 10^18 bytes": file("model.safetensors", tensors({}, length=10**18)),
    "tensors: a header of 2^64 - 1 bytes": file("model.safetensors", tensors({}, length=2**64 - 1)),
    "tensors: a header deeply nested": file("model.safetensors", tensors(b'{"a":' * 9999)),
    "tensors: a shape of 10^12 rows": file("model.safetensors", tensors({"W": tensor((10**12, 3))})),
    "tensors: a shape whose size overflows": file("model.safetensors", tensors({"W": tensor((2**63, 2**63))})),
    "tensors: a size below zero": file("model.safetensors", tensors({"W": tensor((-2, 3))})),
    "tensors: places that overlap": file(
        "model.safetensors", tensors({"W": tensor((2, 2), (0, 16)), "b": tensor((4,), (8, 24))})
    ),
    "tensors: a place behind the end": file("model.safetensors", tensors({"W": tensor((2, 3), (24, 48))})),
    "tensors: a type that is none": file("model.safetensors", tensors({"W": tensor(dtype="O")})),
    "tensors: another type": file("model.safetensors", tensors({"W": tensor((2, 3), dtype="I32")})),
}


def answer(case, folder, model):
    """Return what is said of a case, with the folder left out."""
    name, content, read = CASES[case]
    path = folder / name
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(NerWindowError) as error:
        read(path, model)
    return str(error.value).replace(f"{folder}/", "")


@pytest.mark.parametrize("case", CASES)
def test_a_bad_input_is_refused_with_its_place(case, tmp_path, model):
    name = CASES[case][0]
    said = answer(case, tmp_path, model)
    assert name in said or said.startswith(("encoding: ", "standard output: "))
    assert len(said) < 700
    assert "Traceback" not in said


def test_the_table_of_answers_is_what_is_answered(tmp_path, model, root):
    rows = ["| bad input | answer |", "|---|---|"]
    for number, case in enumerate(CASES):
        folder = tmp_path / str(number)
        folder.mkdir()
        said = ascii(answer(case, folder, model))[1:-1].replace("|", "\\|").replace("`", "'")
        rows.append(f"| {case} | `{said[:300]}{'...' if len(said) > 300 else ''}` |")
    table = "\n".join(rows)
    path = root / "tests/hostile/answers.md"
    if os.environ.get("WRITE_ANSWERS"):
        heading = "# Bad input and its answer\n\nWritten by `test_answers.py`, which holds it to what is answered."
        path.write_text(f"{heading}\n\n{table}\n", encoding="utf-8")
    assert path.read_text(encoding="utf-8").endswith(f"\n\n{table}\n")
