import json

import pytest

from ner_window import description


@pytest.fixture
def told(model):
    return json.loads((model / "model.json").read_text())


def test_what_a_model_says_is_taken(told):
    network = description.network_in(told["network"])
    assert network.tables[0][0] == "word"
    assert description.tags_in(told, network)[0] == "O"
    assert (description.members_in(told), description.flag_in(told, "lowercase")) == (1, True)
    assert description.facts_in(told) == told["facts"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("radius", value) for value in (-1, 51, 2.0, True, "2", None)),
        *(("hidden_units", value) for value in (0, 2**31, [3])),
        *(
            ("tables", value)
            for value in ([], [["case", 3, 2]], [["word", 3, 2], ["word", 3, 2]], [["word", 0, 2]], [1])
        ),
        *(("look_ups", value) for value in ([["case", 2]], [["word", 10**9]])),
        *(("objective", "none"), ("activation", None), ("residual", -1), ("frozen", 3), ("more", 1)),
    ],
)
def test_what_no_network_has_is_an_error(told, key, value):
    with pytest.raises(description.WRONG):
        description.network_in({**told["network"], key: value})


@pytest.mark.parametrize(
    ("read", "key", "value"),
    [
        *((description.members_in, "members", value) for value in (0, 1001, 1.0, "1")),
        *(
            (description.temperature_in, "temperature", value)
            for value in (0, -1, "1", float("nan"), float("inf"), None)
        ),
        *((description.facts_in, "facts", value) for value in ([], {"data": []}, {"data": {"dev": 1}}, {"config": 1})),
        *((lambda told: description.flag_in(told, "parts"), "parts", value) for value in (0, None, "no")),
    ],
)
def test_what_no_model_says_is_an_error(told, read, key, value):
    with pytest.raises(description.WRONG):
        read({**told, key: value})
