import json


def test_json_of_the_dev_file(program, model):
    done = program("drift", model, "--json", "--limit", "3", "--neighbors", "4")
    document = json.loads(done.stdout)
    assert document["words"] > document["trained"] == document["moved"] > 1000
    assert [len(word["before"]) for word in document["farthest"]] == [4, 4, 4]
    distances = [word["distance"] for word in document["farthest"]]
    assert distances == sorted(distances, reverse=True)
    left = document["text"]["left_behind"]
    assert len(left) == 3 < document["text"]["words_left_behind"]
    assert document["text"]["entities"]["micro"]["support"] == 221
    assert "dev file of the model's configuration" in done.stderr


def test_tables(program, model):
    output = program("drift", model, "data/test.conll", "--limit", "2").stdout
    for part in ("word vectors moved in training", "moved farthest", "left behind", "seen words", "unseen words"):
        assert part in output


def test_untagged_text_has_no_scores(program, model, tmp_path):
    (tmp_path / "a.txt").write_text("Tove sings in Oslo.\n")
    done = program("drift", model, tmp_path / "a.txt", "--limit", "2")
    assert "is not tagged: no scores" in done.stderr
    assert "F1" not in done.stdout


def test_options_of_the_layout_hold_without_data_too(program, model):
    assert "byte" in program("drift", model, "--encoding", "ascii", code=2).stderr
    assert "expected at least 6 columns" in program("drift", model, "--token-column", "5", code=2).stderr
    assert "expected 'O' or a prefix and a type" in program("drift", model, "--tag-column", "0", code=2).stderr


def test_data_is_read_as_in_training_unless_told(program, model, tmp_path):
    (tmp_path / "a.conll").write_text("x Tove B-PER\nx sings O\n")
    done = program("drift", model, tmp_path / "a.conll", "--token-column", "1", "--json")
    assert json.loads(done.stdout)["text"]["entities"]["micro"]["support"] == 1


def test_standard_input_is_refused(program, model):
    done = program("drift", model, "-", stdin="Tove B-PER\n", code=2)
    assert done.stderr == "error: -: drift reads its text twice; give a file\n"


def test_bad_data_is_named(program, model, tmp_path):
    (tmp_path / "a.conll").write_text("Tove NNP\nsings VBZ\n")
    done = program("drift", model, tmp_path / "a.conll", code=2)
    assert "a.conll:1: expected 'O' or a prefix and a type" in done.stderr
    assert done.stdout == ""


def test_help_has_an_example(program):
    assert "Example: ner-window drift" in program("drift", "--help").stdout
