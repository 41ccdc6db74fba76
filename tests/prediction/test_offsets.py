"""Offsets are exact: text[start:end] is the entity, for every string, through the library and through the program.

What a model finds in noise is little; so a tagger is made that takes every token for a part of an entity. Then the
entities must cover all characters but white space, which says that none of them is lost, or stands in two.
"""

import io
import json
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ner_window.config import load_config
from ner_window.experiment import prepare
from ner_window.prediction import predict
from ner_window.tagger import Tagger
from ner_window.text.tokenizer import tokenize

#: What may stand in a text, and is easily counted or cut wrongly.
MARKS = [
    "e\u0301",  # combining marks, after a letter and alone
    "\u0301",
    "\U0001f469\u200d\U0001f680",  # emoji: joined, with a skin tone, a flag, a keycap
    "\U0001f44d\U0001f3fd",
    "\U0001f1f3\U0001f1f4",
    "1\ufe0f\u20e3",
    "\u05d0\u05e0\u05d4",  # right to left, and marks that turn the direction
    "\u0645\u0631\u062d\u0628\u0627",
    "\u202eabc\u202c",
    "\u6771\u4eac",
    "\U00010400",
    "\u00a0",  # spaces that are none to some, and joiners that are not seen
    "\u202f",
    "\u3000",
    "\u2028",
    "\u2029",
    "\x85",
    "\x0b",
    "\x0c",
    "\x1c",
    "\u200b",
    "\ufeff",
    "\r",
    "\r\n",
    "\n",
    "\t",
    "\x00",
    "\x7f",
    "\ufffe",
    "\u0130",  # letters of another length in lower case, or in compatibility forms
    "\u00df",
    "\ufb01",
    "\u017f",
]
SURROGATES = ["\ud800", "\udc00", "\ud83d\ude00"]
NAMES = ["Elena Markovic", "Port Ellery", "Berlin", "O'Hara's", "U.S.", '"', "''", "``", "cannot", "--", "..."]
LONG = ["x" * 5_000, "Ab-" * 2_000, "\U0001f469\u200d" * 2_000, "." * 3_000, "'\"" * 200]

PIECES = st.sampled_from([*MARKS, *NAMES, " ", "  ", ". "]) | st.text(max_size=4)
TEXTS = st.lists(PIECES, max_size=12).map("".join)
ANY_TEXTS = st.lists(PIECES | st.sampled_from(SURROGATES), max_size=12).map("".join)


@pytest.fixture(scope="module")
def eager(root):
    """A tagger before training, whose scores say of no token that it is outside."""
    new = prepare(load_config(root / "configs/quickstart.yaml")).tagger
    scores = new.parameters["c"].copy()
    scores[new.tags.index("O")] = -1e6
    new = replace(new, words_seen=frozenset(), entities_seen=frozenset())  # it is shown where a test fails
    return replace(new, parameters={**new.parameters, "c": scores})


def check(text, entities):
    """Entities, as dictionaries, are what stands at their places, and together all but white space."""
    end_before = 0
    for entity in entities:
        start, end = entity["start"], entity["end"]
        assert end_before <= start < end <= len(text)
        assert text[start:end] == entity["text"] == entity["text"].strip()
        assert "\n" not in entity["text"]
        assert not text[end_before:start].strip()
        end_before = end
    assert not text[end_before:].strip()


def answers(tagger, data, input_format, **options):
    output = b"".join(predict(tagger, io.BytesIO(data), "here", input_format, "jsonl", **options))
    return [json.loads(line) for line in output.decode().split("\n")[:-1]]


@given(ANY_TEXTS)
def test_tokens_are_apart_in_order_and_all_but_white_space(text):
    end_before = 0
    for sentence in tokenize(text):
        assert sentence
        for start, end in sentence:
            assert end_before <= start < end
            assert not text[end_before:start].strip()
            assert text[start:end].split() == [text[start:end]]
            end_before = end
    assert not text[end_before:].strip()


@given(ANY_TEXTS)
@example("Elena\u00a0Markovic\r\nof\u2028Norlake\x0cBank\ud800\x00")
def test_of_the_library(eager, text):
    found = eager.entities(text)
    check(text, [vars(entity) for entity in found])
    assert bool(found) == bool(text.strip())


@settings(max_examples=10)
@given(ANY_TEXTS)
@pytest.mark.parametrize("long", LONG)
def test_of_very_long_words(eager, long, text):
    text = f"Berlin {long}{text}{long}"
    check(text, [vars(entity) for entity in eager.entities(text)])


