import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner_window.text import documents
from ner_window.text.documents import OUTSIDE, casing, document_values, gather, share_values
from ner_window.text.encoding import Encoder, types_of
from ner_window.text.features import FEATURES
from ner_window.text.lexicon import Lexicon
from ner_window.text.vocabulary import PAD
from ner_window.text.words import Words

TYPES = ("LOC", "ORG")
TAGS = ("O", *(f"{prefix}-{type_}" for type_ in TYPES for prefix in "BIES"))
TOKENS = st.sampled_from(["Oslo", "oslo", "OSLO", "Mill", "mill", "of", "7", "Oslo-mill", "Ås"])
LISTED = {"shape": ["Xxx", "xx"], "cased_word": ["Oslo", "of"], "prefix2": ["os"], "suffix3": ["ill", "slo"]}
KINDS = ("case", *LISTED, "affixes", "ngrams", "casing", "gazetteer", "tag_statistics", "first_pass")

TRAINING = [
    (["Oslo", "has", "a", "mill"], ["S-LOC", "O", "O", "O"]),
    (["Mill", "of", "Oslo"], ["B-ORG", "I-ORG", "E-ORG"]),
    (["the", "Mill"], ["O", "S-ORG"]),
]


def encoder(kinds=KINDS, radius=2, lexicon=None):
    vocabularies = {"word": Words(["oslo", "mill", "of"], parts=True)}
    for name in kinds:
        feature = FEATURES[name]
        values = feature.values or LISTED.get(name) or ()
        vocabularies[name] = feature.lookup(values if feature.extract else document_values(name, TYPES))
    if lexicon is None:
        lexicon = Lexicon.build([tokens for tokens, _ in TRAINING], [tags for _, tags in TRAINING], TYPES)
    return Encoder(vocabularies, TAGS, radius, lexicon)


def strings_of(name, token, document, place, lexicon):
    """Return what one feature shows of one token of a document, as strings, in the order of its look-ups."""
    match name:
        case "first_pass":
            return []
        case "casing":
            return casing(document)[place]
        case "gazetteer":
            return lexicon.matches(document)[place]
        case "tag_statistics":
            return told(lexicon.tag_counts([[token]])[0].tolist(), [OUTSIDE, *TYPES])
    return FEATURES[name].extract(token)


def told(counts, names):
    total = sum(counts)
    words = ["never", "once", *["2 or 3 times"] * 2, *["4 to 10 times"] * 7, "often"]
    result = [words[min(total, 11)]]
    for n, name in sorted(zip(counts, names, strict=True), key=lambda pair: (-pair[0], names.index(pair[1])))[:3]:
        share = n / max(total, 1)
        steps = [("rarely", 0.2), ("sometimes", 0.5), ("mostly", 0.8), ("nearly always", 1.0), ("always", 2.0)]
        if n:
            result.append(f"{name} {next(word for word, below in steps if share < below)}")
    return result


@settings(max_examples=40)
@given(st.lists(st.lists(TOKENS, max_size=4), max_size=5), st.integers(0, 2), st.data())
def test_every_line_holds_what_its_feature_shows_of_each_token(sentences, radius, data):
    numbers = [data.draw(st.integers(0, 1)) for _ in sentences]
    subject = encoder(radius=radius)
    encoded = subject.encode(sentences, documents=numbers)
    parts = gather([len(tokens) for tokens in sentences], numbers)
    assert list(encoded.parts) == parts
    assert encoded.lengths.tolist() == [len(tokens) for tokens in sentences]
    t = 0
    for part in parts:
        document = [sentences[i] for i in part]
        for place, token in enumerate(token for tokens in document for token in tokens):
            for name, lookup in subject.vocabularies.items():
                column = encoded.lines[subject.rows_of(name), encoded.places[t]].tolist()
                if name == "word":
                    assert column == list(lookup.find_all(token)) or column[0] >= len(lookup)
                    assert (column[0] >= len(lookup)) == (token == "Oslo-mill")
                    continue
                shown = strings_of(name, token, document, place, subject.lexicon)
                if FEATURES[name].rows:
                    expected = list(lookup.find_all(token))
                else:
                    expected = [lookup.ids.get(string, 1) for string in shown]
                assert column == expected + [PAD] * (lookup.look_ups - len(expected)), name
            t += 1
    rest = np.ones(encoded.lines.shape[1], bool)
    rest[encoded.places] = False
    assert not encoded.lines[:, rest].any()
    assert all(encoded.composites[i] == (2, 3) for i in range(len(encoded.composites)))


