import json
from pathlib import Path

import pytest

from ner_window.batch import execution, places, plan
from ner_window.batch.manifest import Manifest, Outcome, read_manifest, replay
from ner_window.errors import OutputError

TEXTS = {"a.conll": "Ana N\nflew V\n\n" * 30, "b.txt": "Ana flew to Oslo.\n"}


def killed(batch):
    """Do a batch as a process does that is killed when all has ended: yield each time that something has."""
    Path(batch.folder).mkdir(parents=True)
    yield from execution.run(Manifest(batch), execution.one_after_another)


def test_what_has_ended_is_told_of_before_anything_else_is_done(planned):
    found = planned(TEXTS, part=100)
    assert len(found.files[0].starts) == 4
    process, known = killed(found), []
    for _ in range(5):
        next(process)
        manifest, notes = execution.begin(found, force=False)
        assert notes == []
        known.append((sum(map(len, manifest.parts.values())), len(manifest.files)))
    assert known == [(1, 0), (2, 0), (3, 0), (0, 1), (0, 2)]
    process.close()
    assert "journal" not in read_manifest(found.manifest)


def test_a_journal_is_of_one_record(planned):
    found = planned(TEXTS, part=100)
    process = killed(found)
    next(process)
    again = Manifest(found)
    again.open()  # a process that was killed before it did anything: with --force, say
    manifest, notes = execution.begin(found, force=False)
    assert (manifest.files, manifest.parts, notes) == ({}, {}, [])
    assert len(list(Path(found.folder).glob("ended-*.jsonl"))) == 1


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "3",
        "[]",
        '{"file": 0}',
        '{"file": 9, "part": 0, "bytes": 1, "sha256": "", "counts": {}}',
        '{"file": -1, "part": 0, "bytes": 1, "sha256": "", "counts": {}}',
        '{"file": 0.5, "part": 0, "bytes": 1, "sha256": "", "counts": {}}',
        '{"file": 0, "part": "0", "bytes": 1, "sha256": "", "counts": {}}',
        '{"file": 0, "part": 0, "bytes": "x", "sha256": "", "counts": {}}',
        '{"file": 0, "part": 0, "bytes": 1, "sha256": "", "counts": []}',
        '{"file": 0, "part": 0, "bytes": 1, "sha256": "", "coun',
        "\0" * 40,
        "[" * 100_000,
    ],
)
def test_what_cannot_be_read_of_a_journal_is_counted_and_done_again(planned, line):
    found = planned(TEXTS, part=100)
    process = killed(found)
    next(process)
    (journal,) = Path(found.folder).glob("ended-*.jsonl")
    journal.write_text(line + "\n" + journal.read_text() + line)
    manifest, notes = execution.begin(found, force=False)
    assert notes == [f"{journal}: {1 + bool(line)} lines cannot be read; what they told of is done again"]
    assert (list(manifest.files), list(manifest.parts[0])) == ([], [0])


def test_a_full_disk_under_a_journal_is_an_error(planned):
    found = planned(TEXTS)
    Path(found.folder).mkdir(parents=True)
    manifest = Manifest(found)
    manifest.open()
    Path(found.folder, manifest._journal).symlink_to("/dev/full")
    with pytest.raises(OutputError, match=r"ended-.*\.jsonl: cannot be written: No space left on device"):
        manifest.add(0, Outcome())


def test_elsewhere_the_record_is_written_anew_now_and_then(planned, tmp_path):
    import fsspec

    here = planned(TEXTS, part=100)
    names = plan.inputs([str(tmp_path / "in")])[0]
    there = plan.batch(here.model, here.options, names, "memory://out", folder=True, part=100)
    manifest = Manifest(there)
    manifest.open()
    before = read_manifest(there.manifest)
    assert "journal" not in before
    manifest.add(0, Outcome(3, "x"), 0)
    manifest.add(0, Outcome(3, "x"), 1)
    manifest._next = 0
    manifest.add(0, Outcome(3, "x"), 2)
    assert list(read_manifest(there.manifest)["files"][0]["parts"]) == ["0", "1", "2"]
    manifest.add(0, Outcome(12, "x"))  # its parts are removed after this
    assert read_manifest(there.manifest)["files"][0]["bytes"] == 12
    assert replay(before, there.folder) == []
    fsspec.filesystem("memory").store.clear()


def test_a_record_is_what_json_holds(planned):
    found = planned(TEXTS)
    manifest = Manifest(found)
    document = json.loads(json.dumps(manifest.document()))
    assert document["files"][0]["input"] == found.files[0].input
    assert manifest.left == sum(len(text) for text in TEXTS.values())


def test_what_a_record_tells_of_is_on_the_disk_before_it(planned, monkeypatch):
    found, done = planned(TEXTS), []
    write = places.write
    monkeypatch.setattr(places, "sync_all", lambda: done.append("all"))
    monkeypatch.setattr(
        places, "write", lambda name, *more, **options: done.append(name) or write(name, *more, **options)
    )
    Path(found.folder).mkdir(parents=True)
    list(execution.run(Manifest(found), execution.one_after_another))
    outputs = [file.output for file in found.files]
    assert done == [found.manifest, *outputs, "all", found.manifest]
