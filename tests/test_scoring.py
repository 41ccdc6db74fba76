import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_window import scoring
from ner_window.errors import CorpusError
from ner_window.scoring import score_files, score_in, together
from ner_window.text.conll import Layout
from ner_window.text.documents import gather
from ner_window.text.tagging import SCHEMES


def test_whole_documents_are_scored_together_in_runs_of_at_least_so_many_sentences():
    parts = [range(0, 2), range(2, 3), range(3, 9), range(9, 10)]
    assert list(together(parts, 3)) == [slice(0, 3), slice(3, 9), slice(9, 10)]
    assert list(together(parts, 1)) == [slice(0, 2), slice(2, 3), slice(3, 9), slice(9, 10)]
    assert list(together(parts, 99)) == [slice(0, 10)]
    assert list(together([], 3)) == []


@given(st.lists(st.integers(0, 2)), st.integers(1, 5), st.integers(1, 9))
def test_the_runs_are_all_sentences_cut_between_documents(documents, count, bound):
    lengths = [2] * len(documents)
    parts = gather(lengths, documents, bound)
    runs = list(together(parts, count))
    assert [i for run in runs for i in range(run.start, run.stop)] == list(range(len(documents)))
    assert {run.stop for run in runs} <= {part.stop for part in parts}
    assert all(run.stop - run.start >= count for run in runs[:-1])
    for run in runs:  # taken apart again, a run has the same documents
        again = gather(lengths[run], documents[run], bound)
        whole = [part for part in parts if run.start <= part.start < run.stop]
        assert [range(part.start + run.start, part.stop + run.start) for part in again] == whole


@pytest.fixture
def files(tmp_path):
    def write(gold, predicted):
        (tmp_path / "gold.conll").write_text(gold)
        (tmp_path / "predicted.conll").write_text(predicted)
        return tmp_path / "gold.conll", tmp_path / "predicted.conll"

    return write


@pytest.mark.parametrize(
    ("predicted", "message"),
    [
        (
            "Mira O\nsings O\n\nhome O\n",
            "2: the tokens differ from {}:2, got 'sings', expected 'sails' in a sentence of 2",
        ),
        (
            "\nMira O\nsails O\n\nout O\n",
            "5: the tokens differ from {}:4, got 'out', expected 'home' in a sentence of 1",
        ),
        (
            "Mira O\n\nsails O\n\nhome O\n",
            "1: the tokens differ from {}:1, got 'Mira', expected 'Mira' in a sentence of 2",
        ),
        (
            "Mira O\nsails O\nhome O\n",
            "2: the tokens differ from {}:2, got 'sails', expected 'sails' in a sentence of 2",
        ),
    ],
)
def test_the_first_token_that_is_not_the_same_is_named(files, predicted, message):
    gold, other = files("Mira B-PER\nsails O\n\nhome O\n", predicted)
    with pytest.raises(CorpusError) as error:
        score_files(gold, other, Layout())
    assert str(error.value) == f"{other}:{message.format(gold)} tokens; score the same text"


@pytest.mark.parametrize(("predicted", "count"), [("Mira O\nsails O\n", 1), ("Mira O\nsails O\n\nhome O\n\nx O\n", 3)])
def test_different_numbers_of_sentences_are_named(files, predicted, count):
    gold, other = files("Mira B-PER\nsails O\n\nhome O\n", predicted)
    with pytest.raises(CorpusError) as error:
        score_files(gold, other, Layout())
    assert str(error.value) == f"{other}: expected 2 sentences as in {gold}, got {count}"


def test_files_in_two_schemes_are_compared_in_that_of_gold(files):
    gold, other = files("Mira B-PER\nVoss I-PER\nLund B-LOC\n", "Mira B-PER\nVoss E-PER\nLund S-LOC\n")
    result = score_files(gold, other, Layout())[1]
    assert (result.micro.tp, result.micro.fp, result.micro.fn, result.token_accuracy) == (2, 0, 0, 1)


@pytest.mark.parametrize(("method", "found"), [("conlleval", (3, 0, 0)), ("discard", (2, 0, 1))])
def test_broken_tags_count_as_the_rule_says(files, method, found):
    # in IOB2, which the second file breaks least, Mira may not begin with I: conlleval counts her, discard drops her
    gold, other = files("Mira B-PER\nin O\nLund B-LOC\nLund B-LOC\n", "Mira I-PER\nin O\nLund B-LOC\nLund B-LOC\n")
    micro = score_files(gold, other, Layout(), method)[1].micro
    assert (micro.tp, micro.fp, micro.fn) == found


def test_what_was_predicted_is_scored_in_the_scheme_of_gold():
    result = score_in(SCHEMES["IOB2"], [["B-PER", "I-PER", "O"]], [["B-PER", "E-PER", "O"]], [["Mira", "Voss", "."]])
    assert (result.micro.tp, result.micro.fp, result.right_tokens) == (1, 0, 3)
    assert result.confusion == {("PER", "PER"): 1}


def test_a_single_file_that_changes_between_its_two_readings_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "both.conll"
    path.write_text("Ana B-PER B-PER\nsails O O\n")
    read, times = scoring.read_labelled, []

    def changes(*arguments, **options):
        times.append(None)
        if len(times) == 2:
            path.write_text("Ana B-PER O\nsails O O\n\n")
        return read(*arguments, **options)

    monkeypatch.setattr(scoring, "read_labelled", changes)
    with pytest.raises(CorpusError, match="both.conll: changed while it was read"):
        score_files(path, None, Layout())