def test_the_ids_of_every_table_are_rows_of_it():
    subject = encoder()
    encoded = subject.encode([tokens for tokens, _ in TRAINING])
    encoded = subject.with_first_pass(encoded, np.arange(len(encoded.places)) % len(TAGS))
    for name, lookup in subject.vocabularies.items():
        lines = encoded.lines[subject.rows_of(name)]
        assert lines.shape[0] == lookup.look_ups
        assert lines.max() < len(lookup)


def test_no_sentences_are_no_tokens():
    for sentences in ([], [[]], [[], []]):
        subject = encoder()
        encoded = subject.encode(sentences, learning=False)
        assert encoded.places.shape == (0,)
        assert encoded.windows(slice(None), 2).shape == (len(encoded.lines), 0, 5)
        assert not subject.with_first_pass(encoded, np.empty(0, np.intp)).lines.any()


@given(st.lists(st.lists(TOKENS, max_size=4), max_size=4), st.integers(0, 3), st.data())
def test_windows_never_cross_sentences_or_documents(sentences, radius, data):
    numbers = [data.draw(st.integers(0, 1)) for _ in sentences]
    subject = encoder(("case",), radius=radius)
    encoded = subject.encode(sentences, documents=numbers)
    windows = encoded.windows(np.arange(len(encoded.places)), radius)
    t = 0
    for tokens in sentences:
        alone = subject.encode([tokens])
        assert np.array_equal(windows[:, t : t + len(tokens)], alone.windows(slice(None), radius))
        t += len(tokens)


def test_labels_are_places_in_the_list_of_tags_and_unknown_ones_are_minus_one():
    tags = [["S-ORG", "O"], ["S-MISC"]]
    encoded = encoder(()).encode([["Mill", "of"], ["Ås"]], tags)
    assert encoded.labels.tolist() == [TAGS.index("S-ORG"), 0, -1]
    assert encoder(()).encode([["Mill"]]).labels.tolist() == []


def test_while_learning_a_document_does_not_see_its_own_entities():
    tokens, tags = [tokens for tokens, _ in TRAINING], [tags for _, tags in TRAINING]
    subject = encoder(("gazetteer", "tag_statistics"))
    learning = subject.encode(tokens, tags, [0, 1, 2], learning=True)
    for n, sentence in enumerate(tokens):
        others = Lexicon.build(tokens[:n] + tokens[n + 1 :], tags[:n] + tags[n + 1 :], TYPES)
        expected = encoder(("gazetteer", "tag_statistics"), lexicon=others).encode([sentence])
        here = np.flatnonzero(np.repeat([0, 1, 2], learning.lengths) == n)
        assert np.array_equal(learning.lines[1:, learning.places[here]], expected.lines[1:, expected.places])
    # "Mill of Oslo" stands in one document only: that hears of the Mill and of Oslo, other texts of the whole
    later = subject.encode(tokens, tags, [0, 1, 2])
    gazetteer = subject.rows_of("gazetteer")[0]
    names = [
        [subject.vocabularies["gazetteer"].string(i) for i in corpus.lines[gazetteer, corpus.places[4:7]]]
        for corpus in (learning, later)
    ]
    assert names == [["S-ORG", "<pad>", "S-LOC"], ["B-ORG", "I-ORG", "E-ORG"]]


def test_all_sentences_together_are_one_document_that_knows_nothing_while_learning():
    tokens, tags = [tokens for tokens, _ in TRAINING], [tags for _, tags in TRAINING]
    subject = encoder(("gazetteer", "tag_statistics"))
    learning = subject.encode(tokens, tags, learning=True)
    assert not learning.lines[subject.rows_of("gazetteer")].any()
    never = subject.vocabularies["tag_statistics"].ids["never"]
    assert set(learning.lines[subject.rows_of("tag_statistics")[0], learning.places].tolist()) == {never}


def test_what_a_document_tells_the_lexicon_is_counted_once_for_all_features(monkeypatch):
    tokens, tags = [tokens for tokens, _ in TRAINING], [tags for _, tags in TRAINING]
    subject, built, build = encoder(("gazetteer", "tag_statistics")), [], Lexicon.build
    monkeypatch.setattr(Lexicon, "build", lambda *arguments: built.append(arguments[0]) or build(*arguments))
    subject.encode(tokens, tags, [0, 1, 1], learning=True)
    assert built == [tokens[:1], tokens[1:]]
    subject.encode(tokens, tags, [0, 1, 1])
    assert len(built) == 2  # who is not learning sees all


