import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner_window.batch import execution, places, plan, work
from ner_window.batch.manifest import read_manifest
from ner_window.cluster import local
from ner_window.errors import ModelError, OutputError
from ner_window.prediction import predict
from ner_window.tagger import Tagger

CONLL = (
    "".join(f"{name} N\nflew V\nto P\n{place} N\n\n" for name in ("Ana", "Elena") for place in ("Berlin", "Oslo")) * 9
)
TEXT = "Ana flew to Berlin. She likes it.\nElena did not.\n\n" * 20


def finish(planned, runner=execution.one_after_another, force=False):
    with execution.claimed(planned):
        manifest, notes = execution.begin(planned, force=force)
        ended = [each for each in execution.run(manifest, runner) if each]
    return manifest, notes, ended


def outputs(planned):
    return {Path(file.output).name: places.read(file.output) for file in planned.files}


@pytest.mark.parametrize(
    "options", [{}, {"probabilities": True}, {"output_format": "html"}, {"output_format": "jsonl"}]
)
def test_parts_make_what_the_whole_file_gives(planned, model, options, tmp_path):
    texts = {"a.conll": CONLL, "b.txt": TEXT, "c.jsonl": '{"text": "Ana likes Oslo."}\n' * 30}
    found = planned(texts, part=100, **options)
    assert all(len(file.starts) > 3 for file in found.files)
    manifest, notes, ended = finish(found)
    assert (notes, manifest.errors) == ([], {})
    assert sum(each.weight for each in ended) == sum(file.size for file in found.files)
    tagger, format_ = Tagger.load(model), options.get("output_format")
    for (name, text), file in zip(texts.items(), found.files, strict=True):
        stream = io.BytesIO(text.encode())
        whole = b"".join(predict(tagger, stream, name, "auto", format_, None, options.get("probabilities", False)))
        assert places.read(file.output) == whole
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        ["manifest.json", *(Path(file.output).name for file in found.files)]
    )
    counts = manifest.files[0].counts
    assert (counts["sentences"], counts["tokens"]) == (36, 144)


def test_a_tagger_of_documents_is_given_whole_ones(planned, reader, tmp_path):
    sentences = CONLL.split("\n\n")
    text = "".join(f"-DOCSTART- X\n\n{chr(10).join(sentences[: i + 2])}\n\n" for i in range(9))
    planned({"a.conll": text})
    identity, _ = work.model_at(reader, plan.Options())
    names = plan.inputs([str(tmp_path / "in")])[0]
    found = plan.batch(identity, plan.Options(), names, str(tmp_path / "out"), folder=True, part=200)
    assert len(found.files[0].starts) > 2
    finish(found)
    whole = b"".join(predict(Tagger.load(reader), io.BytesIO(text.encode()), "a", "conll"))
    assert places.read(found.files[0].output) == whole


class Stop(Exception):
    pass


@settings(max_examples=15)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=4), st.randoms())
def test_stopped_after_any_part_it_goes_on_and_does_only_what_is_missing(tmp_path_factory, model, stops, random):
    folder = tmp_path_factory.mktemp("stopped")
    (folder / "in").mkdir()
    for name, text in (("a.conll", CONLL), ("b.txt", TEXT), ("c.tokens", "Ana likes Oslo\n")):
        (folder / "in" / name).write_text(text)
    identity, _ = work.model_at(model, plan.Options())
    names = plan.inputs([str(folder / "in")])[0]
    first, second = (
        plan.batch(identity, plan.Options(), names, str(folder / out), folder=True, part=150) for out in ("1", "2")
    )
    finish(first)
    done = []

    def stopping(after):
        def runner(tasks):
            shuffled = list(tasks)
            random.shuffle(shuffled)
            for number, key in enumerate(shuffled):
                if number == after:
                    raise Stop
                yield key, work.do(tasks[key])
                done.append(key)

        return runner

    for after in stops:
        try:
            finish(second, stopping(after))
        except Stop:
            (folder / "2" / ".parts").mkdir(exist_ok=True)
            (folder / "2" / ".parts" / "new-leftover").write_text("of a process that was killed")
    finish(second)
    assert len(done) == len(set(done))
    assert outputs(second) == outputs(first)
    assert len(list((folder / "2").iterdir())) == 4
    manifests = [json.loads((folder / out / "manifest.json").read_text()) for out in ("1", "2")]
    for entry in (entry for manifest in manifests for entry in manifest["files"]):
        del entry["output"]
    assert manifests[0] == manifests[1]


