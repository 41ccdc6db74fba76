import json

import numpy as np
import pytest

from ner_window.comparison.settings import Setting
from ner_window.comparison.systems import System
from ner_window.comparison.verdicts import Comparison, Pair, compare
from ner_window.evaluation.metrics import score_columns
from ner_window.evaluation.significance import Difference, Interval, Resampling, counts_of_sentences
from ner_window.report.comparisons import comparison_json, comparison_text, probability, rules, settings_table
from ner_window.text.labelled import read_labelled
from ner_window.text.line_rules import Layout
from ner_window.text.tag_columns import TagColumn

GOLD = [["B-PER", "O", "B-LOC"]] * 4
LESS = [["B-PER", "O", "B-LOC"]] * 3 + [["B-PER", "O", "O"]]
HOW = Resampling(resamples=50)


@pytest.fixture
def setting(tmp_path):
    """A setting of some letter with a system for each list of predicted tags."""
    path = tmp_path / "dev.conll"
    lines = [
        "".join(f"{token} {tag}\n" for token, tag in zip(("Odile", "left", "Brevik"), tags, strict=True))
        for tags in GOLD
    ]
    path.write_text("\n".join(lines))
    corpus = read_labelled(path, Layout())

    def build(label, *predicted, subsets=None, **settings):
        systems = []
        for seed, tags in enumerate(predicted):
            column = TagColumn.of(tags)
            score = score_columns(corpus.column, column)
            score.subsets |= subsets or {}
            systems.append(System(f"runs/{label}{seed}", settings, seed, corpus, corpus.column, column, score))
        counts = [counts_of_sentences(corpus.column, system.predicted) for system in systems]
        return Setting(label, tuple(systems), np.stack(counts, axis=1))

    return build


def told(one, other, interval, p, verdict, *, seeds_vary=False):
    """The sentence of a verdict."""
    pair = Pair(one, other, Difference(Interval(*interval), p, p, seeds_vary), p, p / 2, verdict)
    result = Comparison([one, other], [Interval(0.9, 0.8, 1.0)] * 2, [pair], HOW, 0.95)
    return comparison_text(result, 0).split("\n\n")[2]


def test_verdicts_in_words(setting):
    a, b = setting("A", GOLD), setting("B", LESS)
    assert told(a, b, (0.0084, 0.0031, 0.0137), 0.002, "better") == (
        "B is better than A, as trained with one seed: entity F1 +0.84 [+0.31, +1.37], p = 0.0020, bootstrap p = "
        "0.0010; other seeds may say otherwise."
    )
    assert told(a, b, (-0.0084, -0.0137, -0.0031), 0.002, "worse", seeds_vary=True) == (
        "A is better than B: entity F1 +0.84 [+0.31, +1.37], p = 0.0020, bootstrap p = 0.0010."
    )
    assert told(a, b, (-0.001, -0.003, 0.002), 0.4, "not distinguishable") == (
        "B and A are not distinguishable at 95 %: entity F1 -0.10 [-0.30, +0.20] (B minus A), p = 0.4000, "
        "bootstrap p = 0.2000."
    )
    assert told(a, b, (0.0, 0.0, 0.0), 1.0, "same predictions") == "B and A make the same predictions."


def test_where_only_the_seeds_speak_against_it_that_is_said(setting):
    a, b = setting("A", GOLD, GOLD), setting("B", LESS, GOLD)
    sentence = told(a, b, (0.01, -0.01, 0.03), 0.01, "not distinguishable", seeds_vary=True)
    assert sentence.endswith("p = 0.0100, bootstrap p = 0.0050; these networks differ, other seeds may not.")


@pytest.mark.parametrize(("p", "text"), [(0.0496, "p = 0.0496"), (0.0001, "p = 0.0001"), (0.00001, "p < 0.0001")])
def test_p_shows_the_side_of_the_level(p, text):
    assert probability(p) == text


