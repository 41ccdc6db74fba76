"""A teacher: the model whose scores a network learns instead of labels; see `nn.distillation`."""

import hashlib
from pathlib import Path

from ner_window import storage
from ner_window.config import Config
from ner_window.errors import ConfigError
from ner_window.nn.distillation import Teacher
from ner_window.tagger import Tagger
from ner_window.text.labelled import LabelledCorpus
from ner_window.text.tagging import SCHEMES


def teacher_of(config: Config, student: Tagger, learning: LabelledCorpus) -> Teacher:
    """Return what the model `training.teacher` says of the training corpus: what is learned instead of its labels.

    If it has learned from this very corpus, no document shows it its own entities, as in its own training; another one
    is new to it, and all that it knows counts. Its first pass is its own: what it says of a document, not what the
    taggers of its training, which had not learned that document, said of it.

    Raises
    ------
    ConfigError
        It has another objective, another scheme or other tags than the network that is to be taught.
    """
    assert config.training.teacher is not None
    tagger = Tagger.load(config.training.teacher)
    check_teacher(config.training.teacher, tagger, student)
    labels = learning.labels(tagger.tags, SCHEMES[tagger.scheme])
    encoded = tagger.encoder.encode(learning.text, labels, learning=has_learned(tagger, learning))
    scores = tagger.scores(tagger.first_pass(encoded))
    return Teacher(scores, tagger.chain if tagger.network.objective == "sentence" else None)


def check_teacher(where: str, teacher: Tagger, student: Tagger) -> None:
    """Raise `ConfigError` unless the probabilities of teacher and student are of the same: of tags, or sequences."""
    theirs, ours = teacher.network.objective, student.network.objective
    if theirs != ours or ours not in ("softmax", "sentence"):
        raise ConfigError(
            f"training.teacher: {where}: teacher and network both have the objective softmax, or both sentence, got "
            f"{theirs}, to teach {ours}; set objective, or choose another teacher"
        )
    more, fewer = (sorted(set(a.tags) - set(b.tags)) for a, b in ((teacher, student), (student, teacher)))
    if (teacher.scheme, teacher.tags) != (student.scheme, student.tags):
        raise ConfigError(
            f"training.teacher: {where}: a teacher has the tags of the network, got {teacher.scheme} to teach "
            f"{student.scheme}, tags of the teacher alone: {', '.join(more) or 'none'}, of the network alone: "
            f"{', '.join(fewer) or 'none'}; set model.scheme and data as for the teacher, or choose another one"
        )


def has_learned(tagger: Tagger, learning: LabelledCorpus) -> bool:
    """Whether a model's facts say that it was trained on this corpus: the file, and what was taken of it."""
    facts = tagger.facts.get("data", {}).get("train", {})
    return all(name == "file" or facts.get(name) == count for name, count in learning.counts().items())


def teacher_digest(config: Config) -> dict[str, str]:
    """Return the SHA-256 of the model files of `training.teacher`, under the name teacher; nothing without one.

    The record of how it was trained, which tells paths and times, is no part of it.

    Raises
    ------
    ModelError
        It is not a model directory.
    """
    if not config.training.teacher:
        return {}
    directory = Path(config.training.teacher)
    storage.read_description(directory)
    record = ("config.yaml", "metrics.jsonl", "timings.json")
    whole = hashlib.sha256()
    for path in sorted(path for path in directory.iterdir() if path.is_file() and path.name not in record):
        with path.open("rb") as file:
            whole.update(path.name.encode() + b"\0" + hashlib.file_digest(file, "sha256").digest())
    return {"teacher": whole.hexdigest()}
