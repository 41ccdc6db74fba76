import gzip
import os

import pytest

from ner_window.batch import plan, work
from ner_window.batch.places import Found
from ner_window.errors import CorpusError, OutputError

CONLL = "Ana N\nsings V\n\n" * 40


def test_each_input_has_an_output_of_its_own_named_for_what_is_in_it(planned, tmp_path):
    texts = {
        "a.conll.gz": gzip.compress(CONLL.encode()),
        "b.txt": "Ana sings.\n",
        "c.2024": "Ana sings.\n",
        "d.tokens": "Ana sings\n",
        "e.jsonl": '{"text": "x"}\n',
    }
    found = planned(texts).files
    assert [file.output.removeprefix(f"{tmp_path}/out/") for file in found] == [
        *("a.conll", "b.jsonl", "c.2024.jsonl", "d.conll", "e.jsonl"),
    ]
    assert [file.kind for file in found] == ["conll", "text", "text", "tokens", "jsonl"]
    names = {"html": ["a.html", "b.html", "c.2024.html", "d.html", "e.html"], "inline": ["a.txt", "b.txt", "c.2024"]}
    for output_format, expected in names.items():
        outputs = [file.output.rpartition("/")[2] for file in planned(texts, output_format=output_format).files]
        assert outputs[: len(expected)] == expected


def test_hidden_files_and_outputs_are_no_inputs_and_counted(tmp_path):
    for name in ("in/a.txt", "in/.b.txt", "in/.c/d.txt", "in/out/a.jsonl", "in/outer.txt", ".e/f.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    folder = f"{tmp_path}/in"
    found, notes = plan.inputs([folder, f"{folder}/.b.txt", "-"], f"{folder}/out")
    assert [each.relative for each in found] == ["a.txt", "outer.txt", ".b.txt", "stdin"]
    assert notes == [f"{folder}: 2 hidden files are left out", f"{folder}: 1 files in {folder}/out are left out"]
    with pytest.raises(OutputError, match="in: is the input and the output; choose another output"):
        plan.inputs([folder], folder)
    assert len(plan.inputs([folder], str(tmp_path))[0]) == 3  # an output around the input
    assert len(plan.inputs([folder], f"{folder}/../in/out")[0]) == 2
    (tmp_path / "in/.c/d.txt").rename(tmp_path / "in/.c/.d")
    with pytest.raises(CorpusError, match="all files in it are hidden, or outputs, or no files"):
        plan.inputs([f"{folder}/.c"])


def test_what_is_no_file_is_no_input_and_what_is_damaged_is_told_later(planned, tmp_path):
    (tmp_path / "in" / "d").mkdir(parents=True)
    os.mkfifo(tmp_path / "in" / "pipe")
    (tmp_path / "in" / "broken").symlink_to("nowhere")
    (tmp_path / "in" / "loop").symlink_to(".")
    (tmp_path / "in" / "damaged.gz").write_text("x")
    (tmp_path / "in" / "a.txt").write_text("x")
    found, notes = plan.inputs([str(tmp_path / "in")])
    assert [each.relative for each in found] == ["a.txt", "damaged.gz"]
    assert notes == [f"{tmp_path}/in: 3 left out, being no files (folders that are linked, broken links, pipes)"]
    assert [file.kind for file in planned({}).files] == ["text", None]
    with pytest.raises(CorpusError, match="input: has no name, got ''"):
        plan.inputs([""])


def test_two_inputs_of_one_output_are_refused(planned, tmp_path):
    with pytest.raises(OutputError) as error:
        planned({"a.txt": "x y.\n", "a.text": "x y.\n"})
    assert str(error.value) == (
        f"{tmp_path}/out/a.jsonl: both {tmp_path}/in/a.text and {tmp_path}/in/a.txt would be written there; give them "
        "outputs of their own"
    )
    (tmp_path / "in" / "a.text").unlink()
    with pytest.raises(OutputError, match="both the record of the batch and"):
        planned({"manifest.json": CONLL}, input_format="conll")


def test_big_files_are_cut_compressed_ones_are_not(planned):
    found = planned({"a.conll": CONLL, "b.conll.gz": gzip.compress(CONLL.encode()), "c.conll": CONLL[:30]}, part=100)
    assert [len(file.starts) for file in found.files] == [6, 1, 1]
    file = found.files[0]
    assert file.starts == (0, 105, 210, 315, 405, 510)
    assert (file.extent(1), file.extent(5)) == ((105, 210), (510, None))
    assert sum(file.weight(part) for part in range(6)) == file.size == 600


def test_an_output_is_a_folder_for_several_inputs_or_if_it_is_one(tmp_path):
    one, several = [Found("a", "a")], [Found("in/a", "a"), Found("in/b", "b")]
    assert not plan.is_folder("out", ["a"], one)
    assert plan.is_folder("out/", ["a"], one)
    assert plan.is_folder(str(tmp_path), ["a"], one)
    assert plan.is_folder("out", ["in"], several)
    assert plan.is_folder("out", ["in"], [Found("in/a", "a")])  # a folder with one file in it


def test_a_single_file_has_its_record_beside_it(model, tmp_path):
    (tmp_path / "a.conll").write_text(CONLL)
    options = plan.Options()
    identity, _ = work.model_at(model, options)
    found = plan.batch(identity, options, plan.inputs([str(tmp_path / "a.conll")])[0], f"{tmp_path}/b", folder=False)
    assert (found.manifest, found.folder) == (f"{tmp_path}/b.parts/manifest.json", f"{tmp_path}/b.parts")
    assert found.files[0].output == f"{tmp_path}/b"


def test_what_is_read_once_is_not_looked_into(planned, tmp_path):
    (tmp_path / "in").mkdir()
    os.mkfifo(tmp_path / "in" / "pipe")
    pipe = Found(f"{tmp_path}/in/pipe", "pipe")
    file = plan._file(pipe, "out", "", planned({"a.txt": "x"}).model, plan.Options(), 100)  # would wait for a writer
    assert (file.kind, file.size, file.output) == (None, None, "out/pipe")


def test_the_digest_of_a_model_is_of_all_but_its_times(model, tmp_path):
    import shutil

    from ner_window.batch.work import digest_of

    shutil.copytree(model, tmp_path / "m")
    assert digest_of(tmp_path / "m") == digest_of(model)
    (tmp_path / "m" / "timings.json").write_text("{}")
    assert digest_of(tmp_path / "m") == digest_of(model)
    (tmp_path / "m" / "words.txt").write_bytes((model / "words.txt").read_bytes() + b"\nx")
    assert digest_of(tmp_path / "m") != digest_of(model)
