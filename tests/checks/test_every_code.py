"""For each code a flawed file, the line at which the code is raised, and a near miss: a file that does not raise it."""

import gzip
import os
from dataclasses import dataclass, field

import pytest

from ner_window.checks.codes import codes
from ner_window.checks.streams import LONGEST
from ner_window.text.line_rules import Layout

#: Sentences of 8 tokens.
MARA = "Mara B-PER\nLind I-PER\nwent O\nby O\nboat O\nto O\nthe O\nisland O\n\n"
PIA, TOM = MARA.replace("Mara", "Pia"), MARA.replace("Mara", "Tom")
ONE = "Mara B-PER\nrows O\n\n"
OTHER = "Oslo B-LOC\nshines O\n\n"
VECTORS = "mara 0.1 0.2\nrows 0.3 0.4\n"


def sentences(count, type_="PER", prefix="B"):
    """Sentences of two tokens, all different; each has three lines."""
    return "".join(f"{prefix}{type_}{i} {prefix}-{type_}\nn{i} O\n\n" for i in range(count))


def plain(count):
    """Sentences of two tokens outside."""
    return "".join(f"p{i} O\nq{i} O\n\n" for i in range(count))


@dataclass(frozen=True)
class Case:
    """Files by name, flawed and nearly so; the finding is in the last one, or in the vectors."""

    line: int
    flawed: dict
    near: dict
    vectors: tuple = (None, None)
    options: dict = field(default_factory=dict)


def one(line, flawed, near, **options):
    """Return a case of one file."""
    return Case(line, {"a.conll": flawed}, {"a.conll": near}, options=options)


def two(line, first, flawed, near):
    """Return a case of a file beside another."""
    return Case(line, {"a.conll": first, "b.conll": flawed}, {"a.conll": first, "b.conll": near})


def vectors(line, flawed, near, corpus=ONE):
    """Return a case of a vectors file, beside a corpus."""
    return Case(line, {"a.conll": corpus}, {"a.conll": corpus}, vectors=(flawed, near))


