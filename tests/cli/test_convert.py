import json

TEXT = (
    "\ufeff-DOCSTART- -X- O O\r\n\r\n"
    "Mira\tNN\tI-PER\tx\r\nLars\tNN\tB-PER\tx\r\nsails\tVB\tO\tx\r\n \r\nOslo NN I-LOC x"
)
AS_BIOES = TEXT.replace("I-PER", "S-PER").replace("B-PER", "S-PER").replace("I-LOC", "S-LOC")


def test_only_tags_change_and_each_change_is_told(program, tmp_path):
    (tmp_path / "a.conll").write_bytes(TEXT.encode())
    done = program("convert", "a.conll", "b.conll", "--to", "BIOES", "--tag-column", 2, cwd=tmp_path)
    assert (tmp_path / "b.conll").read_bytes() == AS_BIOES.encode()
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "a.conll:3: 'I-PER' -> 'S-PER': an entity of one token in BIOES",
        "a.conll:4: 'B-PER' -> 'S-PER': an entity of one token in BIOES",
        "a.conll:7: 'I-LOC' -> 'S-LOC': an entity of one token in BIOES",
        "b.conll: IOB1 to BIOES: 3 of 4 tags changed, in 2 of 2 sentences",
    ]
    done = program("convert", "b.conll", "-", "--to", "IOB1", "--tag-column", -2, "-q", cwd=tmp_path)
    assert done.stdout == TEXT
    assert done.stderr == ""


def test_a_boundary_that_io_cannot_hold_is_told_and_counted(program, tmp_path):
    arguments = ("convert", "-", tmp_path / "b.conll", "--to", "IO", "--tag-column", 2, "--changes", 0)
    done = program(*arguments, "--json", stdin=TEXT)
    assert done.stderr.splitlines() == [
        "standard input:4: boundary lost: IO cannot tell the entity of 'B-PER' from the one before it",
        f"{tmp_path}/b.conll: IOB1 to IO: 1 of 4 tags changed, in 1 of 2 sentences",
        f"{tmp_path}/b.conll: 3 entities before, 2 after",
        f"{tmp_path}/b.conll: 1 boundary between entities lost",
    ]
    assert json.loads(done.stdout) == {
        "data": "standard input",
        "output": f"{tmp_path}/b.conll",
        "from": "IOB1",
        "to": "IO",
        "tokens": 4,
        "sentences": 2,
        "changed_tags": 1,
        "changed_sentences": 1,
        "entities_before": 3,
        "entities_after": 2,
        "lost_boundaries": 1,
        "unusual_tags": 0,
        "changes": [{"before": "B-PER", "after": "I-PER", "count": 1}],
    }


def test_what_its_scheme_does_not_allow_is_refused_and_repair_is_named(program, tmp_path):
    raw = "Mira B-PER\nLars I-PER\n\nin O\nOslo I-LOC\n"
    for target in ("-", tmp_path / "b.conll"):
        done = program("convert", "-", target, "--to", "BIOES", stdin=raw, code=2)
        assert done.stdout == ""
        assert done.stderr == (
            "error: standard input:5: tag 'I-LOC' cannot follow 'O' in IOB2; "
            "repair it (ner-window repair), or name its scheme (--from)\n"
        )
    assert list(tmp_path.iterdir()) == []
    done = program("convert", "-", "-", "--to", "BIOES", "--from", "IOB1", stdin=raw)
    assert done.stdout == "Mira B-PER\nLars E-PER\n\nin O\nOslo S-LOC\n"


def test_a_converted_corpus_scores_alike_and_comes_back(program, root, tmp_path):
    program("convert", root / "data" / "dev.conll", tmp_path / "a.conll.gz", "--to", "BILOU", "-q")
    done = program("score", root / "data" / "dev.conll", tmp_path / "a.conll.gz", "--json")
    assert json.loads(done.stdout)["entities"]["micro"]["f1"] == 1.0
    program("convert", tmp_path / "a.conll.gz", tmp_path / "b.conll", "--to", "IOB2", "-q")
    assert (tmp_path / "b.conll").read_bytes() == (root / "data" / "dev.conll").read_bytes()
