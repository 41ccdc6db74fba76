from dataclasses import replace

from ner_window.inspection.vector_coverage import CorpusCoverage
from ner_window.inspection.vector_files import Import, VectorFile
from ner_window.report.vector_files import coverage_text, file_text, import_text
from ner_window.text.vector_text import VectorsReport
from ner_window.text.words import FALLBACKS

NORMS = {"min": 0.5, "mean": 1.25, "max": 2.0}
FILE = VectorFile(
    "v.txt", "v.txt", "GloVe text", 12345, "ab12", None, 2000, 50, ["quay", "a\rb"], 17, NORMS, VectorsReport(2000)
)


def lines_of(text):
    head, *lines = text.split("\n")
    return head, dict(line.strip().split("  ", 1) for line in lines)


def test_a_file_with_a_line_for_each_fact():
    head, lines = lines_of(file_text(FILE))
    assert head == "v.txt"
    assert {name: value.strip() for name, value in lines.items()} == {
        "format": "GloVe text",
        "words": "2,000",
        "dimensions": "50",
        "first words": "'quay' 'a\\rb'",
        "words not in lower case": "17",
        "words with a space": "0",
        "norm": "mean 1.250, smallest 0.500, largest 2.000",
        "bytes": "12,345",
        "SHA-256": "ab12",
        "in the cache": "no; ner-window vectors import v.txt puts it there",
    }


def test_what_was_left_out_and_noted_of_a_file():
    report = VectorsReport(2004, 2000, duplicates=3, truncated=1, notes=["v.txt:9: 'quay' stands here again"])
    text = file_text(replace(FILE, report=report))
    assert "  2,000 of 2,004; left out: 3 repeated, 1 cut short\n" in text
    assert text.endswith("  v.txt:9: 'quay' stands here again")


def test_a_named_set_an_archive_and_the_cache():
    text = file_text(replace(FILE, source="glove", path="/there/v.zip#one", cache="/cache/ab12"))
    assert "vectors import 'my v.txt' puts" in file_text(replace(FILE, source="my v.txt"))
    assert text.startswith("glove\n  file                     /there/v.zip#one\n")
    assert "ab12 of the archive and the name in it\n" in text
    assert text.endswith("  in the cache             /cache/ab12")


def test_an_import_and_one_that_was_done_before():
    done = Import("v.txt", False, "/cache/ab12", 2000, 50, "ab12", ())
    facts = "\n  /cache/ab12\n  words 2,000, dimensions 50, SHA-256 ab12"
    assert import_text(done) == f"v.txt: put into the cache{facts}"
    assert import_text(replace(done, already=True)) == f"v.txt: in the cache already{facts}"


def found(**steps):
    return {step: steps.get(step.replace(" ", "_"), 0) for step in FALLBACKS}


def test_shares_by_step_and_the_words_without_a_vector():
    corpus = CorpusCoverage("c", found(exact=5, unknown=3), found(lower_case=1, unknown=3), found(), [("a\tb", 3, 1)])
    assert coverage_text([corpus]).split("\n") == [
        "c, %                all  with a vector  exact  lower case  digits folded   none",
        "tokens                8          62.50  62.50        0.00           0.00  37.50",
        "distinct words        4          25.00   0.00       25.00           0.00  75.00",
        "tokens in entities    0              -      -           -              -      -",
        "",
        "most frequent without a vector  count  in entities",
        "a\ufffdb                                 3            1",
    ]


def test_a_rare_step_has_a_column_where_one_corpus_has_it():
    one = CorpusCoverage("one", found(exact=1), found(exact=1), found(exact=1), [])
    two = CorpusCoverage("two", found(mean_of_parts=1), found(mean_of_parts=1), found(), [])
    assert "mean of parts" not in coverage_text([one])
    first, second = coverage_text([one, two]).split("\n\n")
    assert "mean of parts" in first
    assert "mean of parts" in second
    assert "digit pattern" not in first
