import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ner_window.prediction import rendering
from ner_window.prediction.items import Item
from ner_window.prediction.rendering import Shown, _json, as_html, as_inline, as_jsonl, as_rows
from ner_window.text.tag_columns import TagColumn

TEXT = "Ana <b> sings. Port Ellery!"
ITEMS = [
    Item((["In", "Port", "Ellery"],)),
    Item(()),
    Item(
        [["Ana", "<b>", "sings", "."], ["Port", "Ellery", "!"]],
        TEXT,
        [[(0, 3), (4, 7), (8, 13), (13, 14)], [(15, 19), (20, 26), (26, 27)]],
    ),
    Item([], "", []),
    Item((["Ana"],), record={"tokens": ["Ana"], "entities": 7, "id": None}),
]
TAGS = TagColumn.of([["O", "B-LOC", "E-LOC"], ["S-PER", "O", "O", "O"], ["B-LOC", "E-LOC", "O"], ["S-PER"]])
CHANCES = np.float32([1, 0.75, 0.5, 0.25, 1, 1, 1, 0.125, 1, 1, 0.3])

strings = st.text(st.characters(exclude_categories=()), max_size=6)  # halves of pairs and control characters, too
shown = st.tuples(st.integers(0), st.integers(0), strings, strings, st.none() | st.floats(0, 1))
entities = st.lists(shown.map(lambda values: Shown(*values)), max_size=3)
values = st.none() | st.integers() | st.floats() | strings
records = st.dictionaries(st.sampled_from(["id", "text", "entities"]) | strings, values, min_size=1)
items = st.one_of(
    strings.map(lambda text: Item((), text)),
    st.lists(st.lists(strings), max_size=1).map(Item),
    records.map(lambda record: Item((), record=record)),
)


@given(items, entities)
def test_json_is_what_the_encoder_writes(item, entities):
    record = {"tokens": [token for sentence in item.sentences for token in sentence]}
    record = item.record or ({"text": item.text} if item.text is not None else record)
    shown = [{key: value for key, value in each._asdict().items() if value is not None} for each in entities]
    expected = json.dumps({**record, "entities": shown}, ensure_ascii=False)
    assert _json(item, entities) == expected + "\n"


def test_entities_are_places_of_tokens_or_characters():
    found = [json.loads(line) for line in as_jsonl(ITEMS, TAGS, CHANCES).splitlines()]
    ana = {"start": 0, "end": 1, "type": "PER", "text": "Ana", "probability": 0.3}
    assert found == [
        {
            "tokens": ["In", "Port", "Ellery"],
            "entities": [{"start": 1, "end": 3, "type": "LOC", "text": "Port Ellery", "probability": 0.5}],
        },
        {"tokens": [], "entities": []},
        {
            "text": TEXT,
            "entities": [
                {"start": 0, "end": 3, "type": "PER", "text": "Ana", "probability": 0.25},
                {"start": 15, "end": 26, "type": "LOC", "text": "Port Ellery", "probability": 0.125},
            ],
        },
        {"text": "", "entities": []},
        {"tokens": ["Ana"], "entities": [ana], "id": None},
    ]
    assert list(found[-1]) == ["tokens", "entities", "id"]


def test_half_a_pair_is_written_as_json_can():
    item = Item((["x\ud83d", "🙂é"],))
    assert as_jsonl([item], TagColumn.of([["O", "O"]]), None) == '{"tokens": ["x\\ud83d", "🙂é"], "entities": []}\n'


def test_rows_are_tokens_and_tags():
    assert as_rows(ITEMS, TAGS, None) == (
        "In O\nPort B-LOC\nEllery E-LOC\n\n\n"
        "Ana S-PER\n<b> O\nsings O\n. O\n\nPort B-LOC\nEllery E-LOC\n! O\n\nAna S-PER\n\n"
    )
    assert as_rows(ITEMS[-1:], TagColumn.of([["S-PER"]]), np.float32([0.3])) == "Ana S-PER 0.3000\n\n"
    assert as_rows([], TagColumn.of([]), None) == ""


def test_entities_are_marked_in_the_text():
    assert as_inline(ITEMS, TAGS, None).split("\n") == [
        "In [LOC Port Ellery]",
        "",
        "[PER Ana] <b> sings. [LOC Port Ellery]!",
        "",
        "[PER Ana]",
        "",
    ]
    assert as_html(ITEMS[2:3], TagColumn.of([["S-PER", "O", "O", "O"], ["O", "O", "O"]]), None) == (
        '<p><mark class="PER">Ana <b>PER</b></mark> &lt;b&gt; sings. Port Ellery!</p>\n'
    )


def test_the_sentences_of_a_text_are_laid_out_once_however_many_entities_it_has(monkeypatch):
    calls, before = [], rendering._flat
    monkeypatch.setattr(rendering, "_flat", lambda parts: calls.append(len(parts)) or before(parts))
    text = "Ana. " * 50
    item = Item([["Ana", "."]] * 50, text, [[(5 * i, 5 * i + 3), (5 * i + 3, 5 * i + 4)] for i in range(50)])
    record = json.loads(as_jsonl([item], TagColumn.of([["S-PER", "O"]] * 50), None))
    assert [entity["start"] for entity in record["entities"]] == list(range(0, 250, 5))
    assert calls == [50]
