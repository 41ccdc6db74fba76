import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window.text.raw_texts import CutText, TextEntity, cut, together
from ner_window.text.tagging import Entity
from ner_window.text.tokenizer import tokenize


def test_a_text_is_cut_into_sentences_and_tokens():
    (text,) = cut(["Ana sings. She lives."])
    assert text.sentences == [["Ana", "sings", "."], ["She", "lives", "."]]
    assert text.spans == list(tokenize(text.text))


def test_an_entity_gets_its_characters():
    text = CutText("Yes. Port  Ellery", [[(0, 3), (3, 4)], [(5, 9), (11, 17)]])
    assert text.locate(1, Entity(0, 2, "LOC")) == TextEntity(5, 17, "LOC", "Port  Ellery")
    assert text.locate(1, Entity(1, 2, "LOC")) == TextEntity(11, 17, "LOC", "Ellery")


def sized(sizes):
    """Texts of one sentence of so many tokens, of none for 0."""
    return [CutText("a" * n, [[(i, i + 1) for i in range(n)]] if n else []) for n in sizes]


@given(st.lists(st.integers(0, 5)), st.integers(1, 9))
def test_texts_are_put_together_as_soon_as_there_are_so_many_tokens(sizes, tokens):
    texts = sized(sizes)
    groups = list(together(texts, tokens))
    assert [text for group in groups for text in group] == texts
    counts = [[max(1, len(text.text)) for text in group] for group in groups]
    assert all(sum(count) >= tokens for count in counts[:-1])
    assert all(sum(count[:-1]) < tokens for count in counts)
    assert all(groups)


def test_an_error_is_raised_after_the_texts_before_it():
    def failing():
        yield from sized([1, 1, 1])
        raise OSError("gone")

    found = together(failing(), 2)
    assert [len(next(found)), len(next(found))] == [2, 1]
    with pytest.raises(OSError, match="gone"):
        next(found)
