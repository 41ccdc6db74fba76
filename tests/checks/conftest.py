"""Files written and checked at once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ner_window.checks.checking import Plan, Result, check

Check = Callable[..., Result]


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Write files, given by name as text or bytes, and check them; `vectors` is one that holds vectors."""
    monkeypatch.setenv("NER_WINDOW_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)

    def run(files: dict[str, str | bytes], vectors: str | bytes | None = None, **options: object) -> Result:
        for name, content in {**files, "v.txt": vectors}.items():
            if content is not None:
                Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
        named = {} if vectors is None else {"vectors": "v.txt"}
        return check(Plan(list(files), **named, **options))

    return run
