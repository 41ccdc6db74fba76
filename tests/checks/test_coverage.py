import numpy as np
import pytest

from ner_window.checks.coverage import LISTED, coverage_defects, coverage_of, looked_for, words_of
from ner_window.checks.facts import FileFacts


def facts(words):
    nothing = np.empty(0, np.intp)
    return FileFacts("f", True, 1, 1, None, nothing, nothing, nothing, {}, {}, words)


WORDS = {
    ("Oslo", "LOC"): 3,
    ("Zzyzx", "LOC"): 1,
    ("Mara", "PER"): 2,
    ("Qwrt", "PER"): 2,
    ("rows", ""): 5,
    ("zzz", ""): 1,
    ("1999", ""): 1,
}


def test_tokens_without_a_vector_by_type():
    found = coverage_of(facts(WORDS), words_of(["oslo", "mara", "rows", "0000"], lowercase=True, parts=False))
    assert (found.tokens, found.without) == (15, 4)  # Zzyzx, 2 Qwrt, zzz
    assert found.types == {"LOC": (4, 1), "PER": (4, 2)}
    assert found.words == [("Qwrt", 2), ("Zzyzx", 1)]
    assert found.as_dict()["types"]["PER"] == {"tokens": 4, "without_vector": 2}


def test_words_are_looked_up_as_in_training():
    assert looked_for([facts(WORDS)], lowercase=True) >= {"Oslo", "oslo", "1999", "0000", "#0"}
    assert "oslo" not in looked_for([facts(WORDS)], lowercase=False)
    hyphens = facts({("Oslo-based", "MISC"): 1})
    assert coverage_of(hyphens, words_of(["oslo", "based"], lowercase=True, parts=True)).without == 0
    assert coverage_of(hyphens, words_of(["oslo", "based"], lowercase=True, parts=False)).without == 1


def test_the_most_frequent_words_are_listed_in_a_fixed_order():
    many = {(f"w{i:02}", "X"): 1 for i in range(30)} | {("often", "X"): 2}
    found = coverage_of(facts(many), words_of([], lowercase=True, parts=False))
    assert [word for word, _ in found.words] == ["often", *(f"w{i:02}" for i in range(LISTED - 1))]


def test_what_is_said_of_coverage():
    found = coverage_of(facts(WORDS), words_of(["oslo", "mara", "rows", "0000"], lowercase=True, parts=False))
    ((line, defect),) = coverage_defects(found, "v")
    assert (line, defect.code) == (1, "N801")
    assert defect.message == (
        "tokens of entities without a vector: LOC 25.0 %, PER 50.0 %; most often 'Qwrt' 2, 'Zzyzx' 1"
    )


@pytest.mark.parametrize(("without", "codes"), [(4, ["W802", "N801"]), (3, ["N801"]), (0, [])])
def test_most_tokens_without_a_vector(without, codes):
    words = {("known", "X"): 10 - without, ("new", "X"): without}
    found = coverage_of(facts(words), words_of(["known"], lowercase=True, parts=False))
    assert [defect.code for _, defect in coverage_defects(found, "v")] == codes


def test_parts_of_a_word_are_looked_for():
    assert {"oslo", "based"} <= looked_for([facts({("Oslo-based", "MISC"): 1})], lowercase=True)
