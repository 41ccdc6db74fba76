import json

TEXT = "Mira I-PER x\nsails O x\n\nto O x\nNorth B-LOC x\nBay I-ORG x\nLars B-PER x \n"


def test_what_conlleval_counts_is_kept(program, tmp_path):
    (tmp_path / "a.conll").write_text(TEXT)
    done = program("repair", "a.conll", "b.conll", "--scheme", "IOB2", "--tag-column", 1, cwd=tmp_path)
    assert (tmp_path / "b.conll").read_text() == TEXT.replace("I-PER", "B-PER").replace("I-ORG", "B-ORG")
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "a.conll:1-2: 1 tag changed (conlleval), entities 1 before, 1 after",
        "a.conll:1: 'I-PER' -> 'B-PER': cannot follow the start of a sentence in IOB2",
        "a.conll:4-7: 1 tag changed (conlleval), entities 3 before, 3 after",
        "a.conll:6: 'I-ORG' -> 'B-ORG': cannot follow 'B-LOC' in IOB2",
        "b.conll: IOB2 repaired (conlleval): 2 of 6 tags changed, in 2 of 2 sentences",
    ]
    again = program("repair", "b.conll", "-", "--tag-column", 1, cwd=tmp_path)
    assert again.stdout == (tmp_path / "b.conll").read_text()
    assert again.stderr == ("standard output: IOB2 repaired (conlleval): 0 of 6 tags changed, in 0 of 2 sentences\n")


def test_broken_entities_are_discarded(program, tmp_path):
    arguments = (
        "repair",
        "-",
        tmp_path / "b.conll",
        "--method",
        "discard",
        "--tag-column",
        1,
        "--changes",
        1,
        "--json",
    )
    done = program(*arguments, stdin=TEXT)
    assert (tmp_path / "b.conll").read_text() == TEXT.replace("I-PER", "O").replace("I-ORG", "O")
    assert done.stderr.splitlines() == [
        "standard input:1-2: 1 tag changed (discard), entities 1 before, 0 after",
        "standard input:1: 'I-PER' -> 'O': cannot follow the start of a sentence in IOB2",
        f"{tmp_path}/b.conll: IOB2 repaired (discard): 2 of 6 tags changed, in 2 of 2 sentences",
        f"{tmp_path}/b.conll: 4 entities before, 2 after",
    ]
    counts = json.loads(done.stdout)
    assert (counts["scheme"], counts["method"], counts["changed_tags"]) == ("IOB2", "discard", 2)
    assert counts["changes"] == [
        {"before": "I-ORG", "after": "O", "count": 1},
        {"before": "I-PER", "after": "O", "count": 1},
    ]


def test_a_repaired_file_can_be_converted(program, tmp_path):
    program("repair", "-", tmp_path / "b.conll", "--scheme", "BIOES", stdin="a B-X\nb O\nc B-X\nd I-X\n")
    done = program("convert", tmp_path / "b.conll", "-", "--to", "IOB2", "-q")
    assert done.stdout == "a B-X\nb O\nc B-X\nd I-X\n"


def test_what_is_no_tag_is_no_matter_of_repair(program):
    done = program("repair", "-", "-", stdin="Mira O\nsails VB\n", code=2)
    assert (done.stdout, done.stderr) == (
        "",
        "error: standard input:2: expected 'O' or a prefix and a type such as 'B-PER', got 'VB'; "
        "is it the right tag column?\n",
    )