def test_what_is_wrong_with_a_text_is_told_with_its_line_and_the_rest_goes_on(planned, tmp_path):
    lines = CONLL.split("\n")
    lines[102] = "Oslo"
    texts = {"a.conll": "\n".join(lines), "b.conll": CONLL, "c.txt": b"caf\xe9 x\n", "d.jsonl": b"{}\n"}
    found = planned(texts, part=100)
    tried = []

    def runner(tasks):
        tried.extend(tasks)
        return execution.one_after_another(tasks)

    manifest, _, _ = finish(found, runner)
    folder = tmp_path / "in"
    assert list(execution.failures(manifest)) == [
        f"{folder}/a.conll:103: expected 2 columns as in line 1, got 1: 'Oslo'",
        f"{folder}/c.txt:1: byte 4 is not utf-8, got b'\\xe9'; set the encoding (data.encoding, --encoding), for "
        "example iso-8859-1",
        f"{folder}/d.jsonl:1: expected a key 'text' (a string) or 'tokens' (strings), got '{{}}'",
    ]
    assert len(tried) == len(set(tried))  # it would be as wrong again
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [".parts", "b.conll", "manifest.json"]
    lines[102] = "Oslo N"
    (folder / "c.txt").unlink()
    (folder / "d.jsonl").unlink()
    mended = planned({"a.conll": "\n".join(lines)}, part=100)
    manifest, notes, ended = finish(mended)
    assert notes == []  # those that failed have no output that stays
    assert {each.file for each in ended} == {0}
    assert outputs(mended)["a.conll"].count(b"\n") == outputs(mended)["b.conll"].count(b"\n")
    assert not (tmp_path / "out" / ".parts").exists()


def test_what_else_goes_wrong_is_tried_three_times(planned, tmp_path):
    found = planned({"a.conll": CONLL, "b.conll": CONLL}, part=300)
    tried = []

    def runner(tasks):
        for key, task in tasks.items():
            tried.append(key)
            if key == "1/1":
                Path(task.target).mkdir(exist_ok=True)  # something is in the way
        return execution.one_after_another(tasks)

    manifest, _, _ = finish(found, runner)
    assert tried.count("1/1") == 3
    assert [tried.count(key) for key in ("0/0", "0/1", "1/0")] == [1, 1, 1]
    line = CONLL[: found.files[1].starts[1]].count("\n") + 1
    weight = found.files[1].weight(1)
    message = (
        f"{tmp_path}/in/b.conll:{line}: given up after 3 tries, the part of {weight} bytes that begins here: "
        "Is a directory"
    )
    assert list(execution.failures(manifest)) == [message]
    record = read_manifest(found.manifest)
    assert record["files"][1]["errors"] == [message]
    assert "0" in record["files"][1]["parts"]


def test_a_part_whose_workers_died_is_given_up_at_once(planned, tmp_path):
    class KilledWorker(Exception):
        """As the scheduler raises it, which has tried."""

    def runner(tasks):
        return iter([(key, KilledWorker("x")) for key in tasks])

    manifest, _, _ = finish(planned({"a.txt": TEXT}), runner)
    assert list(execution.failures(manifest)) == [
        f"{tmp_path}/in/a.txt:1: given up after 3 tries, the part of {len(TEXT)} bytes that begins here: the workers "
        "that had it died"
    ]


def test_without_a_model_the_batch_ends(planned):
    def runner(tasks):
        return iter([(key, ModelError("no model")) for key in tasks])

    with pytest.raises(ModelError, match="no model"):
        finish(planned({"a.txt": TEXT}), runner)


def test_a_model_that_is_another_one_by_now_is_refused(planned, model, tmp_path):
    import shutil

    shutil.copytree(model, tmp_path / "m")
    identity, _ = work.model_at(tmp_path / "m", plan.Options())
    planned({"a.conll": CONLL})
    names = plan.inputs([str(tmp_path / "in")])[0]
    found = plan.batch(identity, plan.Options(), names, str(tmp_path / "out"), folder=True)
    finish(found)
    (tmp_path / "m" / "config.yaml").write_text("seed: 1\n")
    work._loaded.key = None  # another process has not read it
    with pytest.raises(ModelError, match="expected the model that the batch began with, got another one here"):
        finish(found, force=True)
    again = plan.batch(
        work.model_at(tmp_path / "m", plan.Options())[0], plan.Options(), names, str(tmp_path / "out"), folder=True
    )
    with pytest.raises(OutputError, match=r"manifest.json: the outputs there are of other models: sha256 was '"):
        finish(again)


