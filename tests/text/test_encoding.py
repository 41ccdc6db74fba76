import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner_window.text import documents, encoding
from ner_window.text.documents import OUTSIDE, casing, document_values, gather, share_values
from ner_window.text.encoding import EncodedCorpus, Encoder, runs, types_of
from ner_window.text.features import FEATURES
from ner_window.text.lexicon import Lexicon
from ner_window.text.tokens import Tokens
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


def encode(subject, sentences, tags=None, documents=None, **options):
    """Encode sentences with tags, of which those that are not among the encoder's have the label -1."""
    names = [subject.tags.index(tag) if tag in subject.tags else -1 for tags in tags or () for tag in tags]
    return subject.encode(Tokens.of(sentences, documents), None if tags is None else np.array(names), **options)


def everything(encoded):
    """Return what every token looks up (L, T)."""
    return encoded.ids(np.arange(len(encoded.forms)))


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
    encoded = encode(subject, sentences, documents=numbers)
    ids = everything(encoded)
    parts = gather([len(tokens) for tokens in sentences], numbers)
    assert list(encoded.parts) == parts
    assert encoded.lengths.tolist() == [len(tokens) for tokens in sentences]
    t = 0
    for part in parts:
        document = [sentences[i] for i in part]
        for place, token in enumerate(token for tokens in document for token in tokens):
            for name, lookup in subject.vocabularies.items():
                column = ids[subject.rows_of(name), t].tolist()
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
    assert ids.shape == (len(encoded.rows), t)
    assert not encoded.rows[:, 0].any()  # what the pad looks up
    assert all(encoded.composites[i] == (2, 3) for i in range(len(encoded.composites)))


def test_the_ids_of_every_table_are_rows_of_it():
    subject = encoder()
    encoded = encode(subject, [tokens for tokens, _ in TRAINING])
    encoded = subject.with_first_pass(encoded, np.arange(len(encoded.forms)) % len(TAGS))
    for name, lookup in subject.vocabularies.items():
        ids = everything(encoded)[subject.rows_of(name)]
        assert ids.shape[0] == lookup.look_ups
        assert ids.max() < len(lookup)


def test_no_sentences_are_no_tokens():
    for sentences in ([], [[]], [[], []]):
        subject = encoder()
        encoded = encode(subject, sentences, learning=False)
        assert encoded.forms.shape == (0,)
        assert encoded.windows(np.empty(0, np.intp), 2).shape == (len(encoded.rows), 0, 5)
        batch = encoded.batch(np.arange(len(sentences)), 2)
        assert (batch.tokens.shape, batch.index.shape, batch.ids.shape) == ((0,), (0, 5), (len(encoded.rows), 1))
        assert everything(subject.with_first_pass(encoded, np.empty(0, np.intp))).shape == (len(encoded.rows), 0)
        assert not encoded.rows.any()


@given(st.lists(st.lists(TOKENS, max_size=4), max_size=4), st.integers(0, 3), st.data())
def test_windows_never_cross_sentences_or_documents(sentences, radius, data):
    numbers = [data.draw(st.integers(0, 1)) for _ in sentences]
    subject = encoder(("case",), radius=radius)
    encoded = encode(subject, sentences, documents=numbers)
    windows = encoded.windows(np.arange(len(encoded.forms)), radius)
    t = 0
    for tokens in sentences:
        alone = encode(subject, [tokens])
        assert np.array_equal(windows[:, t : t + len(tokens)], alone.windows(np.arange(len(tokens)), radius))
        t += len(tokens)


def test_labels_are_those_that_are_given_or_none():
    labels = np.array([TAGS.index("S-ORG"), 0, -1])
    assert encoder(()).encode(Tokens.of([["Mill", "of"], ["Ås"]]), labels).labels is labels
    assert encode(encoder(()), [["Mill"]]).labels.tolist() == []


