import pytest

from ner_window.report.tables import info_text, ledger_text

COUNTS = {
    "file": "a.conll",
    "lines": 4,
    "token_lines": 2,
    "blank_lines": 1,
    "document_lines": 1,
    "skipped_lines": 0,
    "sentences": 1,
    "documents": 1,
    "scheme": "IOB2",
    "repaired_sentences": 0,
    "sentences_left_out": 0,
    "entities": {"PER": 1},
    "entities_left_out": {},
    "coverage": {"exact": 2},
}
VECTORS = dict.fromkeys(("rows", "kept", "duplicates", "not_finite", "undecodable", "truncated"), 0)


def test_the_ledger_tells_how_a_corpus_was_kept():
    vectors = {**VECTORS, "vocabulary": 2, "trained_rows": 0, "notes": []}
    ledger = {"dev": COUNTS, "vectors": vectors, "notes": [], "types_only_in_dev": []}
    plain = ledger_text({**ledger, "train": COUNTS})
    told = ledger_text({**ledger, "train": {**COUNTS, "notes": ["the columns are held in memory"]}})
    assert "a.conll: 4 lines = 2 tokens + 1 blank + 1 document lines + 0 skipped" in plain
    assert told == plain.replace("exact 2\n", "exact 2\n  note: the columns are held in memory\n", 1)


@pytest.mark.parametrize(
    ("stored", "shown"), [({"temperature": 1.25}, "1.250, of the "), ({"temperature": 1.0}, None), ({}, None)]
)
def test_a_model_tells_its_temperature_if_it_has_one(stored, shown):
    network = {"radius": 2, "tables": [["word", 9, 5]], "hidden_units": 3, "activation": "tanh", "frozen": []}
    description = {"format": 2, "network": {**network, "objective": "softmax"}, "scheme": "IO", "output_scheme": "IO"}
    text = info_text("m", {**description, "tags": ["O"], "facts": {}, **stored})
    assert (f"temperature   {shown}" in text) if shown else ("temperature" not in text)