def test_outputs_of_other_options_and_of_others_are_not_replaced_unasked(planned, tmp_path):
    finish(planned({"a.conll": CONLL}))
    other = planned({}, probabilities=True)
    with pytest.raises(OutputError, match="of other options: probabilities was False, is True; choose another output"):
        finish(other)
    before = outputs(other)
    finish(other, force=True)
    assert outputs(other) != before
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "a.conll").write_text("mine")
    with pytest.raises(OutputError, match=r"new/a.conll: exists already; choose another output, or replace it with"):
        finish(planned({}, output=str(tmp_path / "new")))
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.conll"]
    (tmp_path / "new" / "manifest.json").write_text('{"name": "of a web page"}')
    with pytest.raises(OutputError, match=r"manifest.json: not the record of a batch"):
        finish(planned({}, output=str(tmp_path / "new")))


def test_what_has_changed_is_done_again_and_said(planned, tmp_path):
    finish(planned({"a.conll": CONLL, "b.conll": CONLL, "c.conll": CONLL, "d.conll": CONLL}))
    (tmp_path / "in" / "b.conll").unlink()
    (tmp_path / "out" / "c.conll").write_text("")
    found = planned({"a.conll": CONLL + CONLL})
    _, notes, ended = finish(found)
    assert notes == [
        f"{tmp_path}/in/a.conll: changed since tagged; tagged again",
        f"{tmp_path}/out/c.conll: gone, or not as written; written again",
        f"{tmp_path}/in/b.conll: not among the inputs now; the output stays",
    ]
    assert [each.file for each in ended] == [0, 1]
    assert outputs(found)["a.conll"] == 2 * outputs(found)["d.conll"]
    os.utime(tmp_path / "in" / "d.conll", ns=(0, 0))
    (tmp_path / "in" / "a.conll").write_text(CONLL)
    notes = finish(planned({"b.conll": CONLL}))[1]  # it was made anew
    assert notes == [f"{tmp_path}/in/a.conll and 2 more: changed since tagged; tagged again"]


def test_what_is_not_asked_for_this_time_is_not_forgotten(planned, tmp_path):
    both = planned({"a.conll": CONLL, "b.conll": CONLL})
    finish(both)
    (tmp_path / "in" / "b.conll").rename(tmp_path / "b.conll")
    for _ in range(2):
        assert finish(planned({}))[1] == [f"{tmp_path}/in/b.conll: not among the inputs now; the output stays"]
    (tmp_path / "b.conll").rename(tmp_path / "in" / "b.conll")
    _, notes, ended = finish(planned({}))
    assert (notes, ended) == ([], [])


def test_an_input_that_changes_meanwhile_is_an_error(planned, tmp_path):
    found = planned({"a.conll": CONLL, "b.conll": CONLL}, part=100)

    def runner(tasks):
        for number, (key, task) in enumerate(tasks.items()):
            if number == 2:
                os.truncate(tmp_path / "in" / "a.conll", 300)
            yield key, work.do(task)

    manifest, _, _ = finish(found, runner)
    path = tmp_path / "in" / "a.conll"
    message = f"{path}: changed while it was tagged; run the same command again when it is written"
    assert message in execution.failures(manifest)
    assert not places.exists(found.files[0].output)
    assert manifest.files.keys() == {1}


def test_a_wrong_first_line_is_told_once(planned, tmp_path):
    manifest, _, _ = finish(planned({"a.conll": "Ana\t\n" + CONLL.replace(" ", "\t")}, part=100, token_column=1))
    assert execution.failures(manifest) == [
        f"{tmp_path}/in/a.conll:1: column 1 is empty, got 'Ana\\t'; is there a tab too many?"
    ]


def test_many_small_files_are_handed_over_together(planned):
    found = planned({f"{n}.conll": CONLL for n in range(30)})
    tasks = {f"{n}/0": execution._task(found, n, 0) for n in range(30)}
    assert [list(bundle) for bundle in execution._bundles(tasks, True)] == [list(tasks)]
    assert [len(bundle) for bundle in execution._bundles(tasks, False)] == [1] * 30


