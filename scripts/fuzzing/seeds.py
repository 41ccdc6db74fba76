"""What fuzzing begins with: small whole files of each kind, each with the byte that chooses a variant before it."""

import bz2
import gzip
import io
import json
import lzma
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import yaml

CONLL = b"-DOCSTART- -X- O O\n\nElena N I-NP B-PER\nof P I-PP O\nOslo N I-NP B-LOC\n. . O O\n\nShe\tP\tI-NP\tO\n"
TAGGED = b"Elena B-PER\nVik I-PER\nof O\nOslo S-LOC\n. O\n\nNorlake\tB-ORG\r\nBank\tE-ORG\r\n\r\n"
JSONL = b'{"text": "Elena flew to Oslo. She\'s \\"here\\".", "id": [1, {"a": null}]}\n'
JSONL += b'{"tokens": ["Elena", "\\ud83d", ""]}\n'
GLOVE = b"the 0.25 -0.5\nharbour 1.5 2\nof 1e-3 -4\n. . . 1 nan\n\xff 3 4\nthe 5 6\n"
CONFIG = b"""extends: base.yaml
seed: 1
data: {train: a, dev: b, types: [PER]}
vectors: {source: random, dimensions: 3}
features: [case, {name: shape, dimensions: 2}]
model: {hidden_units: 2, activation: relu, dropout: .5}
optimizer: {learning_rate: 1e-3}
"""
SWEEP = b"""base: base.yaml
set: {training.epochs: 1}
grid: {model.hidden_units: [2, 3], model.activation: [tanh, relu]}
zip: {optimizer.name: [sgd, adam], optimizer.learning_rate: [.1, .01]}
seeds: [1, 2]
measures: [dev_f1, loss]
plot: {x: model.hidden_units}
lecture: {says: x, expect: [{higher: {model.hidden_units: 3}, lower: {model.hidden_units: 2}}]}
"""
SEARCH = b"base: base.yaml\nsearch: {trials: 3, space: {model.dropout: {low: 0, high: .5}, window.radius: [1, 2]}}\n"


def safetensors(metadata: dict[str, str] | None = None) -> bytes:
    """Return a file of tensors."""
    from safetensors.numpy import save

    tensors = {"W": np.ones((2, 3), np.float32), "b": np.zeros(2, np.float32), "E": np.ones((4, 2), np.float32)}
    return save(tensors, metadata)


def binary() -> bytes:
    """Return vectors in word2vec's binary format."""
    rows = ((b"the", (1, 2)), (b"\nof", (3, -4)), (b"\n\xc3\xa9", (float("nan"), 0)))
    return b"3 2\n" + b"".join(word + b" " + struct.pack("<2f", *row) for word, row in rows)


