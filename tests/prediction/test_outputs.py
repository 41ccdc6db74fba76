import re

import pytest

from ner_window.errors import OutputError
from ner_window.prediction import encoded, plan, write_whole


def test_what_is_bytes_already_is_written_as_it_is(tmp_path):
    write_whole(tmp_path / "out", [b"\xff", "é"], "utf-8")
    assert (tmp_path / "out").read_bytes() == b"\xff\xc3\xa9"


def test_what_an_encoding_does_not_hold_is_named():
    with pytest.raises(OutputError, match=re.escape("there: ascii cannot hold 'é'; choose another --encoding")):
        encoded("caf\xe9", "ascii", "there")


def test_a_file_that_is_not_whole_does_not_appear(tmp_path):
    def pieces():
        yield "x"
        raise OutputError("stop")

    with pytest.raises(OutputError, match="stop"):
        write_whole(tmp_path / "out", pieces(), "utf-8")
    assert not list(tmp_path.iterdir())


def test_a_plan_pairs_inputs_with_outputs(tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("a.conll.gz", "b.txt"):
        (tmp_path / "in" / name).touch()
    inputs = [str(tmp_path / "in" / name) for name in ("a.conll.gz", "b.txt")]
    out = tmp_path / "out"
    assert plan(["-", *inputs], None, False) == [(name, None) for name in ("-", *inputs)]
    assert plan([inputs[0]], out, False) == [(inputs[0], out)]
    assert plan([str(tmp_path / "in"), "-"], out, False) == [
        (inputs[0], out / "a.conll"),
        (inputs[1], out / "b.txt"),
        ("-", out / "stdin"),
    ]
    with pytest.raises(OutputError, match="two inputs have this name"):
        plan([inputs[0], inputs[0]], out, False)
