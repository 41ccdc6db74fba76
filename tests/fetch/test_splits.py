"""Training and development files of corpora that have none, or are in pieces."""

import pytest

from ner_window.errors import CorpusError
from ner_window.fetch.splits import cut, joined
from ner_window.text.conll import read_corpus


def sentences(count, word="w"):
    return "".join(f"{word}{i}\tO\nruns\tO\n\n" for i in range(count))


def test_joined_files_are_apart(tmp_path):
    a, b, c = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    a.write_bytes(b"Ana\tB-PER")
    b.write_bytes(b"\xef\xbb\xbfBo\tB-PER\r\n\r\n\r\n")
    c.write_bytes(b"Cy\tB-PER\n")
    assert joined([a, b, c]) == b"Ana\tB-PER\n\nBo\tB-PER\n\nCy\tB-PER\n\n"


def test_the_last_tenth_is_cut_off_where_a_sentence_begins(tmp_path):
    path = tmp_path / "f"
    path.write_text(sentences(20))
    train, dev = cut(path)
    assert (train + dev).decode() == sentences(20)
    assert dev.decode() == "w18\tO\nruns\tO\n\nw19\tO\nruns\tO\n\n"


@pytest.mark.parametrize("ending", ["", "\n", "\n\n\n"])
def test_all_tokens_are_in_one_of_the_two(tmp_path, ending):
    path = tmp_path / "f"
    path.write_text("\n\n" + sentences(7).rstrip() + ending)
    train, dev = cut(path)
    (tmp_path / "train").write_bytes(train)
    (tmp_path / "dev").write_bytes(dev)
    found = [[list(s.tokens) for s in read_corpus(tmp_path / name).sentences] for name in ("train", "dev")]
    assert [len(part) for part in found] == [6, 1]  # 6 / 7 = 0.857 is nearer to 0.9 than 7 / 7
    assert found[0] + found[1] == [[f"w{i}", "runs"] for i in range(7)]


def test_a_document_is_not_cut_in_two(tmp_path):
    """Documents of 12, 5 and 3 sentences: 17 / 20 = 0.85 is where one begins; 18 / 20 would be nearer to 0.9."""
    text = "".join(f"-DOCSTART-\tO\n\n{sentences(count)}" for count in (12, 5, 3))
    path = tmp_path / "f"
    path.write_text(text)
    train, dev = cut(path)
    assert (train + dev).decode() == text
    assert dev.decode() == f"-DOCSTART-\tO\n\n{sentences(3)}"


def test_a_document_that_is_too_long_is(tmp_path):
    """Documents of 10 and 10 sentences: half of a corpus is no development file."""
    path = tmp_path / "f"
    path.write_text("".join(f"-DOCSTART-\tO\n\n{sentences(10)}" for _ in range(2)))
    assert cut(path)[1].decode() == "w8\tO\nruns\tO\n\nw9\tO\nruns\tO\n\n"


def test_what_is_no_corpus_is_not_cut(tmp_path):
    path = tmp_path / "f"
    path.write_text("<html>\n")
    with pytest.raises(CorpusError, match=r"f:1: expected at least 2 columns"):
        cut(path)