CASES = {
    "E001": one(1, "\n-DOCSTART- O\n\n", ONE),
    "E002": Case(4, {"a.conll.gz": gzip.compress(ONE.encode())[:-9]}, {"a.conll.gz": gzip.compress(ONE.encode())}),
    "E003": one(1, ONE.encode("utf-16"), ONE.encode("utf-8-sig")),
    "E101": one(2, "Mara X B-PER\nrows O\nby X O\n", "Mara X B-PER\n-DOCSTART-\nby X O\n"),
    "E102": one(2, "Mara B-PER\nNew York B-LOC\nby O\n", "Mara\tB-PER\nNew York\tB-LOC\nby\tO\n"),
    "E103": one(2, "Mara\tX\tB-PER\n\tX\tO\n", "Mara\tX\tB-PER\nby\t\tO\n"),
    "E104": one(1, "Mara\nrows\n", ONE),
    "E105": one(1, "".join("w " * n + "\n" for n in range(1, 13)), sentences(6)),
    "E106": one(4, f"{ONE}<<<<<<< theirs v2\n{OTHER}", f"{ONE}<<<<<<< O\n{OTHER}"),
    "E107": one(2, f"Mara B-PER\n{'a' * LONGEST} O\n", f"Mara B-PER\n{'a' * (LONGEST - 2)} O\n"),
    "E108": one(2, "Mara B-PER\nrows\rhome O\n", "Mara B-PER\r\nrows O\r\n"),
    "W109": one(4, f"{ONE}Oslo\tB-LOC\n{OTHER}", f"{ONE}Oslo  B-LOC\n{OTHER}"),
    "W110": one(2, "Mara\tB-PER\nrows \tO\n", "Mara  B-PER\nrows  O\n"),
    "W111": one(4, f"{ONE}Oslo B-LOC\r\nshines O\n", ONE.replace("\n", "\r\n")),
    "E201": one(2, b"Mara B-PER\nJ\xfcrgen O\n", "Mara B-PER\nJürgen O\n"),
    "E202": one(2, b"J\xc3\xbcrgen B-PER\nJ\xfcrgen B-PER\n", "Jürgen B-PER\nJürgen B-PER\n"),
    "E203": one(1, "Jürgen B-PER\n", "Jürgen B-PER\n".encode("latin-1"), layout=Layout(encoding="iso-8859-1")),
    "E204": one(4, f"{ONE}\ufeff{OTHER}", f"\ufeff{ONE}{OTHER}"),
    "N205": one(1, f"\ufeff{ONE}", ONE),
    "W206": one(2, "Mara B-PER\n10\u00a0000 O\n", "Mara B-PER\n10,000 O\n"),
    "W207": one(2, "Mara B-PER\nro\u200bws O\n", "Mara B-PER\n\u0645\u06cc\u200c\u062e\u0648\u0631\u0645 O\n"),
    "W208": one(2, "Mara B-PER\nJÃ¼rgen O\n", "Mara B-PER\nSÃO O\n"),
    "W209": one(2, "Mara B-PER\nJ\ufffdrgen O\n", "Mara B-PER\nJ?rgen O\n"),
    "E301": one(2, "Mara B-PER\nrows PER\n", "Mara B-PER\nrows I-PER\n"),
    "E302": one(2, "Mara B-PER\nrows 0\n", "Mara B-PER\n0 O\n"),
    "E303": one(2, "Mara B-PER\nOslo B_LOC\n", "Mara B-PER\nOslo B-LOC_2\n"),
    "E304": one(2, "Mara B-PER\nrows O-PER\n", "Mara B-PER\nO-PER O\n"),
    "E305": one(2, "Mara B-PER\nOslo b-LOC\n", "Mara B-PER\nOslo B-b-LOC\n"),
    "E306": one(3, "Mara B-PER\nvan I-PER\nder M-PER\n", "Mara B-PER\nvan I-PER\nder I-PER\n"),
    "E307": one(1, "Mara NNP\nrows VBZ\nby IN\n" * 5, "Mara 0\nrows 0\nby 0\n" * 5),
    "E308": one(4, f"{ONE}Oslo B--LOC\n", f"{ONE}Oslo B-LOC-2\n"),
    "W309": one(61, f"{sentences(20, 'MISC')}Oslo B-MISS1\n", f"{sentences(20, 'MISC')}Oslo B-LOC\n"),
    "W310": one(7, f"{ONE}{OTHER}Bo B-per\n", f"{ONE}{OTHER}Bo B-GPE\n"),
    "W311": one(1, "the B-NP\ncat I-NP\nsleeps B-VP\n", "the B-NP\ncat I-NP\nsleeps B-PER\n"),
    "E312": one(1, plain(2), ONE),
    "W313": two(1, ONE, plain(2), ONE),
    "E401": one(2, f"Mara B-PER\nOslo I-LOC\n\n{OTHER}", f"Mara B-PER\nOslo I-PER\n\n{OTHER}"),
    "W402": one(13, sentences(4) + sentences(3, prefix="I"), sentences(4) + sentences(2, prefix="I")),
    "W403": one(2, f"Mara B-PER\nOslo I-LOC\n\n{OTHER}", ONE, repaired=True),
    "N404": one(1, "Mara I-PER\n", "Mara B-PER\n"),
    "W501": one(4, ONE + "a O\n" * 513, ONE + "a O\n" * 512),
    "W502": one(1, "a B-PER\n" * 100, "a B-PER\n" * 99),
    "W503": one(1, "a B-PER\n\n" * 10, "a B-PER\n\n" * 8 + ONE * 2),
    "N504": one(7, ONE + OTHER + ONE, ONE + OTHER),
    "W601": two(4, ONE + MARA, OTHER + MARA, OTHER + MARA.replace("boat", "car")),
    "N602": two(4, ONE, OTHER + ONE, OTHER + OTHER),
    "E603": two(1, MARA + PIA, MARA + PIA, MARA + TOM),
    "W604": two(4, ONE, ONE + OTHER, ONE),
    "N605": two(1, ONE + OTHER, ONE, OTHER + ONE),
    "W606": two(1, sentences(30) + sentences(30, "LOC"), sentences(30), sentences(30) + sentences(20, "LOC")),
    "W607": two(1, sentences(30), sentences(30) + plain(40), sentences(30) + plain(20)),
    "N608": two(1, ONE, "Mara I-PER\n", ONE),
    "E701": vectors(3, f"{VECTORS}by 0.1\n", f"{VECTORS}by 0.1 0.2\n"),
    "E702": vectors(3, f"{VECTORS}by 0.1 x\n", f"{VECTORS}x 0.1 1e-3\n"),
    "E703": vectors(1, "", VECTORS),
    "W704": vectors(3, f"{VECTORS}by nan 0.1\n", f"{VECTORS}nan 0.1 0.1\n"),
    "W705": vectors(3, f"{VECTORS}mara 0.5 0.5\n", f"{VECTORS}Mara 0.5 0.5\n"),
    "W706": vectors(3, f"{VECTORS}J\xfcrgen 0.5 0.5\n".encode("latin-1"), f"{VECTORS}J\xfcrgen 0.5 0.5\n"),
    "W707": vectors(3, f"{VECTORS}by 0.5", f"{VECTORS}by 0.5 0.5"),
    "W708": vectors(1, f"3 2\n{VECTORS}", f"2 2\n{VECTORS}"),
    "N709": vectors(3, f"{VECTORS}. . . 0.5 0.5\n", f"{VECTORS}... 0.5 0.5\n"),
    "N801": Case(1, {"a.conll": OTHER}, {"a.conll": ONE}, vectors=(VECTORS, VECTORS)),
    "W802": Case(1, {"a.conll": OTHER + ONE}, {"a.conll": ONE}, vectors=(VECTORS, VECTORS)),
}


