import json

import pytest

SENTENCE = "Tove Lund sings in Oslo."


def test_json_adds_up_and_agrees_with_predict(program, model):
    document = json.loads(program("explain", model, "--sentence", SENTENCE, "--json", "--method", "integrated").stdout)
    (tokens,) = document["sentences"]
    predicted = program("predict", model, "--input-format", "text", "--format", "conll", "--scheme", "BIOES",
                        "--probabilities", stdin=SENTENCE).stdout  # fmt: skip
    rows = [line.split(" ") for line in predicted.split("\n") if line]
    assert [(token["token"], token["tag"]) for token in tokens] == [(row[0], row[1]) for row in rows]
    for token, row in zip(tokens, rows, strict=True):
        chances = {entry["tag"]: entry["probability"] for entry in token["top"]}
        assert chances[token["tag"]] == pytest.approx(float(row[2]), abs=1e-4)
        total = sum(slot["word"] + slot["case"] for slot in token["window"]) + token["rest"]
        assert total == pytest.approx(token["difference"], abs=1e-9)
    assert document["check"]["error"] <= document["check"]["tolerance"]


def test_table_goes_to_standard_output_and_notes_to_standard_error(program, model):
    done = program("explain", model, "--sentence", "Qxzzt sings in Oslo .", "--tokens", "--top", "2")
    assert "checked: they do" in done.stdout
    assert "taken as the unknown word: Qxzzt" in done.stderr
    assert "note" not in done.stdout


def test_page_is_written_whole_and_not_over_another(program, model, tmp_path):
    page = tmp_path / "new" / "page.html"
    program("explain", model, "--sentence", "<b>Tove</b> & Oslo", "--format", "html", "-o", page)
    content = page.read_text()
    assert content.startswith("<!doctype html>")
    assert content.endswith("</html>\n")
    assert "<b>Tove</b> &amp;" not in content
    assert [p.name for p in page.parent.iterdir()] == ["page.html"]
    refused = program("explain", model, "--sentence", "Oslo", "-o", page, code=2)
    assert "exists already" in refused.stderr
    program("explain", model, "--sentence", "Oslo", "-o", page, "--force", "--json")
    assert json.loads(page.read_text())["sentences"][0][0]["token"] == "Oslo"


def test_controls_of_the_text_do_not_reach_the_terminal(program, model):
    words = "Tove \x1b[31mLund \x07\x9b sings"
    done = program("explain", model, "--tokens", "--sentence", words)
    assert "\ufffd[31mLund" in done.stdout
    assert "\ufffd[31mLund" in done.stderr  # a note: it has no vector
    page = program("explain", model, "--tokens", "--sentence", words, "--format", "html").stdout
    assert "\ufffd[31mLund" in page
    for text in (done.stdout, done.stderr, page):
        assert not {"\x1b", "\x07", "\x9b"} & set(text)
    document = json.loads(program("explain", model, "--tokens", "--sentence", words, "--json").stdout)
    assert [token["token"] for token in document["sentences"][0]] == words.split(" ")


def test_standard_input(program, model):
    done = program("-q", "explain", model, "--sentence", "-", "--json", stdin=f"{SENTENCE}\nQxzzt.\n")
    assert done.stderr == ""
    assert [len(sentence) for sentence in json.loads(done.stdout)["sentences"]] == [6, 2]


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        (["--sentence", "-"], b"Zo\xeb", "sentence: character 3 is not UTF-8"),
        (["--sentence", "a", "--json", "--format", "html"], b"", "choose one of --json and --format html"),
    ],
)
def test_wrong_use_is_named(program, model, arguments, stdin, message):
    done = program("explain", model, *arguments, stdin=stdin, code=2)
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_parts_that_do_not_add_up_exit_with_one(model, monkeypatch):
    from typer.testing import CliRunner

    from ner_window.cli import app
    from ner_window.inspection import explanation

    monkeypatch.setitem(explanation.TOLERANCES, "gradient", -1.0)
    result = CliRunner().invoke(app, ["explain", str(model), "--sentence", "Oslo"])
    assert result.exit_code == 1
    assert "THEY DO NOT" in result.output


def test_help_has_an_example(program):
    assert "Example: ner-window explain" in program("explain", "--help").stdout


def test_the_ending_of_the_file_gives_the_format(program, model, tmp_path):
    program("explain", model, "--sentence", "Paris is big .", "-o", tmp_path / "e.html")
    assert (tmp_path / "e.html").read_text().startswith("<!doctype html>")
    program("explain", model, "--sentence", "Paris is big .", "-o", tmp_path / "e.txt")
    assert (tmp_path / "e.txt").read_text().startswith("token")