def test_while_learning_a_document_does_not_see_its_own_entities():
    tokens, tags = [tokens for tokens, _ in TRAINING], [tags for _, tags in TRAINING]
    subject = encoder(("gazetteer", "tag_statistics"))
    learning = encode(subject, tokens, tags, [0, 1, 2], learning=True)
    for n, sentence in enumerate(tokens):
        others = Lexicon.build(tokens[:n] + tokens[n + 1 :], tags[:n] + tags[n + 1 :], TYPES)
        expected = encode(encoder(("gazetteer", "tag_statistics"), lexicon=others), [sentence])
        here = np.flatnonzero(np.repeat([0, 1, 2], learning.lengths) == n)
        assert np.array_equal(learning.ids(here)[1:], everything(expected)[1:])
    # "Mill of Oslo" stands in one document only: that hears of the Mill and of Oslo, other texts of the whole
    later = encode(subject, tokens, tags, [0, 1, 2])
    gazetteer = subject.rows_of("gazetteer")[0]
    names = [
        [subject.vocabularies["gazetteer"].string(i) for i in everything(corpus)[gazetteer, 4:7]]
        for corpus in (learning, later)
    ]
    assert names == [["S-ORG", "<pad>", "S-LOC"], ["B-ORG", "I-ORG", "E-ORG"]]


def test_all_sentences_together_are_one_document_that_knows_nothing_while_learning():
    tokens, tags = [tokens for tokens, _ in TRAINING], [tags for _, tags in TRAINING]
    subject = encoder(("gazetteer", "tag_statistics"))
    learning = everything(encode(subject, tokens, tags, learning=True))
    assert not learning[subject.rows_of("gazetteer")].any()
    never = subject.vocabularies["tag_statistics"].ids["never"]
    assert set(learning[subject.rows_of("tag_statistics")[0]].tolist()) == {never}


def test_what_a_document_tells_the_lexicon_is_counted_once_for_all_features(monkeypatch):
    tokens, tags = [tokens for tokens, _ in TRAINING], [tags for _, tags in TRAINING]
    subject, built, build = encoder(("gazetteer", "tag_statistics")), [], Lexicon.build
    monkeypatch.setattr(
        Lexicon, "build", lambda *arguments: built.append([*map(list, arguments[0])]) or build(*arguments)
    )
    encode(subject, tokens, tags, [0, 1, 1], learning=True)
    assert built == [tokens[:1], tokens[1:]]
    encode(subject, tokens, tags, [0, 1, 1])
    assert len(built) == 2  # who is not learning sees all