def found(checked, case, code, near):
    """Check a case; return the lines at which a code is found, in the file where it should be."""
    files = case.near if near else case.flawed
    result = checked(files, case.vectors[near], **case.options)
    name = "v.txt" if code[1] == "7" else list(files)[-1]
    return [finding.line for finding in result.findings.of(name) if finding.code == code], result


def test_every_code_has_a_case():
    assert list(codes()) == list(CASES)


@pytest.mark.parametrize("code", CASES)
def test_a_flaw_is_found_at_its_line_and_a_near_miss_is_not(code, checked):
    lines, result = found(checked, CASES[code], code, near=False)
    assert lines[0] == CASES[code].line
    assert not (code[0] == "E" and result.passed(strict=False))
    assert not (code[0] in "EW" and result.passed(strict=True))
    assert found(checked, CASES[code], code, near=True)[0] == []


def answers(checked):
    """Return a table of what is answered to each flaw."""
    rows = ["| code | what is in the file | what is answered | what to do |", "|---|---|---|---|"]
    for code, case in CASES.items():
        _, result = found(checked, case, code, near=False)
        finding = next(f for name in result.sources for f in result.findings.of(name) if f.code == code)
        text = ascii(finding.text[:30])[1:-1] if finding.text else ""
        what = f"{finding.file}:{finding.line}:{finding.column} {finding.message}"
        rows.append(f"| {code} | {cell(text)} | {cell(what[:150])} | {cell(finding.fix)} |")
    return "\n".join(rows)


def cell(text):
    """Return text as it can stand in a cell of a table."""
    quoted = text.replace("|", "\\|").replace("`", "'")
    return f"`{quoted}`" if quoted else ""


def test_the_table_of_answers_is_what_is_answered(checked, root):
    path, table = root / "tests/checks/answers.md", answers(checked)
    heading = path.read_text(encoding="utf-8").partition("| code")[0]
    if os.environ.get("WRITE_ANSWERS"):
        path.write_text(f"{heading}{table}\n", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == f"{heading}{table}\n"


@pytest.mark.parametrize("code", CASES)
def test_a_code_has_a_page_with_a_fix(code):
    known = codes()[code]
    assert known.title
    assert "Fix: " in known.page
