"""The record of a batch: what its outputs are of, and which of them, or of their parts, are there."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ner_window import __version__
from ner_window.batch import places
from ner_window.batch.plan import Batch, File
from ner_window.errors import OutputError

FORMAT = 1

#: The record is written anew when what ends is worth this many times what writing took the last time.
_PATIENCE = 20

_KEYS = ("input", "output", "kind", "size", "modified")


@dataclass(frozen=True)
class Outcome:
    """What was written of a file, or of a part of one, and what was in it; or what went wrong."""

    bytes: int = 0
    sha256: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    error: str = ""


@dataclass
class Manifest:
    """What is known of the files of a batch: which of them are finished, which parts of others, and what went wrong.

    Parameters
    ----------
    batch : Batch
        The batch.
    files : dict of int to Outcome
        The outcome of each file, by its number, that is finished.
    parts : dict of int to dict of int to Outcome
        The outcome of each part, by the numbers of file and part, that is finished, of files that are not.
    errors : dict of int to dict of int to str
        What went wrong, by the numbers of file and part.
    others : list of dict
        What the record says of outputs whose inputs are no longer asked for.
    """

    batch: Batch
    files: dict[int, Outcome] = field(default_factory=dict)
    parts: dict[int, dict[int, Outcome]] = field(default_factory=dict)
    errors: dict[int, dict[int, str]] = field(default_factory=dict)
    others: list[dict[str, Any]] = field(default_factory=list)
    _next: float = 0.0

    @property
    def left(self) -> int:
        """The bytes of the inputs that are not tagged yet, as far as they are known."""
        files = ((number, file) for number, file in enumerate(self.batch.files) if number not in self.files)
        return sum(
            file.weight(part)
            for number, file in files
            for part in range(len(file.starts))
            if part not in self.parts.get(number, {})
        )

    def write(self, *, now: bool = True) -> None:
        """Write the record; unless `now`, only if that has not been done just before.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        begin = time.monotonic()
        if not now and begin < self._next:
            return
        text = json.dumps(self.document(), indent=1, ensure_ascii=False) + "\n"
        try:
            content = [text.encode("utf-8", "backslashreplace")]
            places.write(self.batch.manifest, content, self.batch.folder, lasting=True)
        except OSError as error:
            raise OutputError(f"{self.batch.manifest}: cannot be written: {error.strerror or error}") from None
        self._next = time.monotonic() + _PATIENCE * (time.monotonic() - begin)

    def document(self) -> dict[str, Any]:
        """Return the record as JSON holds it."""
        files = [self._entry(number, file) for number, file in enumerate(self.batch.files)]
        return {"format": FORMAT, "version": __version__, **self.batch.head(), "files": [*files, *self.others]}

    def _entry(self, number: int, file: File) -> dict[str, Any]:
        entry: dict[str, Any] = {key: getattr(file, key) for key in _KEYS}
        if number in self.files:
            return entry | _shown(self.files[number])
        if number in self.errors:
            entry["errors"] = self.failures(number)
        finished = {str(part): _shown(outcome) for part, outcome in sorted(self.parts.get(number, {}).items())}
        return entry | ({"starts": file.starts, "parts": finished} if finished else {})

    def failures(self, number: int) -> list[str]:
        """Return what went wrong with a file, part by part."""
        return [error for _, error in sorted(self.errors.get(number, {}).items())]

    def absorb(self, record: dict[str, Any]) -> list[str]:
        """Take from a record what still holds; return what does not, as notes.

        An output is taken over if its input is as it was, and it is there with as many bytes as were written.
        """
        known, changed, gone = {entry["input"]: entry for entry in record["files"]}, list[str](), list[str]()
        for number, file in enumerate(self.batch.files):
            entry = known.pop(file.input, None)
            if entry is None or entry["output"] != file.output:
                continue
            if (entry["size"], entry["modified"]) != (file.size, file.modified) or file.size is None:
                changed += [file.input] * ("bytes" in entry)
                continue
            if "bytes" in entry:
                outcome = _read(entry)
                if places.size_of(file.output) == outcome.bytes:
                    self.files[number] = outcome
                else:
                    gone.append(file.output)
            elif tuple(entry.get("starts", ())) == file.starts:
                self._absorb_parts(number, entry.get("parts", {}))
        mine = {file.output for file in self.batch.files}
        self.others = [entry for entry in known.values() if "bytes" in entry and entry["output"] not in mine]
        return [
            *_told(changed, "changed since tagged; tagged again"),
            *_told(gone, "gone, or not as written; written again"),
            *_told([entry["input"] for entry in self.others], "not among the inputs now; the output stays"),
        ]

    def _absorb_parts(self, number: int, parts: dict[str, Any]) -> None:
        for part in range(len(self.batch.files[number].starts)):
            outcome = _read(parts[str(part)]) if str(part) in parts else None
            if outcome and places.size_of(part_name(self.batch, number, part)) == outcome.bytes:
                self.parts.setdefault(number, {})[part] = outcome


def _told(names: Sequence[str], what: str) -> list[str]:
    """Return a note of what is true of some files, which names the first of them."""
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return [f"{names[0]}{more}: {what}"] if names else []


def part_name(batch: Batch, file: int, part: int) -> str:
    """Return where the output of a part stands until its file is whole."""
    return places.join(batch.folder, f"{places.digest(batch.files[file].output)}-{part}")


def read_manifest(name: str) -> dict[str, Any] | None:
    """Return a record as it was written, None if there is none.

    Raises
    ------
    OutputError
        It is none of this program's.
    """
    content = places.read(name)
    if content is None:
        return None
    try:
        record = json.loads(content)
        known = record["format"] == FORMAT and all(map(_is_entry, record["files"]))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        known = False
    if not known:
        raise OutputError(f"{name}: not the record of a batch; choose another output, or remove it")
    return record  # type: ignore[no-any-return]


def _is_entry(entry: dict[str, Any]) -> bool:
    """Whether an entry is what `Manifest.document` writes; where it is something else altogether, an error says so."""
    parts = entry.get("parts", {})
    for outcome in (*parts.values(), *([entry] if "bytes" in entry else [])):
        _read(outcome)
    return (
        all(key in entry for key in _KEYS)
        and all(isinstance(entry[key], str) for key in ("input", "output"))
        and isinstance(entry.get("starts", []), list)
        and isinstance(parts, dict)
    )


def _shown(outcome: Outcome) -> dict[str, Any]:
    return {key: value for key, value in asdict(outcome).items() if key != "error"}


def _read(entry: dict[str, Any]) -> Outcome:
    counts = {str(name): int(n) for name, n in entry["counts"].items()}
    return Outcome(int(entry["bytes"]), str(entry["sha256"]), counts)
