import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.text import vocabulary
from ner_window.text.features import FEATURES, affixes
from ner_window.text.vocabulary import PAD, RESERVED, UNKNOWN, HashedStrings, Vocabulary
from ner_window.text.words import Words

STRINGS = ["the", "Oslo", "oslo"]


def crc32(data):
    """Divide by the polynomial 0x04C11DB7, whose bits are 0xEDB88320 with the lowest first, bit by bit."""
    rest = 0xFFFFFFFF
    for byte in data:
        for i in range(8):
            odd = (rest ^ (byte >> i)) & 1
            rest = (rest >> 1) ^ (0xEDB88320 if odd else 0)
    return rest ^ 0xFFFFFFFF


def test_ids_begin_after_the_reserved_ones():
    some = Vocabulary(STRINGS)
    assert len(some) == 5
    assert some.encode([(string,) for string in STRINGS]).tolist() == [[2, 3, 4]]
    assert [some.string(i) for i in (PAD, UNKNOWN, 2)] == ["<pad>", "<unknown>", "the"]


def test_the_names_of_reserved_ids_are_no_strings():
    assert Vocabulary(STRINGS).encode([(name,) for name in RESERVED]).tolist() == [[UNKNOWN, UNKNOWN]]


def test_a_key_makes_the_strings_of_a_token():
    cases = Vocabulary(["initial", "lower"], FEATURES["case"].extract)
    assert cases.encode(["Oslo", "the", "OSLO"]).tolist() == [[2, 3, UNKNOWN]]


def test_an_item_of_several_strings_is_a_column_filled_up_with_pads():
    some = Vocabulary(["a", "b"], look_ups=3)
    ids = some.encode([("b", "a"), (), ("c",), ("a", "a", "b")])
    assert ids.tolist() == [
        [3, PAD, UNKNOWN, 2],
        [2, PAD, PAD, 2],
        [PAD, PAD, PAD, 3],
    ]
    assert ids.dtype == np.int32


@pytest.mark.parametrize("look_ups", [1, 4])
def test_no_items_are_no_columns(look_ups):
    assert Vocabulary(STRINGS, look_ups=look_ups).encode([]).shape == (look_ups, 0)


@given(st.lists(st.text(max_size=3), unique=True), st.lists(st.lists(st.text(max_size=3), max_size=4)))
def test_encode_is_a_search_in_the_list(strings, items):
    some = Vocabulary(strings, look_ups=4)
    expected = np.zeros((4, len(items)), int)
    for t, item in enumerate(items):
        for i, string in enumerate(item):
            expected[i, t] = strings.index(string) + 2 if string in strings else UNKNOWN
    for _ in range(2):
        assert np.array_equal(some.encode(map(tuple, items)), expected)
    assert [some.string(i) for i in range(2, len(some))] == strings


def test_two_hashes_are_the_same_everywhere():
    # The check value of CRC-32 is CBF43926 for "123456789" (Williams 1993). The remainder by 16,384 is its lowest 14
    # bits: 0x3926 & 0x3FFF = 0x3926 = 14,630. That of "a" is E8B7BE43 by the division above: 0xBE43 & 0x3FFF = 0x3E43
    # = 15,939. Two ids are reserved.
    assert (crc32(b"123456789"), crc32(b"a")) == (0xCBF43926, 0xE8B7BE43)
    hashed = HashedStrings(1 << 14, lambda token: (token,), 1)
    assert hashed.encode(["123456789", "a"]).tolist() == [[14_632, 15_941]]


@given(st.lists(st.text(max_size=7)), st.integers(1, 99))
def test_hashed_strings_are_the_remainders_of_their_crc_and_stay_in_range(tokens, rows):
    hashed = HashedStrings(rows, affixes, 8)
    ids = hashed.encode(tokens)
    assert ids.shape == (8, len(tokens))
    for token, column in zip(tokens, ids.T.tolist(), strict=True):
        expected = [2 + crc32(string.encode()) % rows for string in affixes(token)]
        assert column == expected + [PAD] * (8 - len(expected))
        assert all(UNKNOWN < id_ < len(hashed) for id_ in expected)


def test_hashed_strings_have_no_names():
    hashed = HashedStrings(3, affixes, 8)
    assert [hashed.string(i) for i in range(len(hashed))] == [*RESERVED, "#0", "#1", "#2"]


def test_what_is_forgotten_are_the_strings_too():
    hashed = HashedStrings(9, affixes, 8)
    before = hashed.encode(["Oslo"]).tolist()
    assert (len(hashed._seen), len(hashed._hashes)) == (1, 8)
    hashed.forget()
    assert (len(hashed._seen), len(hashed._hashes)) == (0, 0)
    assert hashed.encode(["Oslo"]).tolist() == before


def test_half_a_surrogate_pair_has_a_hash():
    assert HashedStrings(9, affixes, 8).encode(["\ud800"]).shape == (8, 1)


def names(some, items):
    return [[some.string(i) for i in row] for row in some.encode(items).tolist()]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Words(STRINGS, parts=True),
        lambda: HashedStrings(50, affixes, 8),
        lambda: Vocabulary(STRINGS, lambda token: (token,)),
    ],
)
def test_the_memory_of_items_is_bounded_and_changes_nothing(make, monkeypatch):
    items = ["a", "oslo-the", "the-oslo", "the", "oslo", "b"]
    expected = names(make(), items)
    monkeypatch.setattr(vocabulary, "_REMEMBERED", 2)
    some = make()
    for _ in range(2):
        for i, item in enumerate(items):
            assert names(some, [item]) == [row[i : i + 1] for row in expected]
            assert len(some._seen) <= 2  # one is remembered, and those of the text that comes
            assert len(getattr(some, "composites", ())) <= 2
    assert names(some, items) == expected


def test_an_item_is_looked_up_once():
    asked = []

    def key(token):
        asked.append(token)
        return (token,)

    some = Vocabulary(STRINGS, key)
    for _ in range(3):
        assert some.encode(["oslo", "the", "oslo"]).tolist() == [[4, 2, 4]]
    assert asked == ["oslo", "the"]
    some.forget()
    some.encode(["the"])
    assert asked == ["oslo", "the", "the"]