def archive(**members: bytes) -> bytes:
    """Return a .zip of files."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as found:
        for name, content in members.items():
            found.writestr(name, content)
    return file.getvalue()


#: What ended of a batch, a line.
JOURNAL = b'{"file": 1, "part": 0, "bytes": 3, "sha256": "0", "counts": {"tokens": 3}}\n'


def record() -> bytes:
    """Return the record of a batch, one file of it finished, a part of the other."""
    folder = "$FOLDER"
    finished = {"bytes": 3, "sha256": "0" * 64, "counts": {"tokens": 3}}
    files = [
        {"input": f"{folder}/in/a.conll", "output": f"{folder}/out/a.conll", "kind": "conll", "size": 68, **finished},
        {"input": f"{folder}/in/b.txt", "output": f"{folder}/out/b.txt", "kind": "conll", "size": 68},
    ]
    parts = {"starts": [0, 17, 34, 51], "parts": {"0": finished}}
    files = [{**file, "modified": "2026-01-01T00:00:00"} for file in files]
    return json.dumps({"format": 1, "model": {}, "options": {}, "files": [files[0], {**files[1], **parts}]}).encode()


def _tree(text: bytes) -> bytes:
    """Return a YAML text as JSON, which is YAML, too, and is mutated as a tree."""
    return b"\0" + json.dumps(yaml.safe_load(text)).encode()


def seeds(reader: str, folder: Path) -> Iterator[bytes]:
    """Yield what a reader's fuzzing begins with; `folder` may hold a small model."""
    whole = {
        "conll": [bytes([k]) + CONLL for k in (0, 8, 16, 32, 64)]
        + [bytes([k]) + TAGGED for k in (0, 32, 64)]
        + [b"\4" + gzip.compress(CONLL), b"\5" + bz2.compress(CONLL), b"\6" + lzma.compress(CONLL)],
        "predict": [bytes([k]) + text for k in (*range(25), 201, 204) for text in (CONLL, JSONL, TAGGED)],
        "vectors-text": [
            b"\0" + GLOVE,
            b"\0003 2\n" + GLOVE,
            b"\0" + GLOVE.replace(b" ", b"\t").replace(b"\n", b"\r\n"),
        ],
        "vectors-binary": [b"\0" + binary()],
        "vectors-packed": [
            *(b"\0" + archive(a=content) for content in (GLOVE, binary())),
            *(b"\1" + gzip.compress(content) for content in (GLOVE, binary())),
            b"\0" + archive(a=GLOVE, b=GLOVE),
            b"\3" + b"\x93NUMPY\1\0v\0{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\n",
        ],
        "yaml": [
            b"\0" + CONFIG,
            b"\0a: &a [1, *b]\nb: !!int x\n? [c]\n: |\n  d\n",
            b"\7[1, 1e-3, {a: b}]",
            _tree(CONFIG),
        ],
        "sweep": [b"\0" + SWEEP, b"\0" + SEARCH, _tree(SWEEP), _tree(SEARCH)],
        "tensors": [b"\0" + safetensors()],
        "checkpoint": [b"\0" + safetensors({"state": '{"epoch": 1, "seconds": [1.5]}'})],
        "manifest": [b"\0" + record(), b"\1" + JOURNAL, b"\1" + JOURNAL + JOURNAL],
        "check": [bytes([k]) + CONLL for k in (0, 1)]
        + [b"\2" + GLOVE, b"\3" + gzip.compress(CONLL), b"\x0b" + archive(a=GLOVE)],
        "rewrite": [bytes([k]) + text for k in range(0, 64, 4) for text in (TAGGED, CONLL)],
    }
    if reader == "model":
        files = sorted(path for path in folder.iterdir())
        yield from (bytes([number]) + path.read_bytes() for number, path in enumerate(files))
    else:
        yield from whole[reader]


#: Words of the formats, which mutation would hardly come upon.
WORDS = {
    "conll": ["-DOCSTART-", "B-", "I-", "E-", "S-", "\\xef\\xbb\\xbf", "\\xff\\xfe", "\\x00", "\\x0d\\x0a"],
    "predict": ['{"text": "', '{"tokens": ["', "\\\\ud800", "\\x00", "-DOCSTART-", "\\xe2\\x80\\xa8", "''", "``"],
    "vectors-text": ["nan", "inf", "1e40", "1_0", "0x1p3", "999999999999 50\\x0a", "\\x00"],
    "vectors-binary": ["999999999999 50\\x0a", "1 100000\\x0a", "\\x00\\x00\\xc0\\x7f"],
    "yaml": [
        "&a",
        "*a",
        "!!python/object",
        "!!int",
        "<<: ",
        "|",
        ">",
        "? ",
        "---",
        "%YAML",
        "vectors",
        "features",
        "1e999",
    ],
    "model": [
        '"tables"',
        '"radius"',
        '"members"',
        '"tags"',
        '"F32"',
        '"shape"',
        '"data_offsets"',
        "1e999",
        "NaN",
        "-1",
    ],
    "tensors": ['"F32"', '"F64"', '"BF16"', '"shape"', '"data_offsets"', '"dtype"', "-1", "18446744073709551615"],
    "manifest": ['"starts"', '"parts"', '"bytes"', '"counts"', "null", "-1", "[[", "1e999", "$FOLDER"],
}