@given(st.lists(TEXTS, min_size=1, max_size=3).map("\n".join))
@example("Elena\r\nMarkovic\r\n")
@example("\ufeffElena\r\r\nMarkovic\rof\u2028Norlake\x0cBank\x85sings.\n\n \r\nBerlin")
def test_of_lines_of_text(eager, text):
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    lines[0] = lines[0].removeprefix("\ufeff")
    found = answers(eager, text.encode(), "text")
    assert [record["text"] for record in found] == (lines if text and text[-1] != "\n" else lines[:-1])
    for record in found:
        check(record["text"], record["entities"])
        assert record["entities"] == [vars(entity) for entity in eager.entities(record["text"])]


@given(st.lists(ANY_TEXTS, min_size=1, max_size=3))
@example(["Elena\r\nMarkovic \U0001f469\u200d\U0001f680 \ud800 \udc00 Berlin"])
def test_of_text_in_json(eager, texts):
    lines = [json.dumps({"text": text, "n": n}) for n, text in enumerate(texts)]
    expected = [json.loads(line) for line in lines]  # halves of a pair that meet are a character
    found = answers(eager, "\r\n".join(lines).encode(), "jsonl")
    assert [{"text": record["text"], "n": record["n"]} for record in found] == expected
    for record in found:
        check(record["text"], record["entities"])


@given(TEXTS)
def test_of_json_with_characters_that_are_not_escaped(eager, text):
    line = json.dumps({"text": text}, ensure_ascii=False)
    (record,) = answers(eager, line.encode(), "jsonl")
    assert record["text"] == text
    check(text, record["entities"])


@given(TEXTS)
def test_marks_within_a_line_change_nothing_else(eager, text):
    line = text.replace("\n", " ").rstrip("\r").lstrip("\ufeff")
    marked = b"".join(predict(eager, io.BytesIO(line.encode() + b"\n"), "here", "text", "inline"))
    entities, expected, at = eager.entities(line), "", 0
    for entity in entities:
        expected += f"{line[at : entity.start]}[{entity.type} {entity.text}]"
        at = entity.end
    assert marked.decode() == f"{expected}{line[at:]}\n"


@pytest.mark.parametrize(
    ("character", "entities"),
    [
        ("\u00a0", ["Elena\u00a0Markovic"]),
        ("\u2028", ["Elena\u2028Markovic"]),
        ("\x0c", ["Elena\x0cMarkovic"]),
        ("\x85", ["Elena\x85Markovic"]),
        ("\r", ["Elena\rMarkovic"]),
        ("\n", ["Elena", "Markovic"]),
        ("\r\n", ["Elena", "Markovic"]),
    ],
)
def test_only_a_line_feed_ends_a_sentence_within_a_text(model, character, entities):
    tagger = Tagger.load(model)
    text = f"\U0001f600 Elena{character}Markovic flew to Berlin."
    assert [entity.text for entity in tagger.entities(text)] == [*entities, "Berlin"]
    check_places(text, [vars(entity) for entity in tagger.entities(text)])


def check_places(text, entities):
    assert entities
    for entity in entities:
        assert text[entity["start"] : entity["end"]] == entity["text"]


def test_of_the_program(program, model):
    between = ["", "\u00a0", "\U0001f469\u200d\U0001f680 ", "\u05d0\u05e0\u05d4 ", "e\u0301 ", "\x00 ", "\u2028", "\r "]
    lines = [f"{mark}Elena Markovic{mark or ' '}of Norlake Bank, {mark}flew to Berlin. {'x' * 300}" for mark in between]
    done = program("predict", model, "--input-format", "text", "-q", stdin="\ufeff" + "\r\n".join(lines))
    records = [json.loads(line) for line in done.stdout.split("\n")[:-1]]
    assert [record["text"] for record in records] == lines
    for record in records:
        check_places(record["text"], record["entities"])
    odd = [*lines, "\ud83d Elena Markovic of \udc00 Berlin\r\nBerlin"]
    stdin = "".join(json.dumps({"text": text}) + "\n" for text in odd)
    done = program("predict", model, "--input-format", "jsonl", "-q", stdin=stdin)
    records = [json.loads(line) for line in done.stdout.split("\n")[:-1]]
    assert [record["text"] for record in records] == odd
    for record in records:
        check_places(record["text"], record["entities"])