def test_a_type_called_o_is_another_thing_than_outside():
    tokens, tags = [["Ohm", "is", "Ohm"], ["is"]], [["S-O", "O", "O"], ["O"]]
    lexicon = Lexicon.build(tokens, tags, ["O"])
    features = ("tag_statistics", "first_pass")
    lookups = {name: FEATURES[name].lookup(document_values(name, ["O"])) for name in features}
    subject = Encoder({"word": Words(["ohm", "is"]), **lookups}, ("O", "S-O"), 0, lexicon)
    encoded = subject.with_first_pass(encode(subject, tokens), np.array([1, 0, 0, 0]))
    shown = {
        name: [[lookup.string(i) for i in column if i] for column in everything(encoded)[subject.rows_of(name)].T]
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


def test_a_first_pass_tells_how_the_same_word_is_tagged_elsewhere_in_its_document():
    sentences = [["Oslo", "of", "Oslo"], ["oslo"], ["Oslo"]]
    subject = encoder(("case", "first_pass"))
    encoded = encode(subject, sentences, documents=[0, 0, 1])
    assert subject.rows_of("first_pass").tolist() == [2, 3, 4, 5]
    assert not everything(encoded)[2:].any()
    labels = np.array([TAGS.index(tag) for tag in ("S-LOC", "O", "B-ORG", "O", "S-LOC")])
    second = subject.with_first_pass(encoded, labels)
    values = share_values([OUTSIDE, *TYPES])
    shown = [[values[i - 2] for i in column if i] for column in everything(second)[2:].T]
    assert shown == [
        ["2 or 3 times", "<outside> mostly", "ORG mostly"],  # the others: ORG and O
        ["never"],
        ["2 or 3 times", "<outside> mostly", "LOC mostly"],
        ["2 or 3 times", "LOC mostly", "ORG mostly"],
        ["never"],  # alone in its document
    ]
    assert np.array_equal(everything(second)[:2], everything(encoded)[:2])
    assert not everything(encoded)[2:].any()  # the first is as it was
    assert np.array_equal(everything(subject.without_first_pass(second)), everything(encoded))


def test_words_of_a_document_are_numbered_only_for_a_first_pass():
    assert encode(encoder(("case",)), [["Oslo"]]).same is None
    with pytest.raises(KeyError, match="first_pass"):
        encoder(("case",)).rows_of("first_pass")


def test_composites_stay_with_who_was_encoded_before_they_were_forgotten():
    subject = encoder(())
    before = encode(subject, [["Oslo-mill"]])
    subject.vocabularies["word"].forget()
    after = encode(subject, [["mill-of", "Oslo-mill"]])
    assert before.composites == [(2, 3)]
    assert after.composites == [(3, 4), (2, 3)]
    assert everything(before)[0].tolist() == everything(after)[0].tolist()[:1] == [5]


def test_types_are_in_the_order_of_their_first_tags():
    assert types_of(TAGS) == TYPES
    assert types_of(("O", "I-PER", "B-LOC", "B-PER")) == ("PER", "LOC")


def test_text_without_document_lines_hides_blocks_from_themselves_only(monkeypatch):
    monkeypatch.setattr(documents, "BLOCK", 4)
    sentences, tags = [tokens for tokens, _ in TRAINING], [tags for _, tags in TRAINING]
    made = encoder(("gazetteer",))
    rows = made.rows_of("gazetteer")
    together = encode(made, sentences, tags, [0, 0, 0], learning=True)  # blocks: the first sentence, the other two
    told = together.ids(np.array([0, 4, 6, 8]))[rows]
    assert not told[:, [0, 1, 3]].any()
    assert [made.vocabularies["gazetteer"].string(int(i)) for i in told[:, 2] if i] == ["S-LOC"]
    in_use = encode(made, sentences, documents=[0, 0, 0])
    assert in_use.ids(np.array([0, 4, 8]))[rows].any(axis=0).all()


def test_blocks_are_of_a_single_document_only():
    assert documents.hidden_together([600] * 4, [0] * 4) == [range(0, 2), range(2, 4)]
    assert documents.hidden_together([600] * 4, [0, 0, 0, 1]) == [range(0, 3), range(3, 4)]


def windows_slowly(encoded, tokens, radius):
    """The windows (L, B, K) of some tokens: place by place, each look-up from the form's rows or from what is told."""
    starts = np.cumsum(encoded.lengths) - encoded.lengths
    result = np.zeros((len(encoded.rows), len(tokens), 2 * radius + 1), int)
    for b, token in enumerate(tokens):
        ((start, length),) = ((a, n) for a, n in zip(starts, encoded.lengths, strict=True) if a <= token < a + n)
        for place, t in enumerate(range(token - radius, token + radius + 1)):
            for row in range(len(encoded.rows)):
                if start <= t < start + length:
                    form = encoded.rows[row, encoded.columns[encoded.forms[t]]]
                    result[row, b, place] = encoded.told[row][t] if row in encoded.told else form
    return result


def chosen_sentences(data, sentences):
    return np.array(data.draw(st.lists(st.sampled_from(range(len(sentences))), unique=True)), int)


CORPORA = st.lists(st.lists(TOKENS, max_size=4), min_size=1, max_size=5)


@given(CORPORA, st.integers(0, 2), st.sampled_from([("case", "affixes"), ("case", "casing", "first_pass")]), st.data())
def test_a_batch_is_the_windows_of_its_sentences(sentences, radius, kinds, data):
    subject = encoder(kinds, radius)
    encoded = encode(subject, sentences, documents=[i // 2 for i in range(len(sentences))])
    if "first_pass" in kinds:
        labels = np.arange(len(encoded.forms)) % len(TAGS)
        encoded = subject.with_first_pass(encoded, labels)
    chosen = chosen_sentences(data, sentences)
    batch = encoded.batch(chosen, radius)
    tokens = [encoded.starts[i] + t for i in chosen for t in range(len(sentences[i]))]
    assert batch.tokens.tolist() == tokens
    assert np.array_equal(encoded.words(chosen), everything(encoded)[0, tokens])
    expected = windows_slowly(encoded, tokens, radius)
    assert np.array_equal(batch.ids[:, batch.index], expected)
    assert not batch.ids[:, 0].any()  # the pad's
    assert np.array_equal(batch.ids[:, 1:], encoded.ids(batch.tokens[batch.first]))
    distinct = len(tokens) if encoded.told else len({encoded.forms[t] for t in tokens})
    assert batch.ids.shape == (len(encoded.rows), 1 + distinct)
    assert np.array_equal(encoded.windows(np.array(tokens, int), radius), expected)


@given(CORPORA, st.data())
def test_tokens_of_one_form_are_one_in_a_batch_unless_they_are_of_different_kinds(sentences, data):
    encoded = encode(encoder(("case",)), sentences)
    chosen = chosen_sentences(data, sentences)
    tokens = encoded.tokens(chosen)
    kinds = np.array([data.draw(st.integers(0, 2)) for _ in tokens], int)
    batch = encoded.batch(chosen, 1, kinds)
    assert np.array_equal(batch.ids[:, batch.index], windows_slowly(encoded, tokens, 1))
    keys = list(zip(encoded.forms[tokens].tolist(), kinds.tolist(), strict=True))
    centres = batch.index[:, 1].tolist()
    assert {(a, b): i == j for a, i in zip(keys, centres, strict=True) for b, j in zip(keys, centres, strict=True)} == {
        (a, b): a == b for a in keys for b in keys
    }
    for place, first in enumerate(batch.first.tolist(), 1):
        assert keys.index(keys[first]) == first
        assert centres[first] == place


@given(CORPORA, st.integers(0, 2), st.data())
def test_windows_of_any_tokens_in_any_order(sentences, radius, data):
    encoded = encode(encoder(("case", "ngrams", "casing"), radius), [["of"], [], *sentences, []])
    tokens = data.draw(st.lists(st.sampled_from(range(len(encoded.forms))), max_size=6))
    expected = windows_slowly(encoded, tokens, radius)
    assert np.array_equal(encoded.windows(np.array(tokens, int), radius), expected)


@given(CORPORA, st.sampled_from([("case",), ("shape", "affixes"), ("case", "gazetteer")]))
def test_a_merged_corpus_looks_up_the_same_with_a_form_for_each_way_of_it(sentences, kinds):
    encoded = encode(encoder(kinds), sentences, [["O"] * len(tokens) for tokens in sentences])
    merged = encoded.merged()
    assert np.array_equal(everything(merged), everything(encoded))
    assert not merged.rows[:, 0].any()
    forms = merged.rows[:, 1:].T.tolist()
    assert forms == sorted(forms)
    assert len(forms) == len({tuple(column) for column in forms}) <= encoded.rows.shape[1] - 1
    assert (merged.lengths is encoded.lengths, merged.labels is encoded.labels) == (True, True)
    assert merged.told == encoded.told
    assert merged.composites == encoded.composites
    every = np.arange(len(sentences))
    for one, other in ((merged, encoded), (merged.merged(), encoded)):
        batches = [each.batch(every, 1) for each in (one, other)]
        assert np.array_equal(*(batch.ids[:, batch.index] for batch in batches))


def test_words_that_look_up_the_same_are_merged():
    encoded = encode(encoder(("case",)), [["Oslo", "oslo", "Zork", "7"], ["Quux", "of"]])
    assert encoded.rows.shape == (2, 7)
    merged = encoded.merged()
    # Zork and Quux are unknown words with an initial capital; in order: unknown, oslo, of
    case = encoder(("case",)).vocabularies["case"].ids
    expected = [[0, 0], [1, case["initial"]], [1, case["digits"]], [2, case["lower"]], [2, case["initial"]]]
    assert merged.rows.T.tolist() == [*expected, [4, case["lower"]]]
    assert merged.columns[merged.forms].tolist() == [4, 3, 1, 2, 1, 5]
    assert merged.forms is encoded.forms
    assert merged.batch(np.array([0, 1]), 0).ids.shape == (2, 6)


@given(st.lists(st.lists(st.sampled_from(["Oslo", "oslo", "1987", "and", "Tove"]), max_size=5), min_size=1, max_size=4))
def test_windows_of_columns_look_up_what_windows_of_a_batch_do(sentences):
    encoded = encoder(("case",)).encode(Tokens.of(sentences)).merged()
    chosen = np.arange(len(sentences))[::-1]
    tokens, index = encoded.index(chosen, 2)
    batch = encoded.batch(chosen, 2)
    assert np.array_equal(tokens, batch.tokens)
    assert np.array_equal(encoded.rows[:, index], batch.ids[:, batch.index])


def test_sentences_of_no_token_have_no_windows_and_cut_none_off():
    ids, none = np.array([[0, 2, 3]]), np.empty(0, np.intp)
    encoded = EncodedCorpus(ids, np.array([1, 2]), np.array([0, 1, 0]), np.array([0, 2, 0, 0, 1, 0]), none, {})
    batch = encoded.batch(np.array([2, 4, 0, 1, 5]), 1)
    assert batch.tokens.tolist() == [2, 0, 1]
    assert batch.ids[0, batch.index].tolist() == [[0, 2, 0], [0, 2, 3], [2, 3, 0]]
    assert encoded.windows(np.array([2, 1, 0, 2]), 1)[0].tolist() == [[0, 2, 0], [2, 3, 0], [0, 2, 3], [0, 2, 0]]


@given(st.lists(st.integers(0, 9), max_size=12), st.integers(1, 15))
def test_runs_are_neighbors_of_about_so_many_tokens(lengths, tokens):
    found = [run.tolist() for run in runs(np.array(lengths, int), tokens)]
    assert [i for run in found for i in run] == list(range(len(lengths)))
    assert all(sum(lengths[i] for i in run) < tokens + 9 for run in found)
    # no run could have taken the next sentence without passing a multiple of the tokens
    ends = np.cumsum(lengths)
    for run, following in zip(found, found[1:], strict=False):
        assert (ends[following[0]] - lengths[following[0]]) // tokens > (ends[run[0]] - lengths[run[0]]) // tokens


@given(CORPORA, st.integers(0, 2), st.sampled_from([("case", "affixes"), ("case", "casing")]), st.data())
def test_batches_laid_out_together_are_each_what_it_is_alone(sentences, radius, kinds, data):
    encoded = encode(encoder(kinds, radius), sentences).merged()
    groups = data.draw(st.lists(st.lists(st.integers(0, len(sentences) - 1), max_size=4), max_size=6))
    groups = [np.array(group, np.intp) for group in groups]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoding, "_LAID_OUT", data.draw(st.integers(1, 40)))
        found = list(encoded.batches(iter(groups), radius))
    assert len(found) == len(groups)
    for each, group in zip(found, groups, strict=True):
        alone = encoded.batch(group, radius)
        for name in ("lengths", "tokens", "first", "ids", "index"):
            one, other = getattr(each, name), getattr(alone, name)
            assert one.shape == other.shape, name
            assert np.array_equal(one, other), name