def test_the_table_has_the_keys_that_differ(setting):
    subsets = {"seen": [1, 1, 1], "unseen_words": [0, 0, 1]}
    one = setting("A", GOLD, LESS, **{"model.dropout": 0.1, "features": [{"name": "case"}], "seed": 1}, subsets=subsets)
    other = setting("B", LESS, **{"the SHA-256 of train": "f" * 64, "features": [], "seed": 1}, subsets=subsets)
    head, first, second = settings_table(compare([one, other], HOW)).split("\n")
    assert head.split()[:4] == ["model.dropout", "features", "the", "SHA-256"]
    last = "seeds F1, % 95 % interval precision recall LOC PER seen unseen words"
    assert " ".join(head.split()).endswith(last)
    # of 8 entities 8 and 7 are found, none is wrong: F1 1 and 14/15; two deviate by their distance over sqrt 2
    assert first.split()[:7] == ["A", "0.1", "case", "-", "2", "96.67", "±"]
    assert first.split()[7] == "4.71"
    assert second.split()[:6] == ["B", "-", "-", "ffffffffffff", "1", "93.33"]
    assert second.split()[-2:] == ["50.00", "0.00"]


def test_groups_that_are_not_known_of_all_are_left_out(setting):
    one, other = setting("A", GOLD, subsets={"seen": [1, 1, 1]}), setting("B", LESS, x=1)
    assert "seen" not in settings_table(compare([one, other], HOW))


def test_rules_tell_what_is_not_said(setting):
    lone, several = setting("A", GOLD), setting("B", GOLD, LESS)
    alone = rules(compare([lone], HOW))
    assert alone == [
        "Intervals: bootstrap over 4 sentences, 50 resamples, seed 13.",
        "A: one seed, which says nothing of other seeds; train three.",
    ]
    all_ = rules(compare([lone, several, setting("C", LESS)], HOW))
    assert all_[1] == "The intervals of B hold for other seeds, too; ± is the deviation over seeds."
    assert all_[2] == "A, C: one seed, which says nothing of other seeds; train three."
    assert all_[3] == ("B: two seeds, which hardly tell how far seeds part: hence wide intervals; train three.")
    assert all_[4].endswith("Better: the interval leaves out 0 and p < 0.05.")
    assert all_[5] == (
        "Each is compared with A: for 2 comparisons p is corrected (Holm) and the intervals of differences are at "
        "97.5 % (Bonferroni)."
    )


def test_entities_that_one_finds_are_listed(setting, tmp_path):
    text = comparison_text(compare([setting("A", LESS), setting("B", GOLD)], HOW), 5)
    assert "\n\n0 entities found by A and not by B\n\n1 entity found by B and not by A\n" in text
    assert text.endswith(f"LOC   Brevik  {tmp_path}/dev.conll:15")
    none = [["O"] * 3] * 4
    text = comparison_text(compare([setting("A", LESS, none), setting("B", GOLD)], HOW), 2)
    assert "8 entities found by B with a larger share of its seeds than A, the first 2\n" in text
    assert text.endswith("dev.conll:1       1       1") or "of 1 B  of 2 A" in text


def test_json_has_everything(setting):
    one, other = setting("A", LESS, x=1, y=2), setting("B", GOLD, x=1, y=3)
    result = compare([one, other], HOW)
    document = json.loads(json.dumps(comparison_json(result, 1)))
    assert document["keys"] == ["y"]
    assert (document["sentences"], document["tokens"], document["resamples"], document["level"]) == (4, 12, 50, 0.95)
    assert document["settings"][0]["settings"] == {"y": 2}
    assert document["settings"][0]["f1"]["mean"] == pytest.approx(14 / 15)
    assert document["settings"][0]["f1"]["deviation"] is None
    assert document["settings"][1]["runs"][0]["micro"]["tp"] == 8
    (pair,) = document["comparisons"]
    assert (pair["first"], pair["other"], pair["verdict"]) == ("A", "B", "not distinguishable")
    assert pair["difference"] == pytest.approx(1 - 14 / 15)
    assert pair["found"][1] == {
        **{"by": "B", "rather than": "A", "count": 1},
        "entities": [
            {
                "text": "Brevik",
                "type": "LOC",
                "where": pair["found"][1]["entities"][0]["where"],
                "by": 1,
                "rather than": 0,
            }
        ],
    }
    assert comparison_json(result, 0)["comparisons"][0]["found"] == []
