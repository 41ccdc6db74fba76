import json
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest

from ner_window.errors import ModelError, OutputError
from ner_window.prediction import Threshold, predict, threshold_for
from ner_window.prediction.threshold import lowest
from ner_window.text.tag_columns import TagColumn
from ner_window.text.tagging import entities_of

TAGS = [["B-PER", "I-PER", "O", "B-LOC"], [], ["B-LOC", "B-LOC", "I-LOC"]]
CHANCES = np.array([0.9, 0.6, 0.2, 0.8, 0.7, 0.5, 0.95], np.float32)


def test_an_entity_is_as_probable_as_its_least_probable_token():
    # PER (0.9, 0.6), LOC (0.8), LOC (0.7), and the last one, to the end of the text, (0.5, 0.95)
    found = lowest(TagColumn.of(TAGS).entities(), CHANCES)
    np.testing.assert_allclose(found, [0.6, 0.8, 0.7, 0.5], rtol=1e-6)
    assert len(lowest(TagColumn.of([["O"]]).entities(), CHANCES[:1])) == 0


@pytest.mark.parametrize(
    ("least", "expected", "left_out"),
    [
        (0, TAGS, 0),
        (0.5, TAGS, 0),  # that probability is not below itself
        (0.65, [["O", "O", "O", "B-LOC"], [], ["B-LOC", "O", "O"]], 2),
        (1, [["O"] * 4, [], ["O"] * 3], 4),
    ],
)
def test_what_is_less_probable_becomes_o(least, expected, left_out):
    threshold = Threshold(least)
    for _ in range(2):
        assert threshold.keep(TagColumn.of(TAGS), CHANCES, "IOB2").lists() == expected
    assert (threshold.found, threshold.left_out) == (8, 2 * left_out)


def test_what_stands_after_what_is_left_out_is_written_as_its_scheme_says():
    # In IOB1 a B- only tells an entity from one of its type right before it, which is gone.
    tags = TagColumn.of([["I-LOC", "B-LOC", "I-LOC"]])
    assert Threshold(0.6).keep(tags, np.array([0.5, 0.7, 0.7]), "IOB1").lists() == [["O", "I-LOC", "I-LOC"]]


@pytest.mark.parametrize("bad", [-0.1, 1.5, float("nan")])
def test_a_threshold_is_a_probability(bad):
    with pytest.raises(OutputError) as error:
        Threshold(bad)
    assert str(error.value) == f"threshold: expected a probability, got {bad!r}; give a number from 0 to 1"


def test_a_model_without_probabilities_is_refused(tagger):
    assert threshold_for(tagger, "m", 0.25) == Threshold(0.25)
    assert threshold_for(tagger, "m", None) is None
    other = replace(tagger, network=replace(tagger.network, objective="margin"))
    with pytest.raises(ModelError) as error:
        threshold_for(other, "m", 0.25)
    assert threshold_for(other, "m", None) is None
    assert str(error.value) == (
        "m: scores of the objective margin are no probabilities, which a threshold is compared with; leave it out, or "
        "train with objective softmax or sentence"
    )


@pytest.fixture(scope="module")
def sentences(root):
    blocks = (root / "data" / "dev.conll").read_text().split("\n\n")[:80]
    return [[line.split(" ")[0] for line in block.strip().split("\n")] for block in blocks if "DOCSTART" not in block]


@pytest.fixture(scope="module")
def plain(tagger, sentences):
    """Each sentence's tags and probabilities, and its entities with theirs."""
    tagged = tagger.tag_with_probabilities(sentences)
    return [
        (tags, chances, [(e, min(chances[e.start : e.end])) for e in entities_of(tags)]) for tags, chances in tagged
    ]


@pytest.fixture(scope="module")
def least(plain):
    """A threshold that leaves out about half of the entities."""
    return float(np.median([chance for *_, entities in plain for _, chance in entities])) + 1e-7


def answer(tagger, sentences, kind, written, threshold, probabilities=False, **more):
    lines = {
        "tokens": "".join(" ".join(tokens) + "\n" for tokens in sentences),
        "jsonl": "".join(json.dumps({"tokens": tokens}) + "\n" for tokens in sentences),
        "conll": "".join("".join(f"{token} x\n" for token in tokens) + "\n" for tokens in sentences),
    }
    stream = BytesIO(lines[kind].encode())
    options = (kind, written, None, probabilities)
    return b"".join(predict(tagger, stream, "here", *options, threshold=threshold, **more)).decode()


@pytest.mark.parametrize("probabilities", [False, True])
@pytest.mark.parametrize("kind", ["tokens", "jsonl", "conll"])
def test_records_have_the_entities_that_are_probable(tagger, sentences, plain, least, kind, probabilities):
    threshold = Threshold(least)
    output = answer(tagger, sentences, kind, "jsonl", threshold, probabilities)
    for line, (*_, entities) in zip(output.splitlines(), plain, strict=True):
        kept = [(e.start, e.end, e.type, round(chance, 6)) for e, chance in entities if chance >= least]
        shown = [(e["start"], e["end"], e["type"], e.get("probability")) for e in json.loads(line)["entities"]]
        assert shown == [(*each[:3], each[3] if probabilities else None) for each in kept]
    total = sum(len(entities) for *_, entities in plain)
    assert threshold.found == total > 20
    assert 0.4 * total < threshold.left_out < 0.6 * total


@pytest.mark.parametrize("kind", ["tokens", "conll"])
def test_columns_have_o_and_its_probability_in_the_place_of_an_entity(tagger, sentences, plain, least, kind):
    encoded = tagger.encode(sentences)
    table = tagger.probabilities(tagger.scores(encoded), encoded.lengths)
    rows = [
        line.split(" ")[-2:] for line in answer(tagger, sentences, kind, "conll", Threshold(least), True).split("\n")
    ]
    rows = [row for row in rows if len(row) == 2]
    at = 0
    for tags, chances, entities in plain:
        out = {i for e, chance in entities if chance < least for i in range(e.start, e.end)}
        for i, chance in enumerate(chances):
            expected = table[at + i, tagger.tags.index("O")] if i in out else chance
            assert rows[at + i][1] == f"{expected:.4f}"
            assert (rows[at + i][0] == "O") == (i in out or tags[i] == "O")
        at += len(tags)
    assert at == len(rows)


@pytest.mark.parametrize("written", ["inline", "html", "conll", "jsonl"])
def test_every_format_shows_as_many_as_are_left(tagger, sentences, least, written):
    marks = {"inline": "[", "html": "<mark ", "conll": " B-", "jsonl": '{"start": '}
    sentences = [[token for token in tokens if token not in ("[", "]")] for tokens in sentences]
    threshold = Threshold(least)
    output = answer(tagger, sentences, "tokens", written, threshold)
    assert output.count(marks[written]) == threshold.found - threshold.left_out > 0
    assert answer(tagger, sentences, "tokens", written, Threshold(0)) == answer(
        tagger, sentences, "tokens", written, None
    )
