"""All files of one entry into a directory: fetched, checked, made ready for training, and moved there together."""

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ner_window.errors import FetchError, MissingExtraError, OutputError
from ner_window.fetch.catalog import Entry, RemoteFile
from ner_window.fetch.splits import cut, joined
from ner_window.fetch.staging import check_room, staged, write
from ner_window.fetch.transfer import TIMEOUT, Transfer, no_progress

How = Literal["SHA-256 as known", "MD5 as known", "not known", "made"]


@dataclass(frozen=True)
class FetchedFile:
    """A file that is there now: its size in bytes, its digest, and which digest of it was known before."""

    path: Path
    size: int
    sha256: str
    how: How
    url: str | None = None


@dataclass(frozen=True)
class Fetched:
    """What came of an entry: its files, and which of them train, dev and test are, or the word vectors."""

    entry: Entry
    files: tuple[FetchedFile, ...]
    train: Path | None = None
    dev: Path | None = None
    test: Path | None = None
    vectors: Path | None = None


def fetch(
    entry: Entry,
    directory: Path,
    *,
    force: bool = False,
    mirror: str | None = None,
    advance: Callable[[int], object] = no_progress,
    timeout: float = TIMEOUT,
) -> Fetched:
    """Fetch what of an entry is not there yet.

    Parameters
    ----------
    directory : Path
        Where its files go; it is made.
    force : bool
        Replace files that are there under these names and are not those that are known.
    mirror : str or None
        An address to fetch from instead: ``MIRROR/NAME/FILE``.
    advance : function
        Called with the bytes that have come, to show progress.
    timeout : float
        Seconds of silence after which a server is given up.

    Raises
    ------
    FetchError
        A file did not come, or is not the one that is known.
    OutputError
        A file is there already and is another one, the disk is full, or another process fetches into the directory.
    CorpusError
        A file from which a split is to be cut is no CoNLL file.
    """
    missing = [file for file in entry.files if not _is_there(directory / file.name, file, force)]
    to_come = sum(file.size for file in missing)
    advance(entry.size - to_come)
    with staged(directory) as stage:
        check_room(stage, to_come + entry.size * entry.is_remade)
        for file in missing:
            _keep_gensims_copy(entry, file, stage)
            transfer = Transfer(stage / f"{file.name}.part", file.limit, advance, timeout)
            _retrieve(_address(entry, file, mirror), file, stage, transfer)
        made = _make_splits(entry, directory, stage)
        for name, content in made.items():
            _refuse_another(directory / name, content, force)
            write(stage / name, content)
        for name in [*(file.name for file in missing), *made]:
            (stage / name).replace(directory / name)
        shutil.rmtree(stage)
    return _described(entry, directory, tuple(made))


def digest_of(path: Path, algorithm: str = "sha256") -> str:
    """Return the digest of a file in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _is_right(path: Path, file: RemoteFile) -> bool:
    """Whether a file is the one that is known, as far as that can be told."""
    if file.digest is None:
        return file.size <= path.stat().st_size <= file.limit
    algorithm, _, digest = file.digest.partition(":")
    return digest == digest_of(path, algorithm)


def _is_there(path: Path, file: RemoteFile, force: bool) -> bool:
    """Whether a file need not be fetched.

    Raises
    ------
    OutputError
        Another file has its name.
    """
    if not path.exists():
        return False
    if path.is_dir():
        raise OutputError(f"{path}: is a directory, where a file is to be; choose another output")
    if _is_right(path, file):
        return file.digest is not None or not force
    if not force:
        raise OutputError(f"{path}: is there, but is not the file that is known; choose another output, or use --force")
    return False


def _refuse_another(path: Path, content: bytes, force: bool) -> None:
    if path.exists() and not force and path.read_bytes() != content:
        raise OutputError(f"{path}: is there, but is not what is made here; choose another output, or use --force")


def _address(entry: Entry, file: RemoteFile, mirror: str | None) -> str:
    if mirror is None:
        return file.url
    if not mirror.startswith(("http://", "https://")):
        raise FetchError(f"{mirror}: not an address of the web; let it begin with https:// or http://")
    return f"{mirror.rstrip('/')}/{entry.name}/{file.name}"


def _keep_gensims_copy(entry: Entry, file: RemoteFile, stage: Path) -> None:
    """Take a file that gensim's downloader has fetched before, from the folder where it keeps such, if it is right."""
    home = os.environ.get("GENSIM_DATA_DIR") or Path("~/gensim-data").expanduser()
    copy = Path(home) / entry.name / file.name
    if entry.vectors and copy.is_file() and not (stage / file.name).exists() and _is_right(copy, file):
        temporary = stage / f"{file.name}.copy"
        shutil.copyfile(copy, temporary)
        temporary.replace(stage / file.name)


def _retrieve(url: str, file: RemoteFile, stage: Path, transfer: Transfer) -> None:
    """Let pooch fetch one file and check it; what is there already and right is not fetched."""
    try:
        import pooch
    except ModuleNotFoundError:
        raise MissingExtraError("fetch", "fetch") from None
    pooch.get_logger().setLevel("ERROR")  # what it would print is said by the command
    wrong = ""
    try:
        pooch.retrieve(url, file.digest, fname=file.name, path=stage.absolute(), downloader=transfer)
    except ValueError as error:  # the digest is another one, and pooch has removed the file
        got = str(error).partition("but got ")[2].partition(".")[0]
        wrong = f"its digest is {got!r}, expected {file.digest!r}"
    else:
        if not _is_right(stage / file.name, file):
            wrong = f"got {(stage / file.name).stat().st_size:,} bytes, expected at least {file.size:,}"
    if wrong:
        shutil.rmtree(stage)
        advice = "try again, and if it stays so, do not use the file"
        raise FetchError(f"{url}: not the file that is known, {wrong}; nothing was kept, {advice}")


def _make_splits(entry: Entry, directory: Path, stage: Path) -> dict[str, bytes]:
    """Return the files of splits that are none of the corpus: pieces put together, and a dev that is cut from train."""

    def place(name: str) -> Path:
        return stage / name if (stage / name).exists() else directory / name

    splits = {"train.conll": entry.train, "dev.conll": entry.dev, "test.conll": entry.test}
    made = {name: joined([place(file) for file in files]) for name, files in splits.items() if len(files) > 1}
    if entry.train and not entry.dev:
        made["train.conll"], made["dev.conll"] = cut(place(entry.train[0]))
    return made


def _how(file: RemoteFile) -> How:
    if file.digest is None:
        return "not known"
    return "MD5 as known" if file.digest.startswith("md5:") else "SHA-256 as known"


def _described(entry: Entry, directory: Path, made: tuple[str, ...]) -> Fetched:
    """Return what is in the directory now."""
    known: list[tuple[str, How, str | None]] = [(file.name, _how(file), file.url) for file in entry.files]
    known += [(name, "made", None) for name in made]
    files = tuple(
        FetchedFile(path, path.stat().st_size, digest_of(path), how, url)
        for path, how, url in ((directory / name, how, url) for name, how, url in known)
    )
    if entry.vectors:
        return Fetched(entry, files, vectors=files[0].path)

    def split(name: str, parts: tuple[str, ...]) -> Path | None:
        if name in made:
            return directory / name
        return directory / parts[0] if parts else None

    train, dev, test = split("train.conll", entry.train), split("dev.conll", entry.dev), split("test.conll", entry.test)
    return Fetched(entry, files, train, dev, test)
