"""The component of a spaCy pipeline, in real pipelines, agrees with `ner-window predict` on spaCy's tokens."""

import json
import shutil
import subprocess
import sys
from multiprocessing.reduction import ForkingPickler

import pytest
import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example

from ner_window.config import load_config
from ner_window.errors import ModelError, OutputError
from ner_window.experiment import prepare
from ner_window.spacy_component import EntityTagger
from ner_window.tagger import Tagger

TEXTS = [
    "Elena Markovic of Norlake Bank flew from Berlin to Port Ellery on Sunday.",
    "It rained. Berlin's trade bank, Norlake, said: \"Elena can't fly.\" Nobody asked (yet).",
    "",
    " \n",
    "Elena  Markovic\tsang\u00a0in\nBerlin \U0001f469\u200d\U0001f680, e\u0301t Port\n\n Ellery ",
    "Norlake - Oslo 2 , Berlin 3",
]


def pipeline(model, *before, **config):
    nlp = spacy.blank("en")
    for name in before:
        nlp.add_pipe(name)
    nlp.add_pipe("ner_window", config={"model": str(model), **config})
    return nlp


@pytest.fixture(scope="module")
def nlp(model):
    return pipeline(model)


def found(doc):
    return [(span.start, span.end, span.label_) for span in doc.ents]


def sentences(doc):
    """The places of the tokens that are not white space, by sentence."""
    parts = doc.sents if doc.has_annotation("SENT_START") else [doc]
    return [places for places in ([token.i for token in part if not token.is_space] for part in parts) if places]


def predicted(program, model, doc, *options):
    """What the program finds in the sentences of a document, each a line of JSON, as places of spaCy's tokens."""
    places = sentences(doc)
    lines = [json.dumps({"tokens": [doc[i].text for i in sentence]}) + "\n" for sentence in places]
    done = program("predict", model, "--input-format", "jsonl", "-q", *options, stdin="".join(lines))
    records = [json.loads(line)["entities"] for line in done.stdout.split("\n")[:-1]]
    return [
        (sentence[entity["start"]], sentence[entity["end"] - 1] + 1, entity["type"])
        for sentence, entities in zip(places, records, strict=True)
        for entity in entities
    ]