def test_a_type_called_o_is_another_thing_than_outside():
    tokens, tags = [["Ohm", "is", "Ohm"], ["is"]], [["S-O", "O", "O"], ["O"]]
    lexicon = Lexicon.build(tokens, tags, ["O"])
    features = ("tag_statistics", "first_pass")
    lookups = {name: FEATURES[name].lookup(document_values(name, ["O"])) for name in features}
    subject = Encoder({"word": Words(["ohm", "is"]), **lookups}, ("O", "S-O"), 0, lexicon)
    encoded = subject.with_first_pass(subject.encode(tokens), np.array([1, 0, 0, 0]))
    shown = {
        name: [
            [lookup.string(i) for i in column if i]
            for column in encoded.lines[subject.rows_of(name)][:, encoded.places].T
        ]
        for name, lookup in lookups.items()
    }
    ohm, is_ = ["2 or 3 times", "<outside> mostly", "O mostly"], ["2 or 3 times", "<outside> always"]
    assert shown["tag_statistics"] == [ohm, is_, ohm, is_]
    assert shown["first_pass"] == [
        ["once", "<outside> always"],
        ["once", "<outside> always"],
        ["once", "O always"],
        ["once", "<outside> always"],
    ]


@pytest.mark.parametrize("documents", [[], [0], [0, 0, 1]])
def test_documents_have_a_number_for_each_sentence(documents):
    with pytest.raises(
        ValueError, match=rf"^documents: expected a number for each of 2 sentences, got {len(documents)}$"
    ):
        encoder(()).encode([["Oslo"], ["Mill"]], documents=documents)


def test_a_first_pass_tells_how_the_same_word_is_tagged_elsewhere_in_its_document():
    sentences = [["Oslo", "of", "Oslo"], ["oslo"], ["Oslo"]]
    subject = encoder(("case", "first_pass"))
    encoded = subject.encode(sentences, documents=[0, 0, 1])
    assert subject.rows_of("first_pass").tolist() == [2, 3, 4, 5]
    assert not encoded.lines[2:].any()
    labels = np.array([TAGS.index(tag) for tag in ("S-LOC", "O", "B-ORG", "O", "S-LOC")])
    second = subject.with_first_pass(encoded, labels)
    values = share_values([OUTSIDE, *TYPES])
    shown = [[values[i - 2] for i in column if i] for column in second.lines[2:, second.places].T]
    assert shown == [
        ["2 or 3 times", "<outside> mostly", "ORG mostly"],  # the others: ORG and O
        ["never"],
        ["2 or 3 times", "<outside> mostly", "LOC mostly"],
        ["2 or 3 times", "LOC mostly", "ORG mostly"],
        ["never"],  # alone in its document
    ]
    assert np.array_equal(second.lines[:2], encoded.lines[:2])
    assert not encoded.lines[2:].any()  # the first is as it was
    assert np.array_equal(subject.without_first_pass(second).lines, encoded.lines)


def test_words_of_a_document_are_numbered_only_for_a_first_pass():
    assert encoder(("case",)).encode([["Oslo"]]).same is None
    with pytest.raises(KeyError, match="first_pass"):
        encoder(("case",)).rows_of("first_pass")


def test_composites_stay_with_who_was_encoded_before_they_were_forgotten():
    subject = encoder(())
    before = subject.encode([["Oslo-mill"]])
    subject.vocabularies["word"].forget()
    after = subject.encode([["mill-of", "Oslo-mill"]])
    assert before.composites == [(2, 3)]
    assert after.composites == [(3, 4), (2, 3)]
    assert before.lines[0, before.places].tolist() == after.lines[0, after.places].tolist()[:1] == [5]


def test_types_are_in_the_order_of_their_first_tags():
    assert types_of(TAGS) == TYPES
    assert types_of(("O", "I-PER", "B-LOC", "B-PER")) == ("PER", "LOC")


def test_text_without_document_lines_hides_blocks_from_themselves_only(monkeypatch):
    monkeypatch.setattr(documents, "BLOCK", 4)
    sentences, tags = [tokens for tokens, _ in TRAINING], [tags for _, tags in TRAINING]
    made = encoder(("gazetteer",))
    rows = made.rows_of("gazetteer")
    together = made.encode(sentences, tags, [0, 0, 0], learning=True)  # blocks: the first sentence, the other two
    told = together.lines[rows][:, together.places[[0, 4, 6, 8]]]
    assert not told[:, [0, 1, 3]].any()
    assert [made.vocabularies["gazetteer"].string(int(i)) for i in told[:, 2] if i] == ["S-LOC"]
    in_use = made.encode(sentences, documents=[0, 0, 0])
    assert in_use.lines[rows][:, in_use.places[[0, 4, 8]]].any(axis=0).all()


def test_blocks_are_of_a_single_document_only():
    assert documents.hidden_together([600] * 4, [0] * 4) == [range(0, 2), range(2, 4)]
    assert documents.hidden_together([600] * 4, [0, 0, 0, 1]) == [range(0, 3), range(3, 4)]