@pytest.mark.parametrize("name", ["a b", "a::b", "~", "[a]*", "é", "#%41", "-o", "a\nb", os.fsdecode(b"a\xff")])
def test_files_may_be_called_anything(planned, tmp_path, name):
    (tmp_path / "in" / f"{name}.d").mkdir(parents=True)
    (tmp_path / "in" / f"{name}.d" / f"{name}.conll").write_text(CONLL)
    found = planned({f"{name}.conll": CONLL}, part=200, output=str(tmp_path / f"{name}.out"))
    assert finish(found)[0].errors == {}
    names = {f"{name}.conll", f"{name}.d", "manifest.json"}
    assert {path.name for path in (tmp_path / f"{name}.out").iterdir()} == names
    assert finish(found)[2] == []


def test_two_processes_are_not_at_work_in_one_output(planned):
    found = planned({"a.conll": CONLL})
    with (
        execution.claimed(found),
        pytest.raises(OutputError, match="another process is at work here"),
        execution.claimed(found),
    ):
        pass


def test_inputs_and_outputs_may_be_elsewhere(planned, tmp_path):
    import fsspec

    here = planned({"a.conll": CONLL, "b.txt": TEXT}, part=200)
    finish(here)
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    for name in ("a.conll", "b.txt"):
        memory.pipe(f"/in/{name}", (tmp_path / "in" / name).read_bytes())
    there = plan.batch(here.model, here.options, plan.inputs(["memory://in"])[0], "memory://out", folder=True, part=200)
    manifest, _, _ = finish(there)
    assert outputs(there) == outputs(here)
    assert sorted(memory.find("/out")) == ["/out/a.conll", "/out/b.jsonl", "/out/manifest.json"]
    assert [each.sha256 for each in manifest.files.values()] == [
        entry["sha256"] for entry in read_manifest(here.manifest)["files"]
    ]
    assert finish(there)[2] == []
    memory.store.clear()


def test_threads_do_not_share_a_table(planned):
    from concurrent.futures import ThreadPoolExecutor

    found = planned({"a.conll": CONLL, "b.txt": TEXT}, part=100, probabilities=True)
    finish(found)
    expected = outputs(found)

    def runner(tasks):
        with ThreadPoolExecutor(8) as threads:
            yield from zip(tasks, threads.map(work.do, tasks.values()), strict=True)

    finish(found, runner, force=True)
    assert outputs(found) == expected


def test_execution_has_no_other_failures_than_those_told(planned):
    assert execution.TRIES == 3
    manifest, _, _ = finish(planned({"a.conll": ""}))
    assert (execution.failures(manifest), manifest.files[0].bytes) == ([], 0)


@pytest.fixture
def server(tmp_path):
    """Serve a folder by FTP, in a process of its own; give its address."""
    code = (
        "import sys\nfrom pyftpdlib.authorizers import DummyAuthorizer\nfrom pyftpdlib.handlers import FTPHandler\n"
        "from pyftpdlib.servers import ThreadedFTPServer\nFTPHandler.authorizer = DummyAuthorizer()\n"
        "FTPHandler.authorizer.add_anonymous(sys.argv[1], perm='elradfmwMT')\n"
        "server = ThreadedFTPServer(('127.0.0.1', 0), FTPHandler)\n"
        "print(server.socket.getsockname()[1], flush=True)\nserver.serve_forever()\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", code, str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    yield f"ftp://127.0.0.1:{process.stdout.readline().strip()}"
    process.kill()
    process.communicate()


def test_workers_tag_what_is_on_a_server(planned, server, tmp_path):
    here = planned({"a.conll": CONLL, "b.txt": TEXT}, part=200)
    finish(here)
    names = plan.inputs([f"{server}/in"])[0]
    there = plan.batch(here.model, here.options, names, f"{server}/there", folder=True, part=200)
    with local(2) as client:
        manifest, _, _ = finish(there, execution.on_workers(client))
    assert manifest.errors == {}
    assert sorted(path.name for path in (tmp_path / "there").iterdir()) == ["a.conll", "b.jsonl", "manifest.json"]
    assert outputs(there) == outputs(here)
    assert finish(there)[2] == []