def test_spacy_finds_it_by_its_entry_point(model):
    code = (
        "import spacy\n"
        "nlp = spacy.blank('en')\n"
        f"nlp.add_pipe('ner_window', config={{'model': {str(model)!r}}})\n"
        "print(*nlp('Elena Markovic flew to Berlin').ents, sep=', ')\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("Elena Markovic, Berlin\n", "")


@pytest.mark.parametrize("before", [(), ("sentencizer",)])
def test_it_agrees_with_the_program_on_the_tokens_of_spacy(program, model, root, before):
    words = [line.split()[0] for line in (root / "data/test.conll").read_text().split("\n\n")[3].split("\n")]
    component = pipeline(model, *before)
    doc = component(" ".join([*TEXTS, *words]))
    assert found(doc) == predicted(program, model, doc)
    assert len({type_ for _, _, type_ in found(doc)}) > 1
    surer = pipeline(model, *before, threshold=0.8)(doc.text)
    assert found(surer) == predicted(program, model, doc, "--threshold", 0.8)
    assert 0 < len(surer.ents) < len(doc.ents)


def test_entities_go_over_white_space_and_do_not_end_in_it(nlp):
    doc = nlp(TEXTS[4])
    assert [(span.text, span.label_) for span in doc.ents] == [
        ("Elena  Markovic", "PER"),
        ("Berlin", "LOC"),
        ("Port\n\n Ellery", "LOC"),
    ]
    assert [doc.text[span.start_char : span.end_char] for span in doc.ents] == [span.text for span in doc.ents]
    assert all(token.ent_iob for token in doc)  # none is missing: each is known to be in an entity or outside


def test_sentences_that_were_found_before_part_entities(model):
    nlp, words = pipeline(model), ["Norlake", "Bank", "sang"]
    whole, parted = Doc(nlp.vocab, words), Doc(nlp.vocab, words, sent_starts=[True, True, False])
    assert found(nlp(whole))[0][:2] == (0, 2)
    assert all(end <= 1 or start >= 1 for start, end, _ in found(nlp(parted)))
    assert Tagger.load(model).tag_sentences([["Norlake"], ["Bank", "sang"]], "IOB2") == [
        [f"{token.ent_iob_}-{token.ent_type_}".rstrip("-") for token in part] for part in (parted[:1], parted[1:])
    ]


@pytest.mark.parametrize("settings", [(), ("objective=sentence", "features=[casing, gazetteer, first_pass]")])
def test_a_stream_gives_what_each_document_gives_alone(root, tmp_path, settings):
    prepare(load_config(root / "configs/quickstart.yaml", settings)).tagger.save(tmp_path / "m")
    component = pipeline(tmp_path / "m", "sentencizer")
    alone = [found(component(text)) for text in TEXTS]
    assert sum(map(len, alone)) > 10
    for batch_size in (1, 4, 100):
        assert [found(doc) for doc in component.pipe(TEXTS, batch_size=batch_size)] == alone


def with_old(nlp, overwrite, *spans):
    component = nlp.get_pipe("ner_window")
    doc = nlp.make_doc("Elena Markovic of Norlake Bank flew to Berlin .")
    doc.ents = [Span(doc, start, end, "OLD", kb_id="Q1") for start, end in spans]
    component.overwrite_ents = overwrite
    try:
        return component(doc)
    finally:
        component.overwrite_ents = False


def test_entities_that_are_there_already(nlp):
    # The model finds (0, 2), (3, 5) and (7, 8); the entity ruler's rule: the old one stays, or the new one.
    new = [(0, 2, "PER"), (3, 5, "ORG"), (7, 8, "LOC")]
    assert found(with_old(nlp, False)) == new
    assert found(with_old(nlp, False, (1, 3), (5, 6))) == [(1, 3, "OLD"), new[1], (5, 6, "OLD"), new[2]]
    assert found(with_old(nlp, True, (1, 3), (5, 6))) == [*new[:2], (5, 6, "OLD"), new[2]]
    assert found(with_old(nlp, False, (0, 8))) == [(0, 8, "OLD")]
    assert found(with_old(nlp, True, (0, 9))) == new
    assert with_old(nlp, False, (5, 6)).ents[2].kb_id_ == "Q1"


def test_the_rule_for_entities_that_are_there_is_the_entity_rulers(nlp):
    patterns = [
        {"label": type_, "pattern": text}
        for text, type_ in [("Elena Markovic", "PER"), ("Norlake Bank", "ORG"), ("Berlin", "LOC")]
    ]
    for overwrite in (False, True):
        ruler = spacy.blank("en").add_pipe("entity_ruler", config={"overwrite_ents": overwrite})
        ruler.add_patterns(patterns)
        for old in [(), [(1, 3), (5, 6)], [(0, 9)], [(4, 5)], [(0, 2)], [(2, 3), (7, 9)]]:
            doc = Doc(ruler.nlp.vocab, ["Elena", "Markovic", "of", "Norlake", "Bank", "flew", "to", "Berlin", "."])
            doc.ents = [Span(doc, start, end, "OLD") for start, end in old]
            assert found(ruler(doc)) == found(with_old(nlp, overwrite, *old))


def test_a_saved_pipeline_holds_its_model(model, tmp_path):
    own = shutil.copytree(model, tmp_path / "own")
    nlp = pipeline(own, "sentencizer", threshold=0.5)
    expected = [found(doc) for doc in nlp.pipe(TEXTS)]
    for _ in range(2):  # the second time over the first
        nlp.to_disk(tmp_path / "nlp")
    nlp.to_disk(tmp_path / "without", exclude=["ner_window"])
    again = spacy.load(tmp_path / "without")
    assert [found(doc) for doc in again.pipe(TEXTS)] == expected
    shutil.rmtree(own)
    again = spacy.load(tmp_path / "nlp")
    again.to_disk(tmp_path / "moved")
    shutil.rmtree(tmp_path / "nlp")
    again = spacy.load(tmp_path / "moved")
    assert [found(doc) for doc in again.pipe(TEXTS)] == expected
    assert again.get_pipe("ner_window").threshold == 0.5
    assert again.pipe_labels["ner_window"] == ["LOC", "MISC", "ORG", "PER"]
    assert Tagger.load(tmp_path / "moved" / "ner_window").tag(["Berlin"]) != ["O"]  # a model directory like others
    with pytest.raises(ModelError, match=r"own: not a model directory: model\.json: No such file"):
        spacy.load(tmp_path / "without")("Berlin")


def test_it_goes_to_other_processes_as_bytes(nlp, tmp_path):
    component = nlp.get_pipe("ner_window")
    again = ForkingPickler.loads(ForkingPickler.dumps(component))
    assert vars(again).keys() == vars(component).keys()
    fresh = EntityTagger("other", str(tmp_path / "nowhere")).from_bytes(component.to_bytes())
    for text in TEXTS:
        assert found(again(nlp.make_doc(text))) == found(fresh(nlp.make_doc(text))) == found(nlp(text))
    assert [found(doc) for doc in nlp.pipe(TEXTS, n_process=2, batch_size=2)] == [found(nlp(text)) for text in TEXTS]


def test_it_is_scored_as_spacy_scores_entities(nlp):
    text = "Elena flew to Berlin"
    example = Example.from_dict(nlp.make_doc(text), {"entities": [(0, 5, "PER"), (11, 20, "ORG")]})
    scores = nlp.evaluate([example])
    assert (scores["ents_p"], scores["ents_r"]) == (0.5, 0.5)


def test_what_goes_wrong_with_a_document_is_the_error_handlers(nlp, monkeypatch):
    seen = []
    component = pipeline(nlp.get_pipe("ner_window").model)
    component.set_error_handler(lambda name, pipe, docs, error: seen.append((name, len(docs), str(error))))
    tag_text = Tagger.tag_text

    def failing(self, text):
        if "bad" in text.forms:
            raise ValueError("told so")
        return tag_text(self, text)

    monkeypatch.setattr(Tagger, "tag_text", failing)
    assert [doc.text for doc in component.pipe(["a", "bad", "b"], batch_size=1)] == ["a", "b"]
    assert seen == [("ner_window", 1, "told so")]


@pytest.mark.parametrize(
    ("config", "error", "message"),
    [
        ({"model": "nowhere"}, ModelError, "nowhere: not a model directory: model.json: No such file or directory"),
        ({"threshold": 1.5}, OutputError, "threshold: expected a probability, got 1.5; give a number from 0 to 1"),
        ({"threshold": "high"}, ValueError, "'high' is not"),
        ({"treshold": 0.5}, ValueError, "unexpected argument: 'treshold'"),
    ],
)
def test_a_wrong_setting_is_told_when_it_is_added(model, config, error, message):
    with pytest.raises(error) as told:
        pipeline(**{"model": model, **config})
    assert message in str(told.value)


def test_scores_that_are_no_probabilities_have_no_threshold(root, tmp_path):
    prepare(load_config(root / "configs/quickstart.yaml", ["objective=hinge"])).tagger.save(tmp_path / "m")
    with pytest.raises(ModelError, match="m: scores of the objective hinge are no probabilities"):
        pipeline(tmp_path / "m", threshold=0.5)
