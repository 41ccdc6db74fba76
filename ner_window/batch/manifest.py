"""The record of a batch: what its outputs are of, and which of them, or of their parts, are there.

On a disk of this machine what ends is added to a journal beside the record, a line each, so that a kill takes nothing
that was told of. Elsewhere files cannot be added to: there the record is written anew now and then.
"""

import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ner_window import __version__
from ner_window.batch import places
from ner_window.batch.plan import Batch, File
from ner_window.errors import OutputError
from ner_window.text.files import is_url

FORMAT = 1

#: Elsewhere, the record is written anew when what ends is worth this many times what writing took the last time.
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
    _journal: str = ""
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

    def open(self) -> None:
        """Write the record, before anything is done. What ends from now on is to be given to `add`.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        self._journal = "" if is_url(self.batch.folder) else f"ended-{uuid.uuid4().hex}.jsonl"
        self._write()

    def close(self) -> None:
        """Write the record, with all that was added; it is on the disk then, and what it tells of, too.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        self._journal = ""
        places.settle(self.batch.folder)  # first what the record tells of: then no power cut takes that alone
        self._write()

    def add(self, number: int, outcome: Outcome, part: int | None = None) -> None:
        """Add the outcome of a part of a file, or of a file, whose parts are then no longer needed.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        joined = part is None and bool(self.parts.pop(number, None))
        if part is None:
            self.files[number] = outcome
        else:
            self.parts.setdefault(number, {})[part] = outcome
        if self._journal:
            line = json.dumps({"file": number, "part": part, **_shown(outcome)}) + "\n"
            name = places.join(self.batch.folder, self._journal)
            try:
                places.append(name, line.encode())
            except OSError as error:
                raise OutputError(f"{name}: cannot be written: {error.strerror or error}") from None
        elif joined or time.monotonic() > self._next:
            self._write()

    def _write(self) -> None:
        begin = time.monotonic()
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
        head = {"format": FORMAT, "version": __version__, **self.batch.head()}
        return head | ({"journal": self._journal} if self._journal else {}) | {"files": [*files, *self.others]}

    def _entry(self, number: int, file: File) -> dict[str, Any]:
        entry: dict[str, Any] = {key: getattr(file, key) for key in _KEYS}
        if number in self.files:
            return entry | _shown(self.files[number])
        if number in self.errors:
            entry["errors"] = self.failures(number)
        finished = {str(part): _shown(outcome) for part, outcome in sorted(self.parts.get(number, {}).items())}
        return entry | ({"starts": file.starts, "parts": finished} if len(file.starts) > 1 else {})

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


def replay(record: dict[str, Any], folder: str) -> list[str]:
    """Add to a record what its journal, in a folder, tells; return notes, if some of that cannot be read."""
    name = places.join(folder, str(record.get("journal")))
    lines = (places.read(name) or b"").splitlines() if "journal" in record else []
    unread = sum(not _replayed(record["files"], line) for line in lines)
    what = f"{unread} lines cannot be read; what they told of is done again"
    return [f"{name}: {what}"] if unread else []


def _replayed(entries: list[dict[str, Any]], line: bytes) -> bool:
    """Whether a line of a journal could be read; its entry then tells what it told."""
    try:
        told = json.loads(line)
        outcome, number, part = _shown(_read(told)), told["file"], told["part"]
        if not 0 <= number < len(entries) or not isinstance(part, int | None):
            return False
        if part is None:
            entries[number].update(outcome)
        else:
            entries[number].setdefault("parts", {})[str(part)] = outcome
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return False
    return True


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
        known = known and isinstance(record.get("journal", ""), str)
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
